"""Exchanging a model: built beside, compared, switched in one commit, taken back."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from pathlib import Path

import pytest

import ragmm
from ragmm.config import Pipeline
from ragmm.errors import ModelMismatchError, UsageError
from ragmm.evaluation.questions import EvalQuestion, Relevant
from ragmm.indexes.records import Retention
from ragmm.operate.replacing import Exchange, replace_model
from ragmm.pipelines import reembed
from ragmm.testing import FakeEmbedder, planted_word, sample_corpus
from ragmm.types import Role

OLD = "fake"


class Desk:
    """A collection of thirty documents, with models by name."""

    def __init__(self, root: Path) -> None:
        self.source, self.folder = root / "source", root / "collection"
        sample_corpus(self.source, 15, seed=5)
        self.made: dict[str, FakeEmbedder] = {}

    def open(self, shared: str = OLD, text: str = "words") -> ragmm.Collection:
        embedders = {"shared": self.model(shared), "text": self.model(text, dim=48)}
        return ragmm.create(self.folder, exist_ok=True, models=ragmm.Models(embedders=embedders))

    def model(self, name: str, dim: int = 64) -> FakeEmbedder:
        return self.made.setdefault(name, FakeEmbedder(dim, name=name))

    def calls(self, name: str) -> int:
        return sum(self.made[name].calls)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("built")
    desk = Desk(root)
    with desk.open() as docs:
        assert not docs.ingest([desk.source]).failures
    return root


@pytest.fixture
def desk(built: Path, tmp_path: Path) -> Desk:
    shutil.copytree(built / "collection", tmp_path / "collection")
    desk = Desk(tmp_path)
    desk.source = built / "source"
    return desk


def questions() -> list[EvalQuestion]:
    names = {0: ".md", 1: ".txt", 2: ".csv", 3: ".json"}
    return [
        EvalQuestion(
            qid=str(n),
            text=f"the code {planted_word(n, 5)}",
            relevant=(Relevant(uri=f"document-{n:05d}{names[n % 5]}"),),
        )
        for n in (0, 1, 2, 5, 6, 7)
    ]


def test_the_new_model_answers_after_one_commit_and_the_old_one_until_then(desk: Desk) -> None:
    new = desk.model("new", dim=80)
    with desk.open() as docs:
        before, digest = docs.generation, docs.digest()
        staged = reembed.build(docs.store, "shared", new)
        assert (staged.serving, staged.model, staged.reused) == (OLD, "new", 0)
        assert staged.items == staged.embedded == sum(1 for _ in docs.items())
        assert docs.generation == before
        assert docs.search(planted_word(1, 5))[0].item.uri == "document-00001.txt"
        assert reembed.switch(docs.store, "shared", new) == docs.generation == before + 1
    with desk.open(shared="new") as docs:
        assert docs.search(planted_word(1, 5))[0].item.uri == "document-00001.txt"
        assert docs.info().spaces == {"shared": "new", "text": "words"}
        assert docs.digest() == digest
        assert docs.verify(deep=True).ok
        assert docs.ingest([desk.source]).documents["unchanged"] == 15
    with desk.open() as docs, pytest.raises(ModelMismatchError) as refused:
        docs.ingest([desk.source])
    assert refused.value.exit_code == 21


@pytest.mark.slow
def test_the_vectors_are_those_of_a_fresh_build(desk: Desk, tmp_path: Path) -> None:
    with desk.open() as docs:
        replace_model(docs, Exchange(model=desk.model("new", dim=80), space="shared"))
        digest = docs.digest(vectors=True)
    models = ragmm.Models(embedders={"shared": desk.model("new"), "text": desk.model("words")})
    with ragmm.create(tmp_path / "fresh", models=models) as fresh:
        fresh.ingest([desk.source])
        assert fresh.digest(vectors=True) == digest


def test_rollback_brings_the_old_model_back_and_its_vectors_are_found_again(desk: Desk) -> None:
    with desk.open() as docs:
        before, vectors = docs.generation, docs.digest(vectors=True)
        replace_model(docs, Exchange(model=desk.model("new", dim=80), space="shared"))
        docs.rollback(before)
        assert docs.digest(vectors=True) == vectors
        assert docs.verify(deep=True).ok
        assert docs.search(planted_word(1, 5))[0].item.uri == "document-00001.txt"
        asked = desk.calls("new")
        again = replace_model(docs, Exchange(model=desk.model("new"), space="shared"))
        assert again.staged.reused > 0
        assert desk.calls("new") == asked, "its vectors were still there"


def test_what_came_and_went_between_building_and_switching(desk: Desk, tmp_path: Path) -> None:
    new = desk.model("new", dim=80)
    extra = tmp_path / "extra.txt"
    extra.write_text("a late addition about zeppelins", encoding="utf-8")
    with desk.open() as docs:
        reembed.build(docs.store, "shared", new)
        docs.ingest([extra])
        docs.remove(["document-00001.txt"])
        reembed.switch(docs.store, "shared", new)
    with desk.open(shared="new") as docs:
        assert docs.search("zeppelins")[0].item.uri.endswith("extra.txt")
        assert docs.verify(deep=True).ok
        report = docs.ingest([desk.source])  # what went has no vectors of the new model: it is read again
        assert report.documents["added"] == 1
        hit = docs.search(planted_word(1, 5))[0]
        assert hit.item.uri == "document-00001.txt"
        assert "shared/text" in {leg.leg for leg in hit.found_by}


def test_rows_of_what_was_forgotten_meanwhile_stay_behind(desk: Desk) -> None:
    """Their content is gone from the database: nothing would know any more that they are dead."""
    new = desk.model("new", dim=80)
    with desk.open() as docs:
        reembed.build(docs.store, "shared", new)
        docs.remove(["document-00001.txt"])
        docs.store.compact(Retention(generations=1, runs=1, seconds=0))
        reembed.switch(docs.store, "shared", new)
        with contextlib.closing(docs.store.snapshot()) as snapshot:
            held = {item for block in snapshot.blocks for item in block.ids.tolist()}
        assert held <= {item.id for item in docs.items()}


def test_the_old_space_goes_when_nothing_can_go_back_to_it(desk: Desk) -> None:
    with desk.open() as docs:
        replace_model(docs, Exchange(model=desk.model("new", dim=80), space="shared"))
        docs.store.compact(Retention(generations=1, runs=1, seconds=0))
        with docs.store.writer("look") as writer:
            (spaces,) = writer.connection.execute("SELECT COUNT(*) FROM spaces").fetchone()
            (orphans,) = writer.connection.execute(
                "SELECT COUNT(*) FROM vectors WHERE space NOT IN (SELECT id FROM spaces)"
            ).fetchone()
        assert (spaces, orphans) == (2, 0)
        assert docs.verify(deep=True).ok


def test_staged_work_survives_rollback_and_compaction(desk: Desk) -> None:
    new = desk.model("new", dim=80)
    with desk.open() as docs:
        reembed.build(docs.store, "shared", new)
        asked = desk.calls("new")
        docs.remove(["document-00001.txt"])
        docs.rollback(docs.generation - 1)
        docs.compact()
        assert reembed.build(docs.store, "shared", new).embedded == 0
        assert desk.calls("new") == asked
        reembed.switch(docs.store, "shared", new)
    with desk.open(shared="new") as docs:
        assert docs.info().spaces["shared"] == "new"
        assert docs.verify(deep=True).ok
        assert "shared/text" in {leg.leg for leg in docs.search(planted_word(1, 5))[0].found_by}


def test_staged_work_can_be_abandoned(desk: Desk) -> None:
    new = desk.model("new", dim=80)
    with desk.open() as docs:
        digest, files = docs.digest(vectors=True), set((desk.folder / "blocks").iterdir())
        reembed.build(docs.store, "shared", new)
        assert docs.store.staged() == {"shared": "new"}
        assert reembed.abandon(docs.store, "shared")
        assert not reembed.abandon(docs.store, "shared")
        docs.store.compact(Retention(generations=1, runs=1, seconds=0))
        assert docs.digest(vectors=True) == digest
        assert len(set((desk.folder / "blocks").iterdir())) <= len(files)


def test_a_damaged_staged_file_is_made_again(desk: Desk) -> None:
    new = desk.model("new", dim=80)
    with desk.open() as docs:
        known = set((desk.folder / "blocks").iterdir())
        reembed.build(docs.store, "shared", new)
        block = (set((desk.folder / "blocks").glob("*.npy")) - known).pop()
        block.chmod(0o600)
        data = bytearray(block.read_bytes())
        data[-5] ^= 1
        block.write_bytes(bytes(data))
        assert replace_model(docs, Exchange(model=new, space="shared")).staged.embedded > 0
        assert docs.verify(deep=True).ok


def test_both_models_are_compared_on_the_same_questions(desk: Desk) -> None:
    with desk.open() as docs:
        same = replace_model(
            docs, Exchange(model=desk.model("twin"), space="shared", questions=questions(), switch=False)
        )
        assert same.comparison is not None
        assert same.comparison.overlap == 1.0, "the same vectors under another name"
        assert same.comparison.before == same.comparison.after
        assert (same.comparison.judged, same.generation, same.comparison.most_moved) == (6, None, ())
        narrow = replace_model(docs, Exchange(model=desk.model("narrow", dim=2), space="shared", questions=questions()))
        assert narrow.comparison is not None
        assert narrow.comparison.overlap < 1.0
        assert narrow.comparison.most_moved


class Blind(FakeEmbedder):
    """Finds nothing of what is asked: questions lie opposite to everything."""

    def embed_texts(self, texts, role):
        sign = -1 if role is Role.QUERY else 1
        return sign * super().embed_texts(["same"] * len(texts), role)


def test_a_model_that_finds_less_is_held_back(desk: Desk) -> None:
    pipeline = ragmm.default_pipeline()
    with desk.open() as docs:
        docs.pipeline = _vectors_only(pipeline)
        wanted = Exchange(model=Blind(80, name="blind"), space="shared", questions=questions())
        docs._plans.models = ragmm.Models(embedders={"shared": desk.model(OLD)})  # the text space would find everything
        held = replace_model(docs, wanted)
        assert held.generation is None
        assert "finds less" in held.held_back
        assert docs.info().spaces["shared"] == OLD
        forced = Exchange(model=Blind(80, name="blind"), space="shared", questions=questions(), even_if_worse=True)
        assert replace_model(docs, forced).generation == docs.generation


def _vectors_only(pipeline: Pipeline) -> Pipeline:
    return dataclasses.replace(pipeline, query=dataclasses.replace(pipeline.query, lexical_weight=0.0))


def test_what_cannot_be_exchanged_is_said(desk: Desk) -> None:
    with desk.open() as docs:
        with pytest.raises(UsageError, match="name one of shared, text with --space"):
            replace_model(docs, Exchange(model=desk.model("new")))
        with pytest.raises(UsageError, match="already"):
            replace_model(docs, Exchange(model=desk.model(OLD), space="shared"))
        with pytest.raises(UsageError, match="text only"):
            replace_model(docs, Exchange(model=FakeEmbedder(kinds=["text"], name="words only"), space="shared"))
