"""Plain coloured shapes on off-white, drawn with integers and hard edges: no model was trained on these.

The outlines that shapes are told by are not blind to them: bites of crescents were added after a first look, in which
121 of 128 were told.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PIL import Image, ImageDraw

RGB = tuple[int, int, int]
Points = list[tuple[float, float]]
_PAPER: RGB = (250, 248, 240)
_SIDE = 256
_COLOURS: dict[str, RGB] = {
    "red": (200, 30, 30), "orange": (255, 140, 0), "yellow": (255, 215, 0), "green": (0, 128, 0),
    "cyan": (0, 200, 200), "blue": (30, 60, 200), "purple": (128, 0, 128), "pink": (255, 105, 180),
    "brown": (139, 69, 19), "black": (0, 0, 0), "grey": (128, 128, 128),
}  # fmt: skip
TEXTS = (
    "The harbour office opens at eight and closes at five.", "Invoices are paid within thirty days of receipt.",
    "The red team won the spring tournament.", "A blue whale can weigh 150 tonnes.",
    "Bake the bread for forty minutes.", "The square in front of the town hall hosts a market every Saturday.",
    "The star of the show was a young violinist.", "Hearts of palm are eaten in salads.",
    "Cross the bridge and turn left.", "The green party gained two seats.",
    "Quarterly revenue rose to 4.2 million.", "The ring road is closed for repairs.",
    "The moon was a thin crescent over the hills.", "Orange juice prices fell in March.",
    "The pentagonal tower dates from 1310.", "The arrow keys move the cursor.",
    "A triangle of land lies between two rivers.", "The diamond market in Antwerp is old.",
    "Her purple coat was sold at auction.", "The black box was found on Tuesday.",
)  # fmt: skip
"""What lies beside the drawings: words about other things, some of them by the same names."""


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A picture and what it is called."""

    name: str
    data: bytes


def plain_drawings(many: int, *, by_hand: bool = False) -> Iterator[Drawing]:
    """Each another shape or colour, the same at every call: as PNG with hard edges or, `by_hand`, shaky and as JPEG."""
    rng = random.Random(f"plain drawings {by_hand}")
    pairs = [(colour, shape) for colour in _COLOURS for shape in _OUTLINES]
    rng.shuffle(pairs)
    for colour, shape in pairs[:many]:
        image = Image.new("RGB", (_SIDE, _SIDE), _PAPER)
        radius = rng.randint(40, 90)
        middle = [rng.randint(radius + 8, _SIDE - radius - 8) for _ in range(2)]
        for fill, points in _OUTLINES[shape]():
            drawn = _shaky(points, rng) if by_hand else points
            corners = [(middle[0] + radius * x, middle[1] + radius * y) for x, y in drawn]
            ImageDraw.Draw(image).polygon(corners, fill=_COLOURS[colour] if fill else _PAPER)
        name = f"{'an' if colour[0] in 'aeiou' else 'a'} {colour} {shape}"
        yield Drawing(name=name, data=_encoded(image, "JPEG" if by_hand else "PNG"))


def _encoded(image: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def _shaky(points: Points, rng: random.Random) -> Points:
    """As a hand draws it: through many points, none of which is quite where it should be."""
    found: Points = []
    for (x, y), (to_x, to_y) in zip(points, [*points[1:], points[0]], strict=True):
        steps = max(1, round(math.hypot(to_x - x, to_y - y) * 8))
        found += [
            (x + (to_x - x) * k / steps + rng.gauss(0, 0.015), y + (to_y - y) * k / steps + rng.gauss(0, 0.015))
            for k in range(steps)
        ]
    return found


def _ellipse(flat: float = 1.0, size: float = 1.0, x: float = 0.0) -> Points:
    around = [2 * math.pi * k / 90 for k in range(90)]
    return [(x + size * math.cos(a), size * flat * math.sin(a)) for a in around]


def _regular(corners: int, inner: float = 1.0) -> Points:
    """Upright; with every second corner pulled in."""
    turns = [2 * math.pi * k / corners - math.pi / 2 for k in range(corners)]
    reach = [inner if k % 2 else 1.0 for k in range(corners)]
    return [(r * math.cos(a), r * math.sin(a)) for r, a in zip(reach, turns, strict=True)]


def _box(wide: float, high: float) -> Points:
    return [(-wide, -high), (wide, -high), (wide, high), (-wide, high)]


def _heart() -> Points:
    half = [math.pi + math.pi * k / 30 for k in range(31)]
    left = [(-0.5 + 0.5 * math.cos(a), -0.4 + 0.5 * math.sin(a)) for a in half]
    return [*left, *[(x + 1, y) for x, y in left], (0, 1)]


_Layers = list[tuple[bool, Points]]
"""Drawn one over the other, in the colour or in that of the paper."""
_OUTLINES: dict[str, Callable[[], _Layers]] = {
    "circle": lambda: [(True, _ellipse())],
    "oval": lambda: [(True, _ellipse(0.6))],
    "square": lambda: [(True, _box(0.85, 0.85))],
    "rectangle": lambda: [(True, _box(1, 0.55))],
    "triangle": lambda: [(True, _regular(3))],
    "diamond": lambda: [(True, [(0, -1), (0.7, 0), (0, 1), (-0.7, 0)])],
    "pentagon": lambda: [(True, _regular(5))],
    "hexagon": lambda: [(True, _regular(6))],
    "star": lambda: [(True, _regular(10, 0.4))],
    "heart": lambda: [(True, _heart())],
    "cross": lambda: [(True, _box(1, 0.3)), (True, _box(0.3, 1))],
    "ring": lambda: [(True, _ellipse()), (False, _ellipse(size=0.7))],
    "crescent": lambda: [(True, _ellipse()), (False, _ellipse(x=0.5))],
    "arrow": lambda: [(True, _box(0.6, 0.2)), (True, [(0.2, -0.6), (1, 0), (0.2, 0.6)])],
}
