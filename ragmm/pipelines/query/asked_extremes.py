"""Whether a question asks for the most or the least of something: English, Chinese, the languages of western Europe."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ragmm.text.patterns import late

__all__ = ["LEAST", "MOST", "asks_for_extreme", "asks_for_thing", "without_order_words"]

_LITTLE = r"(?:petit|faible|bas|court|jeune|froid|l[eé]ger|pauvre|mauvais)"
_THE = r"\b(?:el|la|los|las|il|lo|le|gli|i|o|a|os|as)"
_MOST_ABROAD = (
    r"\b(?:gr(?:ö|o)(?:ß|ss)t|h(?:ö|o)chst|meist|l(?:ä|a)ngst|teuerst|(?:ä|a)ltest|neuest|schnellst|schwerst|best|w(?:ä|a)rmst"
    r"|st(?:ä|a)rkst)(?:e[nmrs]?)\b"
    r"|\b(?:hoogste|grootste|meeste|langste|duurste|oudste|nieuwste|warmste|snelste|zwaarste|sterkste)\b"
    rf"|\b(?:la|le|les) plus (?!{_LITTLE})\w+"
    rf"|\b(?:el|la|los|las) mayor(?:es)?\b|{_THE} (?:maior(?:es)?|maggior[ei]?)\b"
    r"|\bm(?:á|a)s (?:alt|grand|larg|car|viej|r(?:á|a)pid|calient)\w*"
    r"|\bmais (?:alt|grand|long|car|velh|r(?:á|a)pid|quent)\w*|\bpi(?:ù|u) (?:alt|grand|lung|car|vecchi|veloc|cald)\w*"
)
_LEAST_ABROAD = (
    r"\b(?:kleinst|niedrigst|wenigst|geringst|k(?:ü|u)rzest|billigst|g(?:ü|u)nstigst|j(?:ü|u)ngst|schlechtest|k(?:ä|a)ltest"
    r"|leichtest|schw(?:ä|a)chst)(?:e[nmrs]?)\b"
    r"|\b(?:laagste|kleinste|minste|kortste|goedkoopste|jongste|koudste|slechtste|lichtste|zwakste)\b"
    rf"|\b(?:la|le|les) (?:plus {_LITTLE}\w*|moins)\b"
    rf"|{_THE} (?:menor(?:es)?|minor[ei])\b|\bm(?:á|a)s (?:baj|peque|cort|barat|joven|fr(?:í|i))\w*"
    r"|\bmais (?:baix|pequen|curt|barat|jov|fri)\w*|\bpi(?:ù|u) (?:bass|piccol|cort|economic|giovan|fredd)\w*"
)
_ABROAD = late(rf"{_MOST_ABROAD}|{_LEAST_ABROAD}", re.IGNORECASE)
_OF_ORDER = late(
    rf"plus|moins|mas|mais|piu|mayor(?:es)?|maior(?:es)?|maggior[ei]?|menor(?:es)?|minor[ei]?|{_LITTLE}\w*|grand\w*|haut\w*"
    r"|eleve\w*|alt[oaei]s?|larg[oa]s?|car[oaie]s?|baj[oa]s?|baix[oa]s?|bass[oaie]s?|pequen\w*|piccol\w*"
)
"""Words of which such a phrase is made."""
MOST = late(
    r"\b(?:most|highest|largest|biggest|greatest|max(?:imum)?|best|longest|tallest|heaviest|fastest|latest|newest|oldest"
    r"|deepest|widest|strongest|richest|costliest|priciest|dearest|top)\b"
    r"|最も?[大高多长長重新晚深宽强好]|가장 ?[높많큰크]"
    rf"|{_MOST_ABROAD}",
    re.IGNORECASE,
)
LEAST = late(
    r"\b(?:least|lowest|smallest|fewest|min(?:imum)?|worst|shortest|lightest|slowest|earliest|youngest|poorest|weakest"
    r"|cheapest)\b"
    r"|最も?[小低少短轻早差弱]|가장 ?[낮적작]"
    rf"|{_LEAST_ABROAD}",
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


def without_order_words(question: str, words: Sequence[str]) -> list[str]:
    """The words of a question but for those that say that the most or the least is asked for."""
    said = (MOST, LEAST, _OF_ORDER) if _ABROAD.search(question) else (MOST, LEAST)
    return [word for word in words if not any(one.fullmatch(word) for one in said)]
