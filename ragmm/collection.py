"""Collection: open or create, ingest, search, query, look after. The facade over everything; it holds no logic."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from ragmm.config import OperateSettings, Pipeline, default_pipeline, load_pipeline, parse_pipeline
from ragmm.config.folders import resolve
from ragmm.config.packages import packages_of, require_packages
from ragmm.config.settings import IndexKind
from ragmm.errors import CacheDamagedError, CollectionNotFoundError, UsageError, WriterBusyError
from ragmm.facade import Facade
from ragmm.indexes.contracts import Store
from ragmm.pipelines.progress import Progress
from ragmm.plans import Plans
from ragmm.types import CollectionInfo, Document, GenerationDiff, Hit, QueryResult, Report, StoredItem
from ragmm.values import Hits
from ragmm.wiring import Models, open_store

if TYPE_CHECKING:
    from ragmm.embedders.base import Embedder
    from ragmm.indexes.contracts import Snapshot
    from ragmm.indexes.records import Collected, GenerationInfo, RepairReport, VerifyReport
    from ragmm.pipelines.purge import Purged
    from ragmm.pipelines.query.events import Event
    from ragmm.pipelines.query.question import Asked, Question, QuestionParts
    from ragmm.pipelines.query.run import SearchPlan
    from ragmm.pipelines.stopping import StopFlag
    from ragmm.pipelines.sync.night import Night
    from ragmm.pipelines.sync.plan import Plan
    from ragmm.vlm.base import Vlm

__all__ = ["Collection", "Models", "create", "open_"]

_PIPELINE, _PACKAGES = "pipeline", "packages"
_ORIGIN = "pipeline_file"
"""Where it was read: its relative sources are looked for from there."""


def open_(
    name: str | Path = "default", *, pipeline: str | Path | Pipeline | None = None, models: Models | None = None
) -> Collection:
    """A collection that is there. Without a pipeline, the one it was built with."""
    folder = resolve(name)
    store = open_store(folder)
    if not store.exists:
        raise CollectionNotFoundError(
            f"there is no collection {os.fspath(name)!r} (looked in {folder}); make one with: ragmm ingest FOLDER"
            + ("" if os.fspath(name) == "default" else f" -c {os.fspath(name)}")
        )
    saved = store.settings().get(_PIPELINE)
    if pipeline is None and saved is not None:
        require_packages(store.settings().get(_PACKAGES, ""), folder)
        remembered = parse_pipeline(saved, source=f"{folder}: saved pipeline")
        origin = store.settings().get(_ORIGIN)  # collections of before do not know it
        return Collection(store, replace(remembered, origin=Path(origin) if origin else None), models, follows=True)
    return Collection(store, _pipeline(pipeline), models)


def create(
    name: str | Path = "default",
    *,
    pipeline: str | Path | Pipeline | None = None,
    exist_ok: bool = False,
    models: Models | None = None,
) -> Collection:
    """A new collection; nothing is written before the first ingest. With `exist_ok`, one that is there is opened."""
    store = open_store(resolve(name))
    if store.exists:
        if not exist_ok:
            raise UsageError(f"{store.folder} is a collection already; open it, or choose another name")
        return open_(name, pipeline=pipeline, models=models)
    return Collection(store, _pipeline(pipeline), models)


def _pipeline(given: str | Path | Pipeline | None) -> Pipeline:
    if isinstance(given, Pipeline):
        return given
    if given is None:
        return default_pipeline()
    from ragmm.pipelines.query.glossary import read_glossary

    pipeline = load_pipeline(given)
    read_glossary(pipeline.query.glossary)  # a glossary that is missing is better named now than when someone asks
    return pipeline


class Collection(Facade):
    """One collection. Safe to use from several threads; as a context manager it lets go of models and files."""

    def __init__(
        self, store: Store, pipeline: Pipeline, models: Models | None = None, *, follows: bool = False
    ) -> None:
        """`follows`: a pipeline that was not named by the caller takes the models that the spaces are built with."""
        self.store = store
        self._plans = Plans(pipeline, models, follows=follows)
        self._lock = threading.RLock()
        self._snapshot: Snapshot | None = None
        if follows:
            self._plans.follow(store.models())

    def __enter__(self) -> Collection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Collection({str(self.path)!r})"

    def close(self) -> None:
        """Let go of the open generation and the models."""
        with self._lock:
            if self._snapshot is not None:
                self._snapshot.close()
            self._snapshot = None
            self._plans.close()

    @property
    def pipeline(self) -> Pipeline:
        """With every model named."""
        return self._plans.pipeline

    @pipeline.setter
    def pipeline(self, pipeline: Pipeline) -> None:
        self._plans.use(pipeline)

    @property
    def embedders(self) -> dict[str, Embedder]:
        """By route; made on first use, loaded when they first embed."""
        return self._plans.embedders

    @property
    def vlm(self) -> Vlm | None:
        """What writes answers; None where sentences are quoted instead."""
        return self._plans.vlm

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def path(self) -> Path:
        return self.store.folder

    @property
    def generation(self) -> int:
        """The newest committed one; 0 before the first ingest."""
        return self._current().generation if self.store.exists else 0

    # Building ----------------------------------------------------------------------------------------------------

    def ingest(
        self,
        paths: str | Path | Iterable[str | Path],
        *,
        progress: Progress | None = None,
        stop: StopFlag | None = None,
    ) -> Report:
        """Add files and folders, or refresh them; deletes nothing. A signal ends it after the running commit."""
        from ragmm.pipelines.ingest.run import ingest
        from ragmm.pipelines.stopping import StopFlag, stop_on_signals
        from ragmm.wiring import build_parser

        flag = StopFlag() if stop is None else stop
        named = [paths] if isinstance(paths, (str, Path)) else paths
        with stop_on_signals(flag):
            with build_parser(self._plans.measured) as parser:
                plan = self._plans.ingest_plan(parser)
                report = ingest(self.store, named, plan, progress=progress, stop=flag)
            self.remember_pipeline()
            self._refresh_unless(flag, progress)
        return replace(report, interrupted=bool(flag))

    def plan_sync(
        self, *, refresh: bool = False, allow_mass_delete: bool = False, progress: Progress | None = None
    ) -> Plan:
        """What `sync` would do now; nothing is written."""
        from ragmm.pipelines.sync.run import make_plan

        with self._plans.night_work(refresh, allow_mass_delete, progress, None) as work:
            return make_plan(self.store, work)

    def sync(
        self,
        plan: Plan | None = None,
        *,
        refresh: bool = False,
        allow_mass_delete: bool = False,
        progress: Progress | None = None,
        stop: StopFlag | None = None,
    ) -> Night:
        """Make the collection equal to its pipeline's sources. A plan is carried out as it was made, or refused.

        `refresh` reads again what other settings read; `allow_mass_delete` takes the guard off for this once.
        """
        from ragmm.pipelines.stopping import StopFlag, stop_on_signals
        from ragmm.pipelines.sync.run import run_night

        flag = StopFlag() if stop is None else stop
        with self._plans.night_work(refresh, allow_mass_delete, progress, flag) as work:
            try:
                night = run_night(self.store, work, plan)
            except CacheDamagedError as error:  # it is gone now, and what was committed stays
                work.progress.message(str(error))
                night = run_night(self.store, work, plan)
        if night.plan.edited or night.report.generation != night.plan.generation:
            self.remember_pipeline()
            with stop_on_signals(flag):
                self._refresh_unless(flag, progress)
        return replace(night, report=replace(night.report, interrupted=bool(flag)))

    def remove(self, uris: str | Sequence[str]) -> Report:
        """Take documents out by uri or path; older generations keep them until they expire."""
        from ragmm.pipelines.remove import remove

        return remove(self.store, [uris] if isinstance(uris, str) else uris)

    def purge(self, uris: str | Sequence[str], forget: Callable[[Sequence[str]], None] = lambda _: None) -> Purged:
        """Erase documents from every generation and file. Older generations can no longer be restored afterwards.

        `forget` is given their names, for `ragmm.operate.forgetting` say, before the erasure counts as finished.
        """
        from ragmm.pipelines.purge import purge

        self.close()
        return purge(self.store, [uris] if isinstance(uris, str) else uris, forget)

    # Asking ------------------------------------------------------------------------------------------------------

    def search(self, question: str | Question = "", **parts: Unpack[QuestionParts]) -> Hits[Hit]:
        """The best items over every modality, by words, by a picture, by both, or by the like of an item.

        Takes a Question, or its words and its parts (image, k, where …).
        """
        return Hits(self.query(question, answer=False, **parts).hits)

    def query(
        self, question: str | Question = "", *, answer: bool = True, **parts: Unpack[QuestionParts]
    ) -> QueryResult:
        """Hits and an answer made of them, all of one generation. Takes what `search` takes."""
        from ragmm.pipelines.query.run import run_query

        return run_query(*self._prepared(question, parts), self._plans.answerer() if answer else None, self.name)

    def stream(
        self, question: str | Question = "", *, answer: bool = True, **parts: Unpack[QuestionParts]
    ) -> Generator[Event, None, None]:
        """The same as it happens: hits, text while it is written, claims, figures, and in the end the whole result.

        Letting go of the iterator stops the model.
        """
        from ragmm.pipelines.query.run import stream_query

        prepared = self._prepared(question, parts)
        return stream_query(*prepared, self._plans.answerer() if answer else None, self.name)

    def _prepared(self, question: str | Question, parts: QuestionParts) -> tuple[Snapshot, Asked, SearchPlan]:
        from ragmm.pipelines.query.question import question_of

        wanted = question_of(question, parts)
        with self._lock:
            snapshot = self._current()  # first: its spaces say which models embed the question
            plan = self._plans.search_plan(snapshot, wanted)
            like = None if wanted.like is None else self.item(wanted.like)
        return snapshot, wanted.asked(like), plan

    # Looking -----------------------------------------------------------------------------------------------------

    def documents(self) -> Iterator[Document]:
        """Every document of the newest generation, in order of uri."""
        return self._current().documents()

    def items(self, uri: str | None = None) -> Iterator[StoredItem]:
        """Items in reading order, of one document or of all."""
        return self._current().items(uri)

    def item(self, item_id: int) -> StoredItem:
        found = self._current().fetch([item_id])
        if not found:
            raise UsageError(f"{self.name}: there is no item {item_id}; ragmm ls --items lists them")
        return found[0]

    def asset_path(self, sha256: str) -> Path:
        """A readable file with an item's image."""
        from ragmm.pipelines.assets import asset_file

        return asset_file(self._current(), sha256)

    def info(self) -> CollectionInfo:
        snapshot = self._current()
        return CollectionInfo(
            name=self.name,
            path=str(self.path),
            generation=snapshot.generation,
            documents=snapshot.document_count,
            items=snapshot.item_count,
            spaces={name: space.model for name, space in snapshot.spaces.items()},
            routes=tuple(str(route) for route in self.pipeline.routes),
            profile=str(self.pipeline.profile),
            blocks=snapshot.block_count,
            bytes=self.store.size(),
        )

    # Keeping -----------------------------------------------------------------------------------------------------

    def history(self) -> list[GenerationInfo]:
        """Every generation, newest first."""
        return self.store.history()

    def diff(self, a: int, b: int) -> GenerationDiff:
        """Which documents were added, changed and removed from generation a to generation b."""
        from ragmm.pipelines.remove import changes

        added, changed, removed = changes(self.store, a, b)
        return GenerationDiff(older=a, newer=b, added=added, changed=changed, removed=removed)

    def rollback(self, generation: int) -> int:
        """A new generation that holds what an older one held."""
        return self.store.rollback(generation)

    def snapshot(self, target: Path) -> Path:
        """A complete copy in a new folder, which opens like any collection."""
        return self.store.copy_to(target)

    def pin(self, name: str) -> int:
        """Name the current generation, so that it stays restorable."""
        return self.store.pin(name)

    def verify(self, *, deep: bool = False) -> VerifyReport:
        """Whether everything is as it was committed; `deep` reads every byte."""
        return self.store.verify(deep=deep)

    def repair(self) -> RepairReport:
        """Restore what verify finds damaged, embedding stored content again where nothing else is left."""
        from ragmm.pipelines.embedding import embed_again

        report = self.store.repair(partial(embed_again, self.embedders, self.store))
        self.refresh_indexes()
        return report

    def digest(self, *, vectors: bool = False) -> str:
        return self.store.digest(vectors=vectors)

    def compact(self) -> Collected:
        """Rewrite every list of vectors without dead rows and give back the space nothing needs."""
        freed = self.store.compact(self._plans.retention())
        self.refresh_indexes()
        return freed

    # Following commits -------------------------------------------------------------------------------------------

    def _current(self) -> Snapshot:
        """The newest generation; another process's commit is seen by the next call."""
        with self._lock:
            if self._snapshot is not None and self._snapshot.newest_generation() != self._snapshot.generation:
                self._snapshot = None  # closed when the last query that uses it lets go
            if self._snapshot is None:
                self._snapshot = self.store.snapshot(exact=self.pipeline.store.index is IndexKind.EXACT)
                self._plans.follow({name: space.model for name, space in self._snapshot.spaces.items()})
            return self._snapshot

    def refresh_indexes(self, progress: Progress | None = None) -> None:
        """What vectors are searched with follows the commits; another writer that is at work does it in our stead."""
        kind, say = str(self.pipeline.store.index), progress.message if progress is not None else None
        with contextlib.suppress(WriterBusyError):
            if self.store.exists:
                self.store.refresh_indexes(kind, say)

    def _refresh_unless(self, flag: StopFlag, progress: Progress | None) -> None:
        """A signal ends it, and the next command that writes does it."""
        from ragmm.pipelines.stopping import WorkStopped

        with contextlib.suppress(WorkStopped), flag.work:
            self.refresh_indexes(progress)

    def remember_pipeline(self) -> None:
        """Write the pipeline down in the store, so that the collection opens with it."""
        text = replace(self.pipeline, operate=OperateSettings()).to_toml()  # addresses to tell may be secrets
        told = {_PIPELINE: text, _PACKAGES: packages_of(self.pipeline)}
        if self.pipeline.origin is not None:
            told[_ORIGIN] = os.fspath(self.pipeline.origin)
        saved = self.store.settings() if self.store.exists else told
        if any(saved.get(name, "") != value for name, value in told.items()):
            with self.store.writer("settings") as writer:
                writer.put_settings(told)
