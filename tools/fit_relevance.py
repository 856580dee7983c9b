"""Fit the weights of `ragmm.pipelines.query.relevance` to collections with questions; print the calibration.

python -m tools.fit_relevance INDEXES SET…    INDEXES/SET: what tools.eval_sets leaves, collection/ and questions.jsonl
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import ragmm
from ragmm.evaluation.places import documents_named, hits_at
from ragmm.evaluation.questions import read_questions
from ragmm.evaluation.searching import asked
from ragmm.pipelines.query.clues import Evidence
from ragmm.pipelines.query.filters import parse_filters
from ragmm.pipelines.query.question import Asked
from ragmm.pipelines.query.relevance import relevance_of
from ragmm.pipelines.query.run import SearchPlan, search

_DEPTH = 10
_BINS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 1.01)
_FARTHEST = 8.0


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A hit with whether it stands where the answer is."""

    source: str
    question: str
    evidence: Evidence
    right: bool


def main() -> int:
    """Collect, fit, print."""
    parser = argparse.ArgumentParser(prog="python -m tools.fit_relevance", description=__doc__.split("\n", 1)[0])
    parser.add_argument("indexes", type=Path)
    parser.add_argument("sets", nargs="+", metavar="SET")
    parser.add_argument("--limit", type=int, help="only the first questions of each set")
    given = parser.parse_args()
    samples = [sample for name in given.sets for sample in samples_of(given.indexes / name, name, given.limit)]
    fit_both("both signs", samples)
    fit_one("words alone", samples, "share")
    fit_one("a vector alone", samples, "distance")
    calibration(samples)
    return 0


def samples_of(folder: Path, name: str, limit: int | None = None) -> Iterator[Sample]:
    """The first hits of every question; of an unanswerable one, none is right."""
    questions = read_questions(folder / "questions.jsonl")[:limit]
    with ragmm.open(folder / "collection") as docs:
        snapshot = docs.store.snapshot()
        for one in asked(questions, documents_named(docs.documents(), questions)):
            if one.where is None:
                continue
            only = parse_filters(None, one.where)
            plan = SearchPlan(embedders=docs.embedders, k=_DEPTH, only=only)
            found = search(snapshot, Asked(text=one.question.text), plan)
            right = {hit.rank for hit in hits_at(found.hits, one.targets)}
            for hit in found.hits:
                evidence = found.evidence[hit.item.id]
                yield Sample(source=name, question=one.qid, evidence=evidence, right=hit.rank in right)


def fit_both(kind: str, samples: Sequence[Sample]) -> None:
    """Weights of both signs together, the same for texts and images: their distances are comparable already."""
    whole = [one for one in samples if one.evidence.distance is not None and one.evidence.share is not None]
    if not any(one.right for one in whole):
        print(f"{kind}: nothing right among {len(whole):,} hits with both signs")
        return
    rows = np.array([[1.0, _clipped(one), one.evidence.share or 0.0] for one in whole])
    weights = logistic(rows, np.array([one.right for one in whole], float))
    print(f"{kind:14} base={weights[0]:.2f} distance={weights[1]:.2f} share={weights[2]:.2f}  ({len(whole):,} hits)")


def fit_one(title: str, samples: Sequence[Sample], sign: str) -> None:
    """Weights of one sign where the other is not known."""
    whole = [one for one in samples if getattr(one.evidence, sign) is not None]
    column = [_clipped(one) if sign == "distance" else one.evidence.share or 0.0 for one in whole]
    weights = logistic(
        np.stack([np.ones(len(whole)), np.array(column)], axis=1), np.array([one.right for one in whole], float)
    )
    print(f"{title:14} base={weights[0]:.2f} {sign}={weights[1]:.2f}  ({len(whole):,} hits)")


def _clipped(one: Sample) -> float:
    return min(max(one.evidence.distance or 0.0, 0.0), _FARTHEST)


def logistic(rows: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Newton's method with a slight pull to zero. Shape: (columns,)."""
    weights = np.zeros(rows.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (right - chance) - 1e-3 * weights
        curve = (rows * (chance * (1 - chance))[:, None]).T @ rows + 1e-3 * np.eye(len(weights))
        weights = weights + np.linalg.solve(curve, slope)
    return weights


def calibration(samples: Sequence[Sample]) -> None:
    """Of the hits whose relevance is said to be so much, the share that is right; by kind."""
    print(f"\n{'relevance':12}{'texts':>8}{'right':>8}{'images':>8}{'right':>8}")
    said = np.array([relevance_of(one.evidence) for one in samples])
    right = np.array([one.right for one in samples], float)
    kinds = np.array([one.evidence.kind for one in samples])
    for low, high in pairwise(_BINS):
        cells = ""
        for kind in ("text", "image"):
            here = (said >= low) & (said < high) & (kinds == kind)
            cells += f"{int(here.sum()):8,}" + (f"{right[here].mean():8.2f}" if here.any() else f"{'':8}")
        print(f"{low:.2f}-{min(high, 1):.2f}   {cells}")
    for name in dict.fromkeys(one.source for one in samples):
        mine = np.array([one.source == name for one in samples])
        print(f"{name}: a right hit is above a wrong one in {_auc(said[mine], right[mine]):.1%}")


def _auc(said: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    ranks = np.argsort(np.argsort(said)) + 1
    good = int(right.sum())
    if good in {0, len(right)}:
        return float("nan")
    return float((ranks[right > 0].sum() - good * (good + 1) / 2) / (good * (len(right) - good)))


if __name__ == "__main__":
    sys.exit(main())
