"""docs/guide/start.md as it stands: every line of it runs, and what it promises to show is shown."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tools.first_hour import Step


@pytest.fixture
def steps(repository: Path) -> list[Step]:
    page = repository / "docs" / "guide" / "start.md"
    if not page.exists():
        pytest.skip("run away from the checkout: no documents here")
    from tools.first_hour import tutorial

    return tutorial(page)


def test_every_line_of_the_tutorial_runs(
    cli, steps: list[Step], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("RAGMM_HOME")
    (tmp_path / "indexes").mkdir()
    shown = ""
    for step in steps:
        if step.kind == "text":
            missing = [line for line in step.code.splitlines() if line not in shown]
            assert not missing, (missing, shown)
            shown = ""
        elif step.kind == "python":
            capsys.readouterr()
            exec(compile(step.code, "start.md", "exec"), {})
            assert "rules.html" in capsys.readouterr().out
        elif step.words is None:
            subprocess.run(["bash", "-ec", step.code], cwd=tmp_path, check=True, timeout=60)
        else:
            done = cli(*step.words)
            assert done.code == 0, (step.code, done.out, done.err)
            shown += done.out
    for left in ("answer.html", "eval.html", "backup/collection.db"):
        assert (tmp_path / left).is_file(), left
    assert list((tmp_path / "nightly-reports").glob("*.html"))


def test_the_tutorial_is_whole(steps: list[Step]) -> None:
    commands = [step.words[0] for step in steps if step.words]
    assert {"ingest", "query", "init", "eval", "sync", "runs", "verify", "snapshot"} <= {*commands}
    assert len(commands) >= 15
    assert sum(step.kind == "crontab" for step in steps) == 1


def test_the_table_of_frictions_names_tests_that_exist(repository: Path) -> None:
    page = repository / "docs" / "guide" / "first-hour.md"
    if not page.exists():
        pytest.skip("run away from the checkout: no documents here")
    rows = [line.rpartition("|")[0].rpartition("|")[2] for line in page.read_text("utf-8").splitlines() if "|" in line]
    tests = "".join(file.read_text("utf-8") for file in (repository / "tests").rglob("test_*.py"))
    named = {name for row in rows for name in re.findall(r"`(test_\w+)`", row)}
    assert len(rows) == 22  # a head, a rule, twenty frictions
    assert len(named) >= 25
    assert not [name for name in named if f"def {name}(" not in tests]
    files = {name for row in rows for name in re.findall(r"`(test_\w+\.py)`", row)}
    assert not [name for name in files if not list((repository / "tests").rglob(name))]
