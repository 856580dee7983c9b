"""Whether what a question names stands where the answer was found: another part's current is no answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ragmm.text.dates import MONTH_NAME
from ragmm.text.terms import fold, terms
from ragmm.types import Hit

__all__ = ["documents_without_name", "names_asked", "title_of"]

_CODE = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9][\w-]{3,}\b")
_NO_CODE = re.compile(
    r"\d+(?:st|nd|rd|th|s|h|km|mm|cm|kg|[ap]m|mhz|ghz|gb|mb|kw)|(?:fy|q)\d+|\d+-\w+|\w+-\d{1,2}", re.IGNORECASE
)
"""Ordinals, amounts with their unit, years of account and such."""
_NAME = re.compile(r"(?<=\S\s)[A-ZÀ-Þ][\w'’]+(?:\s[A-ZÀ-Þ][\w'’]+)+")
_CAPITAL = re.compile(r"(?<=\S\s)[A-ZÀ-Þ][\w'’-]{2,}")
_MONTH = re.compile(MONTH_NAME, re.IGNORECASE)
_BETWEEN = re.compile(r"[\W_]+")
_OF = re.compile(r"['’]s?\b")
_SHORTEST = 3
_MOST = 20_000


def documents_without_name(question: str, hits: Sequence[Hit]) -> frozenset[str]:
    """The uris of those documents of which no hit has what the question names."""
    codes, names = _named(question)
    if not codes and not names:
        return frozenset()
    said: dict[str, list[str]] = {}
    for hit in hits:
        said.setdefault(hit.item.uri, [hit.item.uri]).append(f"{hit.item.text[:_MOST]} {hit.item.context}")
    return frozenset(uri for uri, texts in said.items() if _misses(codes, names, " ".join(texts)))


def names_asked(question: str) -> frozenset[str]:
    """The words of a question that begin with a capital, as terms; months, which are written in many ways, are none."""
    words = (_OF.sub("", word) for word in _CAPITAL.findall(question))
    return frozenset(term for word in words if not _MONTH.fullmatch(fold(word)) for term in terms(word))


def _named(question: str) -> tuple[list[str], list[list[str]]]:
    """The codes of a question, and the words of each name of several."""
    codes = [_bare(code) for code in _CODE.findall(question) if not _NO_CODE.fullmatch(code)]
    runs = [_OF.sub("", name).split() for name in _NAME.findall(question)]
    names = [[_bare(word) for word in run if len(word) >= _SHORTEST] for run in runs]
    return codes, [words for words in names if words]


def _misses(codes: Sequence[str], names: Sequence[Sequence[str]], evidence: str) -> bool:
    """A code of the question ("2N3904") that is not there, or a name of several words of which none is."""
    there = _bare(evidence)
    return any(code not in there for code in codes) or any(not any(word in there for word in words) for words in names)


def _bare(text: str) -> str:
    """Letters and digits alone: codes are written with and without hyphens."""
    return _BETWEEN.sub("", fold(text))


def title_of(hit: Hit) -> str:
    """What says what a document is about."""
    item = hit.item
    first = next((line for line in item.text.splitlines() if line.strip() and not line.startswith("|")), "")
    name = item.uri.rsplit("/", 1)[-1].replace("-", " ").replace("_", " ")
    return f"{name} {item.context} {' '.join(item.locator.section)} {first}"
