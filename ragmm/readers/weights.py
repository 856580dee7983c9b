"""The reader's weights as a difference to MiniLM's: what is shipped, and how the two are put together. No torch.

An export is one file; what was learnt after it lies beside it, twice: as the reader reads, and as one that went on
learning from running text alone gives a second opinion.

Matrices of the layers are written as int8 rows with a float16 scale each; they hold the difference alone, which is
small, so that a row's rounding is a hundredth of it. Biases and norms are float16 differences; what MiniLM lacks (own
characters, features, heads) is written whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.models.mapped_weights import MappedWeights

Rows = NDArray[np.float32]
FORMAT = 1
FACTS, WEIGHTS = "model.json", "weights.safetensors"
_PARTS = {
    "out": ("attention.output.dense",),
    "norm1": ("attention.output.LayerNorm",),
    "up": ("intermediate.dense",),
    "down": ("output.dense",),
    "norm2": ("output.LayerNorm",),
    "qkv": ("attention.self.query", "attention.self.key", "attention.self.value"),
}
_TABLES = {
    "word.weight": "embeddings.word_embeddings.weight",
    "position.weight": "embeddings.position_embeddings.weight",
    "kind.weight": "embeddings.token_type_embeddings.weight",
    "norm.weight": "embeddings.LayerNorm.weight",
    "norm.bias": "embeddings.LayerNorm.bias",
}
FIXED = ("word.weight", "position.weight")
"""Never trained, never shipped."""


class Learnt(StrEnum):
    """What was learnt after an export; also the key of its file among the facts."""

    FIRST = "later"
    SECOND = "later_second"
    """By a training that went on with spans alone."""

    @property
    def file(self) -> str:
        return f"{self.value.replace('_', '-')}.safetensors"


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An exported reader: all weights by name, its own characters in the order of their rows, and its facts."""

    weights: Mapping[str, Rows]
    letters: str
    facts: dict[str, Any]


class Base(Mapping[str, Rows]):
    """MiniLM's weights under the reader's names, read where they lie; what is put together of several is made anew."""

    def __init__(self, folder: Path, *, layers: int = 6) -> None:
        self._found = MappedWeights(folder / "model.safetensors")
        self._bare = {name.removeprefix("bert."): name for name in self._found}
        self._parts: dict[str, tuple[str, ...]] = {own: (theirs,) for own, theirs in _TABLES.items()}
        for number in range(layers):
            for end in ("weight", "bias"):
                for own, parts in _PARTS.items():
                    theirs = tuple(f"encoder.layer.{number}.{part}.{end}" for part in parts)
                    self._parts[f"layers.{number}.{own}.{end}"] = theirs

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def __getitem__(self, name: str) -> Rows:
        rows = [self._found[self._bare[part]] for part in self._parts[name]]
        return rows[0] if len(rows) == 1 else np.concatenate(rows)


class WholeWeights(Mapping[str, Rows]):
    """Another's weights and what was learnt beside them, earlier and later, put together when asked for."""

    def __init__(self, theirs: Mapping[str, Rows], *learnt: Mapping[str, NDArray[Any]]) -> None:
        self._theirs, self._learnt = theirs, learnt
        own = (name.removesuffix(".rows") for packed in learnt for name in packed if not name.endswith(".scales"))
        self._names = dict.fromkeys([*theirs, *(name.removesuffix(".left") for name in own if _is_whole(name))])

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, name: str) -> Rows:
        found = self._theirs.get(name)
        for packed in self._learnt:
            change = _change(packed, name)
            if change is not None:
                found = change if found is None else np.add(change, found, out=change)
        if found is None:
            raise KeyError(name)
        return found


def _is_whole(name: str) -> bool:
    """Whether it names a weight, or the first of the two thin matrices that make one."""
    return not name.endswith(".right")


def _change(packed: Mapping[str, NDArray[Any]], name: str) -> Rows | None:
    """What was learnt of a weight, if anything."""
    if name in packed:
        return packed[name].astype(np.float32)
    if f"{name}.rows" in packed:
        return _wide(packed, name)
    if f"{name}.left.rows" in packed:
        product: Rows = _wide(packed, f"{name}.left") @ _wide(packed, f"{name}.right").T
        return product
    return None


