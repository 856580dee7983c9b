"""What a question counts ("how many bridges"), and whether an item speaks of it at all."""

from __future__ import annotations

import re

from ragmm.pipelines.answer.asked_tables import has_word, words_of
from ragmm.text.terms import fold
from ragmm.types import StoredItem

__all__ = ["counted_thing", "speaks_of_counted"]

_COUNTED = re.compile(r"\bhow many ((?:[\w'-]+ ?){1,4})")
_ENDS = re.compile(
    r"are|is|was|were|be|been|did|do|does|has|have|had|will|would|can|could|may|might|must|should|shall|there|in|on|at"
    r"|of|for|to|by|with|about|from|per|than|as|that|who|which|i|you|we|they|he|she|it|the|an?|this|these|those|each"
    r"|every|not"
)
"""Where the name of the thing is over."""
_ANYTHING = re.compile(
    r"people|persons|individuals|times|percents?|points|seconds|minutes|hours|days|weeks|months|years|decades|inches"
    r"|feet|yards|miles|(?:kilo|centi|milli)?met(?:re|er)s|(?:kilo)?grams|pounds|tonnes|tons|lit(?:re|er)s|gallons"
    r"|degrees|acres|hectares|dollars|euros|cents|thousands|millions"
)
"""Documents have them under other names, signs and abbreviations."""


def counted_thing(question: str) -> str:
    """The plural that a question asks the number of; "" where it asks for none, or for people, or in a unit."""
    found = _COUNTED.search(fold(question))
    words: list[str] = []
    for word in found[1].split() if found else ():
        if _ENDS.fullmatch(word):
            break
        words.append(word)
    plurals = [word for word in words if len(word) > 3 and word.endswith("s") and not word.endswith("ss")]
    thing = plurals[-1] if plurals else ""
    return "" if _ANYTHING.fullmatch(thing) else thing


def speaks_of_counted(thing: str, item: StoredItem) -> bool:
    """Whether an item, its headings or its caption name the thing."""
    said = [item.text, item.context, str(item.metadata.get("caption", "")), *item.locator.section]
    return any(has_word(words_of(text), term) for text in said for term in words_of(thing))
