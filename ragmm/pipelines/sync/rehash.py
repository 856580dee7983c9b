"""The rolling re-hash: files that look unchanged are read in turn, so that no change stays unseen for long."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from ragmm.indexes.cache_contract import Nights
from ragmm.indexes.records import Seen

__all__ = ["Rehash", "rehash"]

_BLOCK = 1 << 20


@dataclass
class Rehash:
    """What the turn of one night found."""

    files: int = 0
    bytes: int = 0
    changed: list[tuple[str, Seen]] = field(default_factory=list)
    """(path, as it was remembered): other bytes under the same size, times and inode."""
    complete: bool = True


def rehash(nights: Nights, night: int, every: int, met: Callable[[str, str], bool], stop: Callable[[], bool]) -> Rehash:
    """Hash the files whose turn it is, among those that `met(folder, name)` says are there."""
    found = Rehash()
    if not every:
        return found
    for folder, files in groupby(nights.due(night, every), key=lambda due: due[0].rpartition("/")[0]):
        if stop():
            found.complete = False
            break
        _folder(folder, files, met, found)
    return found


def _folder(folder: str, files: Iterator[tuple[str, Seen]], met: Callable[[str, str], bool], found: Rehash) -> None:
    try:
        directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return  # what happened to the folder is the census's affair
    try:
        for path, seen in files:
            name = path[len(folder) + 1 :]
            if not met(folder, name):
                continue
            sha256 = _hash(directory, name, seen)
            if sha256 is None:
                continue
            found.files += 1
            found.bytes += seen.stamp[0]
            if sha256 != seen.sha256:
                found.changed.append((path, seen))
    finally:
        os.close(directory)


def _hash(directory: int, name: str, seen: Seen) -> str | None:
    """None where the file is not the one that was remembered, or cannot be read: the stamp tells that too."""
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    except OSError:
        return None
    try:
        if seen.stamp != _stamp(os.fstat(file)):
            return None
        digest = hashlib.sha256()
        while block := os.read(file, _BLOCK):
            digest.update(block)
        return digest.hexdigest()
    except OSError:
        return None
    finally:
        os.close(file)


def _stamp(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
