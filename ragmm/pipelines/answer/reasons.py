"""Why: the clause that gives the reason, where the sentence that was pointed at has one."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.pipelines.answer.whole_values import LONGEST
from ragmm.pipelines.answer.windows import ReadWindow
from ragmm.text.terms import content_terms, terms

__all__ = ["given_reasons", "gives_reason", "is_cell_of_reason", "reasoned"]

_GIVES = re.compile(
    r"\b(?:because(?: of)?|since|due to|owing to|as|so that|in order to|on account of|thanks to|weil|wegen"
    r"|reasoning that|as a result of|caused by|the reason (?:is|was)(?: that)?|da|damit|aufgrund|parce que|puisque"
    r"|à cause de|grâce à|afin d[e']|porque|debido a|ya que)\s+"
    r"|(?:因为|因為|由于|由於|为了|為了)",
    re.IGNORECASE,
)
_WEAK = frozenset({"as", "da", "since"})
_NAMES = re.compile(
    r"\b(?:reasons?|causes?|why|because|purpose|grund|gründe|ursachen?|raisons?|motifs?|motivos?|razón|causas?|motivo)\b|原因|理由",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[^\W\d_]{2,}|[\u4e00-\u9fff]{2}")
_DOUBT = 0.6
"""What the confidence is worth where no clause of the sentence says that it gives a reason."""


_LEAST = 0.5
"""Of the question's words, the share that a sentence with its surroundings must have to be its reason."""


def given_reasons(question: str, windows: Sequence[ReadWindow]) -> list[FoundValue]:
    """The sentences that give a reason and speak of what is asked, surest first."""
    asked = content_terms(question)
    found = []
    for window in windows:
        around = frozenset(terms(f"{window.passage.text} {window.hit.item.context}"))
        for low, high in window.parts:
            sentence = window.passage.text[low:high]
            there = frozenset(terms(sentence))
            each = [1.0 if term in there else 0.5 if term in around else 0.0 for term in asked]
            share = sum(each) / max(1, len(asked))
            if share >= _LEAST and (clause := _clause(sentence)) is not None:
                found.append(
                    FoundValue(
                        value=clause,
                        shown=" ".join(sentence.split()).lstrip("#>*•- "),
                        quote=sentence,
                        hit=window.hit,
                        confidence=share - 0.2 - 0.01 * window.hit.rank,
                    )
                )
    return sorted(found, key=lambda one: -one.confidence)


def is_cell_of_reason(cell: str, said: str) -> bool:
    """Whether a cell may say why: it gives a reason, or stands under a head or behind a label that names one."""
    return gives_reason(f"{cell} ") or (_NAMES.search(said) is not None and len(_WORDS.findall(cell)) > 1)


def gives_reason(sentence: str) -> bool:
    """Whether a sentence says that it gives a reason."""
    return _GIVES.search(sentence) is not None


def reasoned(found: FoundValue) -> FoundValue:
    """With the clause as its value; less sure where there is none."""
    clause = _clause(found.shown, weak=True)
    if clause is None:
        return dataclasses.replace(found, confidence=_DOUBT * found.confidence)
    return dataclasses.replace(found, value=clause or found.value, confidence=min(0.95, found.confidence + 0.2))


def _clause(sentence: str, *, weak: bool = False) -> str | None:
    """What follows the words that give a reason; "" where it is too long to be shown alone, None without such words.

    `weak`: whether "as" and "since", which mostly mean something else, are taken for such words.
    """
    clauses = list(_GIVES.finditer(sentence))
    strong = next((one for one in clauses if one.group().strip().lower() not in _WEAK), None)
    if strong is None and not (weak and clauses):
        return None
    begin = strong or clauses[-1]
    clause = re.split(r"[，；。]|(?<=\w)[.;](?:\s|$)", sentence[begin.end() :])[0].strip(" ,.")
    return " ".join(clause.split()) if len(clause) <= LONGEST else ""
