"""Yes or no, by the sentence that has nearly all of the question's words, and by what either denies."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.pipelines.answer.windows import ReadWindow
from ragmm.text.terms import content_terms, language, terms

__all__ = ["verdict_of", "verdicts"]

_DENIES = re.compile(
    r"\b(?:not|no|never|cannot|nobody|none|nor|neither|prohibited|forbidden|banned|refused|rejected|kein\w*|nicht|nie|niemand|verboten|ne|pas|"
    r"jamais|aucun\w*|nunca|ningun\w*)\b|n['’]t\b|不|没|未|禁止|勿",
    re.IGNORECASE,
)
_EXCLUDES = re.compile(r"\b(?:without|unless|besides|other than|ohne|sans|sin)\b|除了", re.IGNORECASE)
_ONLY = re.compile(r"\b(?:only|must|solely|nur|seulement|solo)\b|只|必须", re.IGNORECASE)
_WORDS = {"de": ("ja", "nein"), "fr": ("oui", "non"), "es": ("sí", "no"), "CJK": ("是", "否")}
_TRUE = frozenset(["yes", "y", "true", "1", "x", "✓", "✔", "ja", "oui", "sí", "si", "是", "有"])
_FALSE = frozenset(["no", "n", "false", "0", "–", "✗", "✘", "nein", "non", "否", "无"])
_LEAST = 0.75
"""Of the question's words, the share that the sentence itself must have."""


def verdicts(question: str, windows: Sequence[ReadWindow]) -> list[FoundValue]:
    """The sentences that decide, the best first; none where no sentence speaks of all that is asked."""
    asked = content_terms(question)
    denied = bool(_DENIES.search(question))
    yes, no = _WORDS.get(language(question), ("yes", "no"))
    found = []
    for window in windows:
        for low, high in window.parts:
            sentence = window.passage.text[low:high]
            there = frozenset(terms(sentence))
            share = sum(_stands(term, there) for term in asked) / max(1, len(asked))
            if (
                len(asked) < 2
                or share < _LEAST
                or sentence.rstrip().endswith(("?", "？", ":"))
                or sentence.startswith("#")
            ):
                continue
            says = not _DENIES.search(sentence)
            if _EXCLUDES.search(question) and not _EXCLUDES.search(sentence) and _ONLY.search(sentence):
                says = not says
            found.append(
                FoundValue(
                    value=yes if says != denied else no,
                    shown=" ".join(sentence.split()).lstrip("#>*•- "),
                    quote=sentence,
                    hit=window.hit,
                    confidence=0.45 + 0.45 * share - 0.02 * window.hit.rank,
                )
            )
    return sorted(found, key=lambda one: -one.confidence)


def verdict_of(question: str, cell: str) -> str:
    """Yes or no in the question's language, if that is all that a cell says; else nothing."""
    said = cell.strip().casefold()
    if said not in _TRUE | _FALSE:
        return ""
    yes, no = _WORDS.get(language(question), ("yes", "no"))
    return yes if (said in _TRUE) != bool(_DENIES.search(question)) else no


def _stands(term: str, there: frozenset[str]) -> bool:
    return term in there or (len(term) >= 5 and any(other[:5] == term[:5] for other in there))
