"""Characters of Chinese that the English vocabulary does not know, with first vectors from what stands beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ragmm.readers.encoding import is_cjk

Rows = NDArray[np.float32]


def choose(texts: Iterable[str], *, least: int = 4, most: int = 6000) -> list[str]:
    """The commonest ideographs and full-width marks."""
    counts = Counter(letter for text in texts for letter in text)
    common = [letter for letter, count in counts.most_common() if count >= least and _chinese(letter)]
    return common[:most]


def _chinese(letter: str) -> bool:
    return is_cjk(letter) or "\u3001" <= letter <= "\u303f" or "\uff01" <= letter <= "\uff65"


def first_vectors(texts: Iterable[str], chosen: list[str], *, width: int, norm: float, reach: int = 3) -> Rows:
    """Positive pointwise information with neighbours, brought to `width` by a randomised SVD. Row 0 is empty."""
    number = {letter: place for place, letter in enumerate(chosen)}
    size = len(chosen)
    counts = np.zeros((size, size), np.float32)
    for text in texts:
        ids = np.array([number.get(letter, -1) for letter in text])
        for step in range(1, reach + 1):
            left, right = ids[:-step], ids[step:]
            known = (left >= 0) & (right >= 0)
            np.add.at(counts, (left[known], right[known]), 1.0 / step)
    counts = counts + counts.T
    rows = counts.sum(axis=1) + 1e-9
    smooth = rows**0.75 / (rows**0.75).sum()
    np.log(np.maximum(counts * (1 / rows)[:, None] / smooth[None, :], 1e-9), out=counts)
    np.maximum(counts, 0, out=counts)
    rng = np.random.default_rng(5)
    kept = min(width, size)
    basis = np.linalg.qr(counts @ rng.standard_normal((size, min(size, kept + 24)), np.float32))[0]
    for _ in range(3):
        basis = np.linalg.qr(counts @ (counts.T @ basis))[0]
    left, values, _ = np.linalg.svd(basis.T @ counts, full_matrices=False)
    found = (basis @ left[:, :kept]) * np.sqrt(values[:kept])
    # A random turn spreads what the first directions hold over all coordinates, as in the word vectors.
    turn = np.linalg.qr(rng.standard_normal((kept, width)).T)[0].T
    found = found @ turn
    found = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9) * norm
    return np.concatenate([np.zeros((1, width)), found]).astype(np.float32)
