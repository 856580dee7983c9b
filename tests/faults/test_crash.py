"""The process dies at every single I/O step: the old or the new generation is there, and the same command goes on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ragmm.indexes import fsio
from ragmm.indexes.store.store import Store
from tests.faults import scenes
from tests.faults.disk import Counter, CrashAt

SCENES: dict[str, tuple[tuple[scenes.Scene, ...], scenes.Scene]] = {
    "first ingest": ((), scenes.first_ingest),
    "second day": ((scenes.first_ingest,), scenes.second_day),
    "compaction": ((scenes.first_ingest, scenes.second_day), scenes.compaction),
    "collection of garbage": ((scenes.first_ingest, scenes.second_day), scenes.collect),
    "first index": ((scenes.first_ingest,), scenes.index),
    "next index": ((scenes.first_ingest, scenes.index, scenes.second_day), scenes.index),
    "rollback": ((scenes.first_ingest, scenes.second_day), scenes.rollback),
}


def play(folder: Path, scene: scenes.Scene, observer: Counter) -> list[int]:
    """Run a scene in a child process that may die; returns the generations it was told are safe."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with fsio.observe(observer):
                scene(Store(folder), lambda generation: os.write(write, b"%d\n" % generation) and None)
            status = 0
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read) as pipe:
        heard = [int(line) for line in pipe]
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) in {0, 137}
    return heard


def steps_of(folder: Path, scene: scenes.Scene) -> int:
    counter = Counter()
    with fsio.observe(counter):
        scene(Store(folder), scenes.silent)
    return counter.steps


def check_cut(store: Store, heard: list[int], digests: set[str]) -> None:
    """What a crash left behind: readable, whole, one of the states that a commit made, and not older than promised."""
    if not store.exists or not store.history():
        assert not heard
        return
    report = store.verify(deep=True)
    assert report.ok, report.problems
    assert report.generation >= max(heard, default=0)
    assert store.digest(vectors=True) in digests


def states_of(folder: Path, scene: scenes.Scene) -> set[str]:
    """The digests of every generation that an undisturbed run goes through."""
    store = Store(folder)
    digests = {store.digest(vectors=True)} if store.exists else set()
    scene(store, lambda generation: digests.add(store.digest(vectors=True)))
    return digests | {store.digest(vectors=True)}


@pytest.mark.parametrize("name", SCENES)
def test_crash_at_every_step(
    name: str, quick_path: Path, stride: int, record_property: Callable[[str, object], None]
) -> None:
    before, scene = SCENES[name]
    base = quick_path / "base"
    scenes.prepared(base, before)
    shutil.copytree(base, quick_path / "counted") if before else None
    steps = steps_of(quick_path / "counted", scene)
    final = Store(quick_path / "counted").digest(vectors=True)
    shutil.copytree(base, quick_path / "states") if before else None
    digests = states_of(quick_path / "states", scene)
    record_property("crash points", len(range(0, steps, stride)))
    assert steps > 3
    for at in range(1, steps + 1, stride):
        folder = quick_path / f"cut{at}"
        shutil.copytree(base, folder) if before else None
        heard = play(folder, scene, CrashAt(at))
        store = Store(folder)
        check_cut(store, heard, digests)
        scene(store, scenes.silent)
        assert store.digest(vectors=True) == final, f"resumed after a crash at step {at} of {steps}"
        assert store.verify(deep=True).ok
        shutil.rmtree(folder)


def test_crash_at_every_step_of_a_repair(
    quick_path: Path, stride: int, record_property: Callable[[str, object], None]
) -> None:
    """Damage is there before and may be there after a crash, but repairing again always ends with the same content."""
    base = quick_path / "base"
    store = scenes.prepared(base, (scenes.first_ingest,))
    digest = store.digest(vectors=True)
    scenes.damage_a_block(store)
    shutil.copytree(base, quick_path / "counted")
    steps = steps_of(quick_path / "counted", scenes.repair)
    record_property("crash points", len(range(0, steps, stride)))
    for at in range(1, steps + 1, stride):
        folder = quick_path / f"cut{at}"
        shutil.copytree(base, folder)
        play(folder, scenes.repair, CrashAt(at))
        scenes.repair(Store(folder), scenes.silent)
        assert Store(folder).verify(deep=True).ok, f"a crash at step {at} of {steps}"
        assert Store(folder).digest(vectors=True) == digest
        shutil.rmtree(folder)
