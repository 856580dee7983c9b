"""A chart's printed values with their labels, as a small table; what cannot be paired is not claimed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ragmm.loaders.charts.across import rows_across
from ragmm.loaders.charts.around import pairs_around
from ragmm.loaders.charts.grouped import groups_below_each_other, series_by_legend, stacks_by_legend
from ragmm.loaders.charts.legends import with_legends_cut
from ragmm.loaders.charts.measured import measured
from ragmm.loaders.charts.pieces import (
    ChartPiece,
    LabelledValues,
    Written,
    gathered,
    is_prose,
    joined,
    pieces_of,
    same_row,
)
from ragmm.loaders.charts.pies import pairs_in_round
from ragmm.loaders.charts.series import Groups, Named, series_by_colour, series_by_head, series_by_order
from ragmm.loaders.charts.ticks import scales_of, without_ticks
from ragmm.loaders.charts.tints import Tints
from ragmm.loaders.charts.upright import columns_upright

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["ChartTable", "read_chart"]

_FEWEST = 2
_PAIRED = 0.6
"""Of the values that must have found a label for a picture to be read as a chart of that make."""
_FEWEST_AROUND, _PAIRED_AROUND = 3, 0.8
"""The same where nothing but nearness pairs them."""
_AGREED = 0.9
"""Of the values that two ways name."""
_NEXT_LINE = 1.7
"""Heights below an axis within which its labels go on."""
_MARKS = re.compile(r"^(?:[\W_]+|[oO0]\s+)?(?:[\d.,]+%?\s+)?(?=[^\W\d])")
"""What the line, the mark or the value before an entry of a legend is often read as."""
_READ_OFF = "Values with ~ are read off the axis."
_MOST_VALUES = 400
_MOST_PERCENT = 200
_PERCENT = re.compile(r"%|\bper ?cent|\bshare of\b|百分", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class ChartTable:
    """Rows of labels and values; heads are the names of series, "" where there is but one."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: frozenset[int]
    """Which of the picture's lines went into it whole, or are numbers along its axes."""

    note: str = ""
    """What is to be said of the values."""

    @property
    def markdown(self) -> str:
        """As tables are stored everywhere, a note above."""
        lines = [self.heads, tuple("---" for _ in self.heads), *self.rows]
        rows = ["| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines]
        return "\n".join(filter(None, [self.note, *rows]))


@dataclass(frozen=True, kw_only=True)
class _Fact:
    label: tuple[ChartPiece, ...]
    value: ChartPiece
    series: str = ""
    section: str = ""


def read_chart(lines: Sequence[Written], image: Image | None = None, scale: float = 1.0) -> ChartTable | None:
    """None where a picture is no chart with printed values, or the pairs are not plain.

    `scale`: the image's pixels per unit of the lines' boxes.
    """
    written = pieces_of(lines)
    pieces = without_ticks(written)
    values = [piece for piece in pieces if piece.is_value]
    if len(values) > _MOST_VALUES:
        return None
    tints = Tints(image, scale) if image is not None else None
    pieces = with_legends_cut(pieces, tints) if tints else pieces
    best = (_in_round(pieces, tints) or _in_ways(pieces, len(values), tints)) if len(values) >= _FEWEST else []
    if best:
        table = _table(best, pieces, _is_in_percent(pieces, values) or _has_percent_axis(written))
        axes = {piece.line for piece in written} - {piece.line for piece in pieces}
        return replace(table, lines=table.lines | axes)
    return _off_the_axis(written, pieces, tints) if tints else None


def _off_the_axis(written: Sequence[ChartPiece], pieces: Sequence[ChartPiece], tints: Tints) -> ChartTable | None:
    """Where values are not printed: about what bars and lines come to."""
    scales = scales_of(written)
    found = measured(pieces, scales, tints) if scales else []
    names = {id(one.entry): _MARKS.sub("", one.entry.text) if one.entry else "" for one in found}
    rows: dict[int, dict[int, str]] = {}
    for one in found:
        rows.setdefault(id(one.label[0]), {})[id(one.entry)] = one.text
    labels = {id(one.label[0]): joined(one.label) for one in found}
    entries = [one.entry for one in found if one.entry]
    used = [*entries, *(part for one in found for part in one.label), *(tick for one in scales for tick in one.ticks)]
    table = ChartTable(
        heads=("", *names.values()),
        rows=tuple((labels[at], *(row.get(name, "") for name in names)) for at, row in rows.items()),
        lines=frozenset(piece.line for piece in used),
        note=_READ_OFF,
    )
    return table if found else None


def _in_round(pieces: Sequence[ChartPiece], tints: Tints | None) -> list[_Fact]:
    return [_Fact(label=label, value=value) for label, value in pairs_in_round(pieces, tints)] if tints else []


def _in_ways(pieces: Sequence[ChartPiece], count: int, tints: Tints | None) -> list[_Fact]:
    """In the way that pairs most of the values; nothing where none pairs enough of them."""
    upright, below = _upright(pieces, tints)
    ways = ((_across(pieces, tints), count), (upright, count - below), (_grouped(pieces, tints), count))
    fitting = [facts for facts, most in ways if len(facts) >= max(_FEWEST, _PAIRED * most)]
    if fitting:
        return max(fitting, key=lambda facts: (len(facts), sum(bool(fact.series) for fact in facts)))
    best = [_Fact(label=label, value=value) for label, value in pairs_around(pieces, tints)]
    return best if len(best) >= max(_FEWEST_AROUND, _PAIRED_AROUND * count) else []


def _across(pieces: Sequence[ChartPiece], tints: Tints | None) -> list[_Fact]:
    facts: list[_Fact] = []
    panels = rows_across(pieces)
    labels = _other_labels(pieces, panels)
    for panel in panels:
        facts += _of_rows(panel, labels, tints)
    return facts


def _of_rows(panel: Sequence[LabelledValues], labels: Sequence[ChartPiece], tints: Tints | None) -> list[_Fact]:
    if not panel:
        return []
    left, right = panel[0].label[0].box[0], max(row.values[-1].box[2] for row in panel)
    over = [label for label in labels if label.box[0] < right and label.box[2] > left]
    facts = []
    for block in _blocks(panel, over):
        top = block[0].y
        above = max((row.y for row in panel if row.y < top), default=float("-inf"))
        own = [label for label in over if above < label.y < top] or over
        groups = [row.values for row in block]
        names = _named(groups, own, tints) or (tints and series_by_colour(groups, labels, tints)) or None
        heads = {name for named in names or [] for name in named if name}
        # What heads a column of the block below is no heading of the rows.
        rows = [replace(row, section="" if row.section in heads else row.section) for row in block]
        facts += _facts(rows, names) if names else []
    return facts


def _facts(rows: Sequence[LabelledValues], names: Named) -> list[_Fact]:
    """The values whose series is certain."""
    return [
        _Fact(label=row.label, value=value, series=name, section=row.section)
        for row, named in zip(rows, names, strict=True)
        for value, name in zip(row.values, named, strict=True)
        if name is not None
    ]


def _other_labels(pieces: Sequence[ChartPiece], groups: Sequence[Sequence[LabelledValues]]) -> list[ChartPiece]:
    """Those that label no values: heads, legends, titles."""
    used = {id(part) for group in groups for row in group for part in row.label}
    return [piece for piece in pieces if not piece.is_value and id(piece) not in used]


def _blocks(panel: Sequence[LabelledValues], labels: Sequence[ChartPiece]) -> list[list[LabelledValues]]:
    """Rows under the same heads: a new block begins where several labels, or one over values, stand between rows."""
    blocks = [[panel[0]]]
    for before, row in pairwise(panel):
        between = [label for label in labels if before.y < label.y < row.y - 0.5 * label.height]
        over = [label for label in between if not is_prose(label) and label.x > row.values[0].box[0] - label.height]
        if len(over) >= max(2, len(row.values) - 1):
            blocks.append([])
        blocks[-1].append(row)
    return blocks


def _upright(pieces: Sequence[ChartPiece], tints: Tints | None) -> tuple[list[_Fact], int]:
    """And how many values labels of the axes say themselves."""
    facts: list[_Fact] = []
    axes = columns_upright(pieces)
    labels = _other_labels(pieces, axes)
    for axis in axes:
        groups = [column.values for column in axis]
        if max(map(len, groups)) == 1:
            names: Named = [[""] for _ in groups]
        else:
            own = [part for column in axis for part in column.label]
            floor, top = max(part.y + _NEXT_LINE * part.height for part in own), min(part.y for part in own)
            apart = [label for label in labels if not top < label.y < floor]
            found = _of_stacks(groups, labels, tints) or _side_by_side(groups, apart)
            names = _at_ends(groups, found, labels)
        facts += _facts(axis, names)
    stated = Counter(piece.line for piece in pieces if piece.is_value)
    said = [sum(stated[line] for line in {part.line for part in column.label}) for axis in axes for column in axis]
    return facts, len(said) if set(said) == {1} else 0


def _of_stacks(groups: Groups, labels: Sequence[ChartPiece], tints: Tints | None) -> Named | None:
    if tints is None:
        return _stacked(groups, labels)
    by_colour, by_place = series_by_colour(groups, labels, tints), stacks_by_legend(groups, labels, tints)
    if by_colour and by_place:
        return _both(by_colour, by_place)
    return by_colour or by_place or _stacked(groups, labels)


def _grouped(pieces: Sequence[ChartPiece], tints: Tints | None) -> list[_Fact]:
    groups = groups_below_each_other(pieces) if tints else []
    if not groups or not tints:
        return []
    names = series_by_legend([group.values for group in groups], _other_labels(pieces, [groups]), tints)
    return _facts(groups, names) if names else []


def _stacked(groups: Groups, labels: Sequence[ChartPiece]) -> Named | None:
    """By the labels beside the last column, from the top, where columns are stacks of as many values."""
    last, wide = groups[-1], max(map(len, groups))
    right = max(value.box[2] for value in last)
    top, bottom = min(value.box[1] for value in last), max(value.box[3] for value in last)
    beside = [
        label for label in labels if label.box[0] > right and top - label.height < label.y < bottom + label.height
    ]
    entries = gathered(beside)
    if (
        len(entries) != wide
        or len(last) != wide
        or any(abs(a.x - b.x) > a.height for g in groups for a, b in pairwise(g))
    ):
        return None
    names = [joined(entry) for entry in sorted(entries, key=lambda entry: entry[0].y)]
    return [
        [names[sorted(group, key=lambda one: one.y).index(value)] if len(group) == wide else None for value in group]
        for group in groups
    ]


def _at_ends(groups: Groups, names: Named, labels: Sequence[ChartPiece]) -> Named:
    """With the names that stand right beside values at the ends of lines, where nothing else has named them."""
    known = {name for named in names for name in named}
    found = [list(named) for named in names]
    for at, value in enumerate(groups[-1]):
        if found[-1][at] is None:
            beside = [
                label
                for label in labels
                if same_row(label, value) and -value.height < label.box[0] - value.box[2] < 2 * value.height
            ]
            if len(beside) == 1 and beside[0].text not in known:
                found[-1][at] = beside[0].text
    return found


def _side_by_side(groups: Groups, labels: Sequence[ChartPiece]) -> Named:
    """By a legend's order where bars stand beside each other; of what stands above each other nothing is said."""
    beside = all(a.box[2] <= b.x for group in groups for a, b in pairwise(group))
    found = series_by_order(groups, labels) if beside else None
    return found or [[None] * len(group) for group in groups]


def _named(groups: Groups, labels: Sequence[ChartPiece], tints: Tints | None) -> Named | None:
    if max(map(len, groups)) == 1:
        return [[""] for _ in groups]
    by_colour = series_by_colour(groups, labels, tints) if tints else None
    by_place = series_by_head(groups, labels) or series_by_order(groups, labels)
    return _both(by_colour, by_place) if by_colour and by_place else by_colour or by_place


def _both(first: Named, second: Named) -> Named:
    """Where the two agree on nearly all that both name, the name of either; what they differ on has none."""
    both = [(a, b) for one, other in zip(first, second, strict=True) for a, b in zip(one, other, strict=True)]
    named = [a == b for a, b in both if a is not None and b is not None]
    if sum(named) < _AGREED * len(named):
        return first
    return [
        [a if b is None or a == b else b if a is None else None for a, b in zip(one, other, strict=True)]
        for one, other in zip(first, second, strict=True)
    ]


def _is_in_percent(pieces: Sequence[ChartPiece], values: Sequence[ChartPiece]) -> bool:
    """Whether bare numbers are percentages: the first of them says so, or the words above do."""
    top = min(values, key=lambda value: value.y)
    if any("%" in value.text for value in values if same_row(value, top)):
        return True
    return any(_PERCENT.search(piece.text) for piece in pieces if not piece.is_value and piece.y < top.y)


def _has_percent_axis(written: Sequence[ChartPiece]) -> bool:
    """Whether the axes that there are count in percent."""
    scales = scales_of(written)
    return bool(scales) and all("%" in tick.text for scale in scales for tick in scale.ticks)


def _table(facts: Sequence[_Fact], pieces: Sequence[ChartPiece], in_percent: bool) -> ChartTable:
    series = list(dict.fromkeys(fact.series for fact in facts))
    rows: dict[tuple[int, str], dict[str, str]] = {}
    for fact in facts:
        if in_percent and fact.value.amount > _MOST_PERCENT:
            continue  # two numbers that were read as one
        label = id(fact.label[0]), ": ".join(filter(None, (fact.section, joined(fact.label))))
        value = _written(fact.value.text, in_percent)
        row = rows.setdefault(label, {})
        # Two values of one label and series: neither is claimed.
        row[fact.series] = "" if fact.series in row else value
    spoken = {id(piece) for fact in facts for piece in (*fact.label, fact.value)}
    left = {piece.line for piece in pieces if id(piece) not in spoken}
    return ChartTable(
        heads=("", *(" ".join(name.split()) for name in series)),
        rows=tuple((label, *(row.get(name, "") for name in series)) for (_, label), row in rows.items()),
        lines=frozenset(piece.line for piece in pieces) - left,
    )


def _written(value: str, in_percent: bool) -> str:
    """With the unit that all have; without the 0 that the mark of a point on a line is read as."""
    if re.fullmatch(r"0\d{1,2}", value):
        value = value[1:]
    return f"{value}%" if in_percent and re.fullmatch(r"\d{1,3}(?:\.\d)?", value) else value
