"""Filters: which items a search may return. Every value is a bound parameter; field names come from here alone.

A filter is a place (a document's uri or path, a folder, or a glob of them) or a comparison such as `type=pdf`,
`date>=2023-05`, `page<10` or `author=*smith*`. Places are alternatives; comparisons must all hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ragmm.errors import UsageError
from ragmm.indexes.store.rows import path_to_db
from ragmm.types import IMAGE_MODALITIES, TEXT_MODALITIES, Modality

__all__ = ["FIELDS", "Filter", "MetadataFields", "parse_modality", "where_condition"]

Filter = tuple[str, list[Any]]
"""An SQL condition over `items i` and `documents d`, and its parameters."""

_GROUPS = {"image": IMAGE_MODALITIES, "text": TEXT_MODALITIES}


class MetadataFields(Protocol):
    """What a collection knows about the metadata of its items."""

    def has_metadata(self, path: str) -> bool:
        """Whether any item, or any document, states the field at a JSON path such as `$."author"`."""
        ...

    def metadata_fields(self) -> list[str]:
        """Every field that is stated anywhere."""
        ...


@dataclass(frozen=True, kw_only=True)
class _Comparison:
    field: str
    operator: str
    value: str

    def __str__(self) -> str:
        return f"{self.field}{self.operator}{self.value}"

    def fail(self, must: str) -> UsageError:
        return UsageError(f"the filter {str(self)!r} cannot be used: {must}")


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


def where_condition(
    modalities: frozenset[Modality] | None, where: Sequence[str], metadata: MetadataFields | None = None
) -> Filter | None:
    """The condition for a search, or None where everything may be found.

    Raises UsageError naming the known fields where `metadata` is given and a field is in none of the items.
    """
    places: list[str] = []
    compared: list[_Comparison] = []
    for given in where:
        comparison = _parsed(given)
        if comparison is None:
            places.append(given)
        elif comparison.field == "path" and comparison.operator == "=":
            places.append(comparison.value)
        else:
            compared.append(comparison)
    parts = [_kinds(modalities)] if modalities is not None else []
    parts += [_any([_place(place) for place in places])] if places else []
    parts += [_condition(one, metadata) for one in compared]
    if not parts:
        return None
    return " AND ".join(f"({sql})" for sql, _ in parts), [value for _, values in parts for value in values]


_COMPARISON = re.compile(r"\s*([^\W\d_][\w.-]*)\s*(!=|>=|<=|=|>|<)\s*(.+)", re.DOTALL)


def _parsed(given: str) -> _Comparison | None:
    """None for a place. A place that looks like a comparison is written `path=…`."""
    match = _COMPARISON.fullmatch(given)
    if match is None:
        return None
    return _Comparison(field=match[1], operator=match[2], value=match[3].strip())


def _condition(one: _Comparison, metadata: MetadataFields | None) -> Filter:
    sql, values = FIELDS[one.field](one) if one.field in FIELDS else _metadata(one, metadata)
    return sql, values


# The fields that every item has ------------------------------------------------------------------------------------

_OPERATORS: Final = {"=": "=", "!=": "!=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
"""What may stand in the SQL: nothing of a filter's own text does."""


def _any(parts: Sequence[Filter]) -> Filter:
    return " OR ".join(sql for sql, _ in parts), [value for _, values in parts for value in values]


def _not(part: Filter) -> Filter:
    return f"NOT ({part[0]})", part[1]


def _kinds(modalities: frozenset[Modality]) -> Filter:
    return f"i.modality IN ({','.join('?' * len(modalities))})", sorted(str(one) for one in modalities)


def _place(place: str) -> Filter:
    name = place.rstrip("/") or "/"
    values = [path_to_db(name), path_to_db(name), path_to_db(name), path_to_db(_escaped(name) + "/*")]
    return "d.uri = ? OR d.path = ? OR d.uri GLOB ? OR d.uri GLOB ?", values


def _path(one: _Comparison) -> Filter:
    if one.operator != "!=":
        raise one.fail("path takes = and != only")
    return _not(_place(one.value))


def _type(one: _Comparison) -> Filter:
    found = _any([_one_type(name) for name in _alternatives(one)])
    return found if one.operator == "=" else _not(found)


def _one_type(name: str) -> Filter:
    """A media type or a glob of it ("image/*"), a part of one ("pdf", "image"), or a file name's ending ("docx")."""
    if "/" in name:
        return "COALESCE(d.media_type, '') GLOB ?", [name.lower()]
    bare = _escaped(name.lower().removeprefix("."))
    sql = "COALESCE(d.media_type, '') GLOB ? OR COALESCE(d.media_type, '') GLOB ? OR lower(d.uri) GLOB ?"
    return sql, [f"{bare}/*", f"*/{bare}", f"*.{bare}"]


def _modality(one: _Comparison) -> Filter:
    found = _any([_kinds(parse_modality(name) or frozenset()) for name in _alternatives(one)])
    return found if one.operator == "=" else _not(found)


