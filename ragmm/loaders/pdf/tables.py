"""Tables: ruled ones from their rules, others from columns that stay aligned over several rows."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from ragmm.loaders.pdf.base import DrawnShape, Line
from ragmm.loaders.pdf.geometry import area, center_inside, near, union
from ragmm.loaders.pdf.rows import clean, rows
from ragmm.types import Box

__all__ = ["Table", "aligned_tables", "ruled_tables"]

_Rule = tuple[float, float, float]
"""Where it is, from, to."""

_THIN = 3.0
_SNAP = 3.0
_SHORTEST_RULE = 8.0
_MOST_RULES = 3_000
_MOST_CELLS = 20_000
_LONGEST_CELL = 1_500
# Of the cells of a grid, how many are not merged with another.
_FEWEST_OWN = 0.35
# How many times as many texts as the rules do, what is aligned must tell apart to be believed instead.
_FINER = 1.2
_PREFIX = re.compile(r"[$€£¥₩₹(]{1,2}\s*\Z")
_SUFFIX = re.compile(r"\s*[%)]{1,2}\s*\Z")
_MARK = re.compile(r"(?:[•◦‣▪·*–—-]|\(?[\da-zA-Z]{1,4}[.)]|\(?[ivxIVX]{1,5}[.)])\Z")
_LEADER = re.compile(r"(?:\.\s?){5,}|…{2,}")


@dataclass(frozen=True, kw_only=True)
class Table:
    """A grid of texts and where it stands."""

    box: Box
    cells: tuple[tuple[str, ...], ...]
    """Rows of equally many cells; a merged cell's text is in its first."""

    @property
    def filled(self) -> int:
        """How many cells hold text."""
        return sum(bool(cell) for row in self.cells for cell in row)


# Ruled tables


def ruled_tables(shapes: Sequence[DrawnShape], lines: Sequence[Line]) -> list[Table]:
    """Tables whose cells are drawn; a rule that is missing between two cells makes them one."""
    horizontal, vertical = _rules(shapes)
    if len(horizontal) < 2 or not vertical or len(horizontal) + len(vertical) > _MOST_RULES:
        return []
    found = []
    for across, down in _connected(horizontal, vertical):
        grid = _Grid.of(across, down)
        table = grid.read(lines) if grid else None
        if table is not None:
            found.append(_finer(table, lines))
    return found


def _finer(table: Table, lines: Sequence[Line]) -> Table:
    """Where rules stand between groups of rows or columns only, what is aligned within them makes the cells."""
    inside = [line for line in lines if center_inside(line.box, table.box)]
    aligned = max(aligned_tables(inside), key=lambda found: len(found.cells), default=None)
    if aligned is None or area(aligned.box) < 0.4 * area(table.box) or aligned.filled <= _FINER * table.filled:
        return table
    rows_, columns = len(table.cells), len(table.cells[0])
    more_columns = len(aligned.cells[0]) > columns and len(aligned.cells) >= rows_
    more_rows = len(aligned.cells) >= 3 * rows_ and len(aligned.cells[0]) >= columns
    return Table(box=table.box, cells=aligned.cells) if more_columns or more_rows else table


def _rules(shapes: Iterable[DrawnShape]) -> tuple[list[_Rule], list[_Rule]]:
    """Thin shapes, and the edges of boxes: (y, x0, x1) and (x, y0, y1)."""
    horizontal: list[_Rule] = []
    vertical: list[_Rule] = []
    for shape in shapes:
        x0, y0, x1, y1 = shape.box
        width, height = x1 - x0, y1 - y0
        if shape.curved:
            continue
        if height <= _THIN and width >= _SHORTEST_RULE:
            horizontal.append(((y0 + y1) / 2, x0, x1))
        elif width <= _THIN and height >= _SHORTEST_RULE / 2:
            vertical.append(((x0 + x1) / 2, y0, y1))
        elif width > _THIN and height > _THIN:
            horizontal += [(y0, x0, x1), (y1, x0, x1)]
            vertical += [(x0, y0, y1), (x1, y0, y1)]
    return _joined(horizontal), _joined(vertical)


def _joined(rules: list[_Rule]) -> list[_Rule]:
    """Pieces that go on from each other on one line are one rule: shaded cells alone make four for each."""
    joined: list[_Rule] = []
    rules = sorted((round(place * 2) / 2, start, end) for place, start, end in rules)
    for place, start, end in rules:
        if joined and joined[-1][0] == place and start <= joined[-1][2] + _SNAP:
            joined[-1] = (place, joined[-1][1], max(joined[-1][2], end))
        else:
            joined.append((place, start, end))
    return joined


