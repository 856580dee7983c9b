"""The rankings that a question is answered from: by vectors, by words, by pages, and where it says to look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ragmm.indexes.contracts import Snapshot
from ragmm.indexes.records import Stretch
from ragmm.pipelines.query.chance_scores import confidence, spread_of
from ragmm.pipelines.query.fusion import Leg
from ragmm.pipelines.query.glossary import Glossary
from ragmm.pipelines.query.named_places import Mentioned, named_documents, named_pages
from ragmm.pipelines.query.timing import Clock
from ragmm.pipelines.query.vectors import QueryVector
from ragmm.text.dates import date_phrases
from ragmm.text.stop_words import STOPWORDS
from ragmm.types import MediaKind

__all__ = ["DATES", "LEXICAL", "MEANT", "NAMES", "PAGES", "SAME", "SHOWN", "Legs"]

LEXICAL = "lexical"
PAGES = "pages"
NAMES = "names"
SAME = "same picture"
"""Of pictures that the one asked is a copy of; its scores are corners that agree."""
DATES = "dates:"
"""Before the name of a leg that searched for the days of a question as others write them."""
MEANT = "meant:"
"""Before the name of a leg that searched for what a glossary says the question means."""
SHOWN = "shown:"
"""Before the name of a leg that searched for the words of a picture that is asked."""
_NAMED, _ON_PAGE = "named:", "page:"
_MOST_NAMED = 2_000
"""A name that so many items share tells none of them apart."""
_WORDS_SHARE = {LEXICAL: 0.6, PAGES: 0.4}
"""Of the weight of the words: where both disagree about the first place, the passage is right more often."""
_MEANT_SHARE = {LEXICAL: 0.2, PAGES: 0.8}
"""The same for what the words mean: the lines of a statement stand together on its page."""
_SHOWN_BESIDE = 0.5
"""Of the weight of the words: that of the words of a picture, where something else is asked beside it."""
_READABLE = 0.5
"""The share of a question that a model must be able to read for its distances to mean anything."""
_FEWEST_READABLE = 0.02
"""A model that can read nothing of a question still fills up a list that is too short without it."""
_ACROSS = 0.75
"""The confidence from words to pictures, or between other kinds, where the items are too few to tell chance."""

Ids = NDArray[np.int64]
Near = Sequence[tuple[int, float]]
"""Items and their cosines, best first."""
_List = tuple[str, MediaKind]
"""A space, and a kind of media that it holds."""


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What of the collection a search is limited to, and what marks and weighs what it finds."""

    words: str
    allow: Ids | None
    prefix: str = ""
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Legs:
    """Every ranking for one question, in one generation."""

    snapshot: Snapshot
    words: str
    vectors: Sequence[QueryVector]
    candidates: int
    lexical_weight: float
    clock: Clock
    glossary: Glossary | None = None
    shown: str = ""
    """What a picture that is asked shows, and what was read in it."""
    shown_weight: float = 1.0

    def all(self, allow: Ids | None) -> list[Leg]:
        """Of everything that is allowed, and of the documents and pages that the question names."""
        parts = [_Part(words=self.words, allow=allow)]
        shown = list(self._by_what_is_shown(parts[0]))
        named = self._named(allow)
        if named is not None:
            parts.append(named)
        pages = named_pages(self.words)
        scope = parts[-1].allow
        if pages and scope is not None:
            here = self._on_pages(pages, scope)
            parts += [_Part(words=parts[-1].words, allow=here, prefix=_ON_PAGE)] if len(here) else []
        found = [leg for part in parts for leg in self._within(part)]
        found += shown
        return [*found, *self._by_name(named)] if named is not None else found

    def _by_what_is_shown(self, part: _Part) -> Iterator[Leg]:
        if self.lexical_weight > 0 and self.shown:
            here = replace(part, weight=_SHOWN_BESIDE if self.words.strip() else self.shown_weight)
            with self.clock.stage(LEXICAL):
                yield from self._by_words(here, self.shown, SHOWN, _WORDS_SHARE)

    @cached_property
    def mentioned(self) -> Mentioned | None:
        """The documents that the question names."""
        with self.clock.stage(LEXICAL):
            return named_documents(self.snapshot, self.words) if self.lexical_weight > 0 else None

    def _named(self, allow: Ids | None) -> _Part | None:
        mentioned = self.mentioned
        if mentioned is None:
            return None
        items = self.snapshot.items_of(mentioned.documents, allow)
        everything = self.snapshot.item_count if allow is None else len(allow)
        if not 0 < len(items) < everything:
            return None
        return _Part(words=mentioned.other_words, allow=items, prefix=_NAMED, weight=mentioned.confidence)

    def _on_pages(self, pages: Sequence[int], scope: Ids) -> Ids:
        from ragmm.indexes.filters import AnyOf, OnPage, Operator

        with self.clock.stage("filter"):
            found = self.snapshot.select(AnyOf(tuple(OnPage(Operator.EQUAL, page) for page in pages)))
        return np.intersect1d(found, scope, assume_unique=True)

    def _within(self, part: _Part) -> Iterator[Leg]:
        with self.clock.stage("search"):
            nearest = self._nearest(part.allow)
            for number, vector in enumerate(self.vectors):
                mine = {asked: found[number] for asked, found in nearest.items() if number in found}
                yield from self._by_themselves(vector, part, mine)
                yield from self._by_meaning(vector, part, mine)
        if self.lexical_weight > 0 and part.words.strip():
            with self.clock.stage(LEXICAL):
                yield from self._by_words(part, part.words, part.prefix, _WORDS_SHARE)
                dates = date_phrases(part.words)
                yield from self._by_words(part, dates, part.prefix + DATES, _WORDS_SHARE) if dates else ()
                meant = self.glossary.meant(part.words) if self.glossary else ""
                yield from self._by_words(part, meant, part.prefix + MEANT, _MEANT_SHARE) if meant else ()

    def _by_themselves(self, vector: QueryVector, part: _Part, nearest: Mapping[_List, Near]) -> Iterator[Leg]:
        """Pictures by their own vectors, and so each kind of media."""
        for space, kind in self._own(vector):
            yield from self._vector_legs(vector, part, {kind: nearest[space, kind]}, kind)

    def _by_meaning(self, vector: QueryVector, part: _Part, nearest: Mapping[_List, Near]) -> Iterator[Leg]:
        """Texts, and pictures by their words where that is what the space holds of them: one ranking of cosines."""
        worded = {kind: nearest[space, kind] for space, kind in self._worded(vector)}
        if worded:
            here = replace(vector, space=vector.texts_in or vector.space)
            yield from self._vector_legs(here, part, worded, MediaKind.TEXT)

    def _own(self, vector: QueryVector) -> list[_List]:
        return [(vector.space, kind) for kind in self._kinds(vector.space) if kind in _media(vector)]

    def _worded(self, vector: QueryVector) -> list[_List]:
        space = vector.texts_in or vector.space
        return [(space, kind) for kind in self._kinds(space) if kind not in _media(vector)] if vector.texts else []

    def _kinds(self, space: str) -> list[MediaKind]:
        """The lists of a space, in their order."""
        return [MediaKind(kind) for name, kind in self.snapshot.legs() if name == space]

    def _vector_legs(
        self, vector: QueryVector, part: _Part, nearest: Mapping[MediaKind, Near], group: MediaKind
    ) -> Iterator[Leg]:
        kinds = tuple(nearest)
        found = [(score, item, kind) for kind, near in nearest.items() for item, score in near]
        found = sorted(found, key=lambda one: (-one[0], one[1]))[: self.candidates]
        readable = vector.readable >= _READABLE
        spread = spread_of(self.snapshot, vector.space, kinds, vector.row) if readable else None
        trust = max(vector.readable, _FEWEST_READABLE)
        if spread is not None and found:
            trust *= confidence(spread, found[0][0], self._size(vector.space, kinds, part.allow))
        elif group is not vector.kind:
            trust *= _ACROSS
        for kind in kinds:
            mine = [(rank, item, score) for rank, (score, item, own) in enumerate(found, start=1) if own == kind]
            yield Leg(
                name=f"{part.prefix}{vector.space}/{kind}",
                group=group,
                found=[(item, score) for _, item, score in mine],
                ranks=[rank for rank, _, _ in mine],
                counts=bool(found) and found[0][2] == kind,
                weight=part.weight * vector.weight * (vector.texts if kind is MediaKind.TEXT else 1.0),
                confidence=trust,
                spread=spread,
            )

    def _nearest(self, allow: Ids | None) -> dict[_List, dict[int, Near]]:
        """By list and number of the vector; a list of a space is gone through once for all vectors that ask it."""
        asking: dict[_List, list[int]] = {}
        for number, vector in enumerate(self.vectors):
            for one in (*self._own(vector), *self._worded(vector)):
                asking.setdefault(one, []).append(number)
        nearest: dict[_List, dict[int, Near]] = {}
        for (space, kind), numbers in asking.items():
            rows = np.concatenate([self.vectors[number].row for number in numbers])
            found = self.snapshot.index(space, kind).search(rows, self.candidates, allow)
            for number, ids, scores in zip(numbers, *found, strict=True):
                # A cosine of zero or less says that a row has nothing in common with the question.
                pairs = zip(ids.tolist(), scores.tolist(), strict=True)
                nearest.setdefault((space, kind), {})[number] = [(item, score) for item, score in pairs if score > 0]
        return nearest

    def _size(self, space: str, kinds: tuple[MediaKind, ...], allow: Ids | None) -> int:
        """How many items a list can choose from, at most."""
        rows = self.snapshot.leg_size(space, kinds)
        return rows if allow is None else min(rows, len(allow))

    def _by_words(self, part: _Part, words: str, prefix: str, shares: Mapping[str, float]) -> Iterator[Leg]:
        """Items by their own words, and pages by theirs: the item that the words put first speaks for its page."""
        items = self.snapshot.find_items(words, 4 * self.candidates, part.allow, STOPWORDS)
        stretches = self.snapshot.find_stretches(words, self.candidates, part.allow, STOPWORDS)
        pages = _heads(stretches, {item: rank for rank, (item, _) in enumerate(items)})
        for name, found in ((LEXICAL, items[: self.candidates]), (PAGES, pages)):
            weight = part.weight * self.lexical_weight * shares[name]
            yield Leg(name=f"{prefix}{name}", group=MediaKind.TEXT, found=found, weight=weight)

    def _by_name(self, named: _Part) -> Iterator[Leg]:
        """Pictures that nothing but their name puts into words."""
        if named.allow is None or len(named.allow) > _MOST_NAMED:
            return
        with self.clock.stage(LEXICAL):
            bare = self.snapshot.wordless(named.allow.tolist())[: self.candidates]
        weight = named.weight * self.lexical_weight * _WORDS_SHARE[LEXICAL]
        found = [(item, named.weight) for item in bare]
        yield Leg(name=NAMES, group=MediaKind.TEXT, found=found, ranks=[1] * len(found), weight=weight)


def _media(vector: QueryVector) -> frozenset[MediaKind]:
    return vector.kinds - {MediaKind.TEXT}


def _heads(stretches: Sequence[Stretch], ranks: dict[int, int]) -> list[tuple[int, float]]:
    """The item that speaks for each page: the one that the words alone put first. A page needs one."""
    speaking = [([item for item in stretch.items.tolist() if item in ranks], stretch.score) for stretch in stretches]
    return [(min(items, key=ranks.__getitem__), score) for items, score in speaking if items]
