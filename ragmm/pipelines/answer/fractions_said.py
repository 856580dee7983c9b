"""A share that a text gives in words ("a quarter") beside the exact one that a table or a chart gives."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.text.patterns import late

__all__ = ["with_exact_first"]

_IN_WORDS = late(
    r"(?:about |around |nearly |almost |over |roughly |approximately )?(?P<count>an?|one|two|three|four)?[ -]?"
    r"(?P<part>half|thirds?|quarters?|fifths?|tenths?)",
)
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
_COUNTS = {"two": 2, "three": 3, "four": 4}
_PERCENT = late(r"~?(\d{1,2}(?:[.,]\d+)?)\s?%")
_NEAR, _LIKELY = 4.0, 0.2
"""Percentage points between the two, and how likely the exact one must be by itself."""


def with_exact_first(found: Sequence[FoundValue]) -> list[FoundValue]:
    """The same, but where the likeliest is a share in words and another says about the same exactly, that one first."""
    share = _in_words(found[0].value) if found else None
    if share is None:
        return list(found)
    for one in found[1:]:
        exact = _PERCENT.fullmatch(one.value.strip())
        if exact and one.confidence >= _LIKELY and abs(float(exact[1].replace(",", ".")) - share) <= _NEAR:
            first = dataclasses.replace(one, confidence=max(one.confidence, found[0].confidence))
            return [first, *(other for other in found if other is not one)]
    return list(found)


def _in_words(value: str) -> float | None:
    """What a share in words is in percent."""
    match = _IN_WORDS.fullmatch(value.strip().lower())
    if match is None:
        return None
    return 100 * _COUNTS.get(match["count"] or "", 1) / _PARTS[match["part"].rstrip("s")]
