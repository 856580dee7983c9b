"""Checks a claim against the evidence it cites: its numbers, dates, names, words and meaning, and what it denies."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise

import numpy as np

from ragmm.pipelines.answer.claim_facts import CitedFacts, misses
from ragmm.pipelines.answer.evidence import Unit, caption_of, units_of
from ragmm.pipelines.answer.orders import orders_in, without_orders
from ragmm.pipelines.answer.scoring import EmbedTexts
from ragmm.text.terms import content_terms, fold, language, terms
from ragmm.types import Citation, Claim, Hit, Support

__all__ = ["AskImage", "ClaimChecker", "SupportSettings", "is_foreign"]

AskImage = Callable[[str, int], bool | None]
"""(claim, rank) -> whether the image of that hit shows it; None where the model cannot tell."""

_NEGATION = re.compile(
    r"\b(?:no|not|never|none|without|neither|nor|nicht|kein\w{0,3}|pas|jamais|sin|nunca)\b|n['’]t\b|[不没没未无無]"
)


@dataclass(frozen=True, kw_only=True)
class SupportSettings:
    """From when on evidence carries a claim.

    On claims from Chinese and English passages, cited once rightly and once to another passage of the same result, the
    rightly cited ones share a median of 86 to 100 % of their words with the evidence, the wrongly cited ones 3 to 10 %.
    """

    supported: float = 0.60
    """Share of the claim's words that its evidence has."""
    weak: float = 0.40
    cosine: float = 0.75
    """A claim in other words (down to `weak` of them shared) is carried where it means the same by at least this."""
    paraphrase: float = 0.60
    """From this cosine on half the shared words of `weak` make a weak support."""
    most_units: int = 40
    """Pieces of a hit that are embedded for one claim."""


@dataclass(frozen=True, kw_only=True)
class _Match:
    """What the cited hits have of a claim."""

    words: float
    """Share of the claim's content words in two neighbouring pieces of one hit, or, a little less, in all hits."""
    cosine: float
    """Of the claim and the best piece; 0 where there is no embedder."""
    quotes: tuple[str, ...]
    """The best piece of each hit."""


@dataclass(frozen=True, kw_only=True)
class ClaimChecker:
    """Judges claims over the hits of one answer."""

    hits: Sequence[Hit]
    question: str = ""
    embed: EmbedTexts | None = None
    seen: frozenset[int] = frozenset()
    """Ranks whose image the model saw: what it says of them is at worst unproven."""
    ask_image: AskImage | None = None
    settings: SupportSettings = field(default_factory=SupportSettings)

    def check(self, text: str, ranks: Sequence[int]) -> Claim:
        """The claim with its citations and how well they carry it; several citations count together."""
        cited = [hit for rank in ranks for hit in self.hits if hit.rank == rank]
        if not cited:
            return Claim(text=text, citations=(), support=Support.UNSUPPORTED)
        telling = [without_orders(hit) for hit in cited]
        match = _match(text, telling, self.embed, self.settings.most_units)
        facts = CitedFacts(hits=telling, ordered=" ".join(orders_in(hit) for hit in cited))
        support = self._with_images(text, cited, self._judged(text, match, facts))
        citations = tuple(Citation(rank=hit.rank, quote=quote) for hit, quote in zip(cited, match.quotes, strict=True))
        return Claim(text=text, citations=citations, support=support)

    def attribute(self, text: str) -> Claim:
        """A claim that cites nothing, with the one hit that carries it, if there is one."""
        wanted = content_terms(text)
        likely = sorted(self.hits, key=lambda hit: (-_share(wanted, _all_terms([hit])), hit.rank))
        for hit in likely[:2]:
            claim = self.check(text, [hit.rank])
            if claim.support is Support.SUPPORTED:
                return claim
        return Claim(text=text, citations=(), support=Support.UNSUPPORTED)

    def _judged(self, text: str, match: _Match, facts: CitedFacts) -> Support:
        support = _by_words(match, self.settings)
        if misses(text, self.question, facts):
            return Support.UNSUPPORTED
        if support is Support.SUPPORTED and _denies(text) != any(_denies(quote) for quote in match.quotes):
            return Support.WEAK
        if support is Support.UNSUPPORTED and is_foreign(text, facts.text):
            return Support.WEAK  # its words say nothing about it; its figures fit
        return support

    def _with_images(self, text: str, cited: Sequence[Hit], support: Support) -> Support:
        """Where words do not carry a claim about an image, the model is asked again; unasked, the claim is unproven."""
        shown = [hit.rank for hit in cited if hit.rank in self.seen]
        if support is Support.SUPPORTED or not shown:
            return support
        replies = [self.ask_image(text, rank) for rank in shown] if self.ask_image else [None]
        if True in replies:
            return Support.SUPPORTED
        return support if None not in replies else Support.WEAK


