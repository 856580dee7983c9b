"""Build collections of development sets, evaluate them, and print one table.

python -m tools.eval_sets DATA SET…      DATA/SET holds corpus.jsonl, queries.jsonl and files/
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ragmm
from ragmm.commands.shared.progress import shown_progress
from ragmm.config import Pipeline, load_pipeline, parse_pipeline
from ragmm.evaluation.baseline import BASELINE
from ragmm.evaluation.judging import EvalPlan, EvalRun, evaluate
from ragmm.evaluation.questions import EvalQuestion, read_questions
from ragmm.evaluation.report import eval_html
from ragmm.evaluation.results import EvalReport, eval_record
from ragmm.evaluation.saving import save_record

# Words alone: a passage model that runs anywhere; nothing is captioned and no picture is read.
TEXT_ONLY = """
[pipeline]
name = "eval"
routes = ["text"]
[models]
text = "st:all-MiniLM-L6-v2"
caption = "none"
vlm = "extractive"
[loaders]
ocr = "never"
"""
COLUMNS = (
    "page.hit@1", "page.hit@5", "document.hit@1", "document.hit@5", "answer.token_f1", "answer.contains",
    "citation.if_found@5", "abstention.precision", "abstention.recall",
)  # fmt: skip
ALONE = ("page.hit@5", "document.hit@1")
"""Of the words alone and of another library's BM25, to compare with."""


def main() -> int:
    """Evaluate each set, then print the table."""
    parser = argparse.ArgumentParser(prog="python -m tools.eval_sets", description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=Path, help="the folder that holds the sets")
    parser.add_argument("sets", nargs="+", metavar="SET", help="zh_cmrc_text, financebench, mmlongbench …")
    parser.add_argument("--limit", type=int, help="only the first questions, and the documents that they name")
    parser.add_argument("--pipeline", type=Path, help="a pipeline file, in place of text alone with MiniLM")
    parser.add_argument("--no-answer", dest="answer", action="store_false", help="judge the rankings alone")
    parser.add_argument("--out", type=Path, default=Path("indexes/eval"), help="where collections and results go")
    given = parser.parse_args()
    pipeline = load_pipeline(given.pipeline) if given.pipeline else parse_pipeline(TEXT_ONLY, source="tools.eval_sets")
    runs = [
        evaluate_set(given.data / name, given.out / name, pipeline, given.limit, given.answer) for name in given.sets
    ]
    print_table(given.sets, runs)
    return 0


def evaluate_set(source: Path, out: Path, pipeline: Pipeline, limit: int | None, answers: bool = True) -> EvalRun:
    """The set's collection (made or refreshed) under its questions; JSON and HTML are left beside it."""
    out.mkdir(parents=True, exist_ok=True)
    questions = converted(source, out / "questions.jsonl")[:limit]
    with ragmm.create(out / "collection", pipeline=pipeline, exist_ok=True) as docs, shown_progress() as progress:
        report = docs.ingest(files_of(source, questions, limit), progress=progress)
        for failure in report.failures:
            progress.message(f"failed: {failure.uri}: {failure.reason}")
        run = evaluate(docs, questions, EvalPlan(answers=answers, baseline=True), progress)
    save_record(out / "eval.json", eval_record(EvalReport(run=run)))
    (out / "eval.html").write_text(eval_html(EvalReport(run=run)), encoding="utf-8")
    return run


def converted(source: Path, target: Path) -> list[EvalQuestion]:
    """The set's questions in the format of `ragmm eval`."""
    documents = {row["doc_id"]: row["file"].removeprefix("files/") for row in lines(source / "corpus.jsonl")}
    rows = [question(row, documents) for row in lines(source / "queries.jsonl")]
    target.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return read_questions(target)


def question(row: dict[str, Any], documents: dict[str, str]) -> dict[str, Any]:
    """One row, its documents named by their files."""
    relevant = [
        {"uri": documents[one["doc_id"]], **({"page": one["page"]} if one.get("page") else {})}
        for one in row.get("relevant", ())
    ]
    scoped = row.get("scope") == "document" and row.get("document") in documents
    return {
        **{key: row[key] for key in ("qid", "question", "answers", "answerable") if key in row},
        "relevant": relevant,
        "tags": row.get("evidence_sources") or [],
        "scope": {"uri": documents[row["document"]]} if scoped else None,
    }


def files_of(source: Path, questions: Sequence[EvalQuestion], limit: int | None) -> list[Path]:
    """The whole set; with a limit the files that its questions name, and as many others to be told from them."""
    if limit is None:
        return [source / "files"]
    named = {entry.uri for one in questions for entry in one.relevant} | {one.scope for one in questions if one.scope}
    files = sorted(file for file in (source / "files").rglob("*") if file.is_file())
    wanted = [file for file in files if str(file.relative_to(source / "files")) in named]
    return wanted + [file for file in files if file not in wanted][: len(wanted)]


def lines(file: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON lines."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def print_table(names: Sequence[str], runs: Sequence[EvalRun]) -> None:
    """A column a set: the means with half the width of their intervals."""
    rows = [["questions", *(f"{run.questions:,}" for run in runs)]]
    rows += [[name, *(cell(run.metrics, name) for run in runs)] for name in COLUMNS]
    for leg, title in (("lexical", "words alone"), (BASELINE, BASELINE)):
        metrics = [{part.name: part.metrics for part in run.by_leg}.get(leg, {}) for run in runs]
        rows += [[f"{name}, {title}", *(cell(found, name) for found in metrics)] for name in ALONE]
    rows.append(["seconds", *(f"{run.seconds:,.0f}" for run in runs)])
    widths = [max(len(row[column]) for row in [["", *names], *rows]) for column in range(len(names) + 1)]
    for row in [["", *names], *rows]:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def cell(metrics: Any, name: str) -> str:
    """A mean and how far it may be off; empty where no question allows the metric."""
    one = metrics.get(name)
    return f"{one.mean:.3f} ±{(one.high - one.low) / 2:.3f}" if one else ""


if __name__ == "__main__":
    sys.exit(main())
