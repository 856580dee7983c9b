"""Filters as they are written: which documents and items a search may return.

A filter is a place (a document's uri or path, a folder, or a glob of them) or a comparison such as `type=pdf`,
`date>=2023-05`, `page<10` or `author=*smith*`. Places are alternatives; comparisons must all hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from ragmm.errors import UsageError
from ragmm.indexes.filters import (
    AnyOf,
    Dated,
    Field,
    Filter,
    MediaType,
    Modalities,
    Not,
    OnPage,
    Operator,
    Section,
    Within,
    all_of,
)
from ragmm.types import IMAGE_MODALITIES, TEXT_MODALITIES, Modality

__all__ = ["FIELDS", "MetadataFields", "parse_filters", "parse_modality"]

_GROUPS = {"image": IMAGE_MODALITIES, "text": TEXT_MODALITIES}


class MetadataFields(Protocol):
    """What a collection knows about the metadata of its items."""

    def has_field(self, name: str) -> bool:
        """Whether any item, or any document, states the field."""
        ...

    def fields(self) -> list[str]:
        """Every field that is stated anywhere."""
        ...


@dataclass(frozen=True, kw_only=True)
class _Comparison:
    field: str
    operator: Operator
    value: str

    def __str__(self) -> str:
        return f"{self.field}{self.operator}{self.value}"

    def fail(self, must: str) -> UsageError:
        return UsageError(f"the filter {str(self)!r} cannot be used: {must}")

    def equal_or_not(self, part: Filter, must: str) -> Filter:
        """The part, or its opposite; other comparisons of it make no sense."""
        if self.operator not in {Operator.EQUAL, Operator.UNEQUAL}:
            raise self.fail(must)
        return part if self.operator is Operator.EQUAL else Not(part)


def parse_modality(name: str | None) -> frozenset[Modality] | None:
    """ "figure" and the like, or a group: "image" (figures, photos, pages) or "text" (passages, tables)."""
    if name is None:
        return None
    if name in _GROUPS:
        return _GROUPS[name]
    try:
        return frozenset({Modality(name)})
    except ValueError:
        allowed = ", ".join([*(str(one) for one in Modality), *_GROUPS])
        raise UsageError(f"there is no modality {name!r}; choose one of: {allowed}") from None


def parse_filters(
    modalities: frozenset[Modality] | None, where: Sequence[str], metadata: MetadataFields | None = None
) -> Filter | None:
    """The filter of a search, or None where everything may be found.

    Raises UsageError naming the known fields where `metadata` is given and a field is in none of the items.
    """
    places: list[Filter] = []
    compared: list[_Comparison] = []
    for given in where:
        comparison = _parsed(given)
        if comparison is None:
            places.append(Within(given))
        elif comparison.field == "path" and comparison.operator is Operator.EQUAL:
            places.append(Within(comparison.value))
        else:
            compared.append(comparison)
    parts: list[Filter] = [Modalities(modalities)] if modalities is not None else []
    parts += [AnyOf(tuple(places))] if places else []
    parts += [_filter(one, metadata) for one in compared]
    return all_of(parts)


_COMPARISON = re.compile(r"\s*([^\W\d_][\w.-]*)\s*(!=|>=|<=|=|>|<)\s*(.+)", re.DOTALL)


def _parsed(given: str) -> _Comparison | None:
    """None for a place. A place that looks like a comparison is written `path=…`."""
    match = _COMPARISON.fullmatch(given)
    if match is None:
        return None
    return _Comparison(field=match[1], operator=Operator(match[2]), value=match[3].strip())


def _filter(one: _Comparison, metadata: MetadataFields | None) -> Filter:
    return FIELDS[one.field](one) if one.field in FIELDS else _metadata(one, metadata)


# The fields that every item has ------------------------------------------------------------------------------------


def _path(one: _Comparison) -> Filter:
    return one.equal_or_not(Within(one.value), "path takes = and != only")


def _type(one: _Comparison) -> Filter:
    return _alternatives(one, MediaType)


def _modality(one: _Comparison) -> Filter:
    return _alternatives(one, lambda name: Modalities(parse_modality(name) or frozenset()))


def _alternatives(one: _Comparison, make: Callable[[str], Filter]) -> Filter:
    names = [name.strip() for name in one.value.split(",") if name.strip()]
    must = f"{one.field} takes = and !=, and one value or several with commas between them"
    if not names:
        raise one.fail(must)
    return one.equal_or_not(AnyOf(tuple(make(name) for name in names)), must)


def _page(one: _Comparison) -> Filter:
    try:
        return OnPage(one.operator, int(one.value))
    except ValueError:
        raise one.fail("a page is a whole number") from None


_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d)?)?)?)?)?")


def _date(one: _Comparison) -> Filter:
    given = one.value.replace(" ", "T")
    if not _DATE.fullmatch(given):
        raise one.fail("a date is written 2023, 2023-05, 2023-05-31 or 2023-05-31T12:30")
    return Dated(one.operator, given)


def _section(one: _Comparison) -> Filter:
    return one.equal_or_not(Section(one.value), "section takes = and != only")


FIELDS: Final[Mapping[str, Callable[[_Comparison], Filter]]] = {
    "path": _path,
    "type": _type,
    "modality": _modality,
    "page": _page,
    "date": _date,
    "section": _section,
}
"""What can be compared besides the metadata that loaders found."""


def _metadata(one: _Comparison, known: MetadataFields | None) -> Filter:
    if known is not None and not known.has_field(one.field):
        stated = ", ".join(known.fields()) or "none"
        raise UsageError(
            f"the filter {str(one)!r} names no field of this collection; known are {', '.join(FIELDS)} and of the "
            f"metadata: {stated} (for a file of this name write path={one})"
        )
    return Field(one.field, one.operator, one.value)