def _wide(packed: Mapping[str, NDArray[Any]], name: str) -> Rows:
    rows: Rows = packed[f"{name}.rows"] * packed[f"{name}.scales"].astype(np.float32)[:, None]
    return rows


def digest(folder: Path) -> str:
    """Of the weights that the difference is added to."""
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def write(folder: Path, weights: Mapping[str, Rows], letters: str, minilm: Path, facts: Mapping[str, Any]) -> None:
    """An export: two files."""
    from safetensors.numpy import save_file

    theirs = Base(minilm)
    packed: dict[str, NDArray[Any]] = {}
    for name, rows in sorted(weights.items()):
        if name in FIXED:
            continue
        change = rows - theirs[name] if name in theirs else rows
        if change.ndim == 2 and (name in theirs or name == "own.weight"):
            packed[f"{name}.rows"], packed[f"{name}.scales"] = _small(change)
        else:
            packed[name] = change.astype(np.float16)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(packed, folder / WEIGHTS)
    whole = {
        "name": "mini-reader",
        "licence": "Apache-2.0",
        "format": FORMAT,
        "base": "all-MiniLM-L6-v2",
        "base_sha256": digest(minilm),
        "weights": {"file": WEIGHTS, "sha256": hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()},
        **facts,
        "letters": letters,
    }
    (folder / FACTS).write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_later(
    folder: Path, weights: Mapping[str, Rows], minilm: Path, rank: int, facts: Mapping[str, Any], *, part: Learnt
) -> None:
    """What was learnt after an export as a file beside it, a tenth of its size: it and its history stay as they are.

    What a matrix of the layers moved by is written as the product of two thin ones, all else whole.
    """
    from safetensors.numpy import save_file

    before = read(folder, minilm, part=None)
    packed: dict[str, NDArray[Any]] = {}
    for name, rows in sorted(weights.items()):
        change = rows - before.weights[name]
        if name.startswith("layers.") and change.ndim == 2:
            left, scale, right = np.linalg.svd(change, full_matrices=False)
            root = np.sqrt(scale[:rank])
            for side, thin in (("left", left[:, :rank] * root), ("right", (right[:rank].T * root))):
                packed[f"{name}.{side}.rows"], packed[f"{name}.{side}.scales"] = _small(thin)
        elif change.any():
            packed[name] = change.astype(np.float16)
    save_file(packed, folder / part.file)
    digest_of = hashlib.sha256((folder / part.file).read_bytes()).hexdigest()
    told = facts if part is Learnt.FIRST else {}
    learnt = {"file": part.file, "sha256": digest_of, "rank": rank, "seen": facts["seen"]}
    whole = {**before.facts, **told, part.value: learnt}
    letters = whole.pop("letters")
    text = json.dumps({**whole, "letters": letters}, ensure_ascii=False, indent=1)
    (folder / FACTS).write_text(text + "\n", encoding="utf-8")


def has_second(facts: Mapping[str, Any]) -> bool:
    """Whether there is a second opinion."""
    return Learnt.SECOND in facts


def digests(facts: Mapping[str, Any], part: Learnt) -> list[str]:
    """Of all that the weights are made of."""
    later = [facts[part]["sha256"]] if part in facts else []
    return [facts["base_sha256"], facts["weights"]["sha256"], *later]


def read(folder: Path, minilm: Path, *, part: Learnt | None = Learnt.FIRST) -> Stored:
    """An export, its weights put together as they are asked for; None: without what was learnt after it."""
    from safetensors.numpy import load_file

    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    if facts["format"] != FORMAT:
        raise ValueError(f"{folder / FACTS} is of format {facts['format']}, not {FORMAT}")
    files = [WEIGHTS, part.file] if part and part in facts else [WEIGHTS]
    weights = WholeWeights(Base(minilm), *(load_file(folder / file) for file in files))
    return Stored(weights=weights, letters=facts["letters"], facts=facts)


def _small(rows: Rows) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Rows as int8 and a scale each."""
    scales = np.maximum(np.abs(rows).max(axis=1) / 127, 1e-7).astype(np.float16)
    whole = np.rint(rows / scales.astype(np.float32)[:, None])
    return np.ascontiguousarray(np.clip(whole, -127, 127).astype(np.int8)), scales
