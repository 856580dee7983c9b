"""Builds the prompt of an answer: what was found, marked as data and numbered, within the model's budget."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol

from ragmm.errors import ModelError
from ragmm.pipelines.answer.evidence_text import evidence_text
from ragmm.pipelines.prompts import PromptStyle, answer_instructions, plain_question
from ragmm.pipelines.query.question import Exchange
from ragmm.pipelines.query.question_kind import asked_parts
from ragmm.text.inert import without_controls
from ragmm.types import Asset, Hit
from ragmm.vlm.base import Part, Prompt, Turn
from ragmm.vlm.images import fit_image, picture

__all__ = ["BuiltPrompt", "ContextBudget", "Example", "build_prompt", "estimate_tokens"]

_BRACKETED = re.compile(r"[\[【](\d{1,4}(?:\s*[,;–-]\s*\d{1,4})*)[\]】]")


class Example(Protocol):
    """A worked example that the model is shown before the question."""

    @property
    def question(self) -> str: ...
    @property
    def answer(self) -> str: ...
    @property
    def context(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class ContextBudget:
    """What fits into one prompt."""

    tokens: int = 4096
    """For everything but the reply; counted by estimate_tokens."""
    image_tokens: int = 768
    """What one image is taken to cost."""
    max_images: int = 4
    max_image_side: int = 1024
    """Longer images are scaled down."""
    max_tokens: int = 512
    """Of the reply."""
    per_document: int = 0
    """Most hits of one document in the prompt, against a source that floods the ranking; 0 sets no limit."""
    question_chars: int = 8000
    style: PromptStyle = PromptStyle.FULL


@dataclass(frozen=True, kw_only=True)
class BuiltPrompt:
    """A prompt and what went into it, by rank."""

    prompt: Prompt
    used: tuple[int, ...]
    dropped: tuple[int, ...]
    """Found, but left out because the budget was spent."""
    images: Mapping[int, Asset] = field(default_factory=dict)
    """Exactly the pictures that the model sees."""
    plain: bool = False
    """The model was given no instructions, so it cites nothing."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Piece:
    rank: int
    text: str
    image: Asset | None
    cost: int
    bare: str = ""
    """What is left to say when the image does not fit."""


def build_prompt(
    question: str,
    hits: Sequence[Hit],
    images: Mapping[str, Asset],
    budget: ContextBudget,
    history: Sequence[Exchange] = (),
    few_shot: Sequence[Example] = (),
) -> BuiltPrompt:
    """The question with its evidence: hits by rank while they fit, images (by asset) beside their texts.

    Retrieved content stands between delimiters drawn afresh for each prompt, so that no document can close them.
    """
    mark = secrets.token_hex(6)
    asked = without_controls(question)[: budget.question_chars]
    plain = budget.style is PromptStyle.PLAIN
    asked = asked if plain else _with_parts(asked)
    opening = () if plain else _opening(mark, history, few_shot, budget)
    spent = sum(estimate_tokens(part) for turn in opening for part in turn.parts if isinstance(part, str))
    pieces, warnings = _pieces(hits, images, budget, mark)
    kept = _fitting(pieces, budget.tokens - spent - estimate_tokens(asked))
    if len(question) > budget.question_chars:
        warnings.append(f"the question was cut to its first {budget.question_chars} characters")
    parts = _plain_parts(asked, kept) if plain else _full_parts(asked, kept)
    used = tuple(piece.rank for piece in kept)
    return BuiltPrompt(
        prompt=Prompt(turns=(*opening, Turn(role="user", parts=tuple(parts))), max_tokens=budget.max_tokens),
        used=used,
        dropped=tuple(hit.rank for hit in hits if hit.rank not in used),
        images={piece.rank: piece.image for piece in kept if piece.image is not None},
        plain=plain,
        warnings=tuple(warnings),
    )


def estimate_tokens(text: str) -> int:
    """A careful guess: four ASCII characters make a token, of any other script one."""
    ascii_count = len(text.encode("ascii", "ignore"))
    return ascii_count // 4 + (len(text) - ascii_count) + 1


def _opening(
    mark: str, history: Sequence[Exchange], few_shot: Sequence[Example], budget: ContextBudget
) -> tuple[Turn, ...]:
    """Instructions, examples, then as much of the recent conversation as fits into a quarter of the budget."""
    turns = [Turn(role="system", parts=(answer_instructions(mark),))]
    for example in few_shot:
        turns += _exchange(_full_text(example.question, _block(1, example.context, mark)), example.answer)
    recent: list[Turn] = []
    room = budget.tokens // 4
    for asked, answered in reversed(history):
        pair = _exchange(without_controls(asked), _BRACKETED.sub("", without_controls(answered)))
        room -= sum(estimate_tokens(str(part)) for turn in pair for part in turn.parts)
        if room < 0:
            break
        recent = [*pair, *recent]
    return (*turns, *recent)


