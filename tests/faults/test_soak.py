"""Months of nights and minutes of readers: disk, blocks, memory and descriptors stay where they are."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from ragmm.indexes.contracts import unit_rows
from ragmm.indexes.records import Retention
from ragmm.indexes.store import maintenance
from ragmm.indexes.store.store import Store
from tests.faults import reader, scenes
from tests.faults.test_sharing import READERS
from tests.unit.sync_desk import Desk, in_memory


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with in_memory() as folder:
        yield Desk(folder, monkeypatch)


def used(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.row("R28")
@pytest.mark.parametrize(
    "nights", [pytest.param(30, marks=pytest.mark.faults), pytest.param(210, marks=pytest.mark.long)]
)
@pytest.mark.timeout(3600)
def test_churn_leaves_no_waste(nights: int, desk: Desk, record_property: Callable[[str, object], None]) -> None:
    """One document in a hundred changes every night: what is on disk is what lives, and what can be gone back to."""
    rng, documents = random.Random(nights), 400
    for number in range(documents):
        desk.write(f"{number % 20:02}/{number:04}.txt", text(rng, number))
    desk.night()
    start, process = used(desk.folder), psutil.Process()
    descriptors: list[int] = []
    memory: list[int] = []
    for _ in range(nights):
        for number in rng.sample(range(documents), documents // 100):
            desk.write(f"{number % 20:02}/{number:04}.txt", text(rng, number))
        assert desk.night().exit_code == 0
        gc.collect()
        descriptors.append(process.num_fds())
        memory.append(process.memory_info().rss)
    with desk.open() as docs:
        assert docs.verify(deep=True).ok
        blocks, legs = docs.info().blocks, len(docs.store.snapshot().legs())
    assert blocks <= 8 * legs
    assert used(desk.folder) <= 1.3 * start + 3 * 4 * 20_000, (
        "live data, and three nights of four documents to go back to"
    )
    assert max(descriptors[-5:]) <= max(descriptors[:5]) + 2
    assert memory[-1] <= memory[4] + (32 << 20)
    record_property("nights", nights)


def text(rng: random.Random, number: int) -> str:
    words = " ".join(f"word{rng.randrange(5000)}" for _ in range(120))
    return f"Document {number}.\n\n{words}\n\n{words[::-1]}"


@pytest.mark.row("R9")
def test_a_slow_reader_keeps_its_generation_and_its_space_comes_back(tmp_path: Path) -> None:
    """Half an hour by a virtual clock, with a commit, a compaction and a collection every minute."""
    now = [1e9]
    store = Store(tmp_path / "collection", clock=lambda: now[0])
    scenes.first_ingest(store, scenes.silent)
    reader = store.snapshot()
    query = unit_rows(scenes.vector("doc2 v0 passage 0 speaks of topic0")[None])
    before = np.array(reader.index("shared", "text").search(query, 6))
    keep = Retention(generations=3, runs=3, seconds=900)
    for minute in range(30):
        now[0] += 60
        with store.writer("write") as writer:
            writer.ensure_space("shared", scenes.INFO)
            writer.commit([scenes.document(name, minute + 1) for name in scenes.FIRST])
        store.compact(keep)
        if minute < 14:  # files stay for a quarter of an hour, also those that the reader has not opened yet
            assert reader.open_blocks("shared", "image")
        found = np.array(reader.index("shared", "text").search(query, 6))
        assert np.array_equal(found, before), f"after {minute + 1} minutes"
        assert reader.newest_generation() > reader.generation
    reader.close()
    now[0] += 1000
    store.compact(keep)
    live = {block.file for block in store.snapshot().blocks}
    kept = {path.name for path in (store.folder / "blocks").glob("*.npy")}
    assert len(kept) <= len(live) + 3 * 4, "what three generations name, and no more"
    assert store.verify(deep=True).ok


@pytest.mark.row("R8")
@pytest.mark.parametrize(
    "seconds", [pytest.param(20, marks=pytest.mark.faults), pytest.param(600, marks=pytest.mark.long)]
)
@pytest.mark.timeout(3600)
def test_readers_for_minutes(seconds: int, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Commits, compaction and collection while they read: nobody fails, waits twice as long, or lags behind."""
    store = Store(tmp_path / "collection")
    written: dict[str, float] = {}

    def commit(version: int) -> None:
        with store.writer("test", create=True) as writer:
            writer.ensure_space("shared", scenes.INFO)
            writer.commit([scenes.document(f"doc{n}", version) for n in range(6)])
            written[str(writer.generation)] = time.time()

    commit(0)
    readers = reader.reading(store.folder, READERS)
    try:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(2.0)  # quiet in between, since the machine has other things to do at other times
            with reader.under_way(store.folder):
                for _ in range(5):
                    commit(len(written))
                    time.sleep(1.0)
                with store.writer("collect") as writer:
                    maintenance.collect(writer, Retention())
    finally:
        reader.stop(store.folder)
    seen = reader.results(readers)
    quiet, busy = ([took for one in seen for took in getattr(one, when)] for when in ("quiet", "busy"))
    written.pop("1")  # which was there before the readers were
    lag = max(one.first[g] - when for one in seen for g, when in written.items() if g in one.first)
    record_property("reads", len(quiet) + len(busy))
    record_property("commits meanwhile", len(written))
    record_property("% of the quiet p95", round(100 * reader.slow(busy) / reader.slow(quiet)))
    assert reader.slow(busy) <= 2 * reader.slow(quiet)
    assert lag <= 5.0, f"a generation was seen {lag:.1f} s after its commit"
