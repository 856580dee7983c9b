"""A private copy of a source file, hashed while it is copied: the bytes parsed are the bytes hashed."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ragmm.errors import DocumentError, LimitError

__all__ = ["Spooled", "hash_source", "spool"]

_TRIES = 3
_BLOCK = 1 << 20
# Two writes within one tick of the file system's clock carry the same time stamp; a file this young is waited for.
_CLOCK_TICK = 0.03

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}


@dataclass(frozen=True, kw_only=True)
class Spooled:
    """The copy and what it holds."""

    path: Path
    sha256: str
    size: int


def spool(source: Path, copy: Path, *, max_bytes: int, root: Path | None = None) -> Spooled:
    """Copy `source` to `copy` (mode 0400); below `root` no symbolic link is followed, not even by a directory.

    Raises DocumentError for what is no regular file, cannot be read, or keeps changing while it is read.
    """
    for _ in range(_TRIES):
        with _opened(source, root) as descriptor:
            before = _settled(descriptor, source)
            if before.st_size > max_bytes:
                raise LimitError(f"{source.name} has {before.st_size:,} bytes; at most {max_bytes:,} are read")
            sha256, size = _copy(descriptor, copy, before.st_size)
            after = os.fstat(descriptor)
        if size == before.st_size and _stamp(before) == _stamp(after):
            copy.chmod(0o400)
            return Spooled(path=copy, sha256=sha256, size=size)
        copy.unlink()
    raise DocumentError(
        f"{source.name} is unstable: it changed each of the {_TRIES} times it was read; "
        "run again when nothing is writing to it"
    )


def hash_source(source: Path, *, root: Path | None = None) -> str:
    """The sha256 of a regular file, opened as safely as for spooling. Raises DocumentError as `spool` does."""
    digest = hashlib.sha256()
    with _opened(source, root) as descriptor:
        while block := _read(descriptor, _BLOCK):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def _opened(source: Path, root: Path | None) -> Iterator[int]:
    """A descriptor of the regular file, opened from its directory's descriptor so that no link can be slipped in."""
    directory = _open_directory(source.parent, root)
    try:
        # O_NONBLOCK: opening a pipe or a tape must not wait for the other side.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        _require_regular(os.stat(source.name, dir_fd=directory, follow_symlinks=False), source)
        descriptor = os.open(source.name, flags, dir_fd=directory)
    except OSError as error:
        raise DocumentError(f"{source} cannot be read: {error.strerror}") from error
    finally:
        os.close(directory)
    try:
        _require_regular(os.fstat(descriptor), source)
        yield descriptor
    finally:
        os.close(descriptor)


def _open_directory(folder: Path, root: Path | None) -> int:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    start = folder if root is None else root
    if not folder.is_relative_to(start) or os.pardir in folder.relative_to(start).parts:
        raise DocumentError(f"{folder} is not below its source {root}; name files by their path below it")
    steps = folder.relative_to(start).parts
    try:
        descriptor = os.open(start, flags)
        for step in steps:
            above = descriptor
            try:
                descriptor = os.open(step, flags | os.O_NOFOLLOW, dir_fd=above)
            finally:
                os.close(above)
    except OSError as error:
        raise DocumentError(
            f"the folder {folder} cannot be opened without following links: {error.strerror}"
        ) from error
    return descriptor


def _require_regular(found: os.stat_result, source: Path) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = _KINDS.get(stat.S_IFMT(found.st_mode), "no file")
        raise DocumentError(f"{source.name} is {kind}; only regular files are read")


def _settled(descriptor: int, source: Path) -> os.stat_result:
    found = os.fstat(descriptor)
    if abs(time.time() - found.st_mtime) < _CLOCK_TICK:
        time.sleep(_CLOCK_TICK)
        found = os.fstat(descriptor)
    _require_regular(found, source)
    return found


def _copy(descriptor: int, copy: Path, expected: int) -> tuple[str, int]:
    """At most one byte more than expected is read: enough to know that the file grew."""
    digest, size = hashlib.sha256(), 0
    target = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(target, "wb", buffering=0) as out:
        while size <= expected:
            block = _read(descriptor, min(_BLOCK, expected + 1 - size))
            if not block:
                break
            digest.update(block)
            out.write(block)
            size += len(block)
    return digest.hexdigest(), size


def _read(descriptor: int, size: int) -> bytes:
    try:
        return os.read(descriptor, size)
    except OSError as error:
        raise DocumentError(f"the disk could not read the file to its end: {error.strerror}") from error


def _stamp(found: os.stat_result) -> tuple[int, ...]:
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
