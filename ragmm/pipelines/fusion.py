"""Fusion: several rankings become one, by rank alone. Scores of different legs are never compared.

Cosines between a text and an image lie far below cosines between two texts of the same meaning, so one raw ranking
would bury every image. Here each leg (a space's texts, a space's images, the words) votes with the ranks of its own
list: a first place counts 1 / (RANK_CONSTANT + 1), whatever its score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ragmm.types import FoundBy

__all__ = ["Leg", "Ranked", "fuse"]

RANK_CONSTANT = 10.0
"""Small: the top of each leg matters much more than its tail."""


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One ranking: items with raw scores, best first."""

    name: str
    """"<space>/<text|image>" or "lexical"."""
    found: Sequence[tuple[int, float]]
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """An item with its fused score in [0, 1] and the legs that found it."""

    item: int
    score: float
    found_by: tuple[FoundBy, ...]


def fuse(legs: Sequence[Leg]) -> list[Ranked]:
    """Every item that a leg found, best first. An item that heads every leg that could hold it scores 1."""
    votes: dict[int, float] = {}
    by: dict[int, list[FoundBy]] = {}
    for leg in legs:
        for rank, (item, score) in enumerate(leg.found, start=1):
            votes[item] = votes.get(item, 0.0) + leg.weight / (RANK_CONSTANT + rank)
            by.setdefault(item, []).append(FoundBy(leg=leg.name, rank=rank, score=float(score)))
    best = _best_possible(legs)
    ranked = [Ranked(item=item, score=min(1.0, vote / best), found_by=tuple(by[item])) for item, vote in votes.items()]
    return sorted(ranked, key=lambda one: (-one.score, one.item))


def _best_possible(legs: Sequence[Leg]) -> float:
    """What heading one list of each space and the lexical leg would bring: an item stands in one list of a space."""
    by_space: dict[str, float] = {}
    for leg in legs:
        if leg.found:
            space = leg.name.split("/", maxsplit=1)[0]
            by_space[space] = max(by_space.get(space, 0.0), leg.weight)
    return max(sum(by_space.values()) / (RANK_CONSTANT + 1), 1e-12)
