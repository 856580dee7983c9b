"""How likely the cell that was picked is the answer: one logistic function over what speaks for it."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from ragmm.pipelines.answer.cells import PickedCell
from ragmm.pipelines.query.value_kinds import AskedKind, years
from ragmm.pipelines.query.wanted import AskedFor
from ragmm.types import IMAGE_MODALITIES, Hit

__all__ = ["CellConfidence", "CellSigns", "cell_confidence", "signs_of_cell"]

_SUREST = 3.0
"""From where on the reader's score says no more."""


@dataclass(frozen=True, kw_only=True)
class CellSigns:
    """What speaks for a cell; each is weighed."""

    row: float
    """Its row's share among the rows."""
    column: float
    unsaid: float
    """Share of the question's words that stand nowhere around it."""
    relevance: float
    rank: float
    """Logarithm of the hit's rank."""
    fits: float
    """Whether it is of the kind asked for; 0 where that is open."""
    misfit: float
    apart: float
    """Whether its row has a word of the question that the table as a whole has not."""
    year: float
    """Whether a year that was asked for is missing while another is named."""
    labelled: float
    pictured: float
    read: float
    """The reader's score of the row; 0 where no reader has learnt tables."""


@dataclass(frozen=True, kw_only=True)
class CellConfidence:
    """Of each sign, in logits; fitted by document (`python -m tools.fit_answers`) but for `year`, which is set."""

    bias: float = -5.07
    row: float = 1.31
    column: float = 2.99
    unsaid: float = -2.26
    relevance: float = 1.91
    rank: float = -0.85
    fits: float = 0.03
    misfit: float = -0.29
    apart: float = 0.66
    year: float = -2.0
    labelled: float = -0.78
    pictured: float = 0.49
    read: float = 0.52


def cell_confidence(signs: CellSigns, weights: CellConfidence) -> float:
    """In [0, 1]."""
    logit = weights.bias + sum(getattr(signs, one.name) * getattr(weights, one.name) for one in fields(CellSigns))
    return 1 / (1 + math.exp(-logit))


def signs_of_cell(picked: PickedCell, asked: AskedFor, hit: Hit, said: str, *, labelled: bool) -> CellSigns:
    """`said`: the row as it is shown, with what is said about the table."""
    there = years(said)
    open_kind = asked.kind is AskedKind.ANY
    fitting = asked.suits_plainly(picked.value)
    return CellSigns(
        row=picked.row_share,
        column=picked.column_share,
        unsaid=picked.unsaid,
        relevance=hit.relevance,
        rank=math.log(hit.rank),
        fits=float(not open_kind and fitting),
        misfit=float(not open_kind and not fitting),
        apart=float(picked.told_apart),
        year=float(bool(asked.years - there) and bool(there)),
        labelled=float(labelled),
        pictured=float(hit.item.modality in IMAGE_MODALITIES),
        read=max(-_SUREST, min(_SUREST, picked.read or 0.0)),
    )
