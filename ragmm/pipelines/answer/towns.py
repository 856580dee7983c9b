"""The town of an address that a reader points at: who asks for one wants what follows "18720 Oxnard Street"."""

from __future__ import annotations

from ragmm.text.patterns import late
from ragmm.text.terms import fold

__all__ = ["town_of"]

_ASKED = late(
    r"\b(?:which|what|name of the) (?:\w+ )?(?:town|city|village|municipality)\b"
    r"|\bwelche[rmsn]? (?:stadt|ort|dorf|gemeinde)\b"
    r"|\b(?:quelle|dans quelle) (?:ville|commune)\b|\b(?:que|cual|en que) (?:ciudad|pueblo|localidad)\b"
    r"|\b(?:quale|in che|in quale) (?:citta|comune|paese)\b|\b(?:welke|in welke) (?:stad|plaats|gemeente)\b"
    r"|\b(?:qual|em que) (?:cidade|vila)\b"
)
_STREET = late(
    r"(?<=\w )(?:st|street|ave|avenue|rd|road|blvd|boulevard|hwy|highway|lane|ln|drive|dr"
    r"|way|court|square|sq|parkway|pkwy"
    r"|suite|floor|building)\b|^\W*(?:\d+ )?(?:rue|via|calle|avenue|avenida|rua|piazza|plaza) \w"
    r"|\w(?:strasse|str|gasse|weg|platz|allee|straat|laan|plein|gracht|kade)\b"
)
_POSTCODE = late(r"\b(?:[A-Z]{1,2}-)?\d{4,6}(?:\s?[A-Z]{2}\b)?\s*")
_TOWN = late(r"[^\W\d_][^\d,;|]{1,40}")
_MOST = 240
"""Characters of an address."""


def town_of(question: str, value: str, sentence: str) -> str:
    """The town, where one is asked for and the value is a street or an address with one; else the value as it is."""
    if not _ASKED.search(fold(question)) or not _is_street(value):
        return value
    start = max(0, sentence.find(value))
    parts = [part.strip() for part in sentence[start : start + _MOST].split(",")]
    towns = [town for part in parts if not _is_street(part) and (town := _POSTCODE.sub("", part).strip())]
    return next((town for town in towns if _TOWN.fullmatch(town)), value)


def _is_street(part: str) -> bool:
    return _STREET.search(fold(part)) is not None
