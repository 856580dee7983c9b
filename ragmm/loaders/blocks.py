"""The parts of a text: paragraphs, headings, lists, tables, code and quotes, each with its offsets and section."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple

__all__ = ["Block", "BlockKind", "Outline", "markdown_blocks", "plain_blocks", "plain_title", "split_lines"]

_LINE = re.compile(r"[^\r\n]*+(?:\r\n?+|\n|\Z)")
_GAP = re.compile(r"(?:\r\n?+|\n)[^\S\r\n]*+(?:\r\n?+|\n)\s*+|\f\s*+")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-+)\s*\Z")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+|\s*\Z)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_BULLET = re.compile(r" {0,3}(?:[-*+•]|\d{1,9}[.)])(?:[ \t]|\s*\Z)")
_LINK = re.compile(r"!?\[([^\]\[]*)\]\([^()]*\)")
_LONGEST_TITLE = 200


class BlockKind(StrEnum):
    """What a part of a text is; decides where it may be cut."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    TABLE = "table"
    CODE = "code"
    QUOTE = "quote"


class Block(NamedTuple):
    """text[start:end], one part of a text."""

    start: int
    end: int
    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    """Of a heading: 1 is the outermost."""
    section: tuple[str, ...] = ()
    """Titles from the outermost to the nearest; a heading's own is the last of its section."""
    header_end: int = 0
    """Of a table: where its header rows end, 0 for none."""


class Outline:
    """The headings that hold at the present place of a text."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []

    def enter(self, level: int, title: str) -> tuple[str, ...]:
        """The section of a new heading: headings of its level and below are left."""
        while self._open and self._open[-1][0] >= level:
            self._open.pop()
        self._open.append((level, title[:_LONGEST_TITLE]))
        return self.section

    @property
    def section(self) -> tuple[str, ...]:
        return tuple(title for _, title in self._open)


def split_lines(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the lines with their ends, at \\n, \\r\\n and \\r only."""
    return (match.span() for match in _LINE.finditer(text) if match.end() > match.start())


def plain_blocks(text: str) -> Iterator[Block]:
    """Paragraphs between blank lines; underlined lines and lines in capitals that stand alone are headings."""
    outline = Outline()
    for start, end in _paragraphs(text):
        level, title = _plain_heading(text, start, end)
        if level:
            section = outline.enter(level, title)
            yield Block(start=start, end=end, kind=BlockKind.HEADING, level=level, section=section)
        else:
            yield Block(start=start, end=end, section=outline.section)


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for gap in _GAP.finditer(text):
        if gap.start() > start:
            yield start, gap.start()
        start = gap.end()
    if start < len(text):
        yield start, len(text)


def _plain_heading(text: str, start: int, end: int) -> tuple[int, str]:
    if end - start > 2 * _LONGEST_TITLE:
        return 0, ""
    lines = text[start:end].split("\n")
    title = lines[0].strip()
    if len(lines) == 2 and title and len(lines[1].strip()) >= 3 and _UNDERLINE.match(lines[1]):
        return (1 if "=" in lines[1] else 2), title
    if len(lines) == 1 and len(title) <= 80 and title.isupper() and title[-1] not in ".,;:!?":
        return (3, title) if sum(map(str.isalpha, title)) >= 4 else (0, "")
    return 0, ""


def markdown_blocks(text: str) -> Iterator[Block]:
    """Blocks of CommonMark with tables and front matter, as far as cutting and the section path need them."""
    return _Markdown(text).blocks()


def plain_title(title: str) -> str:
    """A heading without its markup: links become their text, emphasis and code marks go."""
    short = " ".join(title[: 4 * _LONGEST_TITLE].split())
    return _LINK.sub(r"\1", short).replace("**", "").replace("__", "").replace("`", "").strip()[:_LONGEST_TITLE]


def _is_delimiter_row(line: str) -> bool:
    bare = line.strip()
    return "-" in bare and ("|" in bare or ":" in bare) and not bare.strip("|:- \t")


def _is_row(line: str) -> bool:
    return "|" in line and bool(line.strip())


def _is_text(line: str) -> bool:
    return bool(line.strip())


