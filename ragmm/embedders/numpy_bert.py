"""BERT-like text encoders without torch: a graph for ONNX Runtime over the model's own file, or NumPy where it is not.

Importing torch and a model library costs seconds; a question has a dozen tokens. This reads the same safetensors and
the same tokenizer and computes the same vectors (to 1e-5, held by a test). Anything it does not know for certain, it
leaves to the library.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ragmm.embedders.batching import BatchPlan, available_cores, embed_sorted
from ragmm.embedders.compute import gpu_in_sight, torch_installed
from ragmm.embedders.windows import Span, average, cut
from ragmm.graphs.bert import BertShape, bert_graph
from ragmm.graphs.running import GraphRunner, at_once, one_thread, runs_graphs
from ragmm.models.describe import read_json, read_modules
from ragmm.models.mapped_weights import MappedWeights

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

__all__ = ["MOST_TEXTS", "NumpyBert", "NumpyEncoder", "embed_in_numpy", "gelu", "serves_without_torch"]

Rows = NDArray[np.float32]

_KINDS = {"bert": 0, "roberta": 1, "xlm-roberta": 1}
"""Model types that are computed alike; whether positions start behind the padding id."""
_POOLINGS = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
_PREFIXES = ("", "bert.", "roberta.")
_WORDS = "embeddings.word_embeddings.weight"
_AT_FIRST = 2
"""A question, and what a glossary says that it means."""
MOST_TEXTS = 2_000
"""Embedded in NumPy by one encoder; whoever has more is better served by a library that was worth its start."""


def serves_without_torch(encoder: NumpyEncoder | None, texts: int, device: str) -> bool:
    """Whether so many texts are embedded without torch: any number by a graph, unless torch has a GPU for them."""
    if encoder is None or device not in {"auto", "cpu"}:
        return False
    if not torch_installed() or ("torch" not in sys.modules and encoder.takes(texts)):
        return True
    return encoder.has_graph and (device == "cpu" or not gpu_in_sight())


class NumpyEncoder(Protocol):
    """What windows, batches and averages need of an encoder without torch."""

    @property
    def dim(self) -> int: ...

    @property
    def has_graph(self) -> bool:
        """Whether ONNX Runtime computes it, as fast as any library would."""
        ...

    def takes(self, texts: int) -> bool: ...

    def load(self) -> None: ...

    def clean(self, text: str) -> str:
        """The text as the tokenizer wants it."""
        ...

    def capacity(self, prompt: str) -> int: ...

    def spans(self, texts: Sequence[str]) -> list[list[Span]]: ...

    def embed(self, texts: Sequence[str]) -> Rows: ...


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """What the forward pass must know besides the weights."""

    layers: int
    heads: int
    epsilon: float
    first_position: int
    pooling: str
    context: int
    dim: int


class NumpyBert:
    """Reads the weights on first use. `open` returns None for a model that it cannot compute exactly."""

    def __init__(self, folder: Path, shape: _Shape, prompts: dict[str, str], threads: int = 0) -> None:
        self._folder, self._shape, self.prompts = folder, shape, prompts
        self._threads = threads or available_cores()
        self._weights: dict[str, Rows] | None = None
        self._tokenizer: Tokenizer | None = None
        self._served = 0

    @classmethod
    def open(cls, folder: Path, *, context: int = 0, pooling: str = "", threads: int = 0) -> NumpyBert | None:
        """`context` and `pooling` are given where another model's files decide them (an OpenCLIP text tower).

        `threads`: texts computed at once; 0 takes the cores this process may use.
        """
        config = read_json(folder / "config.json") if (folder / "config.json").is_file() else {}
        pooling = pooling or _pooling(folder)
        known = (
            config.get("model_type") in _KINDS
            and config.get("hidden_act") == "gelu"
            and config.get("position_embedding_type", "absolute") == "absolute"
            and pooling in _POOLINGS.values()
            and (folder / "model.safetensors").is_file()
            and (folder / "tokenizer.json").is_file()
        )
        if not known:
            return None
        offset = _KINDS[config["model_type"]] * (int(config.get("pad_token_id") or 0) + 1)
        shape = _Shape(
            layers=int(config["num_hidden_layers"]),
            heads=int(config["num_attention_heads"]),
            epsilon=float(config.get("layer_norm_eps", 1e-12)),
            first_position=offset,
            pooling=pooling,
            dim=int(config["hidden_size"]),
            context=context or _context(folder, int(config["max_position_embeddings"]) - offset),
        )
        return cls(folder, shape, _prompts(folder), threads)

    @property
    def dim(self) -> int:
        return self._shape.dim

    @property
    def has_graph(self) -> bool:
        """Whether ONNX Runtime is here and can read the weights where they lie."""
        return runs_graphs() and self._graph is not None

    @cached_property
    def _graph(self) -> bytes | None:
        try:
            return self.graph(bert_graph)
        except KeyError:  # half precision, or names of another kind
            return None

    def graph(self, write: Callable[..., bytes]) -> bytes:
        """As `bert_graph` or another writes it. Raises KeyError where the file does not allow it."""
        shape = self._shape
        asked = BertShape(
            layers=shape.layers,
            heads=shape.heads,
            dim=shape.dim,
            epsilon=shape.epsilon,
            first_position=shape.first_position,
            prefix=next((name for name in _PREFIXES if f"{name}{_WORDS}" in self.stored), ""),
        )
        return write(self.stored, asked, pooling=shape.pooling)

    @cached_property
    def stored(self) -> MappedWeights:
        """The model's file."""
        return MappedWeights(self._folder / "model.safetensors")

    @cached_property
    def _runner(self) -> GraphRunner | None:
        """A graph is run where there is one; its weights are mapped."""
        if not self.has_graph or self._graph is None:
            return None
        return GraphRunner(self._graph, folder=self.stored.file.parent)

    def load(self) -> None:
        """Makes ready what computes."""
        if self._runner is None:
            self._ready()

    def takes(self, texts: int) -> bool:
        """Whether so many more texts are still few."""
        return self._served + texts <= MOST_TEXTS

    @staticmethod
    def clean(text: str) -> str:
        """The tokenizer's file says itself how a text is cleaned."""
        return text

    def capacity(self, prompt: str) -> int:
        """Tokens of text that fit beside the special tokens and a prompt."""
        return max(8, self._shape.context - len(self._encode([prompt], special=True)[0].ids))

    def spans(self, texts: Sequence[str]) -> list[list[Span]]:
        """Where each token of each text begins and ends, without special ones."""
        return [[(int(a), int(b)) for a, b in one.offsets] for one in self._encode(texts, special=False)]

    def embed(self, texts: Sequence[str]) -> Rows:
        """Shape: (len(texts), dim), of unit length."""
        encoded = self._encode(texts, special=True)
        runner = None if self._asks_once(len(texts)) else self._runner
        if runner is not None:
            return self._by_graph(runner, encoded)
        return self._in_numpy(encoded)

    def embed_by(self, runner: GraphRunner, texts: Sequence[str]) -> Rows:
        """By a graph of another's making. Shape: (len(texts), dim)."""
        return self._by_graph(runner, self._encode(texts, special=True))

    def _by_graph(self, runner: GraphRunner, encoded: Sequence[Encoding]) -> Rows:
        ids = [np.array(one.ids, np.int64) for one in encoded]
        return np.concatenate(at_once(lambda one: runner.run(ids=one)[0], ids, self._threads))

    def _asks_once(self, texts: int) -> bool:
        """Whether these are the first and few: a process with one question has its answer before a graph has begun."""
        first = self._served == 0 and texts <= _AT_FIRST and "_runner" not in self.__dict__
        self._served += texts
        return first

    def _in_numpy(self, encoded: Sequence[Encoding]) -> Rows:
        width = max(len(one.ids) for one in encoded)
        ids = np.zeros((len(encoded), width), np.int64)
        mask = np.zeros((len(encoded), width), np.float32)
        for number, one in enumerate(encoded):
            ids[number, : len(one.ids)] = one.ids
            mask[number, : len(one.ids)] = 1
        # These products are too small to share: a second BLAS thread would only wait for the first.
        with one_thread():
            pooled = self._pooled(self._forward(ids, mask), mask)
        rows: Rows = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        return rows

    def _encode(self, texts: Sequence[str], *, special: bool) -> list[Encoding]:
        if self._tokenizer is None:
            from tokenizers import Tokenizer

            self._tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
            self._tokenizer.no_truncation()
            self._tokenizer.no_padding()
        found: list[Encoding] = self._tokenizer.encode_batch(list(texts), add_special_tokens=special)
        return found

    # The forward pass. Shapes: b texts, t tokens, h width ------------------------------------------------------

    def _forward(self, ids: NDArray[np.int64], mask: Rows) -> Rows:
        """Hidden states of the last layer. Shapes: (b, t), (b, t) -> (b, t, h)."""
        w, shape = self._ready(), self._shape
        positions = np.arange(ids.shape[1]) + shape.first_position
        state = w["embeddings.word_embeddings.weight"][ids]
        state = state + w["embeddings.position_embeddings.weight"][positions]
        state = self._norm(state + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        hidden: Rows = (1 - mask)[:, None, None, :] * np.float32(-1e9)
        for layer in range(shape.layers):
            name = f"encoder.layer.{layer}"
            attended = self._linear(self._attend(state, hidden, name), f"{name}.attention.output.dense")
            state = self._norm(state + attended, f"{name}.attention.output.LayerNorm")
            inner = gelu(self._linear(state, f"{name}.intermediate.dense"))
            state = self._norm(state + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
        return state

    def _attend(self, state: Rows, hidden: Rows, name: str) -> Rows:
        batch, tokens, width = state.shape
        heads = self._shape.heads

        def split(part: str) -> Rows:
            rows = self._linear(state, f"{name}.attention.self.{part}")
            return rows.reshape(batch, tokens, heads, width // heads).transpose(0, 2, 1, 3)

        scores = split("query") @ split("key").transpose(0, 1, 3, 2) / np.float32(np.sqrt(width // heads)) + hidden
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed: Rows = (scores @ split("value")).transpose(0, 2, 1, 3).reshape(batch, tokens, width)
        return mixed

    def _linear(self, state: Rows, name: str) -> Rows:
        w = self._ready()
        flat = state.reshape(-1, state.shape[-1]) @ w[f"{name}.weight"].T + w[f"{name}.bias"]
        out: Rows = flat.reshape(*state.shape[:-1], -1)
        return out

    def _norm(self, state: Rows, name: str) -> Rows:
        w = self._ready()
        centred = state - state.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(self._shape.epsilon))
        normed: Rows = centred / scale * w[f"{name}.weight"] + w[f"{name}.bias"]
        return normed

    def _pooled(self, state: Rows, mask: Rows) -> Rows:
        """Shapes: (b, t, h), (b, t) -> (b, h)."""
        if self._shape.pooling == "cls":
            return state[:, 0]
        total: Rows = (state * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return total

    def _ready(self) -> dict[str, Rows]:
        if self._weights is None:
            self._weights = {_plain(name): rows for name, rows in self.stored.items()}
        return self._weights


def embed_in_numpy(
    encoder: NumpyEncoder,
    texts: Sequence[str],
    prompt: str,
    batch: int,
    embed: Callable[[Sequence[str]], Rows] | None = None,
) -> Rows:
    """Windows, batches and averages as for any embedder. Shape: (len(texts), dim), of unit length.

    `embed`: in place of the encoder's own.
    """
    windows = cut(texts, encoder.spans, encoder.capacity(prompt))
    rows = embed_sorted(
        [prompt + window.text for window in windows],
        [window.tokens for window in windows],
        embed or encoder.embed,
        dim=encoder.dim,
        plan=BatchPlan(size=batch),
    )
    return average(rows, windows, len(texts))


def gelu(x: Rows) -> Rows:
    """x * Phi(x), with the error function to 1.5e-7 (Abramowitz and Stegun 7.1.26)."""
    z = np.abs(x) * np.float32(0.7071067811865476)
    t = 1 / (1 + np.float32(0.3275911) * z)
    poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = 1 - poly.astype(np.float32) * np.exp(-z * z)
    out: Rows = np.float32(0.5) * x * (1 + np.sign(x) * erf)
    return out


def _plain(name: str) -> str:
    """Weights are named with or without the model type in front."""
    head, _, rest = name.partition(".")
    return rest if head in {"bert", "roberta"} else name


def _pooling(folder: Path) -> str:
    """How a sentence-transformers folder pools, or "" where it does more than pool and normalise."""
    kinds = [(module["type"].rsplit(".", 1)[-1], folder / module["path"]) for module in read_modules(folder)]
    if [kind for kind, _ in kinds] not in (["Transformer", "Pooling", "Normalize"], ["Transformer", "Pooling"]):
        return ""
    settings = read_json(kinds[1][1] / "config.json")
    modes = [name for name, on in settings.items() if name.startswith("pooling_mode_") and on is True]
    return _POOLINGS.get(modes[0], "") if len(modes) == 1 else str(settings.get("pooling_mode", ""))


def _context(folder: Path, positions: int) -> int:
    """The longest input: what the model's own settings say, else the tokenizer's, never more than its positions."""
    for name, key in (("sentence_bert_config.json", "max_seq_length"), ("tokenizer_config.json", "model_max_length")):
        longest = read_json(folder / name).get(key) if (folder / name).is_file() else None
        if longest:
            return int(min(longest, positions))
    return positions


def _prompts(folder: Path) -> dict[str, str]:
    """What the model wants before a question ("query") and before a document ("document")."""
    own = folder / "config_sentence_transformers.json"
    given: dict[str, Any] = json.loads(own.read_text(encoding="utf-8")).get("prompts", {}) if own.is_file() else {}
    document = next((given[name] for name in ("document", "passage", "corpus") if given.get(name)), "")
    return {"query": given.get("query") or "", "document": document}
