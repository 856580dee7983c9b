"""Makes an answer of what a VLM wrote: checked claims, figures, abstention, and a fallback when it fails."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

from ragmm.errors import RagmmError
from ragmm.pipelines.answer.citations import Statement, parse_reply
from ragmm.pipelines.answer.context import BuiltPrompt, ContextBudget, Example, build_prompt
from ragmm.pipelines.answer.figures import FigureSettings, figures_for
from ragmm.pipelines.answer.orders import without_orders
from ragmm.pipelines.answer.quoted import ABSTENTION, ExtractiveSettings, evidence_strength, extract_answer
from ragmm.pipelines.answer.scoring import EmbedTexts
from ragmm.pipelines.answer.support import AskImage, ClaimChecker, SupportSettings
from ragmm.pipelines.patience import ENDLESS, Patience
from ragmm.pipelines.prompts import check_prompt
from ragmm.pipelines.query.question import Exchange
from ragmm.readers.base import Reader
from ragmm.text.inert import without_controls
from ragmm.text.patterns import late
from ragmm.types import Answer, Asset, Claim, Hit, ModelInfo, Support
from ragmm.vlm.base import Piece, Reply, Vlm, joined

__all__ = [
    "AnswerRules",
    "AnswerTask",
    "answer_from_reply",
    "degraded_answer",
    "image_checker",
    "write_answer",
]

_DECLINES = late(
    r"\b(?:evidence|documents?|context|passages?|images?|pictures?|texts?|sources?|information)\b[^.!?]{0,60}"
    r"\b(?:do(?:es)? not|do(?:es)?n['’]t|did not|cannot|can['’]t|not)\b[^.!?]{0,30}"
    r"\b(?:say|state|mention|contain|show|provide|specify|include|tell|answer|give)"
    r"|\bnot (?:mentioned|stated|provided|specified|available|shown|given|found) (?:in|by)\b"
    r"|\bi (?:do not|don['’]t|cannot|can['’]t|am unable to|could not) (?:know|tell|answer|determine|find|say)\b"
    r"|\b(?:unanswerable|not answerable|cannot be (?:answered|determined))\b"
    r"|(?:没有|未|无法|不能)(?:提及|提到|说明|提供|回答|确定|给出|找到)|(?:我)?不知道",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class AnswerRules:
    """How replies are judged."""

    abstain: bool = True
    sure: float = 0.62
    """Evidence at least this strong speaks for itself where the model declines; see evidence_strength."""
    min_confidence: float = 0.0
    """Replies of a smaller mean token probability count as guesses; a model's card may raise it, see Trust."""
    extractive: ExtractiveSettings = field(default_factory=ExtractiveSettings)
    support: SupportSettings = field(default_factory=SupportSettings)
    figures: FigureSettings = field(default_factory=FigureSettings)


@dataclass(frozen=True, kw_only=True)
class AnswerTask:
    """What an answer is made from."""

    text: str
    hits: Sequence[Hit]
    images: Mapping[str, Asset] = field(default_factory=dict)
    """By asset; those that may be shown to the model."""
    embed: EmbedTexts | None = None
    history: Sequence[Exchange] = ()
    few_shot: Sequence[Example] = ()
    ingredients: Sequence[str] = ()
    """What a figure that is asked for is worked out from, in the documents' words."""
    reader: Reader | None = None

    def quoted(self, settings: ExtractiveSettings) -> Answer:
        """The answer that quotes, without a model."""
        hits = [without_orders(hit) for hit in self.hits]
        return extract_answer(self.text, hits, self.embed, settings, ingredients=self.ingredients, reader=self.reader)


