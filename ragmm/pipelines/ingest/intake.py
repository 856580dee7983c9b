"""Intake: files are read (isolated, several at once), captioned, embedded (batches across documents) and committed.

Each commit is a generation; an interrupted run loses at most the batch under way, and the same command goes on from
there: captions, vectors and costly readings are kept in cache.db until the commit that stores them.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ragmm.config.settings import CaptionSettings, SourceSettings
from ragmm.embedders.base import Embedder
from ragmm.embedders.eyes import Eyes
from ragmm.indexes.cache_contract import WorkCache
from ragmm.indexes.changes import PreparedDocument, PreparedItem
from ragmm.indexes.contracts import Store, Writer
from ragmm.indexes.records import Seen
from ragmm.pipelines.embedding import Embedding
from ragmm.pipelines.ingest.captioning import Captioner, captioning_fingerprint, needs_caption
from ragmm.pipelines.ingest.looking import look_at
from ragmm.pipelines.ingest.parse_keys import Parsers, Readings
from ragmm.pipelines.ingest.pending import Pending
from ragmm.pipelines.ingest.quarantine import Quarantine
from ragmm.pipelines.ingest.reading import Fetch, Parser, Read, local, read_ahead
from ragmm.pipelines.ingest.resuming import ResumingParser
from ragmm.pipelines.ingest.sources import SourceFile
from ragmm.pipelines.ingest.standing import Standing
from ragmm.pipelines.ingest.tally import Tally
from ragmm.pipelines.progress import Progress
from ragmm.pipelines.stopping import StopFlag, WorkStopped
from ragmm.types import Document, DocumentState, Item, Report
from ragmm.vlm.base import Vlm

__all__ = ["IngestPlan", "Intake", "parsers_of", "stamp_trusted", "trusted_stamp"]

_EMBED_ITEMS = 256
_CLOCK_GRAIN_NS = 2_000_000_000

_Loaded = tuple[Read, list[Item]]
"""A document and what was read in it."""


@dataclass(frozen=True, kw_only=True)
class IngestPlan:
    """Everything an ingest needs besides the files: objects, not names."""

    embedders: Mapping[str, Embedder]
    """By space."""
    parser: Parser
    readings: Readings
    """Tell whether the same file would be read differently."""
    caption_vlm: Vlm | None = None
    """Puts images into words; None leaves them to the spaces that see."""
    captions: CaptionSettings = field(default_factory=CaptionSettings)
    eyes: Eyes | None = None
    """Tell what kinds of pictures there are and what photographs show."""
    sources: SourceSettings = field(default_factory=SourceSettings)
    workers: int = 2
    commit_items: int = 2000
    commit_seconds: float = 30.0
    """After which what has been read is committed even if it is little."""
    vector_dtype: str = "float32"
    fetch: Fetch = local


def parsers_of(plan: IngestPlan) -> Parsers:
    """How a plan reads, as contents are marked with it."""
    captions = captioning_fingerprint(plan.caption_vlm, plan.captions) if plan.caption_vlm else ""
    return Parsers(plan.readings, captions, plan.eyes.fingerprint if plan.eyes else "")


def trusted_stamp(file: SourceFile) -> bool:
    """Whether a later write would change the stamp: not if the file changed within the clock's grain of being read."""
    return stamp_trusted(file.stamp)


def stamp_trusted(stamp: tuple[int, int, int, int]) -> bool:
    """As `trusted_stamp`, of size, mtime_ns, ctime_ns, inode. A time in the future is as good as one in the past."""
    now = time.time_ns()
    return min(abs(now - stamp[1]), abs(now - stamp[2])) > _CLOCK_GRAIN_NS


