"""What a night is going to do: made before anything is touched, shown by --dry-run, kept in a file and replayed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ragmm.types import Failure

__all__ = ["Change", "Entry", "Estimate", "Plan"]


class Change(StrEnum):
    """What is to be done about a document, and why."""

    NEW = "new"
    CHANGED = "changed"
    MOVED = "moved"
    """The content of a document that is gone, at another path: linked, not read."""
    DELETED = "deleted"
    FAILED_BEFORE = "failed_before"
    """Could not be read by an earlier night; tried again."""
    STALE = "stale"
    """Read with other settings than today's; read again only where a refresh is asked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One document that the night has work with."""

    change: Change
    uri: str
    path: str
    """What identifies the document: an absolute path, or the URL of a remote object."""
    root: str = ""
    """The folder below which no link is followed; empty where there is none."""
    stamp: tuple[int, int, int, int] | None = None
    """Size, mtime_ns, ctime_ns, inode when the plan was made; None for what is gone."""
    sha256: str | None = None
    """Of the content, where it is known already: then the file is linked, not read."""
    was: str | None = None
    """The path that a moved document had."""

    @property
    def size(self) -> int:
        return self.stamp[0] if self.stamp else 0


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a plan will cost, by the rates that earlier nights measured."""

    seconds: float | None = None
    """None where no earlier night has measured anything."""
    captions: int | None = None
    usd: float | None = None
    basis: str = "no earlier night has measured anything"
    """Where the rates come from, in words."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that differs between a collection and its sources."""

    collection: str
    """Its folder."""
    generation: int
    """The plan holds for this generation alone."""
    state: str
    """Which state of the collection that is; generation numbers alone repeat when a backup is put back."""
    pipeline: str
    """Hash of the settings that decide what is read and how."""
    night: int
    refresh: bool = False
    """Whether it was made with --refresh."""
    entries: tuple[Entry, ...] = ()
    unchanged: int = 0
    protected: int = 0
    """Documents that were not found where nothing could be listed: they stay."""
    unlisted: tuple[str, ...] = ()
    """The folders that could not be listed."""
    outside: int = 0
    """Documents of the collection that belong to none of its sources: they stay unless a refresh is asked for."""
    stale: int = 0
    """Documents read with other settings than today's, left as they are."""
    edited: tuple[str, ...] = ()
    """Settings that differ from the night before, and what would have to be done again."""
    failures: tuple[Failure, ...] = ()
    """What is in the sources and cannot be read, now or before, and is not tried again."""
    warnings: tuple[str, ...] = ()
    refused: str = ""
    """Why deletions are not made, where the guard stands against them."""
    held: bool = False
    """Whether the deletions among the entries are the ones that are not made."""
    rehash: int = 0
    """Unchanged files that are read to see whether they really are."""
    estimate: Estimate = field(default_factory=Estimate)
    kept: Mapping[str, int] = field(default_factory=dict)
    """Readings and vectors that an interrupted run has left, which are not made again."""

    def of(self, *changes: Change) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.change in changes)

    @property
    def counts(self) -> Mapping[str, int]:
        """Documents by what is to be done with them, in a fixed order."""
        counted = Counter(str(entry.change) for entry in self.entries)
        found = {str(change): counted[str(change)] for change in Change if change is not Change.STALE}
        return {**found, "unchanged": self.unchanged, "protected": self.protected, "stale": self.stale}
