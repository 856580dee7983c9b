"""All durable file I/O of a collection: nothing else in this package may write, sync, rename or remove a file.

Every operation announces itself to an observer before it happens, so that tests can stop, fill or unplug the disk at
each step (`observe`). Operations carry a class (`kind`) that names what is made durable; the power-loss test takes the
classes out one at a time and must then fail.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ragmm.errors import StorageError

__all__ = [
    "FILE_MODE",
    "Observer",
    "Sealed",
    "free_bytes",
    "free_text",
    "make_directory",
    "observe",
    "publish",
    "remove",
    "rename",
    "replace",
    "sha256_file",
    "step",
    "storage_errors",
    "sync_directory",
    "sync_file",
]

DIRECTORY_MODE = 0o700
FILE_MODE = 0o600
SEALED_MODE = 0o400
_BLOCK = 1 << 20
_FREE = "free some space, then run the same command again: nothing committed was lost"


class Observer(Protocol):
    """Sees each operation before it takes effect; may raise OSError, end the process, or take notes."""

    def step(self, operation: str, path: Path, kind: str, data: bytes | None = None) -> None: ...

    def skips(self, kind: str) -> bool:
        """Whether a sync of this class is left out (only the power-loss test says yes)."""
        ...


_observer: Observer | None = None


@contextlib.contextmanager
def observe(observer: Observer) -> Iterator[None]:
    """Let an observer see, fail or stop every operation inside the block (one at a time, tests only)."""
    global _observer  # noqa: PLW0603 - the one seam through which the tests reach the disk
    previous, _observer = _observer, observer
    try:
        yield
    finally:
        _observer = previous


def step(operation: str, path: Path, kind: str, data: bytes | None = None) -> None:
    if _observer is not None:
        _observer.step(operation, path, kind, data)


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """An immutable file as it was published."""

    name: str
    sha256: str
    size: int


def publish(directory: Path, suffix: str, chunks: Iterable[bytes | memoryview], kind: str) -> Sealed:
    """Write, sync, check and rename a file named by its own sha256. The caller syncs the directory."""
    temporary = directory / f".tmp-{os.getpid()}-{kind}{suffix}"
    with storage_errors(temporary):
        try:
            digest, check, size = _write(temporary, chunks, kind)
            _check_written(temporary, check, size)
            temporary.chmod(SEALED_MODE)
            rename(temporary, directory / f"{digest}{suffix}", kind)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
    return Sealed(name=f"{digest}{suffix}", sha256=digest, size=size)


def _write(path: Path, chunks: Iterable[bytes | memoryview], kind: str) -> tuple[str, int, int]:
    """Returns sha256, CRC-32 and size."""
    digest, check, size = hashlib.sha256(), 0, 0
    step("create", path, kind)
    with path.open("wb") as file:
        path.chmod(FILE_MODE)
        for chunk in chunks:
            digest.update(chunk)
            check = zlib.crc32(chunk, check)
            step("write", path, kind, bytes(chunk) if _observer is not None else None)
            size += file.write(chunk)
        file.flush()
        sync_file(file.fileno(), path, kind)
    return digest.hexdigest(), check, size


def sync_file(descriptor: int, path: Path, kind: str) -> None:
    """Make a file's content durable."""
    if _observer is not None and _observer.skips(kind):
        return
    step("sync", path, kind)
    os.fsync(descriptor)


def _check_written(path: Path, check: int, size: int) -> None:
    """A file that does not read back as written must never be named by a commit."""
    found = 0
    with path.open("rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            found = zlib.crc32(block, found)
    if path.stat().st_size != size or found != check:
        raise OSError(errno.EIO, "the file does not read back as it was written", str(path))


def replace(path: Path, data: bytes, kind: str) -> None:
    """Atomically replace a small derived file (never one that a commit depends on)."""
    temporary = path.with_name(f".tmp-{os.getpid()}-{path.name}")
    with storage_errors(path):
        _write(temporary, [data], kind)
        rename(temporary, path, kind)


def rename(source: Path, target: Path, kind: str) -> None:
    """Rename within the collection."""
    with storage_errors(target):
        step("rename", source, kind, os.fsencode(target))
        source.replace(target)


def remove(path: Path, kind: str) -> None:
    """Unlink a file; one that is already gone is fine."""
    with storage_errors(path):
        step("remove", path, kind)
        path.unlink(missing_ok=True)


def make_directory(path: Path, kind: str, *, durable: bool = True) -> None:
    """Make a private directory; its own entry is durable afterwards unless the caller sees to that."""
    with storage_errors(path):
        if path.is_dir():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        step("mkdir", path, kind)
        path.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
        if durable:
            sync_directory(path.parent, f"{kind}-entry")


def sync_directory(path: Path, kind: str) -> None:
    """Make the entries of a directory durable."""
    if _observer is not None and _observer.skips(kind):
        return
    with storage_errors(path):
        step("sync-directory", path, kind)
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn the disk's refusals into a StorageError that names path, need and remedy."""
    try:
        yield
    except OSError as error:
        raise StorageError(_explain(error, Path(os.fsdecode(error.filename)) if error.filename else path)) from error


def _explain(error: OSError, path: Path) -> str:
    reason = error.strerror or str(error)
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"{path}: {reason}; {free_text(path)}{_FREE}"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"{path}: {reason}; make it writable for this user, or name another collection with --collection"
    return f"{path}: {reason}; check the disk, then run the same command again: nothing committed was lost"


def free_text(path: Path) -> str:
    free = free_bytes(path)
    return f"{free / 1e6:,.1f} MB free; " if free is not None else ""


def free_bytes(path: Path) -> int | None:
    """Free bytes on the file system that holds a path, or None where it cannot be told."""
    for candidate in (path, *path.parents):
        with contextlib.suppress(OSError):
            return shutil.disk_usage(candidate).free
    return None


def sha256_file(path: Path) -> str:
    """The sha256 of a file, read in chunks outside the interpreter lock."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
