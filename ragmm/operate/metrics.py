"""A run in numbers, as a text file that a Prometheus exporter picks up. Replaced as a whole, readable by everybody."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ragmm.operate.files import replace_file
from ragmm.operate.journal import Ended, Run

__all__ = ["Stock", "write_metrics"]

_READABLE: Final = 0o644


@dataclass(frozen=True, kw_only=True)
class Stock:
    """What the collection holds after the run; None where it cannot be opened."""

    documents: int
    items: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class _Metric:
    name: str
    help: str
    samples: Sequence[tuple[Mapping[str, str], float]]


def write_metrics(path: Path, collection: Path, runs: Sequence[Run], stock: Stock | None) -> None:
    """`runs`: newest first, the one just ended included."""
    label = {"collection": collection.name}
    lines = [line for metric in _metrics(label, collection, runs, stock) for line in _lines(metric)]
    replace_file(path, "\n".join(lines) + "\n", mode=_READABLE)


def _metrics(label: Mapping[str, str], collection: Path, runs: Sequence[Run], stock: Stock | None) -> Iterator[_Metric]:
    newest = next((run for run in runs if run.ended is not None), None)
    if newest is not None and newest.ended is not None:
        yield from _of_run(label, newest, newest.ended)
    good = next((run.ended.ended for run in runs if run.ended is not None and run.good), 0.0)
    yield _one("last_success_timestamp_seconds", "When the last run ended that did all it could.", label, good)
    if stock is not None:
        yield _one("documents", "Documents in the collection.", label, stock.documents)
        yield _one("items", "Passages, tables and pictures in the collection.", label, stock.items)
        yield _one("collection_bytes", "Space that the collection takes.", label, stock.bytes)
    free = shutil.disk_usage(collection if collection.is_dir() else collection.parent).free
    yield _one("disk_free_bytes", "Free space beside the collection.", label, free)


def _of_run(label: Mapping[str, str], run: Run, ended: Ended) -> Iterator[_Metric]:
    yield _one("last_run_timestamp_seconds", "When the last run ended.", label, ended.ended)
    yield _one("last_run_exit_code", "0 done, 10 some documents failed, else it failed.", label, ended.exit_code)
    yield _one("last_run_duration_seconds", "From its beginning to its end.", label, run.seconds or 0.0)
    yield _one("generation", "Number of the newest committed state.", label, ended.generation)
    yield _many("last_run_documents", "Documents by what became of them.", label, "outcome", ended.documents)
    yield _many("last_run_items", "Items added, by kind.", label, "modality", ended.items)
    made = {"embedded": ended.embedded, "captioned": ended.captioned, "reused": ended.reused}
    yield _many("last_run_results", "Vectors and captions made, and vectors found again.", label, "kind", made)
    yield _many("last_run_stage_seconds", "Time by stage.", label, "stage", ended.stages)
    yield _many("last_run_rate", "Measured work a second, by unit.", label, "unit", ended.rates)
    yield _many(
        "drift", "How the hits of the fixed questions compare with the run before.", label, "measure", ended.drift
    )


def _one(name: str, text: str, label: Mapping[str, str], value: float) -> _Metric:
    return _Metric(name=f"ragmm_{name}", help=text, samples=[(label, value)])


def _many(name: str, text: str, label: Mapping[str, str], kind: str, values: Mapping[str, float]) -> _Metric:
    return _Metric(name=f"ragmm_{name}", help=text, samples=[({**label, kind: one}, values[one]) for one in values])


def _lines(metric: _Metric) -> Iterator[str]:
    if metric.samples:
        yield f"# HELP {metric.name} {metric.help}"
        yield f"# TYPE {metric.name} gauge"
    for labels, value in metric.samples:
        written = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        yield f"{metric.name}{{{written}}} {value!r}"


def _escaped(text: str) -> str:
    """As the text format wants it; what is not UTF-8 is shown as its bytes."""
    visible = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return visible.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
