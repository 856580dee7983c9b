"""How many rows of a table are of a kind: "how many routes does Bluewater operate"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ragmm.pipelines.answer.asked_tables import AskedTable, has_word, label_column, words_of
from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.pipelines.answer.named_cells import is_total, named_rows, row_label
from ragmm.pipelines.answer.sum_search import Search, missing_years, unsaid_share_of
from ragmm.text.terms import content_terms, fold

__all__ = ["count_of"]

_FEW_UNSAID = 0.25
_LONGEST_SHOWN = 400
_SURE = 0.75
"""How likely a count is right; a cell that was found surely goes before."""
_LISTED = re.compile(r"\b(?:list\w*|table|sheet|file|register|results?|entries|rows|on|have|in all|in total|there)\b")
_COUNTED = re.compile(r"\bhow many ((?:\w+\s){1,3}?)(?:of|are|is|does|do|did|has|have|were|was|in|on|take|took)\b")


def count_of(search: Search) -> FoundValue | None:
    """How many rows of a whole table are of the kind asked about."""
    wanted, table, grid = search.wanted, search.table, search.table.grid
    if grid.labelled or not any(grid.heads) or not search.whole:
        return None
    unsaid, counted, named = unsaid_share_of(search), _counted(wanted.text), named_rows(table, search.words)
    if unsaid is None or unsaid > _FEW_UNSAID or not counted or missing_years(search):
        return None
    kept = [number for number, row in enumerate(grid.rows) if not is_total(row)]
    first = [grid.rows[number][0] for number in kept]
    keyed = len(set(first)) == len(first) and all(first) and _is_key(table, counted)
    for one in named:
        kept = [row for row in kept if row in one.rows]
    by_key = any(one.name in (grid.rows[row][0], row_label(grid.rows[row])) for one in named for row in one.rows)
    of_kind = any(has_word(words_of(one.name), word) for one in named for word in counted)
    listed = _LISTED.search(search.words.folded) is not None and not unsaid
    if not kept or not (of_kind or (keyed and not by_key and (named or listed))):
        return None
    labels = [row_label(grid.rows[row]) for row in kept]
    value = str(len(kept))
    return FoundValue(
        value=value,
        shown=f"{value}: {', '.join(labels)}"[:_LONGEST_SHOWN],
        quote=grid.quotes[kept[0]],
        hit=search.found.hit,
        confidence=_SURE,
        citations=tuple(search.quote(row) for row in kept),
    )


def _counted(question: str) -> list[str]:
    found = _COUNTED.search(fold(question))
    return content_terms(found.group(1)) if found else []


def _is_key(table: AskedTable, counted: Sequence[str]) -> bool:
    """Whether what is counted is what a row is: named by the head of its first or its first worded column."""
    grid = table.grid
    keys = {0, label_column(grid.rows[0])} if grid.rows else set()
    return any(has_word(table.heads[column], word) for column in keys for word in counted)
