"""What the pronouns of a question stand for: what was answered before, or what the question before was about."""

from __future__ import annotations

import re

from ragmm.pipelines.query.phrases import asking_word, phrases, topic
from ragmm.text.patterns import late
from ragmm.text.terms import content_terms

__all__ = ["person_in", "spoken_for"]

_PERSON = late(r"\b(?:he|she|him|his|hers?|sie|ihn|ihm|er|sein\w{0,2})\b", re.IGNORECASE)
_THEY = late(r"\b(?:they|them|their|those|these)\b(?! \w+s\b)|\bof them\b|\bihre\b", re.IGNORECASE)
_IT = late(r"\b(?:its?|es)\b(?! (?:true|possible|necessary|allowed|take (?:the|a|to)\b))", re.IGNORECASE)
_THAT = late(r"\b(?:that|this)\b(?=\W*$| \w+(?:ed|e)?\W*$)", re.IGNORECASE)
_POINTED = late(r"\b(?:that|this|those|these|the|such an?|der|die|das|dieser?s?)\s+([a-zäöüß-]{3,})\b")
_THERE = late(r"\b(?:there|dort|da)\b", re.IGNORECASE)
_EXISTS = late(r"\b(?:is|are|was|were|has|have) there\b|\bthere (?:is|are|was|were|has|have)\b", re.IGNORECASE)
_OWNING = frozenset({"his", "her", "hers", "its", "their", "sein", "seine", "seiner", "ihre"})
_NAME = late(r"\b[A-Z][\w'’-]+(?: (?:(?:of|van|von|de|der|the) )?[A-Z][\w'’-]+)+")
_ONE_NAME = late(r"(?<=[a-z,] )[A-Z][\w'’-]{2,}")
_GERMAN = late(
    r"\W*(?:(?:seit|bis|von|ab|für|mit|an|in|zu) )?(?:wer|wen|wem|was|wann|wo|warum|wie|welch)", re.IGNORECASE
)
_MONTH = late(
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december)(?: \d+)?", re.IGNORECASE
)
_CITED = late(r"^Perhaps: |^(?:[A-Z]\w+ )?[A-Z]?\w+: (?=[A-Z])|\s*\[\d+\]")
_SHORT_ANSWER = 4
_ENOUGH = 3
"""Telling words; a question that has as many and points to nothing says by itself what it is about."""


def spoken_for(question: str, before: str, about: str, answer: str) -> str:
    """The question with its first pronoun written out; a short one that names nothing is asked of the same thing."""
    for points, whom in ((_PERSON, _person), (_THEY, _several), (_IT, _thing), (_THAT, _thing), (_THERE, _place)):
        found = points.search(question)
        if found and not (points is _THERE and _EXISTS.search(question)):
            own = found[0].lower() in _OWNING and re.match(r"\s+\w", question[found.end() :]) is not None
            name = whom(before, about, answer)
            at = "at " if points is _THERE else ""
            return _placed(question, found, _owner(name) if own else name, about, own=own, at=at)
    if pointed := _same_head(question, before):
        return pointed
    own_words = content_terms(question)
    if _names(question) or len(own_words) >= _ENOUGH or set(content_terms(about)) <= set(own_words):
        return question
    return f"{question.rstrip(' ?.')} ({about})?"


def _names(question: str) -> bool:
    """Whether a question names something; in German every noun has a capital."""
    if _GERMAN.match(question):
        return bool(re.search(r"\d|[A-ZÄÖÜ]\S+ [A-ZÄÖÜ]", question))
    return any(one.named for one in phrases(question)) or bool(re.search(r"\d", question))


def person_in(answer: str, before: str) -> str:
    """The name that an answer says and the question does not, or ""."""
    said = _CITED.sub("", answer).strip(" .")
    if said[:1].isupper() and len(said.split()) <= _SHORT_ANSWER and not re.search(r"\d", said):
        return said
    for names in (_NAME, _ONE_NAME):
        for name in names.finditer(answer):
            words = name[0].split()
            if not any(word in before for word in words):
                return name[0]
    return ""


def _owner(name: str) -> str:
    """Of "the bow ramp chain of the Night Heron" the ship."""
    whose = re.split(r" of | (?=des |der |von |du )", name)[-1]
    return whose if re.search(r"[A-Z]", whose) else name


def _placed(question: str, found: re.Match[str], name: str, about: str, *, own: bool, at: str) -> str:
    """The name in the pronoun's place; beside what was answered stands what was asked about."""
    written = f"{name}'s" if own and not name.endswith("s") else f"{name}'" if own else name
    whole = f"{question[: found.start()]}{at}{written}{question[found.end() :]}"
    beside = about if about not in whole and name not in about and re.search(r"[A-Z]", about) else ""
    whole = whole.rstrip(" ?.")
    return f"{whole} ({beside})?" if beside else f"{whole}?"


def _person(before: str, about: str, answer: str) -> str:
    """Who was answered, else who or what was asked about."""
    asking = asking_word(before)
    asked = asking is not None and re.search(
        r"\b(?:who|whom|whose|wer|wen|wem|qui|which|what)\b", asking[0], re.IGNORECASE
    )
    return (person_in(answer, before) if asked else "") or about


def _several(before: str, about: str, answer: str) -> str:
    asking = asking_word(before)
    which = asking is not None and re.search(r"\b(?:which|who|welche\w*|wer)\b", asking[0], re.IGNORECASE)
    found = topic(before, plural=True)
    return (which and person_in(answer, before)) or (found.text if found else about)


def _thing(before: str, about: str, answer: str) -> str:
    """What was answered where a thing or place was asked for by name, else what was asked about."""
    asking = asking_word(before)
    if asking and re.search(r"\b(?:which|where|wo|welche\w*|où)\b", asking[0], re.IGNORECASE):
        return _numbered(answer) or person_in(answer, before) or about
    return about


def _numbered(answer: str) -> str:
    """A short answer that is a name with a number: "Elm 3"."""
    said = _CITED.sub("", answer).strip(" .")
    found = re.fullmatch(r"(?:[a-z]+ )?[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)* \d{1,3}[a-z]?", said)
    return said if found and not _MONTH.match(said) else ""


def _place(before: str, about: str, answer: str) -> str:
    named = [one for one in phrases(before) if one.named and not _MONTH.fullmatch(one.text)]
    asking = asking_word(before)
    if asking and re.search(r"\b(?:where|wo|où)\b", asking[0], re.IGNORECASE) and (name := person_in(answer, before)):
        return name
    return named[-1].text if named else about


def _same_head(question: str, before: str) -> str:
    """ "That plot" after "plot Elm 3": the thing that the question before calls by the same word."""
    for found in _POINTED.finditer(question):
        for one in phrases(before):
            words = [word.lower() for word in one.text.split()]
            if found[1].lower() in words and len(words) > 1 and one.text.lower() not in question.lower():
                name = topic(one.text) or one
                return f"{question[: found.start()]}{name.text}{question[found.end() :]}"
    return ""
