"""Whether a question asks for the most or the least of something."""

from __future__ import annotations

import re

from ragmm.text.patterns import late

__all__ = ["LEAST", "MOST", "asks_for_extreme", "asks_for_thing", "orders"]

MOST = late(
    r"\b(?:most|highest|largest|biggest|greatest|max(?:imum)?|best|longest|tallest|heaviest|fastest|latest|newest|oldest"
    r"|deepest|widest|strongest|richest|costliest|priciest|dearest|top)\b|最[大高多长長重新晚深宽强好]",
    re.IGNORECASE,
)
LEAST = late(
    r"\b(?:least|lowest|smallest|fewest|min(?:imum)?|worst|shortest|lightest|slowest|earliest|youngest|poorest|weakest"
    r"|cheapest)\b"
    r"|最[小低少短轻早差弱]",
    re.IGNORECASE,
)

_OF_PRICE = late(
    r"\b(?:(?:most|least)\s+(?:expensive|costly)|cheapest|priciest|costliest|dearest)\s+[^\W\d]", re.IGNORECASE
)
_HOW_MUCH = late(r"\bhow (?:much|many)\b|\b(?:price|cost|amount|value|fee)s? (?:of|for)\b", re.IGNORECASE)


def asks_for_extreme(question: str) -> bool:
    """Whether the most or the least of something is asked for."""
    return bool(MOST.search(question)) != bool(LEAST.search(question))


def asks_for_thing(question: str) -> bool:
    """ "What is the most expensive gadget?" asks for a gadget, though it speaks of money; "how much is …" does not."""
    return _OF_PRICE.search(question) is not None and _HOW_MUCH.search(question) is None


def orders(word: str) -> bool:
    """Whether a word of a question says that the most or the least is asked for."""
    return bool(MOST.fullmatch(word) or LEAST.fullmatch(word))
