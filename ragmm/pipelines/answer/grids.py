"""A stored table as a grid: column heads, rows, and what its caption and headings say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ragmm.pipelines.answer.evidence import caption_of
from ragmm.pipelines.query.wanted import label_words
from ragmm.text.inert import without_controls
from ragmm.text.patterns import late
from ragmm.text.terms import content_terms, terms
from ragmm.types import IMAGE_MODALITIES, StoredItem

__all__ = ["RULE_LINE", "Grid", "entry_asked_for", "grid_of", "is_amount", "is_unit_head", "labelled_otherwise"]

_MAX_TEXT = 60_000
_MOST_BESIDE = 4_000
RULE_LINE = late(r"\|(?:\s*:?-{3,}:?\s*\|)+")
"""Between the heads of a table in Markdown and its rows."""
_AMOUNT = late(
    r"[(\s$€£¥+\-−–~<>≤≥±]*(?:US\$|USD|EUR)?\s?\d[\d.,\s']*[\s)%*]*(?:%|[kKmM]?n?|million|billion|thousand|[A-Za-zµ°]{1,4}\d?|万|亿|元)?"
)
_PAIR = late(r"\s*(?:[-*•]\s)?([^\W\d][^|:：]{1,48}?)(?:\s?[:：]\s*|\s{2,}|\s?\.{3,}\s?)(\S.{0,79})")
_READ_PAIR = late(r"\s*([^\W\d][^|:：]{1,48}?)\s([$€£]?\d[\d.,]*\s?%?)\s*")
"""In a picture, whose words are read line by line, a space may be all that stands between the two."""
_GAP = late(r"\s{2,}")
_LABEL, _LONGEST_VALUE = late(r"[^\W\d][^\d:：|]{0,38}[^\W\d]\.?"), 60
"""Of one that stands above its value; letters of a value."""
_LABEL_BESIDE = late(r"[^\W\d][^\n|]{0,48}")
"""Of one beside its value, which a row has several of."""
_NUMBERED = late(r"\s*(?:table|figure|fig\.|chart|abbildung|tabelle)\s*\d", re.IGNORECASE)
_FEWEST_ENTRIES, _CONTENTS_BY = 5, 12
"""Of a table of contents: its entries, and by which page it stands."""
_UNIT_HEAD = late(r"\W*(?:units?|uom|einheit(?:en)?|unités?|unidad(?:es)?|单位|單位)\W*", re.IGNORECASE)
_BARE_NUMBER = late(r"[+\-−–±<>≤≥~]?\s?\d[\d.,\s]*")
_LONGEST_UNIT = 12
_CHART = "chart graph figure diagram plot pie bar line picture"
"""What questions call a picture whose values are stored as a table."""
_SHARE = "share percentage percent part proportion"
"""What they call its values where these are percentages."""
_AGES = late(
    r"\|\s*\d{1,2}\s?(?:-|–|to|bis|à|a)\s?\d{1,2}\b|\d\s?(?:years|ans|jahre|años|anni|anos|jaar)\b", re.IGNORECASE
)
_OF_AGES = "age aged old year between people person younger older"
"""What they say of ages, of which some labels are."""
_WORDS = 9
"""Of a value; what is longer is a sentence."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table, or the part of one that an item holds."""

    heads: tuple[str, ...]
    """One a column; "" where a column has none."""
    rows: tuple[tuple[str, ...], ...]
    """All as long as the heads."""
    quotes: tuple[str, ...]
    """Of each row, how it stands in the item."""
    labelled: bool = False
    """Whether it is a list of labels with a value each."""
    about: str
    """Caption, headings and the file's name."""
    beside: str = ""
    """What else its item says: the other lines of a receipt, the text above a table."""

    @property
    def columns(self) -> range:
        return range(len(self.heads))

    def with_unit(self, row: int, column: int) -> str:
        """A cell; a bare number with the unit that a column of the row states."""
        cell = self.rows[row][column]
        unit = next((self.rows[row][one] for one in self.columns if is_unit_head(self.heads[one])), "")
        return f"{cell} {unit}" if unit and _BARE_NUMBER.fullmatch(cell) and len(unit) <= _LONGEST_UNIT else cell

    def shown(self, row: int) -> str:
        """The row as "head: cell" pairs, readable by itself."""
        pairs = zip(self.heads, self.rows[row], strict=True)
        return "; ".join(f"{head}: {cell}" if head else cell for head, cell in pairs if cell)


