"""Space comes back, and what was forgotten stays dead for as long as a block still holds a row of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from ragmm.indexes.changes import PreparedDocument, PreparedItem, Vector
from ragmm.indexes.records import Retention
from ragmm.indexes.store import maintenance
from ragmm.indexes.store.store import Store
from ragmm.types import Item, MediaKind, Modality, ModelInfo

INFO = ModelInfo(name="m", revision="1", fingerprint="0" * 64, kinds=frozenset({MediaKind.TEXT}), dim=8)


class Clock:
    now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now


def document(number: int, version: int) -> PreparedDocument:
    row = np.zeros(8, np.float32)
    row[:2] = 1.0, number * 0.01 + version * 0.001
    name = f"{number} version{version}"
    vector = Vector(space="text", kind=MediaKind.TEXT, key=name.encode(), row=row)
    return PreparedDocument(
        path=f"/d{number}",
        uri=f"d{number}",
        size=1,
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        parser="p",
        items=[PreparedItem(item=Item(modality=Modality.PASSAGE, text=name), vectors=(vector,))],
    )


def commit(store: Store, clock: Clock, documents: list[PreparedDocument]) -> None:
    clock.now += 86_400
    with store.writer("night", create=True) as writer:
        writer.ensure_space("text", INFO)
        writer.commit(documents)


def test_what_is_forgotten_never_takes_the_place_of_a_hit(tmp_path: Path) -> None:
    clock = Clock()
    store = Store(tmp_path / "c", clock=clock)
    commit(store, clock, [document(number, 0) for number in range(20)])
    for version in range(1, 6):
        commit(store, clock, [document(version, version)])
        clock.now += 2_000
        with store.writer("collect") as writer:
            maintenance.collect(writer, Retention(generations=1, runs=1))
    snapshot = store.snapshot()
    assert sum(len(block.ids) for block in snapshot.blocks) > 20, "dead rows are still in the first block"
    ids, _ = snapshot.index("text", "text").search(np.eye(8, dtype=np.float32)[:1], 30)
    assert len(ids[0]) == len(snapshot.fetch(ids[0])) == 20
    assert store.verify(deep=True).ok
    store.compact(Retention(generations=1, runs=1))
    clock.now += 2_000
    store.compact(Retention(generations=1, runs=1))
    with store.writer("look") as writer:
        counted = "SELECT (SELECT COUNT(*) FROM contents), (SELECT COUNT(*) FROM content_spans)"
        assert writer.connection.execute(counted).fetchone() == (20, 20), "with the rows goes all memory of them"
    assert store.verify(deep=True).ok


def test_collection_that_runs_out_of_time_goes_on_the_next_time(tmp_path: Path) -> None:
    clock = Clock()
    store = Store(tmp_path / "c", clock=clock)
    for version in range(3):
        commit(store, clock, [document(number, version) for number in range(10)])
    left = iter([False] * 4)
    retention = Retention(generations=1, runs=1)
    with store.writer("collect") as writer:
        assert maintenance.collect(writer, retention, lambda: next(left, True)).items == 4
    assert store.verify(deep=True).ok
    with store.writer("collect") as writer:
        assert maintenance.collect(writer, retention).items == 16
    assert {item.text for item in store.snapshot().items()} == {f"{number} version2" for number in range(10)}
    assert store.verify(deep=True).ok
