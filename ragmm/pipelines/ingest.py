"""Ingest: add or refresh what is named, delete nothing.

Files stream through: walk -> skip what did not change -> read (isolated, several at once) -> embed (batches across
documents) -> commit. Each commit is a generation; an interrupted run loses at most the documents since the last one,
and the same command goes on from there.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ragmm.config.settings import CaptionSettings, SourceSettings
from ragmm.embedders.base import Embedder
from ragmm.errors import DocumentError
from ragmm.indexes.cache import Cache, Seen
from ragmm.indexes.changes import PreparedDocument, PreparedItem
from ragmm.indexes.snapshot import Snapshot
from ragmm.indexes.store import Store
from ragmm.indexes.writer import Writer
from ragmm.loaders.spool import hash_source
from ragmm.pipelines.captioning import Captioner, caption_fingerprint, needs_caption
from ragmm.pipelines.embedding import Embedding
from ragmm.pipelines.progress import Progress, Silent
from ragmm.pipelines.quarantine import CACHE, Quarantine
from ragmm.pipelines.reading import Parser, Read, read_ahead
from ragmm.pipelines.sources import SourceFile, Walk
from ragmm.pipelines.stopping import StopFlag
from ragmm.pipelines.tally import Tally
from ragmm.types import Document, DocumentState, Item, Report
from ragmm.vlm.base import Vlm

__all__ = ["IngestPlan", "ingest"]

_COMMIT_SECONDS = 60.0
_COMMIT_BYTES = 256 << 20
_EMBED_ITEMS = 256


@dataclass(frozen=True, kw_only=True)
class IngestPlan:
    """Everything an ingest needs besides the files: objects, not names."""

    embedders: Mapping[str, Embedder]
    """By space."""
    parser: Parser
    parser_fingerprint: str
    """Changes when the same file would be read differently."""
    caption_vlm: Vlm | None = None
    """Puts images into words; None leaves them to the spaces that see."""
    captions: CaptionSettings = field(default_factory=CaptionSettings)
    sources: SourceSettings = field(default_factory=SourceSettings)
    workers: int = 2
    commit_items: int = 2000
    vector_dtype: str = "float32"


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
    with store.writer("ingest", create=True) as writer, Cache(store.folder / CACHE) as cache:
        for space, embedder in plan.embedders.items():
            writer.ensure_space(space, embedder.info, plan.vector_dtype)
        run = _Run(store, writer, cache, plan, progress or Silent(), StopFlag() if stop is None else stop)
        try:
            run.take(_chain(first, files))
        finally:
            run.close()
        return run.report(walk)


def _chain(first: SourceFile | None, rest: Iterator[SourceFile]) -> Iterator[SourceFile]:
    if first is not None:
        yield first
        yield from rest


class Parsers:
    """Under which fingerprints a content counts as read the way it would be read today.

    Only contents with pictures depend on how pictures are captioned: another caption model reads those again.
    """

    def __init__(self, plan: IngestPlan) -> None:
        captions = caption_fingerprint(plan.caption_vlm, plan.captions) if plan.caption_vlm else ""
        self._plain, self._pictured = plan.parser_fingerprint, f"{plan.parser_fingerprint}|{captions}"

    def __iter__(self) -> Iterator[str]:
        return iter((self._plain, self._pictured))

    def __contains__(self, parser: object) -> bool:
        return parser in {self._plain, self._pictured}

    def of(self, items: Sequence[Item]) -> str:
        return self._pictured if any(needs_caption(item) for item in items) else self._plain


class _Run:
    """One ingest under way."""

    def __init__(
        self, store: Store, writer: Writer, cache: Cache, plan: IngestPlan, progress: Progress, stop: StopFlag
    ) -> None:
        self.store, self.writer, self.cache, self.plan = store, writer, cache, plan
        self.progress, self.stop = progress, stop
        self.snapshot: Snapshot | None = store.snapshot() if writer.generation else None
        self.known: dict[str, Document] = (
            {document.path: document for document in self.snapshot.documents()} if self.snapshot else {}
        )
        self.sizes = {document.size for document in self.known.values()}
        self.seen = cache.seen()
        self.fresh: dict[str, Seen] = {}
        self.quarantine = Quarantine(cache, plan.parser_fingerprint)
        self.embedding = Embedding(plan.embedders, writer)
        self.parsers = Parsers(plan)
        self.captioner = (
            Captioner(plan.caption_vlm, plan.captions, cache, progress=progress, stop=stop)
            if plan.caption_vlm
            else None
        )
        self.tally = Tally()
        self.pending: list[PreparedDocument] = []
        self.pending_items = self.pending_bytes = 0
        self.last_commit = time.monotonic()
        self.read = 0

    def close(self) -> None:
        if self.snapshot is not None:
            self.snapshot.close()

    # The stream --------------------------------------------------------------------------------------------------

    def take(self, files: Iterator[SourceFile]) -> None:
        """Read, embed and commit everything, or what the stop flag allows."""
        results = read_ahead(self.plan.parser, self._worth_reading(files), self.plan.workers, self.quarantine.begin)
        waiting: list[Read] = []
        for result in results:
            self.read += 1
            self.progress.update("read", self.read, None, "documents")
            self.quarantine.end(result.file, reason=result.reason, died=result.violent)
            if result.parsed is None:
                self._failed(result.file, result.reason)
            else:
                waiting.append(result)
            if self.stop:
                break
            if sum(one.parsed.count for one in waiting if one.parsed) >= min(_EMBED_ITEMS, self.plan.commit_items):
                self._embed(waiting)
                waiting = []
            if self._due():
                self._commit()
        if not self.stop:
            self._embed(waiting)
        self._commit()

    def _worth_reading(self, files: Iterator[SourceFile]) -> Iterator[SourceFile]:
        """Leaves out what did not change, links what is known by its hash, and ends when asked to stop."""
        for file in files:
            if self.stop:
                return
            if self._unchanged(file) or self._linked(file) or self._quarantined(file):
                continue
            yield file

    def _unchanged(self, file: SourceFile) -> bool:
        document, seen = self.known.get(file.path), self.seen.get(file.path)
        if document is None or seen is None or not self._holds(document):
            return False
        if seen.stamp != file.stamp or seen.sha256 != document.sha256:
            return False
        self.tally.document("unchanged")
        return True

    def _holds(self, document: Document) -> bool:
        """Whether the document is indexed as today's parser reads it."""
        return document.state is DocumentState.INDEXED and document.parser in self.parsers

    def _linked(self, file: SourceFile) -> bool:
        """A file whose size is known is hashed first: content that is stored already is linked, not read."""
        if file.size not in self.sizes:
            return False
        try:
            sha256 = hash_source(Path(file.path), root=Path(file.root))
        except DocumentError:
            return False  # reading it will say why
        parser = next((one for one in self.parsers if self.writer.known_content(sha256, one)), None)
        if parser is None:
            return False
        document = self.known.get(file.path)
        self._remember(file, sha256)
        if document is not None and document.sha256 == sha256 and self._holds(document):
            self.tally.document("unchanged")
            return True
        self.tally.document("added" if document is None else "changed")
        self._add(
            PreparedDocument(
                path=file.path,
                uri=document.uri if document else file.uri,
                size=file.size,
                sha256=sha256,
                media_type=self._media_type(sha256),
                parser=parser,
            )
        )
        return True

    def _media_type(self, sha256: str) -> str | None:
        return next((one.media_type for one in self.known.values() if one.sha256 == sha256), None)

    def _quarantined(self, file: SourceFile) -> bool:
        strikes = self.quarantine.holds(file, self.seen)
        if strikes is None:
            return False
        reason = f"quarantined after it killed its parser {strikes.deaths} times: {strikes.reason}"
        self._not_indexed(file, reason, DocumentState.QUARANTINED)
        return True

    # Outcomes ----------------------------------------------------------------------------------------------------

    def _failed(self, file: SourceFile, reason: str) -> None:
        self._not_indexed(file, reason, DocumentState.FAILED)

    def _not_indexed(self, file: SourceFile, reason: str, state: DocumentState) -> None:
        """Recorded; a version of the document that is indexed already stays."""
        self.tally.failure(file.uri, reason, str(state))
        document = self.known.get(file.path)
        if document is not None and (document.state is DocumentState.INDEXED or document.reason == reason):
            return
        self._add(
            PreparedDocument(
                path=file.path,
                uri=document.uri if document else file.uri,
                size=file.size,
                state=state,
                reason=reason,
            )
        )

    def _embed(self, results: list[Read]) -> None:
        """Captions and vectors for the items of several documents at once."""
        loaded = [(one, list(one.parsed.items)) for one in results if one.parsed is not None]
        items, lacking = self._described([item for _, several in loaded for item in several])
        if self.stop:
            return  # what was captioned is kept for the next run
        prepared = self.embedding.prepare(items)
        start = 0
        for one, several in loaded:
            end = start + len(several)
            self._take_in(one, prepared[start:end], lacks_captions=any(start <= at < end for at in lacking))
            start = end
        if loaded:
            self.progress.update("embed", self.embedding.embedded + self.embedding.reused, None, "vectors")

    def _described(self, items: list[Item]) -> tuple[list[Item], set[int]]:
        return self.captioner.describe(items) if self.captioner is not None else (items, set())

    def _take_in(self, read: Read, items: Sequence[PreparedItem], *, lacks_captions: bool) -> None:
        file, parsed = read.file, read.parsed
        assert parsed is not None  # noqa: S101
        document = self.known.get(file.path)
        self.tally.document("added" if document is None or document.items == 0 else "changed")
        self.tally.items(prepared.item for prepared in items)
        for warning in parsed.warnings:
            self.tally.warning(f"{file.uri}: {warning}")
        self._remember(file, parsed.sha256)
        self.sizes.add(parsed.size)
        parser = self.parsers.of([prepared.item for prepared in items])
        self._add(
            PreparedDocument(
                path=file.path,
                uri=document.uri if document else file.uri,
                size=parsed.size,
                sha256=parsed.sha256,
                media_type=parsed.media_type,
                parser=f"{parser}, unfinished" if lacks_captions else parser,
                items=items,
            )
        )
        self.pending_items += len(items)
        self.pending_bytes += sum(len(one.item.asset.data) for one in items if one.item.asset is not None)
        parsed.close()

    def _add(self, document: PreparedDocument) -> None:
        self.pending.append(document)

    def _remember(self, file: SourceFile, sha256: str) -> None:
        """Trust the stamp next time, unless the file changed within the clock's grain of being read."""
        if time.time_ns() - max(file.mtime_ns, file.ctime_ns) > 2_000_000_000:
            self.seen[file.path] = Seen(file.stamp, sha256)
            self.fresh[file.path] = self.seen[file.path]

    # Commits -----------------------------------------------------------------------------------------------------

    def _due(self) -> bool:
        return (
            self.pending_items >= self.plan.commit_items
            or self.pending_bytes >= _COMMIT_BYTES
            or (bool(self.pending) and time.monotonic() - self.last_commit > _COMMIT_SECONDS)
        )

    def _commit(self) -> None:
        if self.pending:
            self.writer.commit(self.pending, kind="ingest")
            self.progress.update("commit", self.writer.generation, None, "generations")
        if self.fresh:
            self.cache.remember(self.fresh)
        self.pending, self.fresh = [], {}
        self.pending_items = self.pending_bytes = 0
        self.last_commit = time.monotonic()

    def report(self, walk: Walk) -> Report:
        self.tally.failures(walk.failures)
        if walk.hidden:
            self.tally.warning(f"{walk.hidden:,} hidden entries (names that begin with a dot) were left out")
        captioner = self.captioner
        if captioner is not None and captioner.left and not self.stop:
            self.tally.warning(
                f"the caption budget is spent: {captioner.left:,} captions are left; the same command goes on with them"
            )
        return self.tally.report(
            self.store.folder.name,
            self.writer.generation,
            embedded=self.embedding.embedded,
            captioned=captioner.captioned if captioner else 0,
            reused=self.embedding.reused,
            interrupted=bool(self.stop),
        )
