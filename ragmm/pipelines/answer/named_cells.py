"""Which rows and columns of a table a question names, in the order in which it does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ragmm.pipelines.answer.asked_tables import TOTAL, AskedTable, has_word, label_column, words_of
from ragmm.pipelines.answer.exact import exact_figure
from ragmm.pipelines.answer.grids import is_amount
from ragmm.pipelines.query.value_kinds import years
from ragmm.text.terms import fold, terms

__all__ = ["NamedRows", "QuestionWords", "is_total", "named_columns", "named_rows", "row_label"]

_BETWEEN = 4
"""Letters that may stand between the words of a label: forms of them are longer."""
_CODE = re.compile(r"(?=\w*\d)[\w-]+")
_ASIDE = re.compile(r"\([^()]*\)")
_TOKEN = re.compile(r"\w+")


@dataclass(frozen=True, kw_only=True)
class QuestionWords:
    """The words of a question with their places."""

    folded: str
    places: dict[str, int]
    """Of each term, where it first stands."""

    @classmethod
    def of(cls, question: str) -> QuestionWords:
        folded = fold(question)
        places: dict[str, int] = {}
        for token in _TOKEN.finditer(folded):
            for term in terms(token.group()):
                places.setdefault(term, token.start())
        return cls(folded=folded, places=places)

    @property
    def said(self) -> frozenset[str]:
        return frozenset(self.places)

    def says(self, label: str) -> bool:
        """Whether the words of a label stand in the question side by side, in their order."""
        told = [self.place(word) for word in terms(label)]
        places = [place for place in told if place is not None]
        near = bool(places) and places[-1] - places[0] <= len(label) + _BETWEEN
        return near and len(places) == len(told) and places == sorted(places)

    def place(self, word: str) -> int | None:
        """Where a word of a label stands, or a longer or shorter form of it."""
        found = [at for term, at in self.places.items() if has_word(frozenset([term]), word)]
        return min(found, default=None)


@dataclass(frozen=True, kw_only=True)
class NamedRows:
    """Rows that the question names by one name: the row of a label, or all rows of a kind."""

    place: int
    """Where the question names them."""
    name: str
    rows: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class _NamedLabel:
    place: int
    words: frozenset[str]
    whole: bool


def named_rows(table: AskedTable, question: QuestionWords) -> list[NamedRows]:
    """By the words of their cells, in the question's order."""
    grid = table.grid
    homes: dict[str, list[int]] = {}
    for number, row in enumerate(grid.rows):
        for column, cell in enumerate(row):
            if _names(cell, first=column == 0, labelled=grid.labelled and column > 0):
                homes.setdefault(cell, []).append(number)
    matches = _undominated(homes, question)
    about = words_of(grid.about)
    telling = {name: one for name, one in matches.items() if any(not has_word(about, word) for word in one.words)}
    found = telling or matches
    named = [
        NamedRows(place=one.place, name=name, rows=tuple(dict.fromkeys(homes[name]))) for name, one in found.items()
    ]
    return sorted(named, key=lambda one: one.place)


def _names(cell: str, *, first: bool, labelled: bool) -> bool:
    """Whether a cell may be what a row is called: no amount, but for codes and years in the first column."""
    if not cell or labelled:
        return False
    if not is_amount(cell):
        return True
    return first and (bool(years(cell)) or (any(char.isalpha() for char in cell) and " " not in cell))


def named_columns(heads: Sequence[tuple[int, str]], question: QuestionWords) -> list[int]:
    """Columns by the words of their heads, years aside, in the question's order."""
    by_head = {head: column for column, head in heads if head}
    matches = _undominated(by_head, question)
    return [by_head[head] for head in sorted(matches, key=lambda head: matches[head].place)]


def _undominated(labels: Iterable[str], question: QuestionWords) -> dict[str, _NamedLabel]:
    """Labels that are said, without those of which another says more."""
    found = {label: one for label in labels if (one := _match(label, question)) is not None}
    kept = {}
    for label, one in found.items():
        others = [other for name, other in found.items() if name != label]
        if any(one.words < other.words for other in others):
            continue
        if not one.whole and any(one.words == other.words for other in others):
            continue
        kept[label] = one
    return kept


def _match(label: str, question: QuestionWords) -> _NamedLabel | None:
    bare = fold(label).strip()
    if _CODE.fullmatch(bare):
        found = re.search(rf"(?<![\w-]){re.escape(bare)}(?![\w-])", question.folded)
        return _NamedLabel(place=found.start(), words=frozenset([bare]), whole=True) if found else None
    words = list(dict.fromkeys(terms(_ASIDE.sub("", label).replace("_", " "))))
    places = {word: at for word in words if (at := question.place(word)) is not None}
    if not places or words[0] not in places or 2 * len(places) < len(words):
        return None
    return _NamedLabel(place=min(places.values()), words=frozenset(places), whole=len(places) == len(words))


def row_label(row: Sequence[str]) -> str:
    """What a row is called."""
    label = row[label_column(row)]
    return label or row[0]


def is_total(row: Sequence[str]) -> bool:
    """Whether a row sums up others."""
    return bool(TOTAL.match(row_label(row).strip())) and any(exact_figure(cell) for cell in row)
