"""What a fixed set of questions finds, in a form that can be kept and compared: marks of hits, never their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ragmm.collection import Collection
from ragmm.evaluation.places import Place, Targets, ranking
from ragmm.evaluation.questions import EvalQuestion
from ragmm.pipelines.progress import Progress, Silent
from ragmm.types import Hit

__all__ = ["KeptRanking", "agreement", "ask", "by_question", "mean", "overlap"]


@dataclass(frozen=True, kw_only=True)
class KeptRanking:
    """The first hits of one question."""

    marks: tuple[str, ...]
    """One a hit, best first: the same content at the same place has the same mark in every generation."""
    documents: tuple[str, ...]
    """The uri of each hit."""
    places: tuple[Place, ...] = ()
    """Pages or documents, as the question judges them, each at the rank of its first hit."""


def ask(
    docs: Collection, questions: Sequence[EvalQuestion], k: int, progress: Progress | None = None
) -> dict[str, KeptRanking]:
    """Every question's first k hits, by qid."""
    found: dict[str, KeptRanking] = {}
    for number, one in enumerate(questions, start=1):
        hits = docs.query(one.text, image=one.image, k=k, answer=False).hits
        found[one.qid] = KeptRanking(
            marks=tuple(_mark(hit) for hit in hits),
            documents=tuple(hit.item.uri for hit in hits),
            places=tuple(_places(hits, Targets(entries=one.relevant))),
        )
        (progress or Silent()).update("ask", number, len(questions), "questions")
    return found


def _mark(hit: Hit) -> str:
    item = hit.item
    content = hashlib.sha256(f"{item.text}\0{item.asset or ''}".encode("utf-8", "replace")).hexdigest()[:16]
    place = hashlib.sha256(f"{item.uri}\0{item.locator.page}".encode("utf-8", "replace")).hexdigest()[:16]
    return f"{place}{content}"


def _places(hits: Sequence[Hit], targets: Targets) -> list[Place]:
    judged = targets.pages_of if targets.pages else targets.documents_of
    return ranking(judged(hit.item) for hit in hits)


def overlap(one: Sequence[str], other: Sequence[str]) -> float:
    """Which share of the longer list is in both; 1 for two empty ones."""
    longest = max(len(set(one)), len(set(other)))
    return len(set(one) & set(other)) / longest if longest else 1.0


def agreement(one: Sequence[str], other: Sequence[str]) -> float:
    """The mean overlap of the first 1, 2, 3 … hits: the same hits in another order agree less."""
    depth = max(len(one), len(other))
    return mean(overlap(one[:at], other[:at]) for at in range(1, depth + 1)) if depth else 1.0


def mean(values: Iterable[float]) -> float:
    """0 for none."""
    numbers = list(values)
    return sum(numbers) / len(numbers) if numbers else 0.0


def by_question(one: Mapping[str, KeptRanking], other: Mapping[str, KeptRanking]) -> dict[str, tuple[float, float]]:
    """(overlap, agreement) of every question that both know."""
    return {
        qid: (overlap(found.marks, other[qid].marks), agreement(found.marks, other[qid].marks))
        for qid, found in one.items()
        if qid in other
    }
