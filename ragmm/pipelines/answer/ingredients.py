"""The lines that a figure is worked out from: of a quick ratio, the assets and liabilities of the balance sheet.

What is asked for stands nowhere in such documents; what it is made of does, mostly on one page. A glossary says what
that is called, and the question itself names lines too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ragmm.pipelines.answer.evidence import Unit, units_of_hits
from ragmm.pipelines.answer.figures import is_named
from ragmm.text.terms import content_terms, has_number, terms
from ragmm.types import Hit

__all__ = ["lines_of"]

_FEWEST = 2
"""Of several ingredients; one alone says little, and stands on many pages."""
_NAME = re.compile(r"[^\d;:]{3,60}(?=[;:\d])")
"""What stands before the numbers of a row."""
_LINE_END = re.compile(r"[\d%)]\.?$")
_LONGEST_LINE = 120
"""Of a row that no table was made of; longer ones are sentences that happen to end in a number."""

Page = tuple[str, int | None]


@dataclass(eq=False)
class _Found:
    """What one page holds of what is looked for."""

    said: set[str] = field(default_factory=set)
    """Ingredients that it names, with numbers or without."""
    lines: dict[str, Unit] = field(default_factory=dict)
    """The first line with numbers for each ingredient."""
    asked: dict[str, Unit] = field(default_factory=dict)
    """The same for each name of a row that the question uses."""

    @property
    def worth(self) -> tuple[int, int]:
        return len({_place(unit) for unit in self.lines.values()}), len(self.said)


def lines_of(question: str, ingredients: Sequence[str], hits: Sequence[Hit]) -> list[Unit]:
    """The lines with numbers of the page of the hits that has most of the ingredients, in reading order.

    Where the question names a document, no other document's lines are worth anything.
    """
    wanted = {phrase: _padded(phrase) for phrase in ingredients}
    words = frozenset(content_terms(question))
    pages: dict[Page, _Found] = {}
    mine = [hit for hit in hits if is_named(hit)] or hits
    for unit in units_of_hits(mine) if wanted else ():
        page = pages.setdefault((unit.hit.item.uri, unit.hit.item.locator.page), _Found())
        text = _padded(unit.text)
        named = [phrase for phrase, phrased in wanted.items() if phrased in text]
        page.said.update(named)
        if _is_row(unit):
            for name in named:
                page.lines.setdefault(name, unit)
            for name in _asked_for(unit.text, words):
                page.asked.setdefault(name, unit)
    # Of equals the first: hits come best first.
    best = max(pages.values(), key=lambda page: page.worth, default=_Found())
    if not best.lines or len(best.said) + bool(best.asked) < min(_FEWEST, len(wanted)):
        return []
    lines = {_place(unit): unit for unit in [*best.lines.values(), *best.asked.values()]}
    return [lines[place] for place in sorted(lines)]


def _place(unit: Unit) -> tuple[int, int]:
    return unit.hit.rank, unit.order


def _padded(text: str) -> str:
    return f" {' '.join(terms(text))} "


def _is_row(unit: Unit) -> bool:
    """A table's row, or a short line that ends in a number, as rows do of which no table was made."""
    if unit.quote.startswith("|"):
        return has_number(unit.text)
    return len(unit.text) <= _LONGEST_LINE and _LINE_END.search(unit.text) is not None


def _asked_for(row: str, words: frozenset[str]) -> Iterator[str]:
    """The name of a row, if the question says half of it or more."""
    name = _NAME.match(row)
    mine = frozenset(terms(name.group())) if name else frozenset()
    if mine and 2 * len(mine & words) >= len(mine):
        yield " ".join(sorted(mine))
