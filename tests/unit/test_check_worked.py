"""The questions that must be worked out: they fit their documents, and are counted as they should be."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from tools.answer_judging import FOLDS, Verdict
from tools.check_worked import outcome, worked, worked_table
from tools.worked_documents import write_worked_documents


def said(answers: tuple[str, ...], values: dict[str, float], *, abstained: bool = False) -> Verdict:
    return Verdict(
        qid="w1",
        set="worked",
        kind="sum",
        document="a.md",
        fold="fit",
        question="?",
        answers=answers,
        abstained=abstained,
        values=values,
    )


def test_the_questions_name_documents_that_are_written(tmp_path: Path) -> None:
    files = {str(file.relative_to(tmp_path)) for file in write_worked_documents(tmp_path)}
    asked = worked().asked
    assert {place.uri for one in asked for place in one.question.relevant} <= files
    assert {one.document for one in asked} <= files
    assert {one.fold for one in asked} == set(FOLDS)
    refused = [one for one in asked if not one.question.answerable]
    assert len(asked) - len(refused) >= 60
    assert len(refused) >= 15
    assert len({one.question.qid for one in asked}) == len(asked)


def test_outcomes() -> None:
    assert outcome(said(("3",), {"right": 1, "answered": 1})) == "right"
    assert outcome(said(("3",), {"right": 0, "answered": 1})) == "wrong"
    assert outcome(said(("3",), {"right": 0, "answered": 0})) == "wrong, marked"
    assert outcome(said(("3",), {}, abstained=True)) == "refused"
    assert outcome(said((), {}, abstained=True)) == "right"
    assert outcome(said((), {"sure": 0.0})) == "wrong"
    assert outcome(said((), {"refusal.recall": 0.0})) == "wrong, marked"


def test_the_table_counts() -> None:
    console = Console(width=120, record=True)
    console.print(worked_table([said(("3",), {"right": 1, "answered": 1}), said((), {"sure": 0.0})], "fit"))
    text = console.export_text()
    assert "with an answer" in text
    assert "1  0.50" in text
