"""Tables that are drawn: cells between their rules."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ragmm.loaders.pdf.aligned_tables import aligned_tables
from ragmm.loaders.pdf.base import DrawnShape, Line
from ragmm.loaders.pdf.geometry import area, center_inside, near
from ragmm.loaders.pdf.rows import PageRow, rows
from ragmm.loaders.pdf.table import Table
from ragmm.loaders.table_heads import is_value
from ragmm.types import Box

__all__ = ["ruled_tables"]

_Rule = tuple[float, float, float]
"""Where it is, from, to."""

_THIN = 3.0
_SNAP = 3.0
_SHORTEST_RULE = 8.0
_MOST_RULES = 3_000
_MOST_CELLS = 20_000
_LONGEST_CELL = 1_500
_LONGEST_LABEL = 80
# Of the cells of a grid, how many are not merged with another.
_FEWEST_OWN = 0.35
# How many times as many texts as the rules do, what is aligned must tell apart to be believed instead.
_FINER = 1.2
_HEADS = 4
"""Rows from the top that may hold heads."""
_MOSTLY, _NOTHING = 0.8, ("-", "–", "—")
"""Share of the cells of a row that must be values to be parted, and what stands for none."""


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
        pieces = [list(self._pieces(line, owner)) for line in inside]
        if sum(len(parts) > 1 and len(line.text.split()) == 1 for line, parts in zip(inside, pieces, strict=True)) > 1:
            return None  # lines across a chart: no rule of a table runs through its words
        texts: dict[tuple[int, int], list[Line]] = {}
        for parts in pieces:
            for piece in parts:
                row, column = self._cell_at(piece.box)
                texts.setdefault(owner[row][column], []).append(piece)
        for cell in [cell for cell in texts if cell[0] < _HEADS]:
            texts |= {(cell[0], column): heads for column, heads in self._heads_of(texts[cell]).items()}
        self._row_by_row(texts)
        self._down_the_side(texts, owner)
        drawn = (
            [texts.get((row, column), []) for column in range(len(self.xs) - 1)] for row in range(len(self.ys) - 1)
        )
        cells = _without_empty([row for lines_ in drawn for row in _rows_apart(lines_)])
        return Table(box=box, cells=tuple(map(tuple, cells))) if _is_table(cells) else None

    def _row_by_row(self, texts: dict[tuple[int, int], list[Line]]) -> None:
        """Values that no rule parts, though rules part the rows in other columns: each goes to its own row."""
        alike: dict[tuple[int, ...], list[tuple[int, int]]] = {}
        for cell, lines in texts.items():
            rows_ = sorted(self._cell_at(line.box)[0] for line in lines)
            if len(rows_) > 1 and len(set(rows_)) == len(rows_):
                alike.setdefault(tuple(rows_), []).append(cell)
        for cells in alike.values():
            if len(cells) < 2 or not any(all(map(_is_figure, texts[cell])) for cell in cells):
                continue
            for cell in cells:
                for line in texts.pop(cell):
                    texts.setdefault((self._cell_at(line.box)[0], cell[1]), []).append(line)

    def _down_the_side(self, texts: dict[tuple[int, int], list[Line]], owner: list[list[tuple[int, int]]]) -> None:
        """What stands once beside several rows of values, in a cell as high as all of them, is said of each."""
        valued = {row for (row, _), lines in texts.items() if any(map(_is_figure, lines))}
        for row, owners in enumerate(owner):
            for column, (first, its_column) in enumerate(owners):
                if its_column != column or first == row or not valued.issuperset((first, row)):
                    continue
                lines = texts.get((first, column), [])
                if (row, column) not in texts and _is_label(lines):
                    texts[row, column] = lines

    def _heads_of(self, lines: Sequence[Line]) -> dict[int, list[Line]]:
        """By column: the heads that stand side by side in one cell, each with what stands above them all."""
        lowest = max(lines, key=lambda line: line.box[3]).box
        heads = [line for line in lines if line.box[3] > (lowest[1] + lowest[3]) / 2]
        columns = [self._cell_at(line.box)[1] for line in heads]
        inside = all(
            self.xs[column] - _SNAP <= line.box[0] and line.box[2] <= self.xs[column + 1] + _SNAP
            for line, column in zip(heads, columns, strict=True)
        )
        if not inside or len(set(columns)) < 2:
            return {}
        above = [line for line in lines if line not in heads]
        return {
            column: [*above, *(line for line, its in zip(heads, columns, strict=True) if its == column)]
            for column in columns
        }

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


def _rows_apart(cells: Sequence[list[Line]]) -> list[list[str]]:
    """One drawn row; where no rule stands between rows of values (the months of a quarter), each of them."""
    read = [rows(lines) for lines in cells]
    places = _value_rows(read)
    if not places:
        return [[" ".join(row.text for row in found) for found in read]]
    apart = [["" for _ in cells] for _ in places]
    for column, found in enumerate(read):
        if len(found) == 1 and not _is_figure(found[0]) and max(map(len, read[:column]), default=0) <= 1:
            for each in apart:  # beside all of them, like what is said of a group
                each[column] = found[0].text
            continue
        for row in found:
            at = min(range(len(places)), key=lambda number: abs(places[number] - _middle(row)))
            apart[at][column] = f"{apart[at][column]} {row.text}".strip()
    return apart


def _value_rows(read: Sequence[list[PageRow]]) -> list[float]:
    """Where rows of values stand that all columns share, if there are several."""
    values = [found for found in read[1:] if found]
    several = values[0] if values else []
    if (
        len(several) < 2
        or len({len(found) for found in values}) > 1
        or (len(values) < 2 and len(read[0]) != len(several))
    ):
        return []
    cells = [row for found in values for row in found]
    if sum(map(_is_figure, cells)) < _MOSTLY * len(cells):
        return []
    places = [_middle(row) for row in several]
    beside = all(
        abs(_middle(row) - place) < row.size / 2 for found in values for row, place in zip(found, places, strict=True)
    )
    return places if beside else []


def _is_figure(one: PageRow | Line) -> bool:
    return is_value(one.text) or one.text.strip() in _NOTHING


def _is_label(lines: Sequence[Line]) -> bool:
    return bool(lines) and not any(map(_is_figure, lines)) and sum(len(line.text) for line in lines) <= _LONGEST_LABEL


def _middle(row: PageRow) -> float:
    return (row.box[1] + row.box[3]) / 2


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
