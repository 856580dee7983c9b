"""Progress on standard error: live bars with rate and time left on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Final, TextIO

from ragmm.commands.shared.output import console
from ragmm.render.text import safe_name

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

__all__ = ["LiveProgress", "PlainProgress", "duration", "shown_progress"]

SECONDS_BETWEEN_LINES: Final = 10.0
_WINDOW: Final = 60.0
_WIDE: Final = 100
"""Columns of a terminal that has room for bars."""


@contextmanager
def shown_progress() -> Iterator[LiveProgress | PlainProgress]:
    """The progress that suits standard error."""
    if sys.stderr.isatty():
        with LiveProgress() as live:
            yield live
    else:
        yield PlainProgress(sys.stderr)


class LiveProgress:
    """One bar a stage: what is done of what is known, the rate of the last minute and the time left by it."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

        shown = console(sys.stderr)
        bar = [BarColumn(bar_width=28)] if shown.width >= _WIDE else []
        self._bars: Bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<8}", markup=False),
            *bar,
            TextColumn("{task.fields[count]}", markup=False),
            TextColumn("{task.fields[rate]}", style="dim", markup=False),
            TextColumn("{task.fields[left]}", markup=False),
            console=shown,
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
            self._stages[stage] = self._bars.add_task(stage, total=total, count="", rate="", left="")
        self._bars.update(
            self._stages[stage],
            completed=done,
            total=total,
            count=_count(done, total, unit),
            rate=_per_second(rate),
            left=_left(done, total, rate),
        )

    def message(self, text: str) -> None:
        """A line above the bars."""
        self._bars.console.print(safe_name(text))


class PlainProgress:
    """All stages in one line, at most every ten seconds."""

    def __init__(self, stream: TextIO, *, every: float = SECONDS_BETWEEN_LINES) -> None:
        self._stream = stream
        self._every = every
        self._next: float | None = None
        self._stages: dict[str, str] = {}
        self._meter = _Meter()
        self._lock = Lock()

    def update(self, stage: str, done: int, total: int | None, unit: str) -> None:
        """Where a stage stands; safe to call from any thread."""
        with self._lock:
            rate = self._meter.rate(stage, done)
            known = filter(None, (_count(done, total, unit), _per_second(rate), _left(done, total, rate)))
            self._stages[stage] = f"{stage}: {', '.join(known)}"
            now = time.monotonic()
            self._next = self._next or now + self._every
            if now >= self._next:
                self._next = now + self._every
                self.message("; ".join(self._stages.values()))
                self._stages.clear()

    def message(self, text: str) -> None:
        """A line of its own."""
        self._stream.write(safe_name(text) + "\n")
        self._stream.flush()


class _Meter:
    """Things a second in the last minute; none until something has moved."""

    def __init__(self) -> None:
        self._marks: dict[str, deque[tuple[float, int]]] = {}

    def rate(self, stage: str, done: int) -> float:
        now = time.monotonic()
        marks = self._marks.setdefault(stage, deque([(now, done)]))
        # One mark a second is enough; the first of those kept is the last one from before the minute.
        if now - marks[-1][0] >= 1:
            marks.append((now, done))
        while len(marks) > 1 and now - marks[1][0] >= _WINDOW:
            marks.popleft()
        since, first = marks[0]
        return (done - first) / (now - since) if now > since else 0.0


def _count(done: int, total: int | None, unit: str) -> str:
    return f"{done:,} {unit}" if total is None else f"{done:,} of {total:,} {unit}"


def _per_second(rate: float) -> str:
    if rate <= 0:
        return ""
    if rate < 1:
        return f"{60 * rate:,.1f}/min"
    return f"{rate:,.1f}/s" if rate < 10 else f"{rate:,.0f}/s"


def _left(done: int, total: int | None, rate: float) -> str:
    return f"{duration((total - done) / rate)} left" if total and rate > 0 and done < total else ""


def duration(seconds: float) -> str:
    """As people say it: "7 s", "2 min 5 s", "3 h 20 min"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
