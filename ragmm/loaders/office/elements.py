"""From parts to items: passages cut by structure, tables and figures standing where they stood, with captions."""

from __future__ import annotations

import hashlib
import re
import warnings
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ragmm.errors import DocumentError, MissingExtraError
from ragmm.loaders.base import DocumentWarning
from ragmm.loaders.blocks import Block, BlockKind, Outline
from ragmm.loaders.chunking import Chunk, chunk_blocks, section_context
from ragmm.loaders.figure_labels import caption_label, link_mentions
from ragmm.loaders.nested import NestedReader
from ragmm.loaders.ocr import ocr_items
from ragmm.loaders.office.figures import figure_asset
from ragmm.loaders.office.structures import PartKind, Structure, filled_rows, one_line, paragraph
from ragmm.loaders.settings import LoaderSettings
from ragmm.loaders.sign_columns import with_signs_joined
from ragmm.loaders.table_heads import with_one_head
from ragmm.types import Item, Locator, Modality

__all__ = ["Assembler", "markdown_table"]

_LONGEST_CAPTION = 400
# What office programs call a picture that nobody described.
_NAMELESS = re.compile(r"(?:picture|image|graphic|grafik|bild|imagen|photo|图片|圖片)?\s{0,3}\d{0,6}\Z", re.IGNORECASE)
_WINDOW_CHARACTERS = 400_000
_SAME_PICTURE = 3
_KINDS = {
    PartKind.HEADING: BlockKind.HEADING,
    PartKind.LIST_ITEM: BlockKind.LIST,
    PartKind.CODE: BlockKind.CODE,
}
_KEPT_METADATA = ("role", "notes")


def simplified(parts: Iterable[Structure]) -> Iterator[Structure]:
    """The same parts, with tables of one row or one column, which only lay text out, as paragraphs."""
    for part in parts:
        if part.kind is not PartKind.TABLE or part.metadata:
            yield part
            continue
        rows = [[cell for cell in row if cell.strip()] for row in part.rows]
        if sum(map(bool, rows)) > 1 and max(map(len, rows)) > 1:
            yield part
        else:
            yield from (paragraph(" ".join(row), part.page) for row in rows if row)


def markdown_table(rows: Sequence[Sequence[str]]) -> tuple[str, int]:
    """The rows as a Markdown table, and where its header ends."""
    filled = with_one_head(with_signs_joined(list(filled_rows(rows))))
    if not filled:
        return "", 0
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in filled]
    lines.insert(1, "|" + " --- |" * len(filled[0]) + "\n")
    return "".join(lines), len(lines[0]) + len(lines[1])


@dataclass(kw_only=True)
class _Flow:
    """The running text of a stretch of parts, with what must be found again after cutting."""

    text: list[str] = field(default_factory=list)
    length: int = 0
    blocks: list[Block] = field(default_factory=list)
    standing: list[tuple[int, int, tuple[str, ...]]] = field(default_factory=list)
    """Offset, index and section of each table, figure and attachment."""
    texts: list[Structure] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    """Offset of each of the texts."""

    def append(self, part: Structure, section: tuple[str, ...]) -> None:
        self.texts.append(part)
        self.starts.append(self.length)
        listed = part.kind is PartKind.LIST_ITEM
        end = "\n" if listed else "\n\n"
        shown = "  " * min(part.level, 8) + _bulleted(part.text) if listed else part.text
        start, self.length = self.length, self.length + len(shown) + len(end)
        self.text.append(shown + end)
        last = self.blocks[-1] if self.blocks else None
        if listed and last is not None and last.kind is BlockKind.LIST and last.end == start:
            self.blocks[-1] = last._replace(end=self.length)
        else:
            kind = _KINDS.get(part.kind, BlockKind.PARAGRAPH)
            self.blocks.append(Block(start=start, end=self.length, kind=kind, level=part.level, section=section))


