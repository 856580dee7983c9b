"""A unit-square canvas: drawing code is written once and works at every picture size."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence

    from training.pictures.vocabulary import RGB

Point = tuple[float, float]
Box = tuple[float, float, float, float]

SUPERSAMPLE = 2
INK: RGB = (32, 34, 40)
PAPER: RGB = (253, 253, 251)


@lru_cache(maxsize=256)
def font(height: int) -> ImageFont.FreeTypeFont:
    """Pillow's built-in scalable font, so that no system font is needed."""
    return cast("ImageFont.FreeTypeFont", ImageFont.load_default(max(height, 4)))


class Canvas:
    """A square picture addressed in 0..1 from the top left, drawn at twice its size."""

    def __init__(self, size: int, background: RGB) -> None:
        self.size = size
        self.pixels = size * SUPERSAMPLE
        self.image = Image.new("RGB", (self.pixels, self.pixels), background)
        self.pen = ImageDraw.Draw(self.image)

    def finish(self) -> Image.Image:
        """The picture at its own size."""
        return self.image.reduce(SUPERSAMPLE)

    def width_of(self, text: str, height: float) -> float:
        """The width of a text drawn at this height."""
        return float(font(self._height(height)).getlength(text)) / self.pixels

    def rectangle(self, box: Box, fill: RGB | None = None, outline: RGB | None = None, width: float = 0.006) -> None:
        """Draw a box; corners may come in any order."""
        x0, y0, x1, y1 = self._scaled(box)
        corners = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        self.pen.rectangle(corners, fill=fill, outline=outline, width=self._stroke(width))

    def rounded(self, box: Box, fill: RGB | None = None, outline: RGB | None = None, radius: float = 0.02) -> None:
        """Draw a box with round corners."""
        self.pen.rounded_rectangle(
            self._scaled(box),
            radius * self.pixels,
            fill=fill,
            outline=outline,
            width=self._stroke(0.006),
        )

    def ellipse(self, box: Box, fill: RGB | None = None, outline: RGB | None = None, width: float = 0.006) -> None:
        """Draw an ellipse inside a box."""
        self.pen.ellipse(self._scaled(box), fill=fill, outline=outline, width=self._stroke(width))

    def disc(self, centre: Point, radius: float, fill: RGB) -> None:
        """Draw a filled circle."""
        x, y = centre
        self.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)

    def slice(self, box: Box, start: float, end: float, fill: RGB) -> None:
        """Draw a pie slice; angles in degrees, clockwise from three o'clock."""
        self.pen.pieslice(self._scaled(box), start, end, fill=fill, outline=PAPER, width=2)

    def polygon(self, points: Sequence[Point], fill: RGB, outline: RGB | None = None) -> None:
        """Draw a filled polygon."""
        self.pen.polygon(self._all(points), fill=fill, outline=outline, width=self._stroke(0.006))

    def line(self, points: Sequence[Point], fill: RGB, width: float = 0.008) -> None:
        """Draw a line through the points."""
        self.pen.line(self._all(points), fill=fill, width=self._stroke(width), joint="curve")

    def arrow(self, start: Point, end: Point, fill: RGB = INK, width: float = 0.008) -> None:
        """Draw a straight line with a head at its end."""
        self.line((start, end), fill, width)
        dx, dy = end[0] - start[0], end[1] - start[1]
        norm = max((dx * dx + dy * dy) ** 0.5, 1e-6)
        ux, uy = dx / norm * 0.03, dy / norm * 0.03
        left = (end[0] - ux - uy * 0.6, end[1] - uy + ux * 0.6)
        right = (end[0] - ux + uy * 0.6, end[1] - uy - ux * 0.6)
        self.polygon((end, left, right), fill)

    def text(self, at: Point, text: str, height: float, *, fill: RGB = INK, anchor: str = "la") -> None:
        """Write a text; `anchor` as Pillow defines it."""
        self.pen.text(self._all((at,))[0], text, fill=fill, font=self._font(height), anchor=anchor)

    def fitted(self, at: Point, text: str, height: float, room: float, *, fill: RGB = INK) -> None:
        """Write a text centred on `at`, smaller where it would be wider than `room`."""
        wide = self.width_of(text, height)
        self.text(at, text, height if wide <= room else height * room / wide, fill=fill, anchor="mm")

    def paste(self, picture: Image.Image, at: Point) -> None:
        """Lay an RGBA picture over the canvas, its top left corner at `at`."""
        x, y = (round(value * self.pixels) for value in at)
        self.image.paste(picture, (x, y), picture)

    def _font(self, height: float) -> ImageFont.FreeTypeFont:
        return font(self._height(height))

    def _height(self, height: float) -> int:
        return round(height * self.pixels)

    def _stroke(self, width: float) -> int:
        return max(1, round(width * self.pixels))

    def _scaled(self, box: Box) -> Box:
        x0, y0, x1, y1 = (value * self.pixels for value in box)
        return x0, y0, x1, y1

    def _all(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self.pixels, y * self.pixels) for x, y in points]
