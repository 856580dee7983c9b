"""The digest: one hash of the live content, the same for two collections that hold the same, however they got there.

It covers every document's name, state and file hash and every item's content; ids, times and generations do not
enter. With `vectors` it covers the stored vectors' bytes too: then two collections are equal only if their models
computed bit-identical rows, which batching alone can prevent with a real model on a real CPU.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np

from ragmm.indexes.store import rows
from ragmm.indexes.store.snapshot import Snapshot

__all__ = ["content_marks", "digest"]

_MODULUS = 1 << 256
_CONTENTS_AT_ONCE = 500


def digest(snapshot: Snapshot, *, vectors: bool = False) -> str:
    """64 hex digits. Items are read and hashed afresh, not taken from stored sums."""
    total = 0
    digests = {content: rows.content_digest(marks) for content, _, marks in content_marks(snapshot)}
    for uri, state, sha256, content in snapshot.document_keys():
        record = rows.document_record(uri, state, sha256, digests.get(content) if content is not None else None)
        total = (total + int.from_bytes(record)) % _MODULUS
    if vectors:
        total = (total + _vectors(snapshot)) % _MODULUS
    return f"{total:064x}"


def content_marks(snapshot: Snapshot) -> Iterator[tuple[int, bytes, list[bytes]]]:
    """(content, stored digest, marks computed from its items' rows) of every live content."""
    for content, first, count, stored in snapshot.live_contents():
        yield content, stored, [rows.row_mark(row[2:9]) for row in snapshot.item_rows(first, count)]


def _vectors(snapshot: Snapshot) -> int:
    """Sum over all live rows of hash(space, kind, item mark, row bytes)."""
    total = 0
    for space, kind in snapshot.legs():
        prefix = hashlib.sha256(f"{space}\0{kind}\0{snapshot.spaces[space].fingerprint}\0".encode())
        for block, data in snapshot.open_blocks(space, kind):
            dead = set(snapshot.dead_among(block.ids).tolist())
            marks = snapshot.marks(block.ids)
            for item, row in zip(block.ids.tolist(), data, strict=True):
                if item not in dead:
                    one = prefix.copy()
                    one.update(marks[item])
                    one.update(np.ascontiguousarray(row).tobytes())
                    total += int.from_bytes(one.digest())
    return total % _MODULUS
