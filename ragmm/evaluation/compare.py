"""One run beside another: which metrics changed by more than chance, and which route suits these files best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ragmm.errors import UsageError
from ragmm.evaluation.judging import EvalRun
from ragmm.evaluation.metrics import metric_names
from ragmm.evaluation.saving import SavedRun, Values
from ragmm.evaluation.statistics import Difference, difference, holm

__all__ = ["MetricChange", "RouteVerdict", "RunComparison", "best_route", "compare"]

FORMAT: Final = "ragmm-eval-1"
SIGNIFICANT: Final = 0.05


@dataclass(frozen=True, kw_only=True)
class MetricChange:
    """What became of one metric."""

    metric: str
    difference: Difference
    p: float
    """Corrected for the number of metrics compared."""

    @property
    def significant(self) -> bool:
        return self.p < SIGNIFICANT


@dataclass(frozen=True, kw_only=True)
class RunComparison:
    """A run beside an earlier one, over the questions that both asked in the same words."""

    source: str
    generation: int
    questions: int
    left_out: int
    """Questions of either run that the other lacks or words differently."""
    changes: tuple[MetricChange, ...]


@dataclass(frozen=True, kw_only=True)
class RouteVerdict:
    """Which route finds best, and which others cannot be told from it."""

    metric: str
    best: str
    as_good: tuple[str, ...]


def compare(before: SavedRun, after: EvalRun) -> RunComparison:
    """Every metric that both runs measured, paired by question."""
    now = {one.qid: one.values for one in after.results}
    words = {one.qid: one.question for one in after.results}
    common = [qid for qid in now if before.asked.get(qid) == words[qid]]
    if not common:
        raise UsageError(f"{before.source}: it shares no question with this evaluation; compare runs of the same file")
    changes = _changes({qid: before.values[qid] for qid in common}, {qid: now[qid] for qid in common}, after.k)
    return RunComparison(
        source=before.source,
        generation=before.generation,
        questions=len(common),
        left_out=len(now.keys() | before.asked.keys()) - len(common),
        changes=changes,
    )


def _changes(before: Values, after: Values, k: int) -> tuple[MetricChange, ...]:
    found: dict[str, Difference] = {}
    for metric in metric_names(k):
        pairs = [
            (before[qid][metric], after[qid][metric]) for qid in after if metric in before[qid] and metric in after[qid]
        ]
        if pairs:
            found[metric] = difference(*zip(*pairs, strict=True))
    corrected = holm([one.p for one in found.values()])
    return tuple(
        MetricChange(metric=metric, difference=one, p=p)
        for (metric, one), p in zip(found.items(), corrected, strict=True)
    )


def best_route(runs: Sequence[EvalRun]) -> RouteVerdict:
    """By nDCG at the level that the questions know; of equals the one with fewer legs, which costs less."""
    metric = f"{runs[0].level}.ndcg@{runs[0].k}"
    ordered = sorted(runs, key=lambda run: (-_mean(run, metric), len(run.legs)))
    best, others = ordered[0], ordered[1:]
    chances = holm([_chance(best, other, metric) for other in others])
    alike = tuple(other.name for other, p in zip(others, chances, strict=True) if p >= SIGNIFICANT)
    return RouteVerdict(metric=metric, best=best.name, as_good=alike)


def _mean(run: EvalRun, metric: str) -> float:
    return run.metrics[metric].mean if metric in run.metrics else 0.0


def _chance(best: EvalRun, other: EvalRun, metric: str) -> float:
    there = {one.qid: one.values for one in other.results}
    pairs = [
        (there[one.qid][metric], one.values[metric])
        for one in best.results
        if metric in one.values and metric in there[one.qid]
    ]
    return difference(*zip(*pairs, strict=True)).p if pairs else 1.0
