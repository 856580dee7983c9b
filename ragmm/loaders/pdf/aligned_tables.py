"""Tables without rules: columns that stay apart from row to row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from statistics import median

from ragmm.loaders.pdf.base import Line
from ragmm.loaders.pdf.geometry import area, center_inside, union
from ragmm.loaders.pdf.rows import clean
from ragmm.loaders.pdf.table import Table
from ragmm.loaders.table_heads import is_value
from ragmm.types import Box

__all__ = ["aligned_tables"]

_PREFIX = re.compile(r"[$€£¥₩₹(]{1,2}\s*\Z")
_NEXT_SIGN = re.compile(r"(?<=[\d)%])\s+(?=[$£¥₩₹])")
_VALUES = re.compile(r"\s*(?:(?:[$£¥₩₹]\s*)?\(?[\d.,]*\d\)?%?\s+)+[$£¥₩₹]\s*(?:\(?[\d.,]*\d\)?%?)?\s*")
"""Numbers, of which one at least stands before a currency sign."""
_ENDS_NUMBER = re.compile(r"\d[)%]*\Z")
_SIGNS_BEFORE = ("$", "£", "¥", "₩", "₹")
"""Those that no language writes behind a number."""
_SUFFIX = re.compile(r"\s*[%)]{1,2}\s*\Z")
_MARK = re.compile(r"(?:[•◦‣▪·*–—-]|\(?[\da-zA-Z]{1,4}[.)]|\(?[ivxIVX]{1,5}[.)])\Z")
_FEWEST_ROWS = 3
_MOST_BETWEEN, _LONGEST_HEADING = 6, 130
"""Headings between two parts of a table, and letters of one."""
_LOOKED_AT = 60
"""Rows above a run that tell whether it goes on: all of a long page each time would take minutes."""
_LARGER, _FARTHEST = 1.15, 2.5
"""How much larger than cells a heading may be, and how many letters' heights rows may be apart."""
_FARTHEST_SIGN = 12
"""Letters' heights between a sign and its number."""
_MOST_HEADS, _CENTRED = 4, 0.1
"""Rows of heads, and how far off the middle of its columns a head over several may stand, as a share of their width."""
_TOUCHED = 0.5
"""Points of a column that a cell must reach into."""
_LONGEST_PAGE = 5
_LEADER = re.compile(r"(?:\.\s?){5,}|…{2,}")


_Row = list[Line]
"""The cells of a row; what stands alone in its row is one."""


def aligned_tables(region: Sequence[Line], captions: Sequence[Box] = ()) -> list[Table]:
    """Rows with several cells whose columns stay apart from first to last; none goes over a caption.

    Headings of parts ("Assets", "Current assets") cut a statement into runs, and its first part from the heads of its
    columns: a run that goes on in the columns of the one before belongs to it.
    """
    found: list[Table | None] = []
    before: list[_Row] = []
    for run in _runs(region, captions):
        last = before[-_LOOKED_AT:]
        if _goes_on(last, run) and _table([*last, *run], region):
            before += run
        else:
            found.append(_table(before, region))
            before = run
    return [table for table in [*found, _table(before, region)] if table]


def _runs(region: Sequence[Line], captions: Sequence[Box]) -> Iterator[list[_Row]]:
    """Rows with several cells and no more than one between them that has not; what stands between two runs begins the
    second. A caption makes an empty run."""
    run: list[_Row] = []
    between: list[_Row] = []
    for group in _baselines(region):
        cells = _joined_signs(group)
        if any(center_inside(group[0].box, caption) for caption in captions):
            yield from (run, [])
            run, between = [], []
        elif len(cells) > 1 and (between or not run):
            yield run
            run, between = [*between, cells], []
        elif len(cells) > 1 or (run and len(run[-1]) > 1):
            run.append(cells)
        else:
            between.append(cells)
    yield run


def _goes_on(before: list[_Row], run: list[_Row]) -> bool:
    """Whether a run stands in the columns of the one before, no more than a few headings below it."""
    above, below = _full(before), _full(run)
    if not above or not below or (_has_values(above) and not _has_values(below[:1])):
        return False
    between = [*before[before.index(above[-1]) + 1 :], *run[: run.index(below[0])]]
    columns, own = _columns([*above, *below]), (len(_columns(above)), len(_columns(below)))
    return (
        len(between) <= _MOST_BETWEEN
        and len(columns) == max(own) > 1
        # Heads may lack the column of labels; two tables of different columns are two.
        and (len(set(own)) == 1 or min(len(above), len(below)) < _FEWEST_ROWS)
        and all(_is_heading(row[0], columns, below[0][0].size) for row in between)
        and all(_follows(one, other) for one, other in pairwise([above[-1], *between, below[0]]))
    )


def _full(run: list[_Row]) -> list[_Row]:
    return [cells for cells in run if len(cells) > 1]


