"""How well pieces of evidence answer a question: shared words, shared meaning, rank, and the kind asked for."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ragmm.pipelines.answer.evidence import Unit, caption_of
from ragmm.text.terms import content_terms, has_number, terms
from ragmm.types import Hit

__all__ = ["EmbedTexts", "ScoreWeights", "Scored", "rows_beside", "score_units", "speaks_of", "strength"]

EmbedTexts = Callable[[Sequence[str]], NDArray[np.float32]]
"""Rows for texts, in any scale: (n texts) -> (n, dim)."""

_QUANTITY = re.compile(
    r"\bhow (?:many|much|long|old|far|large|big|high|fast|often)\b|\bwhen\b|\bwhich year\b"
    r"|\bwhat (?:year|date|percent\w*|number|amount|ratio)\b"
    r"|多少|几[个年月日人次种位]|何时|什么时候|哪年|哪一年|多[长大高远重]",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class ScoreWeights:
    """What counts how much when a piece is scored; found by a coarse search, the figures are flat around them."""

    cosine: float = 0.30
    overlap: float = 0.50
    rank: float = 0.10
    quantity: float = 0.06
    """Added when a number is asked for and the piece holds one."""
    nearby: float = 0.5
    """What a question word counts that stands not in the piece but elsewhere in its item."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """A unit with what speaks for it."""

    unit: Unit
    score: float
    cosine: float | None
    """Of the question and the unit; None where there is no embedder."""
    overlap: float
    """Share of the question's words, by weight, that the unit or (counting less) its item has."""
    vector: NDArray[np.float32] | None


def score_units(
    question: str, units: Sequence[Unit], embed: EmbedTexts | None, weights: ScoreWeights, *, max_embedded: int = 96
) -> list[Scored]:
    """The units with their scores, best first; of many, only the `max_embedded` most promising ones."""
    if not units:
        return []
    overlaps = _overlaps(question, units, weights.nearby)
    asks = bool(_QUANTITY.search(question))
    base = [
        weights.overlap * overlap
        + weights.rank / math.sqrt(unit.hit.rank)
        + weights.quantity * (asks and has_number(unit.text))
        for unit, overlap in zip(units, overlaps, strict=True)
    ]
    chosen = sorted(range(len(units)), key=lambda index: (-base[index], index))[:max_embedded]
    near = _nearness(question, [units[index] for index in chosen], embed)
    scored = [
        Scored(
            unit=units[index],
            score=base[index] + weights.cosine * (cosine or 0.0),
            cosine=cosine,
            overlap=overlaps[index],
            vector=vector,
        )
        for index, (cosine, vector) in zip(chosen, near, strict=True)
    ]
    return sorted(scored, key=lambda piece: (-piece.score, piece.unit.hit.rank, piece.unit.order))


def strength(scored: Sequence[Scored]) -> float:
    """How much the best of these pieces has of the question, in [0, 1]: its words, and where known its meaning."""
    return max((_strength(piece) for piece in scored[:10]), default=0.0)


def speaks_of(question: str, hit: Hit) -> bool:
    """Whether half of the question's words, and two where it has two, stand in a hit or its name."""
    wanted = content_terms(question)
    there = _item_terms(hit) | frozenset(terms(caption_of(hit.item)))
    shared = sum(term in there for term in wanted)
    return shared >= max(len(wanted) / 2, min(2, len(wanted)), 1)


def _strength(piece: Scored) -> float:
    # Without an embedder the words stand alone; 0.6 is the cosine of a middling pair, so one threshold serves both.
    cosine = 0.6 if piece.cosine is None else max(piece.cosine, 0.0)
    # Words tell what is missing, meaning what is said otherwise: neither alone separates as well as their middle.
    return min(1.0, (piece.overlap + cosine) / 2)


def _overlaps(question: str, units: Sequence[Unit], nearby: float) -> list[float]:
    wanted = content_terms(question)
    inside = [frozenset(terms(f"{unit.lead} {unit.text}")) for unit in units]
    around = {unit.hit.rank: _item_terms(unit.hit) for unit in units}
    weight = _weights(wanted, inside)
    total = sum(weight.values())
    return [
        sum(
            weight[term] * (1.0 if term in own else nearby if term in around[unit.hit.rank] else 0.0) for term in wanted
        )
        / total
        if total
        else 0.0
        for unit, own in zip(units, inside, strict=True)
    ]


def _weights(wanted: Sequence[str], inside: Sequence[frozenset[str]]) -> Mapping[str, float]:
    """Rare words among the candidates weigh more, numbers half as much again."""
    counts = Counter(term for own in inside for term in own if term in wanted)
    return {
        term: math.log(1 + (len(inside) + 1) / (1 + counts[term])) * (1.5 if term[0].isdigit() else 1.0)
        for term in wanted
    }


def _item_terms(hit: Hit) -> frozenset[str]:
    item = hit.item
    name = item.uri.rsplit("/", 1)[-1].replace("_", " ").replace("-", " ")
    return frozenset(terms(f"{item.text[:20_000]} {item.context} {' '.join(item.locator.section)} {name}"))


def _nearness(
    question: str, units: Sequence[Unit], embed: EmbedTexts | None
) -> list[tuple[float | None, NDArray[np.float32] | None]]:
    """The cosine of each unit with the question, and the unit's unit-length row."""
    if embed is None:
        return [(None, None)] * len(units)
    rows = rows_beside(question, [f"{unit.lead} {unit.text}".strip() for unit in units], embed)
    return [(float(row @ rows[0]), row) for row in rows[1:]]


def rows_beside(question: str, texts: Sequence[str], embed: EmbedTexts) -> NDArray[np.float32]:
    """The question's row and those of the texts, all of unit length."""
    rows = np.asarray(embed([question, *texts]), dtype=np.float32)
    unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit
