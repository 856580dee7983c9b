"""What was done to a collection: attended runs from the journal, other commands from the table of what committed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ragmm.indexes.contracts import Store
from ragmm.indexes.records import RunRow
from ragmm.operate.journal import Run, RunState, read_runs

__all__ = ["Listed", "list_runs"]


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One run as it is shown."""

    id: str
    command: str
    state: str
    """running, done, documents failed, failed, stopped, cut short"""
    started: float
    ended: float | None
    exit_code: int | None
    generation: int | None
    documents: Mapping[str, int] = field(default_factory=dict)
    error: str = ""
    drift: Mapping[str, float] = field(default_factory=dict)


def list_runs(store: Store, most: int) -> list[Listed]:
    """Newest first."""
    attended = read_runs(store.folder)
    spans = [(run.begun.started, run.ended.ended if run.ended else float("inf"), run.begun.pid) for run in attended]
    found = [*map(_attended, attended), *(_other(row) for row in _others(store, spans))]
    return sorted(found, key=lambda one: one.started, reverse=True)[:most]


def _others(store: Store, spans: list[tuple[float, float, int]]) -> Iterator[RunRow]:
    """Rows that belong to no attended run: of another process, or of another time."""
    for row in store.runs() if store.exists else ():
        inside = (start <= row.started <= end and f"-{pid}-" in row.id for start, end, pid in spans)
        if not any(inside):
            yield row


def _attended(run: Run) -> Listed:
    begun, ended = run.begun, run.ended
    return Listed(
        id=begun.id,
        command=begun.command,
        state=run.state,
        started=begun.started,
        ended=ended.ended if ended else None,
        exit_code=ended.exit_code if ended else None,
        generation=ended.generation if ended else None,
        documents=ended.documents if ended else {},
        error=ended.error if ended else "",
        drift=ended.drift if ended else {},
    )


def _other(row: RunRow) -> Listed:
    return Listed(
        id=row.id,
        command=row.command,
        state=RunState.DONE,
        started=row.started,
        ended=row.ended,
        exit_code=0,
        generation=row.summary.get("generation"),
    )
