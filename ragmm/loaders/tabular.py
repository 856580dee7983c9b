"""CSV and TSV: groups of rows as Markdown tables, each under the header row."""

from __future__ import annotations

import csv
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from ragmm.loaders.base import Probe
from ragmm.loaders.blocks import Block, BlockKind, split_lines
from ragmm.loaders.chunking import chunk_blocks
from ragmm.loaders.decoding import read_text
from ragmm.loaders.settings import PASSAGES, LoaderSettings
from ragmm.text.tokens import token_counter, token_starts
from ragmm.types import Item, Locator, Modality

__all__ = ["TabularLoader", "markdown_table"]

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_ROWS = 50
_FEWEST_COLUMNS, _LONGEST_ABOUT = 3, 300
"""Of a table behind a preamble; characters of it that its parts are stored under."""
_LONGEST_RECORD = 500
"""Lines of one quoted record; beyond, a quotation mark was never closed."""
_SAMPLE = 1 << 17
_NUMBER = re.compile(r"[-+(]?[$€£¥]?\s?\d[\d.,:/%\s-]*+\)?[%$€£¥]?\Z")
_YEAR = re.compile(r"(?:19|20)\d\d\Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class TableRow:
    """One record and the characters it stands in."""

    number: int
    """1-based, the header included, blank lines not."""
    cells: list[str]
    start: int
    end: int


class TabularLoader:
    """Tables of as many whole rows as fit; `chars` and `rows` in the metadata say which part of the file they show."""

    name = "tabular"
    version = 3
    reads = PASSAGES | {"max_text_bytes"}

    def __init__(self, settings: LoaderSettings) -> None:
        self.settings = settings
        self.count = token_counter(settings.tokenizer)

    def accepts(self, probe: Probe) -> bool:
        return probe.media_type in {"text/csv", "text/tab-separated-values"}

    def load(self, file: Path, probe: Probe) -> Iterator[Item]:
        decoded = read_text(file, probe, self.settings)
        text = decoded.text.removeprefix("\ufeff")
        delimiter = _delimiter(text, quoted=True)
        quoted = _quotes_close(text, delimiter)
        delimiter = delimiter if quoted else _delimiter(text, quoted=False)
        tables = _Tables(self, text, decoded.facts())
        yield from tables.items(_rows(text, delimiter, quoted=quoted))


class _Tables:
    """Gathers rows into items."""

    def __init__(self, loader: TabularLoader, text: str, facts: dict[str, str | int]) -> None:
        self.settings, self.count = loader.settings, loader.count
        self.starts = token_starts(loader.settings.tokenizer)(text).data
        self.facts = facts
        self.header: list[str] = []
        self.about = ""

    def items(self, rows: Iterator[TableRow]) -> Iterator[Item]:
        sample = list(islice(rows, _SAMPLE_ROWS))
        if not sample:
            return
        above, sample = sample[: (at := _heads_at(sample))], sample[at:]
        if above:
            yield from self._preamble(above, sample[0].start)
        yield from self._table(sample[0], chain(sample[1:], rows), sample[0].start if above else 0)

    def _preamble(self, rows: list[TableRow], end: int) -> Iterator[Item]:
        """What a file says of its table before it begins; each part of the table is stored under its beginning."""
        lines = [" ".join(" ".join(row.cells).split()) for row in rows]
        text = "\n".join(lines)
        self.about = " ".join(lines)[:_LONGEST_ABOUT]
        for chunk in chunk_blocks(text, [Block(start=0, end=len(text), kind=BlockKind.LIST)], self.settings):
            yield self._item(text[chunk.start : chunk.end], rows, 0, end)

    def _table(self, first: TableRow, rows: Iterator[TableRow], start: int) -> Iterator[Item]:
        self.header = heads if _is_header(heads := _filled(first.cells)) else []
        frame = self.count(markdown_table(self.header, [[""] * len(first.cells)]))
        pending: list[TableRow] = [] if self.header else [first]
        end, used = first.end, frame + (0 if self.header else self._size(first))
        for row in rows:
            size = self._size(row)
            if pending and used + size > self.settings.chunk_tokens:
                yield from self._emit(pending, start, row.start)
                pending, start, used = [], row.start, frame
            pending.append(row)
            used, end = used + size, row.end
        yield from self._emit(pending, start, end) if pending else self._listed(first, start, [])

    def _size(self, row: TableRow) -> int:
        """At most what the row counts in Markdown: delimiters become bars."""
        return bisect_left(self.starts, row.end) - bisect_left(self.starts, row.start) + len(row.cells) + 1

    def _emit(self, rows: list[TableRow], start: int, end: int) -> Iterator[Item]:
        text = markdown_table(self.header, [row.cells for row in rows])
        if self.count(text) <= self.settings.chunk_tokens:
            yield self._item(text, rows, start, end)
        elif len(rows) > 1:
            half = len(rows) // 2
            yield from self._emit(rows[:half], start, rows[half].start)
            yield from self._emit(rows[half:], rows[half].start, end)
        else:
            yield from self._listed(rows[0], start, self.header)

    def _listed(self, row: TableRow, start: int, header: list[str]) -> Iterator[Item]:
        """A row too wide for a table, or one that stands alone: its cells line by line, cut where it must be."""
        listed = _as_list(header, row.cells)
        block = Block(start=0, end=len(listed), kind=BlockKind.LIST)
        for chunk in chunk_blocks(listed, [block], self.settings):
            yield self._item(listed[chunk.start : chunk.end], [row], start, row.end)

    def _item(self, text: str, rows: list[TableRow], start: int, end: int) -> Item:
        place = {"rows": [rows[0].number, rows[-1].number], "chars": [start, end]}
        return Item(
            modality=Modality.TABLE,
            text=text,
            locator=Locator(),
            context=self.about,
            metadata={**place, **self.facts},
        )


def _heads_at(rows: Sequence[TableRow]) -> int:
    """Where the heads stand: 0, or behind narrower rows that speak of the table (title, source, period)."""
    widths = [sum(bool(cell.strip()) for cell in row.cells) for row in rows]
    wide = Counter(widths).most_common(1)[0][0]
    if wide < _FEWEST_COLUMNS or widths[0] * 2 > wide:
        return 0
    at = next(number for number, width in enumerate(widths) if width * 2 > wide)
    heads = [cell for cell in rows[at].cells if cell.strip()]
    return at if len(heads) >= wide - 1 and not any(map(_NUMBER.match, heads)) else 0


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with every row as wide as the widest; without a header its columns are numbered."""
    rows = [_filled(row) for row in rows]
    width = max(len(header), *(len(row) for row in rows), 1) if rows else len(header)
    titles = [*header, *(f"column {index + 1}" for index in range(len(header), width))]
    lines = [titles, ["---"] * width, *([*row, *[""] * (width - len(row))] for row in rows)]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _filled(cells: Sequence[str]) -> list[str]:
    """Without the empty cells at the end of a row, which a last delimiter leaves."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return list(cells[:end])


def _cell(value: str) -> str:
    return " ".join(value.split()).replace("|", "\\|") if value else ""


def _as_list(header: Sequence[str], cells: Sequence[str]) -> str:
    titles = [title.strip() or f"column {number}" for number, title in enumerate(header, 1)]
    titles += [f"column {index + 1}" for index in range(len(header), len(cells))]
    return "\n".join(f"{_cell(title)}: {cell}" for title, cell in zip(titles, cells, strict=False) if cell.strip())


def _rows(text: str, delimiter: str, *, quoted: bool) -> Iterator[TableRow]:
    """The records that are not blank, with exact offsets: the reader takes from the lines only what it needs."""
    lines = _Lines(text)
    records = (
        csv.reader(lines, delimiter=delimiter) if quoted else (line.strip("\r\n").split(delimiter) for line in lines)
    )
    start = number = 0
    for cells in records:
        if any(cell.strip() for cell in cells):
            number += 1
            yield TableRow(number=number, cells=cells, start=start, end=lines.taken)
        start = lines.taken


class _Lines:
    """The lines of a text, with the offset up to which they have been taken."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans = split_lines(text)
        self.taken = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        start, self.taken = next(self.spans)
        return self.text[start : self.taken]


def _quotes_close(text: str, delimiter: str) -> bool:
    """Whether quotation marks may be read as such: none swallows hundreds of lines or the end of the file."""
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter)
    start = seen = last = 0
    try:
        for _ in reader:
            if reader.line_num - seen > _LONGEST_RECORD:
                return False
            start, last, seen = last, lines.taken, reader.line_num
    except csv.Error:
        return False
    ended = text[start:].rstrip("\r\n")
    return not ("\n" in ended and ended.count('"') % 2)


def _delimiter(text: str, *, quoted: bool) -> str:
    """The one that cuts the most of the first rows into the same number of cells, more cells being better."""
    scores = {delimiter: _score(text[:_SAMPLE], delimiter, quoted=quoted) for delimiter in _DELIMITERS}
    return max(_DELIMITERS, key=lambda delimiter: scores[delimiter])


def _score(sample: str, delimiter: str, *, quoted: bool) -> tuple[float, int]:
    widths: Counter[int] = Counter()
    with suppress(csv.Error):  # a field beyond the limit: judged by the rows before it
        widths.update(len(row.cells) for row in islice(_rows(sample, delimiter, quoted=quoted), _SAMPLE_ROWS))
    wide = {width: count for width, count in widths.items() if width > 1}
    width = max(wide, key=lambda entry: (wide[entry], entry), default=0)
    return (wide[width] / widths.total(), width) if width else (0.0, 0)


def _is_header(cells: Sequence[str]) -> bool:
    """Names in every column, all different, none a number (a bare year may well be a name)."""
    names = [cell.strip().lower() for cell in cells]
    return len(set(names)) == len(names) and not any(_NUMBER.match(name) and not _YEAR.match(name) for name in names)
