"""init, ingest and rm."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

import ragmm.wiring
from ragmm.config import load_pipeline
from ragmm.testing import FakeEmbedder


def test_init_writes_a_pipeline_that_reads(cli) -> None:
    done = cli("init", "reports.toml", "--starter", "nightly", "--profile", "standard")
    assert done.code == 0
    pipeline = load_pipeline("reports.toml")
    assert (pipeline.name, pipeline.profile) == ("reports", "standard")
    assert f"ragmm models pull {pipeline.models.shared}" in done.out


def test_init_says_in_json_what_is_needed(cli) -> None:
    reply = cli("init", "--json").json
    assert reply["file"] == "ragmm.toml"
    assert {need["role"] for need in reply["models"]} == {"shared", "text", "vlm"}
    assert next(need for need in reply["models"] if need["role"] == "vlm")["present"]


@pytest.mark.parametrize(
    ("text", "language", "proposed"),
    [
        ("Der Hafen ist von acht bis fünf Uhr geöffnet, und die Boote sind im Winter nicht da.", "de", True),
        ("Το λιμάνι ανοίγει στις οκτώ το πρωί και κλείνει στις πέντε το απόγευμα.", "GREEK", False),
        ("The harbour opens at eight in the morning and closes at five in the afternoon.", "en", False),
    ],
)
def test_init_proposes_a_model_for_the_languages_of_a_sample_that_it_knows(
    cli, text: str, language: str, proposed: bool
) -> None:
    Path("files").mkdir()
    Path("files", "a.txt").write_text(text, encoding="utf-8")
    assert cli("init", "--sample", "files", "--force", "--json").json["languages"] == {language: 1}
    assert ("models pull multilingual" in cli("init", "--sample", "files", "--force").out) is proposed
    assert "--sample takes" in cli("init", "--sample", "nowhere", "--force").err


def test_init_overwrites_only_by_force(cli) -> None:
    Path("ragmm.toml").write_text("mine", encoding="utf-8")
    done = cli("init")
    assert done.code == 2
    assert "--force" in done.err
    assert Path("ragmm.toml").read_text(encoding="utf-8") == "mine"
    assert cli("init", "--force").code == 0
    assert load_pipeline("ragmm.toml").name == "ragmm"


@pytest.mark.parametrize("words", [["--starter", "weekly"], ["--profile", "huge"]])
def test_init_names_the_choices_and_writes_nothing(cli, words: list[str]) -> None:
    done = cli("init", *words)
    assert done.code == 2
    assert ("both, shared" if "weekly" in words else "mini, standard") in done.err
    assert not Path("ragmm.toml").exists()


def test_ingest_reports_what_it_did_and_again_does_nothing(cli, corpus: Path, pipeline: Path) -> None:
    files = sum(file.is_file() for file in corpus.rglob("*"))
    first = cli("ingest", corpus, "-c", "./notes", "-p", pipeline, "--json")
    assert first.code == 0
    assert first.json["documents"]["added"] == files
    assert first.json["embedded"] > 0
    again = cli("ingest", corpus, "-c", "./notes", "--json").json
    assert again["documents"]["unchanged"] == files
    assert again["embedded"] == 0


def test_ingest_tells_people_the_same(cli, pipeline: Path) -> None:
    Path("a.md").write_text("# A\n\nOne sentence.\n", encoding="utf-8")
    done = cli("ingest", "a.md", "-c", "./notes", "-p", pipeline)
    assert done.code == 0
    assert "notes, generation 1: 1 added" in done.out


def test_documents_that_fail_are_named_and_the_rest_goes_on(cli, pipeline: Path) -> None:
    Path("docs").mkdir()
    Path("docs/good.md").write_text("Some words.\n", encoding="utf-8")
    Path("docs/empty.txt").touch()
    Path("docs/broken.pdf").write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 8)
    done = cli("ingest", "docs", "-c", "./notes", "-p", pipeline)
    assert done.code == 10
    assert "1 added" in done.out
    assert "failed: empty.txt" in done.err
    (broken,) = [
        line for line in done.err.splitlines() if line.startswith("failed: broken.pdf cannot be opened as a PDF")
    ]
    assert broken.count("broken.pdf") == 1
    assert broken.endswith("save it again from a viewer that opens it, or take it out of the sources")
    reply = cli("ingest", "docs", "-c", "./other", "-p", pipeline, "--json")
    assert reply.code == 10
    assert sorted(failure["uri"] for failure in reply.json["failures"]) == ["broken.pdf", "empty.txt"]


def test_a_misspelt_path_is_an_error_and_makes_nothing(cli, pipeline: Path) -> None:
    done = cli("ingest", "nowhere", "-c", "./notes", "-p", pipeline)
    assert done.code == 2
    assert "nowhere" in done.err
    assert not Path("notes/collection.db").exists()


def test_a_wrong_pipeline_is_an_error_with_its_line(cli) -> None:
    Path("p.toml").write_text("[query]\nk = 0\n", encoding="utf-8")
    Path("a.md").write_text("x", encoding="utf-8")
    done = cli("ingest", "a.md", "-c", "./notes", "-p", "p.toml")
    assert done.code == 2
    assert "p.toml, line 2: query.k is 0" in done.err


def test_removed_documents_are_gone(cli, sample: Path) -> None:
    done = cli("rm", "timetable.csv", "-c", sample, "--json")
    assert done.code == 0
    assert done.json["documents"]["deleted"] == 1
    assert "timetable.csv" not in cli("ls", "-c", sample).out


@pytest.mark.parametrize(
    ("number", "code"), [pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow), (signal.SIGINT, 130)]
)
def test_a_signal_ends_the_run_after_the_commit_and_the_same_command_goes_on(
    cli, pipeline: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    pipeline.write_text(pipeline.read_text("utf-8") + "[limits]\nworkers = 1\n", encoding="utf-8")
    Path("docs").mkdir()
    # Enough items for a first batch, so that the signal comes while there is more to read.
    records = [f'{{"subject": "subject{number}", "words": "{number} words"}}' for number in range(600)]
    Path("docs/0.jsonl").write_text("\n".join(records), encoding="utf-8")
    for name in range(1, 40):
        Path(f"docs/{name:02}.md").write_text(f"Document {name} speaks of subject{name}.\n", encoding="utf-8")

    class Signalling(FakeEmbedder):
        sent = False

        def embed_texts(self, texts, role):
            if not Signalling.sent:
                Signalling.sent = True
                os.kill(os.getpid(), number)
            return super().embed_texts(texts, role)

    monkeypatch.setattr(ragmm.wiring, "build_embedder", lambda name, models: Signalling(name=name))
    stopped = cli("ingest", "docs", "-c", "./notes", "-p", pipeline, "--json")
    assert stopped.code == code
    assert stopped.json["interrupted"]
    finished = cli("ingest", "docs", "-c", "./notes", "--json")
    assert finished.code == 0
    assert len(cli("ls", "-c", "./notes").out.splitlines()) == 40


@pytest.mark.parametrize(
    ("starter", "next_"), [("nightly", "ragmm sync job.toml --dry-run"), ("both", "ragmm ingest FOLDER")]
)
def test_what_to_do_after_init_is_told(cli, tmp_path: Path, monkeypatch, starter: str, next_: str) -> None:
    monkeypatch.chdir(tmp_path)
    assert f"Next: {next_}" in cli("init", "job.toml", "--starter", starter).out
