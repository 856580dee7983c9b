"""The plug is pulled after every single operation: nothing acknowledged is lost. And the test would notice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ragmm.errors import RagmmError
from ragmm.indexes import fsio
from ragmm.indexes.store.store import Store
from tests.faults import scenes
from tests.faults.disk import Log, Operation
from tests.faults.model import Disk

DRAWS = 4
SYNCS = ("block", "pack", "seal", "blocks-entries", "database-entry", "collection-entry")
DERIVED = tuple(pytest.param(one, marks=pytest.mark.faults) for one in ("ann", "ann-entries", "ann-entry"))


def recorded(folder: Path, without: str = "") -> tuple[list[Operation], set[str]]:
    """What two days, their indexes, a rollback and a compaction do to the disk, and the digests on the way."""
    log, digests = Log(without=without), set()
    store = Store(folder)

    def heard(generation: int) -> None:
        log.acknowledge(generation)
        digests.add(store.digest(vectors=True))

    with fsio.observe(log):
        for scene in (scenes.first_ingest, scenes.index, scenes.second_day, scenes.index):
            scene(store, heard)
        for scene in (scenes.rollback, scenes.compaction):
            scene(store, heard)
    return log.operations, digests


def survivals(
    operations: list[Operation], digests: set[str], target: Path, *, seed: int, stride: int = 1
) -> Iterator[bool]:
    """For prefixes of the log and several draws: whether all that was acknowledged is there, and nothing wrong."""
    rng, disk = random.Random(seed), Disk(target.with_name("disk"))
    for number, operation in enumerate(operations):
        disk.play([operation])
        if number % stride:
            continue
        for _ in range(DRAWS):
            disk.draw(target, rng)
            yield survives(Store(target / "collection"), disk.acknowledged, digests)


def survives(store: Store, acknowledged: int, digests: set[str]) -> bool:
    try:
        if not store.exists or not store.history():
            return acknowledged == 0
        report = store.verify(deep=True)
        return report.ok and report.generation >= acknowledged and store.digest(vectors=True) in digests
    except (RagmmError, OSError):
        return False


def test_power_loss_after_every_operation(
    quick_path: Path, stride: int, record_property: Callable[[str, object], None]
) -> None:
    root = quick_path / "disk"
    root.mkdir()
    operations, digests = recorded(root / "collection")
    survived = list(survivals(operations, digests, quick_path / "after", seed=1, stride=stride))
    record_property("power-loss states", len(survived))
    assert len(survived) > 500 / stride
    assert all(survived)


@pytest.mark.faults
@pytest.mark.parametrize("missing", [*SYNCS, *DERIVED])
def test_power_loss_without_a_class_of_syncs_is_noticed(missing: str, quick_path: Path) -> None:
    root = quick_path / "disk"
    root.mkdir()
    operations, digests = recorded(root / "collection", without=missing)
    assert not any(one.kind == missing and one.name.startswith("sync") for one in operations)
    assert not all(survivals(operations, digests, quick_path / "after", seed=2))


def test_the_database_syncs_every_commit_and_its_journals_end(tmp_path: Path) -> None:
    """What the model above takes for granted: without EXTRA a commit can be undone by the journal that comes back."""
    extra = 3
    for create in (True, False):
        with Store(tmp_path / "collection").writer("look", create=create) as writer:
            assert writer.connection.execute("PRAGMA synchronous").fetchone() == (extra,)
            assert writer.connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
