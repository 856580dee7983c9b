"""Charts without printed values: bars are measured against the numbers of their axis, lines followed at its labels.

What is read so is about right: it is written with a "~".
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import median

from ragmm.loaders.charts.bars import Bar, find_bars
from ragmm.loaders.charts.categories import Category, categories_of, pitch_of
from ragmm.loaders.charts.pieces import ChartPiece, is_prose, joined
from ragmm.loaders.charts.ticks import Scale
from ragmm.loaders.charts.tints import Pixels, Tints, has_hue, nearest_tints
from ragmm.loaders.charts.traced import trace_lines

__all__ = ["Measured", "measured"]

_FEWEST, _MOST_SERIES = 3, 9
"""Labels with a bar or a point, and entries of a legend."""
_HAVE = 0.8
"""Of the labels that must have one."""
_BESIDE = 0.3
"""Of the distance between two labels, how far a bar that stands alone may be from the middle of its own."""
_OVER = 0.05
"""Of the scale, how far beyond its numbers something may reach."""
_SKIPPING = 1.5
"""Bars for each label, from where on some have none."""
_LEVEL = 3
"""Pixels between the feet of bars."""
_EDGE = 0.7
"""Pixels of the end of a bar that are mixed with what lies beyond."""
_SHIFT = 0.6
"""Of the distance between two numbers of an axis, how far its lines may be from them."""
_FEWEST_LINES, _MOST_LABELS, _TITLE = 2, 60, 1.5
"""Lines that are told apart; labels looked at for a legend, and how high they are at most, by the axis's numbers."""
_MOST_SCALES = 4


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a label comes to, about."""

    label: tuple[ChartPiece, ...]
    text: str
    entry: ChartPiece | None
    """Of the legend; None where there is but one series."""


def measured(pieces: Sequence[ChartPiece], scales: Sequence[Scale], tints: Tints) -> list[Measured]:
    """Nothing where no chart of bars or lines can be told without doubt."""
    for scale in scales[:_MOST_SCALES]:
        plot = _Plot(pieces, scale, tints)
        if found := plot.bars() or plot.lines():
            return found
    return []


class _Plot:
    """A chart with one axis of numbers, turned so that this axis runs along the rows of its pixels."""

    def __init__(self, pieces: Sequence[ChartPiece], scale: Scale, tints: Tints) -> None:
        ticks = {id(tick) for tick in scale.ticks}
        self._pieces = [piece for piece in pieces if id(piece) not in ticks]
        self._scale = scale
        self._tints = tints
        self._zoom = tints.scale
        pixels = tints.pixels
        self._pixels: Pixels = pixels if scale.across else pixels.transpose(1, 0, 2)
        self._left = self._first_column()

    def _first_column(self) -> int:
        """Behind the numbers of an axis on the left, or behind what stands left of the bars' labels."""
        if not self._scale.across:
            return 0
        right = max(tick.box[2] for tick in self._scale.ticks)
        return round(self._zoom * right) + 2 if right < self._pixels.shape[1] / self._zoom / 2 else 0

    def bars(self) -> list[Measured]:
        found, base = self._standing
        places = [(self._left + bar.middle) / self._zoom for bar, _ in found]
        categories = categories_of(self._pieces, self._scale, base, places)
        pitch = pitch_of(categories)
        if not _are_apart(categories) or len(found) < _FEWEST:
            return []
        if len(found) > _SKIPPING * len(categories) and (some := self._every_other(categories, places)):
            return some
        own = [min(range(len(categories)), key=lambda at: abs(categories[at].place - place)) for place in places]
        far = max(abs(categories[at].place - place) for at, place in zip(own, places, strict=True))
        if len(set(own)) < max(_FEWEST, _HAVE * len(categories)) or far > pitch / 2:
            return []
        parts = [_Measure(at=at, bar=bar, sign=sign) for at, (bar, sign) in zip(own, found, strict=True)]
        alone = max(Counter(own).values()) == 1 and all(len(bar.parts) == 1 for bar, _ in found)
        if alone:
            return self._facts(categories, [(part, 0, None) for part in parts]) if far <= _BESIDE * pitch else []
        return self._facts(categories, self._named(categories, parts))

    def _every_other(self, categories: Sequence[Category], places: Sequence[float]) -> list[Measured]:
        """Where for want of room only every second or third bar has a label: those, if the longest and the shortest
        are among them."""
        found = self._standing[0]
        order = sorted(range(len(places)), key=lambda at: places[at])
        apart = median(places[b] - places[a] for a, b in pairwise(order))
        near = [min(range(len(order)), key=lambda at: abs(places[order[at]] - one.place)) for one in categories]
        far = max(abs(places[order[at]] - one.place) for at, one in zip(near, categories, strict=True))
        if len({b - a for a, b in pairwise(near)}) != 1 or far > _BESIDE * apart:
            return []
        parts = [
            _Measure(at=number, bar=found[order[at]][0], sign=found[order[at]][1]) for number, at in enumerate(near)
        ]
        if any(len(bar.parts) > 1 for bar, _ in found):
            return []
        every = [self._amount(bar, 0, sign) for bar, sign in found]
        kept = [self._amount(part.bar, 0, part.sign) for part in parts]
        whole = max(every) == max(kept) and min(every) == min(kept)
        return self._facts(categories, [(part, 0, None) for part in parts]) if whole else []

    @property
    def _from_nought(self) -> bool:
        scale = self._scale
        return scale.least <= 1.01 * abs(scale.step) and scale.most >= 0

    @cached_property
    def _standing(self) -> tuple[list[tuple[Bar, int]], float]:
        """Bars with the side of nought that they are on, and the place where they stand: all on one line.

        The numbers of an axis may stand beside its lines or above them: what bars stand on says where its nought is.
        """
        scale = self._scale
        base = scale.place_of(0.0 if self._from_nought else scale.least)
        reach = abs(scale.step) / 2
        above = self._bars_to(base, scale.place_of(scale.most + reach))
        feet = [bar.foot for bar in above]
        if len(feet) < 2 or max(feet) - min(feet) > _LEVEL or abs(median(feet) / self._zoom - base) > self._near:
            return [], base
        base = median(feet) / self._zoom
        above = self._bars_to(base, scale.place_of(scale.most + reach))  # low ones too, from where they stand
        below = self._bars_to(base, scale.place_of(scale.least - reach)) if scale.least < 0 else []
        return [*((bar, 1) for bar in above), *((bar, -1) for bar in below)], base

    @property
    def _near(self) -> float:
        """How far nought may be from the middle of its number."""
        return _SHIFT * abs(self._scale.step / self._scale.slope)

    def _bars_to(self, base: float, end: float) -> list[Bar]:
        rows = len(self._pixels)
        first, last = round(self._zoom * base), min(max(round(self._zoom * end), 0), rows - 1)
        if not 0 <= first < rows:
            return []
        return find_bars(self._pixels[:, self._left :], first, last, self._tints.paper)

    def _named(
        self, categories: Sequence[Category], parts: Sequence[_Measure]
    ) -> list[tuple[_Measure, int, ChartPiece | None]]:
        """Each part of each bar with the entry of the legend that has its colour; nothing where one has none."""
        used = {id(piece) for category in categories for piece in category.label}
        labels = [piece for piece in self._pieces if not piece.is_value and id(piece) not in used]
        entries = [label for label in labels if self._tints.has_swatch(label)][: _MOST_SERIES + 1]
        if not 2 <= len(entries) <= _MOST_SERIES or not self._from_nought:
            return []
        colours = [self._tints.of_entry(entry) for entry in entries]
        found: list[tuple[_Measure, int, ChartPiece | None]] = []
        seen: set[tuple[int, int]] = set()
        for part in parts:
            for number, entry in enumerate(nearest_tints([one.colour for one in part.bar.parts], colours)):
                if entry is None or (part.at, entry) in seen:
                    return []
                seen.add((part.at, entry))
                found.append((part, number, entries[entry]))
        return found

    def lines(self) -> list[Measured]:
        """Where lines of the colours of a legend are at the labels below."""
        scale = self._scale
        if not scale.across or len(self._standing[0]) >= _FEWEST:
            return []
        categories = categories_of(self._pieces, scale, max(tick.y for tick in scale.ticks))
        entries = self._entries(categories)
        if not _are_apart(categories) or len(entries) < _FEWEST_LINES:
            return []
        ends = [self._zoom * scale.place_of(amount) for amount in (scale.most, scale.least)]
        columns = [self._zoom * category.place for category in categories]
        traced = trace_lines(self._pixels, [colour for _, colour in entries], columns, (min(ends), max(ends)))
        if sum(any(row is not None for row in rows) for rows in traced) < _FEWEST_LINES:
            return []
        return [
            Measured(label=category.label, text=self.written(scale.amount_at(row / self._zoom)), entry=entry)
            for at, category in enumerate(categories)
            for (entry, _), rows in zip(entries, traced, strict=True)
            if (row := rows[at]) is not None
        ]

    def _entries(self, categories: Sequence[Category]) -> list[tuple[ChartPiece, Pixels]]:
        """Entries of a legend that have a colour, no titles; nothing where there are too many."""
        used = {id(piece) for category in categories for piece in category.label}
        high = _TITLE * median(tick.height for tick in self._scale.ticks)
        labels = [one for one in self._pieces if not one.is_value and not is_prose(one) and id(one) not in used]
        labels = [label for label in labels if label.height <= high and len(label.text) > 1][:_MOST_LABELS]
        tinted = ((label, self._tints.line_of_entry(label)) for label in labels)
        found = [(label, colour) for label, colour in tinted if colour is not None and has_hue(colour)]
        return found if len(found) <= _MOST_SERIES else []

    def _facts(
        self, categories: Sequence[Category], parts: Sequence[tuple[_Measure, int, ChartPiece | None]]
    ) -> list[Measured]:
        found = []
        for part, number, series in parts:
            amount = self._amount(part.bar, number, part.sign)
            if (
                not self._scale.least - abs(self._scale.step)
                <= amount
                <= self._scale.most * (1 + _OVER) + abs(self._scale.step)
            ):
                return []
            found.append(Measured(label=categories[part.at].label, text=self.written(amount), entry=series))
        return found

    def _amount(self, bar: Bar, number: int, sign: int) -> float:
        start = 0.0 if self._from_nought or number else self._scale.least
        rows = bar.parts[number].rows + (_EDGE if number + 1 == len(bar.parts) else 0)
        return start + sign * rows * abs(self._scale.slope) / self._zoom

    def written(self, amount: float) -> str:
        """As exact as the numbers of the axis and the pixels allow, with the unit of the axis."""
        unit = abs(self._scale.slope) / self._zoom
        digits = max(math.floor(math.log10(abs(self._scale.step))) - 1, math.ceil(math.log10(unit)))
        rounded = round(amount, -digits)
        sample = self._scale.ticks[0].text
        before = "".join(re.findall(r"US\$|[$€£¥]", sample)[:1])
        after = "".join(re.findall(r"%|[KkMB]\b|bn|million|billion|万|亿", sample)[:1])
        bare = f"{rounded:,.{max(0, -digits)}f}" if abs(rounded) >= 10_000 else f"{rounded:.{max(0, -digits)}f}"
        return f"~{before}{'0' if float(rounded) == 0 else bare}{after}"


def _are_apart(categories: Sequence[Category]) -> bool:
    """Whether there are enough labels, each in its own place and said once."""
    names = {joined(category.label) for category in categories}
    return len(categories) >= _FEWEST and pitch_of(categories) > 0 and len(names) == len(categories)


@dataclass(frozen=True, kw_only=True)
class _Measure:
    """A bar with its label's number; -1 where it reaches below nought."""

    at: int
    bar: Bar
    sign: int
