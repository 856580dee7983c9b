"""How each of the fourteen shapes is drawn around a centre."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from training.pictures.canvas import Box, Canvas, Point
    from training.pictures.vocabulary import RGB

Painter = Callable[["Canvas", float, float, float, "RGB"], None]


def draw_shape(canvas: Canvas, shape: str, centre: Point, radius: float, fill: RGB) -> None:
    """Draw a shape that fits into a circle of this radius around the centre."""
    PAINTERS[shape](canvas, centre[0], centre[1], radius, fill)


def _around(x: float, y: float, half_width: float, half_height: float) -> Box:
    return (x - half_width, y - half_height, x + half_width, y + half_height)


def _regular(x: float, y: float, r: float, corners: int, start: float) -> list[Point]:
    angles = (math.radians(start + 360 * k / corners) for k in range(corners))
    return [(x + r * math.cos(a), y + r * math.sin(a)) for a in angles]


def _circle(c: Canvas, x: float, y: float, r: float, fill: RGB) -> None:
    c.ellipse(_around(x, y, r * 0.9, r * 0.9), fill)


def _oval(c: Canvas, x: float, y: float, r: float, fill: RGB) -> None:
    c.ellipse(_around(x, y, r, r * 0.55), fill)


def _square(c: Canvas, x: float, y: float, r: float, fill: RGB) -> None:
    c.rectangle(_around(x, y, r * 0.8, r * 0.8), fill)


def _rectangle(c: Canvas, x: float, y: float, r: float, fill: RGB) -> None:
    c.rectangle(_around(x, y, r, r * 0.5), fill)


def _triangle(c: Canvas, x: float, y: float, r: float, fill: RGB) -> None:
    c.polygon(((x, y - r * 0.9), (x + r, y + r * 0.8), (x - r, y + r * 0.8)), fill)


def _diamond(c: Canvas, x: float, y: float, r: float, fill: RGB) -> None:
    c.polygon(((x, y - r), (x + r * 0.75, y), (x, y + r), (x - r * 0.75, y)), fill)


def _pentagon(c: Canvas, x: float, y: float, r: float, fill: RGB) -> None:
    c.polygon(_regular(x, y, r, 5, -90), fill)


def _hexagon(c: Canvas, x: float, y: float, r: float, fill: RGB) -> None:
    c.polygon(_regular(x, y, r, 6, 0), fill)


def _star(c: Canvas, x: float, y: float, r: float, fill: RGB) -> None:
    outer, inner = _regular(x, y, r, 5, -90), _regular(x, y, r * 0.42, 5, -54)
    c.polygon([point for pair in zip(outer, inner, strict=True) for point in pair], fill)


def _heart(c: Canvas, x: float, y: float, r: float, fill: RGB) -> None:
    points = []
    for step in range(40):
        t = 2 * math.pi * step / 40
        down = 13 * math.cos(t) - 5 * math.cos(2 * t) - 2 * math.cos(3 * t) - math.cos(4 * t)
        points.append((x + r * math.sin(t) ** 3, y - r * (down + 2) / 16))
    c.polygon(points, fill)


def _cross(c: Canvas, x: float, y: float, r: float, fill: RGB) -> None:
    c.rectangle(_around(x, y, r * 0.95, r * 0.32), fill)
    c.rectangle(_around(x, y, r * 0.32, r * 0.95), fill)


def _ring(c: Canvas, x: float, y: float, r: float, fill: RGB) -> None:
    c.ellipse(_around(x, y, r * 0.95, r * 0.95), None, fill, width=r * 0.32)


def _crescent(c: Canvas, x: float, y: float, r: float, fill: RGB) -> None:
    outer = [(x + r * math.cos(a), y + r * math.sin(a)) for a in _sweep(55, 305)]
    inner = [(x + r * 0.38 + r * 0.82 * math.cos(a), y + r * 0.82 * math.sin(a)) for a in _sweep(283, 77)]
    c.polygon(outer + inner, fill)


def _sweep(first: float, last: float) -> list[float]:
    return [math.radians(first + (last - first) * k / 24) for k in range(25)]


def _arrow(c: Canvas, x: float, y: float, r: float, fill: RGB) -> None:
    c.rectangle((x - r, y - r * 0.26, x + r * 0.15, y + r * 0.26), fill)
    c.polygon(((x + r, y), (x + r * 0.05, y - r * 0.75), (x + r * 0.05, y + r * 0.75)), fill)


PAINTERS: Final[dict[str, Painter]] = {
    "circle": _circle,
    "oval": _oval,
    "square": _square,
    "rectangle": _rectangle,
    "triangle": _triangle,
    "diamond": _diamond,
    "pentagon": _pentagon,
    "hexagon": _hexagon,
    "star": _star,
    "heart": _heart,
    "cross": _cross,
    "ring": _ring,
    "crescent": _crescent,
    "arrow": _arrow,
}
