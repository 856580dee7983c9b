"""Cutting a text into passages that cover it: text[start:end] of one after the other is the text, to the character.

Whole blocks under one heading are packed together as long as they fit. What does not fit is cut between blocks, else
between the lines of a list, table or code, else between sentences, clauses, words, and at worst graphemes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ragmm.loaders.blocks import Block, BlockKind, Outline, markdown_blocks, plain_blocks
from ragmm.loaders.settings import LoaderSettings
from ragmm.text.cuts import (
    clause_starts,
    grapheme_cut,
    is_boundary,
    line_starts,
    sentence_starts,
    word_starts,
)
from ragmm.text.tokens import TokenCounter, estimate_tokens, token_counter, token_starts
from ragmm.types import Item, Locator, Modality

__all__ = [
    "Block",
    "BlockKind",
    "Chunk",
    "Outline",
    "TokenCounter",
    "chunk_blocks",
    "estimate_tokens",
    "markdown_blocks",
    "plain_blocks",
    "section_context",
    "text_items",
    "token_counter",
]

Finder = Callable[[str, int, int], Iterator[int]]

_LARGEST_GROUP = 4096
_LONGEST_WORD = 60
_PROSE: tuple[Finder, ...] = (sentence_starts, clause_starts, word_starts)
_LINES: tuple[Finder, ...] = (line_starts, *_PROSE)
_CUT_AT_LINES = frozenset({BlockKind.LIST, BlockKind.TABLE, BlockKind.CODE})


class Chunk(NamedTuple):
    """text[start:end] under one section."""

    start: int
    end: int
    section: tuple[str, ...] = ()
    kind: BlockKind = BlockKind.PARAGRAPH
    """TABLE for rows of a table, else the kind of its first block that is no heading."""
    context: str = ""
    """The header rows that a later part of a table has lost."""


def chunk_blocks(text: str, blocks: Iterable[Block], settings: LoaderSettings) -> Iterator[Chunk]:
    """Chunks of at most `chunk_tokens`, in order; what stands between blocks belongs to the one before.

    Without overlap every character is in exactly one chunk. Blocks are in order and do not overlap.
    """
    if not text:
        return
    ruler = _Ruler(text, settings)
    for group in _groups(blocks, len(text)):
        yield from _chunks(text, group, ruler)


def text_items(
    text: str,
    blocks: Iterable[Block],
    settings: LoaderSettings,
    *,
    page: int | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Iterator[Item]:
    """The chunks of a text as passages and tables, with their exact offsets and their section path as context."""
    for chunk in chunk_blocks(text, blocks, settings):
        yield Item(
            modality=Modality.TABLE if chunk.kind is BlockKind.TABLE else Modality.PASSAGE,
            text=text[chunk.start : chunk.end],
            locator=Locator(page=page, section=chunk.section, start=chunk.start, end=chunk.end),
            context="\n".join(filter(None, (section_context(chunk.section), chunk.context))),
            metadata=metadata or {},
        )


def section_context(section: Sequence[str]) -> str:
    """A section path as it is embedded with a passage."""
    return " > ".join(section)


class _Ruler:
    """Measures spans of one text in tokens, by bisection over the offsets at which tokens begin."""

    def __init__(self, text: str, settings: LoaderSettings) -> None:
        self.starts = token_starts(settings.tokenizer)(text).data
        self.limit = settings.chunk_tokens
        self.overlap = settings.chunk_overlap
        self.length = len(text)

    def tokens(self, start: int, end: int) -> int:
        """A token cut in two counts on both sides."""
        return bisect_left(self.starts, end) - bisect_right(self.starts, start) + 1

    def ahead(self, start: int, tokens: int) -> int:
        """The largest end such that start:end holds at most so many tokens."""
        index = bisect_right(self.starts, start) + tokens - 1
        return self.starts[index] if index < len(self.starts) else self.length

    def back(self, end: int, tokens: int) -> int:
        """The start of so many tokens before the end."""
        return self.starts[max(0, bisect_left(self.starts, end) - tokens)]


class _Group(NamedTuple):
    """Consecutive blocks that may share a chunk: headings, then either one table or anything else."""

    blocks: tuple[Block, ...]
    bounds: tuple[int, ...]
    """Where each block begins, and where the last one ends; without gaps."""

    @property
    def start(self) -> int:
        return self.bounds[0]

    @property
    def end(self) -> int:
        return self.bounds[-1]

    def block_at(self, offset: int) -> int:
        return min(bisect_right(self.bounds, offset), len(self.blocks)) - 1

    def cuts(self, low: int, high: int) -> list[int]:
        """Offsets in [low, high] between two blocks, not after a heading."""
        first, last = bisect_left(self.bounds, low, 1), bisect_right(self.bounds, high, 1, len(self.blocks))
        return [self.bounds[i] for i in range(first, last) if self.blocks[i - 1].kind is not BlockKind.HEADING]


def _groups(blocks: Iterable[Block], length: int) -> Iterator[_Group]:
    pending: list[Block] = []
    start = 0
    for block in blocks:
        if pending and not _continues(pending, block):
            yield _group(pending, start, block.start)
            pending, start = [], block.start
        pending.append(block)
    yield _group(pending or [Block(start=0, end=length)], start, length)


def _group(blocks: list[Block], start: int, end: int) -> _Group:
    return _Group(blocks=tuple(blocks), bounds=(start, *(block.start for block in blocks[1:]), end))


def _continues(pending: list[Block], block: Block) -> bool:
    last = pending[-1]
    if last.kind is BlockKind.HEADING:  # headings stay with what follows, unless nothing stands below them
        return block.kind is not BlockKind.HEADING or block.level > last.level
    return (
        block.kind is not BlockKind.HEADING
        and BlockKind.TABLE not in (block.kind, last.kind)
        and block.section == last.section
        and len(pending) < _LARGEST_GROUP
    )


def _chunks(text: str, group: _Group, ruler: _Ruler) -> Iterator[Chunk]:
    section = group.blocks[-1].section
    body = next((block for block in group.blocks if block.kind is not BlockKind.HEADING), group.blocks[-1])
    header = _header(text, body) if body.kind is BlockKind.TABLE else ""
    for start, end in _spans(text, group, ruler):
        context = header if start > body.start else ""
        yield Chunk(start=start, end=end, section=section, kind=body.kind, context=context)


def _header(text: str, table: Block) -> str:
    return text[table.start : table.header_end].rstrip() if table.header_end > table.start else ""


def _spans(text: str, group: _Group, ruler: _Ruler) -> Iterator[tuple[int, int]]:
    start = done = group.start
    while ruler.tokens(start, group.end) > ruler.limit:
        cut = _cut(text, group, ruler, start, done)
        if cut >= group.end:
            break
        yield start, cut
        start, done = _overlap_start(text, group, ruler, start, cut), cut
    yield start, group.end


def _cut(text: str, group: _Group, ruler: _Ruler, start: int, done: int) -> int:
    """The best end for a chunk that begins at `start`, beyond what is `done`."""
    high = ruler.ahead(start, ruler.limit)
    low = max(ruler.ahead(start, ruler.limit // 4), done + 1)
    left = ruler.tokens(start, group.end)
    # The last two chunks share what is left, rather than leaving a scrap.
    aim = ruler.ahead(start, left // 2 + 1) if 2 * left <= 3 * ruler.limit else high
    between = _nearest(text, group.cuts(done + 1, high), aim)
    if between is not None and not _is_better_filled(group, ruler, start, between):
        return between
    within = group.block_at(high - 1)
    low = min(max(low, group.bounds[within] + 1), high)
    for finder in _LINES if group.blocks[within].kind in _CUT_AT_LINES else _PROSE:
        # A word that is longer than this is none.
        first = max(low, aim - _LONGEST_WORD) if finder is word_starts else low
        found = _nearest(text, finder(text, first - 1, high + 1), aim)
        if found is not None:
            return found
    cut = grapheme_cut(text, aim, low)
    return cut if is_boundary(text, cut) else grapheme_cut(text, aim, done + 1)


def _nearest(text: str, cuts: Iterable[int], aim: int) -> int | None:
    by_distance = sorted(cuts, key=lambda cut: abs(cut - aim))
    return next((cut for cut in by_distance if is_boundary(text, cut)), None)


def _is_better_filled(group: _Group, ruler: _Ruler, start: int, between: int) -> bool:
    """Whether a chunk that ends between two blocks would be small, and the next block must be cut anyway."""
    index = group.block_at(between)
    following = ruler.tokens(group.bounds[index], group.bounds[index + 1])
    return 3 * ruler.tokens(start, between) < ruler.limit < following


def _overlap_start(text: str, group: _Group, ruler: _Ruler, start: int, cut: int) -> int:
    if not ruler.overlap or group.blocks[-1].kind is BlockKind.TABLE:
        return cut
    low = max(ruler.back(cut, ruler.overlap), start)
    return next((at for at in sentence_starts(text, low, cut) if is_boundary(text, at)), cut)
