"""Ctrl-C and SIGTERM bring the prompt back within seconds, whatever is under way, and the same command goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.slow_stages import STAGES

MOST_SECONDS = 20.0
"""Of a stage that takes a minute; alone on a machine it is one to three."""


def interrupted(folder: Path, stage: str, number: signal.Signals) -> tuple[subprocess.CompletedProcess[str], float]:
    """One ingest that is signalled in the stage; how it ended, and after how long."""
    mark = folder / "begun"
    words = ["ingest", "docs", "-c", "./notes", "-p", "p.toml"]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.cli.slow_stages", stage, str(mark), *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])},
    ) as child:
        deadline = time.monotonic() + 90
        while not mark.exists() and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)  # well inside the stage
        began = time.monotonic()
        child.send_signal(number)
        out, err = child.communicate(timeout=100)
        took = time.monotonic() - began
    assert mark.exists(), err
    return subprocess.CompletedProcess(words, child.returncode, out, err), took


def each_stage() -> Iterator[object]:
    """Every stage with either signal; each costs seconds, so that one signal a stage is for `make test-slow`."""
    for stage, number in product(STAGES, (signal.SIGINT, signal.SIGTERM)):
        slow = (number is signal.SIGTERM) != (stage in {"embedding", "indexing"})
        yield pytest.param(stage, number, id=f"{stage}-{number.name}", marks=[pytest.mark.slow] if slow else [])


@pytest.mark.parametrize(("stage", "number"), list(each_stage()))
def test_a_signal_ends_any_stage_within_seconds(tmp_path: Path, stage: str, number: signal.Signals) -> None:
    (tmp_path / "docs").mkdir()
    for name in ("heron", "weir", "mill"):
        (tmp_path / "docs" / f"{name}.md").write_text(f"The {name} stands by the river.\n", encoding="utf-8")
    Image.effect_mandelbrot((64, 48), (-2, -1, 1, 1), 40).convert("RGB").save(tmp_path / "docs" / "picture.png")
    (tmp_path / "p.toml").write_text(
        '[pipeline]\nname = "p"\n[loaders]\nocr = "never"\n[models]\ncaption = "mini"\n', encoding="utf-8"
    )
    ended, took = interrupted(tmp_path, stage, number)
    assert took < MOST_SECONDS, f"{took:.1f} s\n{ended.stderr}"
    assert ended.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}[number], ended.stderr
    last = ended.stderr.splitlines()[-1]
    committed = 4 if stage in {"commit", "indexing"} else 0
    assert last.startswith(f"stopped; {committed} documents of this run are committed"), ended.stderr
    assert last.endswith("go on with: ragmm ingest docs -c ./notes -p p.toml")
    again = subprocess.run(
        [sys.executable, "-m", "tests.cli.slow_stages", "none", str(tmp_path / "none"), *ended.args],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])},
    )
    assert again.returncode == 0, again.stderr
    assert f"{4 - committed} added" in again.stdout or committed == 4, again.stdout
