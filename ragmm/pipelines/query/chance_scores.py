"""How near anything at all is to a question: what a cosine means in one space, for one kind of items.

A text and its paraphrase have a cosine of 0.9 in a space where a text and its picture have 0.3, and in another space
all of Chinese lies within 0.6. Compared with a random sample of the same list, both become distances from the middle
in standard deviations, which can be compared.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.contracts import Snapshot

__all__ = ["Spread", "confidence", "spread_of"]

_SAMPLE: Final = 1_000
_FEWEST: Final = 30
"""Of fewer items, the middle and the spread are guesswork."""
_CONFIDENT_FROM: Final = 1.0
"""Deviations above what chance brings from which a list has its whole say."""
_LEAST_CONFIDENCE: Final = 0.1
_LEAST_DEVIATION: Final = 0.01
"""A list of near-equal items would make everything remarkable."""

Rows = NDArray[np.float32]
_samples: WeakKeyDictionary[Snapshot, dict[tuple[str, tuple[str, ...]], Rows]] = WeakKeyDictionary()
_lock = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The cosines between one question and the items of a list, as far as a sample tells."""

    mean: float
    deviation: float

    def of(self, cosine: float) -> float:
        """Deviations above the mean: random items lie between -2 and 2, what answers mostly above 3."""
        return (cosine - self.mean) / self.deviation


def confidence(spread: Spread, best: float, items: int) -> float:
    """How far a list's best cosine stands out from the best that chance alone would bring, from 0.1 to 1.

    Among a thousand random items the nearest lies 3.1 deviations above the middle: a model that knows nothing of what
    is asked always has a first place to give, and this is how one tells.
    """
    excess = spread.of(best) - _expected_best(items)
    return min(1.0, max(_LEAST_CONFIDENCE, excess / _CONFIDENT_FROM))


def _expected_best(items: int) -> float:
    """Of so many draws from a normal distribution, in deviations."""
    root = math.sqrt(2 * math.log(max(items, 3)))
    return root - (math.log(math.log(max(items, 3))) + math.log(4 * math.pi)) / (2 * root)


def spread_of(snapshot: Snapshot, space: str, kinds: tuple[str, ...], row: Rows) -> Spread | None:
    """None for a list that is too short to tell. `row`: the question's, shape (1, dim)."""
    with _lock:
        known = _samples.setdefault(snapshot, {})
        if (space, kinds) not in known:
            known[space, kinds] = snapshot.sample_vectors(space, kinds, _SAMPLE)
        sample = known[space, kinds]
    if len(sample) < _FEWEST:
        return None
    cosines = sample @ row[0]
    return Spread(mean=float(cosines.mean()), deviation=max(float(cosines.std()), _LEAST_DEVIATION))
