"""Questions about scenes of coloured shapes."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from training.pictures.vocabulary import NUMBERS, SHAPES
from training.vlm.wordings import ALL_COLOURS, NOT_SHOWN, Turn, article, reworded, said, several, yes_no

if TYPE_CHECKING:
    from training.pictures import Picture

Thing = dict[str, Any]
_COLOUR: Final = (
    "What colour is the {shape}?",
    "What is the colour of the {shape}?",
    "Which colour does the {shape} have?",
    "colour of the {shape}",
    "{shape} colour?",
    "Tell me the colour of the {shape}.",
    "The {shape} is what colour?",
)
_COLOURS: Final = (
    "What colour are the {shapes}?",
    "What is the colour of the {shapes}?",
    "colour of the {shapes}",
    "{shapes} colour?",
)
_SHAPE: Final = (
    "What shape is the {colour} object?",
    "What is the shape of the {colour} thing?",
    "Which shape is {colour}?",
    "What {colour} shape is there?",
    "shape of the {colour} object",
    "{colour} shape?",
    "What is the {colour} object?",
)
_ONLY_SHAPE: Final = (
    "What shape is shown?",
    "Which shape is this?",
    "What shape is it?",
    "shape?",
    "What shapes are shown?",
)
_COUNT: Final = (
    "How many {things} are there?",
    "How many {things} are in the image?",
    "Count the {things}.",
    "number of {things}",
    "How many {things} can you see?",
    "how many {things}",
    "What is the number of {things}?",
)
_EXISTS: Final = (
    "Is there {thing}?",
    "Is there {thing} in the image?",
    "Does the image show {thing}?",
    "Can you see {thing}?",
    "{thing}?",
    "Do you see {thing} here?",
    "Does this picture contain {thing}?",
)
_WHERE: Final = (
    "Where is the {one} relative to the {other}?",
    "Where is the {one} compared with the {other}?",
    "What is the position of the {one} relative to the {other}?",
    "On which side of the {other} is the {one}?",
    "{one} relative to {other}?",
    "How is the {one} placed relative to the {other}?",
)
_IS_WHERE: Final = (
    "Is the {one} {side} the {other}?",
    "Does the {one} lie {side} the {other}?",
    "{one} {side} {other}?",
    "Is it true that the {one} is {side} the {other}?",
)
_NEIGHBOUR: Final = (
    "What is {side} the {other}?",
    "Which object is {side} the {other}?",
    "What lies {side} the {other}?",
)
_POSITION: Final = (
    "Where is the {shape}?",
    "Where in the image is the {shape}?",
    "In which part of the picture is the {shape}?",
    "position of the {shape}",
    "location of the {shape}?",
)
_SIZE: Final = (
    "How big is the {shape}?",
    "What size is the {shape}?",
    "size of the {shape}",
    "How large is the {shape}?",
)
_GROUND: Final = (
    "What is the background?",
    "What is in the background?",
    "background?",
    "Which background does it have?",
)
SIDES: Final[dict[str, tuple[str, ...]]] = {
    "left": ("left of", "to the left of"),
    "right": ("right of", "to the right of"),
    "above": ("above", "over"),
    "below": ("below", "under"),
    "inside": ("inside", "within"),
    "around": ("around", "outside"),
}
OPPOSITE: Final = {
    "left": "right",
    "right": "left",
    "above": "below",
    "below": "above",
    "inside": "around",
    "around": "inside",
}


def colour(picture: Picture, rng: random.Random) -> Turn | None:
    """The colour of a shape that occurs in one colour only."""
    things = _unique(picture, "shape", "colour")
    if not things:
        return None
    thing = rng.choice(things)
    equal = picture.facts["kind"] == "equal"
    name = several(thing["shape"]) if equal else said(rng, thing["shape"])
    question = reworded(rng, _COLOURS if equal else _COLOUR, shape=name, shapes=name)
    return Turn(kind="colour", question=question, answer=thing["colour"])


def shape(picture: Picture, rng: random.Random) -> Turn | None:
    """The shape of what has one colour."""
    things = _unique(picture, "colour", "shape")
    if not things:
        return None
    thing = rng.choice(things)
    alone = picture.facts["kind"] in ("single", "equal") and rng.random() < 0.3
    question = reworded(rng, _ONLY_SHAPE if alone else _SHAPE, colour=thing["colour"])
    return Turn(kind="shape", question=question, answer=thing["shape"])


def count(picture: Picture, rng: random.Random) -> Turn:
    """How many objects there are, or how many like one that is shown or not."""
    objects = picture.facts["objects"]
    chance = rng.random()
    if chance < 0.5:
        name, number = rng.choice(("objects", "shapes", "things", "figures")), len(objects)
    elif chance < 0.85:
        thing = rng.choice(objects)
        if rng.random() < 0.5:
            name = several(thing["shape"])
            number = sum(o["shape"] == thing["shape"] for o in objects)
        else:
            name = f"{thing['colour']} {rng.choice(('objects', several(thing['shape'])))}"
            whole = name.endswith(" objects")
            number = sum(o["colour"] == thing["colour"] and (whole or o["shape"] == thing["shape"]) for o in objects)
    else:
        name, number = several(rng.choice(_others(objects, "shape", SHAPES))), 0
    return Turn(kind="count", question=reworded(rng, _COUNT, things=name), answer=NUMBERS[number] if number else "zero")


def exists(picture: Picture, rng: random.Random) -> Turn:
    """Whether a coloured shape is there; half of the time it is."""
    objects = picture.facts["objects"]
    if rng.random() < 0.5:
        return _exists(rng, rng.choice(objects), true=True)
    return _exists(rng, _near_miss(objects, rng), true=False)


def absent_exists(_picture: Picture, rng: random.Random) -> Turn:
    """Whether a coloured shape is in a picture that has none."""
    return _exists(rng, {"colour": rng.choice(ALL_COLOURS), "shape": rng.choice(SHAPES)}, true=False)


def relation(picture: Picture, rng: random.Random) -> Turn | None:
    """Where one object lies relative to another, openly or as yes and no."""
    found = related(picture, rng)
    if found is None:
        return None
    one, other, side = found
    names = {"one": _name(picture, one, rng), "other": _name(picture, other, rng)}
    if rng.random() < 0.55:
        return Turn(kind="relation", question=reworded(rng, _WHERE, **names), answer=side)
    true = rng.random() < 0.5
    told = side if true else OPPOSITE[side]
    question = reworded(rng, _IS_WHERE, side=rng.choice(SIDES[told]), **names)
    return Turn(kind="relation yes/no", question=question, answer=yes_no(true=true))


def neighbour(picture: Picture, rng: random.Random) -> Turn | None:
    """What lies on a side of an object, where two objects are shown."""
    found = related(picture, rng)
    if found is None or len(picture.facts["objects"]) != 2:
        return None
    one, other, side = found
    question = reworded(rng, _NEIGHBOUR, side=rng.choice(SIDES[side]), other=_name(picture, other, rng))
    return Turn(kind="neighbour", question=question, answer=article(f"{one['colour']} {one['shape']}"))


def position(picture: Picture, rng: random.Random) -> Turn | None:
    """In which ninth of the picture an object lies, where that is clear."""
    things = [t for t in _unique(picture, "shape", "x") if place(t)]
    if not things:
        return None
    thing = rng.choice(things)
    return Turn(kind="position", question=reworded(rng, _POSITION, shape=thing["shape"]), answer=place(thing))


def place(thing: Thing) -> str:
    """The ninth of the picture in which the object lies; empty near a border of two."""
    if any(min(abs(thing[axis] - edge) for edge in (1 / 3, 2 / 3)) < 0.04 for axis in "xy"):
        return ""
    row, column = ("top", "", "bottom")[int(thing["y"] * 3)], ("left", "", "right")[int(thing["x"] * 3)]
    return f"{row} {column}".strip() or "centre"


def size(picture: Picture, rng: random.Random) -> Turn | None:
    """The size of a shape."""
    things = _unique(picture, "shape", "size")
    if not things:
        return None
    thing = rng.choice(things)
    return Turn(kind="size", question=reworded(rng, _SIZE, shape=thing["shape"]), answer=thing["size"])


def background(picture: Picture, rng: random.Random) -> Turn:
    """What the shapes lie on."""
    return Turn(kind="background", question=reworded(rng, _GROUND), answer=picture.facts["background"])


def absent_colour(picture: Picture, rng: random.Random) -> Turn:
    """The colour of a shape that is not there."""
    missing = rng.choice(_others(_objects(picture), "shape", SHAPES))
    return _unanswered(reworded(rng, _COLOUR, shape=said(rng, missing)))


def absent_shape(picture: Picture, rng: random.Random) -> Turn:
    """The shape of something in a colour that is not there."""
    missing = rng.choice(_others(_objects(picture), "colour", ALL_COLOURS))
    return _unanswered(reworded(rng, _SHAPE, colour=missing))


def absent_size(picture: Picture, rng: random.Random) -> Turn:
    """The size or place of a shape that is not there."""
    missing = rng.choice(_others(_objects(picture), "shape", SHAPES))
    return _unanswered(reworded(rng, rng.choice((_SIZE, _POSITION)), shape=missing))


def absent_relation(picture: Picture, rng: random.Random) -> Turn:
    """Where something lies relative to a shape that is not there, in either order."""
    objects = _objects(picture)
    missing = f"{rng.choice(ALL_COLOURS)} {rng.choice(_others(objects, 'shape', SHAPES))}"
    there = rng.choice(objects) if objects else {"colour": rng.choice(ALL_COLOURS), "shape": rng.choice(SHAPES)}
    names = [missing, f"{there['colour']} {there['shape']}"]
    rng.shuffle(names)
    return _unanswered(reworded(rng, _WHERE, one=names[0], other=names[1]))


def _unanswered(question: str) -> Turn:
    return Turn(kind="not shown", question=question, answer=NOT_SHOWN)


def _objects(picture: Picture) -> list[Thing]:
    return picture.facts["objects"] if picture.domain == "scene" else []


def _exists(rng: random.Random, thing: Thing, *, true: bool) -> Turn:
    name = f"{thing['colour']} {said(rng, thing['shape'])}"
    return Turn(kind="exists", question=reworded(rng, _EXISTS, thing=article(name)), answer=yes_no(true=true))


def _near_miss(objects: list[Thing], rng: random.Random) -> Thing:
    """A pair that is not shown: attributes of two objects swapped, or one of them changed."""
    shown = {(o["colour"], o["shape"]) for o in objects}
    while True:
        one, other = rng.choice(objects), rng.choice(objects)
        made = rng.choice(
            (
                (one["colour"], other["shape"]),
                (rng.choice(ALL_COLOURS), one["shape"]),
                (one["colour"], rng.choice(SHAPES)),
            )
        )
        if made not in shown:
            return {"colour": made[0], "shape": made[1]}


def _unique(picture: Picture, key: str, asked: str) -> list[Thing]:
    """The objects whose `key` determines what is asked."""
    objects = picture.facts["objects"]
    return [o for o in objects if len({p[asked] for p in objects if p[key] == o[key]}) == 1]


def _others(objects: list[Thing], key: str, every: Sequence[str]) -> list[str]:
    shown = {o[key] for o in objects}
    return [name for name in every if name not in shown]


def related(picture: Picture, rng: random.Random) -> tuple[Thing, Thing, str] | None:
    """Two objects in random order and the side of the second on which the first lies."""
    objects = picture.facts["objects"]
    known = picture.facts["relation"]
    if known is not None:
        one, other, side = objects[known["subject"]], objects[known["object"]], known["kind"]
    elif picture.facts["kind"] == "three":
        one, other = rng.sample(objects, 2)
        across, along = abs(one["x"] - other["x"]), abs(one["y"] - other["y"])
        if abs(across - along) < 0.2:
            return None
        if across > along:
            side = "left" if one["x"] < other["x"] else "right"
        else:
            side = "above" if one["y"] < other["y"] else "below"
    else:
        return None
    return (one, other, side) if rng.random() < 0.5 else (other, one, OPPOSITE[side])


def _name(picture: Picture, thing: Thing, rng: random.Random) -> str:
    """The object by colour and shape, or by one of them where that is enough."""
    objects = picture.facts["objects"]
    if sum(o["shape"] == thing["shape"] for o in objects) == 1 and rng.random() < 0.4:
        return str(thing["shape"])
    return f"{thing['colour']} {thing['shape']}"
