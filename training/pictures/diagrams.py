"""Diagrams: boxes, circles and what joins them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from training.pictures.canvas import INK, Canvas, Point
from training.pictures.vocabulary import COLOURS, RGB

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

KINDS = ("flow chart", "network", "tree", "venn", "timeline", "cycle", "pyramid", "mind map")
PALETTE = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "grey")
WORDS = ("Start", "Plan", "Build", "Test", "Ship", "Sell", "Check", "Stop", "Read", "Write")
GROUND: RGB = (251, 251, 249)


def draw_diagram(
    rng: random.Random,
    size: int,
    *,
    kind: str | None = None,
    colour: str | None = None,
    boxes: int | None = None,
) -> tuple[Canvas, dict[str, Any]]:
    """Draw a diagram; what is None is left to chance."""
    kind = kind or rng.choice(KINDS)
    colour = colour or rng.choice(PALETTE)
    low, high = (2, 3) if kind == "venn" else (3, 6)
    many = boxes or rng.randint(low, high)
    canvas = Canvas(size, GROUND)
    words = rng.sample(WORDS, many)
    _DRAW[kind](canvas, rng, words, COLOURS[colour])
    return canvas, {"kind": kind, "colour": colour, "boxes": many, "words": words}


def _box(canvas: Canvas, at: Point, word: str, fill: RGB, half: Point) -> None:
    x, y = at
    canvas.rounded((x - half[0], y - half[1], x + half[0], y + half[1]), fill, INK)
    canvas.fitted(at, word, half[1] * 0.95, half[0] * 1.8, fill=_ink_on(fill))


def _ink_on(fill: RGB) -> RGB:
    return (255, 255, 255) if sum(fill) < 330 else INK


def _flow(canvas: Canvas, rng: random.Random, words: list[str], fill: RGB) -> None:
    many = len(words)
    decision = rng.randrange(1, many) if many > 2 else None
    step = 0.92 / many
    half = min(0.06, step * 0.3)
    for k, word in enumerate(words):
        y = 0.04 + step * (k + 0.5)
        if k:
            canvas.arrow((0.5, y - step + half), (0.5, y - half))
        if k == decision:
            h = half * 1.3
            canvas.polygon(((0.5, y - h), (0.76, y), (0.5, y + h), (0.24, y)), fill, INK)
            canvas.fitted((0.5, y), word, half * 0.8, 0.28, fill=_ink_on(fill))
        else:
            _box(canvas, (0.5, y), word, fill, (0.2, half))


def _ringed(many: int, radius: float) -> list[Point]:
    turns = (2 * math.pi * k / many - math.pi / 2 for k in range(many))
    return [(0.5 + radius * math.cos(t), 0.5 + radius * math.sin(t)) for t in turns]


def _network(canvas: Canvas, rng: random.Random, words: list[str], fill: RGB) -> None:
    places = [(x + rng.uniform(-0.05, 0.05), y + rng.uniform(-0.05, 0.05)) for x, y in _ringed(len(words), 0.34)]
    for k, here in enumerate(places):
        for other in places[k + 1 :]:
            if rng.random() < 0.75:
                canvas.line((here, other), INK, 0.008)
    for here in places:
        canvas.disc(here, 0.075, INK)
        canvas.disc(here, 0.066, fill)


def _tree(canvas: Canvas, _rng: random.Random, words: list[str], fill: RGB) -> None:
    root, leaves = words[0], words[1:]
    room = 0.94 / len(leaves)
    canvas.line(((0.5, 0.28), (0.5, 0.5)), INK)
    for k, word in enumerate(leaves):
        x = 0.03 + room * (k + 0.5)
        canvas.line(((0.5, 0.5), (x, 0.5), (x, 0.7)), INK)
        _box(canvas, (x, 0.74), word, fill, (room * 0.43, 0.065))
    _box(canvas, (0.5, 0.24), root, fill, (0.18, 0.075))


def _venn(canvas: Canvas, rng: random.Random, words: list[str], fill: RGB) -> None:
    centres = [(0.36, 0.42), (0.64, 0.42), (0.5, 0.65)][: len(words)]
    pale = tuple(int(255 - (255 - value) * 0.35) for value in fill)
    for x, y in centres:
        canvas.ellipse((x - 0.27, y - 0.27, x + 0.27, y + 0.27), (pale[0], pale[1], pale[2]))
    for x, y in centres:
        canvas.ellipse((x - 0.27, y - 0.27, x + 0.27, y + 0.27), None, fill, 0.012)
    for (x, y), word in zip(centres, words, strict=True):
        canvas.fitted((0.5 + (x - 0.5) * 1.7, 0.5 + (y - 0.5) * 1.6), word, 0.06, 0.22)
    if rng.random() < 0.5:
        canvas.disc((0.5, 0.48), 0.03, fill)


def _timeline(canvas: Canvas, rng: random.Random, words: list[str], fill: RGB) -> None:
    first = rng.randint(1990, 2020)
    canvas.arrow((0.04, 0.5), (0.96, 0.5), INK, 0.014)
    step = 0.88 / len(words)
    for k, word in enumerate(words):
        x = 0.06 + step * (k + 0.5)
        y = 0.3 if k % 2 else 0.7
        canvas.line(((x, 0.5), (x, y)), INK, 0.006)
        canvas.disc((x, 0.5), 0.032, fill)
        canvas.fitted((x, y - 0.05 if k % 2 else y + 0.05), word, 0.06, step * 1.5)
        canvas.fitted((x, 0.58 if k % 2 else 0.42), str(first + k), 0.05, step * 0.95)


def _cycle(canvas: Canvas, _rng: random.Random, words: list[str], fill: RGB) -> None:
    places = _ringed(len(words), 0.35)
    for k, (x, y) in enumerate(places):
        to_x, to_y = places[(k + 1) % len(places)]
        start = (x + (to_x - x) * 0.3, y + (to_y - y) * 0.3)
        end = (x + (to_x - x) * 0.72, y + (to_y - y) * 0.72)
        canvas.arrow(start, end, INK, 0.014)
    for at, word in zip(places, words, strict=True):
        canvas.disc(at, 0.105, fill)
        canvas.fitted(at, word, 0.055, 0.17, fill=_ink_on(fill))


def _pyramid(canvas: Canvas, _rng: random.Random, words: list[str], fill: RGB) -> None:
    many = len(words)
    for k, word in enumerate(words):
        top, bottom = 0.08 + 0.84 * k / many, 0.08 + 0.84 * (k + 1) / many - 0.015
        narrow, wide = 0.46 * k / many, 0.46 * (k + 1) / many
        shade = 0.65 + 0.35 * k / max(many - 1, 1)
        tone = tuple(int(255 - (255 - value) * shade) for value in fill)
        corners = ((0.5 - narrow, top), (0.5 + narrow, top), (0.5 + wide, bottom), (0.5 - wide, bottom))
        canvas.polygon(corners, (tone[0], tone[1], tone[2]), INK)
        if k:
            canvas.fitted((0.5, (top + bottom) / 2), word, 0.06, narrow * 1.8)


def _mind(canvas: Canvas, _rng: random.Random, words: list[str], fill: RGB) -> None:
    for at, word in zip(_ringed(len(words) - 1, 0.35), words[1:], strict=True):
        canvas.line(((0.5, 0.5), at), fill, 0.016)
        _box(canvas, at, word, GROUND, (0.125, 0.055))
    canvas.ellipse((0.32, 0.4, 0.68, 0.6), fill, INK)
    canvas.fitted((0.5, 0.5), words[0], 0.08, 0.26, fill=_ink_on(fill))


_DRAW: dict[str, Callable[[Canvas, random.Random, list[str], RGB], None]] = {
    "flow chart": _flow,
    "network": _network,
    "tree": _tree,
    "venn": _venn,
    "timeline": _timeline,
    "cycle": _cycle,
    "pyramid": _pyramid,
    "mind map": _mind,
}
