"""The seal of collection.db, which changes with every commit and so cannot be named by its sha256.

It is sealed at the end of each writing session: its sha256 stands in `collection.seal`, together with SQLite's own
change counter, which tells a seal that is merely old (a session was cut short) from a file that was altered.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from pathlib import Path

from ragmm.indexes import fsio
from ragmm.indexes.store import schema

__all__ = ["SEAL", "Seal", "check_database", "read_seal", "write_seal"]

SEAL = "collection.seal"


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
