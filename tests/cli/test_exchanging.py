"""`ragmm export` from the command line, and `ragmm import`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


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