def grid_of(item: StoredItem) -> Grid | None:
    """None where an item holds no table of at least two columns."""
    lines = [
        line.strip() for line in without_controls(item.text[:_MAX_TEXT]).splitlines() if line.strip().startswith("|")
    ]
    above = [line.strip() for line in item.context.splitlines() if line.strip().startswith("|")]
    rules = [number for number, line in enumerate(lines) if RULE_LINE.fullmatch(line)]
    body = [line for line in lines if not RULE_LINE.fullmatch(line)]
    if not body:
        return _sheet_row(item) or _pairs(item)
    heads = _cells(lines[rules[0] - 1]) if rules and rules[0] else _cells(above[0]) if above else []
    rows = [(_cells(line), line) for line in (body[1:] if rules and rules[0] else body)]
    if heads and _are_values(heads):
        rows.insert(0, (heads, lines[rules[0] - 1] if rules else above[0]))  # no heads but a first row
        heads = []
    width = max([len(heads), *(len(cells) for cells, _ in rows)], default=0)
    if width < 2 or not rows or _is_contents(item, [cells for cells, _ in rows]):
        return None
    if pairs := _side_by_side(heads, rows, width):
        return _labelled(item, pairs)
    if width == 2 and not any(heads) and (item.modality in IMAGE_MODALITIES or _are_labels(rows)):
        return _labelled(item, [((cells[0], cells[-1]), line) for cells, line in rows if cells[-1]])
    return Grid(
        heads=_wide(heads, width),
        rows=tuple(_wide(cells, width) for cells, _ in rows),
        quotes=tuple(line for _, line in rows),
        about=_about(item),
        beside=" ".join(_bare_lines(item))[:_MOST_BESIDE],
    )


def _side_by_side(
    heads: Sequence[str], rows: Sequence[tuple[Sequence[str], str]], width: int
) -> list[tuple[tuple[str, str], str]]:
    """Labels with a value each, two and more to a row, as forms have them; a head stands over a label and its value."""
    wide = [(_wide(cells, width), line) for cells, line in rows]
    labels = [cells[column] for cells, _ in wide for column in range(0, width, 2) if cells[column]]
    if width < 4 or width % 2 or any(_wide(heads, width)[1::2]) or len(labels) < 3:
        return []
    if not all(_LABEL_BESIDE.fullmatch(label) for label in labels) or len(set(labels)) < len(labels):
        return []
    groups = _wide(heads, width)
    if not any(groups) and not all(label.endswith((":", "：")) for label in labels):
        return []  # rows of names without heads look alike
    return [
        ((" ".join(f"{groups[column]} {cells[column]}".split()), cells[column + 1]), line)
        for cells, line in wide
        for column in range(0, width, 2)
        if cells[column] and cells[column + 1]
    ]


def _are_values(heads: Sequence[str]) -> bool:
    """Whether what stands where heads should is a first row: a label with its value, or mostly numbers."""
    if len(heads) == 2 and heads[0].endswith((":", "：")):
        return True
    return 2 * sum(is_amount(cell) for cell in heads[1:]) > len(heads[1:]) and not _years(heads[1:])


def _are_labels(rows: Sequence[tuple[Sequence[str], str]]) -> bool:
    """Whether most rows begin with a label that says so itself."""
    return 2 * sum(cells[0].endswith((":", "：")) for cells, _ in rows) > len(rows)


def _is_contents(item: StoredItem, rows: Sequence[Sequence[str]]) -> bool:
    """Whether it is a table of contents: on the first pages, with page numbers that only grow."""
    last = [cells[-1].strip() for cells in rows if cells]
    if len(last) < _FEWEST_ENTRIES or not 0 < (item.locator.page or 0) <= _CONTENTS_BY:
        return False
    pages = [int(cell) for cell in last if cell.isdigit() and len(cell) < 4]
    roman = sum(bool(re.fullmatch(r"[ivxl]+", cell)) for cell in last)
    return 10 * (len(pages) + roman) >= 8 * len(last) and len(pages) > 2 and pages == sorted(pages)


def _sheet_row(item: StoredItem) -> Grid | None:
    """A single row of a sheet, which is written as its head and its value a line where the row is long."""
    rows, lines = item.metadata.get("rows"), _bare_lines(item)
    if not isinstance(rows, list) or not rows or rows[0] != rows[-1]:
        return None
    pairs = [line.partition(": ") for line in lines]
    if len(pairs) < 2 or not all(head.strip() and between for head, between, _ in pairs):
        return None
    return Grid(
        heads=tuple(head.strip() for head, _, _ in pairs),
        rows=(tuple(" ".join(cell.split()) for _, _, cell in pairs),),
        quotes=("\n".join(lines),),
        about=_about(item),
    )


def _pairs(item: StoredItem) -> Grid | None:
    """Lines of a label and its value, as forms, receipts and lists of facts have them, as a grid of two columns."""
    lines = _bare_lines(item)
    found = _found_pairs(item, lines)
    if len(found) < 2 or 3 * len(found) < len(lines):
        return None
    return _labelled(item, [])


def _labelled(item: StoredItem, ahead: Sequence[tuple[tuple[str, str], str]]) -> Grid:
    """A list of labels with a value each: those of a chart, then those of lines."""
    lines = _bare_lines(item)
    found = [*ahead, *_found_pairs(item, lines)]
    return Grid(
        heads=("", ""),
        rows=tuple(pair for pair, _ in found),
        quotes=tuple(line.strip() for _, line in found),
        about=f"{' '.join(lines[:1])} {_about(item)}",
        beside=" ".join(lines)[:_MOST_BESIDE],
        labelled=True,
    )


