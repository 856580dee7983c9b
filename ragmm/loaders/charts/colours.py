"""What colours a chart's legend has, in words: "Colour of Exports: red"."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ragmm.loaders.charts.legends import with_legends_cut
from ragmm.loaders.charts.pieces import ChartPiece, Written, is_prose, pieces_of
from ragmm.loaders.charts.tints import Pixels, Tints, has_hue

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["colour_name", "legend_in_words"]

_MOST_LINES, _MOST_ENTRIES, _FEWEST = 120, 12, 2
_MARKS = " —–-•·"
_LONGEST = 40
_HUES = (
    (0.035, "red"),
    (0.11, "orange"),
    (0.19, "yellow"),
    (0.44, "green"),
    (0.53, "turquoise"),
    (0.72, "blue"),
    (0.83, "purple"),
    (0.94, "pink"),
    (1.01, "red"),
)
"""Up to which hue a colour has that name."""
_DARK, _LIGHT, _FAINT = 0.42, 0.75, 0.5
"""Values and saturations of brown, and of what is called light."""
_LEVEL, _LISTED, _EDGE = 0.6, 14.0, 3.5
"""Heights between entries of one legend in a row, or below each other, and between their edges there."""


def legend_in_words(lines: Sequence[Written], image: Image, scale: float = 1.0) -> str:
    """One line an entry; "" where there is no legend of at least two coloured entries that stand together.

    `scale`: the image's pixels per unit of the lines' boxes.
    """
    pieces = pieces_of(lines)
    if len(pieces) > _MOST_LINES:
        return ""
    tints = Tints(image, scale)
    labels = [piece for piece in with_legends_cut(pieces, tints) if _may_be_entry(piece)]
    tinted = [(label, colour) for label in labels if (colour := tints.of_swatch(label)) is not None]
    found = [(label, colour) for label, colour in tinted if has_hue(colour) and tints.is_on_paper(label)]
    legends = [[one for one in found if _stand_together(first, one[0])] for first, _ in found]
    legend = max(legends, key=len, default=[])
    names = [colour_name(colour) for _, colour in legend]
    # What two entries share tells neither.
    said = [(entry.text.strip(_MARKS), name) for (entry, _), name in zip(legend, names, strict=True)]
    kept = [(text, name) for text, name in said if text and names.count(name) == 1]
    if not _FEWEST <= len(legend) <= _MOST_ENTRIES or 2 * len(kept) < len(legend):
        return ""
    return "\n".join(f"Colour of {text}: {name}" for text, name in kept)


def _may_be_entry(piece: ChartPiece) -> bool:
    return not piece.is_value and not is_prose(piece) and 1 < len(piece.text) <= _LONGEST


def _stand_together(one: ChartPiece, other: ChartPiece) -> bool:
    """Whether two entries are of one legend: in a row, or on one edge."""
    high = one.height
    return abs(one.y - other.y) < _LEVEL * high or (
        abs(one.box[0] - other.box[0]) < _EDGE * high and abs(one.y - other.y) < _LISTED * high
    )


def colour_name(colour: Pixels) -> str:
    """The plain name of a colour that is no grey."""
    red, green, blue = (int(channel) / 255 for channel in colour)
    hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
    name = next(name for most, name in _HUES if hue < most)
    if name in {"orange", "yellow"} and value < _LIGHT:
        return "brown" if name == "orange" or value < _DARK else "dark yellow"
    if value < _DARK:
        return f"dark {name}"
    return f"light {name}" if saturation < _FAINT and value > _LIGHT else name
