"""The one writer of a collection: knows what is stored already and makes the next generation of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import ModelError, ModelMismatchError
from ragmm.indexes.changes import PreparedDocument
from ragmm.indexes.store.commit import Commit
from ragmm.indexes.store.session import Session
from ragmm.indexes.store.snapshot import Space
from ragmm.types import ModelInfo, Role

__all__ = ["Writer", "check_model"]

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
            check_model(self.spaces[name], info, self.folder)
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


def check_model(space: Space, info: ModelInfo, folder: Path, role: Role = Role.DOCUMENT) -> None:
    """A space takes rows of the model that built it alone; it is asked with that one or one that shares it."""
    known = {info.fingerprint} | (info.shares if role is Role.QUERY else frozenset())
    if space.fingerprint in known and space.dim == info.dim:
        return
    same = space.model == info.name
    raise ModelMismatchError(
        f"{folder}: the space {space.name!r} was built with {space.model} ({space.dim}-d, fingerprint "
        f"{space.fingerprint[:12]}) and the pipeline names {info.name} ({info.dim}-d, fingerprint "
        f"{info.fingerprint[:12]}); {'its files have changed since' if same else 'name the first model in it'}"
        f"{':' if same else ', or'} exchange the vectors with: "
        f"ragmm reembed --with {info.name} --space {space.name} -c {folder}"
    )
