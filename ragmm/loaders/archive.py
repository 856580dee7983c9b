"""Archives as folders: every file in a zip or tar is a document of its own, within the limits of one document."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any, Self

from ragmm.errors import DocumentError, LimitError
from ragmm.loaders.archive_limits import InflateBudget, open_zip
from ragmm.loaders.base import Probe
from ragmm.loaders.nested import NestedReader
from ragmm.loaders.settings import LoaderSettings
from ragmm.text.names import display_name
from ragmm.types import Item

__all__ = ["ArchiveLoader", "loaders"]

_OPENERS: dict[str, Callable[..., Any]] = {
    "application/gzip": gzip.open,
    "application/x-bzip2": bz2.open,
    "application/x-xz": lzma.open,
    "application/x-tar": open,
}
_ZIP = "application/zip"
# What operating systems leave in archives and nobody put there.
_LITTER = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"})
_DAMAGE = (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError, ValueError)


class ArchiveLoader:
    """Reads the regular files of an archive in order; links and devices in it are passed over, names are only shown."""

    name = "archive"
    version = 2
    reads = frozenset[str]()  # whatever it yields, the loaders of its members read

    def __init__(self, settings: LoaderSettings, reader: NestedReader | None = None) -> None:
        self._settings = settings
        self._reader = reader

    def accepts(self, probe: Probe) -> bool:
        return probe.media_type == _ZIP or probe.media_type in _OPENERS

    def load(self, file: Path, probe: Probe) -> Iterator[Item]:
        name = display_name(probe.name)
        reader = self._reader or NestedReader(self._settings, name)
        members = (
            _zip_members(file, reader.budget)
            if probe.media_type == _ZIP
            else _tar_members(file, name, probe.media_type, reader.budget)
        )
        for member, data in members:
            if data and not _LITTER & set(PurePosixPath(member).parts):
                yield from reader.member_items(data, display_name(member))

    def inside(self, reader: NestedReader) -> Self:
        """The same loader for an archive that another document holds."""
        return type(self)(self._settings, reader)


def loaders(settings: LoaderSettings) -> tuple[ArchiveLoader, ...]:
    """The loader, where the pipeline asks for it."""
    return (ArchiveLoader(settings),) if settings.archives else ()


def _zip_members(file: Path, budget: InflateBudget) -> Iterator[tuple[str, bytes]]:
    with open_zip(file, budget) as archive:
        for member in archive.names:
            yield member, archive.read(member)


def _tar_members(file: Path, name: str, media_type: str, budget: InflateBudget) -> Iterator[tuple[str, bytes]]:
    with _OPENERS[media_type](file, "rb") as inflated:
        stream = _Counted(inflated, budget.counter(file.stat().st_size))
        try:
            if media_type != "application/x-tar" and not _holds_tar(stream):
                budget.add_members(1)
                yield _unpacked_name(name), stream.read()
                return
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    budget.add_members(1)
                    content = archive.extractfile(member) if member.isreg() else None
                    if content is not None:
                        yield member.name, content.read()
        except (DocumentError, LimitError):
            raise
        except _DAMAGE as error:
            raise DocumentError(f"{name} is damaged: the archive cannot be read further ({error})") from error


def _unpacked_name(name: str) -> str:
    """Of what "prices.csv.gz" packs nothing is known but its kind: the name is the archive's, and may change."""
    return f"unpacked{PurePosixPath(PurePosixPath(name).stem).suffix}"


def _holds_tar(stream: _Counted) -> bool:
    return stream.peek(512)[257:262] == b"ustar"


class _Counted(io.RawIOBase):
    """An inflating stream whose every byte counts."""

    def __init__(self, stream: IO[bytes], count: Callable[[int], None]) -> None:
        self._stream = stream
        self._count = count
        self._ahead = b""

    def readable(self) -> bool:
        return True

    def peek(self, size: int) -> bytes:
        """The next bytes, which `read` gives again."""
        self._ahead += self._stream.read(size - len(self._ahead))
        return self._ahead

    def read(self, size: int | None = -1) -> bytes:
        parts = []
        left = -1 if size is None or size < 0 else size
        while left and (chunk := self._chunk(left)):
            parts.append(chunk)
            left -= len(chunk) if left > 0 else 0
        return b"".join(parts)

    def _chunk(self, left: int) -> bytes:
        most = 1 << 20 if left < 0 else min(left, 1 << 20)
        if self._ahead:
            chunk, self._ahead = self._ahead[:most], self._ahead[most:]
        else:
            chunk = self._stream.read(most)
        self._count(len(chunk))
        return chunk