def _exchange(asked: str, answered: str) -> list[Turn]:
    return [Turn(role="user", parts=(asked,)), Turn(role="assistant", parts=(answered,))]


def _pieces(
    hits: Sequence[Hit], images: Mapping[str, Asset], budget: ContextBudget, mark: str
) -> tuple[list[_Piece], list[str]]:
    """One piece for each hit that has something to show, in rank order."""
    found: list[_Piece] = []
    warnings: list[str] = []
    seen: dict[str, int] = {}
    left = budget.max_images
    for hit in sorted(hits, key=lambda hit: hit.rank):
        seen[hit.item.path] = seen.get(hit.item.path, 0) + 1
        if 0 < budget.per_document < seen[hit.item.path]:
            continue
        image = _image_of(hit, images, budget, warnings) if left else None
        left -= image is not None
        bare = "" if budget.style is PromptStyle.PLAIN else _described(hit, mark)
        if image is not None:
            text = "" if budget.style is PromptStyle.PLAIN else _described(hit, mark, has_image=True)
            cost = estimate_tokens(text) + budget.image_tokens
            found.append(_Piece(rank=hit.rank, text=text, image=image, cost=cost, bare=bare))
        elif bare:
            found.append(_Piece(rank=hit.rank, text=bare, image=None, cost=estimate_tokens(bare)))
    return found, warnings


def _image_of(hit: Hit, images: Mapping[str, Asset], budget: ContextBudget, warnings: list[str]) -> Asset | None:
    found = images.get(hit.item.asset or "")
    if found is None:
        return None
    try:
        return picture(fit_image(found.data, budget.max_image_side))
    except ModelError as error:
        warnings.append(f"the image of hit [{hit.rank}] ({hit.item.uri}) was left out: {error}")
        return None


def _described(hit: Hit, mark: str, *, has_image: bool = False) -> str:
    """The label, source and text of a hit; empty for an image that cannot be shown and has no words."""
    body = evidence_text(hit, has_image=has_image)
    return _block(hit.rank, body, mark, image=has_image) if body else ""


def _block(rank: int, body: str, mark: str, *, image: bool = False) -> str:
    """Data between delimiters; brackets around numbers become parentheses, so that they cannot pass for citations."""
    calm = _BRACKETED.sub(r"(\1)", without_controls(body)).replace(mark, "")
    kind = " (image)" if image else ""
    return f"[{rank}]{kind}\n<evidence-{mark}>\n{calm}\n</evidence-{mark}>\n"


def _fitting(pieces: Sequence[_Piece], room: int) -> list[_Piece]:
    """Pieces in rank order, each taken if it still fits; the first one always, cut to the room if need be."""
    kept: list[_Piece] = []
    for whole in pieces:
        piece = whole
        if piece.cost > room and piece.bare:
            piece = _Piece(rank=piece.rank, text=piece.bare, image=None, cost=estimate_tokens(piece.bare))
        if piece.cost <= room:
            kept.append(piece)
            room -= piece.cost
        elif not kept and piece.image is None and room > 64:
            kept.append(_cut(piece, room))
            room = 0
    return kept


def _cut(piece: _Piece, room: int) -> _Piece:
    """A single passage larger than the whole budget, shortened in its middle block and closed again."""
    head, _, closing = piece.text.rstrip("\n").rpartition("\n")
    while estimate_tokens(head) + estimate_tokens(closing) > room:
        head = head[: len(head) * 9 // 10]
    return _Piece(rank=piece.rank, text=f"{head}\n{closing}\n", image=None, cost=room)


def _full_text(question: str, evidence: str) -> str:
    return f"Evidence:\n{evidence}\nQuestion: {question}"


def _full_parts(question: str, kept: Sequence[_Piece]) -> Iterator[Part]:
    """Texts and images in rank order, neighbouring texts joined, the question last."""
    flow: list[Part] = ["Evidence:\n"]
    for piece in kept:
        flow.append(piece.text)
        if piece.image is not None:
            flow.append(piece.image)
    asked = question.strip() or "What does the evidence show?"
    flow.append(f"\nQuestion: {asked}" if kept else f"(nothing was found)\nQuestion: {asked}")
    for is_text, run in groupby(flow, key=lambda part: isinstance(part, str)):
        parts = list(run)
        if is_text:
            yield "".join(str(part) for part in parts)
        else:
            yield from parts


def _with_parts(question: str) -> str:
    """A question that asks several things, with a line for each."""
    parts = asked_parts(question)
    if len(parts) < 2:
        return question
    return "\n".join([question, f"Answer each of its {len(parts)} parts:", *(f"- {part}" for part in parts)])


def _plain_parts(question: str, kept: Sequence[_Piece]) -> Iterator[Part]:
    shown = [piece.image for piece in kept if piece.image is not None]
    yield from shown
    yield plain_question(question, len(shown))
