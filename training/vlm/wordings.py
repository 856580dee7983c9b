"""The value of one exchange, and how wordings vary."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from training.pictures.vocabulary import COLOURS, SHAPE_SYNONYMS

NOT_SHOWN: Final[str] = "The image does not show that."
CANNOT_READ: Final[str] = "I cannot read text."
CANNOT_TELL: Final[str] = "I cannot tell what this picture shows."
UNFAMILIAR: Final[str] = "an unfamiliar picture"
NO_IMAGE: Final[str] = "No image was given."
IS_IT: Final = ("Is this {thing}?", "Is there {thing}?", "Does the image show {thing}?", "{thing}?", "Is it {thing}?")

_THINGS: Final[tuple[str, ...]] = (
    "person",
    "man",
    "woman",
    "dog",
    "cat",
    "car",
    "sign",
    "house",
    "child",
    "bird",
    "tree",
    "company",
    "author",
    "phone",
    "city",
    "building",
    "food",
    "flower",
    "boat",
    "train",
    "book",
    "ball",
    "team",
    "customer",
    "signature",
)
_ABOUT: Final[tuple[str, ...]] = (
    "What is the name of the {thing}?",
    "What colour is the {thing}?",
    "How old is the {thing}?",
    "Where was the {thing} born?",
    "What is the {thing} doing?",
    "What does the {thing} say?",
    "How many {thing}s are in the photo?",
    "Who owns the {thing}?",
    "How much does the {thing} cost?",
    "When was the {thing} made?",
    "Which {thing} is the tallest?",
    "Why is the {thing} here?",
    "name of the {thing}",
    "{thing} age",
    "price of the {thing}",
    "What is the {thing} wearing?",
    "Where is the {thing} going?",
    "What is the weight of the {thing}?",
    "address of the {thing}",
    "What is written on the {thing}?",
)
_FREE: Final[tuple[str, ...]] = (
    "Who took this picture?",
    "When was this taken?",
    "Who is the author?",
    "What is the phone number?",
    "What is the date?",
    "What is the email address?",
    "Which language is spoken?",
    "What time is it?",
    "What is the weather like?",
    "Who won the game?",
    "What is the capital of France?",
    "What was the net income?",
    "What is the discount?",
    "How many people are there?",
    "What is the serial number?",
    "Who signed it?",
    "What is the total amount?",
    "What is the temperature outside?",
    "What are they talking about?",
    "What is the password?",
    "What happens next?",
    "What is the meaning of this?",
)
_AMERICAN: Final[dict[str, str]] = {"colour": "color", "grey": "gray", "centre": "center"}


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A question about a picture, its answer, and the kind under which it is counted."""

    kind: str
    question: str
    answer: str


def reworded(rng: random.Random, wordings: Sequence[str], **fields: str) -> str:
    """One of the wordings, filled in, in one of the ways in which people type."""
    text = rng.choice(wordings).format(**fields)
    if rng.random() < 0.4:
        for british, american in _AMERICAN.items():
            text = text.replace(british, american)
    if rng.random() < 0.25:
        text = text[0].lower() + text[1:]
    if rng.random() < 0.2:
        text = text.rstrip("?.")
    return text


def elsewhere(rng: random.Random) -> tuple[str, ...]:
    """Wordings of a question that no drawn picture answers."""
    if rng.random() < 0.35:
        return _FREE
    thing = rng.choice(_THINGS)
    return tuple(wording.replace("{thing}", thing) for wording in _ABOUT)


def said(rng: random.Random, shape: str) -> str:
    """The shape's name, now and then another word for it."""
    return rng.choice(SHAPE_SYNONYMS[shape]) if rng.random() < 0.08 else shape


def several(shape: str) -> str:
    """The shape's name in the plural."""
    return shape + ("es" if shape.endswith("s") else "s")


def article(phrase: str) -> str:
    """The phrase behind its indefinite article."""
    return f"{'an' if phrase[0].lower() in 'aeiou' else 'a'} {phrase}"


def yes_no(*, true: bool) -> str:
    """The answer to a closed question."""
    return "yes" if true else "no"


ALL_COLOURS: Final[tuple[str, ...]] = tuple(COLOURS)