class Intake:
    """One run's way into the collection. The caller holds the writing session and says which files come."""

    def __init__(
        self,
        writer: Writer,
        cache: WorkCache,
        plan: IngestPlan,
        find: Callable[[str], Document | None],
        *,
        progress: Progress,
        stop: StopFlag,
    ) -> None:
        self.writer, self.cache, self.plan = writer, cache, plan
        self.find = find
        self.progress, self.stop = progress, stop
        self.kind = "ingest"
        """What the generations are called."""
        self.seen: dict[str, Seen] = {}
        self.sizes: set[int] = set()
        self.unfinished = cache.unfinished()
        self.parsers = parsers_of(plan)
        self.quarantine = Quarantine(cache, plan.readings.whole)
        self.embedding = Embedding(plan.embedders, writer, self.unfinished, during=stop.work)
        self.captioner = (
            Captioner(plan.caption_vlm, plan.captions, cache, progress=progress, stop=stop)
            if plan.caption_vlm
            else None
        )
        self.tally = Tally()
        self.items = 0
        self.standing = Standing(progress)
        self._pending = Pending()
        self._cut_short = False
        self._taken: Callable[[SourceFile], None] = lambda _: None
        self._refused: Callable[[SourceFile, str, DocumentState], None] = lambda *_: None
        self._last_commit = time.monotonic()
        self._captions_stored = 0

    def watch(
        self, *, taken: Callable[[SourceFile], None], refused: Callable[[SourceFile, str, DocumentState], None]
    ) -> None:
        """Have someone told of each file that is in the collection as it is now, and of each that could not be."""
        self._taken, self._refused = taken, refused

    # The stream --------------------------------------------------------------------------------------------------

    def take(self, files: Iterator[SourceFile]) -> None:
        """Read, embed and commit everything, or what the stop flag allows.

        What was being read when an earlier run died comes last and alone: only then is it clear who did it.
        """
        suspects: list[SourceFile] = []
        self._take(self._unsuspected(files, suspects), self.plan.workers)
        for file in suspects:
            if not self.stop:
                self._take(iter([file]), 1)  # done with, and committed, before the next one is begun
        if not self.stop:
            self.unfinished.finished()

    def _unsuspected(self, files: Iterator[SourceFile], suspects: list[SourceFile]) -> Iterator[SourceFile]:
        for file in files:
            if self.quarantine.suspects(file):
                suspects.append(file)
            else:
                yield file

    def _take(self, files: Iterator[SourceFile], workers: int) -> None:
        parser = ResumingParser(self.plan.parser, self.unfinished, self.plan.readings.whole)
        results = read_ahead(parser, files, workers, self.quarantine, self.plan.fetch)
        waiting: list[Read] = []
        with contextlib.closing(results):
            for result in results:
                if self.stop:
                    break
                if result is not None:
                    self._note(result)
                    waiting += [result] if result.parsed is not None else []
                if self._worth_embedding(waiting):
                    self._embed(waiting)
                    waiting = []
                self.commit_if_due()
        if not self.stop:
            self._embed(waiting)
        self.commit()

    def _note(self, result: Read) -> None:
        self.quarantine.end(result.file, reason=result.reason, died=result.violent)
        if result.parsed is None:
            self.not_indexed(result.file, result.reason, DocumentState.FAILED)
            self.standing.settled += 1
        self.standing.of_read(result.parsed.count if result.parsed is not None else 0)

    def _worth_embedding(self, waiting: Sequence[Read]) -> bool:
        """Whether a batch is full, or it is time for a commit and there is something to commit."""
        items = sum(one.parsed.count for one in waiting if one.parsed)
        return items >= min(_EMBED_ITEMS, self.plan.commit_items) or (bool(waiting) and self._late)

    def link(self, file: SourceFile, sha256: str, parser: str, media_type: str | None) -> None:
        """Take in a file whose content is stored already: nothing is read or embedded."""
        document = self.find(file.path)
        self.remember(file, sha256)
        self._pending.add(
            PreparedDocument(
                path=file.path,
                uri=document.uri if document else file.uri,
                size=file.size,
                sha256=sha256,
                media_type=media_type,
                parser=parser,
            )
        )
        self._taken(file)

    def remove(self, path: str) -> None:
        """End a document with the next commit."""
        self._pending.removed.append(path)

    def quarantined(self, file: SourceFile) -> bool:
        """Whether the file is left alone; recorded if so."""
        strikes = self.quarantine.holds(file, self.seen)
        if strikes is None:
            return False
        reason = f"quarantined after it killed its parser {strikes.deaths} times: {strikes.reason}"
        self.not_indexed(file, reason, DocumentState.QUARANTINED)
        return True

    def holds(self, document: Document) -> bool:
        """Whether the document is indexed as today's parser reads it."""
        return document.state is DocumentState.INDEXED and self.parsers.hold(document.parser or "", document.uri)

    def known_as(self, sha256: str, name: str) -> str | None:
        """The fingerprint under which this content is stored as a file of that name is read; None if it is not."""
        readings = (one for one in self.writer.readings(sha256) if self.parsers.hold(one, name))
        return next((one for one in readings if self.writer.known_content(sha256, one)), None)

    # Outcomes ----------------------------------------------------------------------------------------------------

    def not_indexed(self, file: SourceFile, reason: str, state: DocumentState) -> None:
        """Recorded; a version of the document that is indexed already stays."""
        self.tally.failure(file.uri, reason, str(state))
        self._refused(file, reason, state)
        document = self.find(file.path)
        if document is not None and (document.state is DocumentState.INDEXED or document.reason == reason):
            return
        self._pending.add(
            PreparedDocument(
                path=file.path,
                uri=document.uri if document else file.uri,
                size=file.size,
                state=state,
                reason=reason,
            )
        )

    def _embed(self, results: list[Read]) -> None:
        """Captions and vectors for the items of several documents, a bounded number at a time.

        What is cut short here is lost but for what the cache keeps: captions, and the vectors of whole batches.
        """
        try:
            for part in self._parts([(one, list(one.parsed.items)) for one in results if one.parsed is not None]):
                self._embed_part(part)
                self.commit_if_due()
        except WorkStopped:
            self._cut_short = True

    def _parts(self, loaded: Sequence[_Loaded]) -> Iterator[list[_Loaded]]:
        """All at once; or, since captions take long, as many documents as fill a batch of those."""
        if self.captioner is None:
            yield list(loaded)
            return
        part: list[_Loaded] = []
        for one in loaded:
            part.append(one)
            if sum(needs_caption(item) for _, items in part for item in items) >= self.plan.captions.batch:
                yield part
                part = []
        yield part

    def _embed_part(self, loaded: Sequence[_Loaded]) -> None:
        items, lacking = self._described([item for _, several in loaded for item in several])
        if self.stop:
            raise WorkStopped
        prepared = self._prepared(items)
        start = 0
        for one, several in loaded:
            end = start + len(several)
            self._take_in(one, prepared[start:end], lacks_captions=any(start <= at < end for at in lacking))
            start = end

    def _prepared(self, items: Sequence[Item]) -> list[PreparedItem]:
        """Vectors batch by batch; ended by WorkStopped when asked to stop."""
        prepared: list[PreparedItem] = []
        for start in range(0, len(items), _EMBED_ITEMS):
            if self.stop:
                raise WorkStopped
            prepared.extend(self.embedding.prepare(items[start : start + _EMBED_ITEMS]))
            self.standing.of_embedded(len(items[start : start + _EMBED_ITEMS]))
        return prepared

    def _described(self, items: list[Item]) -> tuple[list[Item], set[int]]:
        seen = look_at(items, self.plan.eyes) if self.plan.eyes is not None else items
        return self.captioner.describe(seen) if self.captioner is not None else (seen, set())

    def _take_in(self, read: Read, items: Sequence[PreparedItem], *, lacks_captions: bool) -> None:
        file, parsed = read.file, read.parsed
        assert parsed is not None  # noqa: S101
        document = self.find(file.path)
        self.tally.document("added" if document is None or document.items == 0 else "changed")
        self.tally.items(prepared.item for prepared in items)
        for warning in parsed.warnings:
            self.tally.warning(f"{file.uri}: {warning}")
        self.remember(file, parsed.sha256)
        self.sizes.add(parsed.size)
        parser = self.parsers.of(parsed, [one.item for one in items], file.uri, lacks_captions=lacks_captions)
        self._pending.add(
            PreparedDocument(
                path=file.path,
                uri=document.uri if document else file.uri,
                size=parsed.size,
                sha256=parsed.sha256,
                media_type=parsed.media_type,
                parser=parser,
                items=items,
            )
        )
        self.standing.settled += 1
        self.items += len(items)
        parsed.close()
        if not lacks_captions:
            self._taken(file)

    def remember(self, file: SourceFile, sha256: str) -> None:
        """Trust the stamp next time, if it can be trusted."""
        if trusted_stamp(file):
            self.seen[file.path] = self._pending.fresh[file.path] = Seen(file.stamp, sha256)

    # Commits -----------------------------------------------------------------------------------------------------

    def commit_if_due(self) -> None:
        """Make a generation if enough is pending."""
        if self._pending.much(self.plan.commit_items) or (self._pending.documents and self._late):
            self.commit()

    @property
    def _late(self) -> bool:
        return time.monotonic() - self._last_commit > self.plan.commit_seconds

    def commit(self) -> None:
        """Make a generation of what is pending, if anything is."""
        pending, self._pending = self._pending, Pending()
        if pending.documents or pending.removed:
            self.writer.commit(pending.documents, pending.removed, kind=self.kind)
            self.standing.of_commit()
        if pending.removed:
            self.cache.forget(pending.removed)
        if pending.fresh:
            self.cache.remember(pending.fresh)
        stored = (one.sha256 for one in pending.documents if one.items is not None)
        self.unfinished.stored(stored, vectors=not self._cut_short)
        self._captions_stored = self.captioner.captioned if self.captioner is not None else 0
        self._last_commit = time.monotonic()

    def rates(self, seconds: float) -> dict[str, float]:
        """What this run measured, for the estimates of later ones."""
        captioned = self.captioner.captioned if self.captioner else 0
        return {
            "count": self.standing.read,
            "documents": self.standing.read / max(seconds, 1e-3),
            "items": self.items / max(seconds, 1e-3),
            "captions_a_document": captioned / max(self.standing.read, 1),
            "usd": (self.captioner.spent_usd / captioned) if self.captioner and captioned else 0.0,
        }

    def report(self, store: Store, warnings: Iterable[str] = ()) -> Report:
        """What was done so far."""
        captioner = self.captioner
        for warning in warnings:
            self.tally.warning(warning)
        if captioner is not None and captioner.left and not self.stop:
            self.tally.warning(
                f"the caption budget is spent: {captioner.left:,} captions are left; the same command goes on with them"
            )
        report = self.tally.report(
            store.folder.name,
            self.writer.generation,
            embedded=self.embedding.embedded,
            captioned=captioner.captioned if captioner else 0,
            reused=self.embedding.reused,
            interrupted=bool(self.stop),
        )
        waiting = {**self.unfinished.waiting(), "captions": self._captions_waiting} if self.stop else {}
        return replace(report, waiting=waiting)

    @property
    def _captions_waiting(self) -> int:
        return self.captioner.captioned - self._captions_stored if self.captioner is not None else 0
