"""Answers without a VLM: a value with the sentence or row it stands in, else quotes, else none."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ragmm.pipelines.answer.candidates import FoundValue
from ragmm.pipelines.answer.evidence import Unit, caption_of, units_of_hits
from ragmm.pipelines.answer.figures import FigureSettings, closest_images, figures_for
from ragmm.pipelines.answer.found_values import TableWeights, TextReading, values_in_tables, values_in_text
from ragmm.pipelines.answer.fractions_said import with_exact_first
from ragmm.pipelines.answer.ingredients import lines_of
from ragmm.pipelines.answer.reasons import gives_reason
from ragmm.pipelines.answer.scoring import EmbedTexts, Scored, ScoreWeights, score_units, speaks_of, strength
from ragmm.pipelines.answer.worked_out import worked_out
from ragmm.pipelines.query.legs import SAME
from ragmm.pipelines.query.question_kind import asks_for_fact, asks_to_describe, looks_for_picture, names_picture
from ragmm.pipelines.query.value_kinds import AskedKind, holds, shows
from ragmm.pipelines.query.wanted import AskedFor, wanted
from ragmm.readers.base import Reader
from ragmm.text.inert import inert
from ragmm.text.terms import language, numbers, overlap_coefficient, terms
from ragmm.types import Answer, Citation, Claim, Hit, Support

__all__ = [
    "ABSTENTION",
    "GENERATED",
    "PERHAPS",
    "EmbedTexts",
    "ExtractiveSettings",
    "evidence_strength",
    "extract_answer",
]

_UNSPACED = frozenset({"CJK", "KANA", "HANGUL"})
ABSTENTION = "The documents do not say."
PERHAPS = "Perhaps:"
GENERATED = "generated_by"
"""Metadata key of a text that a model wrote (a caption): quoting it is weaker than quoting the document."""


@dataclass(frozen=True, kw_only=True)
class ExtractiveSettings:
    """When to speak and how much to say."""

    most: int = 3
    """Claims in an answer."""
    most_lines: int = 5
    """Claims where what is asked for has to be worked out from several."""
    keep: float = 0.80
    """Further claims must score at least this share of the first."""
    strong: float = 0.515
    """Evidence weaker than this (see evidence_strength) is no answer; 0 never abstains.

    Chosen over questions with and without an answer in their collection (`python -m tools.check_abstention`): about a
    small English corpus, about Chinese passages, and about long English reports. Where the right document is there but
    silent, and the question long, words tell least.
    """
    likely: float = 0.45
    """A value less likely right than this is not said without a mark; 0 says any."""
    perhaps: float = 0.3
    """A value less likely right than this is not said at all. Between the two it is marked as doubtful."""
    sure_cell: float = 0.75
    """From where on a cell is the answer whatever the running text says: reading that would seldom say otherwise."""
    texts: TextReading = field(default_factory=TextReading)
    tables: TableWeights = field(default_factory=TableWeights)
    image_floor: float = 0.22
    """Cosine from which an image is worth showing as the answer when no text answers."""
    weights: ScoreWeights = field(default_factory=ScoreWeights)
    figures: FigureSettings = field(default_factory=FigureSettings)


def extract_answer(
    question: str,
    hits: Sequence[Hit],
    embed: EmbedTexts | None = None,
    settings: ExtractiveSettings | None = None,
    *,
    ingredients: Sequence[str] = (),
    reader: Reader | None = None,
) -> Answer:
    """With a reader the likeliest value, if it is likely enough; then the lines that name the `ingredients` of it.

    Where no value was asked for (or nothing reads): the best one to three sentences, else the closest image. Where a
    fact was asked for and no value is likely, an abstention that says what is missing.
    """
    settings = settings or ExtractiveSettings()
    values: list[FoundValue] = []
    asked = wanted(question)
    if reader is not None and question.strip() and not asks_to_describe(question):
        values = _values(question, asked, hits, embed, settings, reader)
        if values and values[0].confidence >= settings.likely:
            return _valued(values[0], hits, settings)
        shown = asked.kind is AskedKind.ANY and names_picture(question)  # which is no question for a value
        if values and values[0].confidence >= settings.perhaps and not shown:
            return _doubted(_valued(values[0], hits, settings))
    if lines := lines_of(question, ingredients, hits)[: settings.most_lines]:
        return dataclasses.replace(_answer([_claim(line) for line in lines], hits, settings), tentative=True)
    fact = _wants_value(question, asked)
    if reader is None or not fact:
        quoted = _quoted(question, hits, embed, settings, read=reader is not None)
        if quoted is not None and reader is not None:
            quoted = _of_use(quoted, asked, hits, settings)
        if quoted is not None:
            doubtful = reader is not None and _may_miss(question, asked) and _is_supported(quoted)
            return _doubted(quoted) if doubtful else quoted
    return _abstention(() if reader is not None and fact else hits, values, settings)


def _wants_value(question: str, asked: AskedFor) -> bool:
    """Whether sentences are no answer where no value was found: a fact is asked for, if only in a few words."""
    if asked.kind is AskedKind.REASON or language(question) in _UNSPACED:
        return False
    told = asked.kind is not AskedKind.ANY and not names_picture(question) and not asks_to_describe(question)
    return asks_for_fact(question) or told


def _may_miss(question: str, asked: AskedFor) -> bool:
    """Whether sentences may be about it and no more: nothing one can tell is asked for, or no value was found."""
    if language(question) in _UNSPACED:
        return asks_for_fact(question)
    return asked.kind is AskedKind.ANY and not (names_picture(question) or asks_to_describe(question))


def _is_supported(answer: Answer) -> bool:
    return all(claim.support is Support.SUPPORTED for claim in answer.claims)


def _of_use(quoted: Answer, asked: AskedFor, hits: Sequence[Hit], settings: ExtractiveSettings) -> Answer | None:
    """What of a quote is: to who asks why, one that gives a reason; for a sum or a date, the sentences with one."""
    if asked.kind is AskedKind.REASON:
        return quoted if any(gives_reason(claim.text) for claim in quoted.claims) else None
    if not shows(asked.kind):
        return quoted
    kept = [claim for claim in quoted.claims if holds(asked.kind, claim.text)]
    return _answer(kept, hits, settings) if kept else None


def _values(
    question: str,
    asked: AskedFor,
    hits: Sequence[Hit],
    embed: EmbedTexts | None,
    settings: ExtractiveSettings,
    reader: Reader,
) -> list[FoundValue]:
    """The likeliest first. Tables are read first: where a cell is likely enough, running text need not be."""

    def look_up(question: str, asked: AskedFor, hits: Sequence[Hit], *, sure: float) -> list[FoundValue]:
        found = values_in_tables(question, asked, hits, settings.tables, embed=embed, reader=reader)
        if not found or found[0].confidence < sure:
            found += values_in_text(question, asked, hits, reader, settings.texts, embed=embed)
        return with_exact_first(sorted(found, key=lambda one: -one.confidence))

    return worked_out(question, asked, hits, look_up, embed, sure=settings.sure_cell)


def _valued(best: FoundValue, hits: Sequence[Hit], settings: ExtractiveSettings) -> Answer:
    """The value, and as its claim the sentence or row that it stands in, or what it was worked out from."""
    answer = _answer([_value_claim(one) for one in best.sides or (best,)], hits, settings)
    return dataclasses.replace(answer, short=inert(best.value) or None)


def _value_claim(one: FoundValue) -> Claim:
    support = Support.WEAK if GENERATED in one.hit.item.metadata else Support.SUPPORTED
    citations = one.citations or (Citation(rank=one.hit.rank, quote=one.quote),)
    return Claim(text=inert(one.shown), citations=citations, support=support)


def _doubted(answer: Answer) -> Answer:
    """The same, marked wherever it may be read."""
    claims = tuple(dataclasses.replace(claim, support=Support.WEAK) for claim in answer.claims)
    text = f"{PERHAPS} {answer.text}" if answer.short else answer.text
    return dataclasses.replace(answer, text=text, claims=claims, tentative=True)


def _quoted(
    question: str, hits: Sequence[Hit], embed: EmbedTexts | None, settings: ExtractiveSettings, *, read: bool
) -> Answer | None:
    """`read`: whether a reader has looked for a value in vain; then a picture answers only who looks for one."""
    scored = score_units(question, units_of_hits(hits), embed, settings.weights)
    if scored and question.strip() and strength(scored) >= settings.strong:
        return _answer([_claim(piece.unit) for piece in _pick(scored, settings)], hits, settings)
    images = closest_images(hits, settings.image_floor)
    if not looks_for_picture(question):
        images = [] if read else [hit for hit in images if speaks_of(question, hit)]
    return _answer([_image_claim(images[0])], hits, settings) if images else None


def _abstention(shown: Sequence[Hit], values: Sequence[FoundValue], settings: ExtractiveSettings) -> Answer:
    lacking = next((one.lacking for one in values[:3] if one.lacking), "")
    text = f"{ABSTENTION} Nearest: {lacking}." if lacking else ABSTENTION
    return Answer(text=text, abstained=True, figures=figures_for(shown, (), settings.figures))


def evidence_strength(question: str, hits: Sequence[Hit], embed: EmbedTexts | None = None) -> float:
    """How likely it is, in [0, 1], that the texts of these hits hold the answer."""
    scored = score_units(question, units_of_hits(hits), embed, ScoreWeights())
    return strength(scored)


def _pick(scored: Sequence[Scored], settings: ExtractiveSettings) -> list[Scored]:
    """The best piece and those nearly as good that say something else; in reading order within a source."""
    best = scored[0]
    chosen = [best]
    for piece in scored[1:20]:
        if len(chosen) == settings.most or piece.score < settings.keep * best.score:
            break
        if not any(_alike(piece, other) for other in chosen):
            chosen.append(piece)
    first_seen = list(dict.fromkeys(piece.unit.hit.rank for piece in chosen))
    return sorted(chosen, key=lambda piece: (first_seen.index(piece.unit.hit.rank), piece.unit.order))


def _alike(left: Scored, right: Scored) -> bool:
    words = [frozenset(terms(piece.unit.text)) for piece in (left, right)]
    if numbers(left.unit.text) != numbers(right.unit.text):
        return False  # rows of one table share their words and differ in their figures
    if overlap_coefficient(*words) > 0.8:
        return True
    if left.vector is None or right.vector is None:
        return False
    return float(np.dot(left.vector, right.vector)) > 0.95


def _claim(unit: Unit) -> Claim:
    support = Support.WEAK if GENERATED in unit.hit.item.metadata else Support.SUPPORTED
    citation = Citation(rank=unit.hit.rank, quote=unit.quote)
    return Claim(text=inert(unit.text), citations=(citation,), support=support)


def _image_claim(hit: Hit) -> Claim:
    """An image is all there is: it is shown, and nothing is said about what it shows beyond its own words."""
    # The rows of a chart are for looking things up in; above them stands what it shows.
    above = "\n".join(line for line in hit.item.text.splitlines() if not line.startswith("|"))
    said = above.strip() or hit.item.text.strip() or caption_of(hit.item) or hit.item.uri.rsplit("/", 1)[-1]
    words = " ".join(inert(said).split())
    same = any(found.leg == SAME for found in hit.found_by)
    text = f"The {'same picture' if same else 'closest image'}: {words[:300]}"
    return Claim(text=text, citations=(Citation(rank=hit.rank, quote=words[:300]),), support=Support.WEAK)


def _answer(claims: Sequence[Claim], hits: Sequence[Hit], settings: ExtractiveSettings) -> Answer:
    cited = [citation.rank for claim in claims for citation in claim.citations]
    text = " ".join(f"{claim.text} [{claim.citations[0].rank}]" for claim in claims)
    return Answer(text=text, claims=tuple(claims), figures=figures_for(hits, cited, settings.figures))