def _connected(horizontal: list[_Rule], vertical: list[_Rule]) -> Iterator[tuple[list[_Rule], list[_Rule]]]:
    """Rules that meet belong to one grid."""
    boxes = [(x0, y, x1, y) for y, x0, x1 in horizontal] + [(x, y0, x, y1) for x, y0, y1 in vertical]
    order = sorted(range(len(boxes)), key=lambda index: boxes[index][1])
    parent = list(range(len(boxes)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    open_: list[int] = []
    for index in order:
        top = boxes[index][1]
        open_ = [other for other in open_ if boxes[other][3] + _SNAP >= top]
        for other in open_:
            if near(boxes[index], boxes[other], _SNAP):
                parent[root(index)] = root(other)
        open_.append(index)
    grids: dict[int, tuple[list[_Rule], list[_Rule]]] = {}
    for index in range(len(boxes)):
        across, down = grids.setdefault(root(index), ([], []))
        if index < len(horizontal):
            across.append(horizontal[index])
        else:
            down.append(vertical[index - len(horizontal)])
    return (grid for grid in grids.values() if len(grid[0]) > 1 and grid[1])


@dataclass(frozen=True, kw_only=True)
class _Grid:
    """The lines of one grid: their places, and which pieces of them are really drawn."""

    ys: list[float]
    xs: list[float]
    across: list[_Rule]
    down: list[_Rule]

    @classmethod
    def of(cls, across: list[_Rule], down: list[_Rule]) -> _Grid | None:
        # The outermost rules are often left out: then the others show by their ends how far the table goes.
        ends = [end for _, start, stop in across for end in (start, stop)]
        sides = [end for _, start, stop in down for end in (start, stop)]
        ys = _places([rule[0] for rule in across] + [min(sides), max(sides)])
        xs = _places([rule[0] for rule in down] + [min(ends), max(ends)])
        count = (len(ys) - 1) * (len(xs) - 1)
        return cls(ys=ys, xs=xs, across=across, down=down) if 2 <= count <= _MOST_CELLS else None

    def read(self, lines: Sequence[Line]) -> Table | None:
        box = (self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])
        owner = self._owners()
        count = (len(self.xs) - 1) * (len(self.ys) - 1)
        if count > 8 and len({cell for row in owner for cell in row}) < _FEWEST_OWN * count:
            return None  # boxes of a drawing, not cells
        inside = [line for line in lines if center_inside(line.box, box)]
        texts: dict[tuple[int, int], list[Line]] = {}
        for line in inside:
            for piece in self._pieces(line, owner):
                row, column = self._cell_at(piece.box)
                texts.setdefault(owner[row][column], []).append(piece)
        cells = [
            [_cell_text(texts.get((row, column), [])) for column in range(len(self.xs) - 1)]
            for row in range(len(self.ys) - 1)
        ]
        cells = _without_empty(cells)
        return Table(box=box, cells=tuple(map(tuple, cells))) if _is_table(cells) else None

    def _owners(self) -> list[list[tuple[int, int]]]:
        """For each cell the first of those it is merged with, to the left and above."""
        owners: list[list[tuple[int, int]]] = []
        down = [[rule for rule in self.down if abs(rule[0] - x) <= _SNAP] for x in self.xs]
        across = [[rule for rule in self.across if abs(rule[0] - y) <= _SNAP] for y in self.ys]
        for row, (top, bottom) in enumerate(pairwise(self.ys)):
            owners.append([])
            for column, (left, right) in enumerate(pairwise(self.xs)):
                owner = (row, column)
                if column and not _drawn(down[column], top, bottom):
                    owner = owners[row][column - 1]
                elif row and not _drawn(across[row], left, right):
                    owner = owners[row - 1][column]
                owners[row].append(owner)
        return owners

    def _cell_at(self, box: Box) -> tuple[int, int]:
        row = bisect_right(self.ys, (box[1] + box[3]) / 2) - 1
        column = bisect_right(self.xs, (box[0] + box[2]) / 2) - 1
        return min(max(row, 0), len(self.ys) - 2), min(max(column, 0), len(self.xs) - 2)

    def _pieces(self, line: Line, owner: list[list[tuple[int, int]]]) -> Iterator[Line]:
        """A line that runs over a drawn rule was two cells set close together."""
        x0, y0, x1, y1 = line.box
        row, _ = self._cell_at(line.box)
        crossed = [
            x
            for column, x in enumerate(self.xs[1:-1], 1)
            if x0 + 2 < x < x1 - 2 and owner[row][column] != owner[row][column - 1]
        ]
        if not crossed or x1 <= x0:
            yield line
            return
        start, left = 0, x0
        for x in [*crossed, x1]:
            end = len(line.text) if x == x1 else _nearest_space(line.text, round((x - x0) / (x1 - x0) * len(line.text)))
            if end > start and line.text[start:end].strip():
                yield line._replace(text=line.text[start:end], box=(left, y0, x, y1))
            start, left = max(start, end), x


def _places(found: list[float]) -> list[float]:
    places: list[float] = []
    for place in sorted(found):
        if not places or place - places[-1] > _SNAP:
            places.append(place)
    return places


def _drawn(rules: list[_Rule], low: float, high: float) -> bool:
    """Whether the rules of one place cover most of a span."""
    length = sum(min(end, high) - max(start, low) for _, start, end in rules if start < high and end > low)
    return length > 0.5 * (high - low)


def _nearest_space(text: str, at: int) -> int:
    spaces = [index for index, letter in enumerate(text) if letter == " "]
    return min(spaces, key=lambda space: abs(space - at)) if spaces else at


def _cell_text(lines: list[Line]) -> str:
    return " ".join(row.text for row in rows(lines))


def _without_empty(cells: list[list[str]]) -> list[list[str]]:
    """Without rows and columns that hold nothing: double rules and margins make them."""
    kept = [row for row in cells if any(row)]
    columns = [index for index in range(len(kept[0]) if kept else 0) if any(row[index] for row in kept)]
    return [[row[index] for index in columns] for row in kept]


def _is_table(cells: Sequence[Sequence[str]]) -> bool:
    """Not a frame around prose, not the grid of a chart."""
    if not cells or len(cells) < 2 or len(cells[0]) < 2:
        return False
    filled = [cell for row in cells for cell in row if cell]
    if len(filled) < 0.3 * len(cells) * len(cells[0]) or len(filled) < 4:
        return False
    return max(map(len, filled)) <= _LONGEST_CELL


# Tables without rules


def aligned_tables(region: Sequence[Line], captions: Sequence[Box] = ()) -> list[Table]:
    """Runs of rows with several cells whose columns stay apart from first to last; none goes over a caption."""
    found: list[Table] = []
    run: list[list[Line]] = []
    for group in _baselines(region):
        cells = _joined_signs(group)
        if any(center_inside(group[0].box, caption) for caption in captions):
            cells = []
        if len(cells) > 1 or (cells and run and len(run[-1]) > 1):
            run.append(cells)
            continue
        found.extend(_from_run(run))
        run = []
    return [*found, *_from_run(run)]


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


def _joined_signs(group: list[Line]) -> list[Line]:
    """A currency or percent sign that stands apart belongs to its number; words set a little apart are one cell."""
    joined: list[Line] = []
    for line in group:
        if joined and _one_cell(joined[-1], line):
            before = joined.pop()
            text = f"{before.text.strip()} {line.text.strip()}"
            joined.append(before._replace(text=text, box=union((before.box, line.box))))
        else:
            joined.append(line)
    return joined


def _one_cell(before: Line, line: Line) -> bool:
    gap = (line.box[0] - before.box[2]) / max(line.size, 1.0)
    signs = _PREFIX.match(before.text) or _SUFFIX.match(line.text)
    return gap < 0.9 or (signs is not None and gap < 8)


def _from_run(run: list[list[Line]]) -> Iterator[Table]:
    while run and len(run[-1]) < 2:
        run = run[:-1]
    full = [cells for cells in run if len(cells) > 1]
    if len(full) < 3:
        return
    columns = _columns(full)
    if len(columns) < 2:
        return
    cells = [_spread(row, columns) for row in run]
    if _looks_aligned(cells, full):
        yield Table(box=union(line.box for row in run for line in row), cells=tuple(map(tuple, cells)))


def _columns(full: list[list[Line]]) -> list[tuple[float, float]]:
    """The spans in which cells stand; the widest rows alone decide, for a spanning title would join all columns."""
    most = max(len(row) for row in full)
    spans = sorted((line.box[0], line.box[2]) for row in full if len(row) * 2 > most for line in row)
    merged: list[tuple[float, float]] = spans[:1]
    for start, end in spans[1:]:
        if start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return _headed(merged, full, most)


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


def _spread(row: list[Line], columns: list[tuple[float, float]]) -> list[str]:
    cells = [""] * len(columns)
    for line in row:
        shares = _shares(line, columns)
        # A title over several columns stands with the first of them.
        over = [index for index, share in enumerate(shares) if share > 0.5]
        at = over[0] if len(over) > 1 else _nearest(line, columns)
        cells[at] = f"{cells[at]} {clean(line.text)}".strip()
    return cells


def _looks_aligned(cells: list[list[str]], full: list[list[Line]]) -> bool:
    filled = [cell for row in cells for cell in row if cell]
    first = [row[0] for row in cells if row[0]]
    width = len(cells[0])
    if _is_list(first, width) or sum(bool(_LEADER.search(cell)) for cell in filled) > len(cells) / 2:
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


def _is_list(first: list[str], width: int) -> bool:
    """Bullets or numbers with their text beside them."""
    return width == 2 and sum(bool(_MARK.match(cell)) for cell in first) * 2 > len(first)
