"""Why: the clause that gives the reason, where the sentence that was pointed at has one."""

from __future__ import annotations

import dataclasses
import re

from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.pipelines.answer.whole_values import LONGEST

__all__ = ["gives_reason", "reasoned"]

_GIVES = re.compile(
    r"\b(?:because(?: of)?|since|due to|owing to|as|so that|in order to|on account of|thanks to|weil|wegen"
    r"|da|damit|parce que|à cause de|porque)\s+"
    r"|(?:因为|因為|由于|由於|为了|為了)",
    re.IGNORECASE,
)
_DOUBT = 0.6
"""What the confidence is worth where no clause of the sentence says that it gives a reason."""


def gives_reason(sentence: str) -> bool:
    """Whether a sentence says that it gives a reason."""
    return _GIVES.search(sentence) is not None


def reasoned(found: FoundValue) -> FoundValue:
    """With the clause as its value; less sure where there is none."""
    clauses = list(_GIVES.finditer(found.shown))
    if not clauses:
        return dataclasses.replace(found, confidence=_DOUBT * found.confidence)
    strong = next((one for one in clauses if one.group().strip().lower() not in ("as", "da", "since")), clauses[-1])
    clause = re.split(r"[，；。]|(?<=\w)[.;](?:\s|$)", found.shown[strong.end() :])[0].strip(" ,.")
    value = clause if 0 < len(clause) <= LONGEST else found.value
    return dataclasses.replace(found, value=value, confidence=min(0.95, found.confidence + 0.2))
