"""`multilingual`: Google's Universal Sentence Encoder for sixteen languages, computed in NumPy from its package's file.

A text's vector is made of its pieces and of what stands beside each (runs of two, three and five), averaged: no
attention, so a passage costs a hundredth of what a transformer of the same size would.
"""

from __future__ import annotations

import hashlib
import threading
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.numpy_bert import embed_in_numpy
from ragmm.embedders.sentence_pieces import piece_tokenizer
from ragmm.embedders.settings import EmbedderSettings
from ragmm.embedders.windows import Span
from ragmm.errors import ModelError
from ragmm.graphs.running import one_thread
from ragmm.models.finding import FoundModel
from ragmm.text.inert import without_surrogates
from ragmm.types import Asset, MediaKind, ModelInfo, Role

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["MultilingualEmbedder"]

Rows = NDArray[np.float32]

_ADAPTER = "multilingual/1"
"""Raised when the same weights would give other vectors."""
_DIM: Final = 512
_WIDTH: Final = 256
_TABLES: Final = 17
"""Files of the word table: piece n is row n // 17 of table n % 17."""
_RUNS: Final = ((2, 0), (3, 1), (5, 2))
"""How many pieces a run has, and how many of them stand before the one it is about."""
_GAP: Final = 2
"""Rows of nothing around each text, so that no run reaches into the next one."""
_BEGIN, _END = 1, 2
_CONTEXT: Final = 512
"""Pieces of a window; the model itself has no limit."""
_SCRIPTS: Final = frozenset({"LATIN", "CYRILLIC", "CJK", "ARABIC", "THAI"})
"""Of Arabic, Chinese, Dutch, English, French, German, Italian, Japanese, Korean, Polish, Portuguese, Russian, Spanish,
Thai and Turkish."""


class MultilingualEmbedder:
    """Constructing reads nothing; the weights are loaded by `load()` or on first use. Thread-safe."""

    def __init__(self, model: FoundModel, settings: EmbedderSettings | None = None) -> None:
        self._found = model
        self._settings = settings or EmbedderSettings()
        self._lock = threading.RLock()

    @cached_property
    def info(self) -> ModelInfo:
        """The same for every copy: its files are those of one version, by their hashes."""
        return ModelInfo(
            name=self._found.name,
            revision=self._found.revision,
            fingerprint=hashlib.sha256(f"{_ADAPTER} {self._found.revision}".encode()).hexdigest(),
            kinds=frozenset({MediaKind.TEXT}),
            dim=_DIM,
            max_tokens=_CONTEXT,
            licence=self._found.licence,
        )

    def scripts(self) -> frozenset[str]:
        """Those of the languages that it has learnt."""
        return _SCRIPTS

    def load(self) -> None:
        """Loads the weights unless they are loaded. Raises ModelError when they are damaged."""
        with self._lock:
            self._encoder.load()

    @cached_property
    def _encoder(self) -> _PieceAverage:
        return _PieceAverage(self._found.folder)

    def embed_texts(self, texts: Sequence[str], role: Role) -> Rows:  # noqa: ARG002 - one signature for all
        """Shape: (len(texts), 512), of unit length; questions and documents alike."""
        if not texts:
            return np.zeros((0, _DIM), np.float32)
        with self._lock:
            return embed_in_numpy(
                self._encoder, [without_surrogates(text) for text in texts], "", self._settings.batch_size
            )

    def embed_media(self, kind: MediaKind, assets: Sequence[Asset]) -> Rows:  # noqa: ARG002
        """Raises ModelError: it takes texts only."""
        raise ModelError(f"{self._found.name} embeds text only; name a model of a shared space for {kind}")


@dataclass(frozen=True, kw_only=True, eq=False)
class _PieceWeights:
    table: NDArray[np.uint8]
    """Shape: (17, pieces of each, 512)."""
    step: Rows
    """Of each table, what one step of its bytes is worth, and what nought is."""
    low: Rows
    layers: dict[str, Rows]
    epsilon: float

    @classmethod
    def read(cls, file: Path) -> _PieceWeights:
        """Raises ModelError where the file is damaged."""
        try:
            with file.open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
                table = np.stack([stored[f"q{number + 1}"] for number in range(_TABLES)])
                rest = {name: stored[name] for name in stored.files if not name.startswith("q")}
            layers = {name: rows.astype(np.float32) for name, rows in rest.items() if rows.ndim}
            return cls(table=table, step=layers["scale"], low=layers["lo"], layers=layers, epsilon=float(rest["eps"]))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise ModelError(
                f"{file} cannot be read ({error}); fetch it again: ragmm models pull multilingual"
            ) from error


