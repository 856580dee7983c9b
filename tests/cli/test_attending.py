"""ragmm sync, looked after: what a night leaves behind where the pipeline file asks for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    source = tmp_path / "documents"
    source.mkdir()
    for number in range(3):
        (source / f"{number}.txt").write_text(f"Document {number} is about subject{number}.", encoding="utf-8")
    (tmp_path / "questions.jsonl").write_text('{"qid": "1", "question": "subject1"}\n', encoding="utf-8")
    file = tmp_path / "n.toml"
    file.write_text(
        '[pipeline]\nname = "n"\n[sources]\npaths = ["documents"]\n[models]\ncaption = "none"\n'
        '[operate]\nreports = "reports"\nlog = "n.log"\nmetrics = "n.prom"\nquestions = "questions.jsonl"\n'
        'on_failure = ["sh", "-c", "cat > told.json"]\n',
        encoding="utf-8",
    )
    return file


def test_a_night_is_reported_measured_logged_and_told(cli, pipeline: Path, tmp_path: Path) -> None:
    first = cli("sync", pipeline, "-c", "./n", "--json")
    assert (first.code, first.json["documents"]["added"]) == (0, 3), first.err
    (tmp_path / "documents" / "3.txt").write_text("Another one about subject1.", encoding="utf-8")
    assert cli("sync", pipeline, "-c", "./n", "--json").json["documents"]["added"] == 1
    (tmp_path / "documents").rename(tmp_path / "away")
    assert not (tmp_path / "told.json").exists()
    gone = cli("sync", pipeline, "-c", "./n", "--json")
    assert gone.code not in {0, 10}

    runs = cli("runs", "-c", "./n", "--json").json
    attended = [run for run in runs if run["command"].startswith("sync ") and run["command"].endswith("n.toml")]
    assert [run["state"] for run in attended] == ["failed", "done", "done"]
    assert attended[1]["drift"]["overlap"] < 1
    assert attended[0]["exit_code"] == gone.code
    reports = sorted((tmp_path / "reports").iterdir(), key=lambda page: page.stat().st_mtime_ns)
    assert len(reports) == 3
    assert "subject1" in reports[1].read_text(encoding="utf-8"), "the question whose hits have changed"
    told = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert (told["exit_code"], told["report"]) == (gone.code, str(reports[2]))
    assert f'ragmm_last_run_exit_code{{collection="n"}} {gone.code}' in (tmp_path / "n.prom").read_text("utf-8")
    events = [json.loads(line)["event"] for line in (tmp_path / "n.log").read_text("utf-8").splitlines()]
    assert events.count("begin") == events.count("end") == 3
    assert "told" in events


def test_a_dry_run_leaves_nothing_behind(cli, pipeline: Path, tmp_path: Path) -> None:
    assert cli("sync", pipeline, "-c", "./n", "--dry-run").code == 0
    assert not {"reports", "n.log", "n.prom", "n"} & {path.name for path in tmp_path.iterdir()}