def write_answer(
    vlm: Vlm,
    question: AnswerTask,
    budget: ContextBudget,
    rules: AnswerRules,
    *,
    check_images: bool = False,
    patience: Patience = ENDLESS,
) -> Generator[str, None, Answer]:
    """Asks the model once, gives what it writes in pieces, and judges its reply.

    If it fails, the extractive answerer speaks and the answer says so; where patience ends, it stops and what it wrote
    is judged.
    """
    built = build_prompt(question.text, question.hits, question.images, budget, question.history, question.few_shot)
    if not built.used:
        return question.quoted(rules.extractive)
    try:
        reply, stopped = yield from _read(vlm, built, patience)
        ask = image_checker(vlm, built.images) if check_images and not stopped else None
        answer = answer_from_reply(reply, question, built, rules, model=vlm.info, ask_image=ask)
        return _cut_short(answer, vlm, stopped) if stopped else answer
    except (RagmmError, OSError, RuntimeError, MemoryError, ValueError) as error:
        return degraded_answer(question, rules, f"{vlm.info.name} failed: {error}")


def _read(vlm: Vlm, built: BuiltPrompt, patience: Patience) -> Generator[str, None, tuple[Reply, str]]:
    """The reply, and why it was stopped, if it was."""
    pieces: list[Piece] = []
    with contextlib.closing(vlm.stream(built.prompt)) as stream:
        for piece in stream:
            pieces.append(piece)
            if piece.text:
                yield piece.text
            if stopped := patience.over:
                return joined(pieces), stopped
    return joined(pieces), ""


def _cut_short(answer: Answer, vlm: Vlm, why: str) -> Answer:
    warning = f"{vlm.info.name} was stopped while it wrote: {why}"
    return dataclasses.replace(answer, degraded=True, warnings=(*answer.warnings, warning))


def answer_from_reply(
    reply: Reply,
    question: AnswerTask,
    built: BuiltPrompt,
    rules: AnswerRules,
    *,
    model: ModelInfo,
    ask_image: AskImage | None = None,
) -> Answer:
    """Claims with checked citations; an abstention where neither they nor the evidence carry an answer."""
    hits = [hit for hit in question.hits if hit.rank in built.used]
    read = parse_reply(reply.text, frozenset(built.used))
    statements = [statement for statement in read if not _repeats_instructions(statement, built)]
    if not statements:
        return degraded_answer(question, rules, f"{model.name} wrote nothing that can be read as an answer")
    strength = evidence_strength(question.text, hits, question.embed)
    if _declines(statements):
        return _declined(question, rules, strength, model)
    checker = ClaimChecker(
        hits=hits,
        question=question.text,
        embed=question.embed,
        seen=frozenset(built.images),
        ask_image=ask_image,
        settings=rules.support,
    )
    claims = [_claim(statement, checker, built) for statement in statements]
    warnings = [*built.warnings, *_unknown(statements, built.used)]
    if rules.abstain:
        reason = _unfounded(claims, reply, built, rules, strength)
        if reason:
            return _refused(question, rules, strength, model, (reason, *_unknown(statements, built.used)))
    return _assembled(claims, statements, question, rules, model, warnings)


def degraded_answer(question: AnswerTask, rules: AnswerRules, reason: str) -> Answer:
    """What the extractive answerer says, marked as a fallback and why."""
    answer = question.quoted(rules.extractive)
    return dataclasses.replace(answer, degraded=True, warnings=(*answer.warnings, without_controls(reason)[:500]))


def image_checker(vlm: Vlm, images: Mapping[int, Asset]) -> AskImage:
    """Asks the model once more, for each claim and image, whether the image shows it."""

    def ask(claim: str, rank: int) -> bool | None:
        if rank not in images:
            return None
        try:
            (reply,) = vlm.generate([check_prompt(claim, images[rank])])
        except (RagmmError, OSError, RuntimeError, MemoryError, ValueError):
            return None
        word = reply.text.strip().lower()
        return True if word.startswith(("yes", "是")) else False if word.startswith(("no", "不", "否")) else None

    return ask


def _repeats_instructions(statement: Statement, built: BuiltPrompt) -> bool:
    """Whether a statement copies what the model was told rather than what was found."""
    told = " ".join(str(part) for turn in built.prompt.turns if turn.role == "system" for part in turn.parts)
    return not _runs(told).isdisjoint(_runs(statement.text))


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    """Every six words in a row."""
    words = re.findall(r"\w+", text.casefold())
    return frozenset(zip(*(words[start:] for start in range(6)), strict=False))


