"""A question that leans on the one before it, completed: "And in 2011?" asks of 2011 what was asked of 2010."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ragmm.pipelines.query.question import Exchange
from ragmm.pipelines.query.value_kinds import years
from ragmm.text.terms import content_terms

__all__ = ["completed"]

_LEANS = re.compile(
    r"^\W*(?:and|but|or|what about|how about|und|et|y)\b|^\W*(?:那|那么|还有)|呢\s*[?？]?$|\b(?:it|its"
    r"|they|them|their|he|she|his|her|that|this|there|one|ones)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(r"^\W*(?:and|but|or|what about|how about|und|et|y|那么?|还有)\b[\s,]*", re.IGNORECASE)
_SHORT = 4
"""Telling words; a question with more says by itself what it is about."""


def completed(question: str, history: Sequence[Exchange]) -> str:
    """The question as it would be asked without the one before it; as it is where it does not lean on it."""
    if not history or len(content_terms(question)) > _SHORT or not _LEANS.search(question):
        return question
    before = history[-1][0]
    new, old = years(question), years(before)
    rest = _OPENING.sub("", question).strip(" ?？呢")
    if len(new) == 1 and len(old) == 1 and not set(content_terms(rest)) - {*new}:
        (year,), (other,) = new, old
        return before.replace(other, year)
    if len(new) == 1 and not old and not set(content_terms(rest)) - {*new}:
        return f"{before.rstrip(' ?？。.')} {rest}?"
    if re.match(r"(?:for|in|at|of|on|from|with|by|to)\b", rest):
        swapped = _swapped(before, rest)
        if swapped:
            return swapped
    return f"{before.rstrip(' ?？。.')}, {rest}?" if rest else before


def _swapped(before: str, rest: str) -> str:
    """Where the earlier question has a part with the same preposition, the new part takes its place."""
    preposition = rest.split(maxsplit=1)[0].lower()
    parts = list(
        re.finditer(rf"\b{preposition} (?:the |an? )?[\w'’-]+(?: [\w'’-]+)?(?=[\s?,.]|$)", before, re.IGNORECASE)
    )
    if len(parts) != 1:
        return ""
    return before[: parts[0].start()] + rest + before[parts[0].end() :]
