"""A model is exchanged while the old one serves: cut at every step it goes on, and one commit makes the change."""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from ragmm.errors import StorageError
from ragmm.indexes import fsio
from ragmm.indexes.store.store import Store
from ragmm.pipelines import reembed
from ragmm.types import Asset, MediaKind, ModelInfo, Role
from tests.faults import scenes
from tests.faults.disk import Counter, CrashAt, FailAt, Log
from tests.faults.model import Disk
from tests.faults.test_crash import check_cut, play, states_of, steps_of
from tests.faults.test_power_loss import DRAWS, survives

BATCH = 7


class Other:
    """A model of another dimension; what it was asked to embed is counted."""

    info = ModelInfo(
        name="other", revision="1", fingerprint="0" * 64, kinds=frozenset({MediaKind.TEXT, MediaKind.IMAGE}), dim=12
    )

    def __init__(self) -> None:
        self.inputs = 0

    def embed_texts(self, texts: Sequence[str], role: Role) -> np.ndarray:
        self.inputs += len(texts)
        return np.stack([self._row(text) for text in texts])

    def embed_media(self, kind: MediaKind, assets: Sequence[Asset]) -> np.ndarray:
        self.inputs += len(assets)
        return np.stack([self._row(asset.data.hex()) for asset in assets])

    def _row(self, text: str) -> np.ndarray:
        return np.concatenate([scenes.vector(text), scenes.vector(text)[:4]])


def exchange(store: Store, acknowledge: scenes.Acknowledge) -> None:
    """What the command does; done again after its end it changes nothing."""
    if scenes_model(store) == Other.info.name:
        return
    reembed.build(store, "shared", Other(), batch=BATCH)
    acknowledge(reembed.switch(store, "shared", Other()))


def scenes_model(store: Store) -> str:
    snapshot = store.snapshot()
    try:
        return snapshot.spaces["shared"].model
    finally:
        snapshot.close()


@pytest.fixture
def base(quick_path: Path) -> Path:
    scenes.prepared(quick_path / "base", (scenes.first_ingest, scenes.second_day))
    return quick_path / "base"


@pytest.mark.row("R1", "R18")
def test_crash_at_every_step(base: Path, record_property: Callable[[str, object], None], stride: int) -> None:
    steps, final, digests = undisturbed(base)
    record_property("crash points", len(range(1, steps + 1, stride)))
    for at in range(1, steps + 1, stride):
        store = copied(base, "cut")
        heard = play(store.folder, exchange, CrashAt(at))
        check_cut(store, heard, digests)
        exchange(store, scenes.silent)
        assert store.digest(vectors=True) == final, f"resumed after a crash at step {at} of {steps}"
        assert store.verify(deep=True).ok


@pytest.mark.faults
@pytest.mark.row("R4", "R18")
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=errno.errorcode.get)
def test_error_at_every_step(base: Path, number: int, record_property: Callable[[str, object], None]) -> None:
    steps, final, digests = undisturbed(base)
    record_property("refused steps", steps)
    refused = 0
    for at in range(1, steps + 1):
        store = copied(base, "full")
        heard: list[int] = []
        try:
            with fsio.observe(FailAt(at, number)):
                exchange(store, heard.append)
        except StorageError:
            refused += 1
        check_cut(store, heard, digests)
        exchange(store, scenes.silent)
        assert store.digest(vectors=True) == final, f"resumed after {os.strerror(number)} at step {at}"
    assert refused > 0.8 * steps


def undisturbed(base: Path) -> tuple[int, str, set[str]]:
    counted = copied(base, "counted")
    steps = steps_of(counted.folder, exchange)
    assert steps > 20
    return steps, counted.digest(vectors=True), states_of(copied(base, "states").folder, exchange)


def copied(base: Path, name: str) -> Store:
    folder = base.with_name(name)
    shutil.rmtree(folder, ignore_errors=True)
    return Store(Path(shutil.copytree(base, folder)))


def unplugged(quick_path: Path, without: str = "") -> list[bool]:
    """The plug pulled after every operation of an exchange, with a class of syncs left out: what survives."""
    root, log, digests = quick_path / "disk", Log(), set()
    root.mkdir()
    store = Store(root / "collection")

    def heard(generation: int) -> None:
        log.acknowledge(generation)
        digests.add(store.digest(vectors=True))

    with fsio.observe(log):
        scenes.first_ingest(store, heard)
        begun, log.without = len(log.operations), without
        exchange(store, heard)
    rng, disk, survived = random.Random(3), Disk(root), []
    for number, operation in enumerate(log.operations):
        disk.play([operation])
        for _ in range(DRAWS if number >= begun else 0):
            disk.draw(quick_path / "after", rng)
            survived.append(survives(Store(quick_path / "after" / "collection"), disk.acknowledged, digests))
    return survived


@pytest.mark.faults
@pytest.mark.row("R3", "R18")
def test_power_loss_after_every_operation(quick_path: Path, record_property: Callable[[str, object], None]) -> None:
    survived = unplugged(quick_path)
    record_property("power-loss states", len(survived))
    assert len(survived) > 100
    assert all(survived)


@pytest.mark.faults
@pytest.mark.row("R3", "R18")
@pytest.mark.parametrize("missing", ["block", "blocks-entries"])
def test_power_loss_without_a_class_of_syncs_is_noticed(missing: str, quick_path: Path) -> None:
    assert not all(unplugged(quick_path, missing))


@pytest.mark.row("R18")
def test_what_a_kill_leaves_is_not_embedded_again(
    base: Path, record_property: Callable[[str, object], None], stride: int
) -> None:
    whole = Other()
    reembed.build(copied(base, "whole"), "shared", whole, batch=BATCH)
    kills = 20 // stride
    counter = Counter()
    with fsio.observe(counter):
        reembed.build(copied(base, "counted"), "shared", Other(), batch=BATCH)
    record_property("kills", kills)
    for kill in range(1, kills + 1):
        store = copied(base, "killed")
        play(store.folder, lambda one, _: reembed.build(one, "shared", Other(), batch=BATCH) and None,
             CrashAt(kill * counter.steps // kills))  # fmt: skip
        before = staged(store)
        again = Other()
        reembed.build(store, "shared", again, batch=BATCH)
        assert again.inputs == whole.inputs - before
    assert before > 0


def staged(store: Store) -> int:
    with store.writer("look") as writer:
        (count,) = writer.connection.execute(
            "SELECT COUNT(*) FROM vectors v JOIN spaces s ON s.id = v.space WHERE s.model = 'other'"
        ).fetchone()
    return int(count)
