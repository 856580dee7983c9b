"""What a question names and counts, and the word it asks with: found by the small words between, not by a model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ragmm.text.binding_words import ARTICLES, AUXILIARIES, ORDERS, OTHERS, PREPOSITIONS, VERBS
from ragmm.text.patterns import late

__all__ = ["ASKS", "QuestionPhrase", "asking_word", "phrases", "topic"]

ASKS = late(
    r"\b(?:who|whom|whose|what|which|when|where|why|how|wer|wen|wem|wessen|was|welche\w*|wann|wo|warum|wie|wieviel\w*|qui|quoi"
    r"|quel\w*|quand|où|pourquoi|comment|combien)\b",
    re.IGNORECASE,
)
"""A word that asks, also in German and French. English "was" among them only stands first."""
_HELPED = late(r"\b(?:do|does|did|will|would|can|could|shall|should|may|might|must)\b", re.IGNORECASE)
"""What a verb follows."""
_OWN_VERB = late(r"\s(?:have|has|need|cost|get|do)\b")
"""Behind a phrase: then the verb is no part of it."""
_GERMAN = late(r"\b(?:wer|wen|wem|wessen|was|welche\w*|wann|wo|warum|wie\w*)\b", re.IGNORECASE)
_BEING = frozenset({"is", "are", "was", "were", "been", "has", "have", "had"})
_GENITIVE = late(r"(?:des|der|du|d['’])\b", re.IGNORECASE)
_ASIDE = frozenset({"per"})
"""What follows is no topic."""
_TOKEN = late(r"[^\W_]+(?:[-'’.,][^\W_]+)*%?")
_YEAR = late(r"(?:19|20)\d\d")


@dataclass(frozen=True, kw_only=True)
class QuestionPhrase:
    """Words that name something, with their article."""

    start: int
    end: int
    text: str
    before: str
    """The preposition before it, in lower case."""
    definite: bool
    asked: bool
    """Whether the question's asking word asks for it: "how many games"."""

    @property
    def named(self) -> bool:
        """Whether it holds a name, or a number that sets it apart."""
        return bool(re.search(r"(?<!^)\b[A-Z]|^[A-Z]|\d", self.text))

    @property
    def head(self) -> str:
        """Its last word, in lower case, a plural as its singular."""
        word = self.text.split()[-1].lower()
        return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word

    @property
    def plural(self) -> bool:
        """Whether it looks like several."""
        return bool(re.search(r"[^su]s$", self.text))


def asking_word(question: str) -> re.Match[str] | None:
    """With its measure: "how many", "on which", "since when"."""
    return re.search(
        rf"(?:\b(?:{'|'.join(sorted(PREPOSITIONS))})\s+)?{ASKS.pattern}"
        r"(?:\s+(?:much|many|long|old|far|big|large|tall|high|deep|wide|fast|heavy|often|late|early|viele?|lange|hoch|groß))?",
        question,
        re.IGNORECASE,
    )


def phrases(question: str) -> list[QuestionPhrase]:
    """What a question names, in its order; years and the verb are not among them."""
    asking = asking_word(question)
    german = asking is not None and _GERMAN.search(asking[0]) is not None
    found: list[QuestionPhrase] = []
    verb, before, article, asked, last = False, "", -1, False, 0
    run: list[re.Match[str]] = []
    helped = False
    for token in [*_TOKEN.finditer(question), None]:
        kind = _kind(token, asking, after_article=article >= 0 and not run) if token else "end"
        apart = token is None or bool(question[last : token.start()].strip(" *\"'“”„"))
        # German writes its nouns with a capital: what is small behind one is no part of the name.
        apart = apart or bool(german and run and run[-1][0][0].isupper() and token and token[0].islower())
        if kind == "preposition" and len(run) == 1 and helped and article < 0 and run[0][0].islower():
            run, verb = [], True  # "were lent by": what an auxiliary has before a preposition
        if run and (kind != "word" or apart):
            start = article if article >= 0 else run[0].start()
            text = question[start : run[-1].end()]
            found.append(
                QuestionPhrase(
                    start=start, end=run[-1].end(), text=text, before=before, definite=article >= 0, asked=asked
                )
            )
            before, article, asked, run = "", -1, False, []
        if token is None:
            return _without_verb(question, found, asking, verb=verb)
        last = token.end()
        verb = verb or kind == "verb"
        if kind == "word":
            run.append(token)
        elif kind == "article":
            article = token.start()
            helped = False
        else:
            before, article, asked = token[0].lower() if kind == "preposition" else "", -1, kind == "asks"
            helped = token[0].lower() in _BEING
    raise AssertionError("a question ends")


