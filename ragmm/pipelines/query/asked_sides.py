"""Questions that ask which of two has more, is older, came first; what is then asked about each of them. English."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ragmm.pipelines.query.value_kinds import years
from ragmm.text.dates import MONTH_NAME
from ragmm.text.patterns import late
from ragmm.text.terms import content_terms, fold, terms

__all__ = ["AskedSides", "asked_sides"]

_NAME = r"(?:[A-ZÀ-Þ0-9][\w'’.&-]*)(?:\s(?:of\s)?[A-ZÀ-Þ0-9][\w'’.&-]*)*"
_ARTICLE = r"(?:(?:the|a|an)\s)?"
_PLACED = r"(?:(?:at|in|of|by|for|from|on|with)\s)?"
_FORMS = (
    late(
        rf"^(?P<ask>(?:(?:in|on|at|for|from)\s)?(?:which|what|who|whom|where|when)\b.*?)\s?[,:—–-]\s?{_PLACED}{_ARTICLE}(?P<one>[^,:?]{{1,40}}?),?\s"
        rf"or\s{_PLACED}{_ARTICLE}(?P<other>[^,:?]{{1,40}}?)\s*\?*$",
        re.IGNORECASE,
    ),
    late(
        rf"^(?P<which>(?:[Ww]hich|[Ww]ho|[Ww]hat)(?:\sone)?\sof\s{_ARTICLE}(?:two\s)?(?:[a-z]+\s)??){_ARTICLE}(?P<one>{_NAME})\s(?:and|or)\s"
        rf"{_ARTICLE}(?P<other>{_NAME})\s(?P<ask>.*?)\s*\?*$"
    ),
    late(
        rf"^(?P<ask>(?:[Ii]s|[Aa]re|[Ww]as|[Ww]ere|[Dd]oes|[Dd]o|[Dd]id|[Hh]as|[Hh]ave|[Cc]an)\b(?:\s[^?]*?)??)\s{_PLACED}{_ARTICLE}"
        rf"(?P<one>{_NAME}),?\sor\s{_PLACED}{_ARTICLE}(?P<other>{_NAME})(?P<tail>\s[^?]*)?\?*$"
    ),
)
_MEASURES = {
    "longer": "length", "shorter": "length", "taller": "height", "higher": "height", "lower": "height",
    "heavier": "weight", "lighter": "weight", "faster": "speed", "slower": "speed", "wider": "width",
    "narrower": "width", "deeper": "depth", "shallower": "depth", "cheaper": "price", "dearer": "price",
    "closer": "distance", "nearer": "distance", "farther": "distance", "further": "distance",
    "bigger": "size", "larger": "size", "smaller": "size", "hotter": "temperature", "warmer": "temperature",
    "colder": "temperature",
}  # fmt: skip
"""What is asked about a thing that is said to be more so."""
_SINCE = "built founded opened born launched established"
_TIMES = {"earlier": "", "later": "", "first": "", "sooner": "", "last": "", "older": _SINCE, "newer": _SINCE,
          "younger": f"born {_SINCE}"}  # fmt: skip
_AMOUNTS = (
    *("more", "fewer", "less", "higher", "lower", "larger", "smaller", "bigger", "greater", "better", "worse"),
    *("most", "least", "highest", "lowest", "largest", "smallest"),
)
_LEAST = frozenset(
    [
        *("shorter", "lower", "lighter", "slower", "narrower", "shallower", "cheaper", "closer", "nearer", "smaller"),
        *("colder", "fewer", "less", "worse", "least", "lowest", "smallest", "earlier", "first", "sooner", "older"),
    ]
)
_CUES = "|".join(dict.fromkeys([*_MEASURES, *_TIMES, *_AMOUNTS]))
_CUE = late(
    rf"\b(?:(?P<dear>more expensive|more costly)|(?P<cue>{_CUES}))\b",
    re.IGNORECASE,
)
_WHICH = late(r"^\W*(?:(?:in|on|at|for|from)\s)?(?:which|what|who|whom)\b(?:\s(?:one|of|the|two)\b)*", re.IGNORECASE)
_AUXILIARY = late(
    r"\b(?:is|are|was|were|does|do|did|has|have|had|can|could|will|would|the|a|an|to|than)\b", re.IGNORECASE
)

_ENDS = frozenset(
    ["in", "at", "on", "to", "from", "during", "for", "of", "by", "per", "above", "below", "since", "until"]
)
"""Words that end what there is more of."""
_MONTH = late(rf"\b{MONTH_NAME}", re.IGNORECASE)
_ANYONE = frozenset(terms("people persons"))
"""Who may be meant by a number that says no more."""


@dataclass(frozen=True, kw_only=True)
class AskedSides:
    """Two things that are compared."""

    sides: tuple[str, str]
    least: bool
    """Whether the one with less, or the earlier one, is asked for."""
    timed: bool
    about: str
    """What is asked about each: "length", "rooms", "ongoing charges"."""
    strict: tuple[str, ...]
    """Terms that must stand beside what is found: those of what there is more of."""
    rest: str
    """What else the question says: "in 2022", "double room"."""
    counted: bool
    """Whether it is how many."""
    template: str = ""
    """What is asked of each, with {side} in its place; else it is made of the parts above."""
    periods: bool = False
    """Whether the sides are years of one thing."""

    def question(self, side: str, there: frozenset[str]) -> str:
        """What is asked about one of them; `there`: the terms of its documents, which say by what word it began."""
        if self.template:
            return self.template.replace("{side}", side)
        if self.timed:
            begun = next((word for word in self.about.split() if not there.isdisjoint(terms(word))), "built")
            return f"When was {side} {self.rest or begun}?"
        rest = f" {self.rest}" if self.rest else ""
        if self.counted:
            return f"How many {self.about} does {side} have{rest}?"
        return f"What is the {self.about}{rest} of {side}?"


def asked_sides(question: str) -> AskedSides | None:
    """None where a question compares no two things that it names."""
    text = " ".join(question.split())
    found = next((match for form in _FORMS if (match := form.search(text))), None)
    if found is None:
        return None
    given = found.groupdict()
    ask = " ".join(filter(None, (given["ask"], given.get("tail"))))
    cue = _CUE.search(ask)
    one, other = given["one"].strip(), given["other"].strip()
    if cue is None or fold(one) == fold(other):
        return None
    one, other, year = _same_year(one, other)
    return _asked(f"{ask} {year}".strip(), cue, (one, other), generic=_WHICH.search(ask) is not None)


def _same_year(one: str, other: str) -> tuple[str, str, str]:
    """A year that stands beside one side alone holds for both: "in July or in August 2023"; its month too, if the other
    names none.
    """
    if bool(years(one)) == bool(years(other)):
        return one, other, ""
    when = str(min(years(one) | years(other)))
    if not all(map(_MONTH.search, (one, other))):
        dated = re.search(rf"\b{MONTH_NAME} {when}\b", f"{one} ; {other}", re.IGNORECASE)
        when = dated.group() if dated else when
    bare = [" ".join(re.sub(rf"\b(?:in )?{re.escape(when)}\b", " ", side).split()) for side in (one, other)]
    return (bare[0], bare[1], f"in {when}") if all(bare) else (one, other, "")


def _asked(ask: str, cue: re.Match[str], sides: tuple[str, str], *, generic: bool) -> AskedSides | None:
    word = "dearer" if cue["dear"] else cue["cue"].lower()
    before, behind = ask[: cue.start()], ask[cue.end() :]
    before = _without_kind(before) if generic else before
    noun, tail = _noun_and_tail(behind)
    rest = " ".join(_AUXILIARY.sub(" ", f"{before} {tail}").split())
    timed = word in _TIMES
    if timed:
        rest = " ".join(filter(None, (rest, noun)))
        about = _TIMES[word]
    elif word in _AMOUNTS and noun:
        about = noun
    elif word in _MEASURES:
        about, rest = _MEASURES[word], " ".join(filter(None, (noun, rest)))
    else:
        about, rest = rest, tail
    if not (about or rest):
        return None
    told = word in _AMOUNTS or word in _MEASURES
    strict = tuple(term for term in content_terms(noun) if told and term not in _ANYONE)
    return AskedSides(
        sides=sides,
        least=word in _LEAST,
        timed=timed,
        about=about,
        strict=strict,
        rest=rest,
        counted=word in ("more", "fewer", "most") and bool(noun),
    )


def _without_kind(before: str) -> str:
    """Without "which ship": what kind of thing they are is no part of what is asked about them."""
    bare = _WHICH.sub("", before).strip()
    words = bare.split()
    if words and _AUXILIARY.fullmatch(words[0]):
        return bare
    verb = next((place for place, word in enumerate(words) if _AUXILIARY.fullmatch(word)), None)
    return " ".join(words[verb:]) if verb is not None else " ".join(words[1:] if len(words) > 1 else words)


def _noun_and_tail(behind: str) -> tuple[str, str]:
    """ "rooms in 2022" as what there is more of, and the rest."""
    words = behind.split()
    stop = next((n for n, word in enumerate(words) if fold(word) in _ENDS or word[:1].isdigit()), len(words))
    noun = words[:stop]
    while noun and _AUXILIARY.fullmatch(noun[-1]):
        noun.pop()
    return " ".join(word for word in noun if list(terms(word))), " ".join(words[stop:])
