"""Filters in SQL: a condition over `items i` and `documents d`, with every value of a filter as a bound parameter."""

from __future__ import annotations

from functools import singledispatch
from typing import Any, Final

from ragmm.indexes.filters import (
    All,
    AnyOf,
    Dated,
    Field,
    Filter,
    Items,
    MediaType,
    Modalities,
    Not,
    OnPage,
    Operator,
    Section,
    Within,
)
from ragmm.indexes.store.rows import ONE_OF, id_list, path_to_db

__all__ = ["Condition", "compiled", "metadata_path"]

Condition = tuple[str, list[Any]]
"""The condition and its parameters."""

# The first item of a document carries what the file says about itself as a whole.
_FIRST: Final = "(SELECT f.metadata FROM contents c JOIN items f ON f.id = c.first_item WHERE c.id = i.content)"
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


@singledispatch
def compiled(part: Filter) -> Condition:
    """The condition of a filter."""
    raise TypeError(f"{part!r} is no filter")


@compiled.register
def _all(part: All) -> Condition:
    return _joined(" AND ", part.parts) if part.parts else ("1", [])


@compiled.register
def _any(part: AnyOf) -> Condition:
    return _joined(" OR ", part.parts) if part.parts else ("0", [])


def _joined(word: str, parts: tuple[Filter, ...]) -> Condition:
    found = [compiled(part) for part in parts]
    return word.join(f"({sql})" for sql, _ in found), [value for _, values in found for value in values]


@compiled.register
def _not(part: Not) -> Condition:
    sql, values = compiled(part.part)
    return f"NOT ({sql})", values


@compiled.register
def _place(part: Within) -> Condition:
    name = part.name.rstrip("/") or "/"
    folder = f"{name}/".encode("utf-8", "surrogateescape")
    # A name that is no Unicode is stored as its bytes, which GLOB would take for nothing.
    sql = "d.uri = ? OR d.path = ? OR CAST(d.uri AS TEXT) GLOB ? OR substr(CAST(d.uri AS BLOB), 1, ?) = ?"
    return sql, [*map(path_to_db, (name, name, name)), len(folder), folder]


@compiled.register
def _media_type(part: MediaType) -> Condition:
    if "/" in part.name:
        return "COALESCE(d.media_type, '') GLOB ?", [part.name.lower()]
    bare = _literally(part.name.lower().removeprefix("."))
    sql = "COALESCE(d.media_type, '') GLOB ? OR COALESCE(d.media_type, '') GLOB ? OR lower(d.uri) GLOB ?"
    return sql, [f"{bare}/*", f"*/{bare}", f"*.{bare}"]


@compiled.register
def _modalities(part: Modalities) -> Condition:
    return f"i.modality IN ({','.join('?' * len(part.kinds))})", sorted(str(one) for one in part.kinds)


@compiled.register
def _page(part: OnPage) -> Condition:
    return f"COALESCE(i.page, 0) {Operator(part.operator)} ?", [part.number]


@compiled.register
def _dated(part: Dated) -> Condition:
    dated = f"(SELECT substr({_ISO}, 1, ?) FROM (SELECT COALESCE({_STATED}) AS v))"
    # What has no date is NULL there, and so would its opposite be.
    return f"COALESCE({dated} {Operator(part.operator)} ?, 0)", [len(part.date), part.date]


@compiled.register
def _section(part: Section) -> Condition:
    words = _folded(part.words)
    glob = words if "*" in words else f"*{_literally(words)}*"
    return "EXISTS (SELECT 1 FROM json_each(i.locator, '$.section') s WHERE lower(s.value) GLOB ?)", [glob]


@compiled.register
def _items(part: Items) -> Condition:
    return f"i.id {ONE_OF}", [id_list(part.ids)]


@compiled.register
def _field(part: Field) -> Condition:
    test, values = _value_test(part)
    path = metadata_path(part.name)
    inside = " OR ".join(
        f"EXISTS (SELECT 1 FROM json_each({where}, ?) m WHERE {test})" for where in ("i.metadata", _FIRST)
    )
    sql = f"NOT ({inside})" if part.operator is Operator.UNEQUAL else inside
    return sql, [path, *values, path.replace("$", "$.document", 1), *values]


def metadata_path(field: str) -> str:
    """The JSON path of a field of an item's metadata."""
    return "$" + "".join(f'."{part}"' for part in field.split("."))


def _value_test(part: Field) -> Condition:
    operator = Operator.EQUAL if part.operator is Operator.UNEQUAL else Operator(part.operator)
    text = _folded(part.value)
    words = "GLOB" if operator is Operator.EQUAL and "*" in text else operator
    test, values = f"(typeof(m.value) = 'text' AND lower(m.value) {words} ?)", [text]
    number = _number(part.value)
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


def _literally(text: str) -> str:
    """A name with nothing in it that GLOB would take for a pattern."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in text)
