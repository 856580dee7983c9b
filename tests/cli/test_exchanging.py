"""`ragmm export` from the command line, and `ragmm import`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ragmm.testing import FakeEmbedder
from ragmm.types import Role


@pytest.fixture
def notes(cli, tmp_path: Path) -> Path:
    source = tmp_path / "notes"
    source.mkdir()
    (source / "heron.md").write_text("The heron stands in the water.", encoding="utf-8")
    (source / "owl.md").write_text("The owl sleeps by day.", encoding="utf-8")
    assert cli("ingest", "notes", "-c", "birds").code == 0
    return source


def test_items_are_written_by_the_name_of_the_target(cli, notes: Path, tmp_path: Path) -> None:
    done = cli("export", "items.jsonl", "-c", "birds")
    assert done.code == 0, done.err
    assert "2 items" in done.out
    assert len((tmp_path / "items.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    assert cli("export", "folder", "-c", "birds", "--json").json["items"] == 2
    wrong = cli("export", "items.csv", "-c", "birds")
    assert wrong.code == 2
    assert "*.parquet" in wrong.err


def test_a_run_answers_questions(cli, notes: Path, tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text(
        json.dumps({"qid": "1", "question": "the owl", "relevant": [{"uri": "notes/owl.md"}]}) + "\n", encoding="utf-8"
    )
    done = cli("export", "run.trec", "-c", "birds", "--questions", "questions.jsonl", "-k", 1, "--json")
    assert done.json["lines"] == done.json["qrels"] == 1
    assert (tmp_path / "run.trec").read_text(encoding="utf-8").split()[4:] != []
    assert "--questions" in cli("export", "run.trec", "-c", "birds").err
    assert (
        "document, page, item"
        in cli("export", "run.trec", "-c", "birds", "--questions", "questions.jsonl", "--level", "book").err
    )


def test_an_export_is_imported_by_its_folder(cli, notes: Path) -> None:
    assert cli("export", "out", "-c", "birds").code == 0
    several = cli("import", "out", "-c", "again")
    assert several.code == 2
    assert "name one of these models" in several.err
    done = cli("import", "out", "-c", "again", "--model", "mini", "--json")
    assert (done.code, done.json["reused"]) == (0, 2)
    assert (
        cli("query", "which owl sleeps", "-c", "again", "--no-answer", "--json")
        .json["hits"][0]["uri"]
        .endswith("owl.md")
    )


def test_a_folder_of_vectors_becomes_a_collection(cli, tmp_path: Path) -> None:
    folder, model = tmp_path / "vectors", FakeEmbedder(name="st:mine")
    folder.mkdir()
    texts = ["The heron stands.", "The owl sleeps.", "The ferry leaves at nine."]
    np.save(folder / "rows.npy", model.embed_texts(texts, Role.DOCUMENT) / 2)
    rows = [json.dumps({"text": text, "source": f"{number}.txt"}) for number, text in enumerate(texts)]
    (folder / "items.jsonl").write_text("\n".join(rows), encoding="utf-8")
    unnamed = cli("import", "vectors", "-c", "new")
    assert (unnamed.code, "--model" in unnamed.err) == (2, True)
    uneven = cli("import", "vectors", "-c", "new", "--model", "st:mine")
    assert (uneven.code, "--normalise" in uneven.err) == (2, True)
    done = cli("import", "vectors", "-c", "new", "--model", "st:mine", "--normalise", "--json")
    assert done.code == 0, done.err
    assert (done.json["embedded"], done.json["reused"], done.json["items"]) == (0, 3, {"passage": 3})
    asked = cli("query", "which owl sleeps", "-c", "new", "--no-answer", "--json")
    assert asked.json["hits"][0]["uri"] == "1.txt"
    assert cli("verify", "-c", "new", "--deep").code == 0
