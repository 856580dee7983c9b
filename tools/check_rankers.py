"""Measure packaged ONNX models on a collection's own hits: a reranker by depth, a text embedder by vectors alone.

python -m tools.check_rankers MODELS COLLECTION QUESTIONS…
MODELS: the folder of the installed package that holds reranker_en/ and bge_small_en/; QUESTIONS: one JSON object a line
with question, document and page (or none)
"""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import ragmm
from ragmm.collection import Collection
from ragmm.config.settings import ModelSettings
from ragmm.pipelines.embedding import embedding_text
from ragmm.types import Hit, Role, StoredItem
from ragmm.wiring import build_embedder
from tools.eval_sets import lines

DEPTHS = (5, 10, 20)
_ASKED_FIRST = "Represent this sentence for searching relevant passages: "
"""What bge wants before a question."""
Rows = NDArray[np.float32]


class OnnxModel:
    """One of the package's models; its inputs are a BERT's."""

    def __init__(self, folder: Path, longest: int) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, ["CPUExecutionProvider"])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(longest)
        self._tokenizer.no_padding()

    def run(self, inputs: Sequence[Any]) -> Iterator[Rows]:
        """One at a time: nothing is padded."""
        for encoded in self._tokenizer.encode_batch(list(inputs)):
            given = {
                "input_ids": encoded.ids,
                "attention_mask": encoded.attention_mask,
                "token_type_ids": encoded.type_ids,
            }
            feed = {name: np.array([values], np.int64) for name, values in given.items()}
            yield self._session.run(None, feed)[0][0]


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, and where its answer stands."""

    text: str
    document: str
    page: int | None

    def is_right(self, item: StoredItem) -> bool:
        """Whether an item is on the right page of the right document."""
        name = item.uri.rsplit("/", 1)[-1]
        mine = item.uri.endswith(self.document) or name.rsplit(".", 1)[0] == self.document
        return mine and (self.page is None or item.locator.page in (None, self.page))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.check_rankers", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("models", type=Path)
    parser.add_argument("collection")
    parser.add_argument("questions", type=Path, nargs="+")
    parser.add_argument("--tokens", type=int, default=128, help="of a pair that the reranker reads")
    parser.add_argument("--share", type=int, default=1, help="embed one document in so many, and ask about those")
    parser.add_argument("--only", choices=("search", "reranker", "embedder"), help="one of the tables")
    given = parser.parse_args(arguments)
    asked = [one for file in given.questions for one in questions_in(file)]
    with ragmm.open(given.collection) as docs:
        if given.only == "search":
            Console().print(reranked(docs, asked, None))
        if given.only in (None, "reranker"):
            Console().print(reranked(docs, asked, OnnxModel(given.models / "reranker_en", given.tokens)))
        if given.only in (None, "embedder"):
            Console().print(embedded(docs, asked, OnnxModel(given.models / "bge_small_en", 256), given.share))
    return 0


def questions_in(file: Path) -> Iterator[Question]:
    """Those that have an answer."""
    for row in lines(file):
        document = row.get("document") or row.get("file") or next((one["uri"] for one in row.get("relevant", ())), None)
        if row.get("answerable", True) and document:
            yield Question(text=str(row["question"]), document=str(document), page=row.get("page"))


def described(hit: Hit) -> str:
    """A passage with its file's name and the headings above it: alone it gains nothing."""
    item = hit.item
    name = item.uri.rsplit("/", 1)[-1].replace("-", " ").replace("_", " ")
    return f"{name} {' '.join(item.locator.section)} {item.context} {item.text}"[:4_000]


def reranked(docs: Collection, asked: Sequence[Question], model: OnnxModel | None) -> Table:
    """The first hits in the search's order, and with so many of them in the model's."""
    ranks: dict[int, list[int]] = {depth: [] for depth in (0, *(DEPTHS if model else ()))}
    seconds = pairs = 0.0
    for question in asked:
        hits = list(docs.search(question.text, k=max(DEPTHS)))
        begun = cpu()
        pairs_read = model.run([(question.text, described(hit)) for hit in hits]) if model else ()
        scores = [float(row[0]) for row in pairs_read]
        seconds, pairs = seconds + cpu() - begun, pairs + len(hits)
        for depth, found in ranks.items():
            head = sorted(range(min(depth, len(hits))), key=lambda place: -scores[place])
            order = [*head, *range(len(head), len(hits))]
            found.append(next((n for n, place in enumerate(order) if question.is_right(hits[place].item)), 99))
    each = seconds / max(1, pairs) * 1000
    table = Table("reranked", "hit@1", "hit@5", "CPU ms a question", title=f"Reranker, {len(asked)} questions")
    for depth, found in ranks.items():
        table.add_row(str(depth or "none"), *shares(found), f"{each * depth:.0f}")
    return table


def embedded(docs: Collection, asked: Sequence[Question], model: OnnxModel, share: int) -> Table:
    """All items of the documents drawn, by the vectors of either model alone."""
    drawn = {one.uri for one in docs.documents() if digest(one.uri) % share == 0}
    items = [item for uri in sorted(drawn) for item in docs.items(uri) if item.text.strip()]
    texts = [embedding_text(item.text, item.context) for item in items]
    mine = [one for one in asked if any(one.is_right(item) for item in items)]
    mini = build_embedder("st:all-MiniLM-L6-v2", ModelSettings())
    table = Table("model", "hit@1", "hit@5", "CPU s", title=f"Vectors alone: {len(items)} items, {len(mine)} questions")
    begun = cpu()
    rows = mini.embed_texts(texts, Role.DOCUMENT)
    found = ranks_of(mini.embed_texts([one.text for one in mine], Role.QUERY), rows, items, mine)
    table.add_row("all-MiniLM-L6-v2", *shares(found), f"{cpu() - begun:.0f}")
    begun = cpu()
    rows = first_of(model, texts)
    found = ranks_of(first_of(model, [_ASKED_FIRST + one.text for one in mine]), rows, items, mine)
    table.add_row("bge-small-en-v1.5, int8", *shares(found), f"{cpu() - begun:.0f}")
    return table


def first_of(model: OnnxModel, texts: Sequence[str]) -> Rows:
    """The state of the first token, of unit length, as bge means it. Shape: (len(texts), 384)."""
    rows = np.stack([states[0] for states in model.run(texts)])
    unit: Rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def ranks_of(questions: Rows, rows: Rows, items: Sequence[StoredItem], asked: Sequence[Question]) -> list[int]:
    """Items that are nearer to each question than the first right one."""
    order = np.argsort(-(questions @ rows.T), axis=1)[:, :100]
    return [
        next((rank for rank, place in enumerate(found) if one.is_right(items[place])), 99)
        for one, found in zip(asked, order, strict=True)
    ]


def shares(ranks: Sequence[int]) -> tuple[str, str]:
    """First, and among the first five."""
    return (f"{np.mean([rank < 1 for rank in ranks]):.3f}", f"{np.mean([rank < 5 for rank in ranks]):.3f}")


def digest(text: str) -> int:
    """The same on every machine."""
    return hashlib.sha256(text.encode()).digest()[0]


def cpu() -> float:
    """Seconds that this process has computed."""
    return sum(os.times()[:2])


if __name__ == "__main__":
    raise SystemExit(main())
