"""`ragmm sync`: one summary line, exit codes a scheduler can rely on, plans that are looked at first."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ragmm.config import NightlySettings
from ragmm.indexes.store.store import Store
from ragmm.operate.files import append_line
from ragmm.operate.journal import JOURNAL
from tests.unit.sync_desk import Desk, in_memory


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with in_memory() as folder:
        desk = Desk(folder, monkeypatch)
        monkeypatch.setattr("ragmm.wiring.Models.embedders", lambda *_: dict(desk.models))
        yield desk


def pipeline_file(desk: Desk, text: str = "") -> str:
    path = desk.root / "night.toml"
    path.write_text(
        '[pipeline]\nname = "notes"\n[sources]\npaths = ["source"]\n[nightly]\nguard_documents = 2\n'
        '[models]\ncaption = "none"\nvlm = "extractive"\n' + text,
        encoding="utf-8",
    )
    return str(path)


def fill(desk: Desk, count: int = 8) -> None:
    for number in range(count):
        desk.write(f"{number:02}.txt", f"Document {number} speaks of subject{number}.")


def night(cli, desk: Desk, *options: str):
    return cli("sync", pipeline_file(desk), "-c", str(desk.folder), *options)


def test_a_night_prints_one_line_of_json(cli, desk: Desk) -> None:
    fill(desk)
    done = night(cli, desk, "--json")
    assert done.code == 0, done.err
    assert done.out.count("\n") == 1
    summary = json.loads(done.out)
    assert summary["documents"] == {
        "added": 8, "changed": 0, "moved": 0, "deleted": 0, "unchanged": 0, "failed": 0, "quarantined": 0,
    }  # fmt: skip
    expected = {"collection", "generation", "items", "embedded", "captioned", "reused", "seconds", "failures"}
    assert expected <= summary.keys()
    assert summary["night"] == 1
    assert json.loads(night(cli, desk, "--json").out)["documents"]["unchanged"] == 8


def test_a_night_in_words(cli, desk: Desk) -> None:
    fill(desk)
    desk.write("bad.txt", "")
    done = night(cli, desk)
    assert done.code == 10
    assert "8 added, 1 failed" in done.out
    assert "failed: bad.txt is empty" in done.err


def test_the_collection_is_named_by_the_pipeline(cli, desk: Desk) -> None:
    fill(desk, 2)
    assert cli("sync", pipeline_file(desk)).code == 0
    assert (Path(os.environ["RAGMM_HOME"]) / "notes" / "collection.db").is_file()


def test_a_dry_run_changes_nothing_and_says_what_it_would(cli, desk: Desk) -> None:
    fill(desk)
    done = night(cli, desk, "--dry-run")
    assert done.code == 0
    assert "8 new" in done.out
    assert "time and cost: unknown" in done.out
    assert not desk.folder.exists()
    night(cli, desk)
    desk.write("00.txt", "Changed.")
    done = night(cli, desk, "--dry-run", "--json")
    plan = json.loads(done.out)
    assert plan["counts"]["changed"] == 1
    assert [entry["uri"] for entry in plan["entries"]] == ["00.txt"]
    assert plan["estimate"]["seconds"] is not None
    assert re.search(r"about \d+ s \(.* measured over 1 night\)", night(cli, desk, "--dry-run").out)


def test_a_plan_is_written_and_carried_out(cli, desk: Desk) -> None:
    fill(desk)
    file = desk.root / "plan.json"
    planned = night(cli, desk, "--plan", str(file))
    assert planned.code == 0
    assert "PIPELINE" not in planned.out
    assert f"--apply {file}" in planned.out.replace("\n", " ")
    done = night(cli, desk, "--apply", str(file), "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["documents"]["added"] == 8
    again = night(cli, desk, "--apply", str(file))
    assert again.code == 2
    assert "changed since the plan was made" in again.err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda desk: desk.write("new.txt", "new"), "the sources do not match the plan any more: 1 documents differ"),
        (lambda desk: desk.write("00.txt", "other"), "1 documents differ"),
        (lambda desk: (desk.source / "01.txt").unlink(), "1 documents differ"),
        (lambda desk: (desk.root / "plan.json").write_text("{}"), "not a plan"),
        (lambda desk: (desk.root / "plan.json").write_text('{"format": 99}'), "plan format 99"),
        (lambda desk: (desk.root / "plan.json").unlink(), "cannot be read"),
    ],
)
def test_a_plan_that_no_longer_holds_is_refused(cli, desk: Desk, change, message: str) -> None:
    fill(desk)
    night(cli, desk)
    (desk.source / "07.txt").rename(desk.source / "moved.txt")
    assert night(cli, desk, "--plan", str(desk.root / "plan.json")).code == 0
    change(desk)
    generation = Store(desk.folder).snapshot().generation
    done = night(cli, desk, "--apply", str(desk.root / "plan.json"))
    assert done.code in {2, 22}
    assert message in done.err
    assert Store(desk.folder).snapshot().generation == generation


def test_the_guard_ends_with_31_and_the_rest_of_the_night_is_done(cli, desk: Desk) -> None:
    fill(desk)
    night(cli, desk)
    for number in range(3):
        (desk.source / f"{number:02}.txt").unlink()
    desk.write("new.txt", "A new text.")
    done = night(cli, desk, "--json")
    assert done.code == 31
    summary = json.loads(done.out)
    assert (summary["documents"]["added"], summary["documents"]["deleted"]) == (1, 0)
    assert "3 of 8 documents are gone" in summary["refused"]
    assert len(desk.uris()) == 9
    assert json.loads(night(cli, desk, "--allow-mass-delete", "--json").out)["documents"]["deleted"] == 3
    assert len(desk.uris()) == 6


def test_a_second_night_is_refused_at_once(cli, desk: Desk) -> None:
    fill(desk)
    night(cli, desk)
    desk.write("new.txt", "A new text.")
    with Store(desk.folder).writer("held"):
        done = night(cli, desk)
        assert done.code == 75
    assert "is writing to this collection" in done.err
    assert len(desk.uris()) == 8
    assert night(cli, desk).code == 0


def test_a_collection_of_a_newer_ragmm_is_left_alone(cli, desk: Desk) -> None:
    fill(desk)
    night(cli, desk)
    with sqlite3.connect(desk.folder / "collection.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = {path: path.read_bytes() for path in desk.folder.rglob("*") if path.is_file()}
    desk.write("new.txt", "A new text.")
    for options in ((), ("--dry-run",)):
        done = night(cli, desk, *options)
        assert done.code == 22
        assert "format 99" in done.err
    assert {path: path.read_bytes() for path in desk.folder.rglob("*") if path.is_file()} == before


def test_missing_sources_end_with_30_and_make_nothing(cli, desk: Desk) -> None:
    desk.source.rmdir()
    done = night(cli, desk)
    assert done.code == 30
    assert "is a disk not mounted?" in done.err
    assert not desk.folder.exists()


def test_an_edited_pipeline_is_told(cli, desk: Desk) -> None:
    fill(desk)
    night(cli, desk)
    done = cli("sync", pipeline_file(desk, "[loaders]\nchunk_tokens = 99\n"), "-c", str(desk.folder))
    assert done.code == 0
    assert "edited: loaders.chunk_tokens: " in done.err
    assert "8 documents were read with other settings; --refresh reads them again" in done.err


def test_options_that_contradict_each_other(cli, desk: Desk) -> None:
    assert night(cli, desk, "--apply", "x", "--dry-run").code == 2


def test_the_settings_of_a_night_do_not_count_as_an_edit(desk: Desk) -> None:
    fill(desk, 2)
    desk.night()
    desk.pipeline = replace(desk.pipeline, nightly=NightlySettings(max_minutes=3))
    assert desk.night().plan.edited == ()


def test_a_purge_is_confirmed_and_told(cli, desk: Desk) -> None:
    fill(desk, 3)
    night(cli, desk)
    done = cli("purge", "00.txt", "-c", str(desk.folder))
    assert done.code == 2
    assert "purge cannot be undone; say --yes" in done.err
    assert len(desk.uris()) == 3
    done = cli("purge", "00.txt", "-c", str(desk.folder), "--yes", "--json")
    assert done.code == 0
    assert json.loads(done.out)["documents"] == 1
    assert desk.uris() == ["01.txt", "02.txt"]
    with desk.open() as docs:
        append_line(docs.path / JOURNAL, '{"ended": {"id": "x", "ended": 1, "exit_code": 1, "error": "01.txt is odd"}}')
    done = cli("purge", "01.txt", "-c", str(desk.folder), "-y")
    assert "named no more: 0 reports of runs deleted, 1 lines of logs changed" in done.out
    assert "01.txt" not in (desk.folder / JOURNAL).read_text(encoding="utf-8")
    assert "purged 1 documents: 1 items" in done.out
    assert "is still there: exclude or delete it" in done.err
