"""Any history of adding, replacing, removing and filtering, against a dictionary: what is gone never comes back."""

from __future__ import annotations

import importlib.util
import math
import random
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from ragmm.indexes.contracts import VectorIndex
from ragmm.indexes.exact import ExactIndex
from ragmm.indexes.faiss.flat import FlatIndex
from ragmm.indexes.faiss.index import AnnIndex
from ragmm.indexes.faiss.spec import Method, Policy
from tests.contracts.vector_back_ends import PretendedGpu, on_gpu

DIM = 8
IDS = 3_000
NOW_AND_THEN = Policy(fresh_rows=150, fresh_share=0.3, dead_share=0.3)
"""Between two builds there are always new, replaced and dead rows in play."""


def _ann(method: Method, gpu: PretendedGpu | None = None) -> Callable[[int], VectorIndex]:
    return partial(AnnIndex, method=method, policy=NOW_AND_THEN, place=on_gpu(gpu))


MAKES: dict[str, Callable[[int], VectorIndex]] = {"exact": ExactIndex}
if importlib.util.find_spec("faiss") is not None:
    MAKES |= {
        "flat": FlatIndex,
        **{str(method): _ann(method) for method in Method if method is not Method.FLAT},
        "pretended gpu": _ann(Method.IVF, PretendedGpu()),
    }


class Model:
    """The index under test and what should be in it."""

    def __init__(self, index: VectorIndex, seed: int) -> None:
        self.index, self.stored = index, dict[int, np.ndarray]()
        self.rng, self.dice = np.random.default_rng(seed), random.Random(seed)
        self.searches = self.missed = self.expected = 0

    def add(self) -> int:
        fresh = [one for one in self.dice.sample(range(IDS), self.dice.randint(1, 60)) if one not in self.stored]
        rows = self._unit(len(fresh))
        self.index.add(np.array(fresh, np.int64), rows)
        self.stored.update(zip(fresh, rows, strict=True))
        return len(fresh)

    def remove(self) -> int:
        gone = self.dice.sample(sorted(self.stored), min(len(self.stored), self.dice.randint(0, 50)))
        self.index.remove(np.array([*gone, IDS + 7], np.int64))
        for one in gone:
            del self.stored[one]
        return len(gone)

    def replace(self) -> int:
        """The same ids with other rows."""
        chosen = np.array(sorted(self.dice.sample(sorted(self.stored), min(len(self.stored), 20))), np.int64)
        self.index.remove(chosen)
        rows = self._unit(len(chosen))
        self.index.add(chosen, rows)
        self.stored.update(zip(chosen.tolist(), rows, strict=True))
        return len(chosen)

    def search(self) -> int:
        """Nothing dead, nothing forbidden, nothing twice, every score exact, as many as there are, best first."""
        queries = self._unit(self.dice.choice([1, 1, 6]))
        k = self.dice.choice([1, 5, 20, 2 * IDS])
        allow = self._allowed()
        matching = set(self.stored) if allow is None else set(self.stored) & set(allow.tolist())
        for query, ids, scores in zip(queries, *self.index.search(queries, k, allow), strict=True):
            found = ids.tolist()
            assert set(found) <= matching
            assert len(found) == len(set(found)) == min(k, len(matching))
            np.testing.assert_allclose(scores, [self.stored[one] @ query for one in found], atol=1e-5)
            assert (np.diff(scores) <= 0).all()
            best = sorted(matching, key=lambda one, query=query: -float(self.stored[one] @ query))[:k]
            self.missed, self.expected = self.missed + len(set(best) - set(found)), self.expected + len(best)
        self.searches += 1
        return len(queries)

    def _allowed(self) -> np.ndarray | None:
        if self.dice.random() < 0.5:
            return None
        share = self.dice.choice([0.0, 0.01, 0.3, 1.0])
        return np.flatnonzero(self.rng.random(IDS + 50) < share)

    def _unit(self, count: int) -> np.ndarray:
        rows = self.rng.standard_normal((count, DIM)).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def play(make: Callable[[int], VectorIndex], operations: int, seed: int) -> Model:
    model, done = Model(make(DIM), seed), 0
    steps = [model.add, model.add, model.remove, model.replace, model.search]
    while done < operations:
        done += model.dice.choice(steps)()
        assert len(model.index) == len(model.stored)
    assert model.searches
    assert model.missed <= 0.05 * model.expected, "approximate, but not so much"
    return model


@pytest.mark.parametrize("name", MAKES)
def test_a_short_history(name: str) -> None:
    play(MAKES[name], 2_000, seed=1)


@pytest.mark.faults
@pytest.mark.parametrize("name", MAKES)
def test_a_hundred_thousand_operations(name: str, record_property: Callable[[str, object], None]) -> None:
    seed = random.SystemRandom().randrange(1 << 30)
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    model = play(MAKES[name], 100_000, seed)
    record_property("searches of a changing index", model.searches)


def test_rows_that_come_one_by_one_are_gathered() -> None:
    """Their segments would cost every search more than the rows do."""
    index, rows = ExactIndex(DIM), np.eye(DIM, dtype=np.float32)
    for number in range(1_000):
        index.add(np.array([number * 7 % 1_000]), rows[[number * 7 % DIM]])
    assert len(index.live()) <= 2 * math.log2(1_000)
    index.remove(np.arange(0, 1_000, 2))
    ids, scores = index.search(rows[1], 1_000)
    assert sorted(ids[0].tolist()) == list(range(1, 1_000, 2))
    assert ids[0][:3].tolist() == [1, 9, 17]
    assert scores[0][:125].tolist() == [1.0] * 125
    index.remove(np.arange(1_000))
    assert index.live() == []
