"""Two sides of a comparison, each looked up by itself, perhaps in a document of its own; the winner comes first.

Where one side was not found nothing is said but that: one side alone decides nothing.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Protocol

from ragmm.pipelines.answer.asked_tables import has_word, has_words, words_of
from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.pipelines.answer.exact import CellNumber, exact_figure
from ragmm.pipelines.answer.named_things import title_of
from ragmm.pipelines.answer.sides_of_years import of_year, says_all
from ragmm.pipelines.query.asked_sides import AskedSides
from ragmm.pipelines.query.value_kinds import years
from ragmm.pipelines.query.wanted import AskedFor, wanted
from ragmm.text.dates import days_of
from ragmm.text.initials import initials_of
from ragmm.text.terms import content_terms, fold, terms
from ragmm.types import Hit, Modality

__all__ = ["LookUp", "both_sides", "compared", "figure_of", "lacks_side", "weighed"]

_LIKELY = 0.3
"""How likely what is found for each side must be."""
_LABELLED = 0.6
"""How likely an entry is right whose label says what is asked, in a document about the side."""
_SURE = 0.75
_SURELY = 0.45
"""From where on a row that names the side and the year need not say what is asked in the question's words."""
_HALF = 2
_SAME = "both the same"
Sides = tuple[FoundValue | None, FoundValue | None]
Measured = tuple[tuple[Fraction, ...], str]
"""What a value comes to, in the order in which such are compared, and its unit."""


class LookUp(Protocol):
    """Looks a value up as for any question."""

    def __call__(self, question: str, asked: AskedFor, hits: Sequence[Hit], *, sure: float) -> list[FoundValue]: ...


def compared(asked: AskedSides, hits: Sequence[Hit], look_up: LookUp) -> list[FoundValue]:
    """The winner with what was found for both; of a side that is missing, that it is."""
    found = both_sides(asked, hits, look_up)
    first, second = found
    if first is None or second is None:
        return lacks_side(asked, found)
    won = weighed(asked, first, second)
    return [won] if won else []


def weighed(asked: AskedSides, first: FoundValue, second: FoundValue) -> FoundValue | None:
    """The one that has more, or less; None where the two cannot be held against each other."""
    both = (first, second)
    left, right = (_measured(asked, one) for one in both)
    if left is None or right is None or (left[1] and right[1] and left[1] != right[1]):
        return None
    order = [0, 1] if (left[0] < right[0]) == asked.least else [1, 0]
    same = left[0] == right[0]
    sides = [_told(asked.sides[place], both[place]) for place in order]
    winner = sides[0]
    return FoundValue(
        value=f"{_SAME}: {winner.value}" if same else asked.sides[order[0]],
        shown=winner.shown,
        quote=winner.quote,
        hit=winner.hit,
        confidence=min(one.confidence for one in sides),
        sides=tuple(sides),
    )


def both_sides(asked: AskedSides, hits: Sequence[Hit], look_up: LookUp) -> Sides:
    """What is likely for each, in the order of the sides."""
    first = _found_for(asked, 0, hits, look_up)
    return first, _found_for(asked, 1, hits, look_up)


def lacks_side(asked: AskedSides, found: Sides) -> list[FoundValue]:
    """Of a side that is missing, that it is; nothing where both are."""
    there = next(((side, one) for side, one in zip(asked.sides, found, strict=True) if one is not None), None)
    return [_missing(asked, *there)] if there else []


def _told(side: str, one: FoundValue) -> FoundValue:
    return dataclasses.replace(one, shown=f"{side}: {one.value} ({one.shown})")


def _missing(asked: AskedSides, side: str, one: FoundValue) -> FoundValue:
    other = next(name for name in asked.sides if name != side)
    return FoundValue(
        value="",
        shown=one.shown,
        quote=one.quote,
        hit=one.hit,
        confidence=0.0,
        lacking=f"found for {side} ({one.value}), not for {other}",
    )


def _found_for(asked: AskedSides, place: int, hits: Sequence[Hit], look_up: LookUp) -> FoundValue | None:
    side, other = asked.sides[place], asked.sides[1 - place]
    own, foreign = _words(side) - _words(other), _words(other) - _words(side)
    mine = _documents_of(own, hits)
    there = frozenset().union(*(words_of(_whole_text(hit)) for hit in mine)) if mine else frozenset()
    question = asked.question(side, there)
    found = []
    for one in look_up(question, wanted(question), mine, sure=_SURE) if mine else ():
        its = of_year(one, side) if asked.periods else one if _is_of(one, own, foreign) else None
        if its is not None and _is_asked(asked, its) and _measured(asked, its) is not None:
            likely = max(its.confidence, _LABELLED if _is_labelled(asked, its) else 0.0)
            found.append(dataclasses.replace(its, confidence=likely))
    best = max(found, key=lambda one: one.confidence, default=None)
    return best if best is not None and best.confidence >= _LIKELY else None


