"""Exchanging a collection's model: build beside, compare, switch. What serves goes on serving until the last step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from ragmm.collection import Collection, Models
from ragmm.embedders.base import Embedder
from ragmm.evaluation.metrics import rank_metrics
from ragmm.evaluation.places import Targets
from ragmm.evaluation.questions import EvalQuestion
from ragmm.indexes.contracts import Snapshot
from ragmm.operate.rankings import KeptRanking, ask, by_question, mean
from ragmm.pipelines import reembed
from ragmm.pipelines.progress import Progress
from ragmm.pipelines.reembed import Staged
from ragmm.pipelines.stopping import StopFlag, stop_on_signals

__all__ = ["ModelComparison", "Moved", "Replaced", "compare", "replace_model"]

_K: Final = 10
_SLACK: Final = 0.02
"""So much less nDCG is within what the choice of questions alone brings about."""


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A question for which the two models find different things."""

    qid: str
    question: str
    overlap: float


@dataclass(frozen=True, kw_only=True)
class ModelComparison:
    """The same questions to both models, everything else being equal."""

    questions: int
    k: int
    overlap: float
    """Mean share of the first k hits that both find."""
    agreement: float
    """The same, counting order too."""
    judged: int
    """Questions whose right places are known."""
    before: Mapping[str, float]
    """Mean nDCG and recall of the model that serves; empty where nothing is judged."""
    after: Mapping[str, float]
    most_moved: tuple[Moved, ...]

    @property
    def worse(self) -> bool:
        """Whether the judged questions say that the new model finds clearly less."""
        ndcg = f"ndcg@{self.k}"
        return bool(self.judged) and self.after[ndcg] < self.before[ndcg] - _SLACK


@dataclass(frozen=True, kw_only=True)
class Replaced:
    """What became of an exchange."""

    staged: Staged
    comparison: ModelComparison | None
    generation: int | None
    """The generation that the new model serves from; None while the old one serves."""
    held_back: str = ""
    """Why the switch was not made."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """What is asked for."""

    model: str | Embedder
    """Its name, or the embedder itself."""
    space: str | None = None
    """Needed where the collection has several."""
    questions: Sequence[EvalQuestion] = ()
    switch: bool = True
    even_if_worse: bool = False


def replace_model(docs: Collection, wanted: Exchange, *, progress: Progress | None = None) -> Replaced:
    """Build, compare, switch; run again after an interruption it goes on from there."""
    space = reembed.space_to_replace(sorted(docs.info().spaces), wanted.space)
    embedder = _embedder(docs, wanted.model)
    flag = StopFlag()
    batch = docs.pipeline.store.commit_items
    with stop_on_signals(flag):
        staged = reembed.build(docs.store, space, embedder, batch=batch, progress=progress, stop=flag)
    if not staged.complete:
        return Replaced(staged=staged, comparison=None, generation=None, held_back="stopped by a signal")
    comparison = compare(docs, space, embedder, wanted.questions, progress) if wanted.questions else None
    if reason := _held_back(wanted, comparison):
        return Replaced(staged=staged, comparison=comparison, generation=None, held_back=reason)
    generation = reembed.switch(docs.store, space, embedder)
    docs.refresh_indexes(progress)
    return Replaced(staged=staged, comparison=comparison, generation=generation)


def _embedder(docs: Collection, model: str | Embedder) -> Embedder:
    from ragmm.wiring import build_embedder

    return build_embedder(model, docs.pipeline.models) if isinstance(model, str) else model


def _held_back(wanted: Exchange, comparison: ModelComparison | None) -> str:
    if not wanted.switch:
        return "asked to stop before the switch"
    if comparison is not None and comparison.worse and not wanted.even_if_worse:
        name = f"ndcg@{comparison.k}"
        return f"the questions say it finds less: {name} {comparison.before[name]:.3f} to {comparison.after[name]:.3f}"
    return ""


def compare(
    docs: Collection,
    space: str,
    embedder: Embedder,
    questions: Sequence[EvalQuestion],
    progress: Progress | None = None,
) -> ModelComparison:
    """Both models over one generation: the one that serves, and the one that is staged."""
    before = ask(docs, questions, _K, progress)
    with closing(_Preview(docs, space, embedder)) as preview:
        after = ask(preview, questions, _K, progress)
    pairs = by_question(before, after)
    texts = {one.qid: one.text for one in questions}
    moved = sorted((pair[0], qid) for qid, pair in pairs.items() if pair[0] < 1)[:10]
    return ModelComparison(
        questions=len(questions),
        k=_K,
        overlap=mean(pair[0] for pair in pairs.values()),
        agreement=mean(pair[1] for pair in pairs.values()),
        judged=sum(bool(one.relevant) for one in questions),
        before=_judged(before, questions),
        after=_judged(after, questions),
        most_moved=tuple(Moved(qid=qid, question=texts[qid], overlap=shared) for shared, qid in moved),
    )


def _judged(found: Mapping[str, KeptRanking], questions: Sequence[EvalQuestion]) -> dict[str, float]:
    targets = {one.qid: Targets(entries=one.relevant) for one in questions if one.relevant}
    wanted = {qid: one.pages or one.documents for qid, one in targets.items()}
    rows = rank_metrics({qid: found[qid].places for qid in wanted}, wanted, _K)
    names = (f"ndcg@{_K}", f"recall@{_K}")
    return {name: mean(row[name] for row in rows.values()) for name in names} if rows else {}


class _Preview(Collection):
    """The collection as it would be after the switch."""

    def __init__(self, docs: Collection, space: str, embedder: Embedder) -> None:
        models = Models(embedders={**docs.embedders, space: embedder})
        super().__init__(docs.store, docs.pipeline, models)
        self._preview = docs.store.preview(space)

    def _current(self) -> Snapshot:
        return self._preview

    def close(self) -> None:
        self._preview.close()
        super().close()
