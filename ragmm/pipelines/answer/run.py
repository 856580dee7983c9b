"""From hits to an answer: quoted sentences, or a VLM that sees the passages and the images themselves."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ragmm.config.settings import AnswerSettings
from ragmm.embedders.base import Embedder
from ragmm.errors import RagmmError
from ragmm.indexes.contracts import Snapshot, unit_rows
from ragmm.pipelines.answer.asked_tables import has_words, words_of
from ragmm.pipelines.answer.context import ContextBudget
from ragmm.pipelines.answer.quoted import EmbedTexts, ExtractiveSettings, extract_answer
from ragmm.pipelines.answer.table_parts import with_parts
from ragmm.pipelines.answer.whole_tables import with_whole_tables
from ragmm.pipelines.answer.written import AnswerRules, AnswerTask, write_answer
from ragmm.pipelines.prompts import style_for
from ragmm.pipelines.query.asked_sums import asked_sums
from ragmm.pipelines.query.glossary import Glossary
from ragmm.pipelines.query.question import Asked
from ragmm.pipelines.query.run import Answerer, Answering, text_embedder
from ragmm.readers.base import Reader
from ragmm.text.terms import content_terms
from ragmm.types import Answer, Asset, Hit, MediaKind, Role
from ragmm.vlm.base import Vlm
from ragmm.vlm.trust import trust_in

__all__ = ["Aids", "extractive_answerer", "fallback_answerer", "model_answerer", "rules_of"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Aids:
    """What helps to answer, where it is there."""

    glossary: Glossary | None = None
    reader: Reader | None = None

    def ingredients(self, question: str) -> Sequence[str]:
        """What a figure that is asked for is worked out from, in the documents' words."""
        return self.glossary.meanings_of(question) if self.glossary else ()

    def reworded(self, question: str) -> Sequence[tuple[str, str]]:
        """The question with a term in the documents' words, and these."""
        return self.glossary.reworded(question) if self.glossary else ()


NO_AIDS = Aids()


def _names(answer: Answer, name: str) -> bool:
    """Whether the row or sentence that answers has every word of a name: what is net is not what is gross."""
    there = words_of(" ".join(claim.text for claim in answer.claims))
    return has_words(there, content_terms(name))


def rules_of(settings: AnswerSettings) -> AnswerRules:
    """How answers are judged under a pipeline's settings."""
    extractive = ExtractiveSettings() if settings.abstain else ExtractiveSettings(strong=0.0, likely=0.0)
    return AnswerRules(abstain=settings.abstain, extractive=extractive)


def extractive_answerer(
    embedders: Mapping[str, Embedder],
    rules: AnswerRules,
    aids: Aids = NO_AIDS,
) -> Answerer:
    """Answers with the value that a reader points at, or with quotes, each with its citation; no model writes."""
    embed = _embed_with(embedders)

    def answer(question: Asked, hits: Sequence[Hit], snapshot: Snapshot) -> Answering:
        yield from ()  # quotes are there at once
        words = question.right(question.bare)
        hits = with_whole_tables(words, hits, question.within(snapshot.fetch))
        hits = with_parts(hits, snapshot.fetch) if asked_sums(words) else hits
        ingredients = aids.ingredients(words)
        given = extract_answer(words, hits, embed, rules.extractive, ingredients=ingredients, reader=aids.reader)
        if given.abstained or given.tentative:
            for reworded, name in aids.reworded(words):
                other = extract_answer(reworded, hits, embed, rules.extractive, reader=aids.reader)
                if other.short and not other.tentative and _names(other, name):
                    return other
        return given

    return answer


def fallback_answerer(
    embedders: Mapping[str, Embedder],
    rules: AnswerRules,
    reason: str,
    aids: Aids = NO_AIDS,
) -> Answerer:
    """The extractive answerer in place of a model that is not to be had; the answer says why."""
    extractive = extractive_answerer(embedders, rules, aids)

    def answer(question: Asked, hits: Sequence[Hit], snapshot: Snapshot) -> Answering:
        found = yield from extractive(question, hits, snapshot)
        return dataclasses.replace(found, degraded=True, warnings=(*found.warnings, reason))

    return answer


def model_answerer(
    vlm: Vlm,
    embedders: Mapping[str, Embedder],
    settings: AnswerSettings,
    budget: ContextBudget,
    rules: AnswerRules,
    aids: Aids = NO_AIDS,
) -> Answerer:
    """A VLM answers from the passages and the best images; each claim is checked against what it cites."""
    embed = _embed_with(embedders)
    budget = dataclasses.replace(budget, style=style_for(vlm.info))
    least = max(rules.min_confidence, trust_in(vlm).least_confidence)
    rules = dataclasses.replace(rules, min_confidence=least)

    def answer(question: Asked, hits: Sequence[Hit], snapshot: Snapshot) -> Answering:
        task = AnswerTask(
            text=question.text,
            hits=hits,
            images=_images(hits, snapshot, budget.max_images),
            embed=embed,
            history=question.history,
            few_shot=settings.few_shot,
            ingredients=aids.ingredients(question.right(question.bare)),
            reader=aids.reader,
        )
        writing = write_answer(vlm, task, budget, rules, check_images=settings.check_images, patience=question.patience)
        return (yield from writing)

    return answer


def _embed_with(embedders: Mapping[str, Embedder]) -> EmbedTexts | None:
    embedder = text_embedder(embedders)
    return None if embedder is None else _RememberedTexts(embedder)


class _RememberedTexts:
    """Embeds texts; the next question's evidence is often partly that of the last one."""

    _most = 8192

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._rows: dict[str, NDArray[np.float32]] = {}

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        unknown = [text for text in dict.fromkeys(texts) if text not in self._rows]
        if len(self._rows) + len(unknown) > self._most:
            self._rows, unknown = {}, list(dict.fromkeys(texts))
        if unknown:
            rows = unit_rows(self._embedder.embed_texts(unknown, Role.DOCUMENT))
            self._rows.update(zip(unknown, rows, strict=True))
        return np.stack([self._rows[text] for text in texts])


def _images(hits: Sequence[Hit], snapshot: Snapshot, most: int) -> dict[str, Asset]:
    """The images of the best hits, by asset; one that is damaged is left out, verify will name it."""
    found: dict[str, Asset] = {}
    for hit in hits:
        if len(found) == most:
            break
        if hit.item.asset is not None and hit.item.asset not in found:
            try:
                data, media_type = snapshot.asset(hit.item.asset)
            except RagmmError:
                continue
            asset = Asset(data=data, media_type=media_type)
            if asset.kind is MediaKind.IMAGE:
                found[hit.item.asset] = asset
    return found
