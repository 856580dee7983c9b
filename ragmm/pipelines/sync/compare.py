"""Change detection: every file by its stamp, those whose stamp differs by their hash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from ragmm.errors import DocumentError
from ragmm.indexes.cache_contract import Nights
from ragmm.indexes.contracts import Inventory
from ragmm.indexes.records import Failed, Folder, Known, Seen, pack_rows
from ragmm.isolation.spool import hash_source
from ragmm.pipelines.ingest.parse_keys import UNFINISHED, Parsers
from ragmm.pipelines.ingest.reading import Fetch
from ragmm.pipelines.ingest.sources import Listing, SourceFile
from ragmm.pipelines.progress import Progress
from ragmm.pipelines.sync.plan import Change, Entry
from ragmm.types import DocumentState

__all__ = ["Comparison", "Rules", "entry_of", "file_of", "hash_of"]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What counts as unchanged."""

    reader: str
    """Which settings and which program read today."""
    retries: int
    parsers: Parsers | None = None
    """Where a refresh is asked for: what needs none."""


@dataclass
class Comparison:
    """The sources against the collection, folder by folder."""

    inventory: Inventory
    nights: Nights
    rules: Rules
    failed: Mapping[str, Failed]
    unchanged: int = 0
    new: list[SourceFile] = field(default_factory=list)
    touched: list[tuple[SourceFile, Known]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    given_up: list[Failed] = field(default_factory=list)
    names: dict[str, frozenset[str]] = field(default_factory=dict)
    """By folder looked at: its entries."""
    left_out: dict[str, frozenset[str]] = field(default_factory=dict)
    marks: dict[str, bytes] = field(default_factory=dict)
    rows: dict[str, bytes] = field(default_factory=dict)
    """By folder: its entries, for the night after."""
    same: dict[str, frozenset[str]] = field(default_factory=dict)
    """By folder: the files that nothing happened to."""
    documents: Counter[str] = field(default_factory=Counter)
    """By folder: the files that belong to the collection."""
    open: Counter[str] = field(default_factory=Counter)
    """By folder: files that are not settled yet. A folder is remembered once none is left."""
    folder_of: dict[str, str] = field(default_factory=dict)
    """The folder under which an unsettled file was listed, where it is not the one in its path."""
    confirmed: dict[str, Seen] = field(default_factory=dict)
    """Files whose stamp changed and whose content did not."""
    _named: set[str] = field(default_factory=set)
    """Files of lists, which a folder may hold too."""

    def look(self, listing: Listing) -> None:
        """Sort the files of one folder, or of a list."""
        files = [file for file in listing.files if file.path not in self._named] if self._named else listing.files
        if not listing.names:
            self._named.update(file.path for file in files)
        paths = [file.path for file in files]
        known, seen = self.inventory.at(paths), self.nights.seen(paths)
        for file in files:
            if not self._settled(file, known.get(file.path), seen.get(file.path)):
                self.open[listing.folder] += 1
                if file.path.rpartition("/")[0] != listing.folder:
                    self.folder_of[file.path] = listing.folder
        self.unchanged += len(listing.same)
        self.documents[listing.folder] = len(files) + len(listing.same)
        if listing.same:
            self.same[listing.folder] = listing.same
        self.names[listing.folder] = listing.names
        if listing.left_out:
            self.left_out[listing.folder] = listing.left_out
        if listing.mark:
            self.marks[listing.folder] = listing.mark
            self.rows[listing.folder] = pack_rows(listing.rows)

    def _settled(self, file: SourceFile, known: Known | None, seen: Seen | None) -> bool:
        failed = self.failed.get(file.path)
        if failed is not None and failed.stamp == file.stamp and failed.reader == self.rules.reader:
            return self._failed_before(file, failed)
        if known is None:
            self.new.append(file)
        elif known.state != DocumentState.INDEXED:
            change = Change.FAILED_BEFORE if failed is None else Change.CHANGED
            self.entries.append(entry_of(file, change))
        elif seen is None or seen.stamp != file.stamp or seen.sha256 != known.sha256:
            self.touched.append((file, known))
        else:
            return self._same(file, known)
        return False

    def _failed_before(self, file: SourceFile, failed: Failed) -> bool:
        if failed.tries >= self.rules.retries:
            self.given_up.append(failed)
            return True
        self.entries.append(entry_of(file, Change.FAILED_BEFORE))
        return False

    def _same(self, file: SourceFile, known: Known) -> bool:
        """The file is unchanged; what was made of it may still have to be made again."""
        parser = known.parser or ""
        if parser.endswith(UNFINISHED):
            self.entries.append(entry_of(file, Change.CHANGED))
        elif self.rules.parsers is not None and not self.rules.parsers.hold(parser, file.uri):
            self.entries.append(entry_of(file, Change.STALE))
        else:
            self.unchanged += 1
            return True
        return False

    @property
    def looked_at(self) -> int:
        """Files so far."""
        return self.unchanged + len(self.new) + len(self.touched) + len(self.entries) + len(self.given_up)

    def take_over(self, folders: Mapping[str, Folder], matched: Collection[str]) -> None:
        """Count in the documents of folders that are as they were remembered."""
        given_up = [one for one in self.failed.values() if self._as_before(one.path, matched)]
        self.given_up.extend(given_up)
        self.unchanged += sum(folders[folder].documents for folder in matched) - len(given_up)

    def _as_before(self, path: str, matched: Collection[str]) -> bool:
        folder, _, name = path.rpartition("/")
        return folder in matched or name in self.same.get(folder, ())

    def settle(self, path: str) -> None:
        """The file is in the collection as it is now, or given up."""
        folder = self.folder_of.get(path) or path.rpartition("/")[0]
        self.open[folder] -= 1

    def remembered(self) -> dict[str, Folder]:
        """The folders in which nothing is left to do."""
        return {
            folder: Folder(mark, self.documents[folder], self.rows[folder])
            for folder, mark in self.marks.items()
            if self.open[folder] <= 0
        }

    # By hash -----------------------------------------------------------------------------------------------------

    def hash(self, fetch: Fetch, progress: Progress, stop: Callable[[], bool]) -> None:
        """Tell by their hashes which files really changed, and which new ones hold what is known."""
        sizes = self.inventory.sizes() if self.new else set()
        total = len(self.touched) + len(self.new)
        for number, (file, known) in enumerate(self.touched):
            if stop():
                return
            progress.update("compare", number, total, "files")
            self._hash_touched(file, known, hash_of(file, fetch))
        for number, file in enumerate(self.new, len(self.touched)):
            if stop():
                return
            sha256 = None
            if file.size in sizes:
                progress.update("compare", number, total, "files")
                sha256 = hash_of(file, fetch)
            self.entries.append(entry_of(file, Change.NEW, sha256))

    def _hash_touched(self, file: SourceFile, known: Known, sha256: str | None) -> None:
        if sha256 is None or sha256 != known.sha256:
            self.entries.append(entry_of(file, Change.CHANGED, sha256))
        elif self._same(file, known):
            self.confirmed[file.path] = Seen(file.stamp, sha256)


def hash_of(file: SourceFile, fetch: Fetch) -> str | None:
    """None where the file cannot be read: reading it will say why."""
    try:
        with fetch(file) as (path, root):
            return hash_source(path, root=root)
    except DocumentError:
        return None


def entry_of(file: SourceFile, change: Change, sha256: str | None = None) -> Entry:
    return Entry(change=change, uri=file.uri, path=file.path, root=file.root, stamp=file.stamp, sha256=sha256)


def file_of(entry: Entry) -> SourceFile:
    """The file that an entry speaks of, as it was then."""
    assert entry.stamp is not None  # noqa: S101
    return SourceFile(entry.path, entry.uri, entry.root, *entry.stamp)