class _PieceAverage:
    """What windows, batches and averages need of an encoder; reads its files on first use."""

    dim = _DIM
    has_graph = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def _weights(self) -> _PieceWeights:
        return _PieceWeights.read(self._folder / "weights.npz")

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return piece_tokenizer(self._folder / "sp.model")

    def load(self) -> None:
        """Makes ready what computes."""
        _ = self._weights, self._tokenizer

    @staticmethod
    def takes(_: int) -> bool:
        """Any number: nothing else computes it."""
        return True

    @staticmethod
    def clean(text: str) -> str:
        """The tokenizer's file says itself how a text is cleaned."""
        return text

    @staticmethod
    def capacity(_: str) -> int:
        """Pieces that fit between the first and the last."""
        return _CONTEXT - 2

    def spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """Where each piece of each text begins and ends."""
        return [[(int(a), int(b)) for a, b in one.offsets] for one in self._tokenizer.encode_batch(list(texts))]

    def embed(self, texts: Sequence[str]) -> Rows:
        """Shape: (len(texts), 512), of unit length."""
        pieces = [[_BEGIN, *one.ids, _END] for one in self._tokenizer.encode_batch(list(texts))]
        with one_thread():
            return self._forward(pieces)

    def _forward(self, pieces: Sequence[Sequence[int]]) -> Rows:
        """The texts one below the other, with rows of nothing between. Shape: (len(pieces), 512)."""
        w = self._weights.layers
        starts = np.cumsum([_GAP, *(len(one) + _GAP for one in pieces)])
        filled = np.zeros((int(starts[-1]), 1), np.float32)
        words = np.zeros((len(filled), _DIM), np.float32)
        for start, one in zip(starts, pieces, strict=False):
            filled[start : start + len(one)] = 1
            words[start : start + len(one)] = self._words(np.array(one, np.int64))
        parts = [words, *(self._run(words, filled, pieces_of, before) for pieces_of, before in _RUNS)]
        seen = self._norm(np.concatenate(parts, axis=1), "") * filled
        lengths = np.array([[len(one)] for one in pieces], np.float32)
        summed = np.add.reduceat(seen, starts[:-1], axis=0) @ w["cnn_W"] + lengths * w["cnn_b"]
        return self._head((summed / np.sqrt(lengths)).astype(np.float32))

    def _words(self, ids: NDArray[np.int64]) -> Rows:
        which, row = ids % _TABLES, ids // _TABLES
        rows: Rows = self._weights.table[which, row] * self._weights.step[which, None] + self._weights.low[which, None]
        return rows

    def _run(self, words: Rows, filled: Rows, pieces: int, before: int) -> Rows:
        """What stands beside each piece, looked at twice. Shape: (t, 512) -> (t, 256)."""
        w = self._weights.layers
        state = self._norm(words @ w[f"proj{pieces}"] + w[f"proj_b{pieces}"], str(pieces)) * filled
        for look in ("1", "2"):
            beside = np.concatenate([np.roll(state, before - step, axis=0) for step in range(pieces)], axis=1)
            state = (np.maximum(beside @ w[f"w{look}_{pieces}"] + w[f"b{look}_{pieces}"], 0) + state) * filled
        return state

    def _norm(self, rows: Rows, which: str) -> Rows:
        w = self._weights
        centred = rows - rows.mean(axis=1, keepdims=True)
        scale = np.sqrt((centred * centred).mean(axis=1, keepdims=True) + np.float32(w.epsilon))
        normed: Rows = centred / scale * w.layers[f"ln_g{which}"] + w.layers[f"ln_b{which}"]
        return normed

    def _head(self, rows: Rows) -> Rows:
        w = self._weights.layers
        first = np.maximum(rows @ w["d0"], 0)
        second = np.maximum(rows @ w["p1"] + first @ w["d1"], 0)
        third = np.maximum(second @ w["d2"], 0)
        out = np.tanh(second @ w["p3"] + third @ w["d3"])
        unit: Rows = (out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)).astype(np.float32)
        return unit
