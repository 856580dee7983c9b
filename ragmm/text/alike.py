"""Words of tables that stand for each other: a head's short form and the whole word, two names of a sex.

Only what hardly ever means anything else is here. Price and cost, income and profit are often two columns of one table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ragmm.text.patterns import late
from ragmm.text.terms import terms

__all__ = ["ALIKE", "spelt_out"]

_NAMES = """
male males man men
female females woman women
colour color
calibre caliber
litre liter
metre meter
"""
_SHORT = """
quantity qty
total ttl
passengers pax
international intl
amount amt
average avg
maximum max
percent pct percentage
year yr
relative rel
temperature temp
population inhabitants pop
department dept
estimate est estimated
telephone phone tel
account acct
kilogram kg
january jan
february feb
march mar
april apr
june jun
july jul
august aug
september sep sept
october oct
november nov
december dec
monday mon
tuesday tue tues
wednesday wed
thursday thu thurs
friday fri
saturday sat
sunday sun
"""


def _alike() -> dict[str, frozenset[str]]:
    groups = [frozenset(terms(line)) for line in (_NAMES + _SHORT).splitlines()]
    return {word: group - {word} for group in groups for word in group}


_LONG = {short: words[0] for words in map(str.split, _SHORT.strip().splitlines()) for short in words[1:]}
_SHORTENED = late(rf"\b(?:{'|'.join(sorted(_LONG, key=len, reverse=True))})\b\.?", re.IGNORECASE)


ALIKE: Mapping[str, frozenset[str]] = _alike()
"""Of each term the others that say the same."""


def spelt_out(head: str) -> str:
    """A head with whole words for short forms: "Rel. time" is "Relative time"."""
    return _SHORTENED.sub(lambda found: _cased(_LONG[found[0].rstrip(".").lower()], found[0]), head)


def _cased(word: str, like: str) -> str:
    return word.capitalize() if like[0].isupper() else word
