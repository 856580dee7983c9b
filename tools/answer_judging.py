"""What one answer is worth: right, alone, wrong without a mark, needlessly silent, cited from the right page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ragmm.evaluation.answers import answer_text, answer_values
from ragmm.evaluation.places import Targets, hits_at
from ragmm.evaluation.questions import EvalQuestion
from ragmm.evaluation.values import Likeness, likeness
from ragmm.types import Answer, QueryResult

FOLDS = ("fit", "hold")
FIRST_CLAIM = 200
"""Characters; a longer first claim is no answer to a question of fact."""
TOP = 3
"""Hits among which the right page makes silence needless."""
COLUMNS: Mapping[str, str] = {
    "right": "value right",
    "alone": "and alone",
    "wrong": "wrong unmarked",
    "needless": "needless refusals",
    "refusal.precision": "refusals P",
    "refusal.recall": "refusals R",
    "cited": "cited page right",
    "sure": "right of unmarked",
    "answered": "answered unmarked",
    "anywhere": "anywhere in it",
}
"""Metrics, each a share of the questions that allow it, and their heads."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question of a set, and what it is asked with."""

    question: EvalQuestion
    set: str
    kind: str
    document: str
    """By which questions are divided into folds and drawn for the intervals."""
    where: tuple[str, ...] = ()
    """The documents that it is limited to, beside its scope."""
    after: tuple[tuple[str, str], ...] = ()
    """Earlier questions and answers that it follows up."""

    @property
    def fold(self) -> str:
        """The same wherever it is computed: from the document's name alone."""
        return FOLDS[hashlib.sha256(self.document.encode()).digest()[-1] % 2]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One question, what was said, and its metrics; one that the question does not allow is not there."""

    qid: str
    set: str
    kind: str
    document: str
    fold: str
    question: str
    answers: tuple[str, ...]
    said: str = ""
    abstained: bool = False
    degraded: bool = False
    milliseconds: float = 0
    values: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Verdict:
        """As a saved run holds it."""
        return cls(**{**record, "answers": tuple(record["answers"])})


def verdict(asked: Asked, result: QueryResult) -> Verdict:
    """What became of the question."""
    answer = result.answer or Answer(text="", abstained=True)
    said, short = said_first(answer)
    return Verdict(
        qid=asked.question.qid,
        set=asked.set,
        kind=asked.kind,
        document=asked.document,
        fold=asked.fold,
        question=asked.question.text,
        answers=asked.question.answers,
        said=said,
        abstained=answer.abstained,
        degraded=answer.degraded,
        milliseconds=round(sum(result.timings_ms.values()), 1),
        values=_values(asked.question, answer, result, said if short else ""),
    )


def said_first(answer: Answer) -> tuple[str, bool]:
    """The short answer, or the first claim (or the whole text where there are no claims), and whether it is short."""
    if answer.abstained:
        return "", False
    if answer.short:
        return answer.short, True
    first = answer.claims[0].text if answer.claims else answer_text(answer)
    return first, len(first) <= FIRST_CLAIM


def _values(question: EvalQuestion, answer: Answer, result: QueryResult, said: str) -> dict[str, float]:
    unmarked = not (answer.abstained or answer.degraded or answer.tentative)
    values = dict(_refusals(question, answer))
    if not question.answerable:
        return values | ({"sure": 0.0} if unmarked else {})
    values |= _cited(question, answer, result)
    if question.answers:
        found = likeness(said, question.answers, question.text) if said else Likeness(right=False, alone=False)
        whole = "" if answer.abstained else answer_text(answer)
        values |= {
            "right": float(found.right),
            "alone": float(found.alone),
            "wrong": float(unmarked and not found.right),
            "answered": float(unmarked),
            "anywhere": float(found.right or likeness(whole, question.answers, question.text).right),
        }
        if unmarked:
            values["sure"] = float(found.right)
    return values


def _refusals(question: EvalQuestion, answer: Answer) -> dict[str, float]:
    values = {}
    if answer.abstained:
        values["refusal.precision"] = float(not question.answerable)
    if not question.answerable:
        values["refusal.recall"] = float(answer.abstained)
    return values


def _cited(question: EvalQuestion, answer: Answer, result: QueryResult) -> dict[str, float]:
    values = {}
    if question.relevant:
        if any(hits_at(result.hits[:TOP], Targets(entries=question.relevant))):
            values["needless"] = float(answer.abstained)
        if (cited := answer_values(question, answer, result.hits).get("citation.if_found@5")) is not None:
            values["cited"] = cited
    return values
