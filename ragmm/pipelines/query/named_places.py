"""What a question says about where its answer stands: documents by name, pages by number.

"What was Best Buy's revenue in FY2019?" is about BESTBUY_2019_10K.pdf; "the figure on page 14" is on page 14. The words
of a name are seldom those of the passage that answers, so no other leg finds this out. Names are compared when a
question is asked, not indexed with the passages: a document that is renamed or moved costs nothing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from ragmm.indexes.contracts import Snapshot
from ragmm.indexes.records import NamedDocument
from ragmm.text.patterns import late
from ragmm.text.stop_words import STOPWORDS
from ragmm.text.terms import fold
from ragmm.text.words import words_of

__all__ = ["Mentioned", "named_documents", "named_pages"]

_ENDING = late(r"\.[A-Za-z0-9]{1,8}$")
_CAMEL = late(r"(?<=[a-z])(?=[A-Z])")
_PARTS = late(r"[^\W\d_]+|\d+")
_PAGE = late(
    r"\b(?:pages?|slides?|p\.|seiten?|page|página|pagina|стр\.|第)\s*(\d{1,5})\b|第\s*(\d{1,5})\s*[页頁]", re.I
)
_WORD = late(r"[^\W_]+")
_MOST_WORDS = 24
_JOINED = 4
"""Words that a file name may write as one: "Best Buy" in BESTBUY_2019.pdf."""
_NEAR_BEST = 0.75
_MOST_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class Mentioned:
    """The documents that a question seems to be about."""

    documents: tuple[NamedDocument, ...]
    words: frozenset[str]
    """Of the question, those that name them, alone or written as one: "el" and "nino" name elnino.csv."""
    other_words: str
    """Of the question: within documents of that name the name itself tells nothing apart."""
    confidence: float
    """From 0 to 1: how rare the words are that name them."""


def named_documents(snapshot: Snapshot, question: str) -> Mentioned | None:
    """None where no name stands out: nothing matches, or what matches is in the names of half of all documents."""
    words = words_of(fold(question))
    telling = [word for word in dict.fromkeys(words) if word not in STOPWORDS and len(word) > 1][:_MOST_WORDS]
    if snapshot.document_count < 2 or not telling:
        return None
    candidates = snapshot.find_named(_stems([*telling, *set(words_of(question)) - {*words}]))
    asked = _asked(words)
    said = [(one, frozenset(_name_words(one.uri)) & asked) for one in candidates]
    counts = Counter(word for _, shared in said for word in shared)
    rarity = {word: math.log(1 + snapshot.document_count / count) for word, count in counts.items()}
    most = math.log(1 + snapshot.document_count)
    scored = [(sum(rarity[word] for word in shared), one) for one, shared in said if any(map(_is_word, shared))]
    if not scored:
        return None
    best = max(score for score, _ in scored)
    chosen = tuple(one for score, one in scored if score >= _NEAR_BEST * best)
    if len(chosen) > max(1, _MOST_SHARE * snapshot.document_count):
        return None
    names = {word for one, shared in said if one in chosen for word in shared}
    return Mentioned(
        documents=chosen,
        words=_naming(words, names),
        other_words=_without(question, names),
        confidence=min(1.0, best / most),
    )


def named_pages(question: str) -> list[int]:
    """ "on page 14", "slide 3": physical numbers, in the order in which they are said."""
    found = [int(one or other) for one, other in _PAGE.findall(question)]
    return list(dict.fromkeys(number for number in found if number))


def _without(question: str, names: Set[str]) -> str:
    """The question without the words that name; whole where nothing else is left."""
    spelt = {word for word in words_of(fold(question)) if word in names and _is_word(word)}
    if not spelt:
        return question
    rest = _WORD.sub(lambda word: " " if fold(word[0]) in spelt else word[0], question)
    return rest if words_of(rest) else question


def _stems(words: Sequence[str]) -> list[str]:
    """What a name must hold to be looked at: the words, and of codes like FY2019 their parts."""
    parts = [part for word in words for part in _PARTS.findall(word) if len(part) > 1]
    return list(dict.fromkeys([*words, *parts]))[: 2 * _MOST_WORDS]


def _asked(words: Sequence[str]) -> frozenset[str]:
    """Every spelling under which a file name could hold what the question says."""
    found = {word for word in words if word not in STOPWORDS and len(word) > 1}
    for word in tuple(found):
        found.update(part for part in _PARTS.findall(word) if len(part) > 1)
    return frozenset([*found, *map("".join, _runs(words))])


def _naming(words: Sequence[str], names: Set[str]) -> frozenset[str]:
    joined = [word for run in _runs(words) if "".join(run) in names for word in run]
    return frozenset([*(word for word in words if word in names and _is_word(word)), *joined])


def _runs(words: Sequence[str]) -> Iterator[Sequence[str]]:
    """Neighbours that a name may write as one."""
    for size in range(2, _JOINED + 1):
        yield from (words[start : start + size] for start in range(len(words) - size + 1))


def _name_words(uri: str) -> list[str]:
    """Of the folders and the file, without its ending, and without accents."""
    words = words_of(fold(_CAMEL.sub(" ", _ENDING.sub("", uri))))
    return [*words, *(part for word in words for part in _PARTS.findall(word) if part != word and len(part) > 1)]


def _is_word(text: str) -> bool:
    """A number alone, a year say, names nothing."""
    return not text.isdigit()
