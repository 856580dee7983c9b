"""Fit the weights by which what was found is ordered; print what each is worth, beside plain scripts.

python -m tools.fit_ranking INDEXES SET…    INDEXES/SET: what tools.eval_sets leaves, collection/ and questions.jsonl

Every figure is cross-fitted by document: a question is ordered by weights that saw no question about its document.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import ragmm
from ragmm.evaluation.places import Targets, documents_named
from ragmm.evaluation.questions import read_questions
from ragmm.evaluation.searching import AskedWay, asked
from ragmm.pipelines.query.clues import Evidence
from ragmm.pipelines.query.filters import parse_filters
from ragmm.pipelines.query.question import Asked
from ragmm.pipelines.query.relevance import relevance_of
from ragmm.pipelines.query.run import SearchPlan, search
from ragmm.types import StoredItem
from tools.plain_search import PlainSearch, plain_windows

SIGNS = ("distance", "share", "apart", "page", "votes", "silent", "sought", "named")
_DEPTH = 48
_SHOWN = 10
_FOLDS = 5
_FARTHEST = 8.0
_BINS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 1.01)
Rows = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Asking:
    """One question, what was found for it in today's order, and the first right place among plain windows."""

    source: str
    fold: int
    kind: str
    signs: Rows
    """Shape: (found, SIGNS)."""
    said: Rows
    """Today's relevance."""
    right: NDArray[np.bool_]
    plain: tuple[int, int]
    """Ranks by BM25, and by BM25 and vectors; 0 where the place is not among the first."""


def main() -> int:
    """Collect, fit, print."""
    parser = argparse.ArgumentParser(prog="python -m tools.fit_ranking", description=__doc__.split("\n", 1)[0])
    parser.add_argument("indexes", type=Path)
    parser.add_argument("sets", nargs="+", metavar="SET")
    parser.add_argument("--limit", type=int, help="only the first questions of each set")
    parser.add_argument("--no-plain", action="store_true", help="without the plain scripts, which embed every window")
    given = parser.parse_args()
    askings = [
        one
        for name in given.sets
        for one in askings_of(given.indexes / name, name, given.limit, plain=not given.no_plain)
    ]
    answerable = [one for one in askings if one.right.any()]
    weights = fit_order(answerable, range(len(SIGNS)), askings)
    base, scale = calibrated(weights, askings)
    print(f"base={base:.2f} " + " ".join(f"{n}={w * scale:.2f}" for n, w in zip(SIGNS, weights, strict=True)))
    print_order(askings, plain=not given.no_plain)
    calibration(askings)
    return 0


def askings_of(folder: Path, name: str, limit: int | None, *, plain: bool) -> Iterator[Asking]:
    """Every question that has an answer and whose document is there."""
    questions = [one for one in read_questions(folder / "questions.jsonl")[:limit] if one.relevant]
    with ragmm.open(folder / "collection") as docs:
        snapshot = docs.store.snapshot()
        beside = PlainSearch.of(plain_windows(docs.items()), docs.embedders) if plain else None
        known = documents_named(docs.documents(), questions)
        for one in asked(questions, known):
            if one.where is None or not any(known[place.uri] for place in one.question.relevant):
                continue
            only = parse_filters(None, one.where)
            plan = SearchPlan(embedders=docs.embedders, k=_DEPTH, only=only, fold=False)
            found = search(snapshot, Asked(text=one.question.text), plan)
            evidence = [found.evidence[hit.item.id] for hit in found.hits if hit.item.id in found.evidence]
            if not evidence:
                continue
            hits = [hit for hit in found.hits if hit.item.id in found.evidence]
            places = beside.ranks(one, partial(_is_right, one.targets)) if beside else (0, 0)
            yield Asking(
                source=name,
                fold=_fold(one),
                kind=", ".join(one.question.tags) or "any",
                signs=np.array([_signs(each) for each in evidence]),
                said=np.array([relevance_of(each) for each in evidence]),
                right=np.array([_is_right(one.targets, hit.item) for hit in hits]),
                plain=places,
            )


def _fold(one: AskedWay) -> int:
    return hashlib.sha256(one.question.relevant[0].uri.encode()).digest()[0] % _FOLDS


def _is_right(targets: Targets, item: StoredItem) -> bool:
    if targets.pages:
        return bool(targets.pages & set(targets.pages_of(item)))
    return bool(targets.documents & set(targets.documents_of(item)))


def _signs(one: Evidence) -> list[float]:
    values = [float(getattr(one, name) or 0.0) for name in SIGNS]
    return [min(max(values[0], 0.0), _FARTHEST), *values[1:]]


