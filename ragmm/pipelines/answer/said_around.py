"""What a document says elsewhere of the question's words that a stretch of it lacks.

"What is the order number on Rossi's invoice?" is answered by a line that says "Order number" alone: that the invoice is
Rossi's stands at the top. A reader that reads the line is told so before it, in the document's own words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ragmm.text.terms import terms

__all__ = ["Said", "said_around"]

_MOST = 2
_ROOM = 60
"""Characters of each, unless two of the words stand further apart."""
_WORD = re.compile(r"[^\s|，；、：。！？]+")
"""Of scripts without spaces, what stands between two commas."""
_EDGE = " \t\n.,;:!?|-–—•*#>()[]"


@dataclass(frozen=True, kw_only=True)
class Said:
    """A sentence, a line or a row, and which of the question's words it has."""

    text: str
    has: frozenset[str]


def said_around(lacking: frozenset[str], said: Sequence[Said], weights: Mapping[str, float]) -> Iterator[str]:
    """A few words each, from what has most of the words that are lacking; of equals the first."""
    for _ in range(_MOST):
        best = max(said, key=lambda one: sum(weights[term] for term in one.has & lacking), default=None)
        if best is None or not best.has & lacking:
            return
        excerpt = _excerpt(best.text, lacking)
        lacking -= best.has.intersection(terms(excerpt)) or best.has
        if excerpt:
            yield excerpt


def _excerpt(text: str, words: frozenset[str]) -> str:
    """The stretch that has most of the words, with what follows where there is room."""
    each = [(match.start(), match.end()) for match in _WORD.finditer(text)]
    wanted = [(place, has) for place, (a, b) in enumerate(each) if (has := words.intersection(terms(text[a:b])))]
    if not wanted:
        return ""
    first, last, most, low = wanted[0][0], wanted[0][0], 1, 0
    here: Counter[str] = Counter()
    for place, has in wanted:
        here.update(has)
        while each[place][1] - each[wanted[low][0]][0] > _ROOM and wanted[low][0] < place:
            here.subtract(wanted[low][1])
            low += 1
        if (different := sum(count > 0 for count in here.values())) > most:
            first, last, most = wanted[low][0], place, different
    while last + 1 < len(each) and each[last + 1][1] - each[first][0] <= _ROOM:
        last += 1
    return " ".join(text[low:high] for low, high in each[first : last + 1])[: 2 * _ROOM].strip(_EDGE)
