"""Charts whose labels stand left of their values: bars that lie on their side, stacks, dots, rows of figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from ragmm.loaders.charts.pieces import ChartPiece, LabelledValues, is_prose, joined, same_row

__all__ = ["rows_across"]

_NEXT_LINE = 1.6
"""Heights between the middles of two lines of one label, at most."""
_FARTHEST = 1.6
"""Of the usual distance between rows; rows farther apart stand under another heading, or under none."""
_BEHIND = 4.0
"""Heights that a label may stand behind its values."""
_INDENT = 1.0
"""Heights that the edges of two lines of one label may be apart."""


def rows_across(pieces: Sequence[ChartPiece]) -> list[list[LabelledValues]]:
    """Panels from the left, each with its rows from the top; rows without a label are left out."""
    rows = [row for line in _lines(pieces) for row in _segments(line)]
    taken = {id(piece) for row in rows for piece in (*row.label, *row.values)}
    free = [piece for piece in pieces if not piece.is_value and id(piece) not in taken and not is_prose(piece)]
    panels = []
    for panel in _panels(rows):
        whole = _by_groups(_with_more_lines(panel, free))
        used = {id(piece) for row in whole for piece in row.label}
        panels.append(_sectioned(whole, [piece for piece in free if id(piece) not in used]))
    return panels


def _lines(pieces: Sequence[ChartPiece]) -> Iterator[list[ChartPiece]]:
    """What stands in one row with values, from the left."""
    values = sorted((piece for piece in pieces if piece.is_value), key=lambda piece: piece.y)
    labels = [piece for piece in pieces if not piece.is_value and not piece.is_running]
    row: list[ChartPiece] = []
    for value in [*values, None]:
        if row and (value is None or not same_row(row[0], value)):
            beside = [label for label in labels if any(same_row(label, one) for one in row[:1])]
            yield sorted([*row, *beside], key=lambda piece: piece.box[0])
            row = []
        if value is not None:
            row.append(value)


def _segments(line: Sequence[ChartPiece]) -> Iterator[LabelledValues]:
    """A label and its values, then the next label and its own."""
    label: list[ChartPiece] = []
    values: list[ChartPiece] = []
    for piece in line:
        if not piece.is_value and values and (label or piece is not line[-1]):
            yield LabelledValues(label=tuple(label), values=tuple(values))
            label, values = [], []
        (values if piece.is_value else label).append(piece)
    if values:
        # A name far behind values belongs to a legend.
        behind = bool(label) and label[0].box[0] - values[-1].box[2] > _BEHIND * values[-1].height
        yield LabelledValues(label=() if behind else tuple(label), values=tuple(values))


def _panels(rows: Sequence[LabelledValues]) -> list[list[LabelledValues]]:
    """Rows whose labels stand in one column; those without a label go with the column left of them."""
    panels: list[list[LabelledValues]] = []
    for row in sorted((row for row in rows if row.label), key=lambda row: row.label[0].box[0]):
        fitting = [panel for panel in panels if _shares_column(panel, row)]
        if fitting:
            fitting[0].append(row)
        else:
            panels.append([row])
    for row in rows:
        if not row.label:
            left = [panel for panel in panels if panel[0].label[0].box[0] < row.values[0].box[0]]
            if left:
                max(left, key=lambda panel: panel[0].label[0].box[0]).append(row)
    return [sorted(panel, key=lambda row: row.y) for panel in panels]


def _shares_column(panel: Sequence[LabelledValues], row: LabelledValues) -> bool:
    left = min(one.label[0].box[0] for one in panel if one.label)
    right = max(one.label[-1].box[2] for one in panel if one.label)
    return row.label[0].box[0] < right and row.label[-1].box[2] > left


def _with_more_lines(panel: Sequence[LabelledValues], free: Sequence[ChartPiece]) -> list[LabelledValues]:
    """Labels of several lines whole; rows that have no label then are left out."""
    pitch = _pitch(panel)
    columns = [piece for row in panel for piece in row.label]
    left, right = min(piece.box[0] for piece in columns), max(piece.box[2] for piece in columns)
    found = []
    for row in panel:
        label = list(row.label)
        for piece in sorted(free, key=lambda piece: abs(piece.y - row.y)):
            near = min((abs(piece.y - part.y) for part in label), default=0.0) <= _NEXT_LINE * piece.height
            within = abs(piece.y - row.y) <= (0.55 * pitch if row.label else 0.45 * pitch)
            if near and within and _in_column(piece, left, right) and piece.box[2] <= row.values[0].box[0] + 2:
                label.append(piece)
        if label:
            found.append(replace(row, label=tuple(label)))
    return found


def _pitch(panel: Sequence[LabelledValues]) -> float:
    """How far apart rows stand."""
    apart = [other.y - one.y for one, other in pairwise(panel) if other.y - one.y > 2]
    return median(apart) if apart else 2.0 * panel[0].values[0].height


def _in_column(piece: ChartPiece, left: float, right: float) -> bool:
    slack = _INDENT * piece.height
    return piece.box[0] >= left - 4 * slack and piece.box[2] <= right + slack


def _by_groups(panel: Sequence[LabelledValues]) -> list[LabelledValues]:
    """Where some rows have a second label on the left, that is of the group of rows around it."""
    parts = [_columns(row.label) for row in panel]
    inner = [part for part in parts if len(part) == 1]
    outer = [part for part in parts if len(part) == 2]
    if len(outer) < 2 or len(inner) < len(outer):
        return list(panel)
    edge = min(part[0][0].box[0] for part in inner)
    if any(part[0][-1].box[2] > edge + part[0][-1].height for part in outer):
        return list(panel)
    found = []
    for row, part in zip(panel, parts, strict=True):
        group = min(outer, key=lambda other: abs(other[0][0].y - row.y))
        found.append(replace(row, label=tuple(part[-1]), section=joined(group[0])))
    return found


def _columns(label: Sequence[ChartPiece]) -> list[list[ChartPiece]]:
    """The parts of a label that stand apart in one row, from the left."""
    ordered = sorted(label, key=lambda piece: piece.box[0])
    parts = [[ordered[0]]] if ordered else []
    for before, piece in pairwise(ordered):
        if piece.box[0] - before.box[2] > piece.height:
            parts.append([])
        parts[-1].append(piece)
    return parts


def _sectioned(panel: Sequence[LabelledValues], free: Sequence[ChartPiece]) -> list[LabelledValues]:
    """Each row with the heading that stands above it, between it and the row before."""
    if any(row.section for row in panel):
        return list(panel)
    headings = _headings(panel, free)
    if any(headings) and not headings[0]:
        first, pitch = panel[0], _pitch(panel)
        near = [piece for piece in free if 0.5 * piece.height < first.y - piece.y < _FARTHEST * pitch]
        under = [piece for piece in near if piece.box[0] < first.values[0].box[0]]
        if under:
            own = joined(under[-1:])
            headings = [own if not any(headings[: at + 1]) else heading for at, heading in enumerate(headings)]
    return [replace(row, section=heading) for row, heading in zip(panel, headings, strict=True)]


def _headings(panel: Sequence[LabelledValues], free: Sequence[ChartPiece]) -> list[str]:
    """For each row the heading in force; "" before the first."""
    found = []
    heading, above, pitch = "", 0.0, _pitch(panel)
    for number, row in enumerate(panel):
        if number and row.y - above > _FARTHEST * pitch:
            heading = ""
        left, right = row.label[0].box[0], row.values[-1].box[2]
        over = [
            piece
            for piece in free
            if above < piece.y < row.y - 0.5 * piece.height and piece.box[0] < right and piece.box[2] > left
        ]
        if number and over:
            # What stands left of the values is a heading; what stands over them heads their columns.
            names = [piece for piece in over if piece.box[0] < row.values[0].box[0]]
            heading = joined(names[-2:]) if names else heading
        found.append(heading)
        above = row.y
    return found
