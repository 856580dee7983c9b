"""What a claim states (numbers, dates, names) held against what it cites: there, worked out from it, or neither."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

from ragmm.pipelines.answer.evidence import caption_of, units_of
from ragmm.pipelines.answer.grids import Grid, grid_of
from ragmm.pipelines.query.value_kinds import years
from ragmm.text.amounts import APPROXIMATELY, Amount, amounts
from ragmm.text.moments import lowered, moments
from ragmm.text.stop_words import LATIN_LANGUAGES
from ragmm.text.terms import content_terms, language, terms
from ragmm.types import Hit

__all__ = ["CitedFacts", "misses"]

_LONGEST = 50_000
_COUNTED = 12
"""Counts up to this ("three regions") may be counted rather than quoted."""
_OPERANDS = 8
_NAME = re.compile(r"(?<![.!?…:]\s)(?<![.!?…:]\s[\"“„'(*])(?<=\s)[\"“„'(*]?([A-ZÀ-Þ][^\W\d_]*(?:['’-][^\W\d_]+)*)")
_SMALL = re.compile(r"(?<![^\W\d_])[a-zà-ÿ][^\W\d_]*")
_PARTICLES = frozenset({"da", "de", "der", "di", "du", "la", "le", "van", "von"})
"""Of names."""
_PAIR = re.compile(r"(?:^|[.!?…:]\s)[\"“„'(*]?([A-ZÀ-Þ][^\W\d_]+) (?=[A-ZÀ-Þ][a-zà-ÿ])")
"""The first of two words with a capital at the beginning of a sentence."""
_COMPUTES = re.compile(
    r"\b(?:totals?|sum|together|combined|altogether|overall|difference|more|fewer|less|higher|lower|larger|smaller|increas\w*"
    r"|decreas\w*|grew|grown|growth|rose|risen|fell|fallen|drop\w*|declin\w*|chang\w*|ratio|times|average|mean|per|percent|share"
    r"|half|twice|double\w*|exceed\w*|remain\w*|left|gap|margin|by|insgesamt|zusammen|summe|differenz|mehr|weniger|anteil"
    r"|durchschnitt\w*|gestiegen|gesunken)\b|%|合计|总共|一共|相差|增长|减少|占|平均",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[,;:()，；]|\b(?:and|while|whereas|than|from|to|against|compared|und|gegenüber)\b", re.IGNORECASE
)
_SCALE = re.compile(
    r"\b(thousands?|millions?|billions?|tausend|mio|mrd)\b|[(（]000s?[)）]|(千|万|百万|亿)", re.IGNORECASE
)
_SPACED = re.compile(r"(?<![\d.,])(\d{1,3})[ \u00a0\u202f](\d{3})(?![\d.,])")
"""1 250, as other languages than English write it."""
_SCALES = {"thousand": 1e3, "tausend": 1e3, "million": 1e6, "mio": 1e6, "billion": 1e9, "mrd": 1e9}
_HAN_SCALES = {"千": 1e3, "万": 1e4, "百万": 1e6, "亿": 1e8}


@dataclass(frozen=True, kw_only=True)
class CitedFacts:
    """What several hits say together."""

    hits: Sequence[Hit]
    ordered: str = ""
    """What they tell a model to do, or to say: it carries nothing."""

    @cached_property
    def text(self) -> str:
        return " \n".join(_told(hit) for hit in self.hits)

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(terms(self.text))

    @cached_property
    def amounts(self) -> tuple[Amount, ...]:
        return tuple(amounts(lowered(self.text)))

    @cached_property
    def grids(self) -> tuple[Grid, ...]:
        return tuple(grid for hit in self.hits if (grid := grid_of(hit.item)) is not None)

    @cached_property
    def scales(self) -> tuple[float, ...]:
        """What the heads, captions and headings say that numbers are counted in."""
        said = " ".join(f"{grid.about} {' '.join(grid.heads)} {grid.beside}" for grid in self.grids)
        return (1.0, *dict.fromkeys(_scale(match) for match in _SCALE.finditer(said)))


def misses(claim: str, question: str, facts: CitedFacts) -> str:
    """What the cited evidence does not have of a claim, in a few words; "" where it has everything."""
    if language(claim) != "en":
        claim = _SPACED.sub(r"\1\2", claim)
    missing = [
        *_obeyed(claim, question, facts),
        *_dates(claim, facts),
        *_years(claim, facts),
        *_numbers(claim, question, facts),
    ]
    missing += [] if missing else [*_names(claim, question, facts), *_misplaced(claim, question, facts)]
    return missing[0] if missing else ""


def _told(hit: Hit) -> str:
    item = hit.item
    return (
        f"{item.text[:_LONGEST]} \n{caption_of(item)} \n{item.context} \n{' '.join(item.locator.section)} \n{item.uri}"
    )


def _scale(match: re.Match[str]) -> float:
    if match[2]:
        return _HAN_SCALES[match[2]]
    return _SCALES[match[1].lower().rstrip("s")] if match[1] else 1e3


def _obeyed(claim: str, question: str, facts: CitedFacts) -> Iterator[str]:
    """Words that only an order to a model has."""
    told = frozenset(content_terms(facts.ordered)) if facts.ordered else frozenset()
    own = [term for term in content_terms(claim) if term in told]
    yield from (
        f"{term} is only said to a model" for term in own if term not in facts.words | frozenset(terms(question))
    )


# Dates, years, names -----------------------------------------------------------------------------------------------


def _dates(claim: str, facts: CitedFacts) -> Iterator[str]:
    """Days, months and times of day that the evidence lacks; a year alone is looked at with the other years."""
    said = [one for one in moments(lowered(claim)) if one.month or one.minutes is not None]
    known = moments(lowered(facts.text)) if said else []
    for one in said:
        if not any(other.says(one) or (one.says(other) and other.month) for other in known):
            yield f"{claim[one.start : one.end].strip()} is not there"


def _years(claim: str, facts: CitedFacts) -> Iterator[str]:
    """A year that the evidence lacks while it names others; where it names none, the question's is taken."""
    known = years(facts.text)
    yield from (f"{year} is not there" for year in sorted(years(claim) - known) if known)


