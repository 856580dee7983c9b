"""Fit how surely a value or a cell that was found is the answer; print what each sign is worth, judged by document.

python -m tools.fit_answers COLLECTION QUESTIONS…    QUESTIONS: files as `ragmm eval` reads them, about the collection
python -m tools.fit_answers --articles DATA/reading FOLDER    write articles that the reader has not seen, and questions
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import ragmm
from ragmm.evaluation.questions import EvalQuestion, read_questions
from ragmm.evaluation.values import likeness
from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.pipelines.answer.cell_confidence import CellSigns
from ragmm.pipelines.answer.confidence import Signs
from ragmm.pipelines.answer.found_values import values_in_tables, values_in_text
from ragmm.pipelines.answer.quoted import ExtractiveSettings
from ragmm.pipelines.query.wanted import wanted
from ragmm.readers.base import Reader
from ragmm.types import Hit
from ragmm.wiring import build_reader

_FOLDS = 5
_THRESHOLDS = (0.25, 0.3, 0.35, 0.42, 0.5, 0.6)
_SIGNS: Mapping[str, type[Signs | CellSigns]] = {"texts": Signs, "cells": CellSigns}
_CELLS = 3
"""Tables whose cells are looked at: of many, most are about something else."""
Rows = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Candidates:
    """Of one make: the signs of each value, what is taken off its confidence beside them, and whether it is right."""

    signs: Rows
    doubt: Rows
    right: Rows


@dataclass(frozen=True, kw_only=True)
class Read:
    """A question with what was found for it."""

    fold: int
    answerable: bool
    found: Mapping[str, Candidates]
    """By make: texts, cells."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit and print, or write the articles."""
    parser = argparse.ArgumentParser(prog="python -m tools.fit_answers", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("collection", type=Path, help="a collection; with --articles the folder to write to")
    parser.add_argument("questions", type=Path, nargs="*")
    parser.add_argument("--articles", type=Path, metavar="READING", help="the folder of reading data")
    parser.add_argument("--limit", type=int, help="questions of each file")
    given = parser.parse_args(arguments)
    if given.articles:
        write_articles(given.articles, given.collection)
        return 0
    reader = build_reader("mini")
    if reader is None:
        raise SystemExit("the reader's weights are not here; fetch them with: ragmm models pull mini")
    docs = ragmm.open(given.collection)
    asked = [one for file in given.questions for one in read_questions(file)[: given.limit]]
    read = [read_one(one, docs.search(one.text), reader) for one in asked]
    report(read, Console())
    return 0


def read_one(question: EvalQuestion, hits: Sequence[Hit], reader: Reader) -> Read:
    """What is found in the texts and in the tables of the hits."""
    asked, settings = wanted(question.text), ExtractiveSettings()
    texts = values_in_text(question.text, asked, hits, reader, settings.texts)
    cells = values_in_tables(question.text, asked, hits, settings.tables, reader=reader)
    document = question.relevant[0].uri if question.relevant else question.qid
    return Read(
        fold=hashlib.sha256(document.encode()).digest()[0] % _FOLDS,
        answerable=question.answerable,
        found={"texts": _candidates(question, texts, Signs), "cells": _candidates(question, cells[:_CELLS], CellSigns)},
    )


def _candidates(question: EvalQuestion, found: Sequence[FoundValue], make: type[Signs | CellSigns]) -> Candidates:
    """Yes and no have no signs, and are left out."""
    names, found = [one.name for one in fields(make)], [one for one in found if isinstance(one.signs, make)]
    right = [question.answerable and likeness(one.value, question.answers, question.text).right for one in found]
    return Candidates(
        signs=np.array([[getattr(one.signs, name) for name in names] for one in found]).reshape(-1, len(names)),
        doubt=np.array([one.doubt for one in found], float),
        right=np.array(right, float),
    )


def fit(signs: Rows, right: Rows, *, ridge: float = 1.0) -> Rows:
    """Bias and weights of a logistic function, by Newton's steps."""
    rows = np.c_[np.ones(len(signs)), signs]
    keep = ridge * np.diag([1e-6, *[1.0] * signs.shape[1]])
    weights = np.zeros(rows.shape[1])
    for _ in range(50):
        odds = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (rows * (odds * (1 - odds))[:, None]) + keep
        step = np.linalg.solve(slope, rows.T @ (right - odds) - keep @ weights)
        weights += step
        if np.abs(step).max() < 1e-6:
            break
    return weights


def report(read: Sequence[Read], console: Console) -> None:
    """The weights over everything; below, what thresholds come to, a document judged by the others' weights."""
    for make, weights in fit_each(read).items():
        table = Table("sign", "weight", title=f"{make}, {len(read):,} questions")
        for name, weight in zip(["bias", *(one.name for one in fields(_SIGNS[make]))], weights, strict=True):
            table.add_row(name, f"{weight:.2f}")
        console.print(table)
    table = Table("threshold", "right", "wrong", "refused of the unanswerable", "right of what is said")
    best = list(cross_fitted(read))
    for threshold in _THRESHOLDS:
        table.add_row(f"{threshold:.2f}", *(f"{share:.2f}" for share in shares(best, threshold)))
    console.print(table)


def fit_each(read: Sequence[Read]) -> dict[str, Rows]:
    """Weights of each make."""
    return {
        make: fit(
            np.concatenate([one.found[make].signs for one in read]),
            np.concatenate([one.found[make].right for one in read]),
        )
        for make in _SIGNS
    }


def cross_fitted(read: Sequence[Read]) -> Iterator[tuple[float, bool, bool]]:
    """Of each question the best value's confidence, whether it is right, and whether there is an answer."""
    for fold in range(_FOLDS):
        weights = fit_each([one for one in read if one.fold != fold])
        for one in (one for one in read if one.fold == fold):
            yield (*max(_judged(one, weights), default=(0.0, False)), one.answerable)


def _judged(one: Read, weights: Mapping[str, Rows]) -> Iterator[tuple[float, bool]]:
    for make, found in one.found.items():
        odds = found.doubt / (1 + np.exp(-(weights[make][0] + found.signs @ weights[make][1:])))
        yield from ((float(likely), bool(right)) for likely, right in zip(odds, found.right, strict=True))


def shares(best: Sequence[tuple[float, bool, bool]], threshold: float) -> Iterator[float]:
    """Right and wrong of the answerable, refused of the unanswerable, right of all that is said."""
    there = [(likely >= threshold, right) for likely, right, answerable in best if answerable]
    gone = [likely < threshold for likely, _, answerable in best if not answerable]
    said = [right for likely, right, _ in best if likely >= threshold]
    yield sum(says and right for says, right in there) / max(1, len(there))
    yield sum(says and not right for says, right in there) / max(1, len(there))
    yield sum(gone) / max(1, len(gone))
    yield sum(said) / max(1, len(said))


def write_articles(reading: Path, folder: Path, *, most: int = 900) -> None:
    """Three of four articles that training leaves out, and questions: theirs, exchanged ones, those of the fourth."""
    from training.reader.data import changed, held_out, load

    pool, rng = load(reading / "passages"), random.Random(5)
    kept = [one for one in [*pool.english, *pool.chinese, *pool.refused] if held_out(one.passage.title)]
    titles = sorted({one.passage.title for one in kept if one.passage.title})
    inside = {title for number, title in enumerate(titles) if number % 4}
    (folder / "articles").mkdir(parents=True, exist_ok=True)
    for title in inside:
        texts = dict.fromkeys(passage.text for passage in pool.articles[title])
        words = f"# {title.replace('_', ' ')}\n\n" + "\n\n".join(texts)
        (folder / "articles" / f"{title.replace('/', '_')[:80]}.md").write_text(words, encoding="utf-8")
    rows = []
    for number, one in enumerate(rng.sample(kept, min(most, len(kept)))):
        other = changed(one, pool, rng) if number % 5 == 0 and one.answers else None
        there = other is None and bool(one.answers) and one.passage.title in inside
        answers = [text for _, text in one.answers] if there else []
        uri = f"{one.passage.title.replace('/', '_')[:80]}.md"
        row = {"qid": str(number), "question": other or one.question, "answers": answers, "answerable": there}
        rows.append(row | {"relevant": [{"uri": uri}] if there else []})
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "questions.jsonl").write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
