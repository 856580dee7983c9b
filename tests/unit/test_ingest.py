"""Ingest through the real parsers with fake models: what is new, known, broken, changing and poisonous."""

from __future__ import annotations

import dataclasses
import os
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import ragmm
from ragmm.errors import ModelMismatchError, UsageError
from ragmm.indexes.store.cache import Cache
from ragmm.loaders.parser import Death, ParserPool, WorkerDiedError
from ragmm.pipelines.ingest import pending as pending_module
from ragmm.pipelines.ingest.quarantine import retry
from ragmm.pipelines.ingest.run import IngestPlan, ingest
from ragmm.pipelines.stopping import StopFlag
from ragmm.testing import FakeEmbedder, FakeReadings, captioned_picture, planted_word, png_bytes, sample_corpus
from ragmm.types import DocumentState, Report


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(workers=2) as pool:
        yield pool


class Desk:
    """A collection, its sources, and the models that were asked."""

    def __init__(self, root: Path, parser: object) -> None:
        self.source = root / "source"
        self.source.mkdir(exist_ok=True)
        self.models = {"shared": FakeEmbedder(), "text": FakeEmbedder(kinds=["text"], name="words")}
        self.docs = ragmm.create(root / "collection", models=ragmm.Models(embedders=self.models))
        self.plan = IngestPlan(
            embedders=self.models,
            parser=parser,
            readings=FakeReadings("p1"),
            workers=2,
            commit_items=10,  # type: ignore[arg-type]
        )

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (1_700_000_000, 1_700_000_000))
        return path

    def ingest(self, stop: StopFlag | None = None, **changes: object) -> Report:
        plan = dataclasses.replace(self.plan, **changes)  # type: ignore[arg-type]
        return ingest(self.docs.store, [self.source], plan, stop=stop)

    def calls(self) -> int:
        return sum(sum(model.calls) for model in self.models.values())

    def texts(self) -> set[str]:
        return {item.text for item in self.docs.items()}


@pytest.fixture
def desk(tmp_path: Path, pool: ParserPool) -> Desk:
    return Desk(tmp_path, pool)


def test_a_mixed_folder(desk: Desk) -> None:
    sample_corpus(desk.source, 20, seed=5)
    report = desk.ingest()
    assert report.documents["added"] == 20
    assert report.failures == ()
    assert report.items.keys() == {"passage", "table", "photo"}
    assert report.generation > 1, "twenty documents in commits of ten items"
    hits = desk.docs.search(planted_word(3, 5))
    assert hits[0].item.uri.startswith("document-00003")
    assert desk.docs.verify(deep=True).ok


def test_again_changes_nothing_and_asks_no_model(desk: Desk) -> None:
    sample_corpus(desk.source, 8, seed=5)
    first = desk.ingest()
    asked = desk.calls()
    for _ in range(2):  # by hash, then by stamp
        again = desk.ingest()
        assert again.documents["unchanged"] == 8
        assert again.generation == first.generation
    assert desk.calls() == asked


def test_only_what_changed_is_embedded(desk: Desk) -> None:
    paragraphs = [
        f"Paragraph {n} stands for itself, whatever the others say about number {n}.\n\n" * 6 for n in range(6)
    ]
    desk.write("long.md", "".join(f"# Part {n}\n\n{text}" for n, text in enumerate(paragraphs)))
    desk.ingest()
    asked, before = desk.calls(), desk.texts()
    paragraphs[2] = "Something else entirely.\n\n"
    desk.write("long.md", "".join(f"# Part {n}\n\n{text}" for n, text in enumerate(paragraphs)))
    report = desk.ingest()
    assert report.documents["changed"] == 1
    assert report.reused > 0
    assert 0 < desk.calls() - asked < report.reused
    assert len(desk.texts() - before) == 1


