"""The reader without torch: a question and a few passages in one batch, as NumPy products of one thread.

A prototype of what ships; it knows nothing of the training but the files that both share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.numpy_bert import one_thread
from training.reader.data import sentences, terms
from training.reader.decode import Span, best_span
from training.reader.encoding import Pair, open_tokenizer, pair, read_texts, stem
from training.reader.weights import Stored, read

Rows = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A passage and how many of its first characters are its file's name and headings."""

    text: str
    prefix: int = 0


class LeanReader:
    """Reads the weights when made. Shapes: b passages, t pieces, h width."""

    def __init__(self, folder: Path, minilm: Path) -> None:
        stored: Stored = read(folder, minilm)
        self._w = stored.weights
        self._layers = 1 + max(int(name.split(".")[1]) for name in self._w if name.startswith("layers."))
        self._heads = int(stored.facts["heads"])
        self._tokenizer = open_tokenizer(str(minilm / "tokenizer.json"))
        self._own = {letter: at for at, letter in enumerate(stored.letters, 1)}
        self.weight, self.threshold = float(stored.facts["there_weight"]), float(stored.facts["threshold"])

    def read(self, question: str, passages: Sequence[Asked], *, most: int = 192) -> list[Span]:
        """The best span of each passage; `most`: pieces of question and passage together."""
        if not passages:
            return []
        first, *texts = read_texts(self._tokenizer, self._own, [question, *(one.text for one in passages)])
        pairs = [pair(first, text, prefix=one.prefix, most=most) for text, one in zip(texts, passages, strict=True)]
        with one_thread():
            start, end, there = self.scores(pairs)
        return [
            best_span(start[at], end[at], first=one.first, offsets=one.offsets, there=float(there[at]))
            for at, one in enumerate(pairs)
        ]

    def certainty(self, span: Span) -> float:
        """Above 0 there is an answer."""
        return span.score + self.weight * span.there - self.threshold

    def scores(self, pairs: Sequence[Pair]) -> tuple[Rows, Rows, Rows]:
        """Shapes: (b, t), (b, t), (b). Rows are not filled up in the layers, only attention sees them apart."""
        sizes = [len(one.ids) for one in pairs]
        width = max(sizes)
        state = self._forward(pairs)
        spans = state @ self._w["span.weight"].T + self._w["span.bias"]
        start, end = np.full((2, len(pairs), width), -1e9, np.float32)
        there = np.zeros(len(pairs), np.float32)
        low = 0
        for at, one in enumerate(pairs):
            rows, scores = state[low : low + sizes[at]], spans[low : low + sizes[at]]
            inside = scores[one.first :]
            share = np.exp(inside - inside.max(axis=0))
            pooled = (share / share.sum(axis=0)).T @ rows[one.first :]
            joined = np.concatenate([rows[0], pooled.reshape(-1)])
            there[at] = (joined @ self._w["there.weight"].T + self._w["there.bias"])[0]
            for given, column in ((start, 0), (end, 1)):
                given[at, 0], given[at, one.first : sizes[at]] = scores[0, column], inside[:, column]
            low += sizes[at]
        return start, end, there

    def _forward(self, pairs: Sequence[Pair]) -> Rows:
        """All pairs' pieces one after the other. Shape: (sum of t, h)."""
        w = self._w

        def gather(name: str) -> NDArray[np.int64]:
            return np.concatenate([np.asarray(getattr(one, name)) for one in pairs])

        places = np.concatenate([np.arange(len(one.ids)) for one in pairs])
        state = w["word.weight"][gather("ids")] + w["position.weight"][places] + w["own.weight"][gather("own")]
        state = state + w["kind.weight"][gather("kinds")] + w["match.weight"][gather("matches")]
        state = self._norm(state + w["shape.weight"][gather("shapes")], "norm")
        bounds = np.cumsum([0, *(len(one.ids) for one in pairs)])
        for number in range(self._layers):
            name = f"layers.{number}"
            mixed = self._attend(self._linear(state, f"{name}.qkv"), bounds)
            state = self._norm(state + self._linear(mixed, f"{name}.out"), f"{name}.norm1")
            inner = self._linear(state, f"{name}.up")
            gelu_in_place(inner)
            state = self._norm(state + self._linear(inner, f"{name}.down"), f"{name}.norm2")
        return state

    def _attend(self, qkv: Rows, bounds: NDArray[np.int64]) -> Rows:
        """Each row sees its own alone. Shapes: (n, 3h) -> (n, h)."""
        width = qkv.shape[1] // 3
        depth = width // self._heads
        out = np.empty((len(qkv), width), np.float32)
        for low, high in pairwise(bounds):
            q, k, v = qkv[low:high].reshape(high - low, 3, self._heads, depth).transpose(1, 2, 0, 3)
            scores = q @ k.transpose(0, 2, 1) * np.float32(depth**-0.5)
            scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
            scores /= scores.sum(axis=-1, keepdims=True)
            out[low:high] = (scores @ v).transpose(1, 0, 2).reshape(high - low, width)
        return out

    def _linear(self, state: Rows, name: str) -> Rows:
        found: Rows = state @ self._w[f"{name}.weight"].T
        found += self._w[f"{name}.bias"]
        return found

    def _norm(self, state: Rows, name: str) -> Rows:
        centred: Rows = state - state.mean(axis=-1, keepdims=True)
        scale = 1 / np.sqrt(np.einsum("nh,nh->n", centred, centred) / np.float32(state.shape[1]) + np.float32(1e-12))
        centred *= scale[:, None]
        centred *= self._w[f"{name}.weight"]
        centred += self._w[f"{name}.bias"]
        return centred


def nearest(question: str, text: str, *, prefix: int = 0, room: int = 260) -> tuple[Asked, int]:
    """The whole sentences of about `room` characters that share most with a question, with what stands before the text.

    The second value is what must be added to a span's places to find it in `text`, where it lies behind the prefix.
    """
    parts = [(low + prefix, high + prefix) for low, high in sentences(text[prefix:])]
    if len(text) - prefix <= room or len(parts) < 2:
        return Asked(text=text, prefix=prefix), 0
    wanted = {stem(word) for word in terms(question)}
    weights = [len(wanted.intersection(stem(word) for word in terms(text[low:high]))) for low, high in parts]
    best, chosen = -1.0, parts[0]
    high = 0
    for low in range(len(parts)):
        high = max(high, low)
        while high + 1 < len(parts) and parts[high + 1][1] - parts[low][0] <= room:
            high += 1
        # One sentence that has all of the question is better than several that have a word of it each.
        value = sum(weights[low : high + 1]) + 0.5 * max(weights[low : high + 1]) - 0.01 * low
        if value > best:
            best, chosen = value, (parts[low][0], parts[high][1])
    return Asked(text=text[:prefix] + text[chosen[0] : chosen[1]], prefix=prefix), chosen[0] - prefix


def gelu_in_place(x: Rows, *, rows: int = 32) -> None:
    """GELU with tanh, a few rows at a time so that they stay in the processor's cache."""
    inner = np.empty((min(rows, len(x)), x.shape[1]), np.float32)
    for low in range(0, len(x), rows):
        part = x[low : low + rows]
        z = inner[: len(part)]
        # x / (1 + exp(-2 sqrt(2/pi) (x + 0.044715 x^3)))
        np.multiply(part, part, out=z)
        z *= np.float32(-2 * 0.7978845608028654 * 0.044715)
        z -= np.float32(2 * 0.7978845608028654)
        z *= part
        np.minimum(z, np.float32(80), out=z)
        np.exp(z, out=z)
        z += np.float32(1)
        part /= z
