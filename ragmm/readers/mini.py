"""The bundled reader: MiniLM-L6 with a head for spans and one for cells, run by ONNX Runtime in eight bits; no torch.

Its files hold the difference to all-MiniLM-L6-v2, whose package must be there; `weights` puts the two together.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ragmm.graphs.kept import kept_graph
from ragmm.graphs.reading import ReaderShape, reader_graph
from ragmm.graphs.running import GraphRunner
from ragmm.models.finding import FoundModel
from ragmm.models.fingerprints import fingerprint
from ragmm.models.weights import cache_root
from ragmm.readers.base import OptionSide, Passage, Span
from ragmm.readers.decode import best_spans
from ragmm.readers.encoding import Pair, beginning, open_tokenizer, pair, read_texts
from ragmm.readers.weights import Learnt, digests, has_second, read
from ragmm.types import MediaKind, ModelInfo

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["ROOM", "MiniReader", "Network"]

Rows = NDArray[np.float32]
_SPANS = 24
"""Of a passage: the best may not be of the kind that was asked for."""
ROOM = {OptionSide.ROW: 36, OptionSide.COLUMN: 26}
"""Pieces of an option, with the three special ones."""
_LONGEST_QUESTION = 512 - max(ROOM.values())
"""Pieces: the model has places for 512 in all."""


class MiniReader:
    """Reads passages of up to about a hundred pieces; weights are read when they are first needed."""

    def __init__(self, found: FoundModel, minilm: Path, *, pieces: int = 192) -> None:
        """`pieces`: most of a question and a passage together; what is longer is cut at its end."""
        self._found, self._minilm, self._pieces = found, minilm, pieces
        self._ready: dict[Learnt, _ReadyReader] = {}
        self._lock = threading.Lock()

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(
            name=self._found.name,
            revision=self._found.revision,
            fingerprint=fingerprint(self._found.folder, self._minilm, adapter="mini-reader/2"),
            kinds=frozenset({MediaKind.TEXT}),
            max_tokens=self._pieces,
            licence=self._found.licence,
        )

    def load(self) -> None:
        """Read the weights now."""
        self._for(Learnt.FIRST)

    def _for(self, part: Learnt) -> _ReadyReader:
        with self._lock:
            if part not in self._ready:
                other = next(iter(self._ready.values()), None)
                self._ready[part] = _load(self._found.folder, self._minilm, part, other.tokenizer if other else None)
            return self._ready[part]

    def read(self, question: str, passages: Sequence[Passage]) -> list[tuple[Span, ...]]:
        return self._read(Learnt.FIRST, question, passages)

    def read_again(self, question: str, passages: Sequence[Passage]) -> list[tuple[Span, ...]] | None:
        """As one reads that went on learning from running text alone; None where there is none."""
        return self._read(Learnt.SECOND, question, passages) if self._for(Learnt.FIRST).has_second else None

    def _read(self, part: Learnt, question: str, passages: Sequence[Passage]) -> list[tuple[Span, ...]]:
        if not passages or not question.strip():
            return [() for _ in passages]
        loaded = self._for(part)
        own, tokenizer, network = loaded.own, loaded.tokenizer, loaded.network
        first, *texts = read_texts(tokenizer, own, [question, *(one.text for one in passages)])
        first = beginning(first, _LONGEST_QUESTION)
        given = zip(texts, passages, strict=True)
        pairs = [pair(first, text, prefix=one.prefix, most=self._pieces) for text, one in given]
        start, end, there = network.scores(pairs)
        return [loaded.spans(pairs[at], passages[at], start[at], end[at], float(there[at])) for at in range(len(pairs))]

    def score(self, question: str, options: Sequence[Passage], side: OptionSide) -> list[float] | None:
        loaded = self._for(Learnt.FIRST)
        if not loaded.network.knows_cells or not options or not question.strip():
            return None
        first, *texts = read_texts(loaded.tokenizer, loaded.own, [question, *(one.text for one in options)])
        first = beginning(first, _LONGEST_QUESTION)
        most = len(first.ids) + ROOM[side]
        given = zip(texts, options, strict=True)
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
    has_second: bool
    """Whether another one may be asked."""

    def spans(self, one: Pair, passage: Passage, start: Rows, end: Rows, there: float) -> tuple[Span, ...]:
        kept = np.r_[0, one.first : one.first + len(one.offsets)]
        scores = start[kept], end[kept]
        found = best_spans(*scores, one.offsets, most=_SPANS, text=passage.text, after=passage.prefix)
        more = self.weight * there - self.threshold
        return tuple(Span(start=span.start, end=span.end, certainty=span.score + more) for span in found)


def _load(folder: Path, minilm: Path, part: Learnt, tokenizer: Tokenizer | None = None) -> _ReadyReader:
    """`tokenizer`: where it was opened already."""
    stored = read(folder, minilm, part=part)
    heads = int(stored.facts["heads"])
    graph = kept_graph(cache_root() / "graphs", digests(stored.facts, part), lambda: _graph(stored.weights, heads))
    return _ReadyReader(
        network=Network(stored.weights, heads, graph),
        tokenizer=tokenizer or open_tokenizer(str(minilm / "tokenizer.json")),
        own={letter: at for at, letter in enumerate(stored.letters, 1)},
        weight=float(stored.facts["there_weight"]),
        threshold=float(stored.facts["threshold"]),
        has_second=has_second(stored.facts),
    )


def _graph(weights: Mapping[str, Rows], heads: int) -> bytes:
    layers = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))
    return reader_graph(weights, ReaderShape(layers=layers, heads=heads, dim=weights["span.weight"].shape[1]))


class Network:
    """The forward pass. Shapes: b passages, t pieces, h width, n pieces of all passages one after the other."""

    def __init__(self, weights: Mapping[str, Rows], heads: int, graph: bytes | None = None) -> None:
        """`graph`: that of the layers, where it was made before."""
        tables = (name for name in weights if not name.startswith(("layers.", "norm.")))
        self._tables = {name: weights[name] for name in tables}
        self._graph = GraphRunner(_graph(weights, heads) if graph is None else graph)

    @property
    def knows_cells(self) -> bool:
        """Whether there is a second head, for rows and columns of tables."""
        return "cell.weight" in self._tables

    def cells(self, pairs: Sequence[Pair]) -> Rows:
        """How well each answers as a row and as a column. Shape: (b, 2)."""
        return self._forward(pairs, first=True) @ self._tables["cell.weight"].T + self._tables["cell.bias"]

    def scores(self, pairs: Sequence[Pair]) -> tuple[Rows, Rows, Rows]:
        """Shapes: (b, t), (b, t), (b). Each pair goes through the layers by itself; only what is given is filled up."""
        sizes = [len(one.ids) for one in pairs]
        width = max(sizes)
        state = self._forward(pairs)
        spans = state @ self._tables["span.weight"].T + self._tables["span.bias"]
        start, end = np.full((2, len(pairs), width), -1e9, np.float32)
        there = np.zeros(len(pairs), np.float32)
        low = 0
        for at, one in enumerate(pairs):
            rows, scores = state[low : low + sizes[at]], spans[low : low + sizes[at]]
            inside = scores[one.first :]
            share = np.exp(inside - inside.max(axis=0))
            pooled = (share / share.sum(axis=0)).T @ rows[one.first :]
            joined = np.concatenate([rows[0], pooled.reshape(-1)])
            there[at] = (joined @ self._tables["there.weight"].T + self._tables["there.bias"])[0]
            for given, column in ((start, 0), (end, 1)):
                given[at, 0], given[at, one.first : sizes[at]] = scores[0, column], inside[:, column]
            low += sizes[at]
        return start, end, there

    def _forward(self, pairs: Sequence[Pair], *, first: bool = False) -> Rows:
        """All pairs' pieces one after the other, or the `first` of each alone. Shape: (sum of t, h) or (b, h)."""
        tables = self._tables

        def gather(name: str) -> NDArray[np.int64]:
            return np.concatenate([np.asarray(getattr(one, name)) for one in pairs])

        places = np.concatenate([np.arange(len(one.ids)) for one in pairs])
        pieces = tables["word.weight"][gather("ids")] + tables["position.weight"][places]
        for name, part in (("own", "own"), ("kind", "kinds"), ("match", "matches"), ("shape", "shapes")):
            pieces += tables[f"{name}.weight"][gather(part)]
        bounds = np.cumsum([0, *(len(one.ids) for one in pairs)])
        return np.concatenate([self._states(pieces[low:high], first) for low, high in pairwise(bounds)])

    def _states(self, pieces: Rows, first: bool) -> Rows:
        """Of one pair alone: numbers are rounded by how large its own are."""
        (states,) = self._graph.run(pieces=pieces, kept=np.arange(1 if first else len(pieces)))
        return states
