"""Passages of 800 characters, per CPU-second: what the default profile does, beside sentence-transformers in this run.

python -m bench.embedders --models passages [--passages 64] [--rounds 3] [--questions squad20.dev.jsonl.gz]

With questions, each about one passage of a file, how often that passage is found, by vectors alone.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from ragmm.embedders.compute import cpu_has_fast_bfloat16
from ragmm.embedders.sentence_transformers import SentenceTransformerEmbedder
from ragmm.embedders.settings import Dtype, EmbedderSettings
from ragmm.models import find
from ragmm.types import Role

__all__ = ["passage_rows", "question_rows"]

Rows = NDArray[np.float32]
_NAME = "st:all-MiniLM-L6-v2"
_LENGTH = 800
_NEAREST = 10
_CONTEXT = 256
"""Pieces that all-MiniLM-L6-v2 reads."""


def question_rows(file: Path, most: int) -> Iterator[str]:
    """A line for each of our ways: the share of questions whose passage is first, and among the first five."""
    passages, asked = _questions(file, most)
    exact, rounded = (
        SentenceTransformerEmbedder(find(_NAME), _settings(dtype)) for dtype in (Dtype.FLOAT32, Dtype.AUTO)
    )
    questions = exact.embed_texts([text for text, _ in asked], Role.QUERY)
    right = np.array([place for _, place in asked])[:, None]
    reference: list[list[int]] = []
    yield f"{f'{len(asked)} questions, {len(passages)} passages':<38} {'hit@1':>8} {'hit@5':>6} {'top-10':>7}"
    for name, embedder in (("ragmm, float32", exact), ("ragmm, as passages are embedded", rounded)):
        order = np.argsort(-(questions @ embedder.embed_texts(passages, Role.DOCUMENT).T), axis=1)[:, :_NEAREST]
        reference = reference or order.tolist()
        first, five = ((order[:, :most] == right).any(axis=1).mean() for most in (1, 5))
        yield f"{name:<38} {first:8.3f} {five:6.3f} {_shared(order.tolist(), reference):7.3f}"


def _questions(file: Path, most: int) -> tuple[list[str], list[tuple[str, int]]]:
    """The passages, and some of the questions with the place of theirs."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    passages = {row["context_id"]: row["context"] for row in rows if "context" in row}
    places = {name: place for place, name in enumerate(passages)}
    asked = [(row["question"], places[row["context_id"]]) for row in rows if row.get("answers")]
    return list(passages.values()), asked[:: max(1, len(asked) // most)][:most]


def _settings(dtype: Dtype) -> EmbedderSettings:
    return EmbedderSettings(threads=1, batch_size=32, dtype=dtype)


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
    found = find(_NAME)
    library = SentenceTransformerEmbedder(found, _settings(Dtype.FLOAT32))._ready()
    exact, rounded = (SentenceTransformerEmbedder(found, _settings(dtype)) for dtype in (Dtype.FLOAT32, Dtype.AUTO))
    ways: dict[str, Callable[[Sequence[str]], Rows]] = {
        "sentence-transformers float32": lambda texts: _encoded(library, texts),
        "ragmm, float32": lambda texts: exact.embed_texts(texts, Role.DOCUMENT),
        "ragmm, as passages are embedded": lambda texts: rounded.embed_texts(texts, Role.DOCUMENT),
    }
    for embed in ways.values():
        embed(["What is read first."])
    if cpu_has_fast_bfloat16():
        narrow = SentenceTransformerEmbedder(found, _settings(Dtype.FLOAT32))._ready().to(torch.bfloat16)
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
    tokenizer = Tokenizer.from_file(str(find(_NAME).folder / "tokenizer.json"))
    tokenizer.no_truncation()
    return [text for text in cut if len(tokenizer.encode(text).ids) <= _CONTEXT][:count]


def _overlap(rows: Rows, reference: Rows) -> float:
    """Of each passage's nearest others, the share that the reference names too."""
    return _shared(_nearest(rows), _nearest(reference))


def _shared(near: list[list[int]], wanted: list[list[int]]) -> float:
    return float(np.mean([len({*a} & {*b}) / len(b) for a, b in zip(near, wanted, strict=True)]))


def _nearest(rows: Rows) -> list[list[int]]:
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -1)
    found: list[list[int]] = np.argsort(-cosines, axis=1)[:, :_NEAREST].tolist()
    return found


def _cpu() -> float:
    spent = os.times()
    return spent.user + spent.system
