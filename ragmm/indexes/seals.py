"""Checksums of whole files: proof that what is read is what was written.

Blocks and packs are named by their sha256. collection.db changes with every commit, so it is sealed at the end of
each writing session: its sha256 stands in `collection.seal`, together with SQLite's own change counter, which tells a
seal that is merely old (a session was cut short) from a file that was altered.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from ragmm.errors import DamagedError
from ragmm.indexes import fsio, schema

__all__ = ["SEAL", "Seal", "check_database", "check_once", "mark", "read_seal", "write_seal"]

SEAL = "collection.seal"


def mark(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def check_once(files: Sequence[tuple[Path, str]]) -> None:
    """Verify files against their sha256; one already verified in this boot, and untouched since, is not read again."""
    ledger = _Ledger()
    pending = [(path, sha256) for path, sha256 in files if not ledger.knows(path, sha256)]
    with ThreadPoolExecutor(max_workers=max(1, min(4, os.cpu_count() or 1))) as pool:
        found = list(pool.map(lambda pair: fsio.sha256_file(pair[0]), pending))
    for (path, sha256), digest in zip(pending, found, strict=True):
        if digest != sha256:
            raise DamagedError(f"{path}: the content does not match its checksum; run: ragmm repair")
    ledger.add(pending)


class _Ledger:
    """What was verified since the machine booted: kept in the runtime directory, which a reboot empties."""

    def __init__(self) -> None:
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        self._file = Path(runtime) / "ragmm-verified" if runtime and Path(runtime).is_dir() else None
        self._known: set[str] = set()
        if self._file is not None and self._file.is_file():
            self._known = set(self._file.read_text(encoding="utf-8").splitlines())

    def knows(self, path: Path, sha256: str) -> bool:
        line = _line(path, sha256)
        return line in self._known or line in _in_process

    def add(self, files: Sequence[tuple[Path, str]]) -> None:
        lines = [_line(path, sha256) for path, sha256 in files]
        _in_process.update(lines)
        if self._file is None or not lines:
            return
        with self._file.open("a", encoding="utf-8") as file:  # fsio: a cache outside the collection
            file.writelines(f"{line}\n" for line in lines)


_in_process: set[str] = set()


def _line(path: Path, sha256: str) -> str:
    """Identity, size and both times: any write through the file system changes it."""
    stat = path.stat()
    return f"{sha256} {stat.st_dev} {stat.st_ino} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns}"


@dataclass(frozen=True, kw_only=True)
class Seal:
    """The checksum of collection.db at the end of a writing session."""

    generation: int
    counter: int
    size: int
    sha256: str


def write_seal(folder: Path, generation: int) -> None:
    """Seal collection.db. The caller holds the writer lock and has no open transaction."""
    database = folder / schema.DATABASE
    counter, _ = _counters(database)
    seal = Seal(generation=generation, counter=counter, size=database.stat().st_size, sha256=fsio.sha256_file(database))
    fsio.replace(folder / SEAL, json.dumps(asdict(seal)).encode(), "seal")


def read_seal(folder: Path) -> Seal | None:
    try:
        return Seal(**json.loads((folder / SEAL).read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def check_database(folder: Path) -> str | None:
    """What is wrong with collection.db as a file, or None. A seal older than the last commit says nothing."""
    database = folder / schema.DATABASE
    counter, valid_for = _counters(database)
    if counter != valid_for:
        return "the header's two change counters differ"
    seal = read_seal(folder)
    if seal is None:
        return "collection.seal is damaged" if (folder / SEAL).exists() else None
    if seal.counter != counter:
        return None
    if seal.size != database.stat().st_size or seal.sha256 != fsio.sha256_file(database):
        return "the content does not match its seal"
    return None


def _counters(database: Path) -> tuple[int, int]:
    """SQLite's file change counter and the counter for which its version stamp is valid; equal after every commit."""
    with database.open("rb") as file:
        header = file.read(100)
    if len(header) < 100:
        return 0, -1
    return struct.unpack(">I", header[24:28])[0], struct.unpack(">I", header[92:96])[0]
