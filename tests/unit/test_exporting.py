"""What is written for other programs: tables, JSON lines, Parquet, npy beside items, TREC runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import ragmm
from ragmm.errors import MissingExtraError, StorageError, UsageError
from ragmm.evaluation.questions import read_questions
from ragmm.evaluation.trec import RunLevel, write_qrels, write_run
from ragmm.exchange import tables
from ragmm.testing import FakeEmbedder, captioned_picture, png_bytes
from ragmm.types import Role

WORDS = FakeEmbedder(48, ["text"], name="words")


@pytest.fixture
def docs(tmp_path: Path) -> ragmm.Collection:
    source = tmp_path / "source"
    source.mkdir()
    (source / "heron.md").write_text("# Heron\n\nThe heron stands.\n\n## Food\n\nIt eats fish.\n", encoding="utf-8")
    (source / "a owl.txt").write_text("The owl sleeps by day.", encoding="utf-8")
    (source / "boat.png").write_bytes(png_bytes(captioned_picture("a boat", colour="red")))
    (source / "bad.pdf").write_bytes(b"%PDF-1.4 nothing")
    models = ragmm.Models(embedders={"shared": FakeEmbedder(), "text": WORDS})
    docs = ragmm.create(tmp_path / "c", models=models)
    docs.ingest([source])
    return docs


def test_items_come_with_the_vectors_that_the_model_made(docs: ragmm.Collection) -> None:
    found = list(docs.embedded())
    assert [one.item.id for one in found] == [item.id for item in docs.items()]
    owl = next(one for one in found if "owl" in one.item.text)
    row = WORDS.embed_texts([owl.item.text], Role.DOCUMENT)[0]
    assert np.allclose(owl.vectors["text"], row / np.linalg.norm(row), atol=1e-6)
    boat = next(one for one in found if one.item.uri.endswith("boat.png"))
    assert boat.vectors["shared"].shape == (64,)
    assert [one.item for one in docs.embedded(boat.item.uri)] == [boat.item]


def test_without_a_table_library_the_line_that_brings_it_is_named(
    docs: ragmm.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pandas", None)
    for make in (docs.to_pandas, docs.to_arrow):
        with pytest.raises(MissingExtraError, match=r"pip install 'ragmm\[tables\]'"):
            make()


@pytest.mark.needs("pyarrow", "pandas")
def test_frames_and_tables_hold_every_document_and_item(docs: ragmm.Collection) -> None:
    documents, items = docs.to_pandas("documents"), docs.to_pandas("items", vectors=True)
    assert sorted(documents["state"]) == ["failed", "indexed", "indexed", "indexed"]
    assert documents["reason"].notna().sum() == 1
    assert list(items["id"]) == [item.id for item in docs.items()]
    stored = {one.item.id: one.vectors for one in docs.embedded()}
    for _, row in items.iterrows():
        for space, vector in stored[row["id"]].items():
            assert np.array_equal(row[f"vector_{space}"], vector)
    assert items["vector_text"].isna().sum() == sum("text" not in vectors for vectors in stored.values())
    assert docs.to_arrow("items").num_rows == len(items)
    assert [json.loads(text) for text in items["metadata"]] == [dict(item.metadata) for item in docs.items()]
    with pytest.raises(UsageError, match="no table of 'pages'; choose one of: documents, items"):
        docs.to_arrow("pages")


@pytest.mark.needs("pyarrow")
def test_many_items_go_batch_by_batch(docs: ragmm.Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = docs.to_arrow(vectors=True)
    monkeypatch.setattr(tables, "_AT_ONCE", 1)
    assert docs.to_arrow(vectors=True).equals(whole)


def test_json_lines_hold_items_and_vectors(docs: ragmm.Collection, tmp_path: Path) -> None:
    done = docs.export(tmp_path / "items.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "items.jsonl").read_text(encoding="utf-8").splitlines()]
    assert done.items == len(lines) == docs.info().items
    for line, one in zip(lines, docs.embedded(), strict=True):
        assert (line["id"], line["text"], line["section"]) == (
            one.item.id,
            one.item.text,
            list(one.item.locator.section),
        )
        assert {space: len(row) for space, row in line["vectors"].items()} == {
            space: len(row) for space, row in one.vectors.items()
        }
        assert all(np.allclose(row, one.vectors[space], atol=1e-7) for space, row in line["vectors"].items())
    assert done.vectors == {space: sum(space in line["vectors"] for line in lines) for space in done.vectors}


@pytest.mark.needs("pyarrow")
def test_parquet_holds_the_same_and_names_the_models(docs: ragmm.Collection, tmp_path: Path) -> None:
    from pyarrow import parquet

    done = docs.export(tmp_path / "items.parquet")
    table = parquet.read_table(tmp_path / "items.parquet")
    assert table.num_rows == done.items
    assert table.schema.metadata[b"ragmm.model.text"] == b"words"
    assert table.drop_columns([]).equals(docs.to_arrow(vectors=True))


def test_a_folder_holds_plain_numpy_beside_its_items(docs: ragmm.Collection, tmp_path: Path) -> None:
    done = docs.export(tmp_path / "out")
    rows = {space: np.load(tmp_path / "out" / f"{space}.npy") for space in ("shared", "text")}
    assert {space: len(one) for space, one in rows.items()} == done.vectors
    lines = [json.loads(line) for line in (tmp_path / "out" / "items.jsonl").read_text(encoding="utf-8").splitlines()]
    for line, one in zip(lines, docs.embedded(), strict=True):
        assert line["rows"].keys() == one.vectors.keys()
        assert all(np.array_equal(rows[space][at], one.vectors[space]) for space, at in line["rows"].items())
    about = json.loads((tmp_path / "out" / "about.json").read_text(encoding="utf-8"))
    assert about["models"] == {"shared": "fake", "text": "words"}
    with pytest.raises(UsageError, match="is there already"):
        docs.export(tmp_path / "out")


def test_a_name_that_says_nothing_and_a_place_that_is_not_there(docs: ragmm.Collection, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"name it \*.jsonl or \*.parquet"):
        docs.export(tmp_path / "items.csv")
    with pytest.raises(StorageError, match="cannot be written"):
        docs.export(tmp_path / "nowhere" / "items.jsonl")


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    rows = [
        {"qid": "q 1", "question": "the heron stands", "relevant": [{"uri": "source/heron.md"}]},
        {"qid": "q2", "question": "the owl sleeps", "relevant": [{"uri": "source/a owl.txt"}]},
    ]
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def test_a_run_and_its_qrels_are_what_trec_eval_reads(docs: ragmm.Collection, questions: Path, tmp_path: Path) -> None:
    uris = {Path(document.path).name: document.uri for document in docs.documents()}
    text = questions.read_text(encoding="utf-8").replace("source/heron.md", uris["heron.md"])
    questions.write_text(text.replace("source/a owl.txt", uris["a owl.txt"]), encoding="utf-8")
    asked = read_questions(questions)
    lines = write_run(docs, asked, tmp_path / "run.trec", k=10)
    assert write_qrels(asked, tmp_path / "run.qrels") == 2
    run = [line.split(" ") for line in (tmp_path / "run.trec").read_text(encoding="utf-8").splitlines()]
    qrels = [line.split(" ") for line in (tmp_path / "run.qrels").read_text(encoding="utf-8").splitlines()]
    assert lines == len(run)
    assert {len(row) for row in run} == {6}
    assert {len(row) for row in qrels} == {4}
    assert {row[0] for row in run} == {"q%201", "q2"} == {row[0] for row in qrels}
    for qid in ("q%201", "q2"):
        mine = [row for row in run if row[0] == qid]
        assert [int(row[3]) for row in mine] == list(range(1, len(mine) + 1))
        scores = [float(row[4]) for row in mine]
        assert scores == sorted(scores, reverse=True)
        assert len(set(scores)) == len(scores)
        assert len({row[2] for row in mine}) == len(mine)
        assert [qid, "0", mine[0][2], "1"] in qrels, "the right document stands first"


@pytest.mark.needs("pytrec_eval")
def test_trec_eval_itself_reads_them(docs: ragmm.Collection, tmp_path: Path, questions: Path) -> None:
    import pytrec_eval

    write_run(docs, read_questions(questions), tmp_path / "run.trec", level=RunLevel.ITEM)
    with (tmp_path / "run.trec").open(encoding="utf-8") as file:
        run = pytrec_eval.parse_run(file)
    assert set(run) == {"q%201", "q2"}
    assert {int(one) for one in run["q2"]} <= {item.id for item in docs.items()}
