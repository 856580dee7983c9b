"""The vector index contract, held by every back end and compared with a reference that a reader can check by eye."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vector_back_ends import ALL, BACK_ENDS, PARAMETERS

from ragmm.indexes import exact
from ragmm.indexes.contracts import VectorIndex
from ragmm.indexes.exact import ExactIndex

DIM = 16


@pytest.fixture(params=PARAMETERS)
def make(request: pytest.FixtureRequest) -> Callable[[int], VectorIndex]:
    return ALL[request.param]


def unit(count: int, seed: int = 0, dim: int = DIM) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def reference(stored: dict[int, np.ndarray], query: np.ndarray, k: int, allow: set[int] | None = None) -> list[int]:
    allowed = [one for one in stored if allow is None or one in allow]
    return sorted(allowed, key=lambda one: (-float(np.float32(stored[one] @ query)), one))[:k]


def filled(index: VectorIndex, count: int, seed: int = 0) -> dict[int, np.ndarray]:
    """Several calls of add, ids with gaps."""
    rows, ids = unit(count, seed), np.arange(count, dtype=np.int64) * 3 + 5
    for part in np.array_split(np.arange(count), 3):
        index.add(ids[part], rows[part])
    return dict(zip(ids.tolist(), rows, strict=True))


def test_order_and_scores_are_exact(make: Callable[[int], VectorIndex]) -> None:
    index = make(DIM)
    stored = filled(index, 500)
    queries = unit(20, seed=9)
    ids, scores = index.search(queries, 10)
    for query, found, score in zip(queries, ids, scores, strict=True):
        assert found.tolist() == reference(stored, query, 10)
        np.testing.assert_allclose(score, [stored[one] @ query for one in found.tolist()], atol=1e-6)
        assert found.dtype == np.int64
        assert score.dtype == np.float32


def test_fewer_rows_than_asked_for(make: Callable[[int], VectorIndex]) -> None:
    index = make(DIM)
    assert [len(one) for one in index.search(unit(2), 5)[0]] == [0, 0]
    filled(index, 3)
    ids, scores = index.search(unit(1), 10)
    assert len(ids[0]) == len(scores[0]) == len(index) == 3
    assert len(index.search(unit(1), 0)[0][0]) == 0


def test_removed_ids_never_come_back(make: Callable[[int], VectorIndex]) -> None:
    index = make(DIM)
    stored = filled(index, 200)
    gone = np.array(sorted(stored)[::2], np.int64)
    index.remove(gone)
    index.remove(np.array([10**9], np.int64))
    assert len(index) == 100
    ids, _ = index.search(unit(10, seed=4), 200)
    assert not {one for found in ids for one in found.tolist()} & set(gone.tolist())
    assert all(len(found) == 100 for found in ids)


def test_a_removed_id_can_be_added_again(make: Callable[[int], VectorIndex]) -> None:
    index = make(DIM)
    stored = filled(index, 10)
    one = next(iter(stored))
    index.remove(np.array([one], np.int64))
    row = unit(1, seed=77)
    index.add(np.array([one], np.int64), row)
    ids, scores = index.search(row, 1)
    assert ids[0].tolist() == [one]
    assert scores[0][0] == pytest.approx(1.0, abs=1e-6)
    assert len(index) == 10


def test_an_id_that_is_there_is_an_error(make: Callable[[int], VectorIndex]) -> None:
    index = make(DIM)
    stored = filled(index, 10)
    with pytest.raises(ValueError, match="already"):
        index.add(np.array([next(iter(stored))], np.int64), unit(1))
    with pytest.raises(ValueError, match="already"):
        index.add(np.array([900, 900], np.int64), unit(2))
    assert len(index) == 10


def test_wrong_shape_is_an_error(make: Callable[[int], VectorIndex]) -> None:
    with pytest.raises(ValueError, match="dimension 16"):
        make(DIM).add(np.array([1], np.int64), unit(1, dim=8))


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 1.0])
def test_allow_list(make: Callable[[int], VectorIndex], share: float) -> None:
    index = make(DIM)
    stored = filled(index, 400)
    allow = np.array(sorted(stored)[: int(share * 400)], np.int64)
    outside = np.array([1, 2, 10**7], np.int64)
    query = unit(1, seed=3)
    ids, _ = index.search(query, 15, np.union1d(allow, outside) if share else allow)
    assert ids[0].tolist() == reference(stored, query[0], 15, set(allow.tolist()))


def test_allow_list_and_removals_together(make: Callable[[int], VectorIndex]) -> None:
    index = make(DIM)
    stored = filled(index, 100)
    allow = np.array(sorted(stored)[:50], np.int64)
    index.remove(allow[:25])
    ids, _ = index.search(unit(1), 50, allow)
    assert sorted(ids[0].tolist()) == allow[25:].tolist()


def test_ties_are_broken_by_id(make: Callable[[int], VectorIndex]) -> None:
    index = make(DIM)
    row = unit(1)
    index.add(np.arange(300, dtype=np.int64)[::-1], np.repeat(row, 300, axis=0))
    ids, _ = index.search(row, 7)
    assert ids[0].tolist() == list(range(7))


def test_half_precision_rows(make: Callable[[int], VectorIndex]) -> None:
    index = make(DIM)
    rows = unit(300)
    index.add(np.arange(300, dtype=np.int64), rows.astype(np.float16))
    ids, scores = index.search(rows[17:18], 1)
    assert ids[0].tolist() == [17]
    assert scores[0][0] == pytest.approx(1.0, abs=2e-3)


def test_memory_maps_are_searched_in_place(make: Callable[[int], VectorIndex], tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", unit(1000))
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    index = make(DIM)
    index.add(np.arange(1000, dtype=np.int64), rows)
    ids, _ = index.search(np.array(rows[123:124]), 1)
    assert ids[0].tolist() == [123]


def test_chunks_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, cut = ExactIndex(DIM), ExactIndex(DIM)
    filled(whole, 5000), filled(cut, 5000)
    query = unit(3, seed=8)
    expected = [found.tolist() for found in whole.search(query, 40)[0]]
    monkeypatch.setattr(exact, "_CHUNK_BYTES", 1)
    assert [found.tolist() for found in cut.search(query, 40)[0]] == expected


@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.lists(st.integers(0, 60), min_size=1, max_size=8, unique=True)),
            st.tuples(st.just("remove"), st.lists(st.integers(0, 60), max_size=8)),
        ),
        max_size=12,
    ),
    k=st.integers(1, 20),
)
@settings(max_examples=150, deadline=None)
def test_any_history_of_adding_and_removing(steps: list[tuple[str, list[int]]], k: int) -> None:
    rng = np.random.default_rng(1)
    for make in BACK_ENDS.values():
        index, stored = make(DIM), dict[int, np.ndarray]()
        for step, ids in steps:
            fresh = [one for one in ids if one not in stored]
            if step == "add" and fresh:
                rows = unit(len(fresh), seed=int(rng.integers(1 << 30)))
                index.add(np.array(fresh, np.int64), rows)
                stored.update(zip(fresh, rows, strict=True))
            elif step == "remove":
                index.remove(np.array(ids, np.int64))
                for one in ids:
                    stored.pop(one, None)
        query = unit(1, seed=2)
        assert len(index) == len(stored)
        assert index.search(query, k)[0][0].tolist() == reference(stored, query[0], k)
