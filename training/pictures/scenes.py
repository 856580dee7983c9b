"""Scenes: one to six coloured shapes on a background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training.pictures.canvas import Box, Canvas
from training.pictures.shapes import draw_shape
from training.pictures.vocabulary import (
    BACKGROUNDS,
    CLASHES,
    COLOURS,
    HELD_OUT,
    RGB,
    SHAPES,
    SIZES,
    is_held_out,
)

if TYPE_CHECKING:
    import random

KINDS = ("single", "equal", "pair", "three")
RELATIONS = ("left", "above", "inside")
# Only these leave room for a smaller shape inside them.
HOLLOW = ("circle", "square", "rectangle", "pentagon", "hexagon", "oval")
RADII = {"small": (0.07, 0.10), "medium": (0.135, 0.17), "large": (0.23, 0.30)}
Thing = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a caller fixes about a scene; None leaves it to chance, and only
    `held_out=True` shows a held-out pair (as the first object). `scale` is the objects' size."""

    kind: str | None = None
    colour: str | None = None
    shape: str | None = None
    scale: str | None = None
    count: int | None = None
    background: str | None = None
    relation: str | None = None
    held_out: bool = False
    objects: tuple[tuple[str, str], ...] | None = None


def draw_scene(rng: random.Random, size: int, **constraints: Any) -> tuple[Canvas, dict[str, Any]]:
    """Draw a scene; the constraints are the fields of `Wish`."""
    wish = Wish(**constraints)
    kind = _kind(rng, wish)
    things, relation = _ARRANGE[kind](rng, wish)
    background = wish.background or _background(rng, {t["colour"] for t in things})
    canvas = Canvas(size, BACKGROUNDS[background])
    _decorate(canvas, rng, background)
    order = sorted(things, key=lambda thing: -float(thing["radius"]))
    for thing in order:
        centre = (thing["x"], thing["y"])
        draw_shape(canvas, thing["shape"], centre, thing["radius"], _tint(rng, thing["colour"]))
    objects = [{k: v for k, v in thing.items() if k != "radius"} for thing in things]
    facts = {"kind": kind, "background": background, "objects": objects, "relation": relation}
    return canvas, facts | {"count": len(objects)}


def _kind(rng: random.Random, wish: Wish) -> str:
    if wish.kind:
        return wish.kind
    if wish.objects:
        return "pair" if len(wish.objects) == 2 else "three"
    if wish.relation:
        return "pair"
    if wish.count:
        return "single" if wish.count == 1 else "equal"
    return rng.choices(KINDS, (40, 22, 26, 12))[0]


def _pairs(rng: random.Random, wish: Wish, many: int) -> list[tuple[str, str]]:
    """`many` different colour-shape pairs, the wished one first."""
    if wish.objects:
        return list(wish.objects)
    chosen: list[tuple[str, str]] = []
    if wish.held_out:
        chosen.append(rng.choice(sorted(p for p in HELD_OUT if _fits(p, wish))))
    while len(chosen) < many:
        first = not chosen
        colour = (wish.colour if first else None) or rng.choice(tuple(COLOURS))
        shape = (wish.shape if first else None) or rng.choice(SHAPES)
        fixed = first and wish.colour is not None and wish.shape is not None
        if (fixed or not is_held_out(colour, shape)) and (colour, shape) not in chosen:
            chosen.append((colour, shape))
    return chosen


def _fits(pair: tuple[str, str], wish: Wish) -> bool:
    return wish.colour in (None, pair[0]) and wish.shape in (None, pair[1])


def _thing(pair: tuple[str, str], size: str, radius: float, at: tuple[float, float]) -> Thing:
    x, y = (min(max(value, radius + 0.01), 0.99 - radius) for value in at)
    return {
        "shape": pair[1],
        "colour": pair[0],
        "size": size,
        "x": round(x, 4),
        "y": round(y, 4),
        "radius": radius,
    }


def _single(rng: random.Random, wish: Wish) -> tuple[list[Thing], dict[str, Any] | None]:
    size = wish.scale or rng.choice(SIZES)
    radius = rng.uniform(*RADII[size])
    at = (rng.uniform(radius, 1 - radius), rng.uniform(radius, 1 - radius))
    return [_thing(_pairs(rng, wish, 1)[0], size, radius, at)], None


