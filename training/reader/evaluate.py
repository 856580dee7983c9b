"""`python -m training.reader.evaluate STATE`: F1 and exact matches on the sets that are kept for testing."""

from __future__ import annotations

import argparse
import json
import re
import string
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from ragmm.readers.decode import best_spans
from ragmm.readers.encoding import Pair, is_cjk, open_tokenizer, pair, read_texts
from ragmm.readers.weights import Learnt
from training.reader.batches import padded
from training.reader.data import DATA, Lengths, Pool, for_testing, held_out, room_of, sentences
from training.reader.model import Reader, Size, minilm, take

Row = NDArray[np.float32]
SETS = {
    "squad11": "squad11.dev",
    "squad20": "squad20.dev",
    "xquad-en": "xquad-en.test",
    "xquad-zh": "xquad-zh.test",
    "cmrc": "cmrc2018.dev",
    "tat-qa": "tat-qa.test",
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A question, its whole passage and every text that counts as right; none where the passage does not say it."""

    question: str
    text: str
    title: str
    lang: str
    right: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Of one set."""

    count: int
    f1: float
    exact: float
    f1_best: float
    """At the threshold that would suit this very set best."""
    threshold_best: float
    answered: float
    """F1 of the answerable alone, none forbidden."""
    refused: float
    """Share of the unanswerable that get none."""


# Cases -----------------------------------------------------------------------------------------------------------


def cases(name: str, *, folder: Path = DATA) -> list[Case]:
    """Of a set that is kept for testing."""
    import gzip

    passages: dict[str, dict[str, Any]] = {}
    found = []
    with gzip.open(folder / f"{SETS[name]}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for one in map(json.loads, lines):
            if "question" not in one:
                passages[one["context_id"]] = one
                continue
            passage = passages[one["context_id"]]
            if name == "squad20" and not for_testing(passage["title"]):
                continue
            right = [answer["text"] for answer in one["answers"]] + list(one.get("other_answers", []))
            found.append(
                Case(
                    question=one["question"],
                    text=passage["context"],
                    title=passage["title"],
                    lang=passage["lang"],
                    right=tuple(right),
                )
            )
    return found


def fitting_cases(pool: Pool, *, most: int = 600) -> list[Case]:
    """Of articles that training leaves out, with none as the makers make it: what thresholds are fitted on."""
    from training.reader.data import beside, elsewhere, exchanged

    rng = Random(11)
    kept = [one for one in pool.english if held_out(one.passage.title)]
    rng.shuffle(kept)
    found = []
    for one in kept[: most * 2 // 3]:
        right = tuple(text for _, text in one.answers)
        found.append(Case(question=one.question, text=one.passage.text, title="", lang=one.passage.lang, right=right))
    for number, one in enumerate(kept[most * 2 // 3 : most]):
        example = (exchanged, elsewhere, beside)[number % 3](one, pool, Lengths(least=60, most=160), rng)
        if example:
            found.append(Case(question=example.question, text=example.text, title="", lang=one.passage.lang, right=()))
    refused = [one for one in pool.refused if held_out(one.passage.title)]
    refused = rng.sample(refused, min(len(refused), most // 3))
    return found + [
        Case(question=one.question, text=one.passage.text, title="", lang="en", right=()) for one in refused
    ]


# Scores ----------------------------------------------------------------------------------------------------------


def normal(text: str) -> list[str]:
    """Lower case, without articles and marks; ideographs one by one."""
    text = "".join(f" {letter} " if is_cjk(letter) else letter for letter in text.lower())
    marks = set(string.punctuation) | set("，。！？；：、（）《》「」『』“”‘’·—…")
    text = "".join(letter for letter in text if letter not in marks)
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def f1_of(given: str, right: Sequence[str]) -> tuple[float, bool]:
    """The best F1 over the right texts, and whether one is met exactly. Empty is right where nothing is."""
    if not right:
        return float(not given), not given
    best, exact = 0.0, False
    mine = normal(given)
    for text in right:
        theirs = normal(text)
        same = sum((Counter(mine) & Counter(theirs)).values())
        exact = exact or mine == theirs
        best = max(best, 2 * same / (len(mine) + len(theirs)) if mine and theirs else float(mine == theirs))
    return best, exact


def figure(given: list[Case], spans: list[tuple[float, str]], threshold: float) -> Figure:
    """`spans`: of each case the best text and its score."""
    open_scores = [f1_of(text, case.right) for case, (_, text) in zip(given, spans, strict=True)]
    none = [f1_of("", case.right) for case in given]
    score = np.array([score for score, _ in spans])
    f1, exact = np.array([one for one, _ in open_scores]), np.array([float(one) for _, one in open_scores])
    blank = np.array([one for one, _ in none])
    says = score > threshold
    order = np.argsort(-score)
    gains = np.concatenate([[0.0], np.cumsum(f1[order] - blank[order])])
    best = int(np.argmax(gains))
    cut = float(score[order[best - 1]]) - 1e-6 if best else float(score.max()) + 1
    has = np.array([bool(case.right) for case in given])
    return Figure(
        count=len(given),
        f1=float(np.where(says, f1, blank).mean()),
        exact=float(np.where(says, exact, blank).mean()),
        f1_best=float((blank.sum() + gains[best]) / len(given)),
        threshold_best=cut,
        answered=float(f1[has].mean()) if has.any() else float("nan"),
        refused=float((~says[~has]).mean()) if (~has).any() else float("nan"),
    )


# The model -------------------------------------------------------------------------------------------------------


def pieces(text: str, lang: str, tokens: int) -> list[tuple[int, int]]:
    """Windows of whole sentences of about so many pieces, each beginning in the middle of the one before."""
    parts, room = sentences(text), room_of(lang, tokens)
    found: list[tuple[int, int]] = []
    low = 0
    while low < len(parts):
        high = low
        while high + 1 < len(parts) and parts[high + 1][1] - parts[low][0] <= room:
            high += 1
        found.append((parts[low][0], parts[high][1]))
        if high + 1 >= len(parts):
            break
        low = max(low + 1, (low + high + 1) // 2)
    return found or [(0, len(text))]


@dataclass(frozen=True, kw_only=True)
class Found:
    """The best span of a text, how it compares with none, and the logit of there being one."""

    start: int
    end: int
    score: float
    there: float


def _found(one: Pair, start: Row, end: Row, there: float) -> Found:
    kept = np.r_[0, one.first : one.first + len(one.offsets)]
    (span,) = best_spans(start[kept], end[kept], one.offsets)
    return Found(start=span.start, end=span.end, score=span.score, there=there)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A reader with what it needs to read texts."""

    model: Reader
    tokenizer: Tokenizer
    own: Mapping[str, int]

    def spans(self, asked: Sequence[tuple[str, str, int]], *, size: int = 24) -> list[Found]:
        """Of questions with texts and their prefixes' lengths, in order."""
        questions = read_texts(self.tokenizer, self.own, [one[0] for one in asked])
        texts = read_texts(self.tokenizer, self.own, [one[1] for one in asked])
        pairs = [pair(q, t, prefix=a[2], most=510) for q, t, a in zip(questions, texts, asked, strict=True)]
        order = sorted(range(len(pairs)), key=lambda at: len(pairs[at].ids))
        found: list[Found | None] = [None] * len(pairs)
        for begin in range(0, len(order), size):
            group = order[begin : begin + size]
            for at, span in zip(group, self._batch([pairs[at] for at in group]), strict=True):
                found[at] = span
        return [span for span in found if span is not None]

    def _batch(self, pairs: list[Pair]) -> list[Found]:
        with torch.no_grad():
            start, end, there = (rows.numpy() for rows in self.model(padded(pairs)))
        return [_found(one, start[at], end[at], float(there[at])) for at, one in enumerate(pairs)]


def open_state(path: Path, part: Learnt = Learnt.FIRST) -> Machine:
    """From a checkpoint, or from an exported folder, of which that part."""
    if path.is_dir():
        from training.reader.export import open_export

        model, letters = open_export(path, part)
    else:
        state = torch.load(path, weights_only=True)
        model, letters = Reader(Size(**state["size"])), state["letters"]
        take(model, state["model"])
    model.eval()
    tokenizer = open_tokenizer(str(minilm() / "tokenizer.json"))
    return Machine(model=model, tokenizer=tokenizer, own={letter: at for at, letter in enumerate(letters, 1)})


def answer(machine: Machine, given: list[Case], *, tokens: int, weight: float) -> list[tuple[float, str]]:
    """Of each case the best text over its windows, and its score: span against none, and `weight` times being there."""
    asked: list[tuple[str, str, int]] = []
    whose: list[int] = []
    for number, case in enumerate(given):
        for low, high in pieces(case.text, case.lang, tokens):
            asked.append((case.question, case.text[low:high], 0))
            whose.append(number)
    best: list[tuple[float, str]] = [(-1e9, "")] * len(given)
    for number, (_, text, _), span in zip(whose, asked, machine.spans(asked), strict=True):
        score = span.score + weight * span.there
        if score > best[number][0]:
            best[number] = (score, text[span.start : span.end])
    return best


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("state", type=Path)
    parser.add_argument("--sets", default="squad11,squad20,cmrc")
    parser.add_argument("--most", type=int, default=400, help="questions of each set, drawn evenly")
    parser.add_argument("--tokens", type=int, default=150, help="pieces of a window")
    parser.add_argument("--weight", type=float, default=1.0)
    parser.add_argument("--fit", action="store_true", help="fit the threshold on articles that training leaves out")
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    machine = open_state(given.state)
    threshold = 0.0
    if given.fit:
        from training.reader.data import load

        fitting = fitting_cases(load())
        found = figure(fitting, answer(machine, fitting, tokens=given.tokens, weight=given.weight), 0.0)
        threshold = found.threshold_best
        print("fitting", found)
    for name in given.sets.split(","):
        began, clock = time.process_time(), time.time()
        chosen = cases(name)
        Random(3).shuffle(chosen)
        chosen = chosen[: given.most]
        spans = answer(machine, chosen, tokens=given.tokens, weight=given.weight)
        found = figure(chosen, spans, threshold if name == "squad20" else -1e9)
        took = (time.process_time() - began, time.time() - clock)
        print(name, found, f"cpu {took[0]:.0f} s, wall {took[1]:.0f} s", flush=True)


if __name__ == "__main__":
    main()
