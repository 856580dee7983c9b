"""What is made but not committed yet: costly readings and vectors, kept in cache.db until a commit stores them.

A run that is killed between two commits finds them again: it repeats at most the batch that was under way.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.cache_contract import Parsed
from ragmm.indexes.store.cache import Cache
from ragmm.types import Asset, Item, Locator, Modality

__all__ = ["Unfinished"]

_WORTH_KEEPING = 1.0
"""CPU-seconds of reading below which a document is rather read again."""
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """A reading out of the cache, in the place of a parsed document."""

    sha256: str
    size: int
    media_type: str
    loader: str
    warnings: tuple[str, ...]
    cpu_seconds: float
    _items: tuple[Item, ...]

    @property
    def count(self) -> int:
        return len(self._items)

    @property
    def items(self) -> Iterator[Item]:
        return iter(self._items)

    def close(self) -> None:
        """Nothing lies on the disk."""


class Unfinished:
    """Results between the making and the commit. Safe to use from the reading threads."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        ((self._old_vectors,),) = cache.rows("SELECT COUNT(*) FROM made_vectors")
        ((self._old_readings,),) = cache.rows("SELECT COUNT(*) FROM made_items")
        self._kept_readings = bool(self._old_readings)
        self._in_use: set[tuple[str, bytes]] = set()
        """Vectors that this run made or found and has not committed."""

    # Vectors -----------------------------------------------------------------------------------------------------

    def vectors(self, space: str, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """What an earlier run computed and could not commit; `space` names the model. Shape of each: (dim,)."""
        found: dict[bytes, NDArray[np.float32]] = {}
        for start in range(0, len(keys) if self._old_vectors else 0, _AT_ONCE):
            part = keys[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            rows = self._cache.rows(
                f"SELECT key, row FROM made_vectors WHERE space = ? AND key IN ({marks})", (space, *part)
            )
            found.update((key, np.frombuffer(row, "<f4")) for key, row in rows)
        self._in_use.update((space, key) for key in found)
        return found

    def keep_vectors(self, space: str, rows: Mapping[bytes, NDArray[np.float32]]) -> None:
        values = ((space, key, np.asarray(row, "<f4").tobytes()) for key, row in rows.items())
        self._cache.write("INSERT OR REPLACE INTO made_vectors VALUES (?,?,?)", values)
        self._in_use.update((space, key) for key in rows)

    # Readings ----------------------------------------------------------------------------------------------------

    @property
    def any_readings(self) -> bool:
        """Whether an earlier run left readings behind: then it pays to hash a file before it is read."""
        return bool(self._old_readings)

    def reading(self, sha256: str, parser: str) -> Parsed | None:
        """What an earlier run read out of this content."""
        found = self._cache.rows(
            "SELECT facts, items FROM made_items WHERE sha256 = ? AND parser = ?", (bytes.fromhex(sha256), parser)
        )
        if not found:
            return None
        facts, items = (json.loads(part) for part in found[0])
        if "loader" not in facts:
            return None  # kept by an earlier ragmm, which did not say who read it
        loaded = tuple(self._item(record) for record in items)
        return _Kept(sha256=sha256, warnings=tuple(facts.pop("warnings")), _items=loaded, **facts)

    def _item(self, record: Mapping[str, Any]) -> Item:
        asset = record["asset"]
        return Item(
            modality=Modality(record["modality"]),
            text=record["text"],
            context=record["context"],
            asset=self._asset(asset, record.get("duration")) if asset else None,
            locator=_locator(record["locator"]),
            metadata=record["metadata"],
        )

    def _asset(self, sha256: str, duration: float | None) -> Asset:
        ((data, media_type, width, height),) = self._cache.rows(
            "SELECT data, media_type, width, height FROM made_images WHERE sha256 = ?", (bytes.fromhex(sha256),)
        )
        return Asset(data=data, media_type=media_type, width=width, height=height, duration=duration)

    def keep_reading(self, parsed: Parsed, parser: str) -> None:
        """Keep a document whose reading was costly."""
        if parsed.cpu_seconds < _WORTH_KEEPING:
            return
        facts = {
            "size": parsed.size,
            "media_type": parsed.media_type,
            "loader": parsed.loader,
            "warnings": list(parsed.warnings),
            "cpu_seconds": parsed.cpu_seconds,
        }
        records = []
        with self._cache.transaction() as connection:
            for item in parsed.items:
                records.append(_record(item))
                if (image := item.asset) is not None:
                    values = (bytes.fromhex(image.sha256), image.data, image.media_type, image.width, image.height)
                    connection.execute("INSERT OR IGNORE INTO made_images VALUES (?,?,?,?,?)", values)
            connection.execute(
                "INSERT OR REPLACE INTO made_items VALUES (?,?,?,?)",
                (bytes.fromhex(parsed.sha256), parser, json.dumps(facts), json.dumps(records)),
            )
        self._kept_readings = True

    # Commits -----------------------------------------------------------------------------------------------------

    def waiting(self) -> dict[str, int]:
        """How many readings and vectors are kept for the next run."""
        counts = "SELECT (SELECT COUNT(*) FROM made_items), (SELECT COUNT(*) FROM made_vectors)"
        ((readings, vectors),) = self._cache.rows(counts)
        return {"readings": readings, "vectors": vectors}

    def finished(self) -> None:
        """All is committed: what is still kept, of documents that have gone, say, nobody will ask for."""
        self._cache.write("DELETE FROM made_vectors", [()])
        self._old_vectors = 0
        self._in_use.clear()

    def stored(self, contents: Iterable[str | None], *, vectors: bool) -> None:
        """These contents are committed, and with them every vector in use, unless a stop came between."""
        with self._cache.transaction() as connection:
            if vectors:
                connection.executemany("DELETE FROM made_vectors WHERE space = ? AND key = ?", self._in_use)
                self._in_use.clear()
            if not self._kept_readings:
                return
            gone = ((bytes.fromhex(one),) for one in contents if one)
            connection.executemany("DELETE FROM made_items WHERE sha256 = ?", gone)
            ((left,),) = connection.execute("SELECT COUNT(*) FROM made_items").fetchall()
            if not left:
                connection.execute("DELETE FROM made_images")
                self._old_readings, self._kept_readings = 0, False


def _record(item: Item) -> dict[str, Any]:
    return {
        "modality": str(item.modality),
        "text": item.text,
        "context": item.context,
        "asset": item.asset.sha256 if item.asset else None,
        "duration": item.asset.duration if item.asset else None,
        "locator": asdict(item.locator),
        "metadata": dict(item.metadata),
    }


def _locator(fields: dict[str, Any]) -> Locator:
    tuples: dict[str, Any] = {key: tuple(value) for key, value in fields.items() if isinstance(value, list)}
    return Locator(**{**fields, **tuples})
