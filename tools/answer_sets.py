"""The sets of questions that answers are checked on: development sets of a folder, and our own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ragmm.evaluation.questions import EvalQuestion, Relevant, read_questions
from ragmm.sample import write_sample
from tools.answer_documents import write_answer_documents
from tools.answer_judging import Asked
from tools.eval_sets import converted, files_of, lines

OWN = "own"
OWN_QUESTIONS = Path(__file__).with_name("own_questions.jsonl")
SAMPLE_QUESTIONS = Path(__file__).with_name("sample_questions.jsonl")
SETS = ("mmlongbench", "multichart_answering", "opencqa_charts", "financebench", "zh_cmrc_text")
_EVIDENCE = {
    "Pure-text (Plain-text)": "text",
    "Generalized-text (Layout)": "layout",
    "Table": "table",
    "Chart": "chart",
    "Figure": "figure",
}
_BEFORE = re.compile(r"^.*?Question:\s*", re.DOTALL)
_AFTER = re.compile(r"\s*(?:Note that your answer format|Now that you have got).*$", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Source:
    """A set's questions, and how its files come to be."""

    name: str
    asked: Sequence[Asked]
    files: Callable[[Path, Sequence[Asked], int | None], Sequence[Path]]
    """Given a folder to write to, the questions chosen, and the limit that chose them."""


def read_source(name: str, data: Path | None) -> Source:
    """Our own set, or the one of that name in the folder."""
    if name == OWN:
        return Source(name=OWN, asked=own_asked(), files=_own_files)
    if data is None or not (data / name / "queries.jsonl").is_file():
        raise SystemExit(f"{name}: there is no {name}/queries.jsonl in {data}; give the folder that holds the sets")
    folder = data / name

    def files(_: Path, asked: Sequence[Asked], limit: int | None) -> Sequence[Path]:
        return files_of(folder, [one.question for one in asked], limit)

    return Source(name=name, asked=set_asked(folder), files=files)


def set_asked(folder: Path) -> list[Asked]:
    """The questions of a development set, each with its kind and its document."""
    documents = {row["doc_id"]: row["file"].removeprefix("files/") for row in lines(folder / "corpus.jsonl")}
    with TemporaryDirectory(prefix="ragmm-answers-") as place:
        questions = {one.qid: one for one in converted(folder, Path(place) / "questions.jsonl")}
    return [_asked(folder.name, row, questions[str(row["qid"])], documents) for row in lines(folder / "queries.jsonl")]


def _asked(name: str, row: Mapping[str, Any], question: EvalQuestion, documents: Mapping[str, str]) -> Asked:
    if name == "multichart_answering":
        text = _AFTER.sub("", _BEFORE.sub("", question.text))
        charts = tuple(documents[image] for image in row["images"])
        question = EvalQuestion(qid=question.qid, text=text, relevant=question.relevant, answers=question.answers)
        kind = row["task"].split("/")[0].replace("_", " ").lower()
        return Asked(question=question, set=name, kind=kind, document=charts[0].split("__")[0], where=charts)
    document = row.get("document") or (question.relevant[0].uri if question.relevant else question.qid)
    return Asked(question=question, set=name, kind=_kind(name, row), document=str(document))


def _kind(name: str, row: Mapping[str, Any]) -> str:
    """Of long documents the sort of evidence, where it is one, on one page."""
    if name != "mmlongbench":
        return {"opencqa_charts": "chart", "zh_cmrc_text": "text"}.get(name) or str(row.get("question_type", "other"))
    if not row.get("answerable", True):
        return "unanswerable"
    sources = row.get("evidence_sources") or []
    if len(sources) != 1 or len({one["page"] for one in row["relevant"]}) != 1:
        return "several"
    return _EVIDENCE.get(sources[0], "several")


def own_asked() -> list[Asked]:
    """Our own questions, and those about the sample corpus that the check of silence asks too."""
    own = [_own(row) for row in lines(OWN_QUESTIONS)]
    sample = read_questions(SAMPLE_QUESTIONS)
    return own + [
        Asked(
            question=one,
            set=OWN,
            kind="sample" if one.answerable else "absent in sample",
            document=one.relevant[0].uri if one.relevant else "sample",
        )
        for one in sample
    ]


def _own(row: dict[str, Any]) -> Asked:
    question = EvalQuestion(
        qid=row["qid"],
        text=row["question"],
        relevant=_relevant(row),
        answers=tuple(row["answers"]),
        answerable=row["answerable"],
    )
    after = tuple((asked, answered) for asked, answered in row.get("after", ()))
    return Asked(question=question, set=OWN, kind=row["kind"], document=row["document"], after=after)


def _relevant(row: Mapping[str, Any]) -> tuple[Relevant, ...]:
    return tuple(Relevant(uri=one["uri"], page=one.get("page")) for one in row["relevant"])


def _own_files(folder: Path, _: Sequence[Asked], __: int | None) -> Sequence[Path]:
    write_sample(folder / "sample")
    write_answer_documents(folder / "documents")
    return [folder / "sample", folder / "documents"]


def saved(file: Path) -> dict[str, Any]:
    """A run as `--json` left it."""
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found
