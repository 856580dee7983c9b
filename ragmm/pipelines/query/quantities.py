"""Which quantity a question asks for and which a value states: a current is no voltage."""

from __future__ import annotations

import re

from ragmm.text.patterns import late
from ragmm.text.terms import fold

__all__ = ["states_other_quantity"]

_QUANTITIES = (
    ("voltage", r"voltages?|spannung", r"[munµμk]?v|volts?"),
    ("current", r"currents?|amperage|stromstarke", r"[munµμk]?a|amps?|amperes?"),
    ("power", r"power|wattage|leistung", r"[munµμkg]?w|watts?|hp|ps"),
    ("resistance", r"resistance|impedance|widerstand", r"[munµμk]?ω|k?ohms?|k/w|°c/w"),
    ("frequency", r"frequenc(?:y|ies)|clock|bandwidth|frequenz", r"[kmg]?hz"),
    ("temperature", r"temperatures?|warm|hot|cold|cool|heated|temperatur", r"°\s?[cf]|k|degrees?|grad"),
    (
        "mass",
        r"weighs?|weights?|heavy|mass|gewicht|schwer",
        r"[mµμk]?g|kilos?|grams?|tons?|tonnes?|lbs?|pounds?|ounces?|oz",
    ),
    (
        "length",
        r"lengths?|heights?|widths?|depths?|distances?|tall|high|wide|deep|thick|far|long|hoch|breit|tief|weit|lang",
        r"[munµμkc]?m|met(?:er|re)s?|kilomet(?:er|re)s?|feet|foot|ft|inch(?:es)?|in|miles?|yards?|zoll",
    ),
    (
        "time",
        r"duration|how long|how old|age|wie lange|wie alt|dauer",
        r"[munµμ]?s|secs?|seconds?|mins?|minutes?|h|hrs?|hours?|days?|weeks?|months?|years?|tage?n?|wochen?|monate?n?|jahre?n?",
    ),
    ("speed", r"speed|fast|velocity|schnell|geschwindigkeit", r"km/h|mph|m/s|knots?|rpm"),
    ("area", r"area|surface|flache", r"[kc]?m²|m2|ha|hectares?|acres?|sq\.?\s?\w+|square \w+"),
)
"""A name, the words of a question for it, and its units."""
_ASKED = tuple((name, late(rf"\b(?:{words})\b")) for name, words, _ in _QUANTITIES)
_STATED = tuple((name, late(rf"\d\s?(?:{units})\W*")) for name, _, units in _QUANTITIES)
_IN_UNIT = late(r"\b(?:in|how many) ((?:square )?[a-z]{3,}|km/h|m/s|km|kg|cm|mm|hz|ha)\b(?! per | an hour| a second|/)")
"""But not half of one: miles per hour are no length."""


def _asked_unit(folded: str) -> set[str]:
    """The quantity of the unit in which an answer is wanted: "in metres", "how many minutes"."""
    words = [f"1 {found[1]}" for found in _IN_UNIT.finditer(folded)]
    return {name for name, units in _STATED for word in words if units.fullmatch(word)}


def states_other_quantity(question: str, value: str) -> bool:
    """Whether a value ends in a unit that no quantity of the question has. "Long" asks for a length or a time."""
    folded = fold(question)
    asked = _asked_unit(folded) or {name for name, words in _ASKED if words.search(folded)}
    tail = re.search(r"\d[^\d]*$", fold(value))
    stated = {name for name, units in _STATED if tail and units.fullmatch(tail[0])}
    return bool(asked and stated) and not asked & stated
