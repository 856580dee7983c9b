"""Filters: which items a search may return. Every value is a bound parameter; field names come from here alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ragmm.errors import UsageError
from ragmm.indexes.rows import path_to_db
from ragmm.types import IMAGE_MODALITIES, TEXT_MODALITIES, Modality

__all__ = ["Filter", "parse_modality", "where_condition"]

Filter = tuple[str, list[Any]]
"""An SQL condition over `items i` and `documents d`, and its parameters."""

_GROUPS = {"image": IMAGE_MODALITIES, "text": TEXT_MODALITIES}


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


def where_condition(modalities: frozenset[Modality] | None, where: Sequence[str]) -> Filter | None:
    """The condition for a search, or None where everything may be found.

    Each `where` is a document's uri or path, a folder, or a glob of them; an item may match any.
    """
    conditions: list[str] = []
    values: list[Any] = []
    if modalities is not None:
        conditions.append(f"i.modality IN ({','.join('?' * len(modalities))})")
        values.extend(sorted(str(one) for one in modalities))
    if where:
        conditions.append("(" + " OR ".join(_PLACE for _ in where) + ")")
        for place in where:
            name = place.rstrip("/") or "/"
            values.extend([path_to_db(name), path_to_db(name), path_to_db(name), path_to_db(_escaped(name) + "/*")])
    return (" AND ".join(conditions), values) if conditions else None


_PLACE = "d.uri = ? OR d.path = ? OR d.uri GLOB ? OR d.uri GLOB ?"


def _escaped(text: str) -> str:
    """A folder's name with nothing in it that GLOB would take for a pattern."""
    return "".join(f"[{character}]" if character in "*?[" else character for character in text)