def _declines(statements: Sequence[Statement]) -> bool:
    """Whether a reply says that the evidence holds no answer, rather than answering and adding a caveat."""
    return len(statements) <= 2 and _DECLINES.search(statements[0].text) is not None


def _declined(question: AnswerTask, rules: AnswerRules, strength: float, model: ModelInfo) -> Answer:
    """The rule decides, not the model's mood: strong evidence is quoted even if the model would not answer."""
    if strength < rules.sure:
        return _abstention(question, rules, model)
    answer = question.quoted(rules.extractive)
    warning = f"{model.name} declined to answer; the passages that match best are quoted instead"
    return dataclasses.replace(answer, warnings=(*answer.warnings, warning))


def _refused(
    question: AnswerTask, rules: AnswerRules, strength: float, model: ModelInfo, reasons: Sequence[str]
) -> Answer:
    """A reply that nothing carries: quotes where the evidence is strong, else an abstention."""
    warning = f"the reply of {model.name} was set aside: {'; '.join(reasons)}"
    if strength >= rules.sure:
        return degraded_answer(question, rules, warning)
    return _abstention(question, rules, model, (warning,))


def _abstention(question: AnswerTask, rules: AnswerRules, model: ModelInfo, warnings: tuple[str, ...] = ()) -> Answer:
    figures = figures_for(question.hits, (), rules.figures)
    return Answer(text=ABSTENTION, abstained=True, figures=figures, model=model.name, warnings=warnings)


def _claim(statement: Statement, checker: ClaimChecker, built: BuiltPrompt) -> Claim:
    """A statement checked against what it cites; one that cites nothing is given the hit that carries it.

    Where it cites what was not given, no other hit takes the place: nothing carries it, or the rest does so weakly.
    """
    ranks = [rank for rank in statement.cited if rank in built.used]
    if statement.cited:
        claim = checker.check(statement.text, ranks)
        whole = len(ranks) == len(statement.cited) or claim.support is Support.UNSUPPORTED
        return claim if whole else dataclasses.replace(claim, support=Support.WEAK)
    claim = checker.attribute(statement.text)
    if claim.citations or not built.images:
        return claim
    # A model too small to cite speaks of the images it was shown.
    return checker.check(statement.text, tuple(built.images)) if built.plain else claim


def _unknown(statements: Sequence[Statement], used: Sequence[int]) -> list[str]:
    unknown = sorted({rank for statement in statements for rank in statement.cited if rank not in used})
    named = ", ".join(f"[{rank}]" for rank in unknown[:10])
    return [f"the reply cited {named}, which is not among its evidence; dropped"] if unknown else []


def _unfounded(claims: Sequence[Claim], reply: Reply, built: BuiltPrompt, rules: AnswerRules, strength: float) -> str:
    """Why a reply cannot stand, or ""."""
    supports = {claim.support for claim in claims}
    by_image = any(citation.rank in built.images for claim in claims for citation in claim.citations)
    if supports == {Support.UNSUPPORTED}:
        return "none of its claims is carried by the evidence"
    if not by_image and strength < 0.6 * rules.extractive.strong:
        return "the evidence has little to do with the question"
    if Support.SUPPORTED in supports:
        return ""
    if reply.confidence is not None and reply.confidence < rules.min_confidence:
        return f"its confidence is {reply.confidence:.2f}, below {rules.min_confidence:.2f}"
    return "" if by_image or strength >= rules.extractive.strong else "its claims and the evidence are both weak"


def _assembled(
    claims: Sequence[Claim],
    statements: Sequence[Statement],
    question: AnswerTask,
    rules: AnswerRules,
    model: ModelInfo,
    warnings: Sequence[str],
) -> Answer:
    cited = [citation.rank for claim in claims for citation in claim.citations]
    shown = [
        statement.lead + statement.shown([citation.rank for citation in claim.citations])
        for statement, claim in zip(statements, claims, strict=True)
    ]
    return Answer(
        text="".join(shown).strip(),
        claims=tuple(claims),
        figures=figures_for(question.hits, cited, rules.figures),
        model=model.name,
        warnings=tuple(warnings),
    )