def _names(claim: str, question: str, facts: CitedFacts) -> Iterator[str]:
    spoken = language(claim)
    if spoken == "de" or (spoken and language(facts.text) not in ("", spoken)):
        return  # German writes every noun so, and other languages write names otherwise
    small = content_terms(" ".join(_SMALL.findall(claim)))
    if not spoken and _binds_otherwise(claim) and not any(term in facts.words for term in small):
        return  # too short to tell its language, and none of its words is there
    asked = frozenset(terms(question))
    found = [*(match[1] for match in _PAIR.finditer(claim)), *(match[1] for match in _NAME.finditer(claim))]
    for name in found:
        own = [term for term in terms(name) if len(term) > 1]
        if own and not (facts.words | asked).issuperset(own):
            yield f"{name} is not there"


def _binds_otherwise(claim: str) -> bool:
    """Whether a claim has a word that binds in another language than English, and not in names."""
    words = frozenset(claim.casefold().split()) - _PARTICLES
    return any(words & known - LATIN_LANGUAGES["en"] for known in LATIN_LANGUAGES.values())


# Numbers -----------------------------------------------------------------------------------------------------------


def _stated(claim: str) -> list[Amount]:
    """The numbers of a claim that must come from somewhere: no dates, years, ordinals or small counts."""
    text = lowered(claim)
    for one in moments(text):
        text = f"{text[: one.start]}{' ' * (one.end - one.start)}{text[one.end :]}"
    return [one for one in amounts(text) if not (one.ordinal or one.weak or one.yearlike)]


def _numbers(claim: str, question: str, facts: CitedFacts) -> Iterator[str]:
    for one in _stated(claim):
        small = not one.dimension and not one.scaled and one.values[0] in range(_COUNTED + 1)
        if not (small or _there(one, claim, facts) or _worked_out(one, claim, question, facts)):
            yield f"{claim[one.start : one.end].strip()} is not there"


def _there(one: Amount, claim: str, facts: CitedFacts) -> Amount | None:
    """Where the evidence has it."""
    near = _tolerance(one, claim) if one.scaled or APPROXIMATELY.search(claim[: one.start].lower()[-14:]) else 0.0
    return next((other for other in facts.amounts if _alike(one, other, facts.scales, near)), None)


def _alike(one: Amount, other: Amount, scales: Sequence[float], near: float = 0.0) -> bool:
    """The same amount, also where a head says that the other is counted in thousands."""
    if one.is_like(other):
        return True
    if one.dimension and other.dimension and one.dimension != other.dimension:
        return False
    units = bool(one.dimension and other.dimension)
    ours, theirs = (one.values, other.values) if units else (one.bare, other.bare)
    return any(_same(a, b * scale, near) for scale in scales for a in ours for b in theirs)


def _same(a: float, b: float, near: float) -> bool:
    return math.isclose(abs(a), abs(b), rel_tol=1e-9, abs_tol=max(near, 1e-12))


def _tolerance(one: Amount, claim: str) -> float:
    """Half of the last place that is written."""
    written = re.search(r"\d[\d.,]*", claim[one.start : one.end])
    decimals = re.search(r"[.,](\d{1,2}|\d{4,})$", written[0].rstrip(".,")) if written else None
    unit = 10.0 ** -len(decimals[1]) if decimals else 1.0
    number = float(re.sub(r"[^\d]", "", written[0])) * unit if written and written[0] else 0.0
    scale = abs(one.bare[0]) / number if number and one.scaled else 1.0
    return 0.5 * unit * scale * 1.001


