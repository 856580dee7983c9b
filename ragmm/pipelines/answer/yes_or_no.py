"""Yes or no, by the sentence that has nearly all of the question's words or means nearly the same, and by what
either denies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ragmm.pipelines.answer.asked_tables import has_word
from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.pipelines.answer.named_things import title_of
from ragmm.pipelines.answer.scoring import EmbedTexts, rows_beside
from ragmm.pipelines.answer.windows import ReadWindow
from ragmm.text.terms import content_terms, language, terms
from ragmm.types import Hit

__all__ = ["verdict_of", "verdicts"]

_DENIES = re.compile(
    r"\b(?:not|no|never|cannot|nobody|none|nor|neither|prohibited|forbidden|banned|refused|rejected|kein\w*|nicht|nie|niemand|verboten|ne|pas|"
    r"jamais|aucun\w*|nunca|ningun\w*|cancell?ed|ineligible|niet|geen|nooit|não|nem|nenhum\w*|proibid\w*|prohibid\w*"
    r"|interdit\w*|non(?!-)|nessun\w*|vietat\w*)\b|n['’]t\b|不|没|未|禁止|勿|ません|ない",
    re.IGNORECASE,
)
_NO = re.compile(r"\bno\b", re.IGNORECASE)
_EXCLUDES = re.compile(
    r"\b(?:without|alone|unaccompanied|unless|besides|other than|ohne|sans|sin)\b|除了", re.IGNORECASE
)
_EXCEPT = re.compile(
    r"\b(?:except(?:ing|ion)?|with the exception|excluding|außer|ausgenommen|sauf|excepto|salvo)\b", re.IGNORECASE
)
_ONLY = re.compile(r"\b(?:only|must|solely|nur|seulement|solo)\b|只|必须", re.IGNORECASE)
_WORDS = {
    "de": ("ja", "nein"),
    "fr": ("oui", "non"),
    "es": ("sí", "no"),
    "pt": ("sim", "não"),
    "it": ("sì", "no"),
    "nl": ("ja", "nee"),
    "CJK": ("是", "否"),
    "KANA": ("はい", "いいえ"),
}
_TRUE = frozenset(["yes", "y", "true", "1", "x", "✓", "✔", "ja", "oui", "sí", "si", "sì", "sim", "是", "有"])
_FALSE = frozenset(["no", "n", "false", "0", "–", "✗", "✘", "nein", "non", "nee", "não", "否", "无"])
_LEAST = 0.75
"""Of the question's words, the share that a sentence must have to decide without a mark."""
_ALIKE = 0.55
"""How near in meaning one with fewer must be, its verdict marked as doubtful."""
_DOUBTED = 0.33
_COMPARED = 8
_NAME = re.compile(r"(?<=\S\s)[A-ZÀ-Þ][\w'’-]+")
"""What a title may say instead of the sentence."""
_FEWEST_WORDS = 2
_STATED = 4
"""Words of the shortest sentence."""
_UNSPACED = frozenset({"CJK", "KANA"})


@dataclass(frozen=True, kw_only=True, eq=False)
class _Sentence:
    """One that may decide."""

    text: str
    hit: Hit
    share: float
    """Of the question's words."""


def verdicts(question: str, windows: Sequence[ReadWindow], embed: EmbedTexts | None = None) -> list[FoundValue]:
    """The sentences that decide, the best first: those that speak of all that is asked and, less surely, those that
    mean nearly the same.
    """
    asked = content_terms(question)
    found = [] if len(asked) < _FEWEST_WORDS else list(_sentences(question, asked, windows))
    sure = [one for one in found if one.share >= _LEAST]
    near = [one for one in found if one.share < _LEAST and _is_statement(one.text)]
    near = sorted(near, key=lambda one: -one.share)[:_COMPARED]
    alike = _likeness(question, [one.text for one in near], embed)
    values = [_verdict(question, one, 0.45 + 0.45 * one.share - 0.02 * one.hit.rank) for one in sure]
    values += [
        _verdict(question, one, _DOUBTED + 0.1 * (cosine + one.share) / 2)
        for one, cosine in zip(near, alike, strict=True)
        if cosine >= _ALIKE or (cosine + one.share) / 2 >= _ALIKE
    ]
    return sorted(values, key=lambda one: -one.confidence)


def _sentences(question: str, asked: Sequence[str], windows: Sequence[ReadWindow]) -> Iterator[_Sentence]:
    names = frozenset(term for name in _NAME.findall(question) for term in terms(name))
    for window in windows:
        titled = names & frozenset(terms(title_of(window.hit)))
        for low, high in window.parts:
            text = window.passage.text[low:high]
            there = frozenset(terms(text))
            if text.rstrip().endswith(("?", "？", ":")) or text.startswith("#") or len(there) < _FEWEST_WORDS:
                continue
            said = sum(_stands(term, there) or term in titled for term in asked)
            yield _Sentence(text=text, hit=window.hit, share=said / max(1, len(asked)))


def _is_statement(text: str) -> bool:
    """No heading: several words, or a label with what it says."""
    return ":" in text or len(text.split()) >= _STATED or language(text) in _UNSPACED


def _likeness(question: str, texts: Sequence[str], embed: EmbedTexts | None) -> list[float]:
    """Of each text to the question; 0 where nothing can tell."""
    if embed is None or not texts:
        return [0.0] * len(texts)
    rows = rows_beside(question, texts, embed)
    return [float(row @ rows[0]) for row in rows[1:]]


def _verdict(question: str, sentence: _Sentence, confidence: float) -> FoundValue:
    yes, no = _WORDS.get(language(question), ("yes", "no"))
    says = _says(question, sentence.text)
    return FoundValue(
        value=yes if says != _denies(question, question) else no,
        shown=" ".join(sentence.text.split()).lstrip("#>*•- "),
        quote=sentence.text,
        hit=sentence.hit,
        confidence=confidence,
    )


def _says(question: str, sentence: str) -> bool:
    """Whether a sentence affirms what the question asks about."""
    says = not _denies(sentence, question)
    if _EXCLUDES.search(question) and not _EXCLUDES.search(sentence) and _ONLY.search(sentence):
        return not says
    excepted = _EXCEPT.search(sentence)
    if excepted is None:
        return says
    rule, exception = (frozenset(terms(part)) for part in (sentence[: excepted.start()], sentence[excepted.end() :]))
    asked = content_terms(question)
    says = not _denies(sentence[: excepted.start()], question)
    excepts = any(_stands(term, exception) and not _stands(term, rule) for term in asked)
    return says != excepts


def verdict_of(question: str, cell: str) -> str:
    """Yes or no in the question's language, if that is all that a cell says; else nothing."""
    said = cell.strip().casefold()
    if said not in _TRUE | _FALSE:
        return ""
    yes, no = _WORDS.get(language(question), ("yes", "no"))
    return yes if (said in _TRUE) != _denies(question, question) else no


def _denies(text: str, question: str) -> bool:
    """In the question's language: to who asks in Portuguese, "no" says where."""
    return _DENIES.search(_NO.sub(" ", text) if language(question) == "pt" else text) is not None


def _stands(term: str, there: frozenset[str]) -> bool:
    return has_word(there, term) or (len(term) >= 5 and any(other[:5] == term[:5] for other in there))
