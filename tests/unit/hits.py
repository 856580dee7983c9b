"""Hits for tests of the answering rooms, and what a model answers from them."""

from __future__ import annotations

from typing import Any

from ragmm.pipelines.answer.context import ContextBudget
from ragmm.pipelines.answer.written import AnswerRules, AnswerTask, write_answer
from ragmm.types import Answer, FoundBy, Hit, Locator, Modality, StoredItem
from ragmm.vlm.base import Vlm


def make_hit(
    rank: int,
    text: str,
    *,
    modality: Modality = Modality.PASSAGE,
    leg: tuple[str, float] = ("lexical", 1.0),
    **item: Any,
) -> Hit:
    """A hit whose item holds `text`; `item` sets further fields of it."""
    facts: dict[str, Any] = {
        "uri": f"doc{rank}.md",
        "path": f"/d/doc{rank}.md",
        "context": "",
        "asset": None,
        "metadata": {},
    }
    facts |= {"locator": Locator(page=rank)} | item
    stored = StoredItem(id=rank, modality=modality, text=text, **facts)
    return Hit(rank=rank, score=1 / rank, item=stored, found_by=(FoundBy(leg=leg[0], rank=rank, score=leg[1]),))


def answer_with(
    vlm: Vlm, question: AnswerTask, budget: ContextBudget, rules: AnswerRules, *, check_images: bool = False
) -> Answer:
    """The answer that a model writes, once it is whole."""
    writing = write_answer(vlm, question, budget, rules, check_images=check_images)
    while True:
        try:
            next(writing)
        except StopIteration as end:
            answer: Answer = end.value
            return answer
