"""Sources: which files there are. Walks folders without following links out of them and reports what it cannot list."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ragmm.config.settings import SourceSettings
from ragmm.errors import UsageError
from ragmm.types import Failure

__all__ = ["Listing", "Row", "SourceFile", "Walk"]


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """What one folder holds, as far as it has to be looked at."""

    folder: str
    files: tuple[SourceFile, ...] = ()
    names: frozenset[str] = frozenset()
    """Every entry, also those that the settings leave out."""
    left_out: frozenset[str] = frozenset()
    """Entries that are there and that the settings do not want."""
    mark: bytes = b""
    """Changes when any entry does; empty where links or odd entries call for a look each time."""
    rows: Sequence[Row] = ()
    """Every plain entry with its stamp: what a later walk may recall."""
    same: frozenset[str] = frozenset()
    """Files that are as they were recalled, and not among `files`."""


Row = tuple[str, int, int, int, int, int]
"""Name, mode, size, mtime_ns, ctime_ns, inode."""


@dataclass
class Walk:
    """One pass over named files and folders; afterwards it knows what could not be listed."""

    settings: SourceSettings = field(default_factory=SourceSettings)
    remembered: Mapping[str, bytes] = field(default_factory=dict)
    """Marks of folders whose files are all known to be unchanged while the mark is; their files are not given out."""
    recall: Callable[[str], Collection[Row]] = lambda _: ()
    """The entries of a remembered folder when all of its files were settled."""
    failures: list[Failure] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    """Folders and files that could not be looked at: nothing at or below them may be taken for deleted."""
    unwanted: list[str] = field(default_factory=list)
    """Folders that are there and that the settings leave out."""
    matched: set[str] = field(default_factory=set)
    """Folders that are as they are remembered."""
    hidden: int = 0
    """Entries left out because their name begins with a dot."""
    entered: set[str] = field(default_factory=set)
    """Folders that were looked at, by this walk or by others that share the set: each is looked at once."""
    _seen: set[tuple[int, int]] = field(default_factory=set)
    _salt: bytes = b""

    def __post_init__(self) -> None:
        self._salt = repr(self.settings).encode("utf-8", "surrogatepass")

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
            for listing in self.folders(absolute):
                yield from listing.files
        else:
            yield from self.named_file(absolute, os.path.normpath(given))

    def named_file(self, absolute: str, uri: str) -> Iterator[SourceFile]:
        """The file of this path, or a recorded failure."""
        try:
            found = os.stat(absolute)  # noqa: PTH116 - a link that the user names is meant
        except OSError as error:
            self._fail(uri, error)
            self.unlisted.append(absolute)
            return
        resolved = os.path.realpath(absolute) if os.path.islink(absolute) else absolute  # noqa: PTH114
        yield from self._regular(resolved, uri, os.path.dirname(resolved), found)  # noqa: PTH120

    def folders(self, absolute: str, prefix: str = "") -> Iterator[Listing]:
        """Every folder at or below this one, each once, except those that are as remembered."""
        pending = [(absolute, prefix, absolute)]
        while pending:
            folder, above, root = pending.pop()
            if folder in self.entered:
                continue
            self.entered.add(folder)
            found = self._scan(folder, above)
            if found is None:
                continue
            pending.extend((entry.path, f"{above}{entry.name}/", root) for entry in reversed(found.folders))
            if found.mark and self.remembered.get(folder) == found.mark:
                self.matched.add(folder)
            else:
                yield self._listing(found, folder, above, root, pending)

    def _scan(self, folder: str, prefix: str) -> _Scan | None:
        """The entries of a folder, its files with their stamps: the one loop that every file passes every night."""
        found = _Scan()
        add = found.rows.append
        try:
            with os.scandir(folder) as listing:
                for entry in listing:
                    name = entry.name
                    if name[0] == ".":
                        found.hidden.append(name)
                    elif entry.is_dir(follow_symlinks=False):
                        found.folders.append(entry)
                    elif entry.is_symlink():
                        found.odd.append(entry)
                    else:
                        try:
                            s = entry.stat(follow_symlinks=False)
                        except OSError as error:
                            found.whole = self._vanished(entry, prefix, error) and found.whole
                        else:
                            add((name, s.st_mode, s.st_size, s.st_mtime_ns, s.st_ctime_ns, s.st_ino))
        except OSError as error:
            self.unlisted.append(folder)
            self._fail(prefix or folder, error)
            return None
        self.hidden += len(found.hidden)
        self._leave_out_folders(found, prefix)
        found.finish(self._salt)
        return found

    def _vanished(self, entry: os.DirEntry[str], prefix: str, error: OSError) -> bool:
        """Whether an entry that has no stamp is simply gone; one that cannot be looked at must not count as gone."""
        if isinstance(error, FileNotFoundError):
            return True
        self.unlisted.append(entry.path)
        self._fail(prefix + entry.name, error)
        return False

    def _leave_out_folders(self, found: _Scan, prefix: str) -> None:
        if not self.settings.exclude:
            return
        for entry in list(found.folders):
            if _matches_any(f"{prefix}{entry.name}/", self.settings.exclude):
                found.folders.remove(entry)
                found.left_out.add(entry.name)
                self.unwanted.append(entry.path)

    def _listing(
        self, found: _Scan, folder: str, prefix: str, root: str, pending: list[tuple[str, str, str]]
    ) -> Listing:
        files: list[SourceFile] = []
        same, failures = self._recalled(folder).intersection(found.rows), len(self.failures)
        taken = self._taken(same, prefix)
        left_out = {*found.left_out, *found.hidden, *(row[0] for row in same if row[0] not in taken)}
        for row in found.rows:
            if row in same:
                continue
            name, mode, size, mtime_ns, ctime_ns, inode = row
            uri = prefix + name
            if not self.wants(uri):
                left_out.add(name)
            elif not stat.S_ISREG(mode):
                self._refuse(uri, f"{_kind(mode)} is not a regular file and is not read")
            elif self.fits(uri, size):
                files.append(SourceFile(f"{folder}/{name}", uri, root, size, mtime_ns, ctime_ns, inode))
        for entry in found.odd:
            files.extend(self._link(entry, prefix + entry.name, root, pending))
        return Listing(
            folder=folder,
            files=tuple(files),
            names=frozenset(found.names()),
            left_out=frozenset(left_out),
            mark=found.mark if len(self.failures) == failures else b"",  # what fails is told every night
            rows=[self._rules, *found.rows],
            same=taken,
        )

    def _recalled(self, folder: str) -> frozenset[Row]:
        """The entries of a remembered folder, if they were sorted by today's rules."""
        rows = frozenset(self.recall(folder)) if folder in self.remembered else frozenset[Row]()
        return rows if self._rules in rows else frozenset()

    @property
    def _rules(self) -> Row:
        """Stands among the entries for the settings by which they were taken or left out."""
        return "", zlib.crc32(self._salt), 0, 0, 0, 0

    def _taken(self, rows: Iterable[Row], prefix: str) -> frozenset[str]:
        """The names of those that the settings take."""
        if not (self.settings.include or self.settings.exclude):
            return frozenset(row[0] for row in rows)
        return frozenset(row[0] for row in rows if self.wants(prefix + row[0]))

    def _link(
        self, entry: os.DirEntry[str], uri: str, root: str, pending: list[tuple[str, str, str]]
    ) -> Iterator[SourceFile]:
        target = os.path.realpath(entry.path)
        inside = os.path.commonpath([target, os.path.realpath(root)]) == os.path.realpath(root)
        if inside and os.path.exists(target):  # noqa: PTH110
            return  # what it points to is found at its own place
        if not self.settings.follow_links:
            what = "a link out of the source" if os.path.exists(target) else "a link to nothing"  # noqa: PTH110
            self._refuse(uri, f"{what}, not followed (sources.follow_links = true follows it)")
            return
        try:
            found = os.stat(target)  # noqa: PTH116
        except OSError as error:
            self.unlisted.append(target)
            self._fail(uri, error)
            return
        if stat.S_ISDIR(found.st_mode):
            if (found.st_dev, found.st_ino) not in self._seen:
                self._seen.add((found.st_dev, found.st_ino))
                pending.append((target, f"{uri}/", target))
        elif self.wants(uri):
            yield from self._regular(target, uri, os.path.dirname(target), found)  # noqa: PTH120

    def _regular(self, path: str, uri: str, root: str, found: os.stat_result) -> Iterator[SourceFile]:
        if not stat.S_ISREG(found.st_mode):
            self._refuse(uri, f"{_kind(found.st_mode)} is not a regular file and is not read")
        elif self.fits(uri, found.st_size):
            yield SourceFile(path, uri, root, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)

    def fits(self, uri: str, size: int) -> bool:
        """Whether the file is small enough; recorded if not."""
        if size <= self.settings.max_file_mb << 20:
            return True
        self._refuse(uri, f"{size:,} bytes; sources.max_file_mb allows {self.settings.max_file_mb} MB")
        return False

    def wants(self, uri: str) -> bool:
        """Whether the patterns take a file of this uri."""
        if self.settings.include and not _matches_any(uri, self.settings.include):
            return False
        return not _matches_any(uri, self.settings.exclude)

    def _fail(self, uri: str, error: OSError) -> None:
        self._refuse(uri, f"cannot be listed: {error.strerror or error}")

    def _refuse(self, uri: str, reason: str) -> None:
        self.failures.append(Failure(uri=uri, reason=reason))


@dataclass(slots=True)
class _Scan:
    """The entries of one folder by what they are."""

    rows: list[Row] = field(default_factory=list)
    folders: list[os.DirEntry[str]] = field(default_factory=list)
    odd: list[os.DirEntry[str]] = field(default_factory=list)
    """Links."""
    hidden: list[str] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    whole: bool = True
    """Whether every entry could be looked at."""
    mark: bytes = b""

    def finish(self, salt: bytes) -> None:
        """Everything in order of name, and the mark over it."""
        self.rows.sort()
        self.folders.sort(key=_name)
        self.odd.sort(key=_name)
        if self.whole and not self.odd:
            spelled = repr((salt, self.rows, [entry.name for entry in self.folders], len(self.hidden)))
            self.mark = hashlib.blake2b(spelled.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def names(self) -> Iterator[str]:
        yield from (row[0] for row in self.rows)
        yield from (entry.name for entry in (*self.folders, *self.odd))
        yield from self.hidden


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


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