def test_the_same_file_twice_is_embedded_once(desk: Desk) -> None:
    desk.write("a/one.txt", "The very same words in two places.")
    desk.ingest()
    asked = desk.calls()
    desk.write("b/two.txt", "The very same words in two places.")
    report = desk.ingest()
    assert report.documents["added"] == 1
    assert desk.calls() == asked
    (hit,) = [one for one in desk.docs.search("very same words") if "same" in one.item.text]
    assert {hit.item.uri, *hit.item.also_at} == {"a/one.txt", "b/two.txt"}


def test_the_same_file_twice_in_one_run(desk: Desk) -> None:
    for name in "abcdef":
        desk.write(f"{name}.png", png_bytes(captioned_picture("a red circle")))
    report = desk.ingest()
    assert report.documents["added"] == 6
    snapshot = desk.docs.store.snapshot()
    assert snapshot.item_count == 1
    assert len(snapshot.packs()) == 1


def enlarged(picture: bytes, side: int) -> bytes:
    """A PNG whose header promises far more pixels than its data holds."""
    header = b"IHDR" + side.to_bytes(4) * 2 + picture[24:29]
    return picture[:12] + header + zlib.crc32(header).to_bytes(4) + picture[33:]


def test_broken_files_are_recorded_and_the_run_goes_on(desk: Desk) -> None:
    picture = png_bytes(captioned_picture("a blue square"))
    desk.write("good.txt", "All is well.")
    desk.write("empty.txt", "")
    desk.write("empty.png", b"")
    desk.write("cut.png", picture[: len(picture) // 2])
    desk.write("bomb.png", enlarged(picture, 60_000))
    desk.write("binary.txt", bytes(range(256)) * 40)
    desk.write("strange.xyz", b"\x00\x01\x02strange" * 50)
    report = desk.ingest()
    assert report.documents["added"] == 1
    assert report.documents["failed"] == 6
    reasons = {failure.uri: failure.reason for failure in report.failures}
    assert set(reasons) == {"empty.txt", "empty.png", "cut.png", "bomb.png", "binary.txt", "strange.xyz"}
    assert "empty" in reasons["empty.txt"]
    assert "pixel" in reasons["bomb.png"]
    failed = {one.uri: one for one in desk.docs.documents() if one.state is DocumentState.FAILED}
    assert set(failed) == set(reasons)
    assert failed["cut.png"].reason == reasons["cut.png"]


def test_a_failure_is_tried_again_and_can_mend(desk: Desk) -> None:
    desk.write("notes.txt", "")
    assert desk.ingest().documents["failed"] == 1
    generation = desk.docs.generation
    assert desk.ingest().documents["failed"] == 1
    assert desk.docs.generation == generation, "the same failure is no news"
    desk.write("notes.txt", "Now there are words.")
    assert desk.ingest().documents["added"] == 1
    assert {one.state for one in desk.docs.documents()} == {DocumentState.INDEXED}


def test_a_version_that_cannot_be_read_leaves_the_old_one(desk: Desk) -> None:
    desk.write("notes.txt", "The words of yesterday.")
    desk.ingest()
    desk.write("notes.txt", "")
    report = desk.ingest()
    assert report.documents["failed"] == 1
    assert desk.texts() == {"The words of yesterday."}


def test_ingest_deletes_nothing(desk: Desk) -> None:
    desk.write("a.txt", "One text.")
    path = desk.write("b.txt", "Another text.")
    desk.ingest()
    path.unlink()
    desk.ingest()
    assert desk.texts() == {"One text.", "Another text."}


def test_another_parser_reads_everything_again_without_embedding_it_again(desk: Desk) -> None:
    desk.write("a.txt", "One text.")
    desk.ingest()
    asked = desk.calls()
    report = desk.ingest(readings=FakeReadings("p2"))
    assert report.documents["changed"] == 1
    assert report.reused == 2
    assert desk.calls() == asked
    assert desk.docs.store.snapshot().item_count == 1


def test_another_model_is_refused_before_anything_is_read(desk: Desk) -> None:
    desk.write("a.txt", "One text.")
    desk.ingest()
    with pytest.raises(ModelMismatchError, match=r"built with fake .*names other"):
        desk.ingest(embedders={"shared": FakeEmbedder(name="other")})
    assert desk.docs.generation == 1


def test_a_misspelt_path_makes_no_collection(desk: Desk) -> None:
    with pytest.raises(UsageError, match="no such file"):
        ingest(desk.docs.store, [desk.source / "nowhere"], desk.plan)
    assert not desk.docs.path.exists()


def test_a_stop_keeps_what_is_done_and_the_same_call_goes_on(desk: Desk) -> None:
    sample_corpus(desk.source, 60, seed=2)
    flag = StopFlag()

    class StopSoon:
        def update(self, stage: str, done: int, total: int | None, unit: str) -> None:
            if stage == "commit" and done:
                flag.set()

        def message(self, text: str) -> None:
            pass

    report = ingest(desk.docs.store, [desk.source], desk.plan, progress=StopSoon(), stop=flag)
    assert report.interrupted
    assert 0 < report.documents["added"] < 60
    rest = desk.ingest()
    assert rest.documents["added"] + rest.documents["unchanged"] == 60
    assert rest.documents["unchanged"] >= report.documents["added"] - 10
    assert len(list(desk.docs.documents())) == 60


def test_a_file_that_changes_while_it_is_read_is_one_whole_version(desk: Desk) -> None:
    path = desk.write("busy.txt", "version 0 " * 2000)
    versions = {f"version {n} " * 2000 for n in range(50)}
    stop = threading.Event()

    def scribble() -> None:
        number = 0
        while not stop.is_set():
            number = (number + 1) % 50
            # Written at once: half a file that nobody goes on writing is a version too.
            with path.open("wb", buffering=0) as file:
                file.write((f"version {number} " * 2000).encode())

    writer = threading.Thread(target=scribble)
    writer.start()
    try:
        for _ in range(5):
            desk.ingest()
    finally:
        stop.set()
        writer.join()
    words = {word for text in desk.texts() for word in text.split() if word != "version"}
    assert len(words) <= 1, "one version, or none"
    desk.ingest()
    found = " ".join(item.text.strip() for item in desk.docs.items("busy.txt")).split()
    assert " ".join(found) in {" ".join(version.split()) for version in versions}


class Poison:
    """Parses like the pool, but one document kills its worker."""

    def __init__(self, pool: ParserPool) -> None:
        self.pool, self.tried = pool, 0

    def parse(self, file: Path, name: str = "", *, root: Path | None = None) -> object:
        if "poison" in name:
            self.tried += 1
            raise WorkerDiedError(f"{name}: its parser crashed with SIGSEGV", Death.CRASH)
        return self.pool.parse(file, name, root=root)


def test_three_strikes_and_quarantine(tmp_path: Path, pool: ParserPool) -> None:
    poison = Poison(pool)
    desk = Desk(tmp_path, poison)
    desk.write("good.txt", "All is well.")
    desk.write("poison.txt", "bad")
    for night in range(1, 6):
        report = desk.ingest()
        assert poison.tried == min(night, 3)
        assert report.documents["quarantined" if night > 3 else "failed"] == 1
        assert len(report.failures) == 1
    assert {one.uri: str(one.state) for one in desk.docs.documents()} == {
        "good.txt": "indexed",
        "poison.txt": "quarantined",
    }
    assert "SIGSEGV" in report.failures[0].reason
    assert [one.path for one in retry(desk.docs.store, "poison.txt")] == [str(tmp_path / "source" / "poison.txt")]
    desk.ingest()
    assert poison.tried == 4, "forgiven, it is read again"
    desk.write("poison.txt", "different now")
    desk.ingest()
    assert poison.tried == 5, "a new content has a new chance"


def test_a_document_under_which_runs_die_is_suspected(desk: Desk) -> None:
    path = desk.write("deadly.txt", "The run never came back.")
    desk.write("good.txt", "All is well.")
    for _ in range(5):
        desk.docs.path.mkdir(exist_ok=True)
        with Cache(desk.docs.path / "cache.db") as cache:
            cache.begin(str(path))
        with Cache(desk.docs.path / "cache.db") as cache:
            from ragmm.pipelines.ingest.quarantine import Quarantine

            Quarantine(cache, "p1")
    report = desk.ingest()
    assert report.documents["quarantined"] == 1
    assert "a run ended while it was parsed" in report.failures[0].reason


def test_losing_the_cache_loses_no_data(desk: Desk) -> None:
    sample_corpus(desk.source, 6, seed=4)
    desk.ingest()
    asked, digest = desk.calls(), desk.docs.digest(vectors=True)
    (desk.docs.path / "cache.db").write_bytes(b"garbage" * 100)
    report = desk.ingest()
    assert report.documents["unchanged"] == 6
    assert desk.calls() == asked
    assert desk.docs.digest(vectors=True) == digest


def test_memory_does_not_grow_with_the_corpus(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """At no time are more documents waiting than a few batches hold."""
    waiting: list[int] = []
    original = pending_module.Pending.add

    def counted(self: pending_module.Pending, document: object) -> None:
        original(self, document)  # type: ignore[arg-type]
        waiting.append(len(self.documents))

    monkeypatch.setattr(pending_module.Pending, "add", counted)
    sample_corpus(desk.source, 80, seed=1)
    desk.ingest()
    assert len(waiting) == 80
    assert max(waiting) <= 25


def test_a_long_ingest_can_be_asked_before_it_ends(desk: Desk) -> None:
    """However little has been read by then; and the vectors of many commits lie in few blocks."""
    sample_corpus(desk.source, 30, seed=2)
    found: list[int] = []
    parser = desk.plan.parser

    class Slow:
        def parse(self, file: Path, name: str = "", *, root: Path | None = None) -> object:
            time.sleep(0.12)
            return parser.parse(file, name, root=root)

    class Asking:
        def update(self, stage: str, done: int, total: int | None, unit: str) -> None:
            if stage == "commit" and done:
                found.append(sum(1 for one in desk.docs.documents() if one.state == "indexed"))

        def message(self, text: str) -> None:
            pass

    plan = replace(desk.plan, parser=Slow(), workers=1, commit_items=2000, commit_seconds=0.2)  # type: ignore[arg-type]
    report = ingest(desk.docs.store, [desk.source], plan, progress=Asking())
    assert report.documents["added"] == 30
    commits = [record for record in desk.docs.store.history() if record.kind == "ingest"]
    assert len(commits) >= 6
    assert sorted(found) == found
    assert 0 < found[0] < 12 < found[-1]
    assert len(list((desk.docs.store.folder / "blocks").glob("*.npy"))) > 0
    with desk.docs.store.writer("look") as writer:
        legs = Counter((block.space, block.kind) for block in writer.vector_files.live)  # type: ignore[attr-defined]
    assert max(legs.values()) <= 8


def test_it_is_told_how_many_there_are_and_how_many_can_be_asked_for(desk: Desk) -> None:
    sample_corpus(desk.source, 12, seed=2)
    told: dict[str, list[tuple[int, int | None, str]]] = {}

    class Listening:
        def update(self, stage: str, done: int, total: int | None, unit: str) -> None:
            told.setdefault(stage, []).append((done, total, unit))

        def message(self, text: str) -> None:
            pass

    ingest(desk.docs.store, [desk.source], desk.plan, progress=Listening())
    assert told["read"][-1] == (12, 12, "documents")
    assert told["commit"][-1] == (12, 12, "documents")
    done, total, unit = told["embed"][-1]
    assert (done, unit) == (total, "items")
    desk.write("another.txt", "one more")
    told.clear()
    ingest(desk.docs.store, [desk.source], desk.plan, progress=Listening())
    assert told["commit"][-1] == (13, 13, "documents")
