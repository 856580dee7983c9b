"""Everything that one evaluation found out, and the JSON it is printed and saved as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ragmm.evaluation.compare import MetricChange, RouteVerdict, RunComparison, best_route
from ragmm.evaluation.judging import EvalRun
from ragmm.evaluation.saving import FORMAT
from ragmm.values import to_record

__all__ = ["EvalReport", "Shortfall", "Threshold", "eval_record", "headline", "shortfalls", "verdict_words"]


@dataclass(frozen=True, kw_only=True)
class EvalReport:
    """A run, and what it was set beside."""

    run: EvalRun
    routes: tuple[EvalRun, ...] = ()
    against: RunComparison | None = None

    @property
    def verdict(self) -> RouteVerdict | None:
        return best_route(self.routes) if self.routes else None


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """The least that a metric has to reach."""

    metric: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Shortfall:
    """A metric that did not reach its threshold."""

    metric: str
    wanted: float
    seen: float | None
    """None: no question allows the metric, so that nothing vouches for it."""

    def __str__(self) -> str:
        if self.seen is None:
            return f"{self.metric} was not measured: no question allows it; at least {self.wanted:g} was asked for"
        return f"{self.metric} is {self.seen:.4f}; at least {self.wanted:g} was asked for"


def shortfalls(run: EvalRun, thresholds: Sequence[Threshold]) -> list[Shortfall]:
    """The thresholds that a run misses."""
    means = {name: one.mean for name, one in run.metrics.items()}
    return [
        Shortfall(metric=one.metric, wanted=one.value, seen=means.get(one.metric))
        for one in thresholds
        if means.get(one.metric, -1.0) < one.value
    ]


def headline(run: EvalRun) -> tuple[str, ...]:
    """The metrics that tables of parts and routes show."""
    return (f"{run.level}.hit@1", f"{run.level}.recall@{min(5, run.k)}", f"{run.level}.ndcg@{run.k}")


def verdict_words(verdict: RouteVerdict) -> str:
    """Which route to choose, in a sentence."""
    words = f"Best for these files by {verdict.metric}: {verdict.best}"
    if not verdict.as_good:
        return f"{words}, by more than chance."
    return f"{words}; on these questions {' and '.join(verdict.as_good)} cannot be told from it."


def eval_record(report: EvalReport, failed: Sequence[Shortfall] = ()) -> dict[str, Any]:
    """The stable JSON of an evaluation; routes come without their single questions."""
    routes = [{key: value for key, value in to_record(run).items() if key != "results"} for run in report.routes]
    against = report.against
    return {
        "format": FORMAT,
        **to_record(report.run),
        "routes": routes,
        "verdict": to_record(report.verdict),
        "against": None
        if against is None
        else {**to_record(against), "changes": [_change(c) for c in against.changes]},
        "failed": to_record(list(failed)),
    }


def _change(change: MetricChange) -> dict[str, Any]:
    seen = change.difference
    return {
        "metric": change.metric,
        "before": seen.before,
        "after": seen.after,
        "change": seen.change,
        "low": seen.low,
        "high": seen.high,
        "p": change.p,
        "significant": change.significant,
        "questions": seen.questions,
    }
