"""The drawn part of the sample corpus: charts, signs, and a letter that looks scanned."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ragmm.sample.figures import CHARTS, Chart

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw as Pen

__all__ = ["chart_image", "charts", "scanned_letter", "sign_photo", "signs"]

Colour = tuple[int, int, int]
Point = tuple[float, float]

SIDE: Final = 480
INK: Final = (32, 34, 40)
PAPER: Final = (253, 253, 251)
NIGHT: Final = (20, 22, 40)
COLOURS: Final[Mapping[str, Colour]] = {
    "red": (220, 38, 38),
    "green": (34, 150, 60),
    "blue": (36, 82, 220),
    "yellow": (248, 214, 36),
    "orange": (249, 128, 20),
    "purple": (128, 44, 178),
}
SIGNS: Final = {
    "heron-island": ("circle", "blue"),
    "pine-point": ("triangle", "red"),
    "mill-harbour": ("square", "green"),
    "gull-rock": ("star", "yellow"),
    "office": ("diamond", "purple"),
}
LETTER: Final = (
    "Mill Harbour, 6 May 2023",
    "",
    "Dear Blue Heron Ferries,",
    "",
    "on Thursday I left a green umbrella with a",
    "wooden handle on the 17:40 boat to Heron",
    "Island. It belonged to my grandmother.",
    "If it was found, please call 555 0142.",
    "",
    "With kind regards,",
    "Agnes Moreau",
)


def charts() -> dict[str, bytes]:
    """The charts as PNG files, by path."""
    return {f"charts/{name}.png": _png(chart_image(chart)) for name, chart in CHARTS.items()}


def signs() -> dict[str, bytes]:
    """The signs as PNG files, by path."""
    return {f"signs/{stop}.png": _png(_sign(shape, COLOURS[colour])) for stop, (shape, colour) in SIGNS.items()}


def sign_photo() -> bytes:
    """The sign of Gull Rock as a camera might see it."""
    shape, colour = SIGNS["gull-rock"]
    image = _sign(shape, COLOURS[colour], centre=(0.45, 0.54), radius=0.24, ground=NIGHT)
    return _jpeg(_grainy(image, seed=3, amount=4))


def scanned_letter() -> bytes:
    """A typed letter, a little askew and grainy."""
    image = Image.new("RGB", (900, 900), (250, 248, 242))
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(LETTER):
        pen.text((90, 110 + 56 * number), line, fill=INK, font=ImageFont.load_default(34))
    askew = image.rotate(0.6, resample=Image.Resampling.BICUBIC, fillcolor=(250, 248, 242))
    return _jpeg(_grainy(askew, seed=5, amount=6))


def chart_image(chart: Chart) -> Image.Image:
    """A square picture with a title that is legible when small."""
    image = Image.new("RGB", (2 * SIDE, 2 * SIDE), PAPER)
    pen = ImageDraw.Draw(image)
    _text(pen, (0.5, 0.085), chart.title, 0.075)
    _CHARTS[chart.kind](pen, chart)
    return image.reduce(2)


def _bars(pen: Pen, chart: Chart) -> None:
    step = _axes(pen, chart)
    for number, value in enumerate(chart.values):
        left = 0.13 + step * (number + 0.17)
        pen.rectangle(_scaled((left, _height(chart, value)), (left + 0.66 * step, 0.84)), fill=COLOURS[chart.colour])


def _line(pen: Pen, chart: Chart) -> None:
    step = _axes(pen, chart)
    points = [(0.13 + step * (number + 0.5), _height(chart, value)) for number, value in enumerate(chart.values)]
    pen.line(_scaled(*points), fill=COLOURS[chart.colour], width=18, joint="curve")
    for x, y in points:
        pen.ellipse(_scaled((x - 0.018, y - 0.018), (x + 0.018, y + 0.018)), fill=COLOURS[chart.colour])


def _pie(pen: Pen, chart: Chart) -> None:
    angle = -90.0
    for label, value, colour in zip(chart.labels, chart.values, COLOURS.values(), strict=False):
        sweep = 360 * value / sum(chart.values)
        pen.pieslice(_scaled((0.2, 0.25), (0.8, 0.85)), angle, angle + sweep, fill=colour, outline=PAPER, width=4)
        middle = math.radians(angle + sweep / 2)
        _text(pen, (0.5 + 0.39 * math.cos(middle), 0.55 + 0.36 * math.sin(middle)), label, 0.05)
        angle += sweep


_CHARTS: Final[Mapping[str, Callable[[Pen, Chart], None]]] = {"bar": _bars, "line": _line, "pie": _pie}


def _axes(pen: Pen, chart: Chart) -> float:
    """Draw axes and labels; returns the width that each value has."""
    pen.line(_scaled((0.13, 0.19), (0.13, 0.84), (0.95, 0.84)), fill=INK, width=6)
    step = 0.82 / len(chart.values)
    for number, (label, value) in enumerate(zip(chart.labels, chart.values, strict=True)):
        middle = 0.13 + step * (number + 0.5)
        _text(pen, (middle, 0.9), label, 0.05)
        _text(pen, (middle, _height(chart, value) - 0.045), f"{value}", 0.04)
    return step


def _height(chart: Chart, value: float) -> float:
    return 0.84 - 0.6 * value / (1.05 * max(chart.values))


def _sign(
    shape: str, colour: Colour, *, centre: Point = (0.5, 0.5), radius: float = 0.34, ground: Colour = (252, 252, 250)
) -> Image.Image:
    image = Image.new("RGB", (2 * SIDE, 2 * SIDE), ground)
    pen = ImageDraw.Draw(image)
    x, y = centre
    if shape == "circle":
        pen.ellipse(_scaled((x - radius, y - radius), (x + radius, y + radius)), fill=colour)
    else:
        corners = _corners(shape)
        pen.polygon(_scaled(*((x + radius * dx, y + radius * dy) for dx, dy in corners)), fill=colour)
    return image.reduce(2)


def _corners(shape: str) -> list[Point]:
    if shape == "star":
        return _around(10, (1.0, 0.42))
    if shape == "square":
        return [(-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)]
    return _around({"triangle": 3, "diamond": 4}[shape], (1.0,))


def _around(many: int, radii: Sequence[float]) -> list[Point]:
    angles = [math.tau * number / many - math.pi / 2 for number in range(many)]
    lengths = [radii[number % len(radii)] for number in range(many)]
    return [(length * math.cos(angle), length * math.sin(angle)) for angle, length in zip(angles, lengths, strict=True)]


def _scaled(*points: Point) -> list[Point]:
    return [(2 * SIDE * x, 2 * SIDE * y) for x, y in points]


def _text(pen: Pen, at: Point, text: str, height: float) -> None:
    pen.text(_scaled(at)[0], text, fill=INK, font=ImageFont.load_default(round(2 * SIDE * height)), anchor="mm")


def _grainy(image: Image.Image, *, seed: int, amount: int) -> Image.Image:
    grain = np.random.default_rng(seed).normal(0, amount, (image.height, image.width, 1))
    return Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))


def _png(image: Image.Image) -> bytes:
    packed = io.BytesIO()
    image.save(packed, "PNG", optimize=True)
    return packed.getvalue()


def _jpeg(image: Image.Image) -> bytes:
    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=85)
    return packed.getvalue()