def _without_verb(
    question: str, found: list[QuestionPhrase], asking: re.Match[str] | None, *, verb: bool
) -> list[QuestionPhrase]:
    """Where a verb must stand ("does the warranty cover") and none is known, the first phrase ends with it."""
    helped = None if verb else _HELPED.search(question)
    for first, begun in enumerate(found):
        if helped is None or begun.start < helped.end() or begun.before:
            continue
        place, one = _last_of(question, found, first)
        if _OWN_VERB.match(question[one.end :]):
            break
        words = one.text.split()
        alone = len(words) == 1 and asking is not None and asking[0].lower() == "who"
        verbal = words[-1].islower() and not question[one.end :].startswith(" of ")
        if verbal and (len(words) - one.definite > 1 or alone):
            shorter = one.text[: -len(words[-1])].rstrip()
            rest = [replace(one, text=shorter, end=one.start + len(shorter))] if shorter else []
            return [*found[:place], *rest, *found[place + 1 :]]
        break
    return found


def _last_of(question: str, found: list[QuestionPhrase], place: int) -> tuple[int, QuestionPhrase]:
    """The last of the phrases that hang on one another: "the warranty on the heater covers"."""
    while place + 1 < len(found) and _adjacent(question, found[place], found[place + 1]):
        place += 1
    return place, found[place]


def _kind(token: re.Match[str], asking: re.Match[str] | None, *, after_article: bool) -> str:
    word = token[0]
    lower = word.lower()
    if asking is not None and asking.start() <= token.start() < asking.end():
        return "asks"
    for kind, words in (("preposition", PREPOSITIONS), ("article", ARTICLES)):
        if lower in words:
            return kind
    verb = word == lower and (lower in VERBS or lower.endswith("ed")) and not after_article
    orders = token.start() == 0 and lower in ORDERS
    if verb or orders:
        return "verb"
    return "other" if lower in AUXILIARIES | OTHERS or _YEAR.fullmatch(word) else "word"


def topic(question: str, *, plural: bool = False) -> QuestionPhrase | None:
    """What a question is about: what it names by name, else by its article, else what it counts.

    With `plural` rather what it has several of.
    """
    found = phrases(question)
    several = [one for one in found if one.plural and one.before not in _ASIDE]
    if plural and several:
        return _whole(question, found, several[0])
    named = [one for one in found if one.named and one.before not in _ASIDE]
    chosen = named or [one for one in found if one.definite] or found
    return _whole(question, found, chosen[0]) if chosen else None


def _whole(question: str, found: Sequence[QuestionPhrase], one: QuestionPhrase) -> QuestionPhrase:
    """With the phrases that it hangs on, and those that hang on it."""
    last = place = list(found).index(one)
    while place and _adjacent(question, found[place - 1], found[place]) and not found[place - 1].asked:
        place -= 1
    while last + 1 < len(found) and _adjacent(question, found[last], found[last + 1]):
        last += 1
    first, end = found[place], found[last].end
    return replace(first, end=end, text=question[first.start : end])


def _adjacent(question: str, left: QuestionPhrase, right: QuestionPhrase) -> bool:
    """Whether nothing but a preposition stands between them."""
    between = question[left.end : right.start].strip().lower()
    return between == right.before and bool(between or _GENITIVE.match(right.text))