def _is_labelled(asked: AskedSides, one: FoundValue) -> bool:
    """Whether it is an entry whose label says all that is asked about, or that it is the time of a beginning."""
    cells = [cell.strip() for cell in one.quote.strip().strip("|").split("|")]
    entry = one.quote.startswith("|") or re.match(r"[^:]{2,48}:\s", one.quote) is not None
    label = words_of(cells[0] if one.quote.startswith("|") else one.quote.partition(":")[0])
    if not entry:
        return False
    if asked.timed:
        return any(has_word(label, word) for word in content_terms(asked.rest or asked.about))
    about = content_terms(f"{asked.about} {asked.rest}")
    return bool(about) and has_words(label, about)


def _words(side: str) -> frozenset[str]:
    return frozenset(terms(side))


def _documents_of(own: frozenset[str], hits: Sequence[Hit]) -> list[Hit]:
    """The hits of those documents that name the side; of a table in parts, those parts that do."""
    named = [has_words(words_of(_whole_text(hit)), own) for hit in hits]
    there = {hit.item.uri for hit, names in zip(hits, named, strict=True) if names}
    tables = {hit.item.uri for hit, names in zip(hits, named, strict=True) if names and _is_table(hit)}
    return [
        hit
        for hit, names in zip(hits, named, strict=True)
        if names or (hit.item.uri in there and not (_is_table(hit) and hit.item.uri in tables))
    ]


def _is_table(hit: Hit) -> bool:
    return hit.item.modality is Modality.TABLE


def _whole_text(hit: Hit) -> str:
    item = hit.item
    name = item.uri.rsplit("/", 1)[-1].replace("-", " ").replace("_", " ")
    return f"{name} {item.context} {' '.join(item.locator.section)} {item.text}"


def _is_of(one: FoundValue, own: frozenset[str], foreign: frozenset[str]) -> bool:
    """Whether a row or sentence is of the side: it names it, or its document is about it and it names no other."""
    shown, title = words_of(one.shown), words_of(title_of(one.hit))
    if has_words(shown, own):
        return True
    return has_words(title, own) and not (foreign and (has_words(title, foreign) or has_words(shown, foreign)))


def _is_asked(asked: AskedSides, one: FoundValue) -> bool:
    """Whether it is of what is asked about, and of its year."""
    spelt = initials_of(f"{asked.about} {asked.rest}")
    beside = f"{'; '.join(map(spelt.beside, one.shown.split('; ')))} {title_of(one.hit)}"
    there = words_of(beside)
    if asked.template:
        return says_all(f"{asked.about} {asked.rest}", there, one.value)
    years_asked = years(f"{asked.about} {asked.rest}")
    if not years_asked <= years(beside):
        return False
    if not has_words(there, asked.strict):
        return False
    if asked.timed:
        return any(has_word(there, word) for word in content_terms(asked.rest or asked.about))
    rest = [word for word in content_terms(asked.rest) if not word[0].isdigit()]
    said = sum(has_word(there, word) for word in rest)
    surely = one.quote.startswith("|") and one.confidence >= _SURELY
    return asked.strict != () or _HALF * said >= len(rest) or surely


def _measured(asked: AskedSides, one: FoundValue) -> Measured | None:
    if asked.timed:
        days = sorted(days_of(one.value))
        if days:
            return tuple(Fraction(part) for part in days[0]), "when"
        named = sorted(years(one.value))
        return ((Fraction(int(named[0])),), "when") if len(named) == 1 else None
    figure = figure_of(one.value)
    return ((figure.value,), fold(f"{figure.before}{figure.after}".strip())) if figure else None


def figure_of(value: str) -> CellNumber | None:
    """The number that a value begins with; None where it begins with none."""
    bare = re.sub(r"^(?:about|around|some|nearly|over)\s", "", value)
    figure = exact_figure(bare)
    if figure is None:
        words = re.match(r"([^a-zA-Z]*[\d.,]+(?:\s?[%A-Za-z]+)?)", bare)
        figure = exact_figure(words.group(1)) if words else None
    return figure
