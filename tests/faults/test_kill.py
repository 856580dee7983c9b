"""kill -9 at random moments of real nights: real parsers, real disk. Nothing is lost, the same command goes on."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

import ragmm
from ragmm.indexes.store.store import Store
from ragmm.operate.journal import RunState, read_runs
from ragmm.testing import sample_corpus
from tests.faults.nights import COMMIT_ITEMS, Nights, models, pipeline_for

_TELL_EVERY = 20
_LIVES = 5


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
    """A day's work on the sources, in every format of the corpus: files rewritten, gone, moved and new."""
    files = sorted(path for path in source.rglob("*") if path.is_file())
    for number, fresh in enumerate(sample_corpus(source.parent / "fresh", 7, seed=rng.randrange(10**9))):
        same_kind = [path for path in files if path.suffix == fresh.suffix]
        new = source / new_name(fresh, rng)
        fresh.replace(rng.choice(same_kind) if number < 4 and same_kind else new)
    moved, *gone = rng.sample(files, 4)
    folder = source / f"folder{rng.randrange(3)}"
    folder.mkdir(exist_ok=True)
    moved.rename(folder / new_name(moved, rng))
    for path in gone if len(files) > 40 else []:
        path.unlink()


def new_name(path: Path, rng: random.Random) -> str:
    return f"document-{rng.randrange(10**9)}{path.suffix}"


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


class Killer:
    """Nights over one collection, killed when the dice say so."""

    def __init__(self, tmp_path: Path, seed: int) -> None:
        self.source, self.folder = tmp_path / "source", tmp_path / "collection"
        self.embedded = Path(f"{self.folder}.embedded")
        self.rng = random.Random(seed)
        sample_corpus(self.source, 40, seed=3)
        self.nights = Nights(self.folder, self.source)
        self.landed = self.ended = 0
        self.nights.finish()
        self.usual = self._whole_night()

    def _whole_night(self) -> float:
        change(self.source, self.rng)
        began = time.monotonic()
        self.nights.finish()
        return time.monotonic() - began

    def until(self, kills: int, record: Callable[[str], None]) -> None:
        while self.landed < kills:
            change(self.source, self.rng)
            began = time.monotonic()
            pid = self.nights.start()
            if self._ends_by_itself():
                assert self.nights.wait() == 0
                self.ended += 1
                self.usual += 0.2 * (time.monotonic() - began - self.usual)
                continue
            self._kill(pid)
            self.landed += 1
            if self.landed % _TELL_EVERY == 0:
                record(f"{self.landed} killed, {self.ended} ended by themselves")
        self.nights.finish()

    def _ends_by_itself(self) -> bool:
        """Half the kills come at any time; half when vectors are being made and committed."""
        if self.rng.random() < 0.5:
            return self.nights.ended(self.rng.uniform(0.05, 1.0) * self.usual)
        before, deadline = size_of(self.embedded), time.monotonic() + 100 * self.usual
        while size_of(self.embedded) == before and time.monotonic() < deadline:
            if self.nights.ended(0.004):
                return True
        return self.nights.ended(self.rng.uniform(0.0, 0.25) * self.usual)

    def _kill(self, pid: int) -> None:
        """Half of them only the parent, half the whole group."""
        offspring = children(pid)
        (os.killpg if self.rng.random() < 0.5 else os.kill)(pid, signal.SIGKILL)
        assert self.nights.wait() in {-signal.SIGKILL, 0}
        assert not survivors(offspring), "a worker outlived its parent"
        report = Store(self.folder).verify(deep=True)
        assert report.ok, report.problems

    def made_twice(self) -> int:
        """A kill costs one batch of embedding at most: what waited for its commit, in each of two spaces."""
        made = Counter(self.embedded.read_text(encoding="ascii").splitlines())
        again = sum(count - 1 for count in made.values())
        assert again <= self.landed * 2 * 2 * COMMIT_ITEMS, f"{again} vectors were made again after {self.landed} kills"
        return again


def tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def killed_nights(tmp_path: Path, kills: int, seed: int) -> dict[str, int]:
    """Kill until so many kills have landed; returns what there is to count."""
    killer = Killer(tmp_path, seed)
    with killer.nights:
        killer.until(kills, tell)
    check_equal_to_undisturbed(tmp_path, killer.folder, killer.source)
    check_journal(killer.folder, killer.landed)
    return {
        "kills": killer.landed,
        "nights that ended meanwhile": killer.ended,
        "vectors made twice": killer.made_twice(),
    }


def check_journal(folder: Path, landed: int) -> None:
    """Nights that were killed after they had begun are listed as such."""
    states = Counter(run.state for run in read_runs(folder))
    assert states.keys() <= {RunState.DONE, RunState.CUT_SHORT}
    assert 0 < states[RunState.CUT_SHORT] <= landed


def check_equal_to_undisturbed(tmp_path: Path, folder: Path, source: Path) -> None:
    with ragmm.create(tmp_path / "undisturbed", pipeline=pipeline_for(str(source)), models=models()) as fresh:
        assert not fresh.sync().report.failures
        assert Store(folder).digest(vectors=True) == fresh.digest(vectors=True)


@pytest.mark.faults
@pytest.mark.timeout(3000)
def test_some_kills(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    for what, count in killed_nights(tmp_path, int(os.environ.get("RAGMM_KILLS", "200")), seed=0).items():
        record_property(what, count)


@pytest.mark.long
@pytest.mark.timeout(40_000)
@pytest.mark.parametrize("seed", range(1, _LIVES + 1))
def test_many_kills(seed: int, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    kills = int(os.environ.get("RAGMM_KILLS", "1000")) // _LIVES
    for what, count in killed_nights(tmp_path, kills, seed).items():
        record_property(what, count)


def stopped_night(nights: Nights, folder: Path, number: signal.Signals, wait: Callable[[Path], None]) -> int | None:
    """Send a signal to a night; its exit status, None where it had ended before."""
    pid = nights.start()
    wait(folder)
    offspring = children(pid)
    running, began = not nights.ended(), time.monotonic()
    if running:
        os.kill(pid, number)
    assert nights.ended(30), "it did not stop"
    status = nights.wait()
    assert time.monotonic() - began < 10 * (1 + os.getloadavg()[0] / (os.cpu_count() or 1))
    assert not survivors(offspring)
    if Store(folder).exists:
        report = Store(folder).verify(deep=True)
        assert report.ok, report.problems
    return status if running else None


def first_commit(folder: Path) -> None:
    deadline = time.monotonic() + 60
    while not (Store(folder).exists and Store(folder).history()) and time.monotonic() < deadline:
        time.sleep(0.05)


@pytest.mark.faults
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_signals_stop_cleanly(number: signal.Signals, tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "collection"
    sample_corpus(source, 60, seed=3)
    with Nights(folder, source) as nights:
        status = stopped_night(nights, folder, number, first_commit)
        assert status in {0, None}, "it ended its commit and returned"
        nights.finish()
    check_equal_to_undisturbed(tmp_path, folder, source)


@pytest.mark.faults
@pytest.mark.row("R27")
@pytest.mark.timeout(3000)
def test_signals_at_random_times(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    wanted = int(os.environ.get("RAGMM_SIGNALS", "12"))
    killer, landed = Killer(tmp_path, wanted), 0
    with killer.nights as nights:
        while landed < wanted:
            change(killer.source, killer.rng)
            number = killer.rng.choice([signal.SIGINT, signal.SIGTERM])
            delay = killer.rng.uniform(0.1, 0.9) * killer.usual
            landed += stopped_night(nights, killer.folder, number, lambda _: time.sleep(delay)) is not None  # noqa: B023
        record_property("signals", landed)
        nights.finish()
    check_equal_to_undisturbed(tmp_path, killer.folder, killer.source)
