"""Filters: which items a search may return, as a tree that any store can compile. Nothing in it is ever code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ragmm.types import Modality

__all__ = [
    "All",
    "AnyOf",
    "Dated",
    "Field",
    "Filter",
    "Items",
    "MediaType",
    "Modalities",
    "Not",
    "OnPage",
    "Operator",
    "Section",
    "Within",
    "all_of",
]


class Operator(StrEnum):
    """How a value is compared."""

    EQUAL = "="
    UNEQUAL = "!="
    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part holds at least; none where there are no parts."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Filter


@dataclass(frozen=True, slots=True)
class Within:
    """In a document of this uri or path, in a folder of documents, or in what a glob of uris names."""

    name: str


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type or a glob of it ("image/*"), a part of one ("pdf", "image"), or a file name's ending ("docx")."""

    name: str


@dataclass(frozen=True, slots=True)
class Modalities:
    """Items of one of these kinds."""

    kinds: frozenset[Modality]


@dataclass(frozen=True, slots=True)
class OnPage:
    """Items on such a page; those without pages count as on page 0."""

    operator: Operator
    number: int


@dataclass(frozen=True, slots=True)
class Dated:
    """What the item or its document says of its date, compared as far as the given date goes: 2023 is all of it."""

    operator: Operator
    date: str
    """2023, 2023-05, 2023-05-31 or 2023-05-31T12:30."""


@dataclass(frozen=True, slots=True)
class Section:
    """Under a heading that holds these words, in any case; `*` stands for anything."""

    words: str


@dataclass(frozen=True, slots=True)
class Field:
    """A fact that a loader found, of the item or of its whole document; of a list, any entry."""

    name: str
    """With dots for nested ones: "author", "exif.camera"."""
    operator: Operator
    value: str
    """Compared as a number too where it is one; `*` stands for anything."""


@dataclass(frozen=True, slots=True)
class Items:
    """These items, by id."""

    ids: tuple[int, ...]


Filter = All | AnyOf | Not | Within | MediaType | Modalities | OnPage | Dated | Section | Field | Items


def all_of(parts: Iterable[Filter]) -> Filter | None:
    """The parts together; None, which lets everything through, where there are none."""
    several: Sequence[Filter] = tuple(parts)
    return (several[0] if len(several) == 1 else All(tuple(several))) if several else None
