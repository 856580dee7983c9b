"""Items and vectors that another program has made, as plain values; which form a folder has is seen by its files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import DocumentError
from ragmm.types import Modality

__all__ = ["Foreign", "ForeignItem", "json_object", "page_number", "plain_facts"]

_LONGEST, _MOST = 2_000, 100


@dataclass(frozen=True, kw_only=True)
class ForeignItem:
    """One thing that was embedded elsewhere."""

    source: str
    """The document that it is of: a path, or any name."""
    text: str = ""
    context: str = ""
    embedded: str = ""
    """The very words that were embedded, where they were words."""
    modality: Modality = Modality.PASSAGE
    page: int | None = None
    """1-based."""
    section: tuple[str, ...] = ()
    picture: Path | None = None
    """What was embedded, where it was a picture; the file need not be here."""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Foreign:
    """Items and their vectors, row by row."""

    form: str
    folder: Path
    items: Sequence[ForeignItem]
    rows: NDArray[np.float32]
    """Shape: (n, dim); a memory map where the file allows it."""
    places: NDArray[np.int64]
    """Which row is an item's; -1 for an item without one. Shape: (len(items),)."""
    model: str = ""
    """Its name, where the folder says it."""

    @classmethod
    def of(cls, form: str, items: Sequence[ForeignItem], rows: NDArray[Any], where: Path) -> Foreign:
        """Row by row. Raises DocumentError where there are not as many of both."""
        if rows.ndim != 2:
            raise DocumentError(f"{where}: the vectors have the shape {rows.shape}; it must be (items, dimension)")
        if len(items) != len(rows):
            raise DocumentError(f"{where}: there are {len(rows):,} vectors for {len(items):,} items")
        return cls(form=form, folder=where, items=items, rows=rows, places=np.arange(len(items)))


def json_object(file: Path) -> dict[str, Any]:
    """Of a file that holds one. Raises DocumentError for any other."""
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DocumentError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DocumentError(f"{file} is no JSON: {error}") from error
    if not isinstance(read, dict):
        raise DocumentError(f"{file} holds no object")
    return read


def page_number(facts: Mapping[str, Any]) -> int | None:
    """From the names that loaders of others give it: "page" counts from 0, labels and "page_number" from 1."""
    for name, add in (("page_label", 0), ("page_number", 0), ("page", 1)):
        value = facts.get(name)
        if isinstance(value, int) or (isinstance(value, str) and value.isdecimal() and len(value) < 7):
            number = int(value) + add
            return number if number > 0 else None
    return None


def plain_facts(facts: Iterable[tuple[object, object]]) -> dict[str, Any]:
    """What can be kept as metadata: numbers, short texts and flat lists of them."""
    found: dict[str, Any] = {}
    for name, value in facts:
        kept = (
            [one for one in map(_plain, value[:_MOST]) if one is not None] if isinstance(value, list) else _plain(value)
        )
        if isinstance(name, str) and kept not in (None, []) and len(found) < _MOST:
            found[name[:_LONGEST]] = kept
    return found


def _plain(value: object) -> Any:
    if isinstance(value, str):
        return value[:_LONGEST]
    return value if isinstance(value, bool | int) or (isinstance(value, float) and np.isfinite(value)) else None
