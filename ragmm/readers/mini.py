"""The bundled reader: MiniLM-L6 with a head for spans, as NumPy products of one thread; no torch.

Its files hold the difference to all-MiniLM-L6-v2, whose package must be there; `weights` puts the two together.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ragmm.graphs.running import one_thread
from ragmm.models.finding import FoundModel
from ragmm.models.fingerprints import fingerprint
from ragmm.readers.base import OptionSide, Passage, Span
from ragmm.readers.decode import best_spans
from ragmm.readers.encoding import Pair, open_tokenizer, pair, read_texts
from ragmm.types import MediaKind, ModelInfo

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["ROOM", "MiniReader", "Network"]

Rows = NDArray[np.float32]
_SPANS = 24
"""Of a passage: the best may not be of the kind that was asked for."""
ROOM = {OptionSide.ROW: 36, OptionSide.COLUMN: 26}
"""Pieces of an option, with the three special ones."""


class MiniReader:
    """Reads passages of up to about a hundred pieces; weights are read when it first reads."""

    def __init__(self, found: FoundModel, minilm: Path, *, pieces: int = 192) -> None:
        """`pieces`: most of a question and a passage together; what is longer is cut at its end."""
        self._found, self._minilm, self._pieces = found, minilm, pieces
        self._loaded: _ReadyReader | None = None
        self._lock = threading.Lock()

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(
            name=self._found.name,
            revision=self._found.revision,
            fingerprint=fingerprint(self._found.folder, self._minilm, adapter="mini-reader/1"),
            kinds=frozenset({MediaKind.TEXT}),
            max_tokens=self._pieces,
            licence=self._found.licence,
        )

    def load(self) -> None:
        """Read the weights now."""
        self._ready()

    def _ready(self) -> _ReadyReader:
        with self._lock:
            self._loaded = self._loaded or _load(self._found.folder, self._minilm)
            return self._loaded

    def read(self, question: str, passages: Sequence[Passage]) -> list[tuple[Span, ...]]:
        if not passages or not question.strip():
            return [() for _ in passages]
        loaded = self._ready()
        own, tokenizer, network = loaded.own, loaded.tokenizer, loaded.network
        first, *texts = read_texts(tokenizer, own, [question, *(one.text for one in passages)])
        given = zip(texts, passages, strict=True)
        pairs = [pair(first, text, prefix=one.prefix, most=self._pieces) for text, one in given]
        with one_thread():
            start, end, there = network.scores(pairs)
        return [loaded.spans(pairs[at], passages[at], start[at], end[at], float(there[at])) for at in range(len(pairs))]

    def score(self, question: str, options: Sequence[Passage], side: OptionSide) -> list[float] | None:
        loaded = self._ready()
        if not loaded.network.knows_cells or not options or not question.strip():
            return None
        first, *texts = read_texts(loaded.tokenizer, loaded.own, [question, *(one.text for one in options)])
        most = len(first.ids) + ROOM[side]
        given = zip(texts, options, strict=True)
        with one_thread():
            scores = loaded.network.cells([pair(first, text, prefix=one.prefix, most=most) for text, one in given])
        return [float(score) for score in scores[:, int(side is OptionSide.COLUMN)]]


@dataclass(frozen=True, kw_only=True)
class _ReadyReader:
    """What is read from the files."""

    network: Network
    tokenizer: Tokenizer
    own: dict[str, int]
    weight: float
    threshold: float

    def spans(self, one: Pair, passage: Passage, start: Rows, end: Rows, there: float) -> tuple[Span, ...]:
        kept = np.r_[0, one.first : one.first + len(one.offsets)]
        scores = start[kept], end[kept]
        found = best_spans(*scores, one.offsets, most=_SPANS, text=passage.text, after=passage.prefix)
        more = self.weight * there - self.threshold
        return tuple(Span(start=span.start, end=span.end, certainty=span.score + more) for span in found)


def _load(folder: Path, minilm: Path) -> _ReadyReader:
    from ragmm.readers.weights import read

    stored = read(folder, minilm)
    return _ReadyReader(
        network=Network(stored.weights, int(stored.facts["heads"])),
        tokenizer=open_tokenizer(str(minilm / "tokenizer.json")),
        own={letter: at for at, letter in enumerate(stored.letters, 1)},
        weight=float(stored.facts["there_weight"]),
        threshold=float(stored.facts["threshold"]),
    )


class Network:
    """The forward pass. Shapes: b passages, t pieces, h width, n pieces of all passages one after the other."""

    def __init__(self, weights: dict[str, Rows], heads: int) -> None:
        self._w, self._heads = weights, heads
        self._layers = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))

    @property
    def knows_cells(self) -> bool:
        """Whether there is a second head, for rows and columns of tables."""
        return "cell.weight" in self._w

    def cells(self, pairs: Sequence[Pair]) -> Rows:
        """How well each answers as a row and as a column. Shape: (b, 2)."""
        return self._forward(pairs, first=True) @ self._w["cell.weight"].T + self._w["cell.bias"]

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

    def _forward(self, pairs: Sequence[Pair], *, first: bool = False) -> Rows:
        """All pairs' pieces one after the other, or the `first` of each alone. Shape: (sum of t, h) or (b, h)."""
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
            if first and number == self._layers - 1:
                state, mixed = state[bounds[:-1]], mixed[bounds[:-1]]
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
