"""The values that might answer a question, each with its confidence: from running text, from tables, or yes and no."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.pipelines.answer.cells import AskedTable, CellWeights, PickedCell, pick
from ragmm.pipelines.answer.confidence import ConfidenceWeights, confidence, evidence_of
from ragmm.pipelines.answer.grids import grid_of, labelled_otherwise
from ragmm.pipelines.answer.pointing import Pointed, point
from ragmm.pipelines.answer.reasons import reasoned
from ragmm.pipelines.answer.scoring import EmbedTexts
from ragmm.pipelines.answer.whole_values import LONGEST
from ragmm.pipelines.answer.windows import windows_of
from ragmm.pipelines.answer.yes_or_no import verdicts
from ragmm.pipelines.query.wanted import AskedFor, AskedKind, fits, years
from ragmm.readers.base import Reader
from ragmm.types import Hit

__all__ = ["values_in_tables", "values_in_text"]

_OPEN = 0.6
"""Share of a column below which it is open which one is meant."""
_OTHER_LABEL = 0.5
"""What the confidence is worth where a value stands behind a label that the question does not name."""


def values_in_text(
    question: str, asked: AskedFor, hits: Sequence[Hit], reader: Reader, weights: ConfidenceWeights, *, windows: int
) -> list[FoundValue]:
    """One for each window that was read, the likeliest first."""
    chosen = windows_of(question, hits, most=windows)
    if asked.kind is AskedKind.YES_NO:
        return verdicts(question, chosen)
    pointed = point(question, asked, chosen, reader)
    found = []
    for one in pointed:
        evidence = evidence_of(one, [other for other in pointed if other is not one], asked)
        likely = confidence(evidence, weights) * (_OTHER_LABEL if labelled_otherwise(question, one.sentence) else 1.0)
        said = _said(one, asked, likely, missing=evidence.year > 0)
        found.append(reasoned(said) if asked.kind is AskedKind.REASON else said)
    return sorted(found, key=lambda one: -one.confidence)


def values_in_tables(
    question: str, asked: AskedFor, hits: Sequence[Hit], embed: EmbedTexts | None, weights: CellWeights
) -> list[FoundValue]:
    """A cell of each table among the hits, the likeliest first.

    Where the words leave open which column of the likeliest table is meant, the meaning of its heads decides.
    """
    if asked.kind is AskedKind.YES_NO:
        return []
    tables = [(hit, AskedTable.of(grid)) for hit in hits if (grid := grid_of(hit.item)) is not None]
    picked = [(pick(question, asked, table, weights), hit, table) for hit, table in tables]
    found = [(_in_cell(cell, asked, hit, table), cell, hit, table) for cell, hit, table in picked if cell]
    found.sort(key=lambda one: -one[0].confidence)
    if found and embed is not None and found[0][1].column_share < _OPEN:
        _, _, hit, table = found[0]
        cell = pick(question, asked, table, weights, embed)
        found[0] = (_in_cell(cell, asked, hit, table), cell, hit, table) if cell else found[0]
    return sorted((value for value, *_ in found if 0 < len(value.value) <= LONGEST), key=lambda one: -one.confidence)


def _in_cell(picked: PickedCell, asked: AskedFor, hit: Hit, table: AskedTable) -> FoundValue:
    shown = table.grid.shown(picked.row)
    return FoundValue(
        value=picked.value,
        shown=shown,
        quote=table.grid.quotes[picked.row],
        hit=hit,
        confidence=_cell_confidence(
            picked, asked, hit, years(f"{shown} {table.grid.about}"), labelled=table.grid.labelled
        ),
    )


def _cell_confidence(picked: PickedCell, asked: AskedFor, hit: Hit, said: frozenset[str], *, labelled: bool) -> float:
    wrong_year = bool(asked.years - said) and bool(said)
    logit = (
        -2.5
        + 2.0 * picked.row_share
        + 2.0 * picked.column_share
        - 6.0 * picked.unsaid
        + 1.0 * hit.relevance
        + 1.0 * (asked.kind is not AskedKind.ANY) * (1.0 if fits(asked.kind, picked.value) else -3.5)
        - 0.3 * math.log(hit.rank)
        - 3.0 * wrong_year
        - 2.5 * (not picked.told_apart)
        + 1.0 * labelled
    )
    return 1 / (1 + math.exp(-logit))


def _said(one: Pointed, asked: AskedFor, likely: float, *, missing: bool) -> FoundValue:
    return FoundValue(
        value=one.value,
        shown=" ".join(one.sentence.split()).lstrip("#>*•- "),
        quote=one.sentence,
        hit=one.window.hit,
        confidence=likely,
        lacking=_lacking(one, asked) if missing else "",
    )


def _lacking(one: Pointed, asked: AskedFor) -> str:
    said = years(f"{one.window.passage.text} {one.window.hit.item.context}")
    there, gone = sorted(said - asked.years)[-3:], sorted(asked.years - said)
    return f"found {', '.join(there)}, not {', '.join(gone)}" if there else ""
