"""How sure a mean is, and whether two runs differ by more than chance: seeded, so that the same data say the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Difference", "MeanEstimate", "difference", "estimate", "holm"]

SEED: Final = 20_240_229
_ROUNDS: Final = 2000
_FLIPS: Final = 10_000
_EXACT_BELOW: Final = 14
"""With fewer differing pairs every pattern of signs is tried instead of a sample."""
_CELLS: Final = 4_000_000


@dataclass(frozen=True, kw_only=True)
class MeanEstimate:
    """A mean over questions with its 95 % interval (bootstrap, percentiles)."""

    mean: float
    low: float
    high: float
    questions: int


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The mean change over the questions that two runs share, its 95 % interval, and how likely chance alone is."""

    before: float
    after: float
    low: float
    high: float
    p: float
    """Two-sided, by a paired permutation test."""
    questions: int

    @property
    def change(self) -> float:
        return self.after - self.before


def estimate(values: Sequence[float]) -> MeanEstimate:
    """Of at least one value."""
    sample = np.asarray(values, dtype=np.float64)
    low, high = _interval(sample)
    return MeanEstimate(mean=float(sample.mean()), low=low, high=high, questions=len(sample))


def difference(before: Sequence[float], after: Sequence[float]) -> Difference:
    """Of at least one pair, in the same order."""
    old, new = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    low, high = _interval(new - old)
    return Difference(
        before=float(old.mean()), after=float(new.mean()), low=low, high=high, p=_p(new - old), questions=len(old)
    )


def holm(chances: Sequence[float]) -> list[float]:
    """The same chances, corrected for how many comparisons were made (Holm's step-down)."""
    adjusted, floor = [0.0] * len(chances), 0.0
    for place, index in enumerate(sorted(range(len(chances)), key=lambda one: chances[one])):
        floor = max(floor, min(1.0, chances[index] * (len(chances) - place)))
        adjusted[index] = floor
    return adjusted


def _interval(sample: NDArray[np.float64]) -> tuple[float, float]:
    rng = np.random.default_rng(SEED)
    means = [
        sample[rng.integers(0, len(sample), size=(rounds, len(sample)))].mean(axis=1)
        for rounds in _shares(_ROUNDS, len(sample))
    ]
    low, high = np.percentile(np.concatenate(means), [2.5, 97.5])
    return float(low), float(high)


def _p(changes: NDArray[np.float64]) -> float:
    """How often the sum is at least as far from zero when each pair may be exchanged."""
    differing = changes[changes != 0]
    if not len(differing):
        return 1.0
    seen = abs(float(differing.sum())) - 1e-9
    if len(differing) < _EXACT_BELOW:
        patterns = np.arange(2 ** len(differing))[:, None] >> np.arange(len(differing)) & 1
        return float(np.mean(np.abs((1 - 2 * patterns) @ differing) >= seen))
    rng = np.random.default_rng(SEED)
    extreme = 0
    for rounds in _shares(_FLIPS, len(differing)):
        signs = rng.integers(0, 2, size=(rounds, len(differing)), dtype=np.int8) * 2 - 1
        extreme += int(np.count_nonzero(np.abs(signs @ differing) >= seen))
    return (extreme + 1) / (_FLIPS + 1)


def _shares(rounds: int, width: int) -> Iterator[int]:
    """The rounds in portions that fit into memory."""
    portion = max(1, _CELLS // width)
    for start in range(0, rounds, portion):
        yield min(portion, rounds - start)