class _Markdown:
    """One pass over the lines; each block looks ahead only over the lines it takes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans = list(split_lines(text))
        self.outline = Outline()

    def line(self, index: int) -> str:
        start, end = self.spans[index]
        return self.text[start:end]

    def blocks(self) -> Iterator[Block]:
        at = self._front_matter_end()
        if at:
            yield self._block(0, at, BlockKind.CODE)
        while at < len(self.spans):
            line = self.line(at)
            if not line.strip():
                at += 1
                continue
            block, at = self._next(at, line)
            yield block

    def _next(self, at: int, line: str) -> tuple[Block, int]:
        heading = _ATX.match(line)
        if heading:
            return self._heading(at, at + 1, len(heading.group(1)), line[heading.end() :].strip().rstrip("#")), at + 1
        if _FENCE.match(line):
            return self._taken(at, self._fence_end(at), BlockKind.CODE)
        if self._is_table(at):
            end = self._run_end(at + 2, _is_row)
            header_end = self.spans[at + 1][1]
            return self._block(at, end, BlockKind.TABLE, header_end), end
        if line.lstrip().startswith(">"):
            return self._taken(at, self._run_end(at + 1, _is_text), BlockKind.QUOTE)
        if _BULLET.match(line):
            return self._taken(at, self._list_end(at), BlockKind.LIST)
        return self._paragraph(at)

    def _paragraph(self, at: int) -> tuple[Block, int]:
        end = at + 1
        while end < len(self.spans) and not self._interrupts(end):
            if end - at <= 3 and _UNDERLINE.match(self.line(end)):
                title = self.text[self.spans[at][0] : self.spans[end - 1][1]]
                return self._heading(at, end + 1, 1 if "=" in self.line(end) else 2, title), end + 1
            end += 1
        return self._taken(at, end, BlockKind.PARAGRAPH)

    def _interrupts(self, at: int) -> bool:
        line = self.line(at)
        return (
            not line.strip()
            or bool(_ATX.match(line) or _FENCE.match(line))
            or (bool(_BULLET.match(line)) and not _UNDERLINE.match(line))
            or line.lstrip().startswith(">")
            or self._is_table(at)
        )

    def _is_table(self, at: int) -> bool:
        return at + 1 < len(self.spans) and "|" in self.line(at) and _is_delimiter_row(self.line(at + 1))

    def _run_end(self, at: int, belongs: Callable[[str], bool]) -> int:
        while at < len(self.spans) and belongs(self.line(at)):
            at += 1
        return at

    def _fence_end(self, at: int) -> int:
        opening = _FENCE.match(self.line(at))
        fence = opening.group(1) if opening else "```"
        for index in range(at + 1, len(self.spans)):
            line = self.line(index).strip()
            if line.startswith(fence) and not line.strip(fence[0]):
                return index + 1
        return len(self.spans)

    def _list_end(self, at: int) -> int:
        """A list goes on over blank lines as long as what follows is indented or another entry."""
        end = at + 1
        blank = False
        for index in range(at + 1, len(self.spans)):
            line = self.line(index)
            if not line.strip():
                blank = True
                continue
            inside = line[0] in " \t" or bool(_BULLET.match(line))
            if not inside and (blank or self._interrupts(index)):
                break
            end, blank = index + 1, False
        return end

    def _front_matter_end(self) -> int:
        if (
            len(self.spans) < 3
            or self.line(0).rstrip() not in {"---", "+++"}
            or not re.match(r"\w+\s*[:=]", self.line(1))
        ):
            return 0
        fence = self.line(0).rstrip()
        for index in range(1, min(len(self.spans), 500)):
            if self.line(index).rstrip() == fence:
                return index + 1
        return 0

    def _taken(self, first: int, end: int, kind: BlockKind) -> tuple[Block, int]:
        return self._block(first, end, kind), end

    def _heading(self, first: int, end: int, level: int, title: str) -> Block:
        section = self.outline.enter(level, plain_title(title))
        start, stop = self.spans[first][0], self.spans[end - 1][1]
        return Block(start=start, end=stop, kind=BlockKind.HEADING, level=level, section=section)

    def _block(self, first: int, end: int, kind: BlockKind, header_end: int = 0) -> Block:
        start, stop = self.spans[first][0], self.spans[end - 1][1]
        return Block(start=start, end=stop, kind=kind, section=self.outline.section, header_end=header_end)
