"""Which captions are true of which pictures, so that no true caption is used as a negative."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from training.pictures.vocabulary import BACKGROUND_PHRASES, COLOURS, SHAPES, SIZE_SYNONYMS, SIZES

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNTOLD: Final = -1
# What a mark says: what is shown, on which ground, how large, in which relation.
FIELDS: Final = 4
# How many words of an emoji are kept to compare with.
WORDS: Final = 24
# No thing, no emoji; and of how many different things a scene is made at most.
NONE: Final = -1
MOST_THINGS: Final = 3
NO_MARK: Final[tuple[int, ...]] = (UNTOLD,) * FIELDS
_SIZE_WORDS: Final = frozenset([*SIZES, *(w for words in SIZE_SYNONYMS.values() for w in words)])
_LINKS: Final = (" left of ", " above ", " over ", " on top of ", " inside ", " within ")


def picture_mark(facts: dict[str, Any]) -> tuple[int, ...]:
    """All that a scene's caption could tell, as numbers to compare."""
    pairs = [f"{thing['colour']} {thing['shape']}" for thing in facts["objects"]]
    relation = facts["relation"]
    joined = f"{pairs[relation['subject']]} {relation['kind']}" if relation else ""
    alike = len(set(pairs)) == 1
    shown = f"{pairs[0]} x{facts['count']}" if alike else ", ".join(sorted(pairs))
    size = facts["objects"][0]["size"] if alike else ""
    return tuple(_code(part) for part in (shown, facts["background"], size, joined))


def things_shown(facts: dict[str, Any]) -> tuple[int, ...]:
    """The number of every coloured shape in a scene, each once."""
    colours = tuple(COLOURS)
    shown = {colours.index(o["colour"]) * len(SHAPES) + SHAPES.index(o["shape"]) for o in facts["objects"]}
    return tuple(sorted(shown))


def caption_mark(caption: str, facts: dict[str, Any]) -> tuple[int, ...]:
    """The mark of the facts, without what the caption leaves untold."""
    phrases = BACKGROUND_PHRASES[facts["background"]]
    ground = next((phrase for phrase in phrases if caption.endswith(phrase)), "")
    rest = caption.removesuffix(ground)
    told = (
        True,
        bool(ground),
        bool(_SIZE_WORDS & set(rest.split())),
        any(link in rest for link in _LINKS),
    )
    marks = zip(picture_mark(facts), told, strict=True)
    return tuple(mark if is_told else UNTOLD for mark, is_told in marks)


def emoji_words(facts: dict[str, Any]) -> tuple[int, ...]:
    """The name and keywords of an emoji as numbers; the first is repeated to fill up."""
    words = [_code(word) for word in (facts["name"], *facts["keywords"])][:WORDS]
    return (*words, *[words[0]] * (WORDS - len(words)))


def emoji_mark(caption: str) -> tuple[int, ...]:
    """The mark of an emoji's caption, whose first number is among the words of each it fits."""
    word = caption.removeprefix("an emoji of ").removeprefix("a picture of ")
    return (_code(word.removesuffix(" icon")), *[UNTOLD] * (FIELDS - 1))


def _code(part: str) -> int:
    return zlib.crc32(part.encode()) & 0x3FFFFFFF


def true_pairs(
    pictures: NDArray[np.int64], texts: NDArray[np.int64], words: NDArray[np.int64] | None = None
) -> NDArray[np.bool_]:
    """Whether text j is true of picture i, by their marks or by one of its words.

    Shape: (pictures, texts), from (pictures, 4), (texts, 4) and (pictures, words).
    """
    same = pictures[:, None, :] == texts[None, :, :]
    untold = texts[None, :, :] == UNTOLD
    marked = (texts[:, 0] != UNTOLD)[None, :]
    agreed: NDArray[np.bool_] = (same | untold).all(-1) & marked
    if words is not None:
        agreed |= (words[:, None, :] == texts[None, :, :1]).any(-1)
    return agreed
