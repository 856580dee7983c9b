"""kill -9 at random moments of a real ingest: real parsers, real disk. Nothing is lost, the same command goes on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

import ragmm
from ragmm.indexes.store import Store
from ragmm.testing import FakeEmbedder, sample_corpus

_INGEST = """
import sys
sys.path.insert(0, sys.argv[3])
import dataclasses
import ragmm
from ragmm.testing import FakeEmbedder
if __name__ == "__main__":
    pipeline = ragmm.default_pipeline()
    pipeline = dataclasses.replace(pipeline, store=dataclasses.replace(pipeline.store, commit_items=7))
    models = ragmm.Models(embedders={"shared": FakeEmbedder(), "text": FakeEmbedder(modalities=["text"])})
    docs = ragmm.create(sys.argv[1], exist_ok=True, pipeline=pipeline, models=models)
    report = docs.ingest([sys.argv[2]])
    assert not report.failures, report.failures
    print("done", flush=True)
"""


def start(folder: Path, source: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _INGEST, str(folder), str(source), os.getcwd()],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def finish(process: subprocess.Popen[str]) -> None:
    out, error = process.communicate(timeout=100)
    assert out == "done\n", error


def children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def change(source: Path, rng: random.Random) -> None:
    """A day's work on the sources: one file rewritten, one gone, one new."""
    files = sorted(source.iterdir())
    text = [path for path in files if path.suffix in {".md", ".txt"}]
    rng.choice(text).write_text(f"rewritten {rng.random()} words", encoding="utf-8")
    (source / f"new-{rng.randrange(10**9)}.txt").write_text(f"new {rng.random()}", encoding="utf-8")


def outliving(offspring: list[psutil.Process]) -> list[psutil.Process]:
    """Which of them still run five seconds later; one that only waits to be reaped by init has ended."""
    _, left = psutil.wait_procs(offspring, timeout=5)
    return [process for process in left if _runs(process)]


def _runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def killed_runs(tmp_path: Path, kills: int) -> int:
    """Kill until so many kills have landed; returns how often a run came to its end meanwhile."""
    rng = random.Random(kills)
    source, folder = tmp_path / "source", tmp_path / "collection"
    sample_corpus(source, 40, seed=3)
    began = time.monotonic()
    finish(start(folder, source))
    usual = time.monotonic() - began
    landed = ended = 0
    while landed < kills:
        change(source, rng)
        process = start(folder, source)
        time.sleep(rng.uniform(0.2, 1.0) * usual)
        offspring = children(process.pid)
        if process.poll() is not None:
            finish(process)
            ended += 1
            continue
        if rng.random() < 0.5:
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.communicate()
        landed += 1
        assert not outliving(offspring), "a worker outlived its parent"
        report = Store(folder).verify(deep=True)
        assert report.ok, report.problems
    finish(start(folder, source))
    check_equal_to_undisturbed(tmp_path, folder, source)
    return ended


def check_equal_to_undisturbed(tmp_path: Path, folder: Path, source: Path) -> None:
    models = ragmm.Models(embedders={"shared": FakeEmbedder(), "text": FakeEmbedder(modalities=["text"])})
    with ragmm.create(tmp_path / "undisturbed", models=models) as fresh:
        assert not fresh.ingest([source]).failures
        assert Store(folder).digest(vectors=True) == fresh.digest(vectors=True)


@pytest.mark.faults
def test_some_kills(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    record_property("kills", 2)
    killed_runs(tmp_path, 2)


@pytest.mark.faults
@pytest.mark.timeout(3000)
def test_many_kills(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    kills = int(os.environ.get("RAGMM_KILLS", "200"))
    record_property("kills", kills)
    killed_runs(tmp_path, kills)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_signals_stop_cleanly(number: signal.Signals, tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "collection"
    sample_corpus(source, 60, seed=3)
    process = start(folder, source)
    deadline = time.monotonic() + 60
    while not (Store(folder).exists and Store(folder).history()) and time.monotonic() < deadline:
        time.sleep(0.05)
    offspring = children(process.pid)
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert not outliving(offspring)
    report = Store(folder).verify(deep=True)
    assert report.ok, report.problems
    finish(start(folder, source))
    check_equal_to_undisturbed(tmp_path, folder, source)
