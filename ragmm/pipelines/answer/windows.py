"""The stretches of what was found that a reader reads: whole sentences that share most with a question."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ragmm.pipelines.answer.said_around import Said, said_around
from ragmm.pipelines.query.value_kinds import AskedKind, holds
from ragmm.readers.base import Passage
from ragmm.text.inert import without_controls
from ragmm.text.sentences import sentences
from ragmm.text.terms import content_terms, terms
from ragmm.types import IMAGE_MODALITIES, Hit, Modality

__all__ = ["ReadWindow", "windows_of"]

_MAX_TEXT = 60_000
"""Of an item, how many characters are looked at."""
_MAX_ROWS = 2_000
"""Of a table, for what it says around a text."""
_ROOM = 280
"""Characters of a window; a single longer sentence is one."""
_BARE = re.compile(r"[\s\d.,%$€£+–-]+(?:[kKmM]?|bn|mn)\s*")
"""A line of numbers alone."""
_WITH_DIGITS = re.compile(r"(?<![\w.,-])[\w.,-]*\d[\w.,-]*")
_FIT_WITHIN, _FIT = 0.5, 0.3
"""What it adds that a window holds something of the kind asked for: among those of a hit, in words of the question, the
rarest; among those of all hits, in shares of the question."""


@dataclass(frozen=True, kw_only=True)
class ReadWindow:
    """A stretch of a hit's text with what stands before it."""

    hit: Hit
    passage: Passage
    parts: tuple[tuple[int, int], ...]
    """Its sentences and lines, in the passage's text."""
    fit: bool
    """Whether something of the kind that was asked for stands in it, besides what the question says itself."""
    overlap: float
    """Share of the question's words, by their rarity here, that it has; half for those elsewhere in its item."""

    def sentence_at(self, place: int) -> str:
        """The sentence or line around a place of the passage's text."""
        for low, high in self.parts:
            if low <= place < high:
                return self.passage.text[low:high]
        return self.passage.text[self.passage.prefix :]


@dataclass(frozen=True, kw_only=True)
class _Extent:
    """A stretch of a hit that might be read."""

    cut: _Cut
    low: int
    high: int
    """Which of its sentences."""
    overlap: float

    @property
    def fit(self) -> bool:
        return any(self.cut.fit[self.low : self.high])

    @property
    def has(self) -> frozenset[str]:
        return frozenset[str]().union(*self.cut.has[self.low : self.high])


@dataclass(frozen=True, kw_only=True)
class _Cut:
    """A hit's sentences and what each has of the question."""

    hit: Hit
    text: str
    ahead: str
    parts: Sequence[tuple[int, int]]
    has: Sequence[frozenset[str]]
    around: frozenset[str]
    """What the item as a whole has, its name and headings included."""
    fit: Sequence[bool]
    """Of each sentence, whether something of the kind that was asked for stands in it."""


def windows_of(
    question: str, hits: Sequence[Hit], *, kind: AskedKind = AskedKind.ANY, most: int = 8, per_hit: int = 2
) -> list[ReadWindow]:
    """The most promising windows of the hits, best first: they hold much of the question, and something of the kind."""
    asked = frozenset(content_terms(question))
    said = _numbers_of(question)
    cuts = [cut for hit in hits if (cut := _cut(hit, asked, lambda text: holds(kind, said.sub(" ", text)))) is not None]
    weights = _weights(asked, [has for cut in cuts for has in cut.has])
    found = [run for cut in cuts for run in _best(cut, weights, per_hit)]
    # Of equals the better hit's; the first hits are always read.
    found.sort(key=lambda one: -(one.overlap + _FIT * one.fit - 0.06 * math.log(one.cut.hit.rank)))
    firsts = {one.cut.hit.rank: one for one in reversed(found) if one.cut.hit.rank <= 2}
    rest = [one for one in found if one is not firsts.get(one.cut.hit.rank)]
    chosen = [*firsts.values(), *rest][:most]
    return [_window(one, _around(one, asked, hits, cuts, weights)) for one in chosen]


def _around(
    run: _Extent, asked: frozenset[str], hits: Sequence[Hit], cuts: Sequence[_Cut], weights: Mapping[str, float]
) -> str:
    """What was found of its document says of the words that it lacks; a picture's own words stand together already."""
    lacking = asked - run.has - set(terms(run.cut.ahead))
    if not lacking or run.cut.hit.item.modality in IMAGE_MODALITIES:
        return ""
    uri = run.cut.hit.item.uri
    read = range(run.low, run.high)
    said = [
        Said(text=cut.text[slice(*part)], has=has)
        for cut in cuts
        if cut.hit.item.uri == uri
        for place, (part, has) in enumerate(zip(cut.parts, cut.has, strict=True))
        if not (cut is run.cut and place in read)
    ]
    rows = [row for hit in hits if hit.item.uri == uri for row in _rows_of(hit)]
    said += [Said(text=row, has=asked.intersection(terms(row))) for row in rows]
    return " > ".join(said_around(lacking, said, weights))


