"""Which series a value belongs to: told by colour, else by a head above its column, else by the order of a legend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from ragmm.loaders.charts.pieces import ChartPiece, gathered, is_prose, joined, word_by_word
from ragmm.loaders.charts.tints import Pixels, Tints, nearest_tints

__all__ = ["Groups", "Named", "entry_name", "series_by_colour", "series_by_head", "series_by_order"]

_MOST_ENTRIES = 9
_LONGEST_NAME = 60
_AGREED, _PLAIN = 0.75, 0.6
_TALLEST, _FEWEST_LETTERS = 1.35, 2
"""Of an entry: its height by that of the values (titles are higher), and its letters."""
_HIGHEST = 9.0
"""Heights above the first row within which heads are looked for."""

Groups = Sequence[Sequence[ChartPiece]]
"""The values of each label, in their order."""
Named = list[list[str | None]]
"""Of each of them the name of its series; None where it has none that is certain."""


def series_by_colour(groups: Groups, labels: Sequence[ChartPiece], tints: Tints) -> Named | None:
    """By the swatch or the colour of an entry of a legend; None where colours do not tell the series apart."""
    swatched = [label for label in labels if not is_prose(label) and tints.has_swatch(label)]
    found = _by_entries(groups, swatched, tints) if 2 <= len(swatched) < len(labels) else None
    return found or _by_entries(groups, labels, tints)


def _by_entries(groups: Groups, labels: Sequence[ChartPiece], tints: Tints) -> Named | None:
    high = _TALLEST * median(value.height for group in groups for value in group)
    top = min((label.y for label in labels), default=0.0)
    titles = [label for label in labels if label.y == top and " " in label.text and not tints.has_swatch(label)]
    entries = _entries([label for label in labels if label.height <= high and label not in titles], tints)
    if len(entries) < 2:
        return None
    values = [[tints.of_value(value) for value in group] for group in groups]
    found = [nearest_tints(group, [colour for _, colour in entries]) for group in values]
    used = Counter(at for group in found for at in group if at is not None)
    many = sum(len(group) for group in groups)
    tinted = sum(tint is not None for group in values for tint in group)
    if not 2 <= len(used) <= _MOST_ENTRIES or sum(used.values()) < max(_AGREED * tinted, many / 2):
        return None
    # Two values of one label in one series are neither claimed; where there are many, colours mean something else.
    plain = [[at if group.count(at) == 1 else None for at in group] for group in found]
    if sum(at is not None for group in plain for at in group) < _PLAIN * sum(used.values()):
        return None
    names = [entry_name(entry) for entry, _ in entries]
    return [[None if at is None else names[at] for at in group] for group in plain]


def _entries(labels: Sequence[ChartPiece], tints: Tints) -> list[tuple[list[ChartPiece], Pixels]]:
    """Labels that have a colour, those of several lines whole."""
    coloured = [
        (label, tint) for label in labels if len(label.text) > 1 and (tint := tints.of_entry(label)) is not None
    ]
    tint_of = {id(label): tint for label, tint in coloured}
    entries: list[tuple[list[ChartPiece], Pixels]] = []
    for group in gathered([label for label, _ in coloured]):
        whole: list[tuple[list[ChartPiece], Pixels]] = []
        for label in group:
            tint = tint_of[id(label)]
            if whole and nearest_tints([tint], [whole[-1][1]]) == [0]:
                whole[-1][0].append(label)
            else:
                whole.append(([label], tint))
        entries += whole
    return entries


def series_by_head(groups: Groups, labels: Sequence[ChartPiece]) -> Named | None:
    """By what stands above each column of values; None where the columns are none, or lack heads."""
    wide = max(len(group) for group in groups)
    whole = [group for group in groups if len(group) == wide]
    if wide < 2 or 2 * len(whole) < len(groups):
        return None
    columns = [median(group[at].x for group in whole) for at in range(wide)]
    apart = min(b - a for a, b in pairwise(columns))
    top = min(value.box[1] for group in groups for value in group)
    high = median(value.height for group in groups for value in group)
    above = [label for label in labels if top - _HIGHEST * high < label.y < top and not is_prose(label)]
    heads: list[list[ChartPiece]] = [[] for _ in columns]
    for label in sorted(word_by_word(above, columns), key=lambda label: -label.y):
        at = min(range(wide), key=lambda column: abs(columns[column] - label.x))
        if _heads(label, columns, at, apart) and (not heads[at] or _goes_on(heads[at][-1], label)):
            heads[at].append(label)
    if apart <= 0 or not all(heads):
        return None
    names = [joined(head) for head in heads]
    return [_by_place(group, columns, names, 0.5 * apart) for group in groups]


def _heads(label: ChartPiece, columns: Sequence[float], at: int, apart: float) -> bool:
    """Whether it stands over that column and over no other."""
    over = [place for place in columns if label.box[0] < place < label.box[2]]
    return over == [columns[at]] or (not over and abs(columns[at] - label.x) <= 0.5 * apart)


def _goes_on(below: ChartPiece, label: ChartPiece) -> bool:
    """Whether it is the line above of the same head: as high, close, about one middle or one edge."""
    lined = min(abs(label.x - below.x), abs(label.box[0] - below.box[0]), abs(label.box[2] - below.box[2]))
    alike = 0.75 < label.height / below.height < 1.33
    return alike and below.y - label.y < 1.5 * label.height and lined < label.height


def _by_place(
    group: Sequence[ChartPiece], columns: Sequence[float], names: Sequence[str], reach: float
) -> list[str | None]:
    if len(group) == len(columns):
        return list(names)
    near = [min(range(len(columns)), key=lambda at: abs(columns[at] - value.x)) for value in group]
    return [
        names[at] if abs(columns[at] - value.x) <= reach and near.count(at) == 1 else None
        for at, value in zip(near, group, strict=True)
    ]


def series_by_order(groups: Groups, labels: Sequence[ChartPiece]) -> Named | None:
    """By the order of a legend that is one row of as many entries as every label has values."""
    wide = max(len(group) for group in groups)
    if wide < 2:
        return None
    rows: list[list[list[ChartPiece]]] = []
    for entry in sorted(
        gathered([one for one in labels if not is_prose(one)]), key=lambda entry: entry[0].y + entry[-1].y
    ):
        if rows and _level(rows[-1][-1], entry):
            rows[-1].append(entry)
        else:
            rows.append([entry])
    fitting = [row for row in rows if len(row) == wide]
    if len(fitting) != 1:
        return None
    names = [joined(entry) for entry in sorted(fitting[0], key=lambda entry: entry[0].box[0])]
    return [list(names) if len(group) == wide else [None] * len(group) for group in groups]


def _level(one: Sequence[ChartPiece], other: Sequence[ChartPiece]) -> bool:
    """Whether two entries of one or more lines stand side by side."""
    return one[0].box[1] < other[-1].box[3] and other[0].box[1] < one[-1].box[3]


def entry_name(entry: Sequence[ChartPiece]) -> str:
    """What a legend calls a series, cut to what a head can hold."""
    name = joined(entry)
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME].rsplit(' ', 1)[0]} …"
