"""kill -9 at random moments of real nights: real parsers, real disk. Nothing is lost, the same command goes on."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

import ragmm
from ragmm.config import Pipeline, SourceSettings
from ragmm.indexes.store import Store
from ragmm.operate.journal import RunState, read_runs
from ragmm.testing import FakeEmbedder, sample_corpus

COMMIT_ITEMS = 7
_NIGHT = """
import dataclasses, hashlib, os, sys
sys.path.insert(0, sys.argv[3])
import ragmm
from ragmm.operate.attending import attended
from ragmm.testing import FakeEmbedder
from tests.faults.test_kill import pipeline_for
log = os.open(sys.argv[1] + ".embedded", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
class Noting(FakeEmbedder):
    def _admit(self, inputs):
        for one in inputs:
            data = one.encode() if isinstance(one, str) else one
            os.write(log, f"{self.info.name} {hashlib.sha256(data).hexdigest()}\\n".encode())
        return super()._admit(inputs)
if __name__ == "__main__":
    models = ragmm.Models(embedders={"shared": Noting(), "text": Noting(modalities=["text"], name="words")})
    docs = ragmm.create(sys.argv[1], exist_ok=True, pipeline=pipeline_for(sys.argv[2]), models=models)
    with attended(docs, "sync") as watch:
        night = docs.sync(allow_mass_delete=True)
        watch.finished(night)
    assert not night.report.failures, night.report.failures
    print("done", flush=True)
"""


def pipeline_for(source: str) -> Pipeline:
    pipeline = ragmm.default_pipeline()
    return dataclasses.replace(
        pipeline,
        sources=SourceSettings(paths=(source,)),
        store=dataclasses.replace(pipeline.store, commit_items=COMMIT_ITEMS),
    )


def start(folder: Path, source: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _NIGHT, str(folder), str(source), os.getcwd()],
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


def survivors(offspring: list[psutil.Process]) -> list[psutil.Process]:
    """Processes that run on after five seconds, more where processors are crowded; one to be reaped is dead."""
    crowd = os.getloadavg()[0] / (os.cpu_count() or 1)
    _, alive = psutil.wait_procs(offspring, timeout=5 * max(1.0, crowd))
    return [one for one in alive if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def change(source: Path, rng: random.Random) -> None:
    """A day's work on the sources: files rewritten, gone, moved and new.

    A moved file keeps its name: what is linked by its content keeps the words of the name under which it was read.
    """
    files = sorted(path for path in source.rglob("*") if path.is_file())
    text = [path for path in files if path.suffix in {".md", ".txt"}]
    for path in rng.sample(text, 3):
        path.write_text(f"rewritten {rng.random()} words\n\nand {rng.random()} more", encoding="utf-8")
    for _ in range(3):
        (source / f"new-{rng.randrange(10**9)}.txt").write_text(f"new {rng.random()}", encoding="utf-8")
    moved, *gone = rng.sample(files, 4)
    folder = source / f"folder{rng.randrange(3)}"
    folder.mkdir(exist_ok=True)
    moved.rename(folder / moved.name)
    for path in gone if len(files) > 40 else []:
        path.unlink()


def killed_nights(tmp_path: Path, kills: int) -> dict[str, int]:
    """Kill until so many kills have landed; returns what there is to count."""
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
        assert not survivors(offspring), "a worker outlived its parent"
        report = Store(folder).verify(deep=True)
        assert report.ok, report.problems
    finish(start(folder, source))
    check_equal_to_undisturbed(tmp_path, folder, source)
    check_journal(folder, landed)
    return {"kills": landed, "nights that ended meanwhile": ended, "vectors made twice": made_twice(folder, landed)}


def made_twice(folder: Path, landed: int) -> int:
    """A kill costs one batch of embedding at most: what waited for its commit, in each of two spaces."""
    made = Counter(Path(f"{folder}.embedded").read_text(encoding="ascii").splitlines())
    again = sum(count - 1 for count in made.values())
    assert again <= landed * 2 * 2 * COMMIT_ITEMS, f"{again} vectors were made again after {landed} kills"
    return again


def check_journal(folder: Path, landed: int) -> None:
    """Nights that were killed after they had begun are listed as such."""
    states = Counter(run.state for run in read_runs(folder))
    assert states.keys() <= {RunState.DONE, RunState.CUT_SHORT}
    assert states[RunState.CUT_SHORT] <= landed


def check_equal_to_undisturbed(tmp_path: Path, folder: Path, source: Path) -> None:
    models = ragmm.Models(embedders={"shared": FakeEmbedder(), "text": FakeEmbedder(modalities=["text"], name="words")})
    with ragmm.create(tmp_path / "undisturbed", pipeline=pipeline_for(str(source)), models=models) as fresh:
        assert not fresh.sync().report.failures
        assert Store(folder).digest(vectors=True) == fresh.digest(vectors=True)


@pytest.mark.faults
@pytest.mark.timeout(3000)
def test_some_kills(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    for what, count in killed_nights(tmp_path, int(os.environ.get("RAGMM_KILLS", "200"))).items():
        record_property(what, count)


@pytest.mark.long
@pytest.mark.timeout(40_000)
def test_many_kills(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    for what, count in killed_nights(tmp_path, int(os.environ.get("RAGMM_KILLS", "1000"))).items():
        record_property(what, count)


def stopped_night(tmp_path: Path, number: signal.Signals, wait: Callable[[Path], None]) -> bool:
    """Send a signal to a night; whether it arrived before the night's end."""
    source, folder = tmp_path / "source", tmp_path / "collection"
    process = start(folder, source)
    wait(folder)
    offspring = children(process.pid)
    running, began = process.poll() is None, time.monotonic()
    process.send_signal(number)
    process.communicate(timeout=30)
    assert time.monotonic() - began < 10 * (1 + os.getloadavg()[0] / (os.cpu_count() or 1))
    assert not survivors(offspring)
    if Store(folder).exists:
        report = Store(folder).verify(deep=True)
        assert report.ok, report.problems
    return running


def first_commit(folder: Path) -> None:
    deadline = time.monotonic() + 60
    while not (Store(folder).exists and Store(folder).history()) and time.monotonic() < deadline:
        time.sleep(0.05)


@pytest.mark.faults
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_signals_stop_cleanly(number: signal.Signals, tmp_path: Path) -> None:
    sample_corpus(tmp_path / "source", 60, seed=3)
    stopped_night(tmp_path, number, first_commit)
    finish(start(tmp_path / "collection", tmp_path / "source"))
    check_equal_to_undisturbed(tmp_path, tmp_path / "collection", tmp_path / "source")


@pytest.mark.faults
@pytest.mark.row("R27")
@pytest.mark.timeout(3000)
def test_signals_at_random_times(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    wanted = int(os.environ.get("RAGMM_SIGNALS", "12"))
    rng, landed = random.Random(wanted), 0
    source, folder = tmp_path / "source", tmp_path / "collection"
    sample_corpus(source, 40, seed=3)
    began = time.monotonic()
    finish(start(folder, source))
    usual = time.monotonic() - began
    while landed < wanted:
        change(source, rng)
        number = rng.choice([signal.SIGINT, signal.SIGTERM])
        landed += stopped_night(tmp_path, number, lambda _: time.sleep(rng.uniform(0.1, 0.9) * usual))
    record_property("signals", landed)
    finish(start(folder, source))
    check_equal_to_undisturbed(tmp_path, folder, source)
