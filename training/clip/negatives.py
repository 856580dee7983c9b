"""Captions that are almost true: the facts with one thing changed."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

from training.pictures.charts import CHART_COLOURS, TRENDS
from training.pictures.charts import KINDS as CHART_KINDS
from training.pictures.diagrams import KINDS as DIAGRAM_KINDS
from training.pictures.vocabulary import BACKGROUNDS, COLOURS, SHAPES, SIZES

Facts = dict[str, Any]
Change = Callable[[Facts, random.Random], None]
_OPTIONS = {"colour": tuple(COLOURS), "shape": SHAPES}


def altered(domain: str, facts: Facts, rng: random.Random) -> Facts | None:
    """A copy of the facts that is untrue in one respect, or None where a domain has no such."""
    choices = _SCENE[facts["kind"]] if domain == "scene" else _OTHERS.get(domain)
    if not choices:
        return None
    changed = copy.deepcopy(facts)
    rng.choice(choices)(changed, rng)
    return changed


def _other(rng: random.Random, options: tuple[str, ...], than: str) -> str:
    return rng.choice([option for option in options if option != than])


def _swap(key: str) -> Change:
    def change(facts: Facts, rng: random.Random) -> None:
        first, second = rng.sample(facts["objects"], 2)
        if first["colour"] == second["colour"] or first["shape"] == second["shape"]:
            # Exchanged, such two would be the same two again.
            first[key] = _other(rng, _OPTIONS[key], first[key])
        else:
            first[key], second[key] = second[key], first[key]

    return change


def _replace(key: str, options: tuple[str, ...]) -> Change:
    def change(facts: Facts, rng: random.Random) -> None:
        alike = facts["kind"] == "equal"
        chosen = facts["objects"] if alike else [rng.choice(facts["objects"])]
        value = _other(rng, options, chosen[0][key])
        for thing in chosen:
            thing[key] = value

    return change


def _count(facts: Facts, rng: random.Random) -> None:
    count = facts["count"]
    facts["count"] = rng.choice([n for n in (count - 1, count + 1) if 2 <= n <= 6])


def _ground(facts: Facts, rng: random.Random) -> None:
    facts["background"] = _other(rng, tuple(BACKGROUNDS), facts["background"])


def _relation(facts: Facts, rng: random.Random) -> None:
    relation = facts["relation"]
    kinds = ("left", "above", "inside")
    if rng.random() < 0.5:
        relation["kind"] = _other(rng, kinds, relation["kind"])
    else:
        relation["subject"], relation["object"] = relation["object"], relation["subject"]


def _set(key: str, options: tuple[str, ...]) -> Change:
    def change(facts: Facts, rng: random.Random) -> None:
        if facts[key] is not None:
            facts[key] = _other(rng, options, facts[key])

    return change


def _boxes(facts: Facts, rng: random.Random) -> None:
    facts["boxes"] = max(2, facts["boxes"] + rng.choice((-1, 1)))


def _highest(facts: Facts, rng: random.Random) -> None:
    if facts["highest"] is not None:
        facts["highest"] = _other(rng, tuple(facts["labels"]), facts["highest"])


_COLOUR, _SHAPE = _replace("colour", tuple(COLOURS)), _replace("shape", SHAPES)
_SIZE = _replace("size", SIZES)
_SCENE: dict[str, tuple[Change, ...]] = {
    "single": (_SHAPE, _SHAPE, _SHAPE, _COLOUR, _SIZE, _ground),
    "equal": (_count, _count, _count, _SHAPE, _SHAPE, _COLOUR),
    "pair": (_swap("colour"), _swap("shape"), _swap("colour"), _SHAPE, _COLOUR, _relation),
    "three": (_swap("colour"), _swap("shape"), _SHAPE, _COLOUR),
}
_OTHERS: dict[str, tuple[Change, ...]] = {
    "chart": (
        _set("kind", CHART_KINDS),
        _set("colour", CHART_COLOURS),
        _set("trend", TRENDS),
        _highest,
    ),
    "diagram": (_set("kind", DIAGRAM_KINDS), _boxes),
}
