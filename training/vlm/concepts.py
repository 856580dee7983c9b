"""What the tower is taught to see before it learns to talk: words for whole pictures and for single patches.

The tower's outputs go through the projector, and each is compared with word vectors that later become the language
model's own token embeddings. A patch that shows a red circle is thus already written in the language of its reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from training.pictures import charts, diagrams, maps, pages, screenshots
from training.pictures.vocabulary import BACKGROUNDS, COLOURS, NUMBERS, SHAPES, SIZES
from training.vlm.captions import ROUND, visible_trend

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.pictures import Picture

IGNORE: Final[int] = -100
NOTHING: Final[str] = "nothing"
CHART_WORDS: Final[dict[str, str]] = {
    "bar": "bar",
    "hbar": "horizontal bar",
    "line": "line",
    "multiline": "several lines",
    "area": "area",
    "pie": "pie",
    "donut": "donut",
    "scatter": "scatter",
}
# The radius that a drawn size stands for, as a part of the picture's width.
REACH: Final[dict[str, float]] = {"small": 0.085, "medium": 0.15, "large": 0.27}

PATCH_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "shape": (NOTHING, *SHAPES),
    "colour": (NOTHING, *COLOURS),
    "size": (NOTHING, *SIZES),
    "centre": ("part", "object"),
    "row": ("top", "middle", "bottom"),
    "column": ("left", "centre", "right"),
}
PICTURE_GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "domain": ("scene", "chart", "page", "diagram", "map", "screenshot", "unfamiliar"),
    "chart": tuple(CHART_WORDS.values()),
    "page": pages.KINDS,
    "diagram": diagrams.KINDS,
    "map": maps.KINDS,
    "screenshot": screenshots.KINDS,
    "trend": (NOTHING, *charts.TRENDS),
    "theme": ("light", "dark"),
    "colour": tuple(COLOURS),
    "count": NUMBERS[1:],
    "background": tuple(BACKGROUNDS),
    "relation": (NOTHING, "left", "above", "inside"),
    "figure": ("without figure", "with figure"),
}


@dataclass(frozen=True, kw_only=True)
class Targets:
    """The truth for one picture; `IGNORE` where a group does not apply.

    Shapes: picture (picture groups,), patch (patch groups, patches).
    """

    picture: NDArray[np.int64]
    patch: NDArray[np.int64]


def words() -> list[str]:
    """Every word that occurs in a class name, in a fixed order."""
    names = [name for group in (*PATCH_GROUPS.values(), *PICTURE_GROUPS.values()) for name in group]
    return list(dict.fromkeys(word for name in names for word in name.split()))


def mixing(group: tuple[str, ...]) -> NDArray[np.float32]:
    """How class vectors are made of word vectors: the mean of the words of its name. Shape: (classes, words)."""
    known = {word: column for column, word in enumerate(words())}
    matrix = np.zeros((len(group), len(known)), np.float32)
    for row, name in enumerate(group):
        for word in name.split():
            matrix[row, known[word]] += 1 / len(name.split())
    return matrix


def targets(picture: Picture, grid: int, squeeze: tuple[float, float] = (1.0, 1.0)) -> Targets:
    """The truth of a picture seen through a grid of patches; `squeeze` shrinks it towards its middle (x, y)."""
    named = _named(picture)
    whole = np.full(len(PICTURE_GROUPS), IGNORE, np.int64)
    for index, (group, classes) in enumerate(PICTURE_GROUPS.items()):
        if group in named:
            whole[index] = classes.index(named[group])
    patch = np.full((len(PATCH_GROUPS), grid * grid), IGNORE, np.int64)
    if picture.domain == "scene":
        patch[:4] = _patches(picture.facts["objects"], grid, squeeze)
    # Every patch knows its own place: convolutions have no other way to tell left from right.
    thirds = np.minimum((np.arange(grid) + 0.5) / grid * 3, 2).astype(np.int64)
    patch[4], patch[5] = np.repeat(thirds, grid), np.tile(thirds, grid)
    return Targets(picture=whole, patch=patch)


def _named(picture: Picture) -> dict[str, str]:
    """The class of every group that applies to the picture."""
    facts, domain = picture.facts, picture.domain
    shown = {"domain": "unfamiliar" if domain == "unknown" else domain}
    return shown | _NAMERS.get(domain, _nothing)(facts)


def _nothing(_facts: dict[str, Any]) -> dict[str, str]:
    return {}


def _scene(facts: dict[str, Any]) -> dict[str, str]:
    relation = facts["relation"]
    return {
        "count": NUMBERS[facts["count"]],
        "background": facts["background"],
        "relation": relation["kind"] if relation else NOTHING,
    }


def _chart(facts: dict[str, Any]) -> dict[str, str]:
    named = {"chart": CHART_WORDS[facts["kind"]]}
    if facts["kind"] != "multiline":
        # Which of several lines came first cannot be seen.
        named["colour"] = facts["colour"]
    if facts["kind"] != "scatter":
        named["count"] = NUMBERS[len(facts["values"])]
    course = NOTHING if facts["kind"] in ROUND else visible_trend(facts)
    return named | ({"trend": course} if course else {})


def _page(facts: dict[str, Any]) -> dict[str, str]:
    return {"page": facts["kind"], "figure": "with figure" if facts["has_figure"] else "without figure"}


def _diagram(facts: dict[str, Any]) -> dict[str, str]:
    return {"diagram": facts["kind"], "colour": facts["colour"], "count": NUMBERS[facts["boxes"]]}


def _map(facts: dict[str, Any]) -> dict[str, str]:
    return {"map": facts["kind"]}


def _screenshot(facts: dict[str, Any]) -> dict[str, str]:
    return {"screenshot": facts["kind"], "theme": facts["theme"]}


_NAMERS: Final = {
    "scene": _scene,
    "chart": _chart,
    "page": _page,
    "diagram": _diagram,
    "map": _map,
    "screenshot": _screenshot,
}


def _patches(objects: list[dict[str, Any]], grid: int, squeeze: tuple[float, float]) -> NDArray[np.int64]:
    """The object under each patch; patches on an edge are left out. Shape: (4, patches)."""
    middle = (np.arange(grid) + 0.5) / grid
    x, y = np.meshgrid(middle, middle)
    labels = np.zeros((4, grid, grid), np.int64)
    for thing in sorted(objects, key=lambda o: -REACH[o["size"]]):
        at = tuple((thing[axis] - 0.5) * by + 0.5 for axis, by in zip("xy", squeeze, strict=True))
        reach = REACH[thing["size"]] * min(squeeze)
        distance = np.maximum(np.abs(x - at[0]), np.abs(y - at[1]))
        labels[:, distance < reach + 0.5 / grid] = IGNORE
        column, row = (min(grid - 1, max(0, int(place * grid))) for place in at)
        inside = distance < 0.75 * reach
        inside[row, column] = True
        labels[:, inside] = np.array(_labels(thing))[:, None]
        labels[3, inside] = 0
        labels[3, row, column] = 1
    return labels.reshape(4, grid * grid)


def _labels(thing: dict[str, Any]) -> list[int]:
    return [
        PATCH_GROUPS["shape"].index(thing["shape"]),
        PATCH_GROUPS["colour"].index(thing["colour"]),
        PATCH_GROUPS["size"].index(thing["size"]),
        0,
    ]
