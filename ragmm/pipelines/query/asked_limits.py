"""Questions for yes or no that hold a figure against a limit: "does it cost more than $50". English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["AskedLimit", "Bound", "asked_limit"]


class Bound(StrEnum):
    """What yes says of the figure."""

    OVER = "over"
    UNDER = "under"
    AT_LEAST = "at least"
    AT_MOST = "at most"


@dataclass(frozen=True, kw_only=True)
class AskedLimit:
    """A figure that is to be looked up, and what it is held against."""

    question: str
    """What is looked up."""
    about: str
    """What must be said beside the figure."""
    bound: Bound
    limit: str
    """As the question writes it, with the word behind it, which may be its unit."""
    negated: bool = False


_BE = r"is|are|was|were"
_DO = r"do|does|did"
_LONG = {"long": "length", "longer": "length", "shorter": "length", "high": "height", "tall": "height",
         "taller": "height", "heavy": "weight", "heavier": "weight", "wide": "width", "wider": "width", "deep": "depth",
         "deeper": "depth", "fast": "speed", "faster": "speed", "old": "age"}  # fmt: skip
_BOUND = (
    r"(?P<at_least>at least|no (?:less|fewer) than|not (?:less|fewer) than|reach(?:ed)?)"
    r"|(?P<at_most>at most|no more than|not more than|up to)"
    r"|(?P<under>(?:less|fewer|lower|smaller|shorter|cheaper|lighter) than|below|under)"
    r"|(?P<over>(?:more|higher|greater|larger|bigger|longer|taller|heavier|wider|deeper|faster) than|over|above"
    r"|exceed(?:ed)?)"
)
_LIMIT = r"(?:US\$|[$€£¥₹]\s?|(?:EUR|USD|GBP|CHF)\s)?\d[\d,.]*(?:\s?(?:thousand|million|billion)|\s?%|\s?per ?cent)?"
_ASKED = re.compile(
    rf"^(?P<aux>{_BE}|{_DO})\s(?P<before>.*?)\s?\b(?:{_BOUND})\s(?P<limit>{_LIMIT})(?![\d-])(?P<behind>\s.*)?$",
    re.IGNORECASE,
)
_PLACES = r"in|on|at|for|to|from|during|by|a|an|per|of"
_BEFORE_YEAR = re.compile(r"^(?:1[89]|20)\d\d$")


def asked_limit(question: str) -> AskedLimit | None:
    """None where nothing is held against a number."""
    text = " ".join(question.split()).rstrip(" ?").strip()
    text = re.sub(r"^(\w+?)n['’]t\b", r"\1", text)
    found = _ASKED.match(text)
    if found is None or _BEFORE_YEAR.match(found["limit"]):
        return None
    bound = next(one for one in Bound if found[one.name.lower()])
    before, negations = re.subn(r"\s?\bnot$", "", found["before"])
    asked = _looked_up(found["aux"].lower(), before.strip(), (found["behind"] or "").strip(), found.group())
    unit = (found["behind"] or "").split()[:1]
    limit = " ".join([found["limit"].rstrip(".,"), *unit])
    about = f"{before} {found['behind'] or ''}"
    return AskedLimit(question=asked, about=about, bound=bound, limit=limit, negated=negations > 0)


def _looked_up(aux: str, before: str, behind: str, whole: str) -> str:
    noun, tail = _noun(behind)
    words = [word for word in re.findall(r"[a-z]+", f"{whole} ") if word in _LONG]
    if aux in {"is", "are", "was", "were"} and words and before:
        rest = re.sub(rf"\b(?:{'|'.join(_LONG)})\b", "", tail).strip()
        return f"What {aux} the {_LONG[words[-1]]} of {before} {rest}".strip() + "?"
    if before.lower() == "there" or (not before and noun):
        return f"How many {noun} {aux} {before} {tail}".replace("  ", " ").strip() + "?"
    if aux in {"is", "are", "was", "were"}:
        return f"What {aux} {before} {tail}".strip() + "?"
    if noun:
        return f"How many {noun} {aux} {before} {tail}".strip() + "?"
    return f"How much {aux} {before} {tail}".strip() + "?"


def _noun(behind: str) -> tuple[str, str]:
    """What there are so many of, and the rest."""
    words = behind.split()
    stop = next((n for n, word in enumerate(words) if re.fullmatch(_PLACES, word)), len(words))
    return " ".join(words[:stop]), " ".join(words[stop:])
