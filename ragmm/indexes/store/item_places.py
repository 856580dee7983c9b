"""What a ranking must know of an item before it is read: where it stands, and what it is.

Every question asks it of hundreds of items, mostly of the same: what was asked once in a generation is remembered.
"""

from __future__ import annotations

from collections.abc import Iterable
from weakref import WeakKeyDictionary

from ragmm.indexes.records import ItemPlace
from ragmm.indexes.store import rows
from ragmm.indexes.store.reading import StoredGeneration
from ragmm.types import Modality

__all__ = ["item_places"]

_MOST_REMEMBERED = 200_000
_SQL = (
    "SELECT id, CASE WHEN page IS NULL THEN id ELSE ~(content << 32 | page) END, modality, length(text) > 0, "
    f"modality = '{Modality.PHOTO}' AND length(text) = 0 AND length(context) > 0 "
    f"FROM items WHERE id {rows.ONE_OF}"
)


_known: WeakKeyDictionary[StoredGeneration, dict[int, ItemPlace]] = WeakKeyDictionary()


def item_places(snapshot: StoredGeneration, items: Iterable[int]) -> dict[int, ItemPlace]:
    """Of those of the items that are stored."""
    wanted = set(items)
    known = _known.setdefault(snapshot, {})
    if len(known) + len(wanted) > _MOST_REMEMBERED:
        known = _known[snapshot] = {}
    if new := wanted.difference(known):
        found = snapshot.read(lambda connection: connection.execute(_SQL, (rows.id_list(new),)).fetchall())
        known.update(
            (item, ItemPlace(place, Modality(name), bool(worded), bool(told)))
            for item, place, name, worded, told in found
        )
    return {item: known[item] for item in wanted if item in known}
