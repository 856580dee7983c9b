"""How good a ranking is, by trec_eval's own code (pytrec_eval): small, the field's reference, and nothing but NumPy
and SciPy beneath it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from ragmm.errors import UsageError
from ragmm.evaluation.places import Place
from ragmm.optional import missing

__all__ = ["ANSWER_METRICS", "Level", "cutoffs", "metric_names", "rank_metrics", "resolve"]

_CUTOFFS: Final = (1, 5, 10)
ANSWER_METRICS: Final = (
    "answer.given",
    "answer.exact",
    "answer.token_f1",
    "answer.contains",
    "citation.precision",
    "citation.recall",
    "citation.if_found@5",
    "abstention.precision",
    "abstention.recall",
)


class Level(StrEnum):
    """What has to be found: the page of the answer, or its document."""

    PAGE = "page"
    DOCUMENT = "document"


def cutoffs(k: int) -> tuple[int, ...]:
    """The depths at which hits are counted in a ranking of k."""
    return tuple(sorted({*(depth for depth in _CUTOFFS if depth < k), k}))


def _measures(k: int) -> dict[str, str]:
    """Our names for trec_eval's measures."""
    depths = cutoffs(k)
    counted = {f"hit@{depth}": f"success_{depth}" for depth in depths}
    counted |= {f"recall@{depth}": f"recall_{depth}" for depth in depths}
    return counted | {f"ndcg@{k}": f"ndcg_cut_{k}", "mrr": "recip_rank", "map": "map"}


def metric_names(k: int) -> list[str]:
    """Every metric, in the order in which they are shown."""
    return [*(f"{level}.{name}" for level in Level for name in _measures(k)), *ANSWER_METRICS]


def resolve(name: str, k: int, level: Level) -> str:
    """The full name of a metric: `recall@10` is that of `level`, `token_f1` the answer's. UsageError: no such one."""
    known = metric_names(k)
    for full in (name, f"{level}.{name}", f"answer.{name}"):
        if full in known:
            return full
    raise UsageError(f"there is no metric {name!r} with k = {k}; choose one of: {', '.join(known)}")


def rank_metrics(
    rankings: Mapping[str, Sequence[Place]], relevant: Mapping[str, frozenset[Place]], k: int
) -> dict[str, dict[str, float]]:
    """For each question its metrics over the first k places; questions without anything relevant are left out."""
    judged = {qid: places for qid, places in relevant.items() if places}
    if not judged:
        return {}
    ids = _Ids()
    wanted = {qid: {ids[place]: 1 for place in places} for qid, places in judged.items()}
    measures = _measures(k)
    evaluator = _pytrec_eval().RelevanceEvaluator(wanted, set(measures.values()))
    # trec_eval sorts by score: the ranks, counted down, so that nothing ties.
    runs = {
        qid: {ids[place]: float(k - rank) for rank, place in enumerate(rankings.get(qid, ())[:k])} for qid in judged
    }
    found = evaluator.evaluate(runs)
    return {qid: {ours: float(found[qid][theirs]) for ours, theirs in measures.items()} for qid in judged}


class _Ids(dict[Place, str]):
    """A name without odd characters for each place."""

    def __missing__(self, place: Place) -> str:
        self[place] = str(len(self))
        return self[place]


def _pytrec_eval() -> Any:
    try:
        import pytrec_eval
    except ImportError as error:
        raise missing("pytrec_eval", "measuring rankings") from error
    return pytrec_eval
