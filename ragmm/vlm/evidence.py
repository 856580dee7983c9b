"""Cuts what a search found into the pieces an answer can quote: sentences, table rows, captions, "key: value" lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ragmm.types import Hit, StoredItem
from ragmm.vlm.inert import without_controls

__all__ = ["Unit", "caption_of", "sentences", "units_of", "units_of_hits"]

_MAX_TEXT = 200_000
"""Of an item, how many characters are looked at; chunkers keep items far below."""
_MAX_SENTENCE = 480
"""Longer stretches without a full stop are cut at a clause or a space."""

# Both patterns match wherever they start to match: no backtracking, so time is linear in the text.
_STOP = re.compile(r"""[.!?…]+["'”’»)\]]*|[。！？｡؟।॥။።]+["'”’»)\]」』）】]*|\n[ \t\r]*\n?\s*""")
_CLAUSE = re.compile(r"[;:,，；：、]\s*|\s+")
_MARKER = re.compile(r"\s{0,8}(?:[-*•▪●○+|#>]|\(?\d{1,3}[.)](?!\d)|\(?[a-z]\))")
_KEY_VALUE = re.compile(r"[^\s:：|][^:：\n|]{0,48}[:：](?:\s+\S|(?<=：)\S)")
_ROW_END = re.compile(r"[\d%)]\s*$")
_AMOUNT = re.compile(r"[(\s$€£¥+-]*(?!(?:19|20)\d\d\b)\d[\d.,]*[\s)%]*")
_SEPARATOR = re.compile(r"[\s|:+-]{3,}")
_CJK_GAP = re.compile("(?<=[\u3000-\u9fff\uf900-\uffef]) (?=[\u3000-\u9fff\uf900-\uffef])")
_ABBREVIATED = (
    "al approx art bzw ca cf co corp dept dr ed eds eg eq etc fig figs ie inc jr ltd mr mrs ms no nos nr p pp prof "
    "resp sec sr st tab usw vol vs z"
)
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())


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


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the sentences and self-contained lines of a text in any script, in linear time."""
    start = 0
    for match in _STOP.finditer(text):
        if _ends(text, start, match):
            yield from _trimmed(text, start, match.end())
            start = match.end()
    yield from _trimmed(text, start, len(text))


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    mark = match.group()
    if text[start] == "|" and "\n" not in mark:
        return False
    if mark[0] == "\n":
        return mark.count("\n") > 1 or _line_ends(text, max(start, text.rfind("\n", start, match.start()) + 1), match)
    if mark[0] in "。！？｡؟।॥။።":
        return True
    after = text[match.end() : match.end() + 2]
    if after and not after[0].isspace():
        return False
    return mark[0] != "." or not (_abbreviated(text, start, match.start()) or after[1:].islower())


def _abbreviated(text: str, start: int, stop: int) -> bool:
    words = text[max(start, stop - 12) : stop].split()
    word = words[-1].lstrip("(\"'").lower() if words else ""
    letters = word.replace(".", "")
    return (
        letters in _ABBREVIATIONS or (len(letters) == 1 and letters.isalpha()) or (word.isdigit() and stop - start <= 4)
    )


def _line_ends(text: str, line_start: int, match: re.Match[str]) -> bool:
    """Whether a single line break ends a unit rather than wrapping a sentence."""
    line = text[line_start : min(match.start(), line_start + 200)]
    following = text[match.end() : match.end() + 200].split("\n", 1)[0]
    if line.lstrip().startswith(("#", "|")) or _MARKER.match(following):
        return True
    if _KEY_VALUE.match(following.lstrip()) or (_KEY_VALUE.match(line.lstrip()) and len(line) < 160):
        return True
    if len(line) < 100 and _ROW_END.search(line[-4:]) and not following[:1].islower():
        return True
    return len(line) < 45 and not following[:1].islower() and len(line.encode()) < 90


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span without outer white space, in pieces of at most _MAX_SENTENCE characters."""
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    end = start + len(piece.strip())
    while end - start > _MAX_SENTENCE and text[start] != "|":
        cut = max(
            (m.end() for m in _CLAUSE.finditer(text, start + _MAX_SENTENCE // 2, start + _MAX_SENTENCE)),
            default=start + _MAX_SENTENCE,
        )
        stop = start + len(text[start:cut].rstrip())
        if stop > start:
            yield start, stop
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if end > start:
        yield start, end


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