def _has_values(full: list[_Row]) -> bool:
    return any(is_value(line.text) for row in full for line in row[1:])


def _is_heading(line: Line, columns: Sequence[tuple[float, float]], size: float) -> bool:
    """Of a part of the table: no larger than its cells, and short of its last column."""
    return len(line.text) <= _LONGEST_HEADING and line.size <= _LARGER * size and line.box[2] < columns[-1][0]


def _follows(row: _Row, below: _Row) -> bool:
    return below[0].box[1] - max(line.box[3] for line in row) <= _FARTHEST * max(row[0].size, below[0].size)


def _baselines(region: Sequence[Line]) -> Iterator[list[Line]]:
    together: list[Line] = []
    for line in sorted((line for line in region if line.upright and line.text.strip()), key=lambda line: line.box[1]):
        first = together[0].box if together else line.box
        shared = min(first[3], line.box[3]) - max(first[1], line.box[1])
        if together and shared <= 0.5 * min(first[3] - first[1], line.box[3] - line.box[1]):
            yield sorted(together, key=lambda line: line.box[0])
            together = []
        together.append(line)
    if together:
        yield sorted(together, key=lambda line: line.box[0])


def _joined_signs(group: list[Line]) -> _Row:
    """A currency or percent sign that stands apart belongs to its number; words set a little apart are one cell."""
    joined: _Row = []
    for line in chain.from_iterable(map(_parted, group)):
        if joined and _one_cell(joined[-1], line):
            before = joined.pop()
            text = f"{before.text.strip()} {line.text.strip()}"
            joined.append(before._replace(text=text, box=union((before.box, line.box))))
        else:
            joined.append(line)
    return joined


def _parted(line: Line) -> Iterator[Line]:
    """A sign after a number is that of the next column: "1,671   $" and "$ 9   $ 9" are two."""
    starts = [0, *(found.start() for found in _NEXT_SIGN.finditer(line.text)), len(line.text)]
    if len(starts) == 2 or not _VALUES.fullmatch(line.text):
        yield line
        return
    x0, y0, x1, y1 = line.box
    step = (x1 - x0) / len(line.text)
    for start, end in pairwise(starts):
        piece = line.text[start:end]
        left, right = start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        yield line._replace(text=piece.strip(), box=(x0 + left * step, y0, x0 + right * step, y1))


def _one_cell(before: Line, line: Line) -> bool:
    if _ENDS_NUMBER.search(before.text.strip()) and line.text.strip() in _SIGNS_BEFORE:
        return False
    gap = (line.box[0] - _end(before)) / max(line.size, 1.0)
    signs = _PREFIX.match(before.text.strip()) or _SUFFIX.match(line.text.strip())
    return gap < 0.9 or (signs is not None and gap < _FARTHEST_SIGN)


def _table(run: list[_Row], region: Sequence[Line]) -> Table | None:
    several = [number for number, cells in enumerate(run) if len(cells) > 1]
    run = run[several[0] : several[-1] + 1] if several else []
    full = _full(run)
    columns = _columns(full) if len(full) >= _FEWEST_ROWS else []
    if len(columns) < 2:
        return None
    cells = [_over_each(row, columns) or _spread(row, columns, region) for row in _heads(run)]
    cells += [_spread(row, columns, region) for row in run[len(cells) :]]
    if not _looks_aligned(cells, full):
        return None
    return Table(box=union(line.box for row in run for line in row), cells=tuple(map(tuple, cells)))


def _columns(full: list[_Row]) -> list[tuple[float, float]]:
    """The spans in which cells stand: of wide rows, for a spanning title would join all columns; where heads over
    several columns join some yet, of those with values."""
    most = max(len(row) for row in full)
    wide = [row for row in full if len(row) * 2 > most]
    found = _headed(_spans(wide), full, most)
    of_values = [row for row in wide if sum(is_value(line.text) for line in row[1:]) * 2 >= len(row) - 1]
    if len(of_values) < _FEWEST_ROWS:
        return found
    return max(found, _headed(_spans(of_values), full, most), key=len)


def _spans(rows: list[_Row]) -> list[tuple[float, float]]:
    """Each as wide as the cells that stand over each other."""
    merged: list[tuple[float, float]] = []
    for start, end in sorted((line.box[0], _end(line)) for row in rows for line in row):
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _end(line: Line) -> float:
    """Where a line ends, its leading dots aside."""
    dots = _LEADER.search(line.text)
    return line.box[2] if dots is None else line.box[0] + (line.box[2] - line.box[0]) * dots.start() / len(line.text)


