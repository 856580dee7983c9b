"""Ask questions whose answers must be worked out or compared, and print right, wrong and refused, by half and kind.

python -m tools.check_worked [--fold fit|hold] [--json FILE]     on documents made by code (tools/worked_documents.py)
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ragmm.evaluation.questions import EvalQuestion, Relevant
from tools.answer_judging import FOLDS, Asked, Verdict
from tools.answer_sets import Source
from tools.check_answers import check_set, save
from tools.eval_sets import lines
from tools.worked_documents import write_worked_documents

WORKED_QUESTIONS = Path(__file__).with_name("worked_questions.jsonl")
HEADS = ("right", "right, marked", "wrong", "wrong, marked", "refused")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one table for each half of the documents."""
    given = _arguments(arguments)
    console = Console(width=given.width) if given.width else Console()
    found = check_set(worked(), given)
    for fold in FOLDS:
        rows = [one for one in found if one.fold == fold]
        if rows:
            console.print(worked_table(rows, f"{fold}: {len(rows)} questions"))
    if given.json:
        save(given.json, found)
    return 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.check_worked", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--collections", type=Path, default=Path("indexes/answers"), help="where collections are kept")
    parser.add_argument("--refresh", action="store_true", help="ingest again, also where a collection is complete")
    parser.add_argument("--fold", choices=(*FOLDS, "all"), default="all", help="of the documents")
    parser.add_argument("--json", type=Path, help="save every question with what was said")
    parser.add_argument("--width", type=int, help="of the tables, in characters")
    given = parser.parse_args(arguments)
    given.limit = None
    return given


def worked() -> Source:
    """The questions and their documents."""
    asked = [_asked(row) for row in lines(WORKED_QUESTIONS)]
    return Source(name="worked", asked=asked, files=lambda folder, _, __: write_worked_documents(folder / "documents"))


def _asked(row: Mapping[str, object]) -> Asked:
    relevant = tuple(Relevant(uri=one["uri"]) for one in row["relevant"])  # type: ignore[attr-defined]
    question = EvalQuestion(
        qid=str(row["qid"]),
        text=str(row["question"]),
        relevant=relevant,
        answers=tuple(row["answers"]),  # type: ignore[arg-type]
        answerable=bool(row["answerable"]),
    )
    return Asked(question=question, set="worked", kind=str(row["kind"]), document=str(row["document"]))


def outcome(one: Verdict) -> str:
    """One of the heads. Where nothing may be said, saying nothing is right, and so is counted."""
    answerable = bool(one.answers)
    if one.abstained:
        return "refused" if answerable else "right"
    right = one.values.get("right", 0.0) > 0
    marked = not one.values["answered"] if answerable else "sure" not in one.values
    return ("right" if right else "wrong") + (", marked" if marked else "")


def worked_table(found: Sequence[Verdict], title: str) -> Table:
    """A row for all of them, one for those that have an answer, then one a kind."""
    table = Table(title=title, title_justify="left")
    for head in ("kind", "n", *HEADS):
        table.add_column(head, justify="left" if head == "kind" else "right", no_wrap=True)
    rows: dict[str, list[Verdict]] = {"all": list(found), "with an answer": [one for one in found if one.answers]}
    for one in sorted(found, key=lambda one: one.kind):
        rows.setdefault(one.kind, []).append(one)
    for kind, row in rows.items():
        said = [outcome(one) for one in row]
        shares = [f"{said.count(head)}  {said.count(head) / len(row):.2f}" if row else "" for head in HEADS]
        table.add_row(kind, str(len(row)), *shares)
    return table


if __name__ == "__main__":
    raise SystemExit(main())
