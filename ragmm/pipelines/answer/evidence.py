"""Cuts what a search found into the pieces an answer can quote: sentences, table rows, captions, "key: value" lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ragmm.text.inert import without_controls
from ragmm.text.patterns import late
from ragmm.text.sentences import sentences
from ragmm.types import Hit, StoredItem

__all__ = ["Unit", "caption_of", "units_of", "units_of_hits"]

_MAX_TEXT = 200_000
"""Of an item, how many characters are looked at; chunkers keep items far below."""
_AMOUNT = late(r"[(\s$€£¥+-]*(?!(?:19|20)\d\d\b)\d[\d.,]*[\s)%]*")
_SEPARATOR = late(r"[\s|:+-]{3,}")
_CJK_GAP = late("(?<=[\u3000-\u9fff\uf900-\uffef]) (?=[\u3000-\u9fff\uf900-\uffef])")


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One quotable piece of a hit."""

    hit: Hit
    order: int
    """Position among the units of its hit."""
    text: str
    """Readable on its own: a table row with its header, white space evened out."""
    quote: str
    """As it stands in the item, terminal escapes and hidden characters aside."""
    lead: str = ""
    """The heading or caption it stands under: it scores, but is not shown."""


def units_of_hits(hits: Sequence[Hit], *, per_hit: int = 200) -> list[Unit]:
    """Units of all hits in rank order; a piece that an earlier hit already has is left out."""
    seen: set[str] = set()
    found: list[Unit] = []
    for hit in sorted(hits, key=lambda hit: hit.rank):
        for unit in _first(units_of(hit), per_hit):
            key = unit.text.casefold()
            if key not in seen:
                seen.add(key)
                found.append(unit)
    return found


def units_of(hit: Hit) -> Iterator[Unit]:
    """The units of one hit in reading order."""
    lead, order = "", 0
    header, whole = _header(hit.item), without_controls(hit.item.text[:_MAX_TEXT])
    for start, end in sentences(whole):
        quote = whole[start:end]
        heading = quote.startswith("#") or quote.endswith(("?", "？"))
        if quote.startswith("|"):
            if _heads_table(whole, end) and (names := _names(quote)):
                header = names
                continue
            text, header = _row(quote, header)
        else:
            text, header = _even(quote), []
        if heading:
            lead = text.lstrip("# ")
        if not any(char.isalnum() for char in text):
            continue
        yield Unit(hit=hit, order=order, text=text.lstrip("#>*•- ") or text, quote=quote, lead="" if heading else lead)
        order += 1
        lead = lead if heading or quote.startswith("|") else ""
    caption = caption_of(hit.item)
    if caption and caption not in hit.item.text:
        yield Unit(hit=hit, order=order, text=_even(caption), quote=caption)


def caption_of(item: StoredItem) -> str:
    """The caption a loader found beside an image or table, or that a model wrote for it."""
    caption = item.metadata.get("caption", "")
    return caption if isinstance(caption, str) else ""


def _header(item: StoredItem) -> list[str]:
    """Column names that a loader keeps in the context when a table is split over several items."""
    rows = [line for line in item.context.splitlines() if line.startswith("|")]
    return _names(rows[0]) if rows else []


def _names(row: str) -> list[str]:
    """The cells of a table's first row where they name its columns; none where they are amounts already."""
    cells = _cells(row)
    return [] if any(_AMOUNT.fullmatch(cell) for cell in cells[1:]) else cells


def _heads_table(text: str, end: int) -> bool:
    """Whether the line after a table row is the rule under a header."""
    rule = _SEPARATOR.match(text, end)
    return rule is not None and "---" in rule.group()


def _row(line: str, header: list[str]) -> tuple[str, list[str]]:
    """A row as "column: cell" text, and the header that holds from here on."""
    if _SEPARATOR.fullmatch(line):
        return "", header
    cells = _cells(line)
    if not header:
        return "; ".join(cell for cell in cells if cell), header
    named = [f"{name}: {cell}" if name else cell for name, cell in _paired(header, cells) if cell]
    return "; ".join(named), header


def _cells(line: str) -> list[str]:
    cells = line[:4000].replace("\\|", "\u2502").strip().strip("|").split("|")
    return [_even(cell.replace("\u2502", "|")) for cell in cells]


def _paired(header: Sequence[str], cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    for index, cell in enumerate(cells):
        yield (header[index] if index < len(header) else ""), cell


def _even(text: str) -> str:
    """White space as single spaces, none between two CJK characters."""
    return _CJK_GAP.sub("", " ".join(text.split()))


def _first(units: Iterator[Unit], count: int) -> Iterator[Unit]:
    for unit, _ in zip(units, range(count), strict=False):
        yield unit