def _rows_of(hit: Hit) -> list[str]:
    text = without_controls(hit.item.text[:_MAX_ROWS])
    return [line for line in text.splitlines() if line.startswith("|")]


def _numbers_of(question: str) -> re.Pattern[str]:
    """What the question says with digits: it is no answer."""
    said = "|".join(re.escape(one) for one in _WITH_DIGITS.findall(question))
    return re.compile(rf"(?<![\w.])(?:{said})(?!\w)" if said else r"(?!)")


def _cut(hit: Hit, asked: frozenset[str], holds_kind: Callable[[str], bool]) -> _Cut | None:
    text = without_controls(hit.item.text[:_MAX_TEXT])
    parts = [(low, high) for low, high in sentences(text) if not text.startswith("|", low) and _says(text[low:high])]
    if not parts or _is_chart(hit, text):
        return None
    ahead = _ahead(hit)
    has = [asked.intersection(terms(text[low:high])) for low, high in parts]
    around = asked.intersection(terms(f"{ahead} {hit.item.context}")).union(*has)
    fit = [holds_kind(text[low:high]) for low, high in parts]
    return _Cut(hit=hit, text=text, ahead=ahead, parts=parts, has=has, around=around, fit=fit)


def _is_chart(hit: Hit, text: str) -> bool:
    """Whether a picture's words are the numbers and labels of a chart, which say nothing in the order of reading.

    What was read as a chart is read as the table that it became.
    """
    if hit.item.modality not in IMAGE_MODALITIES:
        return False
    lines = [line for line in text.splitlines() if line.strip()]
    if hit.item.modality is not Modality.PAGE and any(line.startswith("| ---") for line in lines):
        return True
    bare = sum(bool(_BARE.fullmatch(line)) for line in lines)
    return bare >= 3 and 3 * bare >= len(lines)


def _says(sentence: str) -> bool:
    return any(char.isalnum() for char in sentence)


def _ahead(hit: Hit) -> str:
    """The file's name and the nearest headings."""
    steps = [hit.item.uri.rsplit("/", 1)[-1], *(" ".join(step.split())[:80] for step in hit.item.locator.section[-2:])]
    return without_controls(" > ".join(step for step in steps if step)[:160]) + "\n"


def _weights(asked: frozenset[str], inside: Sequence[frozenset[str]]) -> Mapping[str, float]:
    """Rare words among the sentences weigh more."""
    counts = Counter(term for has in inside for term in has)
    return {term: math.log(1 + (len(inside) + 1) / (1 + counts[term])) for term in asked}


def _best(cut: _Cut, weights: Mapping[str, float], most: int) -> Iterator[_Extent]:
    """The best runs of a hit that share no sentence."""
    taken: set[int] = set()
    total = sum(weights.values())
    for _ in range(most):
        options = [run for run in _runs(cut.parts) if not taken.intersection(range(*run))]
        if not options:
            return
        low, high = max(options, key=lambda run: _value(cut, run, weights))
        taken.update(range(low, high))
        here = frozenset[str]().union(*cut.has[low:high])
        has = sum(w * (1.0 if t in here else 0.5 if t in cut.around else 0.0) for t, w in weights.items())
        yield _Extent(cut=cut, low=low, high=high, overlap=has / total if total else 0.0)


def _runs(parts: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Of each sentence, itself and as many of the following as there is room for."""
    for low in range(len(parts)):
        high = low + 1
        while high < len(parts) and parts[high][1] - parts[low][0] <= _ROOM:
            high += 1
        yield low, high


def _value(cut: _Cut, run: tuple[int, int], weights: Mapping[str, float]) -> float:
    """One sentence that has all of a question is better than several that have a word of it each."""
    each = [sum(weights[term] for term in has) for has in cut.has[run[0] : run[1]]]
    together = frozenset[str]().union(*cut.has[run[0] : run[1]])
    fit = _FIT_WITHIN * max(weights.values(), default=0.0) * any(cut.fit[run[0] : run[1]])
    return sum(weights[term] for term in together) + 0.5 * max(each) + fit - 0.001 * run[0]


def _window(run: _Extent, around: str) -> ReadWindow:
    cut = run.cut
    ahead = f"{cut.ahead.rstrip()} > {around}\n" if around else cut.ahead
    start, end = cut.parts[run.low][0], cut.parts[run.high - 1][1]
    moved = len(ahead) - start
    parts = tuple((a + moved, b + moved) for a, b in cut.parts[run.low : run.high])
    text = ahead + cut.text[start:end]
    for a, b in parts:
        text = text[:a] + text[a:b].replace("\n", " ") + text[b:]
    passage = Passage(text=text, prefix=len(ahead))
    return ReadWindow(hit=cut.hit, passage=passage, parts=parts, fit=run.fit, overlap=run.overlap)
