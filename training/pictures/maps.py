"""Maps: streets, islands, contours, rails, shaded districts, weather."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from training.pictures.canvas import INK, Canvas, Point
from training.pictures.vocabulary import COLOURS, RGB

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

KINDS = ("street map", "island map", "contour map", "rail map", "district map", "weather map")
PLACES = ("Arden", "Brook", "Calder", "Dover", "Elm", "Fair", "Glen", "Haven", "Iris", "Kent")
SEA: RGB = (164, 204, 236)
LAND: RGB = (214, 226, 184)


def draw_map(rng: random.Random, size: int, *, kind: str | None = None) -> tuple[Canvas, dict[str, Any]]:
    """Draw a map; what is None is left to chance."""
    kind = kind or rng.choice(KINDS)
    place = f"{rng.choice(PLACES)} {_SUFFIX[kind]}"
    canvas = Canvas(size, _GROUND[kind])
    marks = _DRAW[kind](canvas, rng)
    canvas.rectangle((0, 0, 1, 0.13), (250, 250, 246))
    canvas.fitted((0.5, 0.065), place, 0.085, 0.9)
    return canvas, {"kind": kind, "title": place, "marks": marks}


def _blob(rng: random.Random, at: Point, radius: float) -> list[Point]:
    """A wobbly closed outline around a centre."""
    phase = [rng.uniform(0, 6.3) for _ in range(3)]
    points = []
    for k in range(36):
        t = 2 * math.pi * k / 36
        wobble = sum(math.sin((n + 2) * t + p) / (n + 2) for n, p in enumerate(phase))
        r = radius * (1 + 0.28 * wobble)
        points.append((at[0] + r * math.cos(t), at[1] + r * math.sin(t)))
    return points


def _streets(canvas: Canvas, rng: random.Random) -> int:
    x, y = rng.uniform(0.15, 0.6), rng.uniform(0.25, 0.6)
    canvas.rectangle((x, y, x + 0.25, y + 0.22), (180, 214, 158))
    for _ in range(4):
        at = rng.uniform(0.15, 0.95)
        canvas.line(((0, at), (1, at + rng.uniform(-0.06, 0.06))), (255, 255, 255), 0.03)
        canvas.line(((at, 0), (at + rng.uniform(-0.06, 0.06), 1)), (255, 255, 255), 0.03)
    canvas.line(((0, rng.random()), (1, rng.random())), COLOURS["yellow"], 0.04)
    return _pins(canvas, rng)


def _pins(canvas: Canvas, rng: random.Random) -> int:
    many = rng.randint(0, 3)
    for _ in range(many):
        x, y = rng.uniform(0.1, 0.9), rng.uniform(0.25, 0.9)
        canvas.polygon(((x, y), (x - 0.035, y - 0.06), (x + 0.035, y - 0.06)), COLOURS["red"])
        canvas.disc((x, y - 0.07), 0.04, COLOURS["red"])
        canvas.disc((x, y - 0.07), 0.015, (255, 255, 255))
    return many


def _islands(canvas: Canvas, rng: random.Random) -> int:
    many = rng.randint(1, 4)
    spots = [(0.3, 0.38), (0.72, 0.36), (0.33, 0.76), (0.72, 0.75)]
    rng.shuffle(spots)
    for at in spots[:many]:
        outline = _blob(rng, at, rng.uniform(0.13, 0.18))
        canvas.polygon(outline, LAND, (150, 140, 100))
        canvas.disc(at, 0.014, INK)
    return many


def _contours(canvas: Canvas, rng: random.Random) -> int:
    at = (rng.uniform(0.35, 0.65), rng.uniform(0.45, 0.65))
    outline = _blob(rng, (0.0, 0.0), 1.0)
    for k in range(8, 0, -1):
        points = [(at[0] + x * 0.06 * k, at[1] + y * 0.06 * k) for x, y in outline]
        canvas.line([*points, points[0]], (166, 116, 66), 0.007)
    canvas.polygon(((at[0], at[1] - 0.03), (at[0] + 0.03, at[1] + 0.02), (at[0] - 0.03, at[1] + 0.02)), INK)
    return 1


def _rails(canvas: Canvas, rng: random.Random) -> int:
    many = rng.randint(2, 4)
    for colour in rng.sample(("red", "blue", "green", "orange", "purple"), many):
        y, bend = rng.uniform(0.22, 0.9), rng.uniform(0.3, 0.7)
        down = min(0.92, max(0.2, y + rng.choice((-1, 1)) * rng.uniform(0.15, 0.35)))
        canvas.line(((0.04, y), (bend - 0.1, y), (bend + 0.1, down), (0.96, down)), COLOURS[colour], 0.026)
        for x in (0.08, 0.2, 0.8, 0.92):
            at = (x, y if x < bend - 0.1 else down)
            canvas.disc(at, 0.024, INK)
            canvas.disc(at, 0.015, (255, 255, 255))
    return many


def _districts(canvas: Canvas, rng: random.Random) -> int:
    base = COLOURS[rng.choice(("blue", "green", "red", "purple", "orange"))]
    columns, rows = rng.randint(2, 4), rng.randint(2, 3)
    knots = {
        (c, r): (
            0.06 + 0.88 * c / columns + rng.uniform(-0.04, 0.04),
            0.2 + 0.74 * r / rows + rng.uniform(-0.04, 0.04),
        )
        for c in range(columns + 1)
        for r in range(rows + 1)
    }
    for cell in range(columns * rows):
        c, r = cell % columns, cell // columns
        shade = rng.choice((0.2, 0.45, 0.7, 1.0))
        tone = tuple(int(255 - (255 - value) * shade) for value in base)
        corners = [knots[c, r], knots[c + 1, r], knots[c + 1, r + 1], knots[c, r + 1]]
        canvas.polygon(corners, (tone[0], tone[1], tone[2]), (255, 255, 255))
    return columns * rows


def _weather(canvas: Canvas, rng: random.Random) -> int:
    canvas.polygon(_blob(rng, (0.5, 0.58), 0.36), LAND, (150, 140, 100))
    many = rng.randint(2, 4)
    spots = [(0.32, 0.42), (0.68, 0.42), (0.34, 0.74), (0.68, 0.74)]
    rng.shuffle(spots)
    for x, y in spots[:many]:
        if rng.random() < 0.5:
            canvas.disc((x, y), 0.06, COLOURS["yellow"])
        else:
            for dx, dy, r in ((-0.05, 0.01, 0.04), (0.0, -0.02, 0.055), (0.05, 0.01, 0.04)):
                canvas.disc((x + dx, y + dy), r, (240, 240, 244))
            for dx in (-0.04, 0.0, 0.04):
                canvas.line(((x + dx, y + 0.06), (x + dx - 0.015, y + 0.1)), COLOURS["blue"], 0.012)
    return many


_SUFFIX = {
    "street map": "Town",
    "island map": "Islands",
    "contour map": "Peak",
    "rail map": "Lines",
    "district map": "County",
    "weather map": "Weather",
}
_GROUND: dict[str, RGB] = {
    "street map": (232, 228, 218),
    "island map": SEA,
    "contour map": (238, 234, 214),
    "rail map": (252, 252, 250),
    "district map": (236, 240, 244),
    "weather map": SEA,
}
_DRAW: dict[str, Callable[[Canvas, random.Random], int]] = {
    "street map": _streets,
    "island map": _islands,
    "contour map": _contours,
    "rail map": _rails,
    "district map": _districts,
    "weather map": _weather,
}
