"""The one writer of a collection: knows what is stored already and makes the next generation of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import ModelError
from ragmm.indexes.changes import PreparedDocument
from ragmm.indexes.records import Space
from ragmm.indexes.store.commit import Commit
from ragmm.indexes.store.session import Session
from ragmm.types import ModelInfo

__all__ = ["Writer"]

_KEYS_AT_ONCE = 500


class Writer(Session):
    """What makes the next generation of a collection."""

    def ensure_space(self, name: str, info: ModelInfo, dtype: str = "float32") -> None:
        """Declare a space; the next commit creates it. Another model than the one that built it is an error."""
        if info.many:
            raise ModelError(
                f"{info.name} makes several rows of one input, and the space {name!r} holds one for each; "
                "name a model that makes one"
            )
        if name in self.spaces:
            self.spaces[name].check_model(info, self.folder)
            return
        (last,) = self.connection.execute("SELECT COALESCE(MAX(id), 0) FROM spaces").fetchone()
        space = Space(
            id=last + 1 + len(self.new_spaces),
            name=name,
            model=info.name,
            revision=info.revision,
            fingerprint=info.fingerprint,
            dim=info.dim,
            dtype=dtype,
        )
        self.new_spaces.append(space)
        self.spaces[name] = space

    def readings(self, sha256: str) -> list[str]:
        """Every fingerprint under which this content is stored."""
        found = self.connection.execute("SELECT parser FROM contents WHERE sha256 = ?", (bytes.fromhex(sha256),))
        return [parser for (parser,) in found]

    def known_content(self, sha256: str, parser: str) -> bool:
        """Whether this content can be linked without parsing or embedding anything again."""
        row = self.connection.execute(
            "SELECT first_item, items FROM contents WHERE sha256 = ? AND parser = ?", (bytes.fromhex(sha256), parser)
        ).fetchone()
        return (
            row is not None
            and not self.new_spaces
            and all(not self._lost(space, *row) for space in self.spaces.values())
        )

    def _lost(self, space: Space, first: int, count: int) -> bool:
        """Whether an item of the range had a vector in the space and no readable block holds it any more."""
        wanted = self.with_vector(space.id, first, count)
        return len(wanted) > sum(len(part.ids) for _, part in self.vector_files.find(space.id, wanted))

    def known_vectors(self, space: str, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """Vectors that are stored already, by the hash of what was embedded. Shape of each: (dim,)."""
        here = self.spaces[space]
        by_item: dict[int, bytes] = {}
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            part = keys[start : start + _KEYS_AT_ONCE]
            marks = ",".join("?" * len(part))
            found = self.connection.execute(
                f"SELECT key, MAX(item) FROM vectors WHERE space = ? AND key IN ({marks}) GROUP BY key",
                (here.id, *part),
            )
            by_item.update((int(item), key) for key, item in found)
        known: dict[bytes, NDArray[np.float32]] = {}
        for _, stored in self.vector_files.find(here.id, np.array(sorted(by_item), np.int64)):
            for item, row in zip(stored.ids, stored.rows, strict=True):
                known[by_item[int(item)]] = np.asarray(row, np.float32)
        return known

    def ever_held(self, space: str, kind: str) -> bool:
        """Whether a generation that is kept has vectors of this kind there."""
        if space not in self.spaces:
            return False
        files, number = self.vector_files, self.spaces[space].id
        return any(block.space == number and block.kind == kind for block in [*files.live, *files.old])

    def commit(
        self,
        documents: Sequence[PreparedDocument] = (),
        removed: Iterable[str] = (),
        *,
        kind: str = "ingest",
        note: str = "",
        merge_all: bool = False,
    ) -> int:
        """Make the next generation and return its number.

        Documents replace those of the same path; the paths in `removed` go. `merge_all` rewrites every leg as one
        block without dead rows.
        """
        return Commit(self, documents, removed, kind, note).run(merge_all=merge_all)
