"""The numbers along an axis: told from values by their even steps, and what a place on the axis comes to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import median

from ragmm.loaders.charts.pieces import ChartPiece, is_prose, same_row, whole_year

__all__ = ["Scale", "scales_of", "without_ticks"]

_FEWEST_TICKS = 3
_MARK, _RAISED = 0.85, 0.15
"""Of the height of values, how high the mark of a note is at most; of that of its label, how far up it stands."""
_UNEVEN = 0.12
_UPRIGHT = 1.3
"""How much higher than wide what runs upwards is."""


def without_ticks(pieces: Sequence[ChartPiece]) -> list[ChartPiece]:
    """Without the values that stand in even steps along an axis and count in even steps too; years of two digits
    become labels."""
    pieces = _with_whole_years(_without_marks(pieces))
    ticks = {id(piece) for run, _ in _runs(pieces) for piece in run}
    return [piece for piece in pieces if id(piece) not in ticks]


def _without_marks(pieces: Sequence[ChartPiece]) -> list[ChartPiece]:
    """Without the small raised numbers behind labels that refer to notes; what stands below other values is one."""
    values = [piece for piece in pieces if piece.is_value]
    high = median([value.height for value in values] or [0.0])
    small = [value for value in values if value.height < _MARK * high and re.fullmatch(r"\d", value.text)]
    small = [one for one in small if not any(abs(one.x - other.x) < high for other in values if other is not one)]
    labels = [piece for piece in pieces if not piece.is_value] if small else []
    marks = {id(one) for one in small if any(_is_raised(one, label) for label in labels)}
    return [piece for piece in pieces if id(piece) not in marks]


def _is_raised(mark: ChartPiece, label: ChartPiece) -> bool:
    close = -0.5 * mark.height < mark.box[0] - label.box[2] < 0.6 * mark.height
    return close and label.box[1] - mark.height < mark.y < label.y - _RAISED * label.height


def _with_whole_years(pieces: Sequence[ChartPiece]) -> list[ChartPiece]:
    """A row of numbers of two digits in even steps, as in 96 00 04 08, stands for years."""
    short = [piece for piece in pieces if piece.is_value and re.fullmatch(r"['’‘]?\d\d", piece.text)]
    whole = {id(piece): _year(piece) for piece in short}
    high = median(piece.height for piece in short) if short else 0.0
    found: dict[int, ChartPiece] = {}
    for row in _columns(list(whole.values()), None, 0, high):
        run = _even(row, 0)
        if run and run[-1].amount > run[0].amount:
            found.update({id(piece): piece for piece in run})
    return [whole[id(piece)] if id(whole.get(id(piece))) in found else piece for piece in pieces]


def _year(piece: ChartPiece) -> ChartPiece:
    return replace(piece, text=whole_year(f"'{piece.text[-2:]}"), is_value=False)


@dataclass(frozen=True, kw_only=True)
class Scale:
    """An axis: what a place on it comes to."""

    ticks: tuple[ChartPiece, ...]
    """From the top, or from the left."""
    across: bool
    """Whether it runs up and down, so that places are heights."""

    def place(self, piece: ChartPiece) -> float:
        return piece.y if self.across else piece.x

    @property
    def step(self) -> float:
        return self.ticks[1].amount - self.ticks[0].amount

    @property
    def slope(self) -> float:
        """By how much it grows with a unit of place."""
        first, last = self.ticks[0], self.ticks[-1]
        return (last.amount - first.amount) / (self.place(last) - self.place(first))

    def amount_at(self, place: float) -> float:
        first = self.ticks[0]
        return first.amount + self.slope * (place - self.place(first))

    def place_of(self, amount: float) -> float:
        first = self.ticks[0]
        return self.place(first) + (amount - first.amount) / self.slope

    @property
    def least(self) -> float:
        return min(tick.amount for tick in self.ticks)

    @property
    def most(self) -> float:
        return max(tick.amount for tick in self.ticks)


def scales_of(pieces: Sequence[ChartPiece]) -> list[Scale]:
    """The axes of numbers, those with the most first; no axis of years."""
    found = [Scale(ticks=tuple(run), across=bool(across)) for run, across in _runs(_with_whole_years(pieces))]
    longest: list[Scale] = []
    for scale in sorted(found, key=lambda scale: -len(scale.ticks)):
        taken = {id(tick) for other in longest for tick in other.ticks}
        if not any(id(tick) in taken for tick in scale.ticks):
            longest.append(scale)
    return longest


def _runs(pieces: Sequence[ChartPiece]) -> Iterator[tuple[list[ChartPiece], int]]:
    """Numbers in even steps, and whether they stand below each other (1) or side by side (0)."""
    labels = [piece for piece in pieces if not piece.is_value and not is_prose(piece) and not _runs_upwards(piece)]
    values = [piece for piece in pieces if piece.is_value and not any(_is_left(label, piece) for label in labels)]
    high = median(piece.height for piece in values) if values else 0.0
    for side, across in ((0, 1), (2, 1), (None, 1), (None, 0)):
        for column in _columns(values, side, across, high):
            if run := _even(column, across):
                yield run, across


def _runs_upwards(label: ChartPiece) -> bool:
    """Whether it is written sideways, as the title of an axis is."""
    return len(label.text) > 2 and label.height > _UPRIGHT * (label.box[2] - label.box[0])


def _is_left(label: ChartPiece, value: ChartPiece) -> bool:
    """Whether a label stands left of a value in its row: then that is no number along an axis."""
    return label.box[0] < value.box[0] and same_row(label, value)


def _columns(values: Sequence[ChartPiece], side: int | None, across: int, high: float) -> Iterator[list[ChartPiece]]:
    """Values of one column (across 1) by their left (side 0), right (2) or middle, or of one row (across 0)."""

    def place(piece: ChartPiece) -> float:
        if across == 0:
            return piece.y
        return piece.x if side is None else piece.box[side]

    column: list[ChartPiece] = []
    for piece in sorted(values, key=place):
        if column and place(piece) - place(column[-1]) > 0.35 * high:
            yield column
            column = []
        column.append(piece)
    yield column


def _even(column: Sequence[ChartPiece], across: int) -> list[ChartPiece]:
    """The longest run of them that counts and stands in even steps."""
    ordered = sorted(column, key=lambda piece: piece.y if across else piece.x)
    best: list[ChartPiece] = []
    for one, other in combinations(range(len(ordered)), 2):
        if other - one > 2:
            continue
        run = _steps(ordered, one, other, across)
        best = run if len(run) > len(best) else best
    return best if len(best) >= _FEWEST_TICKS + (across == 0) else []


def _steps(ordered: Sequence[ChartPiece], one: int, other: int, across: int) -> list[ChartPiece]:
    def place(piece: ChartPiece) -> float:
        return piece.y if across else piece.x

    run = [ordered[one], ordered[other]]
    apart, step = place(run[1]) - place(run[0]), run[1].amount - run[0].amount
    if not apart > 0 or not abs(step) > 0:
        return []
    for piece in ordered[other + 1 :]:
        if abs(place(piece) - place(run[-1]) - apart) <= _UNEVEN * apart and (
            abs(piece.amount - run[-1].amount - step) <= 1e-6 + 1e-3 * abs(step)
        ):
            run.append(piece)
    return run