def _match(claim: str, cited: Sequence[Hit], embed: EmbedTexts | None, most_units: int) -> _Match:
    wanted = content_terms(claim)
    found = [_match_one(claim, wanted, hit, embed, most_units) for hit in cited]
    together = 0.9 * _share(wanted, _all_terms(cited)) if len(cited) > 1 else 0.0
    return _Match(
        words=max(together, *(one.words for one in found)),
        cosine=max(one.cosine for one in found),
        quotes=tuple(quote for one in found for quote in one.quotes),
    )


def _match_one(claim: str, wanted: Sequence[str], hit: Hit, embed: EmbedTexts | None, most_units: int) -> _Match:
    units = list(islice(units_of(hit), 200))
    if not units or not wanted:
        return _Match(words=0.0, cosine=0.0, quotes=("",))
    pieces = [frozenset(terms(_scored_text(unit))) for unit in units]
    shares = [_share(wanted, own) for own in pieces]
    pairs = [_share(wanted, left | right) for left, right in pairwise(pieces)]
    order = sorted(range(len(units)), key=lambda index: (-shares[index], index))[:most_units]
    cosines = _cosines(claim, [_scored_text(units[index]) for index in order], embed)
    best = max(range(len(order)), key=lambda place: shares[order[place]] + cosines[place])
    # Numbers are held against the evidence by themselves; a claim over several rows has its words in the whole of it.
    everywhere = frozenset().union(*pieces).union(term for term in wanted if _is_proven(term))
    whole = (0.95 if units[0].quote.startswith("|") or units[-1].quote.startswith("|") else 0.8) * _share(
        wanted, everywhere
    )
    return _Match(words=max(*shares, *pairs, whole), cosine=max(cosines), quotes=(units[order[best]].quote,))


def is_foreign(claim: str, evidence: str) -> bool:
    """Whether a claim is in another language than its evidence, so that words cannot be compared."""
    spoken, written = language(claim), language(evidence)
    return bool(spoken and written) and spoken != written


def _by_words(match: _Match, settings: SupportSettings) -> Support:
    if match.words >= settings.supported or (match.words >= settings.weak and match.cosine >= settings.cosine):
        return Support.SUPPORTED
    if match.words >= settings.weak or (2 * match.words >= settings.weak and match.cosine >= settings.paraphrase):
        return Support.WEAK
    return Support.UNSUPPORTED


def _is_proven(term: str) -> bool:
    """Whether it is a number that a claim without a miss has from its evidence; small counts are not looked for."""
    return "." in term or (term.isdigit() and len(term) > 1)


def _denies(text: str) -> bool:
    return _NEGATION.search(fold(text)) is not None


def _share(wanted: Sequence[str], own: frozenset[str]) -> float:
    return sum(term in own for term in wanted) / len(wanted) if wanted else 0.0


def _all_terms(hits: Sequence[Hit]) -> frozenset[str]:
    return frozenset(term for hit in hits for term in terms(_whole_text(hit)))


def _whole_text(hit: Hit) -> str:
    item = hit.item
    return f"{item.text[:50_000]} {caption_of(item)} {item.context} {' '.join(item.locator.section)}"


def _scored_text(unit: Unit) -> str:
    return f"{unit.lead} {unit.text}".strip()


def _cosines(claim: str, pieces: Sequence[str], embed: EmbedTexts | None) -> list[float]:
    if embed is None:
        return [0.0] * len(pieces)
    rows = np.asarray(embed([claim, *pieces]), dtype=np.float32)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return [float(row @ rows[0]) for row in rows[1:]]
