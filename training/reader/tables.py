"""Questions about tables as options: a row among the rows, a column among the columns of the right row, or none."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from ragmm.pipelines.answer.asked_tables import AskedOrder, AskedTable
from ragmm.pipelines.answer.cells import CellWeights, column_features, row_features
from ragmm.pipelines.answer.options import column_option, row_option
from ragmm.pipelines.query.wanted import wanted
from ragmm.readers.base import OptionSide, Passage
from ragmm.readers.encoding import Pair, pair, read_texts
from ragmm.readers.mini import ROOM
from ragmm.text.terms import content_terms
from training.cells.cases import KEPT, LEARNT_FROM, TABLES, Case, held_out, keys_of, read_cases
from training.reader.batches import Place, Stream, padded, shuffled
from training.reader.model import Batch
from training.reader.typing_habits import as_typed

NAME = "tables"
"""Of the source, in the place of a stream."""
_WRONG = 3
"""Options beside the right one."""
_NONE = 0.1
"""How often the right one is left out."""


@dataclass(frozen=True, kw_only=True)
class OptionSet:
    """The options of one side of one question; `right` is None where none is right."""

    question: str
    side: OptionSide
    options: tuple[Passage, ...]
    right: int | None


@dataclass(frozen=True, kw_only=True)
class EncodedSet:
    """The same in numbers."""

    pairs: list[Pair]
    side: OptionSide
    right: int | None

    @cached_property
    def longest(self) -> int:
        return max(len(one.ids) for one in self.pairs)


def learnt_cases(folder: Path = TABLES) -> list[Case]:
    """All questions that are learnt from: no table of a tested file, none that weights are fitted on."""
    kept = set().union(*(keys_of(folder / f"{name}.jsonl.gz") for name in KEPT))
    cases = [case for name in LEARNT_FROM for case in read_cases(folder / f"{name}.jsonl.gz")]
    return [case for case in cases if case.key not in kept and not held_out(case.key)]


def option_sets(case: Case, rng: random.Random) -> list[OptionSet]:
    """Its rows and its columns, as far as there is a choice; sometimes without the right one."""
    question = as_typed(case.question, rng)
    table, words = AskedTable.of(case.grid), content_terms(question)
    order = AskedOrder.of(question, case.grid)
    weights = CellWeights()
    rows = row_features(question, words, table, order)[:, : len(weights.row)] @ np.array(weights.row)
    columns = column_features(question, words, wanted(question), table, case.row, None)
    by_words = columns[:, : len(weights.column)] @ np.array(weights.column)
    filled = [column for column in case.grid.columns if case.grid.rows[case.row][column] or column == case.column]
    found = []
    for side, scores, right, among in (
        (OptionSide.ROW, rows, case.row, list(range(len(rows)))),
        (OptionSide.COLUMN, by_words, case.column, filled),
    ):
        numbers, place = _chosen(scores, right, among, rng)
        if len(numbers) > 1:
            texts = [
                row_option(words, order, table, number)
                if side is OptionSide.ROW
                else column_option(table, case.row, number)
                for number in numbers
            ]
            found.append(OptionSet(question=question, side=side, options=tuple(texts), right=place))
    return found


def _chosen(
    scores: NDArray[np.float64], right: int, among: Sequence[int], rng: random.Random
) -> tuple[list[int], int | None]:
    """The right one and wrong ones, mostly those that the words speak for, in any order; where the right one stands."""
    wrong = [number for number in sorted(among, key=lambda number: -scores[number]) if number != right]
    hard = wrong[: _WRONG - 1]
    rest = wrong[_WRONG - 1 :]
    picked = [*hard, *rng.sample(rest, min(len(rest), _WRONG - len(hard)))]
    if rng.random() < _NONE and len(picked) > 1:
        rng.shuffle(picked)
        return picked, None
    picked.append(right)
    rng.shuffle(picked)
    return picked, picked.index(right)


def encoded(tokenizer: Tokenizer, own: Mapping[str, int], sets: Sequence[OptionSet]) -> list[EncodedSet]:
    """All texts in one go."""
    texts = iter(
        read_texts(tokenizer, own, [text for one in sets for text in (one.question, *(o.text for o in one.options))])
    )
    found = []
    for one in sets:
        question = next(texts)
        most = len(question.ids) + ROOM[one.side]
        pairs = [pair(question, next(texts), prefix=option.prefix, most=most) for option in one.options]
        found.append(EncodedSet(pairs=pairs, side=one.side, right=one.right))
    return found


def grouped(sets: Sequence[EncodedSet], pieces: int) -> Iterator[list[EncodedSet]]:
    """Sets of like length together, of at most so many pieces with padding."""
    group: list[EncodedSet] = []
    count = 0
    for one in sorted(sets, key=lambda one: one.longest):
        if group and (count + len(one.pairs)) * one.longest > pieces:
            yield group
            group, count = [], 0
        group.append(one)
        count += len(one.pairs)
    if group:
        yield group


def collate_options(sets: Sequence[EncodedSet]) -> Batch:
    """Padded to the longest, with the places of each set's options."""
    batch = padded([one for group in sets for one in group.pairs])
    most = max(len(group.pairs) for group in sets)
    places, low = [], 0
    for group in sets:
        size = len(group.pairs)
        places.append([*range(low, low + size), *[-1] * (most - size)])
        low += size
    batch["places"] = torch.tensor(places)
    batch["right"] = torch.tensor([most if group.right is None else group.right for group in sets])
    batch["side"] = torch.tensor([int(group.side is OptionSide.COLUMN) for group in sets for _ in group.pairs])
    return batch


class TableStream:
    """Batches of options, the same for the same place."""

    def __init__(self, cases: Sequence[Case], tokenizer: Tokenizer, own: Mapping[str, int]) -> None:
        self._cases, self._tokenizer, self._own = cases, tokenizer, own

    def draw(self, place: Place, pieces: int, *, batch: int = 1536) -> list[Batch]:
        """The next questions, of about so many pieces in all; the place moves on."""
        rng = random.Random(f"{place.round}:tables")
        made: list[EncodedSet] = []
        while sum(len(one.pairs) * one.longest for one in made) < pieces:
            sets: list[OptionSet] = []
            for _ in range(16):
                number = place.taken.get(NAME, 0)
                place.taken[NAME] = number + 1
                turn, at = divmod(number, len(self._cases))
                sets += option_sets(self._cases[shuffled(len(self._cases), turn, at)], rng)
            made += encoded(self._tokenizer, self._own, sets)
        return [collate_options(group) for group in grouped(made, batch)]


def mixed(stream: Stream, tables: TableStream | None, share: float, examples: int = 500) -> list[Batch]:
    """The stream's next round with batches of options among it, which hold that share of all pieces."""
    batches = list(stream.round(examples))
    if tables is not None:
        spans = sum(batch["ids"].numel() for batch in batches)
        batches += tables.draw(stream.place, int(spans * share / (1 - share)))
        random.Random(f"{stream.place.round}:mixed").shuffle(batches)
    return batches
