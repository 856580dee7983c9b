"""A disk that loses power: what may be found after the plug was pulled, given what was done and what was synced.

A file whose content was not synced may be empty, half there, zeros or whole. A directory entry that was not synced
(made, renamed or removed) may or may not be there. The database is trusted to keep its own promise: after a commit
its content is the new one, between the announcement and the end of a commit it is either; its directory entry is
no better than any other.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.faults.disk import Operation


@dataclass
class File:
    """One inode."""

    data: bytes = b""
    synced: bytes | None = None
    """None: never synced."""

    def survivor(self, rng: random.Random) -> bytes:
        if self.synced is not None and self.synced == self.data:
            return self.data
        whole, half = self.data, self.data[: len(self.data) // 2]
        return rng.choice([b"", half, bytes(len(whole)), whole])


class Disk:
    """Plays a log of operations and draws what could survive at its end."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.entries: dict[Path, File | None] = {}
        """As the running system sees them; None is a directory."""
        self.durable: dict[Path, File | None] = {}
        self.acknowledged = 0

    def play(self, operations: Sequence[Operation]) -> None:
        for operation in operations:
            self._apply(operation)

    def _apply(self, operation: Operation) -> None:
        getattr(self, "_" + operation.name.replace("-", "_"))(operation.path, operation.data or b"")

    def _create(self, path: Path, _: bytes) -> None:
        self.entries[path] = File()

    def _write(self, path: Path, data: bytes) -> None:
        self._file(path).data += data

    def _sync(self, path: Path, _: bytes) -> None:
        self._file(path).synced = self._file(path).data

    def _rename(self, path: Path, target: bytes) -> None:
        self.entries[Path(os.fsdecode(target))] = self.entries.pop(path)

    def _remove(self, path: Path, _: bytes) -> None:
        self.entries.pop(path, None)

    def _mkdir(self, path: Path, _: bytes) -> None:
        self.entries[path] = None

    def _before_commit(self, path: Path, _: bytes) -> None:
        """SQLite's own work begins; until it ends the old content counts."""

    def _after_commit(self, path: Path, data: bytes) -> None:
        file = self.entries.get(path) or File()
        file.data = file.synced = data
        self.entries[path] = file

    def _acknowledged(self, path: Path, _: bytes) -> None:
        self.acknowledged = int(path.name)

    def _file(self, path: Path) -> File:
        file = self.entries[path]
        assert file is not None
        return file

    def _sync_directory(self, folder: Path, _: bytes) -> None:
        for path in {*self.entries, *self.durable}:
            if path.parent == folder:
                if path in self.entries:
                    self.durable[path] = self.entries[path]
                else:
                    self.durable.pop(path, None)

    def draw(self, target: Path, rng: random.Random) -> None:
        """Write one possible survivor to a folder, with the same paths below it as below the root."""
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        keeps = {path.parent: rng.random() < 0.5 for path in [*self.entries, *self.durable]}
        for path in sorted({*self.entries, *self.durable}):
            entries = self.entries if keeps[path.parent] else self.durable
            if path not in entries:
                continue
            place = target / path.relative_to(self.root)
            if not place.parent.is_dir():
                continue  # its directory was lost
            file = entries[path]
            if file is None:
                place.mkdir()
            else:
                place.write_bytes(file.survivor(rng))