def _alternatives(one: _Comparison) -> list[str]:
    names = [name.strip() for name in one.value.split(",") if name.strip()]
    if one.operator not in {"=", "!="} or not names:
        raise one.fail(f"{one.field} takes = and !=, and one value or several with commas between them")
    return names


def _page(one: _Comparison) -> Filter:
    try:
        number = int(one.value)
    except ValueError:
        raise one.fail("a page is a whole number") from None
    return f"COALESCE(i.page, 0) {_OPERATORS[one.operator]} ?", [number]


_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d)?)?)?)?)?")
# The first item of a document carries what the file says about itself as a whole.
_FIRST = "(SELECT f.metadata FROM contents c JOIN items f ON f.id = c.first_item WHERE c.id = i.content)"
_STATED: Final = ", ".join(
    [
        *(f"json_extract(i.metadata, '$.{name}')" for name in ("created", "date", "exif.date")),
        *(f"json_extract({_FIRST}, '$.document.{name}')" for name in ("created", "modified")),
        "json_extract(i.metadata, '$.modified')",
    ]
)
# PDF writes D:20230511093000; everything else is ISO 8601.
_ISO: Final = (
    "CASE WHEN v GLOB 'D:[0-9]*' THEN substr(v, 3, 4) || '-' || substr(v, 7, 2) || '-' || substr(v, 9, 2) || 'T' || "
    "substr(v, 11, 2) || ':' || substr(v, 13, 2) || ':' || substr(v, 15, 2) ELSE v END"
)


def _date(one: _Comparison) -> Filter:
    """Compared as far as the given date goes: `date<=2023` takes in all of 2023."""
    given = one.value.replace(" ", "T")
    if not _DATE.fullmatch(given):
        raise one.fail("a date is written 2023, 2023-05, 2023-05-31 or 2023-05-31T12:30")
    dated = f"(SELECT substr({_ISO}, 1, ?) FROM (SELECT COALESCE({_STATED}) AS v))"
    return f"{dated} {_OPERATORS[one.operator]} ?", [len(given), given]


def _section(one: _Comparison) -> Filter:
    """A heading above the item; without a wildcard, any heading that holds the words."""
    if one.operator not in {"=", "!="}:
        raise one.fail("section takes = and != only")
    words = _folded(one.value)
    glob = words if "*" in words else f"*{_escaped(words)}*"
    found = "EXISTS (SELECT 1 FROM json_each(i.locator, '$.section') s WHERE lower(s.value) GLOB ?)"
    return (found if one.operator == "=" else f"NOT {found}"), [glob]


FIELDS: Final[Mapping[str, Callable[[_Comparison], Filter]]] = {
    "path": _path,
    "type": _type,
    "modality": _modality,
    "page": _page,
    "date": _date,
    "section": _section,
}
"""What can be compared besides the metadata that loaders found."""


# Metadata ----------------------------------------------------------------------------------------------------------


def _metadata(one: _Comparison, known: MetadataFields | None) -> Filter:
    """A fact of the item ("author", "exif.camera") or of its whole document; of a list, any entry."""
    path = "$" + "".join(f'."{part}"' for part in one.field.split("."))
    if known is not None and not known.has_metadata(path):
        stated = ", ".join(known.metadata_fields()) or "none"
        raise UsageError(
            f"the filter {str(one)!r} names no field of this collection; known are {', '.join(FIELDS)} and of the "
            f"metadata: {stated} (for a file of this name write path={one})"
        )
    test, values = _value_test(one)
    inside = " OR ".join(
        f"EXISTS (SELECT 1 FROM json_each({where}, ?) m WHERE {test})" for where in ("i.metadata", _FIRST)
    )
    sql = f"NOT ({inside})" if one.operator == "!=" else inside
    return sql, [path, *values, path.replace("$", "$.document", 1), *values]


def _value_test(one: _Comparison) -> Filter:
    operator = "=" if one.operator == "!=" else _OPERATORS[one.operator]
    text = _folded(one.value)
    words = "GLOB" if operator == "=" and "*" in text else operator
    test, values = f"(typeof(m.value) = 'text' AND lower(m.value) {words} ?)", [text]
    number = _number(one.value)
    if number is None:
        return test, values
    return f"{test} OR (typeof(m.value) IN ('integer', 'real') AND m.value {operator} ?)", [*values, number]


def _number(text: str) -> float | None:
    flags = {"true": 1.0, "false": 0.0}
    try:
        return flags[text.lower()] if text.lower() in flags else float(text)
    except ValueError:
        return None


def _folded(text: str) -> str:
    """As SQLite's lower() does it: the letters of ASCII only."""
    return "".join(character.lower() if character.isascii() else character for character in text)


def _escaped(text: str) -> str:
    """A name with nothing in it that GLOB would take for a pattern."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in text)
