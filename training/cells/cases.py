"""Published questions about tables: which cell answers, which tables are learnt from and which are kept for testing."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragmm.pipelines.answer.grids import Grid

TABLES = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "reading" / "tables"
LEARNT_FROM = (
    "wikitablequestions.train",
    "sqa-first-turns.train",
    "hitab-lookup.train",
    "hitab-lookup.dev",
    "im-tqa-en.train",
    "im-tqa-zh.train",
)
TESTED_ON = ("wikitablequestions.dev", "hitab-lookup.test", "ait-qa.test", "im-tqa-zh.test", "tat-qa.test")
KEPT = (*TESTED_ON, "tat-qa.dev", "im-tqa-zh.dev", "im-tqa-en.dev", "im-tqa-en.test", "sqa-first-turns.test")
"""Files whose tables are never learnt from."""
_DOUBTFUL = ("ambiguous_cells", "maybe_accidental", "cells_differ", "no_gold_cells", "incomplete", "empty_answer")
_MOST_ROWS = 400


@dataclass(frozen=True, kw_only=True)
class Case:
    """A question about one cell."""

    question: str
    grid: Grid
    row: int
    column: int
    key: str = ""
    """Of the table's cells: the same table in two files has one key."""


def read_cases(file: Path, most: int = 1_000_000) -> list[Case]:
    """Questions that one cell answers, in an order that is always the same."""
    tables, asked = _read(file)
    asked = [one for one in asked if len(one.get("cells", ())) == 1 and not any(one.get(flag) for flag in _DOUBTFUL)]
    random.Random(1).shuffle(asked)
    cases = (_case(one, tables[one["table_id"]]) for one in asked[:most])
    return [case for case in cases if case is not None]


def keys_of(file: Path) -> set[str]:
    """Of all tables of a file."""
    return {_key(table) for table in _read(file)[0].values()}


def held_out(key: str) -> bool:
    """Whether a table is left out of the reader's training, so that weights can be fitted on it."""
    return int(key, 16) % 10 == 1


def _read(file: Path) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    tables: dict[str, dict[str, Any]] = {}
    asked = []
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for one in map(json.loads, lines):
            if "question" in one:
                asked.append(one)
            else:
                tables[one["table_id"]] = one
    return tables, asked


def _key(table: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(table["cells"]).casefold().encode()).hexdigest()[:16]


def _case(asked: Mapping[str, Any], table: Mapping[str, Any]) -> Case | None:
    above = max(1, table["head_rows"] or 1)
    cells, (row, column) = table["cells"], asked["cells"][0]
    if row < above or not 0 < len(cells) - above <= _MOST_ROWS:
        return None
    heads = [" ".join(dict.fromkeys(line[at] for line in cells[:above] if line[at])) for at in range(len(cells[0]))]
    rows = [(_label(table, number), *line[1:]) for number, line in enumerate(cells) if number >= above]
    about = table.get("caption") or ""
    grid = Grid(heads=tuple(heads), rows=tuple(rows), quotes=("",) * len(rows), about=about)
    return Case(question=asked["question"], grid=grid, row=row - above, column=column, key=_key(table))


def _label(table: Mapping[str, Any], row: int) -> str:
    """A row's head with those above it in the hierarchy."""
    parents, seen, parts = table.get("row_parents") or {}, set[int](), [table["cells"][row][0]]
    while (up := parents.get(str(row))) is not None and up not in seen:
        seen.add(up)
        parts.insert(0, table["cells"][up][0])
        row = up
    return " ".join(dict.fromkeys(parts))
