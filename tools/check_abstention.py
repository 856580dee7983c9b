"""Ask questions that the documents answer and questions that they do not; print how well silence is chosen.

python -m tools.check_abstention [DATA]     DATA adds zh_cmrc_text and mmlongbench to the sample corpus
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import ragmm
from ragmm.commands.shared.progress import shown_progress
from ragmm.config import Pipeline, parse_pipeline
from ragmm.evaluation.questions import EvalQuestion, read_questions
from ragmm.sample import write_sample
from tools.eval_sets import TEXT_ONLY, converted

SAMPLE_QUESTIONS = Path(__file__).with_name("sample_questions.jsonl")
CHINESE = 100
"""Questions with their passage in the collection, and as many without."""
BAR = 0.70


@dataclass(frozen=True, kw_only=True)
class Row:
    """One set's questions and what became of them."""

    name: str
    asked: Sequence[EvalQuestion]
    silent: Sequence[bool]

    def line(self) -> str:
        """The row as the table shows it."""
        wanted = [not question.answerable for question in self.asked]
        right = sum(one and other for one, other in zip(wanted, self.silent, strict=True))
        precision, recall = right / max(1, sum(self.silent)), right / max(1, sum(wanted))
        met = "met" if min(precision, recall) >= BAR else "missed"
        return (
            f"{self.name:<16}{len(wanted) - sum(wanted):>11}{sum(wanted):>14}{sum(self.silent):>11}"
            f"{precision:>11.2f}{recall:>8.2f}  {met}"
        )


def main() -> int:
    """Print a row a set, and one for all together."""
    parser = argparse.ArgumentParser(prog="python -m tools.check_abstention", description=__doc__.split("\n", 1)[0])
    parser.add_argument("data", type=Path, nargs="?", help="the folder that holds zh_cmrc_text and mmlongbench")
    given = parser.parse_args()
    with TemporaryDirectory(prefix="ragmm-abstention-") as folder:
        rows = [sample_row(Path(folder))]
        if given.data:
            rows += [chinese_row(given.data / "zh_cmrc_text", Path(folder)), long_row(given.data / "mmlongbench")]
    print(f"{'':<16}{'answerable':>11}{'unanswerable':>14}{'abstained':>11}{'precision':>11}{'recall':>8}  bar {BAR}")
    for row in [*rows, *together(rows)]:
        print(row.line())
    return 0


def sample_row(folder: Path) -> Row:
    """100 questions that the sample corpus answers, 70 that it nearly answers, 30 about other things."""
    write_sample(folder / "sample")
    questions = read_questions(SAMPLE_QUESTIONS)
    return asked("sample corpus", folder / "sample-collection", None, [folder / "sample"], questions)


def chinese_row(source: Path, folder: Path) -> Row:
    """Every second passage is in the collection; a question about another one has no answer there."""
    questions = converted(source, folder / "chinese.jsonl")
    kept = set(sorted({entry.uri for question in questions for entry in question.relevant})[::2])
    here = [one for one in questions if any(entry.uri in kept for entry in one.relevant)]
    away = [silent(one) for one in questions if one not in here]
    chosen = [*here[:: max(1, len(here) // CHINESE)][:CHINESE], *away[:: max(1, len(away) // CHINESE)][:CHINESE]]
    files = [source / "files" / uri for uri in sorted(kept)]
    return asked("zh_cmrc_text", folder / "chinese", parse_pipeline(TEXT_ONLY, source="chinese"), files, chosen)


def long_row(source: Path) -> Row:
    """Questions about one long document each; a fifth of them it does not answer. The collection is kept.

    Characters in pictures are read: one document in six has no others.
    """
    out = Path("indexes/eval/mmlongbench")
    out.mkdir(parents=True, exist_ok=True)
    questions = converted(source, out / "questions.jsonl")
    pipeline = parse_pipeline(TEXT_ONLY.replace('ocr = "never"', 'ocr = "auto"'), source="mmlongbench")
    return asked("mmlongbench", out / "collection", pipeline, [source / "files"], questions)


def asked(
    name: str, folder: Path, pipeline: Pipeline | None, files: Sequence[Path], questions: Sequence[EvalQuestion]
) -> Row:
    """The collection, made or refreshed, under its questions."""
    with ragmm.create(folder, pipeline=pipeline, exist_ok=True) as docs, shown_progress() as progress:
        docs.ingest(files, progress=progress)
        replies = []
        for number, question in enumerate(questions):
            progress.update("ask", number, len(questions), "questions")
            replies.append(docs.query(question.text, where=(question.scope,) if question.scope else ()).abstained)
    return Row(name=name, asked=questions, silent=replies)


def silent(question: EvalQuestion) -> EvalQuestion:
    """The question, put to a collection that lacks its document."""
    return EvalQuestion(qid=question.qid, text=question.text, answerable=False)


def together(rows: Sequence[Row]) -> Iterable[Row]:
    """All sets as one, where there are several."""
    if len(rows) > 1:
        everything = [question for row in rows for question in row.asked]
        yield Row(name="all", asked=everything, silent=[reply for row in rows for reply in row.silent])


if __name__ == "__main__":
    raise SystemExit(main())
