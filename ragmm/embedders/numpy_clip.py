"""The text tower of a CLIP model in NumPy, straight from the model's own file: a question needs no torch.

The weights stay where they are, in the whole checkpoint, which is mapped and of which only the tower is read. Whatever
differs from OpenAI's and OpenCLIP's plain text transformer is left to the library.
"""

from __future__ import annotations

import gzip
import html
import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.numpy_bert import MOST_TEXTS, gelu
from ragmm.embedders.token_spans import spans_of_clip
from ragmm.embedders.windows import Span
from ragmm.graphs.running import one_thread
from ragmm.models.mapped_weights import MappedWeights

__all__ = ["ClipWords", "NumpyClip"]

Rows = NDArray[np.float32]

_UNDERSTOOD = {"context_length", "vocab_size", "width", "heads", "layers", "mlp_ratio"}
_DEFAULTS: Mapping[str, Any] = {"pool_type": "argmax", "proj_type": "linear", "tokenizer_kwargs": {}, "eos_id": 2}
_MERGES = 49_152 - 256 - 2
_FIRST_MERGE = 512
"""Ids below are single bytes, within a word and at its end."""
_START, _END = _FIRST_MERGE + _MERGES, _FIRST_MERGE + _MERGES + 1
_SPECIAL = {"<start_of_text>": _START, "<end_of_text>": _END}
_PATTERN = "|".join(_SPECIAL) + r"|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


@dataclass(frozen=True, kw_only=True)
class _TowerShape:
    """What the forward pass must know besides the weights."""

    layers: int
    heads: int
    context: int
    dim: int
    epsilon: float
    quick: bool
    """Whether the activation is x * sigmoid(1.702 x), as in OpenAI's own models."""


class NumpyClip:
    """Maps the weights on first use. `open` returns None for a tower that it cannot compute exactly."""

    def __init__(self, checkpoint: Path, shape: _TowerShape, prefix: str) -> None:
        self._checkpoint, self._shape, self._prefix = checkpoint, shape, prefix
        self._served = 0

    @classmethod
    def open(cls, checkpoint: Path, model: Mapping[str, Any]) -> NumpyClip | None:
        """`model`: open_clip's model_cfg."""
        text = dict(model.get("text_cfg", {}))
        unknown = {key: value for key, value in text.items() if key not in _UNDERSTOOD and value}
        epsilon = dict(unknown.pop("norm_kwargs", None) or {})
        plain = all(_DEFAULTS.get(key) == value for key, value in unknown.items()) and set(epsilon) <= {"eps"}
        weights = MappedWeights(checkpoint) if plain and "multimodal_cfg" not in model else None
        prefix = "text." if weights is not None and "text.positional_embedding" in weights else ""
        if weights is None or not _has_all(weights, prefix, int(text.get("layers", 12))):
            return None
        shape = _TowerShape(
            layers=int(text.get("layers", 12)),
            heads=int(text.get("heads", 8)),
            context=int(text.get("context_length", 77)),
            dim=int(model["embed_dim"]),
            epsilon=float(epsilon.get("eps", 1e-5)),
            quick=bool(model.get("quick_gelu", False)),
        )
        return cls(checkpoint, shape, prefix)

    @property
    def dim(self) -> int:
        return self._shape.dim

    @property
    def has_graph(self) -> bool:
        return False

    def load(self) -> None:
        """Maps the weights."""
        _ = self._weights

    def takes(self, texts: int) -> bool:
        """Whether so many more texts are still few."""
        return self._served + texts <= MOST_TEXTS

    def clean(self, text: str) -> str:
        return self._words.clean_fn(text)

    def capacity(self, prompt: str) -> int:  # noqa: ARG002 - CLIP has no prompts of its own
        """Tokens of text that fit beside the first and the last."""
        return max(1, self._shape.context - 2)

    def spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """Where each token of each clean text begins and ends."""
        return spans_of_clip(self._words, texts)

    def embed(self, texts: Sequence[str]) -> Rows:
        """Shape: (len(texts), dim), of unit length."""
        self._served += len(texts)
        encoded = [self._words.encode(text)[: self._shape.context - 2] for text in texts]
        ids = np.zeros((len(encoded), max(map(len, encoded)) + 2), np.int64)
        for row, tokens in zip(ids, encoded, strict=True):
            row[: len(tokens) + 2] = [_START, *tokens, _END]
        with one_thread():
            pooled = self._forward(ids)
        rows: Rows = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        return rows

    @cached_property
    def _words(self) -> ClipWords:
        return ClipWords()

    @cached_property
    def _weights(self) -> MappedWeights:
        return MappedWeights(self._checkpoint)

    # The forward pass. Shapes: b texts, t tokens, h width ------------------------------------------------------

    def _forward(self, ids: NDArray[np.int64]) -> Rows:
        """Shape: (b, t) -> (b, dim). Nothing looks ahead, so what follows the last token need not be there."""
        state = self._weights.rows(f"{self._prefix}token_embedding.weight", ids)
        state = state + self._of("positional_embedding")[: ids.shape[1]]
        ahead = np.triu(np.full((ids.shape[1], ids.shape[1]), -np.inf, np.float32), 1)
        for layer in range(self._shape.layers):
            name = f"transformer.resblocks.{layer}"
            state = state + self._attend(self._norm(state, f"{name}.ln_1"), ahead, f"{name}.attn")
            inner = self._linear(self._norm(state, f"{name}.ln_2"), f"{name}.mlp.c_fc")
            state = state + self._linear(self._activated(inner), f"{name}.mlp.c_proj")
        last = state[np.arange(len(ids)), ids.argmax(axis=1)]
        pooled: Rows = self._norm(last, "ln_final") @ self._of("text_projection")
        return pooled

    def _attend(self, state: Rows, ahead: Rows, name: str) -> Rows:
        batch, tokens, width = state.shape
        heads = self._shape.heads
        packed = state @ self._of(f"{name}.in_proj_weight").T + self._of(f"{name}.in_proj_bias")
        query, key, value = packed.reshape(batch, tokens, 3, heads, width // heads).transpose(2, 0, 3, 1, 4)
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(width // heads)) + ahead
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ value).transpose(0, 2, 1, 3).reshape(batch, tokens, width)
        return self._linear(mixed, f"{name}.out_proj")

    def _activated(self, state: Rows) -> Rows:
        if not self._shape.quick:
            return gelu(state)
        out: Rows = state / (1 + np.exp(np.float32(-1.702) * state))
        return out

    def _linear(self, state: Rows, name: str) -> Rows:
        flat = state.reshape(-1, state.shape[-1]) @ self._of(f"{name}.weight").T + self._of(f"{name}.bias")
        out: Rows = flat.reshape(*state.shape[:-1], -1)
        return out

    def _norm(self, state: Rows, name: str) -> Rows:
        centred = state - state.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(self._shape.epsilon))
        normed: Rows = centred / scale * self._of(f"{name}.weight") + self._of(f"{name}.bias")
        return normed

    def _of(self, name: str) -> Rows:
        return self._weights[self._prefix + name]


