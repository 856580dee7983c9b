"""Fit the weights by which rows and columns are picked, and print how many cells are right on tables never fitted on.

python -m training.cells.fit [DATA/reading/tables] [--each 300] [--meaning]
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.pipelines.answer.cells import (
    COLUMN_FEATURES,
    ROW_FEATURES,
    AskedTable,
    CellWeights,
    column_features,
    pick,
    row_features,
)
from ragmm.pipelines.answer.grids import Grid
from ragmm.pipelines.query.wanted import wanted
from ragmm.text.terms import content_terms

TABLES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "reading" / "tables"
FITTED_ON = (
    "wikitablequestions.train",
    "sqa-first-turns.train",
    "hitab-lookup.train",
    "im-tqa-en.train",
    "im-tqa-zh.train",
)
TESTED_ON = ("wikitablequestions.dev", "hitab-lookup.test", "ait-qa.test", "im-tqa-zh.test", "tat-qa.test")
_DOUBTFUL = ("ambiguous_cells", "maybe_accidental", "cells_differ", "no_gold_cells", "incomplete", "empty_answer")
_MOST_ROWS = 400

Rows = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Rows]
Choice = tuple[Rows, int]
"""Features of each option, and which is right."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A question about one cell."""

    question: str
    grid: Grid
    row: int
    column: int


def read_cases(file: Path, most: int) -> list[Case]:
    """Questions that one cell answers, in an order that is always the same."""
    tables: dict[str, dict[str, Any]] = {}
    asked = []
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for one in map(json.loads, lines):
            if "question" not in one:
                tables[one["table_id"]] = one
            elif len(one.get("cells", ())) == 1 and not any(one.get(flag) for flag in _DOUBTFUL):
                asked.append(one)
    random.Random(1).shuffle(asked)
    cases = (_case(one, tables[one["table_id"]]) for one in asked[:most])
    return [case for case in cases if case is not None]


def _case(asked: Mapping[str, Any], table: Mapping[str, Any]) -> Case | None:
    above = max(1, table["head_rows"] or 1)
    cells, (row, column) = table["cells"], asked["cells"][0]
    if row < above or not 0 < len(cells) - above <= _MOST_ROWS:
        return None
    heads = [" ".join(dict.fromkeys(line[at] for line in cells[:above] if line[at])) for at in range(len(cells[0]))]
    rows = [(_label(table, number), *line[1:]) for number, line in enumerate(cells) if number >= above]
    about = table.get("caption") or ""
    grid = Grid(heads=tuple(heads), rows=tuple(rows), quotes=("",) * len(rows), about=about)
    return Case(question=asked["question"], grid=grid, row=row - above, column=column)


def _label(table: Mapping[str, Any], row: int) -> str:
    """A row's head with those above it in the hierarchy."""
    parents, seen, parts = table.get("row_parents") or {}, set[int](), [table["cells"][row][0]]
    while (up := parents.get(str(row))) is not None and up not in seen:
        seen.add(up)
        parts.insert(0, table["cells"][up][0])
        row = up
    return " ".join(dict.fromkeys(parts))


def choices(cases: Sequence[Case], embed: Embed | None) -> Iterator[tuple[Choice, Choice]]:
    """Of each case the rows to choose from, and the columns of the right row."""
    for case in cases:
        table, words = AskedTable.of(case.grid), content_terms(case.question)
        columns = column_features(case.question, words, wanted(case.question), table, case.row, embed)
        yield (row_features(case.question, words, table), case.row), (columns, case.column)


def fit(found: Sequence[Choice], width: int, *, steps: int = 600, ridge: float = 1e-3) -> NDArray[np.float64]:
    """Weights under which the right option is likeliest (Adam on the mean log-likelihood)."""
    weights, first, second = np.zeros((3, width))
    for step in range(1, steps + 1):
        slope = ridge * weights
        for rows, right in found:
            odds = np.exp(rows @ weights - (rows @ weights).max())
            slope = slope + (rows.T @ (odds / odds.sum()) - rows[right]) / len(found)
        first, second = 0.9 * first + 0.1 * slope, 0.99 * second + 0.01 * slope**2
        weights -= 0.05 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return weights


def share(found: Sequence[Choice], weights: NDArray[np.float64]) -> float:
    """How often the likeliest option is the right one."""
    return sum(int((rows @ weights).argmax()) == right for rows, right in found) / max(1, len(found))


def cells_right(cases: Sequence[Case], weights: CellWeights, embed: Embed | None) -> float:
    """How often the picked cell says what the right one says."""
    right = 0
    for case in cases:
        picked = pick(case.question, wanted(case.question), AskedTable.of(case.grid), weights, embed)
        right += picked is not None and picked.value == case.grid.rows[case.row][case.column]
    return right / max(1, len(cases))


def _embedder() -> Embed:
    from ragmm.config.settings import ModelSettings
    from ragmm.types import Role
    from ragmm.wiring import build_embedder

    model, known = build_embedder("st:all-MiniLM-L6-v2", ModelSettings()), dict[str, Rows]()

    def embed(texts: Sequence[str]) -> Rows:
        if new := [text for text in dict.fromkeys(texts) if text not in known]:
            known.update(zip(new, model.embed_texts(new, Role.DOCUMENT), strict=True))
        return np.stack([known[text] for text in texts])

    return embed


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, nargs="?", default=TABLES)
    parser.add_argument("--each", type=int, default=300, help="questions of each set")
    parser.add_argument("--meaning", action="store_true", help="with how near the heads are to the question")
    given = parser.parse_args()
    embed = _embedder() if given.meaning else None
    cases = [case for name in FITTED_ON for case in read_cases(given.folder / f"{name}.jsonl.gz", given.each)]
    rows, columns = zip(*choices(cases, embed), strict=True)
    by_row, by_column = fit(rows, len(ROW_FEATURES)), fit(columns, len(COLUMN_FEATURES))
    weights = CellWeights(row=tuple(by_row), column=tuple(by_column))
    print(f"fitted on {len(cases)}")
    print("row", *(f"{name} {one:.2f}" for name, one in zip(ROW_FEATURES, by_row, strict=True)))
    print("column", *(f"{name} {one:.2f}" for name, one in zip(COLUMN_FEATURES, by_column, strict=True)))
    for name in TESTED_ON:
        tested = read_cases(given.folder / f"{name}.jsonl.gz", given.each)
        rows, columns = zip(*choices(tested, embed), strict=True)
        figures = (share(rows, by_row), share(columns, by_column), cells_right(tested, weights, embed))
        print(f"{name}: {len(tested)} questions, row {figures[0]:.2f}, column {figures[1]:.2f}, cell {figures[2]:.2f}")


if __name__ == "__main__":
    main()
