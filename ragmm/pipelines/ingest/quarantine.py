"""Quarantine: a document that kills its parser again and again is left alone until it, or the parser, changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ragmm.errors import DocumentError, UsageError
from ragmm.indexes.cache_contract import WorkCache
from ragmm.indexes.contracts import Store
from ragmm.indexes.records import Seen, Strikes
from ragmm.isolation.spool import hash_source
from ragmm.pipelines.ingest.sources import SourceFile

__all__ = ["Quarantine", "clear", "retry", "struck"]


def struck(store: Store) -> list[Strikes]:
    """Every document that killed its parser, also those that get another try; takes no lock."""
    return store.strikes()


def retry(store: Store, name: str) -> list[Strikes]:
    """Forgives the document of this path, or of a path that ends so; the next ingest reads it again."""
    forgiven = _forgive(store, lambda one: one.path == name or one.path.endswith("/" + name.removeprefix("./")))
    if not forgiven:
        raise UsageError(f"{name!r} has no strikes in {store.folder}; `ragmm quarantine list` names those that have")
    return forgiven


def clear(store: Store) -> list[Strikes]:
    """Forgives every document."""
    return _forgive(store, lambda _: True)


def _forgive(store: Store, chosen: Callable[[Strikes], bool]) -> list[Strikes]:
    with store.writer("quarantine"), store.cache() as cache:
        forgiven = [one for one in cache.strikes() if chosen(one)]
        for sha256 in {one.sha256 for one in forgiven}:
            cache.absolve(sha256)
        paths, nights = [one.path for one in forgiven], cache.nights
        nights.put_failed([], paths)
        nights.put_folders({}, [path.rpartition("/")[0] for path in paths])
    return forgiven


class Quarantine:
    """The strikes of one run."""

    def __init__(self, cache: WorkCache, parser: str) -> None:
        self._cache, self._parser = cache, parser
        for path in cache.cut_short():
            self._strike(path, None, "a run ended while it was parsed", died=False)
            cache.end(path)
        self._strikes = {one.sha256: one for one in cache.strikes() if one.parser == parser}
        self._suspects = {one.path for one in self._strikes.values()}

    def holds(self, file: SourceFile, seen: Mapping[str, Seen]) -> Strikes | None:
        """The strikes of a file that is out, or None. Only a file that was struck before is hashed for this."""
        if file.path not in self._suspects:
            return None
        known = seen.get(file.path)
        sha256 = known.sha256 if known is not None and known.stamp == file.stamp else _hash(file.path, file.root)
        strikes = self._strikes.get(sha256 or "")
        return strikes if strikes is not None and strikes.out else None

    def suspects(self, file: SourceFile) -> bool:
        """Whether the file was struck before."""
        return file.path in self._suspects

    def begin(self, file: SourceFile) -> None:
        """Called on a reading thread, right before the file is parsed."""
        self._cache.begin(file.path)

    def abandon(self, file: SourceFile) -> None:
        """The run ends before the file is read, which says nothing about the file."""
        self._cache.end(file.path)

    def end(self, file: SourceFile, *, reason: str, died: bool) -> None:
        """What parsing did."""
        self._cache.end(file.path)
        if died:
            self._strike(file.path, file.root, reason, died=True)
        elif file.path in self._suspects:
            for one in [one for one in self._strikes.values() if one.path == file.path]:
                self._cache.absolve(one.sha256)

    def _strike(self, path: str, root: str | None, reason: str, *, died: bool) -> None:
        sha256 = _hash(path, root)
        if sha256 is not None:
            self._cache.strike(path, sha256, self._parser, reason, died=died)


def _hash(path: str, root: str | None) -> str | None:
    try:
        return hash_source(Path(path), root=Path(root) if root else None)
    except DocumentError:
        return None  # a file that cannot be read any more cannot be held against its content