def fit_order(askings: Sequence[Asking], columns: Sequence[int], every: Sequence[Asking]) -> Rows:
    """Weights under which the right items come first: of each question the chance of any of them, at its largest.

    A set counts as much as any other, as far as twice its questions go.
    """
    sizes = {name: sum(one.source == name for one in every) for name in {one.source for one in every}}
    mean = sum(sizes.values()) / len(sizes)
    mine = np.array(columns)
    weights = np.zeros(len(columns))
    for _ in range(100):
        slope, curve = -2.0 * weights, 2.0 * np.eye(len(columns))
        for one in askings:
            rows, much = one.signs[:, mine], min(2.0, mean / sizes[one.source])
            chance = _shares(rows @ weights)
            wanted = chance * one.right / (chance * one.right).sum()
            middle = chance @ rows
            slope += much * (wanted @ rows - middle)
            curve += much * ((rows * chance[:, None]).T @ rows - np.outer(middle, middle))
        step = np.linalg.solve(curve, slope)
        weights = weights + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-4:
            break
    return weights


def _shares(logits: Rows) -> Rows:
    whole = np.exp(logits - logits.max())
    shares: Rows = whole / whole.sum()
    return shares


def calibrated(weights: Rows, askings: Sequence[Asking]) -> tuple[float, float]:
    """What makes of the order's logits a chance: a base and a scale."""
    logits = np.concatenate([(one.signs @ weights)[:_SHOWN] for one in askings])
    right = np.concatenate([one.right[:_SHOWN] for one in askings]).astype(float)
    base, scale = logistic(np.stack([np.ones(len(logits)), logits], axis=1), right)
    return float(base), float(scale)


def logistic(rows: Rows, right: Rows) -> Rows:
    """Newton's method with a slight pull to zero. Shape: (columns,)."""
    weights = np.zeros(rows.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (right - chance) - 1e-3 * weights
        curve = (rows * (chance * (1 - chance))[:, None]).T @ rows + 1e-3 * np.eye(len(weights))
        weights = weights + np.linalg.solve(curve, slope)
    return weights


def print_order(askings: Sequence[Asking], *, plain: bool) -> None:
    """The first right place among 1 and 5, a line a way of ordering, a column a set."""
    names = list(dict.fromkeys(one.source for one in askings))
    print("\n" + f"{'':22}" + "".join(f"{name[:16]:>18}" for name in names))
    _line("today", names, askings, [_rank(one, one.said) for one in askings])
    every = range(len(SIGNS))
    _line("fitted", names, askings, _crossed(askings, every))
    for sign in every:
        _line(f"without {SIGNS[sign]}", names, askings, _crossed(askings, [one for one in every if one != sign]))
    if plain:
        _line("plain: BM25", names, askings, [one.plain[0] for one in askings])
        _line("plain: and vectors", names, askings, [one.plain[1] for one in askings])


def _crossed(askings: Sequence[Asking], columns: Sequence[int]) -> list[int]:
    mine = np.array(columns)
    known = [
        fit_order([one for one in askings if one.fold != fold and one.right.any()], columns, askings)
        for fold in range(_FOLDS)
    ]
    return [_rank(one, one.signs[:, mine] @ known[one.fold]) for one in askings]


def _rank(one: Asking, scores: Rows) -> int:
    """Of the first right item; 0 where there is none."""
    places = np.flatnonzero(one.right[np.argsort(-scores, kind="stable")])
    return int(places[0]) + 1 if len(places) else 0


def _line(title: str, names: Sequence[str], askings: Sequence[Asking], ranks: Sequence[int]) -> None:
    cells = []
    for name in names:
        mine = np.array([rank or math.inf for one, rank in zip(askings, ranks, strict=True) if one.source == name])
        cells.append(f"{(mine <= 1).mean():.3f} {(mine <= 5).mean():.3f}")
    print(f"{title:22}" + "".join(f"{cell:>18}" for cell in cells))


def calibration(askings: Sequence[Asking]) -> None:
    """Of the hits whose relevance is said to be so much, the share that is right."""
    said = np.concatenate([one.said[:_SHOWN] for one in askings])
    right = np.concatenate([one.right[:_SHOWN] for one in askings]).astype(float)
    print(f"\n{'relevance today':18}{'hits':>8}{'right':>8}")
    for low, high in pairwise(_BINS):
        here = (said >= low) & (said < high)
        share = f"{right[here].mean():8.2f}" if here.any() else ""
        print(f"{f'{low:.2f}-{min(high, 1):.2f}':18}{int(here.sum()):8,}{share}")


if __name__ == "__main__":
    sys.exit(main())
