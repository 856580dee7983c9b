"""How good an answer is: its words beside the accepted ones, its citations beside the evidence, and its silence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ragmm.evaluation.places import Targets, hits_at, ranking
from ragmm.evaluation.questions import EvalQuestion
from ragmm.text.terms import canonical_number, fold
from ragmm.types import Answer, Hit

__all__ = ["answer_text", "answer_values", "contains", "exact", "token_f1", "tokens"]

_FOUND_WITHIN = 5
_MARK = re.compile(r"\s*\[\d{1,4}\]")
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_TOKEN = re.compile(rf"(?P<number>\d+(?:[.,]\d+)*)|[{_UNSPACED}]|[^\W\d_{_UNSPACED}]+")
_ARTICLES = frozenset({"a", "an", "the"})


def answer_values(question: EvalQuestion, answer: Answer, hits: Sequence[Hit]) -> dict[str, float]:
    """The metrics that this question allows; each is a mean over the questions that allow it."""
    values = dict(_abstention(question, answer))
    if question.answerable:
        values["answer.given"] = float(not answer.abstained)
        if question.answers:
            values |= _words(question.answers, answer)
        if question.relevant:
            values |= _citations(Targets(entries=question.relevant), answer, hits)
    return values


def _abstention(question: EvalQuestion, answer: Answer) -> Iterator[tuple[str, float]]:
    """Precision over the questions that it abstained from, recall over those that it should have."""
    if answer.abstained:
        yield "abstention.precision", float(not question.answerable)
    if not question.answerable:
        yield "abstention.recall", float(answer.abstained)


def _words(accepted: Sequence[str], answer: Answer) -> dict[str, float]:
    """The best match with any accepted answer; an abstention matches none."""
    said = "" if answer.abstained else answer_text(answer)
    return {
        "answer.exact": max(float(exact(said, one)) for one in accepted),
        "answer.token_f1": max(token_f1(said, one) for one in accepted),
        "answer.contains": max(float(contains(said, one)) for one in accepted),
    }


def _citations(targets: Targets, answer: Answer, hits: Sequence[Hit]) -> dict[str, float]:
    cited = {citation.rank for claim in answer.claims for citation in claim.citations}
    right = {hit.rank for hit in hits_at(hits, targets)}
    values: dict[str, float] = {}
    if cited:
        values["citation.precision"] = len(cited & right) / len(cited)
    if not answer.abstained:
        values["citation.recall"] = _covered(targets, [hit for hit in hits if hit.rank in cited])
    if _found(targets, hits):
        values["citation.if_found@5"] = float(bool(cited & right))
    return values


def _covered(targets: Targets, cited: Sequence[Hit]) -> float:
    if targets.pages:
        return len(targets.pages & set(ranking(targets.pages_of(hit.item) for hit in cited))) / len(targets.pages)
    named = set(ranking(targets.documents_of(hit.item) for hit in cited))
    return len(targets.documents & named) / len(targets.documents)


def _found(targets: Targets, hits: Sequence[Hit]) -> bool:
    """Whether the evidence is among the first five pages (or documents, where pages are not known)."""
    if targets.pages:
        return bool(targets.pages & set(ranking(targets.pages_of(hit.item) for hit in hits)[:_FOUND_WITHIN]))
    return bool(targets.documents & set(ranking(targets.documents_of(hit.item) for hit in hits)[:_FOUND_WITHIN]))


def answer_text(answer: Answer) -> str:
    """What it says, without the marks of its citations."""
    return " ".join(claim.text for claim in answer.claims) or _MARK.sub("", answer.text)


def tokens(text: str) -> list[str]:
    """Folded words without articles, canonical numbers, single characters of scripts without spaces."""
    found = []
    for match in _TOKEN.finditer(fold(text)):
        token = canonical_number(match[0]) if match["number"] else match[0]
        if token not in _ARTICLES:
            found.append(token)
    return found


def exact(said: str, accepted: str) -> bool:
    """The same words in the same order, whatever case and punctuation."""
    wanted = tokens(accepted)
    return bool(wanted) and tokens(said) == wanted


def contains(said: str, accepted: str) -> bool:
    """Whether the accepted answer stands in what was said, word by word."""
    there, wanted = tokens(said), tokens(accepted)
    starts = range(len(there) - len(wanted) + 1) if wanted else ()
    return any(there[start : start + len(wanted)] == wanted for start in starts)


def token_f1(said: str, accepted: str) -> float:
    """Harmonic mean of the shares of tokens that the two have in common."""
    there, wanted = Counter(tokens(said)), Counter(tokens(accepted))
    common = (there & wanted).total()
    return 2 * common / (there.total() + wanted.total()) if common else 0.0
