"""A table that is asked for what a figure is worked out from, and how much of the question it and its document say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ragmm.pipelines.answer.asked_tables import AskedTable, has_word, words_of
from ragmm.pipelines.answer.named_cells import QuestionWords
from ragmm.pipelines.answer.table_parts import FoundTable
from ragmm.pipelines.query.asked_sums import AskedSum
from ragmm.pipelines.query.value_kinds import years
from ragmm.pipelines.query.wanted import AskedFor
from ragmm.text.terms import content_terms, terms
from ragmm.types import Citation, Hit

__all__ = ["FILLERS", "Search", "missing_years", "search_in", "unsaid_beside", "unsaid_share_of"]

_NAME = re.compile(r"(?<=\S\s)[A-ZÀ-Þ][\w'’-]+")
_MOST_UNSAID = 0.34
_TEXT = 4_000
"""Characters of an item that are looked at."""
FILLERS = frozenset(
    terms(
        "how much many more less fewer than did do does was were is are has have had what which the of in at on by to"
        " from between over and for with compared comparison difference change grow grew growth rise rose increase"
        " decrease decline fall fell drop ratio share proportion part percent percentage per cent sum total together"
        " combined altogether average mean added add up times as large larger taller older younger longer shorter"
        " higher lower cheaper number amount figure figures value count year years month months end people persons"
        " come came visit visited take took carry carried make made making produce produced use used spend spent"
        " spending cost costs charge charges go went see saw work worked sell sold earn earned pay paid operate have"
        " there during all each every whole list show exact exactly calculate compute points point finish finished"
        " rounded nearest decimal places rate rates gap exceed exceeded surplus excess plus wie viel viele mehr weniger"
        " als unterschied zwischen differenz kostet kosten zusammen hoeveel meer minder dan verschil tussen samen kost"
        " combien moins que entre ensemble coute coutent um von auf bis stieg gestiegen sank gesunken prozent wuchs"
        " gewachsen augmente baisse progresse pour stegen gestegen gedaald procent met durchschnitt"
        " durchschnittlich durchschnittliche moyenne gemiddeld gemiddelde zahl nombre aantal hoch ist war"
    )
)
"""Words that say what to do with the figures, or no more than that there are some."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """One table that is asked for the cells."""

    wanted: AskedSum
    asked: AskedFor
    found: FoundTable
    table: AskedTable
    beside: Sequence[Hit]
    """All hits of its document."""
    words: QuestionWords

    @property
    def whole(self) -> bool:
        return self.found.whole

    def quote(self, row: int) -> Citation:
        return Citation(rank=self.found.homes[row].rank, quote=self.table.grid.quotes[row])


def search_in(wanted: AskedSum, asked: AskedFor, found: FoundTable, hits: Sequence[Hit]) -> Search:
    """A table made ready to be asked."""
    return Search(
        wanted=wanted,
        asked=asked,
        found=found,
        table=AskedTable.of(found.grid, wanted.text),
        beside=[hit for hit in hits if hit.item.uri == found.hit.item.uri],
        words=QuestionWords.of(wanted.text),
    )


def _told(search: Search) -> str:
    return " ".join(
        f"{one.item.uri} {one.item.context} {' '.join(one.item.locator.section)} {one.item.text[:_TEXT]}"
        for one in search.beside
    )


def missing_years(search: Search) -> bool:
    """Whether a year is asked about that stands neither in a row nor in what is said about the table."""
    grid = search.table.grid
    said = f"{grid.about} {grid.beside} {' '.join(cell for row in grid.rows for cell in row)} {_told(search)}"
    return not years(said) >= years(search.wanted.text)


def unsaid_share_of(search: Search) -> float | None:
    """Share of the question's words that its document does not say; None where a name or a number is among them, or
    where too much is.
    """
    there = words_of(f"{search.table.grid.about} {_told(search)}")
    words = [word for word in content_terms(search.wanted.text) if word not in FILLERS]
    missing = [word for word in words if not has_word(there, word)]
    names = {term for name in _NAME.findall(search.wanted.text) for term in terms(name)}
    wanted_years = years(search.wanted.text)
    if any(word in names or (word[0].isdigit() and word not in wanted_years) for word in missing):
        return None
    share = len(missing) / max(1, len(words))
    return share if share <= _MOST_UNSAID else None


def unsaid_beside(search: Search) -> bool:
    """Whether the question has a word that neither the table nor its heading says."""
    grid = search.table.grid
    there = words_of(f"{grid.about} {grid.beside} {search.found.hit.item.uri}").union(*search.table.heads)
    there = there.union(*(cell for row in search.table.cells for cell in row))
    return not all(has_word(there, word) for word in content_terms(search.wanted.text) if word not in FILLERS)