def _bare_lines(item: StoredItem) -> list[str]:
    """Those that belong to no table."""
    lines = without_controls(item.text[:_MAX_TEXT]).splitlines()
    return [line for line in lines if line.strip() and not line.strip().startswith("|")]


def _found_pairs(item: StoredItem, lines: Sequence[str]) -> list[tuple[tuple[str, str], str]]:
    found: list[tuple[tuple[str, str], str]] = []
    below = 0  # the first line is the title, whatever it looks like
    for number, line in enumerate(lines):
        if number <= below:
            continue
        if number + 1 < len(lines) and (pairs := _over_values(line, lines[number + 1])):
            found += [(pair, f"{line}\n{lines[number + 1]}") for pair in pairs]
            # Of three and more the first may be a label itself: an item with its price.
            below = number + 1 if len(pairs) == 2 else below
        elif pair := _pair(line, item.modality in IMAGE_MODALITIES):
            found.append((pair, line))
    return found


def _over_values(line: str, below: str) -> list[tuple[str, str]]:
    """Labels side by side, each above its value, as forms have them: "Booking ID  Paid by" over "IB 2087  Card"."""
    labels, values = _GAP.split(line.strip()), _GAP.split(below.strip())
    if len(labels) < 2 or len(labels) != len(values) or not all(map(_LABEL.fullmatch, labels)):
        return []
    stated = any(char.isdigit() for char in below) and not any(value.endswith((":", "：")) for value in values)
    return list(zip(labels, values, strict=True)) if stated and max(map(len, values)) <= _LONGEST_VALUE else []


def _pair(line: str, of_picture: bool) -> tuple[str, str] | None:
    written = _PAIR.fullmatch(line)
    match = written or (_READ_PAIR.fullmatch(line) if of_picture else None)
    if match is None or _NUMBERED.match(line) or len(match.group(2).split()) > _WORDS:
        return None
    if written is None and re.fullmatch(r"(?:19|20)\d\d", match.group(2)):
        return None  # the end of a date, more likely than a value
    if of_picture and len(amounts := match.group(2).split()) > 1 and all(map(is_amount, amounts)):
        return None  # a row of a chart: nothing says which of them is meant
    return " ".join(match.group(1).split()), " ".join(match.group(2).split())


def entry_asked_for(question: str, line: str) -> str:
    """The value of a line that is a label and its value, where the question names the label; else ""."""
    match = _PAIR.fullmatch(line)
    label = content_terms(match.group(1)) if match and len(match.group(2).split()) <= _WORDS else []
    asked = frozenset(content_terms(question))
    return " ".join(match.group(2).split()) if match and label and asked.issuperset(label) else ""


def labelled_otherwise(question: str, line: str) -> bool:
    """Whether a line gives a value behind a label that shares no word with the question."""
    match = _PAIR.fullmatch(line)
    if match is None or len(match.group(2).split()) > _WORDS:
        return False
    label = frozenset(terms(match.group(1)))
    return not any(
        word in label or any(a[:4] == word[:4] for a in label if len(a) > 3) for word in label_words(question)
    )


def is_unit_head(head: str) -> bool:
    """Whether a column holds the units of the others."""
    return _UNIT_HEAD.fullmatch(head) is not None


def is_amount(cell: str) -> bool:
    """Whether a cell holds a number, with a sign or a unit, and nothing else."""
    return bool(cell) and _AMOUNT.fullmatch(cell) is not None


def _years(cells: Sequence[str]) -> bool:
    return any(re.search(r"(?:19|20)\d\d", cell) for cell in cells)


def _cells(line: str) -> list[str]:
    parts = line[:8000].replace("\\|", "\u2502").strip().strip("|").split("|")
    return [" ".join(part.replace("\u2502", "|").split()) for part in parts]


def _wide(cells: Sequence[str], width: int) -> tuple[str, ...]:
    return (*cells[:width], *[""] * (width - len(cells)))


def _called(item: StoredItem) -> str:
    """What a question may call a picture with a table, and its values."""
    if item.modality not in IMAGE_MODALITIES:
        return ""
    text = item.text[:_MAX_TEXT]
    aged = len(_AGES.findall(text)) > 1
    return " ".join([_CHART, *([_SHARE] if "%" in text else []), *([_OF_AGES] if aged else [])])


def _about(item: StoredItem) -> str:
    context = " ".join(line for line in item.context.splitlines() if not line.startswith("|"))
    name = item.uri.rsplit("/", 1)[-1].rsplit(".", 1)[0].replace("_", " ").replace("-", " ")
    return " ".join([name, *item.locator.section, context, caption_of(item), _called(item)])
