"""Ingest: add or refresh what is named, delete nothing.

Files stream through: walk -> skip what did not change -> link what is known by its hash -> take in the rest.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from ragmm.errors import DocumentError
from ragmm.indexes.contracts import Store, Writer
from ragmm.isolation.spool import hash_source
from ragmm.pipelines.ingest.intake import IngestPlan, Intake
from ragmm.pipelines.ingest.sources import SourceFile, Walk
from ragmm.pipelines.progress import Progress, Silent
from ragmm.pipelines.stopping import StopFlag
from ragmm.types import Document, Report

__all__ = ["IngestPlan", "ingest"]

_COUNTED_AHEAD = 50_000
"""So many files are listed before the first is read, so that it can be said how many there are."""


def ingest(
    store: Store,
    paths: Iterable[str | Path],
    plan: IngestPlan,
    *,
    progress: Progress | None = None,
    stop: StopFlag | None = None,
) -> Report:
    """Bring the named files and folders into the collection."""
    walk = Walk(plan.sources)
    files = walk.files(paths)
    first = next(files, None)  # a misspelt path is an error before anything is touched
    with store.writer("ingest", create=True) as writer, store.cache() as cache:
        for space, embedder in plan.embedders.items():
            writer.ensure_space(space, embedder.info, plan.vector_dtype)
        known = _known(store, writer)
        intake = Intake(
            writer,
            cache,
            plan,
            known.get,
            progress=progress or Silent(),
            stop=StopFlag() if stop is None else stop,
        )
        intake.parsers = intake.parsers.strictly()
        intake.seen = cache.seen()
        intake.sizes = {document.size for document in known.values()}
        counted = list(islice(files, _COUNTED_AHEAD))
        if len(counted) < _COUNTED_AHEAD:
            intake.standing.expected = len(counted) + (first is not None)
        intake.take(_worth_reading(intake, known, _chain(first, chain(counted, files))))
        intake.tally.failures(walk.failures)
        return intake.report(store, hidden_warning(walk.hidden))


def hidden_warning(hidden: int) -> list[str]:
    """What to say about entries whose name begins with a dot."""
    return [f"{hidden:,} hidden entries (names that begin with a dot) were left out"] if hidden else []


def _known(store: Store, writer: Writer) -> dict[str, Document]:
    if not writer.generation:
        return {}
    with contextlib.closing(store.snapshot()) as snapshot:
        return {document.path: document for document in snapshot.documents()}


def _chain(first: SourceFile | None, rest: Iterator[SourceFile]) -> Iterator[SourceFile]:
    if first is not None:
        yield first
        yield from rest


def _worth_reading(intake: Intake, known: dict[str, Document], files: Iterator[SourceFile]) -> Iterator[SourceFile]:
    """Leaves out what did not change, links what is known by its hash, and ends when asked to stop."""
    for file in files:
        if intake.stop:
            return
        if _unchanged(intake, known, file) or _linked(intake, known, file) or intake.quarantined(file):
            intake.standing.passed += 1
            continue
        yield file


def _unchanged(intake: Intake, known: dict[str, Document], file: SourceFile) -> bool:
    document, seen = known.get(file.path), intake.seen.get(file.path)
    if document is None or seen is None or not intake.holds(document):
        return False
    if seen.stamp != file.stamp or seen.sha256 != document.sha256:
        return False
    intake.tally.document("unchanged")
    return True


def _linked(intake: Intake, known: dict[str, Document], file: SourceFile) -> bool:
    """A file whose size is known is hashed first: content that is stored already is linked, not read."""
    if file.size not in intake.sizes:
        return False
    try:
        sha256 = hash_source(Path(file.path), root=Path(file.root))
    except DocumentError:
        return False  # reading it will say why
    parser = intake.known_as(sha256, file.uri)
    if parser is None:
        return False
    document = known.get(file.path)
    if document is not None and document.sha256 == sha256 and intake.holds(document):
        intake.remember(file, sha256)
        intake.tally.document("unchanged")
        return True
    intake.tally.document("added" if document is None else "changed")
    same = (one.media_type for one in known.values() if one.sha256 == sha256 and one.parser == parser)
    intake.link(file, sha256, parser, next(same, None))
    return True
