"""Roots: the sources of a pipeline, one by one, and what they hold tonight."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ragmm.config.settings import Place, SourceSettings
from ragmm.errors import StorageError, UsageError
from ragmm.pipelines.ingest.sources import Listing, Row, SourceFile, Walk
from ragmm.pipelines.sync.remote import Fetcher, RemoteStore, is_remote
from ragmm.types import Failure

__all__ = ["Census", "Root", "roots_of"]


@dataclass(frozen=True, kw_only=True)
class Root:
    """One source, with everything that decides which of its files are taken."""

    path: str
    """Absolute, or a URL without a slash at its end."""
    settings: SourceSettings
    prefix: str = ""
    file_list: bool = False
    allow_empty: bool = False
    options: tuple[str, ...] = ()

    @property
    def remote(self) -> bool:
        return is_remote(self.path)

    def holds(self, path: str) -> bool:
        """Whether a document of this path would come from here."""
        return path == self.path or path.startswith(f"{self.path}/")


def roots_of(sources: SourceSettings, base: Path) -> tuple[Root, ...]:
    """Every source; relative paths are relative to `base`, the pipeline file's folder."""
    plain = replace(sources, paths=(), place=())
    places = [*(Place(path=path) for path in sources.paths), *sources.place]
    if not places:
        raise UsageError(
            'the pipeline names no sources; say in [sources] which folders the collection follows: paths = ["…"]'
        )
    return tuple(_root(place, plain, base) for place in places)


def _root(place: Place, plain: SourceSettings, base: Path) -> Root:
    path = place.path.rstrip("/") if is_remote(place.path) else os.path.abspath(base / Path(place.path).expanduser())  # noqa: PTH100
    include = place.include or plain.include
    return Root(
        path=path,
        settings=replace(plain, include=include, exclude=(*plain.exclude, *place.exclude)),
        prefix=f"{place.name}/" if place.name else "",
        file_list=place.file_list,
        allow_empty=place.allow_empty,
        options=place.options,
    )


@dataclass
class Census:
    """One pass over every root. Afterwards it knows what could not be looked at."""

    roots: Sequence[Root]
    remembered: Mapping[str, bytes] = field(default_factory=dict)
    recall: Callable[[str], Collection[Row]] = lambda _: ()
    before: Mapping[str, set[str]] = field(default_factory=dict)
    """By list of files: what it named the last time."""
    failures: list[Failure] = field(default_factory=list)
    unlisted: set[str] = field(default_factory=set)
    unwanted: set[str] = field(default_factory=set)
    matched: set[str] = field(default_factory=set)
    members: dict[str, set[str]] = field(default_factory=dict)
    """By list of files: what it names now."""
    holding: set[str] = field(default_factory=set)
    """Roots that hold anything at all."""
    hidden: int = 0
    _entered: set[str] = field(default_factory=set)
    _stores: dict[str, RemoteStore] = field(default_factory=dict)

    @property
    def fetch(self) -> Fetcher:
        """Gives the files of every root as local ones."""
        return Fetcher(self._stores)

    def file_at(self, path: str, stamp: tuple[int, int, int, int]) -> SourceFile | None:
        """The file of this path as its root would give it out."""
        for root in self.roots:
            if root.holds(path) and path != root.path and not root.remote:
                uri = root.prefix + path.removeprefix(f"{root.path}/")
                return SourceFile(path, uri, root.path, *stamp)
        return None

    def check(self) -> None:
        """Raises StorageError where not one root is there: then nothing can be said about any document."""
        missing = [root.path for root in self.roots if not root.remote and not os.path.lexists(root.path)]
        if len(missing) == len(self.roots):
            raise StorageError(
                f"{', '.join(missing)}: there is no such folder or file, and no other source; is a disk not mounted? "
                "Nothing was changed; mount it, or correct [sources], and run the same command again"
            )

    def listings(self) -> Iterator[Listing]:
        """Every folder that is not as remembered, each once; lists of files and single files count as a folder."""
        for root in sorted(self.roots, key=_is_folder):
            if root.remote:
                yield from self._remote(root)
            elif root.file_list:
                yield from self._file_list(root)
            elif os.path.isdir(root.path):  # noqa: PTH112
                yield from self._folder(root)
            else:
                yield from self._single(root)

    def _folder(self, root: Root) -> Iterator[Listing]:
        walk = Walk(root.settings, self.remembered, self.recall, entered=self._entered)
        for listing in walk.folders(root.path, root.prefix):
            if listing.files or listing.same:
                self.holding.add(root.path)
            yield listing
        if walk.matched or walk.unlisted:
            self.holding.add(root.path)
        self._close(walk)

    def _close(self, walk: Walk) -> None:
        self.failures.extend(walk.failures)
        self.unlisted.update(walk.unlisted)
        self.unwanted.update(walk.unwanted)
        self.matched.update(walk.matched)
        self.hidden += walk.hidden

    def _single(self, root: Root) -> Iterator[Listing]:
        walk = Walk(root.settings)
        files = tuple(walk.named_file(root.path, root.prefix + os.path.basename(root.path)))  # noqa: PTH119
        self._close(walk)
        self.holding.add(root.path)
        self.members[root.path] = {file.path for file in files}
        yield Listing(folder=root.path, files=files)

    def _remote(self, root: Root) -> Iterator[Listing]:
        store = self._stores[root.path] = RemoteStore(root.path, root.options)
        try:
            listings = list(store.listings(root.settings, root.prefix))
        except OSError as error:
            self.unlisted.add(root.path)
            self.holding.add(root.path)
            self.failures.append(Failure(uri=root.path, reason=f"cannot be listed: {error}"))
            return
        self.failures.extend(store.failures)
        if listings:
            self.holding.add(root.path)
        yield from listings

    # Lists of files ----------------------------------------------------------------------------------------------

    def _file_list(self, root: Root) -> Iterator[Listing]:
        try:
            names = _names(Path(root.path))
        except OSError as error:
            self.unlisted.update(self.before.get(root.path, ()))
            self.holding.add(root.path)
            self.members[root.path] = set(self.before.get(root.path, ()))
            self.failures.append(Failure(uri=root.path, reason=f"cannot be read: {error.strerror or error}"))
            return
        walk = Walk(root.settings)
        members = self.members.setdefault(root.path, set())
        files: dict[str, SourceFile] = {}
        for name in names:
            path = os.path.normpath(os.path.join(os.path.dirname(root.path), name))  # noqa: PTH118, PTH120
            files.update((file.path, file) for file in self._listed_file(walk, path, root, name))
            if os.path.lexists(path):
                members.add(path)
        members.update(files)
        if files:
            self.holding.add(root.path)
        self._close(walk)
        yield Listing(folder=root.path, files=tuple(files.values()))

    def _listed_file(self, walk: Walk, path: str, root: Root, name: str) -> Iterable[SourceFile]:
        if not os.path.lexists(path) and os.path.isdir(os.path.dirname(path)):  # noqa: PTH112, PTH120
            self.failures.append(Failure(uri=root.prefix + name, reason=f"named in {root.path}, and not there"))
            return ()
        return walk.named_file(path, root.prefix + os.path.normpath(name))


def _is_folder(root: Root) -> bool:
    """Lists and single files come first: their files are then not met again in a folder."""
    return root.remote or not (root.file_list or os.path.isfile(root.path))  # noqa: PTH113


def _names(file: Path) -> list[str]:
    """One name a line; where a NUL byte occurs, names are separated by it and may hold anything else."""
    data = file.read_bytes()
    parts = data.split(b"\0") if b"\0" in data else data.splitlines()
    return [os.fsdecode(part) for part in parts if part.strip()]