def _equal(rng: random.Random, wish: Wish) -> tuple[list[Thing], dict[str, Any] | None]:
    count = wish.count or rng.randint(2, 6)
    pair = _pairs(rng, wish, 1)[0]
    size = wish.scale or rng.choice(("small", "medium") if count > 2 else SIZES[:2])
    cells = rng.sample(range(9 if size == "small" else 6), count)
    columns, rows = (3, 3) if size == "small" else (3, 2)
    radius = min(rng.uniform(*RADII[size]), 0.14)
    things = []
    for cell in cells:
        x = (cell % columns + 0.5 + rng.uniform(-0.04, 0.04)) / columns
        y = (cell // columns + 0.5 + rng.uniform(-0.12, 0.12)) / rows
        things.append(_thing(pair, size, radius, (x, y)))
    return things, None


def _pair(rng: random.Random, wish: Wish) -> tuple[list[Thing], dict[str, Any] | None]:
    relation = wish.relation or rng.choices(RELATIONS, (4, 4, 2))[0]
    pairs = _pairs(rng, wish, 2)
    facts = {"kind": relation, "subject": 0, "object": 1}
    if relation == "inside":
        return _nested(rng, pairs), facts
    size = wish.scale or rng.choice(SIZES[:2] if rng.random() < 0.6 else ("medium",))
    things = []
    for pair, along in zip(pairs, (rng.uniform(0.2, 0.28), rng.uniform(0.72, 0.8)), strict=True):
        across = rng.uniform(0.36, 0.64)
        at = (along, across) if relation == "left" else (across, along)
        things.append(_thing(pair, size, rng.uniform(*RADII[size]), at))
    return things, facts


def _nested(rng: random.Random, pairs: list[tuple[str, str]]) -> list[Thing]:
    inner, outer = pairs
    colour = outer[0] if outer[0] != inner[0] else ("black" if inner[0] != "black" else "orange")
    shapes = [s for s in HOLLOW if not is_held_out(colour, s)]
    shape = outer[1] if outer[1] in shapes else rng.choice(shapes)
    centre = (rng.uniform(0.42, 0.58), rng.uniform(0.42, 0.58))
    big = _thing((colour, shape), "large", rng.uniform(0.34, 0.40), centre)
    small = _thing(inner, "small", rng.uniform(0.11, 0.135), (big["x"], big["y"]))
    return [small, big]


def _three(rng: random.Random, wish: Wish) -> tuple[list[Thing], dict[str, Any] | None]:
    spots = [(0.25, 0.27), (0.75, 0.27), (0.25, 0.73), (0.75, 0.73)]
    rng.shuffle(spots)
    things = []
    pairs = _pairs(rng, wish, 3)
    for pair, (x, y) in zip(pairs, spots[: len(pairs)], strict=True):
        size = wish.scale or rng.choice(SIZES[:2])
        at = (x + rng.uniform(-0.06, 0.06), y + rng.uniform(-0.06, 0.06))
        things.append(_thing(pair, size, rng.uniform(*RADII[size]), at))
    return things, None


_ARRANGE = {"single": _single, "equal": _equal, "pair": _pair, "three": _three}


def _background(rng: random.Random, colours: set[str]) -> str:
    # An inner shape stands on another shape, so only some clashes would really be invisible.
    clear = [name for name in BACKGROUNDS if not CLASHES[name] & colours]
    return rng.choice(clear or ["dotted"])


def _tint(rng: random.Random, colour: str) -> RGB:
    r, g, b = (min(255, max(0, value + rng.randint(-14, 14))) for value in COLOURS[colour])
    return r, g, b


def _decorate(canvas: Canvas, rng: random.Random, background: str) -> None:
    """Draw the pattern of a background that is not plain."""
    if background == "striped":
        step = rng.uniform(0.08, 0.13)
        for k in range(int(1 / step) + 1):
            canvas.rectangle((k * step, 0, (k + 0.45) * step, 1), (196, 198, 214))
    elif background == "checkered":
        step = rng.uniform(0.09, 0.14)
        for box in _checks(step):
            canvas.rectangle(box, (200, 194, 186))
    elif background == "dotted":
        step = rng.uniform(0.08, 0.12)
        for k in range(int(1 / step + 1) ** 2):
            row, column = divmod(k, int(1 / step + 1))
            canvas.disc(((column + 0.5) * step, (row + 0.5) * step), 0.014, (206, 180, 168))
    elif background != "white":
        _weather(canvas, rng, background)


def _checks(step: float) -> list[Box]:
    many = int(1 / step) + 1
    cells = [(r, c) for r in range(many) for c in range(many) if (r + c) % 2]
    return [(c * step, r * step, (c + 1) * step, (r + 1) * step) for r, c in cells]


def _weather(canvas: Canvas, rng: random.Random, background: str) -> None:
    specks = {
        "night": ((230, 230, 210), 0.004, 24),
        "meadow": ((92, 154, 66), 0.008, 40),
        "sky": ((226, 238, 250), 0.05, 5),
        "sand": ((206, 182, 134), 0.006, 40),
    }
    colour, radius, many = specks[background]
    for _ in range(many):
        canvas.disc((rng.random(), rng.random()), radius * rng.uniform(0.6, 1.4), colour)
