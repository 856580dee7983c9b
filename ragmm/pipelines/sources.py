"""Sources: which files there are. Walks folders without following links out of them and reports what it cannot list."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ragmm.config.settings import SourceSettings
from ragmm.errors import UsageError
from ragmm.types import Failure

__all__ = ["SourceFile", "Walk"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A regular file that was seen, with what a change of it would change."""

    path: str
    """Absolute; what identifies the document."""
    uri: str
    """Relative to the source it was found under."""
    root: str
    """The folder below which no link is followed when it is opened."""
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @property
    def stamp(self) -> tuple[int, int, int, int]:
        """Compared for equality only: clocks go backwards."""
        return self.size, self.mtime_ns, self.ctime_ns, self.inode


@dataclass
class Walk:
    """One pass over named files and folders; afterwards it knows what could not be listed."""

    settings: SourceSettings = field(default_factory=SourceSettings)
    failures: list[Failure] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    """Folders whose entries could not be read: nothing below them may be taken for deleted."""
    hidden: int = 0
    """Entries left out because their name begins with a dot."""
    _seen: set[tuple[int, int]] = field(default_factory=set)

    def files(self, paths: Iterable[str | Path]) -> Iterator[SourceFile]:
        """Every file below the paths, folders in order of name, each file once."""
        named = [os.fspath(path) for path in paths]
        for path in named:
            if not os.path.lexists(path):
                raise UsageError(f"{path}: there is no such file or folder; check the spelling")
        visited: set[str] = set()
        for path in named:
            for file in self._below(path):
                if file.path not in visited:
                    visited.add(file.path)
                    yield file

    def _below(self, given: str) -> Iterator[SourceFile]:
        absolute = os.path.abspath(given)  # noqa: PTH100 - a resolved link would no longer be the path as given
        if os.path.isdir(absolute):  # noqa: PTH112
            yield from self._folder(absolute, "", absolute)
        else:
            yield from self._named_file(absolute, os.path.normpath(given))

    def _named_file(self, absolute: str, uri: str) -> Iterator[SourceFile]:
        try:
            found = os.stat(absolute)  # noqa: PTH116 - a link that the user names is meant
        except OSError as error:
            self._fail(uri, error)
            return
        resolved = os.path.realpath(absolute) if os.path.islink(absolute) else absolute  # noqa: PTH114
        yield from self._regular(resolved, uri, os.path.dirname(resolved), found)  # noqa: PTH120

    def _folder(self, folder: str, prefix: str, root: str) -> Iterator[SourceFile]:
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            self.unlisted.append(folder)
            self._fail(prefix or folder, error)
            return
        for entry in entries:
            if entry.name.startswith("."):
                self.hidden += 1
                continue
            yield from self._entry(entry, prefix + entry.name, root)

    def _entry(self, entry: os.DirEntry[str], uri: str, root: str) -> Iterator[SourceFile]:
        try:
            if entry.is_symlink():
                yield from self._link(entry, uri, root)
            elif entry.is_dir(follow_symlinks=False):
                if not _matches_any(f"{uri}/", self.settings.exclude):
                    yield from self._folder(entry.path, f"{uri}/", root)
            elif self._wanted(uri):
                yield from self._regular(entry.path, uri, root, entry.stat(follow_symlinks=False))
        except OSError as error:
            self._fail(uri, error)

    def _link(self, entry: os.DirEntry[str], uri: str, root: str) -> Iterator[SourceFile]:
        target = os.path.realpath(entry.path)
        inside = os.path.commonpath([target, os.path.realpath(root)]) == os.path.realpath(root)
        if inside and os.path.exists(target):  # noqa: PTH110
            return  # what it points to is found at its own place
        if not self.settings.follow_links:
            what = "a link out of the source" if os.path.exists(target) else "a link to nothing"  # noqa: PTH110
            self.failures.append(
                Failure(uri=uri, reason=f"{what}, not followed (sources.follow_links = true follows it)")
            )
            return
        found = os.stat(target)  # noqa: PTH116
        if stat.S_ISDIR(found.st_mode):
            if (found.st_dev, found.st_ino) not in self._seen:
                self._seen.add((found.st_dev, found.st_ino))
                yield from self._folder(target, f"{uri}/", target)
        elif self._wanted(uri):
            yield from self._regular(target, uri, os.path.dirname(target), found)  # noqa: PTH120

    def _regular(self, path: str, uri: str, root: str, found: os.stat_result) -> Iterator[SourceFile]:
        if not stat.S_ISREG(found.st_mode):
            self.failures.append(
                Failure(uri=uri, reason=f"{_kind(found.st_mode)} is not a regular file and is not read")
            )
            return
        limit = self.settings.max_file_mb << 20
        if found.st_size > limit:
            reason = f"{found.st_size:,} bytes; sources.max_file_mb allows {self.settings.max_file_mb} MB"
            self.failures.append(Failure(uri=uri, reason=reason))
            return
        yield SourceFile(path, uri, root, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)

    def _wanted(self, uri: str) -> bool:
        if self.settings.include and not _matches_any(uri, self.settings.include):
            return False
        return not _matches_any(uri, self.settings.exclude)

    def _fail(self, uri: str, error: OSError) -> None:
        self.failures.append(Failure(uri=uri, reason=f"cannot be listed: {error.strerror or error}"))


def _kind(mode: int) -> str:
    names = {
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return names.get(stat.S_IFMT(mode), "this")


def _matches_any(uri: str, patterns: Sequence[str]) -> bool:
    return any(_compiled(pattern).fullmatch(uri) for pattern in patterns)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    """`*` and `?` stay within a name, `**` crosses folders; a pattern without a slash matches at any depth."""
    anchored = pattern if "/" in pattern.rstrip("/") else f"**/{pattern}"
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", anchored)
    spelled = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(spelled.get(part, re.escape(part)) for part in parts), re.DOTALL)
