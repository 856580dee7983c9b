"""What a zip may unfold to: counted while inflating, because every size a zip declares can lie."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

from ragmm.errors import DocumentError, LimitError

__all__ = ["ArchiveLimits", "InflateBudget", "SafeZip", "check_zip", "open_zip"]

_CHUNK = 1 << 16
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError)


@dataclass(frozen=True, kw_only=True)
class ArchiveLimits:
    """How much an archive may hold, itself and everything packed within it."""

    total_bytes: int = 512 << 20
    ratio: int = 100
    """Most bytes out per byte in, once `ratio_floor` bytes have come out."""
    ratio_floor: int = 10 << 20
    members: int = 10_000
    depth: int = 2
    """How deep the innermost archive or mail may stand that is still opened; the outermost is at 0."""


class InflateBudget:
    """Counts bytes and members over a document and all that is packed in it."""

    def __init__(self, name: str, limits: ArchiveLimits | None = None) -> None:
        self.name = name
        self.limits = limits or ArchiveLimits()
        self.bytes_out = 0
        self.members = 0

    def add_members(self, count: int) -> None:
        self.members += count
        if self.members > self.limits.members:
            raise LimitError(
                f"{self.name} holds {self.members:,} members; at most {self.limits.members:,} are read. "
                "Unpack it and ingest the folder"
            )

    def add_bytes(self, count: int) -> None:
        self.bytes_out += count
        if self.bytes_out > self.limits.total_bytes:
            raise LimitError(
                f"{self.name} inflates to more than {self.limits.total_bytes >> 20} MB; it is not read further. "
                "Unpack it and ingest the folder, if you trust it"
            )

    def counter(self, packed_size: int) -> Callable[[int], None]:
        """Takes the bytes that come out of one archive of `packed_size` bytes; raises LimitError past a limit."""
        out = 0

        def count(size: int) -> None:
            nonlocal out
            out += size
            self.add_bytes(size)
            if out > self.limits.ratio_floor and out > self.limits.ratio * max(packed_size, 1):
                raise LimitError(
                    f"{self.name} inflates more than {self.limits.ratio}-fold ({packed_size:,} bytes to over "
                    f"{out:,}), which is the mark of a zip bomb; it is not read further"
                )

        return count


class SafeZip:
    """Reads members of an open zip within a budget; names are keys, never paths."""

    def __init__(self, archive: zipfile.ZipFile, packed_size: int, budget: InflateBudget) -> None:
        self._archive = archive
        self._members = {info.filename: info for info in archive.infolist() if _is_regular(info)}
        self._count = budget.counter(packed_size)
        self._name = budget.name

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._members)

    def __contains__(self, member: str) -> bool:
        return member in self._members

    def read(self, member: str) -> bytes:
        """Raises LimitError past the budget, DocumentError where the member is missing or damaged."""
        if member not in self._members:
            raise DocumentError(f"{self._name} has no member {member!r}; the file is incomplete")
        return b"".join(self.chunks(member))

    def chunks(self, member: str) -> Iterator[bytes]:
        info = self._members[member]
        if info.flag_bits & 0x1:
            raise DocumentError(f"{self._name} is protected by a password; save it without one to have it read")
        with _damage_named(self._name, member), self._archive.open(info) as source:
            yield from self._counted(source)

    def _counted(self, source: IO[bytes]) -> Iterator[bytes]:
        while chunk := source.read(_CHUNK):
            self._count(len(chunk))
            yield chunk


@contextmanager
def open_zip(file: Path | IO[bytes], budget: InflateBudget) -> Iterator[SafeZip]:
    """Raises DocumentError where the directory is damaged or members overlap, LimitError where there are too many."""
    with _damage_named(budget.name, None), zipfile.ZipFile(file) as archive:
        infos = archive.infolist()
        budget.add_members(len(infos))
        _refuse_overlap(infos, budget.name)
        yield SafeZip(archive, sum(info.compress_size for info in infos), budget)


def check_zip(file: Path, name: str, limits: ArchiveLimits | None = None) -> tuple[str, ...]:
    """Inflates every member once into nothing and gives their names: then a library may open the file itself."""
    with open_zip(file, InflateBudget(name, limits)) as archive:
        for member in archive.names:
            for _ in archive.chunks(member):
                pass
        return archive.names


def _is_regular(info: zipfile.ZipInfo) -> bool:
    mode = info.external_attr >> 16
    return not info.is_dir() and (stat.S_IFMT(mode) in (0, stat.S_IFREG))


def _refuse_overlap(infos: Iterable[zipfile.ZipInfo], name: str) -> None:
    spans = sorted((info.header_offset, info.header_offset + info.compress_size) for info in infos)
    if any(end > following for (_, end), (following, _) in pairwise(spans)):
        raise LimitError(f"{name} has members that share the same bytes, which is the mark of a zip bomb; not read")


@contextmanager
def _damage_named(name: str, member: str | None) -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        where = f"its member {member!r}" if member else "the zip"
        raise DocumentError(f"{name} is damaged: {where} cannot be read ({error})") from error
