"""The lines of a text page by MuPDF's own writer, in half the time that PyMuPDF takes to hand them over as objects.

Each line comes with the type of its first character only, as pdfium's do, and without its direction: a page on which a
line may run aslant is left to the slower way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ragmm.loaders.pdf.base import Line, is_bold_name

__all__ = ["quick_lines"]

# The writer cuts numbers to integers of 32 bits: with this scale they say as much as its own numbers do, and the sides
# of a page that is larger would not fit.
_SCALE = 100_000
_LARGEST = 20_000.0
_BUFFER = 1 << 16
# A level line's first character begins where its box does; of a line that runs aslant, sideways by this share of its
# size, it stands further in.
_LEVEL = 0.05


def quick_lines(mupdf: Any, page: Any) -> list[Line] | None:
    """The lines of a text page in the order of the file; None for a page that has to be read the slower way."""
    bounds = page.m_internal.mediabox
    sides = (bounds.x0, bounds.y0, bounds.x1, bounds.y1)
    if max(map(abs, sides)) > _LARGEST:
        return None
    buffer = mupdf.fz_new_buffer(_BUFFER)
    output = mupdf.FzOutput(buffer)
    mupdf.fz_print_stext_page_as_json(output, page, _SCALE)
    output.fz_close_output()
    try:
        blocks = json.loads(mupdf.fz_buffer_extract(buffer))["blocks"]
    except ValueError:  # a font or text that is no Unicode
        return None
    area = [_SCALE * side for side in sides]
    found: list[Line] = []
    for block in blocks:
        for line in block["lines"] if block["type"] == "text" else ():
            text, box, font = line["text"], line["bbox"], line["font"]
            if not text or text.isspace() or _is_outside(box, area):
                continue
            x, width, size = box["x"], box["w"], font["size"]
            slack = _LEVEL * size
            if line["wmode"] or not (-slack < line["x"] - x < slack or -slack < line["x"] - x - width < slack):
                return None
            y = box["y"]
            place = (x / _SCALE, y / _SCALE, (x + width) / _SCALE, (y + box["h"]) / _SCALE)
            bold = font["weight"] == "bold" or is_bold_name(font["name"])
            found.append(Line(text, place, size / _SCALE, bold, True))
    return found


def _is_outside(box: Mapping[str, int], area: Sequence[float]) -> bool:
    left, top, right, bottom = area
    return box["x"] >= right or box["y"] >= bottom or box["x"] + box["w"] <= left or box["y"] + box["h"] <= top
