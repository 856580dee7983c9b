"""Progress on standard error: live bars with rate and time left on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

from ragmm.commands.shared.output import console
from ragmm.render.text import safe_name

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

__all__ = ["LiveProgress", "PlainProgress", "duration", "shown_progress"]

SECONDS_BETWEEN_LINES: Final = 10.0


@contextmanager
def shown_progress() -> Iterator[LiveProgress | PlainProgress]:
    """The progress that suits standard error."""
    if sys.stderr.isatty():
        with LiveProgress() as live:
            yield live
    else:
        yield PlainProgress(sys.stderr)


class LiveProgress:
    """One bar a stage, with rate and time left."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self._bars: Bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<10}", markup=False),
            BarColumn(bar_width=28),
            TextColumn("{task.fields[count]}", markup=False),
            TextColumn("{task.fields[rate]}", style="dim", markup=False),
            TimeElapsedColumn(),
            TimeRemainingColumn(compact=True),
            console=console(sys.stderr),
            transient=True,
        )
        self._stages: dict[str, TaskID] = {}
        self._meter = _Meter()

    def __enter__(self) -> LiveProgress:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def update(self, stage: str, done: int, total: int | None, unit: str) -> None:
        """Where a stage stands; safe to call from any thread."""
        rate = self._meter.rate(stage, done)
        if stage not in self._stages:
            self._stages[stage] = self._bars.add_task(stage, total=total, count="", rate="")
        self._bars.update(
            self._stages[stage], completed=done, total=total, count=_count(done, total, unit), rate=_per_second(rate)
        )

    def message(self, text: str) -> None:
        """A line above the bars."""
        self._bars.console.print(safe_name(text))


class PlainProgress:
    """A line for each stage, at most every ten seconds."""

    def __init__(self, stream: TextIO, *, every: float = SECONDS_BETWEEN_LINES) -> None:
        self._stream = stream
        self._every = every
        self._next: dict[str, float] = {}
        self._meter = _Meter()

    def update(self, stage: str, done: int, total: int | None, unit: str) -> None:
        """Where a stage stands; safe to call from any thread."""
        rate = self._meter.rate(stage, done)
        now = time.monotonic()
        due = self._next.setdefault(stage, now + self._every)
        if now < due:
            return
        self._next[stage] = now + self._every
        left = f", {duration((total - done) / rate)} left" if total and rate else ""
        self.message(f"{stage}: {_count(done, total, unit)}, {_per_second(rate)}{left}")

    def message(self, text: str) -> None:
        """A line of its own."""
        self._stream.write(safe_name(text) + "\n")
        self._stream.flush()


class _Meter:
    """Items per second since a stage began."""

    def __init__(self) -> None:
        self._began: dict[str, tuple[float, int]] = {}

    def rate(self, stage: str, done: int) -> float:
        now = time.monotonic()
        since, first = self._began.setdefault(stage, (now, done))
        return (done - first) / (now - since) if now > since else 0.0


def _count(done: int, total: int | None, unit: str) -> str:
    return f"{done:,} {unit}" if total is None else f"{done:,} of {total:,} {unit}"


def _per_second(rate: float) -> str:
    return f"{rate:,.1f}/s" if rate < 10 else f"{rate:,.0f}/s"


def duration(seconds: float) -> str:
    """As people say it: "7 s", "2 min 5 s", "3 h 20 min"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
