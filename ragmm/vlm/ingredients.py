"""The lines that a figure is worked out from: of a quick ratio, the assets and liabilities of the balance sheet.

What is asked for stands nowhere in such documents; what it is made of does, mostly on one page. A glossary says what
that is called.
"""

from __future__ import annotations

from collections.abc import Sequence

from ragmm.types import Hit
from ragmm.vlm.evidence import Unit, units_of_hits
from ragmm.vlm.words import has_number, terms

__all__ = ["lines_of"]

_FEWEST = 2
"""Of several ingredients; one alone says little, and stands on many pages."""

Page = tuple[str, int | None]


def lines_of(ingredients: Sequence[str], hits: Sequence[Hit]) -> list[Unit]:
    """The lines with numbers that name the most ingredients on one page of the hits, in reading order."""
    wanted = {phrase: f" {' '.join(terms(phrase))} " for phrase in ingredients}
    pages: dict[Page, dict[str, Unit]] = {}
    for unit in units_of_hits(hits):
        if has_number(unit.text):
            said = f" {' '.join(terms(unit.text))} "
            page = pages.setdefault((unit.hit.item.uri, unit.hit.item.locator.page), {})
            for phrase in (phrase for phrase, words in wanted.items() if words in said):
                page.setdefault(phrase, unit)
    # Of equals the first: hits come best first.
    best = max(pages.values(), key=len, default={})
    if len(best) < min(_FEWEST, len(wanted)):
        return []
    lines = {(unit.hit.rank, unit.order): unit for unit in best.values()}
    return [lines[place] for place in sorted(lines)]
