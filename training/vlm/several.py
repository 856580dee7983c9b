"""Questions over two or three pictures, and over none."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

from training.pictures.vocabulary import NUMBERS
from training.vlm.captions import kind_name, short_caption
from training.vlm.questions import turns
from training.vlm.wordings import NO_IMAGE, Turn, article, elsewhere, reworded, yes_no

if TYPE_CHECKING:
    from training.pictures import Picture

ORDINALS: Final = ("first", "second", "third")
_WHICH: Final = (
    "Which image shows {thing}?",
    "Which picture shows {thing}?",
    "In which image is {thing}?",
    "Which image has {thing}?",
    "which image: {thing}",
    "Which one shows {thing}?",
    "Where do you see {thing}?",
)
_NTH: Final = (
    "In the {nth} image, {question}",
    "About the {nth} image: {question}",
    "{nth} image: {question}",
    "In image {number}, {question}",
    "For the {nth} picture: {question}",
    "Look at the {nth} image. {question}",
)
_NTH_CAPTION: Final = (
    "What does the {nth} image show?",
    "Describe the {nth} image.",
    "What is in image {number}?",
    "caption of the {nth} image",
)
_MANY: Final = ("How many images are there?", "How many pictures are given?", "number of images")
_SAME: Final = (
    "Do all images show the same kind of picture?",
    "Are the images of the same kind?",
    "Is it the same kind of image?",
)
_NONE: Final = "none of them"


def compare(pictures: list[Picture], rng: random.Random, many: int) -> list[Turn]:
    """Different questions about two or three pictures in their order."""
    makers = (_which, _which, _which_object, _nth, _nth, _nth_caption, _same, _many)
    asked: list[Turn] = []
    for _ in range(many * 3):
        turn = rng.choice(makers)(pictures, rng)
        if turn is not None and all(turn.question != other.question for other in asked):
            asked.append(turn)
        if len(asked) == many:
            break
    return asked


def without_image(picture: Picture, rng: random.Random) -> Turn:
    """A question about a picture that was not given."""
    if rng.random() < 0.3:
        return Turn(kind="no image", question=reworded(rng, elsewhere(rng)), answer=NO_IMAGE)
    return Turn(kind="no image", question=turns(picture, rng, 1)[0].question, answer=NO_IMAGE)


def _which(pictures: list[Picture], rng: random.Random) -> Turn | None:
    """Which picture is of a kind that only one of them is."""
    names = [kind_name(picture) for picture in pictures]
    index = rng.randrange(len(names))
    if names.count(names[index]) > 1:
        return None
    return _chosen(rng, names[index], index)


def _which_object(pictures: list[Picture], rng: random.Random) -> Turn | None:
    """Which picture has a coloured shape that one of them or none has."""
    pairs = [{(o["colour"], o["shape"]) for o in p.facts.get("objects", ())} for p in pictures]
    every = [pair for shown in pairs for pair in sorted(shown)]
    if not every:
        return None
    colour, shape = rng.choice(every)
    if rng.random() < 0.2:
        colour = rng.choice([c for c, _ in every] + ["red", "blue", "green", "purple"])
    holders = [index for index, shown in enumerate(pairs) if (colour, shape) in shown]
    if len(holders) > 1:
        return None
    return _chosen(rng, article(f"{colour} {shape}"), holders[0] if holders else None)


def _chosen(rng: random.Random, thing: str, index: int | None) -> Turn:
    answer = _NONE if index is None else f"the {ORDINALS[index]} image"
    return Turn(kind="which image", question=reworded(rng, _WHICH, thing=thing), answer=answer)


def _nth(pictures: list[Picture], rng: random.Random) -> Turn | None:
    """A question about one of the pictures."""
    index = rng.randrange(len(pictures))
    asked = turns(pictures[index], rng, 1)
    if not asked or "caption" in asked[0].kind:
        return None
    question = asked[0].question
    question = question[0].lower() + question[1:] if rng.random() < 0.7 else question
    filled = reworded(rng, _NTH, nth=ORDINALS[index], number=str(index + 1), question=question)
    return Turn(kind="nth image", question=filled, answer=asked[0].answer)


def _nth_caption(pictures: list[Picture], rng: random.Random) -> Turn:
    index = rng.randrange(len(pictures))
    question = reworded(rng, _NTH_CAPTION, nth=ORDINALS[index], number=str(index + 1))
    return Turn(kind="nth caption", question=question, answer=short_caption(pictures[index]))


def _same(pictures: list[Picture], rng: random.Random) -> Turn:
    same = len({picture.domain for picture in pictures}) == 1
    return Turn(kind="same kind", question=reworded(rng, _SAME), answer=yes_no(true=same))


def _many(pictures: list[Picture], rng: random.Random) -> Turn:
    return Turn(kind="how many images", question=reworded(rng, _MANY), answer=NUMBERS[len(pictures)])
