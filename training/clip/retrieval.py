"""Retrieval among pictures held out from training, in all directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training.clip.measure import (
    DRAWN,
    FIRST_SEED,
    Row,
    distinct,
    first_caption,
    ranks,
    recall,
    share,
)
from training.pictures import Picture, draw
from training.pictures.emoji import TRAIN, VALIDATION, Glyph, emoji_folder, load_glyphs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from training.clip.space import Space

EMOJI_POOL = 1359


def scenes(space: Space) -> Iterator[Row]:
    """New scenes, and scenes with colour-shape pairs that training never showed."""
    new = distinct("scene", 1000, 1)
    yield from _both_ways(space, "scenes", new, {1: 75, 5: None, 10: 98})
    unseen = distinct("scene", 1000, 2, held_out=True)
    yield from _both_ways(space, "unseen pairs", unseen, {1: None, 10: 95})


def charts(space: Space) -> Iterator[Row]:
    """Charts by kind, colour, title, trend and highest value."""
    yield from _both_ways(space, "charts", distinct("chart", 280, 3), {1: 45, 10: None})


def _both_ways(space: Space, name: str, pictures: list[Picture], bars: dict[int, float | None]) -> Iterator[Row]:
    images = space.images(picture.image for picture in pictures)
    texts = space.texts([first_caption(picture) for picture in pictures])
    yield from recall(f"{name}, text to image", ranks(texts, images), bars)
    free: dict[int, float | None] = dict.fromkeys(bars)
    yield from recall(f"{name}, image to text", ranks(images, texts), free)


def emoji(space: Space) -> Iterator[Row]:
    """New renderings of drawings seen in training by name and keyword, then drawings never seen."""
    glyphs = load_glyphs(emoji_folder(), TRAIN)
    numbers = list({glyph.name: number for number, glyph in enumerate(glyphs)}.values())
    numbers = sorted(numbers, key=lambda number: glyphs[number].doc_id)[:EMOJI_POOL]
    pool = [glyphs[number] for number in numbers]
    images = _rendered(space, TRAIN, numbers, 4)
    names = space.texts([glyph.name for glyph in pool])
    yield from recall("emoji by name", ranks(names, images), {1: None, 10: 85})
    yield from recall("emoji, image to name", ranks(images, names), {1: None, 10: None})
    yield _by_keyword(space, pool, images)
    again = _rendered(space, TRAIN, numbers, 5)
    yield from recall("emoji, image to image", ranks(again, images), {1: None, 10: None})
    yield from _unseen_emoji(space)


def _unseen_emoji(space: Space) -> Iterator[Row]:
    glyphs = load_glyphs(emoji_folder(), VALIDATION)
    numbers = list({glyph.name: number for number, glyph in enumerate(glyphs)}.values())
    images = _rendered(space, VALIDATION, numbers, 6)
    names = space.texts([glyphs[number].name for number in numbers])
    yield from recall("emoji never seen, by name", ranks(names, images), {1: None, 10: None})


def _rendered(space: Space, split: str, numbers: list[int], seed: int) -> NDArray[np.float32]:
    first = FIRST_SEED + seed * 1_000_000
    pictures = (draw("emoji", first + n, DRAWN, split=split, index=n) for n in numbers)
    return space.images(picture.image for picture in pictures)


def _by_keyword(space: Space, pool: list[Glyph], images: NDArray[np.float32]) -> Row:
    """Every keyword that is no name in the pool; any drawing that carries it is right."""
    names = {glyph.name for glyph in pool}
    words = sorted({word for glyph in pool for word in glyph.keywords} - names)
    best = (-(space.texts(words) @ images.T)).argsort(axis=1)[:, :10]
    hits = (
        any(word in pool[place].keywords for place in places) for word, places in zip(words, best.tolist(), strict=True)
    )
    return Row(name="emoji by keyword, hit@10", value=share(hits), bar=60, pool=len(pool))


def likeness(space: Space) -> Iterator[Row]:
    """Another picture of the same things, elsewhere in the frame, among 500."""
    first = distinct("scene", 700, 7)
    first = [picture for picture in first if _repeatable(picture.facts)][:500]
    second = (_again(picture.facts, number) for number, picture in enumerate(first))
    pool = space.images(picture.image for picture in second)
    queries = space.images(picture.image for picture in first)
    yield from recall("scenes, image to image", ranks(queries, pool), {1: None, 10: None})


def _repeatable(facts: dict[str, Any]) -> bool:
    return not facts["relation"] or facts["relation"]["kind"] != "inside"


def _again(facts: dict[str, Any], number: int) -> Picture:
    things = facts["objects"]
    fixed: dict[str, Any] = {"kind": facts["kind"], "background": facts["background"]}
    if facts["relation"]:
        fixed["relation"] = facts["relation"]["kind"]
    if facts["kind"] in ("single", "equal"):
        fixed |= {"count": facts["count"], "scale": things[0]["size"]}
        fixed |= {"colour": things[0]["colour"], "shape": things[0]["shape"]}
    else:
        fixed["objects"] = tuple((thing["colour"], thing["shape"]) for thing in things)
    return draw("scene", FIRST_SEED + 8_000_000 + number, DRAWN, **fixed)
