"""The tables of a paper that was photographed or scanned into a picture: each an item, as on the pages of a PDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import fmean, median
from typing import TYPE_CHECKING

from ragmm.loaders.chunking import Block, BlockKind, chunk_blocks
from ragmm.loaders.levelling import turned_box
from ragmm.loaders.pdf.geometry import clipped, grown
from ragmm.loaders.pdf.page import PageTable
from ragmm.loaders.pdf.scanned_tables import paper_tables_of, rules_of
from ragmm.loaders.pdf.table_text import markdown, stored_rows
from ragmm.loaders.picture import encode_image
from ragmm.loaders.read_lines import OcrLine, placed
from ragmm.loaders.settings import LoaderSettings
from ragmm.loaders.table_heads import parts_at_heads
from ragmm.types import Asset, Box, Item, Locator, Modality

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["paper_tables"]

_LINE = 12.0
"""Points that a line of text is high where nothing says at what scale a picture was taken."""
_MOST_LINES, _FEWEST_LINES = 1_000, 8
_LONGEST_ABOVE = 400
"""Letters of what stands above a table: whose bill it is, of which day."""
_MARGIN = 4.0
_MOST_TABLES = 20


def paper_tables(item: Item, lines: Sequence[OcrLine], image: Image, settings: LoaderSettings) -> Iterator[Item]:
    """Those that rules or alignment make, each with what stands above it as context."""
    if not _FEWEST_LINES <= len(lines) <= _MOST_LINES:
        return
    scale = max(1.0, median([line.place[3] - line.place[1] for line in lines])) / _LINE
    written = [placed(line, scale) for line in lines]
    slant = lines[0].slant
    rules = rules_of(_levelled(image, slant), scale)
    marks = {"ocr": True, "confidence": round(fmean(line.confidence for line in lines), 3)}
    for table in paper_tables_of(written, rules)[:_MOST_TABLES]:
        box = _on_picture(table.table.box, scale, slant, image)
        locator = Locator(page=item.locator.page, box=box)
        shown = Item(modality=Modality.TABLE, asset=_cut_out(image, box), locator=locator, metadata=marks)
        above = " ".join(line.text for line in lines if line.place[3] <= table.table.box[1] * scale)[:_LONGEST_ABOVE]
        yield from _items(shown, table, "\n".join(filter(None, (item.context, above))), settings)


def _items(shown: Item, found: PageTable, context: str, settings: LoaderSettings) -> Iterator[Item]:
    """In parts where it is long."""
    caption = found.caption.text if found.caption else ""
    for part in parts_at_heads(stored_rows(found.table)):
        text, header_end = markdown(part)
        block = Block(start=0, end=len(text), kind=BlockKind.TABLE, header_end=header_end)
        for chunk in chunk_blocks(text, [block], settings):
            around = "\n".join(filter(None, (context, caption, chunk.context)))
            yield replace(shown, text=text[chunk.start : chunk.end].rstrip("\n"), context=around)


def _levelled(image: Image, slant: float) -> Image:
    from PIL.Image import Resampling

    return image.convert("RGB").rotate(slant, Resampling.BILINEAR, fillcolor="white") if slant else image


def _on_picture(box: Box, scale: float, slant: float, image: Image) -> Box:
    """Where a table lies on the picture as it is."""
    x0, y0, x1, y1 = (side * scale for side in box)
    lies = turned_box((x0, y0, x1, y1), slant, image.size) if slant else (x0, y0, x1, y1)
    left, top, right, bottom = clipped(grown(lies, _MARGIN), (0.0, 0.0, float(image.width), float(image.height)))
    return round(left, 1), round(top, 1), round(right, 1), round(bottom, 1)


def _cut_out(image: Image, box: Box) -> Asset | None:
    left, top, right, bottom = map(round, box)
    return encode_image(image.crop((left, top, right, bottom)), lossy=True) if right > left and bottom > top else None
