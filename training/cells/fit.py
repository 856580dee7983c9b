"""Fit the weights by which rows and columns are picked, and print how many cells are right on tables never fitted on.

python -m training.cells.fit [DATA/reading/tables] [--each 300] [--kept 100] [--meaning] [--reader FOLDER]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ragmm.models.finding import FoundModel, Source
from ragmm.pipelines.answer.asked_tables import AskedOrder, AskedTable
from ragmm.pipelines.answer.cells import (
    COLUMN_FEATURES,
    ROW_FEATURES,
    CellWeights,
    column_features,
    pick,
    read_columns,
    read_rows,
    row_features,
)
from ragmm.pipelines.query.wanted import wanted
from ragmm.readers.base import OptionSide, Passage, Reader
from ragmm.readers.mini import MiniReader
from ragmm.text.terms import content_terms
from training.cells.cases import LEARNT_FROM, TABLES, TESTED_ON, Case, held_out, read_cases
from training.reader.model import minilm

Rows = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Rows]
Choice = tuple[NDArray[np.floating], int]
"""Features of each option, and which is right."""


def choices(cases: Sequence[Case], embed: Embed | None) -> Iterator[tuple[Choice, Choice]]:
    """Of each case the rows to choose from, and the columns of the right row."""
    for case in cases:
        table, words = AskedTable.of(case.grid), content_terms(case.question)
        columns = column_features(case.question, words, wanted(case.question), table, case.row, embed)
        order = AskedOrder.of(case.question, case.grid)
        yield (row_features(case.question, words, table, order), case.row), (columns, case.column)


def read_choices(cases: Sequence[Case], weights: CellWeights, reader: Reader) -> Iterator[tuple[Choice, Choice]]:
    """The same with two features each: what the words say, and what the reader says."""
    for case, (rows, columns) in zip(cases, choices(cases, None), strict=True):
        table, order = AskedTable.of(case.grid), AskedOrder.of(case.question, case.grid)
        by_row, by_column = rows[0] @ np.array(weights.row), columns[0] @ np.array(weights.column)
        felt_rows = read_rows(case.question, table, order, by_row, reader)
        felt_columns = read_columns(case.question, table, case.row, by_column, reader)
        if felt_rows is None or felt_columns is None:
            raise SystemExit("this reader has learnt nothing of tables")
        both_rows, both_columns = np.stack([by_row, felt_rows], axis=1), np.stack([by_column, felt_columns], axis=1)
        yield (both_rows, case.row), (both_columns, case.column)


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


def share(found: Sequence[Choice], weights: Sequence[float] | NDArray[np.float64]) -> float:
    """How often the likeliest option is the right one."""
    return sum(int((rows @ np.array(weights)).argmax()) == right for rows, right in found) / max(1, len(found))


def cells_right(
    cases: Sequence[Case], weights: CellWeights, embed: Embed | None, reader: Reader | None = None
) -> tuple[float, float]:
    """How often the picked cell says what the right one says, and the CPU-milliseconds of a question."""
    right, began = 0, sum(os.times()[:2])
    for case in cases:
        picked = pick(case.question, wanted(case.question), AskedTable.of(case.grid), weights, embed, reader)
        right += picked is not None and picked.value == case.grid.rows[case.row][case.column]
    return right / max(1, len(cases)), 1000 * (sum(os.times()[:2]) - began) / max(1, len(cases))


class RememberingReader(MiniReader):
    """An export that scores the same options once."""

    def __init__(self, folder: Path) -> None:
        found = FoundModel(name="mini", folder=folder, revision="local", source=Source.BUNDLED, licence="")
        super().__init__(found, minilm())
        self._known: dict[tuple[str, tuple[Passage, ...], OptionSide], list[float] | None] = {}
        self.load()

    def score(self, question: str, options: Sequence[Passage], side: OptionSide) -> list[float] | None:
        key = question, tuple(options), side
        if key not in self._known:
            self._known[key] = super().score(question, options, side)
        return self._known[key]


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


def fitted_words(folder: Path, each: int, embed: Embed | None) -> CellWeights:
    """What the words weigh."""
    cases = [case for name in LEARNT_FROM for case in read_cases(folder / f"{name}.jsonl.gz", each)]
    rows, columns = zip(*choices(cases, embed), strict=True)
    by_row, by_column = fit(rows, len(ROW_FEATURES)), fit(columns, len(COLUMN_FEATURES))
    print(f"words fitted on {len(cases)}")
    print("row", *(f"{name} {one:.2f}" for name, one in zip(ROW_FEATURES, by_row, strict=True)))
    print("column", *(f"{name} {one:.2f}" for name, one in zip(COLUMN_FEATURES, by_column, strict=True)))
    return CellWeights(row=tuple(by_row), column=tuple(by_column))


def fitted_reading(folder: Path, each: int, reader: Reader) -> CellWeights:
    """What a reader weighs beside the words as they are set, on tables that it never learnt from."""
    weights, kept = CellWeights(), []
    for name in LEARNT_FROM:
        kept += [case for case in read_cases(folder / f"{name}.jsonl.gz") if held_out(case.key)][:each]
    rows, columns = zip(*read_choices(kept, weights, reader), strict=True)
    both = fit(rows, 2), fit(columns, 2)
    print(f"reading fitted on {len(kept)}", *(f"words {one[0]:.2f} read {one[1]:.2f}" for one in both), flush=True)
    return replace(weights, read_row=tuple(both[0]), read_column=tuple(both[1]))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, nargs="?", default=TABLES)
    parser.add_argument("--each", type=int, default=300, help="questions of each set")
    parser.add_argument("--kept", type=int, help="of these to fit on, if it is another number")
    parser.add_argument("--meaning", action="store_true", help="with how near the heads are to the question")
    parser.add_argument(
        "--reader", type=Path, help="an export: its weights beside the words' are fitted, not the words'"
    )
    given = parser.parse_args()
    embed = _embedder() if given.meaning else None
    reader = RememberingReader(given.reader) if given.reader else None
    found = given.folder, given.kept or given.each
    weights = fitted_reading(*found, reader) if reader else fitted_words(*found, embed)
    ways = {"words": (None, weights)}
    if reader:
        # Both come first: only what is read for the first time tells what it costs.
        alone = replace(weights, read_row=(1e-6, 1.0), read_column=(1e-6, 1.0))
        ways |= {"both as set": (reader, CellWeights()), "both fitted": (reader, weights), "reader": (reader, alone)}
    for name in TESTED_ON:
        tested = read_cases(given.folder / f"{name}.jsonl.gz", given.each)
        print(f"{name}: {len(tested)} questions")
        for way, (read_with, weigh) in ways.items():
            cell, took = cells_right(tested, weigh, embed, read_with)
            made = read_choices(tested, weigh, read_with) if read_with else choices(tested, embed)
            rows, columns = zip(*made, strict=True)
            by_row, by_column = (weigh.read_row, weigh.read_column) if read_with else (weigh.row, weigh.column)
            sides = f"row {share(rows, by_row):.3f}, column {share(columns, by_column):.3f}"
            print(f"  {way}: {sides}, cell {cell:.3f}, {took:.0f} CPU-ms", flush=True)


if __name__ == "__main__":
    main()
