"""Whether what a question names stands where the answer was found: another part's current is no answer."""

from __future__ import annotations

import re

from ragmm.text.terms import fold

__all__ = ["misses_name"]

_CODE = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9][\w-]{3,}\b")
_NO_CODE = re.compile(
    r"\d+(?:st|nd|rd|th|s|h|km|mm|cm|kg|[ap]m|mhz|ghz|gb|mb|kw)|(?:fy|q)\d+|\d+-\w+|\w+-\d{1,2}", re.IGNORECASE
)
"""Ordinals, amounts with their unit, years of account and such."""
_NAME = re.compile(r"(?<=\S\s)[A-ZÀ-Þ][\w'’]+(?:\s[A-ZÀ-Þ][\w'’]+)+")
_SHORTEST = 3


def misses_name(question: str, evidence: str) -> bool:
    """A code of the question ("2N3904") that is not there, or a name of several words of which none is."""
    there = _bare(evidence)
    codes = [code for code in _CODE.findall(question) if not _NO_CODE.fullmatch(code)]
    if any(_bare(code) not in there for code in codes):
        return True
    names = [[word for word in name.split() if len(word) >= _SHORTEST] for name in _NAME.findall(question)]
    return any(words and not any(_bare(word) in there for word in words) for words in names)


def _bare(text: str) -> str:
    """Letters and digits alone: codes are written with and without hyphens."""
    return "".join(char for char in fold(text) if char.isalnum())
