"""Which questions ask for a figure that has to be worked out: a difference, a growth, a ratio, a share, a sum, a mean,
a count. English, and of other languages the plainest differences, changes, sums and means; what is not recognised is
looked up as any other value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from ragmm.text.patterns import late
from ragmm.text.terms import fold

__all__ = ["AskedSum", "Operation", "asked_sum", "asked_sums", "says_operation"]


class Operation(StrEnum):
    """What is done with the figures."""

    DIFFERENCE = "difference"
    CHANGE = "change"
    """From one period to another."""
    RATIO = "ratio"
    SHARE = "share"
    SUM = "sum"
    AVERAGE = "average"
    COUNT = "count"


@dataclass(frozen=True, kw_only=True)
class AskedSum:
    """A question that asks for a figure to be worked out."""

    operation: Operation
    text: str
    """The question, a named ratio spelt out as what it is made of."""
    percent: bool
    """Whether a change is asked for as a share of where it began."""
    rises: bool
    """Whether it is said to have become more,"""
    falls: bool
    """or is asked how much less it is."""
    ranged: bool
    """Whether periods are named by the first and the last: "from 2019 to 2023"."""
    joins: bool
    """Whether things are named that are to be taken together: "A and B"."""
    places: int | None
    """Decimals to round to, if any are asked for."""


_MORE = (
    r"more|larger|bigger|greater|higher|taller|longer|older|heavier|faster|wider|deeper|later|hotter|warmer|dearer"
    r"|richer"
)
_LESS = r"fewer|less|smaller|lower|shorter|younger|lighter|slower|narrower|shallower|earlier|colder|cooler|cheaper"
_UP = r"ris(?:e|en|es)|rose|increas\w*|climb\w*|gain\w*|improv\w*|(?:go|goes|gone|went|come|came) up"
_DOWN = r"decreas\w*|declin\w*|fall\w*|fell|drop\w*|shr[aiu]nk\w*|reduc\w*|los[et]|(?:go|goes|gone|went|come|came) down"
_MOVE = rf"(?:gr(?:ow|ew|owth|own)|{_UP}|{_DOWN}|chang\w*|develop\w*)"
_MEAN_ABROAD = r"durchschnitt\w*|im schnitt|moyenne?|gemiddelde?n?|promedio|in media"
_UP_ABROAD = (
    r"(?:stieg(?:en)?|gestiegen|wuchs(?:en)?|gewachsen|zugenommen|augment(?:e[er]?s?|ent)|progresse[er]?s?|stegen|gestegen"
    r"|toegenomen|aument(?:o|aron|ado|aram|ou|ato)|crec(?:io|ieron|ido)|cresc(?:eu|eram|ido|iut\w)|sub(?:io|ieron|iu|iram))\b"
)
_DOWN_ABROAD = (
    r"(?:sank(?:en)?|gesunken|fiel(?:en)?|gefallen|abgenommen|baiss(?:e[er]?s?|ent)|diminu(?:e[er]?s?|ent|ito|ita|iu|iram)"
    r"|daalden?|gedaald|afgenomen|baj(?:o|aron|ado)|disminu(?:yo|yeron|ido)|cai(?:u|ram|do))\b"
)
_MOVE_ABROAD = rf"(?:{_UP_ABROAD}|{_DOWN_ABROAD})"
_PER_CENT = r"(?:%|per ?cent(?:age)?|growth rate|prozent|procent|pour ?cent|por ?cien\w*|per ?cento)"
_OPERATIONS: tuple[tuple[Operation, re.Pattern[str]], ...] = tuple(
    (operation, late(pattern))
    for operation, pattern in (
        (
            Operation.RATIO,
            r"\bratio (?:of|between)\b|\bratio\b.*\bto\b|\bhow many times (?:as|more|larger|bigger|higher)\b"
            r"|\btimes as (?:many|much|large|big|high|long)\b|\bdivided by\b",
        ),
        (
            Operation.DIFFERENCE,
            rf"\bhow (?:many|much)\b.{{0,80}}?\b(?:{_MORE}|{_LESS})\b.*\bthan\b"
            r"|\b(?:difference|gap) (?:in|between|of)\b"
            r"|\bhow many \w+ (?:after|before|behind|ahead of|later than|earlier than)\b|\bminus\b"
            r"|\bby how (?:much|many)\b.*\b(?:exceed|surpass|outnumber|outsell|differ)\w*\b"
            r"|\b(?:surplus|excess) of\b.*\bover\b"
            r"|\b(?:unterschied zwischen|differenz (?:zwischen|von)|difference entre|diferencia entre|differenza tra"
            r"|diferenca entre|verschil tussen)\b|\bwie ?viele?\b.*\b(?:mehr|weniger|\w{4,}er)\b.*\bals\b"
            r"|\bhoeveel\b.*\b(?:meer|minder|hoger|lager|duurder|goedkoper|groter|kleiner)\b.*\bdan\b"
            r"|\bcombien\b.*\bde (?:plus|moins) que\b|\bcuant\w+ (?:mas|menos)\b.*\bque\b",
        ),
        (
            Operation.CHANGE,
            rf"\b(?:how (?:much|many)|what|which)\b.*\b{_MOVE}\b.*\b(?:from|between|since|over|in|compared|versus|to)\b"
            rf"|^\W*(?:how did)\b.*\bchang\w*\b.*\bfrom\b|\bby (?:how much|what|how many)\b.*\b{_MOVE}\b"
            rf"|{_PER_CENT} {_MOVE}\b|\b(?:growth rate|rate of growth)\b"
            rf"|\b(?:calculate|compute|give|state) the (?:\w+ )*{_MOVE}\b"
            rf"|\b(?:um wie ?viel|de combien|met hoeveel|de cuanto|di quanto|em quanto)\b.*\b{_MOVE_ABROAD}",
        ),
        (
            Operation.SHARE,
            r"\b(?:what|which|how (?:big|large) an?)(?: \w+)? (?:share|proportion|percentage|per ?cent|fraction|part)"
            r" of\b|\bas an? (?:share|percentage|proportion) of\b|\bhow many per ?cent of\b",
        ),
        (Operation.AVERAGE, rf"\b(?:average|averaged|mean|{_MEAN_ABROAD})\b"),
        (
            Operation.SUM,
            r"\b(?:together|combined|altogether|in total|in all|in sum|added up|sum of|sum up|add up to)\b"
            r"|\btotal (?:(?:number|amount) )?of\b.*\b(?:all|and)\b|\bhow (?:many|much)\b.*\ball\b|\bplus\b"
            r"|\b(?:what|how much) (?:do|did|would|will)\b.*\band\b.*\b(?:come|amount) to\W*(?:$|in\b)"
            r"|\b(?:zusammen|zusammengenommen|au total|samen|bij elkaar|insieme|juntos|juntas)\b"
            r"|(?<!the )\bensemble\W*$",
        ),
        (Operation.COUNT, r"\bhow many\b|\bnumber of (?:rows|entries|lines)\b"),
    )
)
_STATES = {
    Operation.DIFFERENCE: rf"\b(?:{_MORE}|{_LESS}|difference|than)\b",
    Operation.CHANGE: rf"\b{_MOVE}\b|\b{_MOVE_ABROAD}|\b(?:more|less|fewer|higher|lower)\b|growth|change",
    Operation.RATIO: r"\bratio\b|\btimes\b|\btwice\b",
    Operation.SHARE: r"%|per ?cent|share|proportion|percentage|\bhalf\b|third|quarter",
    Operation.AVERAGE: rf"\b(?:average|averaged|mean|median|{_MEAN_ABROAD})\b",
    Operation.SUM: r"\b(?:total\w*|totaal|sum|together|combined|altogether|overall|all|zusammen|insgesamt|gesamt\w*"
    r"|summe|ensemble|samen|suma|somma|soma)\b",
    Operation.COUNT: r"",
}
_PERCENT = late(rf"{_PER_CENT}|\bby what (?:share|proportion)\b")
_FALLS = late(rf"\b(?:{_LESS}|{_DOWN})\b|\b{_DOWN_ABROAD}")
_RISES = late(rf"\b(?:{_UP})\b|\b{_UP_ABROAD}")
_POINTS = late(r"\bpoints?\b")
_RANGED = late(
    r"\b(?:from|over|between|years?|for|in)\b[^?]*?\b(?:to|through|until|till|and)\b|\d{4}\s?[-–]\s?\d{2,4}"
    r"|\b(?:von|de|van|del?|dal?) \d{4} (?:bis|auf|a|tot|al?) \d{4}\b"
)
_JOINS = late(r"\b(?:and|plus|together|combined|added|und|et|zusammen|ensemble|samen)\b|&")
_ROUNDED = late(r"\b(?:(?P<word>one|two|three|four|1|2|3|4) decimal|(?:nearest|whole) (?:whole |full )?\w+)")
_PLACES = {"one": 1, "two": 2, "three": 3, "four": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_MARGIN_ASKED = late(r"\b(?:what|which) (?:is|was|were|are) (?:the )?(?=percentage of)", re.IGNORECASE)
_REVENUE = ("revenue", "net sales", "sales", "turnover")
_NAMED_RATIOS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (late(pattern, re.IGNORECASE), spelt)
    for pattern, spelt in (
        (
            r"\b(?:current|working capital|liquidity) ratio\b",
            tuple(f"ratio of {total}current assets to {total}current liabilities" for total in ("total ", "")),
        ),
        (r"\bequity ratio\b", ("ratio of total equity to total assets",)),
        (r"\bdebt[- /]?(?:to[- ])?equity ratio\b", ("ratio of total debt to total equity",)),
        *(
            (
                rf"\b{name} (?:profit )?margin\b",
                tuple(f"percentage of {whole} is {name} {part}" for part in ("profit", "income") for whole in _REVENUE),
            )
            for name in ("gross", "operating", "net")
        ),
    )
)
"""What named ratios are made of, in the words of different documents."""


def asked_sums(question: str) -> list[AskedSum]:
    """What is to be worked out, a named ratio in each of the ways to spell it out; empty where nothing is."""
    texts = [question]
    for pattern, spelt in _NAMED_RATIOS:
        if pattern.search(question):
            texts = [_MARGIN_ASKED.sub("what ", pattern.sub(one, question)) for one in spelt]
            break
    return [one for text in texts if (one := asked_sum(text)) is not None]


def asked_sum(question: str) -> AskedSum | None:
    """What is to be worked out; None where nothing is."""
    folded = fold(question)
    operation = next((operation for operation, pattern in _OPERATIONS if pattern.search(folded)), None)
    if operation is None:
        return None
    return AskedSum(
        operation=operation,
        text=question,
        percent=bool(_PERCENT.search(folded)) and not (operation is Operation.CHANGE and _POINTS.search(folded)),
        rises=bool(_RISES.search(folded)),
        falls=bool(_FALLS.search(folded)),
        ranged=bool(_RANGED.search(folded)),
        joins=_JOINS.search(folded) is not None,
        places=_places(folded),
    )


def says_operation(operation: Operation, text: str) -> bool:
    """Whether a text may state the result: a sentence that says what grew, a row that is called a total."""
    return bool(re.search(_STATES[operation], fold(text)))


def _places(folded: str) -> int | None:
    found = _ROUNDED.search(folded)
    if found is None:
        return None
    return _PLACES[found["word"]] if found["word"] else 0
