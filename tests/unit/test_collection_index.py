"""A pipeline names an index; ingest, compact and repair keep it, and a query says when it had to do without."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

import ragmm
from ragmm.config import default_pipeline
from ragmm.indexes.exact import ExactIndex
from ragmm.indexes.faiss.flat import FlatIndex
from ragmm.indexes.faiss.index import AnnIndex
from ragmm.testing import FakeEmbedder

pytest.importorskip("faiss")

PIPELINE = """
[pipeline]
name = "test"
profile = "mini"
routes = ["text"]
[models]
caption = "none"
vlm = "extractive"
[store]
index = "ivf-sq8"
"""


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> ragmm.Collection:
    """Each test leaves it sound."""
    tmp_path = tmp_path_factory.mktemp("indexed")
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(6):
        (folder / f"d{number}.txt").write_text(f"Note {number} on region {number}.", encoding="utf-8")
    (tmp_path / "p.toml").write_text(PIPELINE, encoding="utf-8")
    made = ragmm.create(
        tmp_path / "c", pipeline=tmp_path / "p.toml", models=ragmm.Models(embedders={"text": FakeEmbedder()})
    )
    made.ingest([folder])
    return made


def the_file(docs: ragmm.Collection) -> Path:
    (path,) = (docs.path / "ann").iterdir()
    return path


def kind(docs: ragmm.Collection) -> type:
    with closing(docs.store.snapshot()) as snapshot:
        return type(snapshot.index("text", "text"))


def test_ingest_builds_the_index_that_the_pipeline_names(docs: ragmm.Collection) -> None:
    assert the_file(docs).suffix == ".faiss"
    assert kind(docs) is AnnIndex
    result = docs.query("region 3", answer=False)
    assert result.hits[0].item.uri.endswith("d3.txt")
    assert result.warnings == ()


def test_a_damaged_index_is_told_of_and_the_answer_is_the_same(docs: ragmm.Collection) -> None:
    before = [hit.item.id for hit in docs.query("region 3", answer=False).hits]
    docs.close()
    path = the_file(docs)
    path.unlink()
    result = docs.query("region 3", answer=False)
    assert [hit.item.id for hit in result.hits] == before
    assert path.name in result.warnings[0]
    assert kind(docs) is ExactIndex
    docs.compact()
    assert kind(docs) is AnnIndex


def test_repair_builds_it_again(docs: ragmm.Collection) -> None:
    path = the_file(docs)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:100])
    assert docs.repair().ok
    assert the_file(docs) != path or len(path.read_bytes()) > 100
    assert kind(docs) is AnnIndex
    assert docs.verify(deep=True).ok


def test_exact_always_means_exact(docs: ragmm.Collection, tmp_path: Path) -> None:
    """Also where an index is recorded, or FAISS is there."""
    (tmp_path / "exact.toml").write_text(PIPELINE.replace("ivf-sq8", "exact"), encoding="utf-8")
    models = ragmm.Models(embedders={"text": FakeEmbedder()})
    with ragmm.open(docs.path, pipeline=tmp_path / "exact.toml", models=models) as exactly:
        assert type(exactly._current().index("text", "text")) is ExactIndex
    assert kind(docs) is AnnIndex


def test_who_has_imported_faiss_searches_with_it(tmp_path: Path) -> None:
    pytest.importorskip("faiss")
    (tmp_path / "d.txt").write_text("Note on region 3.", encoding="utf-8")
    models = ragmm.Models(embedders={"text": FakeEmbedder()})
    with ragmm.create(tmp_path / "c", pipeline=default_pipeline(), models=models) as small:
        small.ingest([tmp_path / "d.txt"])
        assert kind(small) is FlatIndex
