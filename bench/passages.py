"""Passages of 800 characters, per CPU-second: what the default profile does, beside sentence-transformers in this run.

python -m bench.embedders --models passages [--passages 64] [--rounds 3]
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from ragmm.embedders.compute import cpu_has_fast_bfloat16
from ragmm.embedders.sentence_transformers import SentenceTransformerEmbedder
from ragmm.embedders.settings import EmbedderSettings
from ragmm.models import find
from ragmm.types import Role

__all__ = ["passage_rows"]

Rows = NDArray[np.float32]
_LENGTH = 800
_NEAREST = 10
_CONTEXT = 256
"""Pieces that all-MiniLM-L6-v2 reads."""


def passage_rows(count: int, rounds: int) -> Iterator[str]:
    """A line for each way to embed, on one thread; the reference is sentence-transformers in float32."""
    ways = _ways()
    texts = _passages(count)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    rows: dict[str, Rows] = {}
    for _ in range(rounds):
        for name, embed in ways.items():
            before = _cpu()
            rows[name] = embed(texts)
            seconds[name].append(_cpu() - before)
    reference, *_ = ways
    heads = f"{'/cpu-s':>8} {'ratio':>6} {'least cosine':>13} {'top-10':>7} {'alone':>9}"
    yield f"{'800-character passages, one thread':<38} {heads}"
    for name, embed in ways.items():
        rate, slow = len(texts) / min(seconds[name]), len(texts) / min(seconds[reference])
        cosine = float((rows[name] * rows[reference]).sum(axis=1).min())
        alone = float((np.concatenate([embed([text]) for text in texts[:4]]) * rows[name][:4]).sum(axis=1).min())
        overlap = _overlap(rows[name], rows[reference])
        yield f"{name:<38} {rate:8.1f} {rate / slow:6.2f} {cosine:13.6f} {overlap:7.3f} {alone:9.6f}"


def _ways() -> dict[str, Callable[[Sequence[str]], Rows]]:
    import torch

    torch.set_num_threads(1)
    found, settings = find("st:all-MiniLM-L6-v2"), EmbedderSettings(threads=1, batch_size=32)
    library = SentenceTransformerEmbedder(found, settings)._ready()
    lean = SentenceTransformerEmbedder(found, settings)
    lean.load()
    ways = {
        "sentence-transformers float32": lambda texts: _encoded(library, texts),
        "ragmm, ONNX Runtime float32": lambda texts: lean.embed_texts(texts, Role.DOCUMENT),
    }
    if cpu_has_fast_bfloat16():
        narrow = SentenceTransformerEmbedder(found, settings)._ready().to(torch.bfloat16)
        ways["sentence-transformers bfloat16"] = lambda texts: _encoded(narrow, texts)
    return ways


def _encoded(model: object, texts: Sequence[str]) -> Rows:
    rows = model.encode(  # type: ignore[attr-defined]
        list(texts), batch_size=32, normalize_embeddings=True, show_progress_bar=False, convert_to_tensor=True
    )
    return np.asarray(rows.float().cpu().numpy(), np.float32)


def _passages(count: int) -> list[str]:
    """Of this repository's guide; of those too long for the model the library would read the beginning alone."""
    folder = Path(__file__).resolve().parents[1] / "docs"
    whole = "\n".join(file.read_text(encoding="utf-8") for file in sorted(folder.rglob("*.md")))
    step = max(_LENGTH, len(whole) // count)
    cut = [whole[start : start + _LENGTH] for start in range(0, len(whole) - _LENGTH, step // 2)]
    tokenizer = Tokenizer.from_file(str(find("st:all-MiniLM-L6-v2").folder / "tokenizer.json"))
    tokenizer.no_truncation()
    return [text for text in cut if len(tokenizer.encode(text).ids) <= _CONTEXT][:count]


def _overlap(rows: Rows, reference: Rows) -> float:
    """Of each passage's nearest others, the share that the reference names too."""
    near, wanted = (_nearest(one) for one in (rows, reference))
    shares = [len({*a} & {*b}) / len(b) for a, b in zip(near, wanted, strict=True)]
    return float(np.mean(shares))


def _nearest(rows: Rows) -> list[list[int]]:
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -1)
    found: list[list[int]] = np.argsort(-cosines, axis=1)[:, :_NEAREST].tolist()
    return found


def _cpu() -> float:
    spent = os.times()
    return spent.user + spent.system
