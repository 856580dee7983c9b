"""Does the tower know attributes? Linear probes, zero-shot choices and swapped pairs."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np

from training.clip.measure import DRAWN, FIRST_SEED, Row, share
from training.pictures import Picture, draw, is_held_out
from training.pictures.charts import KINDS as CHART_KINDS
from training.pictures.diagrams import KINDS as DIAGRAM_KINDS
from training.pictures.maps import KINDS as MAP_KINDS
from training.pictures.pages import KINDS as PAGE_KINDS
from training.pictures.screenshots import KINDS as SCREENSHOT_KINDS
from training.pictures.vocabulary import COLOURS, NUMBERS, SHAPES, plural, with_article
from training.pictures.wording import CHART_NAMES, DIAGRAM_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from training.clip.space import Space

LEARNT, TESTED, PAIRS = 2400, 1000, 500


def attributes(space: Space) -> Iterator[Row]:
    """Colour, shape and count: by logistic regression on the frozen tower, and by words."""
    singles = _scenes(10, kind="single")
    vectors = space.images(picture.image for picture in singles)
    things = [picture.facts["objects"][0] for picture in singles]
    yield _probe("colour, linear probe", vectors, [t["colour"] for t in things], 98)
    yield _probe("shape, linear probe", vectors, [t["shape"] for t in things], 90)
    yield _named(space, "colour", vectors, things, tuple(COLOURS))
    yield _named(space, "shape", vectors, things, SHAPES)
    yield from _counts(space)


def _scenes(seed: int, **constraints: Any) -> list[Picture]:
    first = FIRST_SEED + seed * 1_000_000
    return [draw("scene", first + k, DRAWN, **constraints) for k in range(LEARNT + TESTED)]


def _probe(name: str, vectors: NDArray[np.float32], labels: Sequence[Any], bar: float) -> Row:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    probe = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000))
    probe.fit(vectors[:LEARNT], labels[:LEARNT])
    value = 100 * float(probe.score(vectors[LEARNT:], labels[LEARNT:]))
    return Row(name=name, value=value, bar=bar, pool=len(set(labels)))


def _named(
    space: Space,
    key: str,
    vectors: NDArray[np.float32],
    things: list[dict[str, Any]],
    options: tuple[str, ...],
) -> Row:
    """Zero-shot: the right word for one attribute, the other attribute being told."""

    def phrase(thing: dict[str, Any], option: str) -> str:
        told = {**thing, key: option}
        return f"a picture of {with_article(told['colour'] + ' ' + told['shape'])}"

    tested = things[LEARNT:]
    texts = [[phrase(thing, option) for option in options] for thing in tested]
    right = [options.index(thing[key]) for thing in tested]
    value = _choice(space, vectors[LEARNT:], texts, right)
    return Row(name=f"{key}, by words", value=value, pool=len(options))


def _choice(space: Space, vectors: NDArray[np.float32], texts: list[list[str]], right: list[int]) -> float:
    """How often the picture is nearest to the right one of its texts."""
    flat = space.texts([text for row in texts for text in row])
    choices = flat.reshape(len(texts), -1, flat.shape[1])
    picked = np.einsum("nd,nkd->nk", vectors, choices).argmax(1)
    return share(bool(a == b) for a, b in zip(picked, right, strict=True))


def _counts(space: Space) -> Iterator[Row]:
    first = FIRST_SEED + 11_000_000
    total = LEARNT + TESTED
    pictures = [draw("scene", first + k, DRAWN, count=1 + k % 6) for k in range(total)]
    vectors = space.images(picture.image for picture in pictures)
    labels = [picture.facts["count"] for picture in pictures]
    yield _probe("count 1 to 6, linear probe", vectors, labels, 90)
    texts = [[_counted(picture, n) for n in range(1, 7)] for picture in pictures[LEARNT:]]
    value = _choice(space, vectors[LEARNT:], texts, [n - 1 for n in labels[LEARNT:]])
    yield Row(name="count 1 to 6, by words", value=value, pool=6)


def _counted(picture: Picture, count: int) -> str:
    thing = picture.facts["objects"][0]
    words = f"{thing['colour']} {thing['shape']}"
    return f"{NUMBERS[count]} {plural(words)}" if count > 1 else with_article(words)


def swaps(space: Space) -> Iterator[Row]:
    """A picture of A and B against the same sentence with their attributes exchanged."""
    dice = random.Random(12)
    pairs = [_two(dice) for _ in range(PAIRS)]
    for name, relation, bar in (("side by side", "left", 85.0), ("one above", "above", 85.0)):
        pictures = [_pictured(pair, relation, k) for k, pair in enumerate(pairs)]
        vectors = space.images(picture.image for picture in pictures)
        texts = [[_both(*pair), _both(*_exchanged(pair))] for pair in pairs]
        value = _choice(space, vectors, texts, [0] * PAIRS)
        yield Row(name=f"swapped attributes, {name}", value=value, bar=bar, pool=2)
    texts = [[_above(a, b), _above(b, a)] for a, b in pairs]
    yield Row(name="A above B against B above A", value=_choice(space, vectors, texts, [0] * PAIRS), pool=2)


Pair = tuple[tuple[str, str], tuple[str, str]]


def _two(dice: random.Random) -> Pair:
    """Two things of different colours and shapes, none held out, exchanged or not."""
    while True:
        (c1, c2), (s1, s2) = dice.sample(tuple(COLOURS), 2), dice.sample(SHAPES, 2)
        pairs = ((c1, s1), (c2, s2), (c1, s2), (c2, s1))
        if not any(is_held_out(*pair) for pair in pairs):
            return (c1, s1), (c2, s2)


def _exchanged(pair: Pair) -> Pair:
    (c1, s1), (c2, s2) = pair
    return (c2, s1), (c1, s2)


def _both(a: tuple[str, str], b: tuple[str, str]) -> str:
    return f"{with_article(' '.join(a))} and {with_article(' '.join(b))}"


def _above(a: tuple[str, str], b: tuple[str, str]) -> str:
    return f"{with_article(' '.join(a))} above {with_article(' '.join(b))}"


def _pictured(pair: Pair, relation: str, number: int) -> Picture:
    seed = FIRST_SEED + 13_000_000 + number
    return draw("scene", seed, DRAWN, objects=pair, relation=relation)


def kinds(space: Space) -> Iterator[Row]:
    """The kind of a chart, page, diagram, map or screenshot, chosen by its name."""
    shot = {kind: f"a screenshot of {with_article(kind)}" for kind in SCREENSHOT_KINDS}
    named: dict[str, dict[str, str]] = {
        "chart": {kind: with_article(CHART_NAMES[kind][0]) for kind in CHART_KINDS},
        "page": {kind: with_article(kind) for kind in PAGE_KINDS},
        "diagram": {kind: with_article(DIAGRAM_NAMES[kind][0]) for kind in DIAGRAM_KINDS},
        "map": {kind: with_article(kind) for kind in MAP_KINDS},
        "screenshot": shot,
    }
    for domain, texts in named.items():
        first = FIRST_SEED + 14_000_000
        pictures = [draw(domain, first + k, DRAWN) for k in range(200)]
        vectors = space.images(picture.image for picture in pictures)
        options = list(texts)
        right = [options.index(picture.facts["kind"]) for picture in pictures]
        value = _choice(space, vectors, [list(texts.values())] * len(pictures), right)
        yield Row(name=f"{domain} kind, by words", value=value, pool=len(options))


PARTS: tuple[Callable[[Space], Iterator[Row]], ...] = (attributes, swaps, kinds)