def _has_all(weights: MappedWeights, prefix: str, layers: int) -> bool:
    """Whether the tower's parts have OpenCLIP's names of today."""
    wanted = ["token_embedding.weight", "positional_embedding", "ln_final.weight", "ln_final.bias", "text_projection"]
    for layer in range(layers):
        parts = [f"{part}.{kind}" for part in ("ln_1", "ln_2", "attn.out_proj", "mlp.c_fc", "mlp.c_proj")
                 for kind in ("weight", "bias")]  # fmt: skip
        wanted += [f"transformer.resblocks.{layer}.{part}" for part in [*parts, "attn.in_proj_weight"]]
    return all(prefix + name in weights for name in wanted)


class ClipWords:
    """CLIP's byte-pair vocabulary, read from the open_clip package without importing it.

    Has the four attributes of open_clip's own tokenizer by which token spans are found.
    """

    def __init__(self) -> None:
        import regex  # type: ignore[import-untyped]

        self.pat = regex.compile(_PATTERN, regex.IGNORECASE)
        self.byte_encoder = {byte: char for byte, (char, _) in _bytes().items()}
        self._single = dict(_bytes().values())
        self._ranks = _merges()
        self.bpe = lru_cache(maxsize=10_000)(self._bpe)

    @staticmethod
    def clean_fn(text: str) -> str:
        """Mended, unescaped, single spaces, small letters."""
        if not (text.isascii() and text.isprintable() and "&" not in text):
            import ftfy  # costs a quarter of a second, and changes nothing about plain ASCII

            text = html.unescape(html.unescape(ftfy.fix_text(text)))
        return " ".join(text.split()).lower()

    def encode(self, text: str) -> list[int]:
        """Ids of a clean text's tokens, without the first and the last."""
        ids: list[int] = []
        for word in self.pat.findall(text):
            pieces = self.bpe("".join(self.byte_encoder[byte] for byte in word.encode("utf-8"))).split(" ")
            ids.extend(self._id(piece) for piece in pieces)
        return ids

    def _id(self, piece: str) -> int:
        whole = piece.removesuffix("</w>")
        if piece in _SPECIAL:
            return _SPECIAL[piece]
        if len(whole) == 1:
            return self._single[whole] + (256 if piece != whole else 0)
        return _FIRST_MERGE + self._ranks.numbers[piece]

    def _bpe(self, word: str) -> str:
        """The word's pieces with spaces between: the earliest merge of the vocabulary first, until none is left."""
        if word in _SPECIAL:
            return word
        pieces = [*word[:-1], word[-1] + "</w>"]
        while len(pieces) > 1:
            first, second = min(pairwise(pieces), key=lambda pair: self._ranks.pairs.get(pair, _MERGES))
            if (first, second) not in self._ranks.pairs:
                break
            joined: list[str] = []
            for piece in pieces:
                if joined and joined[-1] == first and piece == second:
                    joined[-1] = first + second
                else:
                    joined.append(piece)
            pieces = joined
        return " ".join(pieces)


@dataclass(frozen=True, kw_only=True)
class _Ranks:
    """The merges in order, by their two halves and by what they make."""

    pairs: Mapping[tuple[str, str], int]
    numbers: Mapping[str, int]


def _merges() -> _Ranks:
    spec = importlib.util.find_spec("open_clip")
    folder = Path((spec.submodule_search_locations or ["."])[0]) if spec is not None else Path()
    text = gzip.decompress((folder / "bpe_simple_vocab_16e6.txt.gz").read_bytes()).decode("utf-8")
    halves = [tuple(line.split(" ")) for line in text.split("\n")[1 : _MERGES + 1]]
    return _Ranks(
        pairs={(first, second): rank for rank, (first, second) in enumerate(halves)},
        numbers={first + second: rank for rank, (first, second) in enumerate(halves)},
    )


def _bytes() -> dict[int, tuple[str, int]]:
    """For each byte the printable character that stands for it, and its id."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in set(printable)]
    found = {byte: (chr(byte), number) for number, byte in enumerate(printable)}
    found.update((byte, (chr(256 + n), len(printable) + n)) for n, byte in enumerate(others))
    return found