def _headed(columns: list[tuple[float, float]], full: list[list[Line]], most: int) -> list[tuple[float, float]]:
    """A heading to the left and its numbers to the right make two spans of one column: no row has text in both."""
    taken = [{_nearest(line, columns) for line in row} for row in full]
    at = len(columns) - 1
    while at > 0 and len(columns) > most:
        if not any({at - 1, at} <= row for row in taken):
            columns[at - 1 : at + 1] = [(columns[at - 1][0], columns[at][1])]
            taken = [{index - (index >= at) for index in row} for row in taken]
        at -= 1
    return columns


def _shares(line: Line, columns: Sequence[tuple[float, float]]) -> list[float]:
    return [min(line.box[2], end) - max(line.box[0], start) for start, end in columns]


def _nearest(line: Line, columns: Sequence[tuple[float, float]]) -> int:
    """The column that a line shares most with."""
    return max(range(len(columns)), key=_shares(line, columns).__getitem__)


def _spread(row: _Row, columns: list[tuple[float, float]], region: Sequence[Line]) -> list[str]:
    cells = [""] * len(columns)
    for line in (piece for cell in row for piece in _over_columns(cell, columns, region)):
        over = _columns_of(line, columns)
        # A title over several columns stands with the first of them.
        at = over[0] if len(over) > 1 else _nearest(line, columns)
        cells[at] = f"{cells[at]} {_LEADER.sub('', clean(line.text)).strip()}".strip()
    return cells


def _heads(run: list[_Row]) -> list[_Row]:
    """The rows above the first values, but for the lowest."""
    above = next((number for number, row in enumerate(run) if _has_values([row])), 0)
    return run[: max(0, min(_MOST_HEADS, above) - 1)]


def _over_each(row: _Row, columns: list[tuple[float, float]]) -> list[str] | None:
    """Heads that stand in the middle over several columns each, said of each of these; None where they do not."""
    middles = [(start + end) / 2 for start, end in columns]
    heads = [line for line in row if line.box[0] > columns[0][1]]
    if len(heads) < 2 or len(heads) >= len(columns) - 1:
        return None
    label = [line for line in row if line not in heads]
    cells = [" ".join(clean(line.text) for line in label), *[""] * (len(columns) - 1)]
    own: list[list[int]] = [[] for _ in heads]
    for column in range(1, len(columns)):
        nearest = min(range(len(heads)), key=lambda number: abs(_middle(heads[number]) - middles[column]))
        own[nearest].append(column)
        cells[column] = clean(heads[nearest].text)
    off = [
        abs(_middle(head) - (columns[its[0]][0] + columns[its[-1]][1]) / 2) / (columns[its[-1]][1] - columns[its[0]][0])
        for head, its in zip(heads, own, strict=True)
        if len(its) > 1
    ]
    return cells if len(off) == len(heads) and max(off) < _CENTRED else None


def _middle(line: Line) -> float:
    return (line.box[0] + line.box[2]) / 2


def _columns_of(line: Line, columns: list[tuple[float, float]]) -> list[int]:
    return [index for index, share in enumerate(_shares(line, columns)) if share > _TOUCHED]


def _over_columns(cell: Line, columns: list[tuple[float, float]], region: Sequence[Line]) -> Sequence[Line]:
    """A cell; or its words, where they stand near to each other but over columns of their own."""
    if len(_columns_of(cell, columns)) < 2:
        return [cell]
    words = sorted((line for line in region if line.upright and center_inside(line.box, cell.box)), key=_left)
    apart = len(words) > 1 and all(len(_columns_of(word, columns)) == 1 for word in words)
    return words if apart and len({_nearest(word, columns) for word in words}) > 1 else [cell]


def _left(line: Line) -> float:
    return line.box[0]


def _looks_aligned(cells: list[list[str]], full: list[list[Line]]) -> bool:
    filled = [cell for row in cells for cell in row if cell]
    first = [row[0] for row in cells if row[0]]
    width = len(cells[0])
    if _is_list(first, width) or (width == 2 and _is_contents(full)):
        return False
    dense = sum(sum(map(bool, row)) * 2 >= width for row in cells)
    others = [cell for row in cells for cell in row[1:] if cell]
    numbers = sum(any(letter.isdigit() for letter in cell) for cell in others)
    short = median(map(len, others)) <= 30 if others else False
    return (
        dense * 2 > len(cells)
        and short
        and (numbers * 3 >= len(others) or (len(full) >= 4 and width >= 3))
        and max(map(len, filled)) <= 300
        and area(union(line.box for row in full for line in row)) > 0
    )


def _is_contents(full: list[_Row]) -> bool:
    """Titles, dots and the pages that they begin on."""
    led = sum(any(_LEADER.search(line.text) for line in row) for row in full)
    pages = [row[-1].text.strip() for row in full]
    return led * 2 > len(full) and all(len(page) <= _LONGEST_PAGE for page in pages)


def _is_list(first: list[str], width: int) -> bool:
    """Bullets or numbers with their text beside them."""
    return width == 2 and sum(bool(_MARK.match(cell)) for cell in first) * 2 > len(first)