def _worked_out(one: Amount, claim: str, question: str, facts: CitedFacts) -> bool:
    """Whether a number is a sum, difference, ratio, share, growth or mean of numbers that are there."""
    if not (_COMPUTES.search(claim) or _COMPUTES.search(question)):
        return False
    near = _tolerance(one, claim)
    results = [*_results(_operands(one, claim, question, facts)), *_of_columns(facts)]
    return any(_same(wanted, value * scale, near) for wanted in one.bare for value in results for scale in facts.scales)


def _operands(one: Amount, claim: str, question: str, facts: CitedFacts) -> list[float]:
    """The other numbers that the claim names, else those of the rows and sentences that say most of its words."""
    others = (_there(other, claim, facts) for other in _stated(claim) if other.start != one.start)
    named = [other.bare[0] for other in others if other is not None]
    if len(named) > 1:
        return named[:_OPERANDS]
    wanted = frozenset(terms(f"{claim} {question}"))
    units = [unit for hit in facts.hits for unit in units_of(hit)]
    units.sort(key=lambda unit: -len(wanted.intersection(terms(unit.text))))
    found = [other.bare[0] for unit in units[:2] for other in amounts(lowered(unit.text)) if not other.yearlike]
    return list(dict.fromkeys([*named, *found]))[:_OPERANDS]


def _results(operands: Sequence[float]) -> Iterator[float]:
    for a, b in permutations(operands, 2):
        yield from (a + b, a - b)
        if b:
            yield from (a / b, 100 * a / b, 100 * (a - b) / b)
    if len(operands) > 1:
        yield from (sum(operands), sum(operands) / len(operands))


def _of_columns(facts: CitedFacts) -> Iterator[float]:
    """Sum and mean of each column of numbers."""
    for grid in facts.grids:
        for column in grid.columns[1:]:
            values = [one[0].bare[0] for row in grid.rows if (one := list(amounts(lowered(row[column]))))]
            if len(values) > 1:
                yield from (sum(values), sum(values) / len(values))


# The right number in the wrong place -------------------------------------------------------------------------------


def _misplaced(claim: str, question: str, facts: CitedFacts) -> Iterator[str]:
    """Numbers that stand only where another year, row or sentence's year is spoken of."""
    asked = "" if years(claim) else " ".join(years(question))
    for one in _stated(claim):
        places = [
            place
            for hit in facts.hits
            for place in _places(one, hit, _Spoken(claim=claim, asked=asked, clause=_clause(claim, one)), facts.scales)
        ]
        if places and all(places):
            yield f"{claim[one.start : one.end].strip()} stands for {places[0]} there"


def _places(one: Amount, hit: Hit, said: _Spoken, scales: Sequence[float]) -> Iterator[str]:
    """For each place of the number in a hit: what it stands for there, if the claim speaks of another; else ""."""
    grid = grid_of(hit.item)
    if grid is not None:
        for row, cells in enumerate(grid.rows):
            for column in grid.columns[1:] if len(grid.heads) > 1 else ():
                if any(_alike(one, other, scales) for other in amounts(lowered(cells[column]))):
                    yield _conflict(said, grid, row, column)
    for unit in units_of(hit):
        in_grid = grid is not None and (unit.quote.startswith("|") or unit.quote in grid.quotes)
        if not in_grid and any(_alike(one, other, scales) for other in amounts(lowered(unit.text))):
            mine, theirs = years(unit.text), years(said.claim) or years(said.asked)
            yield " and ".join(sorted(mine)) if mine and theirs and not mine & theirs else ""


@dataclass(frozen=True, kw_only=True)
class _Spoken:
    claim: str
    asked: str
    clause: str

    def speaks_of(self, other: frozenset[str], own: frozenset[str]) -> bool:
        """Whether another label is spoken of beside a number rather than its own."""
        if not other - own or not own - other:
            return False
        whole = frozenset(terms(f"{self.claim} {self.asked}"))
        if own <= whole or (own - other) & whole:
            part = frozenset(terms(self.clause))
            return other <= part and not (own - other) & part
        return other <= whole


def _clause(claim: str, one: Amount) -> str:
    cuts = [0, *(end for match in _CLAUSE.finditer(claim) for end in match.span()), len(claim)]
    low = max((cut for cut in cuts if cut <= one.start), default=0)
    high = min((cut for cut in cuts if cut >= one.end), default=len(claim))
    return claim[low:high]


def _conflict(said: _Spoken, grid: Grid, row: int, column: int) -> str:
    """The head or label of a cell where the claim speaks of another of its kind; "" where it does not."""
    head = grid.heads[column]
    if years(head):
        for other in grid.heads:
            if years(other) and said.speaks_of(years(other), years(head)):
                return head
    label = grid.rows[row][0]
    own = frozenset(terms(label))
    others = (frozenset(terms(cells[0])) for cells in grid.rows)
    return label if own and any(other and said.speaks_of(other, own) for other in others) else ""
