"""A collection that follows a folder, with fake models and a parser without processes: nights take milliseconds."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import ragmm
from ragmm.config import NightlySettings, Pipeline, Place, SourceSettings
from ragmm.errors import DocumentError
from ragmm.indexes.store.cache import Cache
from ragmm.indexes.store.nights import Nights
from ragmm.isolation.spool import spool
from ragmm.loaders.parser import Death, WorkerDiedError
from ragmm.pipelines.ingest import intake
from ragmm.pipelines.sync.night import Night
from ragmm.testing import FakeEmbedder, Reading, paragraphs
from ragmm.types import Asset, Item, Modality


class PlainParser:
    """One passage a paragraph, one picture for a file that ends in .png; copies and hashes as the real one does."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.read: list[str] = []

    def parse(self, file: Path, name: str = "", *, root: Path | None = None) -> Reading:
        self.read.append(name)
        if "poison" in name:
            raise WorkerDiedError(f"{name}: its parser crashed with SIGSEGV", Death.CRASH)
        copy = self.scratch / f"copy{len(self.read)}-{os.getpid()}"
        try:
            spooled = spool(file, copy, max_bytes=1 << 30, root=root)
            data = copy.read_bytes()
        finally:
            copy.unlink(missing_ok=True)
        if not data:
            raise DocumentError(f"{name} is empty (0 bytes); there is nothing to index")
        return Reading(sha256=spooled.sha256, size=spooled.size, entries=tuple(_items(name, data)))


def _items(name: str, data: bytes) -> Iterator[Item]:
    if name.endswith(".png"):
        asset = Asset(data=data, media_type="image/png", width=256, height=256)
        yield Item(modality=Modality.PHOTO, asset=asset)
    else:
        yield from paragraphs(data)


@contextlib.contextmanager
def in_memory() -> Iterator[Path]:
    """A folder in memory where there is one: nights sync their files, and a busy disk makes that slow."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="ragmm-sync-", dir=memory if os.access(memory, os.W_OK) else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Desk:
    """Files, the collection that follows them, and who was asked what."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.source = root / "source"
        self.source.mkdir(exist_ok=True)
        self.scratch = root / "scratch"
        self.scratch.mkdir(exist_ok=True)
        self.parser = PlainParser(self.scratch)
        self.opened = 0
        self.models = {"shared": FakeEmbedder(), "text": FakeEmbedder(kinds=["text"], name="words")}
        self.pipeline = Pipeline(
            sources=SourceSettings(paths=(str(self.source),)),
            nightly=NightlySettings(guard_documents=5, guard_share=0.2),
        )
        self.now = 1_800_000_000.0
        monkeypatch.setattr("ragmm.wiring.build_parser", self._build_parser)
        monkeypatch.setattr(intake, "_CLOCK_GRAIN_NS", -1)

    @contextlib.contextmanager
    def _build_parser(self, pipeline: Pipeline) -> Iterator[PlainParser]:
        self.opened += 1
        yield self.parser

    @property
    def folder(self) -> Path:
        return self.root / "collection"

    def open(self) -> ragmm.Collection:
        docs = ragmm.create(
            self.folder, exist_ok=True, pipeline=self.pipeline, models=ragmm.Models(embedders=self.models)
        )
        docs.store.clock = lambda: self.now
        return docs

    def night(self, **options: object) -> Night:
        self.now += 86_400
        with self.open() as docs:
            return docs.sync(**options)  # type: ignore[arg-type]

    def settings(self, **changes: object) -> None:
        nightly = dataclasses.replace(self.pipeline.nightly, **changes)  # type: ignore[arg-type]
        self.pipeline = dataclasses.replace(self.pipeline, nightly=nightly)

    def sources(self, *places: Place, **changes: object) -> None:
        sources = SourceSettings(place=places, **changes)  # type: ignore[arg-type]
        self.pipeline = dataclasses.replace(self.pipeline, sources=sources)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def uris(self) -> list[str]:
        with self.open() as docs:
            return [document.uri for document in docs.documents()]

    def texts(self) -> set[str]:
        with self.open() as docs:
            return {item.text for item in docs.items()}

    def asked(self) -> int:
        return sum(sum(model.calls) for model in self.models.values())

    def digest(self) -> str:
        with self.open() as docs:
            return docs.digest(vectors=True)

    def fresh_digest(self) -> str:
        """Of a collection that is built from the same files in one go."""
        fresh = self.root / "fresh"
        with ragmm.create(fresh, pipeline=self.pipeline, models=ragmm.Models(embedders=self.models)) as docs:
            docs.sync()
            digest = docs.digest(vectors=True)
        shutil.rmtree(fresh)
        return digest

    @contextlib.contextmanager
    def notes(self) -> Iterator[Nights]:
        with Cache(self.folder / "cache.db") as cache:
            yield Nights(cache)


def counts(night: Night) -> dict[str, int]:
    """What really happened, without the zeros."""
    return {state: count for state, count in night.report.documents.items() if count}


@contextlib.contextmanager
def filled_desk(monkeypatch: pytest.MonkeyPatch, many: int) -> Iterator[Desk]:
    """A desk in memory that follows so many small documents in three folders."""
    with in_memory() as folder:
        desk = Desk(folder, monkeypatch)
        for number in range(many):
            desk.write(f"part{number % 3}/{number:03}.txt", f"Document {number} speaks of subject{number}.")
        yield desk