class Assembler:
    """Turns the parts of one document into its items.

    `paged` cuts the text at every change of page (slides); otherwise passages may run over page ends.
    """

    def __init__(
        self,
        settings: LoaderSettings,
        name: str,
        properties: Mapping[str, str] | None = None,
        nested: NestedReader | None = None,
        *,
        paged: bool = False,
    ) -> None:
        self._settings = settings
        self._name = name
        self._properties = {key: _clean(value) for key, value in (properties or {}).items()}
        self._nested = nested
        self._paged = paged
        self._outline = Outline()
        self._pictures: Counter[str] = Counter()

    def items(self, parts: Iterable[Structure]) -> Iterator[Item]:
        """Figures linked to the passages that mention them, and read where OCR is on."""
        return ocr_items(link_mentions(self._items(parts)), self._settings)

    def _items(self, parts: Iterable[Structure]) -> Iterator[Item]:
        window: list[Structure] = []
        characters = 0
        for part in simplified(map(_cleaned, parts)):
            turned = self._paged and bool(window) and part.page != window[-1].page
            if turned or (characters > _WINDOW_CHARACTERS and part.kind is PartKind.HEADING):
                yield from self._window_items(window)
                window, characters = [], 0
                if turned:
                    self._outline = Outline()
            window.append(part)
            characters += len(part.text)
        yield from self._window_items(window)

    def _window_items(self, window: list[Structure]) -> Iterator[Item]:
        flow = self._flow(window)
        text = "".join(flow.text)
        standing = iter(flow.standing)
        waiting = next(standing, None)
        for chunk in chunk_blocks(text, flow.blocks, self._settings):
            while waiting is not None and waiting[0] <= chunk.start:
                yield from self._standing_items(window, waiting[1], waiting[2])
                waiting = next(standing, None)
            if shown := text[chunk.start : chunk.end].strip():
                yield self._passage(shown, chunk, flow)
        while waiting is not None:
            yield from self._standing_items(window, waiting[1], waiting[2])
            waiting = next(standing, None)

    def _flow(self, window: list[Structure]) -> _Flow:
        flow = _Flow()
        for index, part in enumerate(window):
            if part.kind in (PartKind.TABLE, PartKind.FIGURE, PartKind.ATTACHMENT):
                flow.standing.append((flow.length, index, self._outline.section))
            elif part.text.strip():
                title = one_line(part.text)
                section = (
                    self._outline.enter(part.level, title) if part.kind is PartKind.HEADING else self._outline.section
                )
                if "silent" not in part.metadata:
                    flow.append(part, section)
        return flow

    def _passage(self, shown: str, chunk: Chunk, flow: _Flow) -> Item:
        starts = flow.starts
        low, high = bisect_left(starts, chunk.start), bisect_left(starts, chunk.end)
        covered = flow.texts[low:high]
        first = covered[0] if covered else flow.texts[max(0, low - 1)]
        links = [link for part in covered for link in part.metadata.get("links", ())]
        kept = {
            key: part.metadata[key] for part in covered or [first] for key in _KEPT_METADATA if key in part.metadata
        }
        return Item(
            modality=Modality.PASSAGE,
            text=shown,
            locator=Locator(page=first.page, section=chunk.section),
            context=self._context(chunk.section),
            metadata={**self._properties, **kept, **({"links": links[:50]} if links else {})},
        )

    def _standing_items(self, window: list[Structure], index: int, section: tuple[str, ...]) -> Iterator[Item]:
        part = window[index]
        if part.kind is PartKind.TABLE:
            yield from self._table_items(part, _caption(window, index), section)
        elif part.kind is PartKind.FIGURE and self._settings.figures:
            yield from self._figure_items(part, _caption(window, index), section)
        elif part.kind is PartKind.ATTACHMENT and self._nested is not None:
            yield from self._nested.items(part.data, part.text, page=part.page, section=section)

    def _table_items(self, part: Structure, caption: str, section: tuple[str, ...]) -> Iterator[Item]:
        body, header_end = markdown_table(part.rows)
        caption = part.text or caption
        lead = f"{caption}\n\n" if caption else ""
        text = lead + body
        block = Block(start=0, end=len(text), kind=BlockKind.TABLE, section=section, header_end=len(lead) + header_end)
        for chunk in chunk_blocks(text, [block], self._settings):
            yield Item(
                modality=Modality.TABLE,
                text=text[chunk.start : chunk.end].strip(),
                locator=Locator(page=part.page, section=section),
                context="\n".join(filter(None, (self._context(section), chunk.context))),
                metadata={**self._properties, **part.metadata, **_label(caption)},
            )

    def _figure_items(self, part: Structure, caption: str, section: tuple[str, ...]) -> Iterator[Item]:
        digest = hashlib.sha256(part.data).hexdigest()
        self._pictures[digest] += 1
        if self._pictures[digest] > _SAME_PICTURE:  # a logo
            return
        caption = part.text or caption
        alt = str(part.metadata.get("alt", ""))
        text = caption or ("" if _NAMELESS.match(alt) else alt)
        try:
            asset = figure_asset(part.data, self._settings)
        except (DocumentError, MissingExtraError) as error:
            where = f" on page {part.page}" if part.page else ""
            warnings.warn(DocumentWarning(f"{self._name}: a figure{where} was left out: {error}"), stacklevel=2)
            asset = None
        else:
            if asset is None:  # decoration
                return
        if asset is None and not text:
            return
        yield Item(
            modality=Modality.PASSAGE if asset is None else Modality.FIGURE,
            text=text,
            asset=asset,
            locator=Locator(page=part.page, section=section),
            context=self._context(section),
            metadata={**self._properties, **part.metadata, **_label(caption)},
        )

    def _context(self, section: tuple[str, ...]) -> str:
        title = self._properties.get("title", "")
        path = section if not title or title in section else (title, *section)
        return section_context(path)


# Control characters and halves of pairs: neither databases nor terminals should meet them.
_UNPRINTABLE = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127, *range(0xD800, 0xE000), 0xFFFE, 0xFFFF))


def _clean(text: str) -> str:
    return text if text.isprintable() else text.translate(_UNPRINTABLE)


def _cleaned(part: Structure) -> Structure:
    rows = [[_clean(cell) for cell in row] for row in part.rows]
    return replace(part, text=_clean(part.text), rows=rows)


def _bulleted(text: str) -> str:
    return text if re.match(r"(?:[(\[]?\w{1,4}[.)\]]|[-*•–])\s", text) else f"- {text}"


def _caption(window: list[Structure], index: int) -> str:
    """The caption beside a figure (behind it first) or table (before it first); "" where none is marked as one."""
    before, behind = _neighbour(window, index, -1), _neighbour(window, index, 1)
    is_table = window[index].kind is PartKind.TABLE
    nearest = (before, behind) if is_table else (behind, before)
    labelled = ((text, caption_label(text)) for text in nearest)
    return next((text for text, label in labelled if label and label.startswith("Table") == is_table), "")


def _neighbour(window: list[Structure], index: int, step: int) -> str:
    at = index + step
    while 0 <= at < len(window) and abs(at - index) < 4 and not window[at].text.strip():
        at += step
    if not 0 <= at < len(window) or window[at].kind in (PartKind.TABLE, PartKind.ATTACHMENT):
        return ""
    return one_line(window[at].text)[:_LONGEST_CAPTION]


def _label(caption: str) -> dict[str, Any]:
    label = caption_label(caption)
    return {**({"caption": caption} if caption else {}), **({"label": label} if label else {})}
