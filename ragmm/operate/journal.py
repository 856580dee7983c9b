"""Every run of a collection, also those that changed nothing, failed, or were cut short.

A run writes a line when it begins and one when it ends; a beginning without an end is a run that was killed. The runs
table in collection.db has the commands that committed something: writing there for a night without changes would
cost a commit and a new seal over the whole database.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ragmm.errors import WriterBusyError
from ragmm.operate.files import append_line, replace_file
from ragmm.render.records import to_json

__all__ = ["JOURNAL", "Begun", "Ended", "Run", "RunState", "begin", "end", "read_runs"]

JOURNAL: Final = "runs.jsonl"
_KEPT: Final = 1000
_LONGEST: Final = 4 << 20
"""Bytes of the file before old runs are left out of it."""


class RunState:
    """The words that `Run.state` is one of."""

    RUNNING: Final = "running"
    DONE: Final = "done"
    DOCUMENTS_FAILED: Final = "documents failed"
    FAILED: Final = "failed"
    STOPPED: Final = "stopped"
    REFUSED: Final = "refused"
    """While another run was writing."""
    CUT_SHORT: Final = "cut short"


_STATES: Final = {
    0: RunState.DONE,
    10: RunState.DOCUMENTS_FAILED,
    WriterBusyError.exit_code: RunState.REFUSED,
    130: RunState.STOPPED,
    143: RunState.STOPPED,
}


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What is known when a run begins."""

    id: str
    command: str
    started: float
    pid: int = field(default_factory=os.getpid)
    host: str = field(default_factory=socket.gethostname)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What is known when it has ended. Numbers alone: names of documents belong to the report and the log."""

    id: str
    ended: float
    exit_code: int
    generation: int = 0
    error: str = ""
    documents: Mapping[str, int] = field(default_factory=dict)
    items: Mapping[str, int] = field(default_factory=dict)
    embedded: int = 0
    captioned: int = 0
    reused: int = 0
    stages: Mapping[str, float] = field(default_factory=dict)
    rates: Mapping[str, float] = field(default_factory=dict)
    drift: Mapping[str, float] = field(default_factory=dict)
    warnings: int = 0


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run, whatever became of it."""

    begun: Begun
    ended: Ended | None = None
    alive: bool = False

    @property
    def state(self) -> str:
        if self.ended is None:
            return RunState.RUNNING if self.alive else RunState.CUT_SHORT
        code = self.ended.exit_code
        return _STATES.get(code, RunState.FAILED)

    @property
    def good(self) -> bool:
        """Whether everything that could be done was."""
        return self.state in {RunState.DONE, RunState.DOCUMENTS_FAILED}

    @property
    def seconds(self) -> float | None:
        return self.ended.ended - self.begun.started if self.ended else None


def begin(folder: Path, run: Begun) -> None:
    """Raises StorageError where the collection's folder cannot be written."""
    _shorten(folder / JOURNAL)
    append_line(folder / JOURNAL, to_json({"begun": run}))


def end(folder: Path, run: Ended) -> None:
    """Raises StorageError where the collection's folder cannot be written."""
    append_line(folder / JOURNAL, to_json({"ended": run}))


def read_runs(folder: Path) -> list[Run]:
    """Newest first; lines that are damaged or of a later version's making are left out."""
    begun: dict[str, Begun] = {}
    ended: dict[str, Ended] = {}
    for line in _lines(folder / JOURNAL):
        if (one := _as(Begun, line.get("begun"))) is not None:
            begun[one.id] = one
        elif (last := _as(Ended, line.get("ended"))) is not None:
            ended[last.id] = last
    runs = [Run(begun=one, ended=ended.get(one.id), alive=_alive(one)) for one in begun.values()]
    return runs[::-1]


def _lines(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    found = []
    for line in text.split("\n"):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


def _as(kind: type[Any], value: Any) -> Any:
    """The dataclass of a line's value; None where it does not hold what is needed."""
    if not isinstance(value, dict):
        return None
    try:
        return kind(**{name: one for name, one in value.items() if name in kind.__dataclass_fields__})
    except TypeError:
        return None


def _alive(run: Begun) -> bool:
    """Whether its process is still there; on another machine there is no telling, and a day is long enough."""
    if run.host != socket.gethostname():
        return False
    try:
        os.kill(run.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    born = _born(run.pid)  # numbers are given again: a process younger than the run is another one
    return born is None or born <= run.started + 2


def _born(pid: int) -> float | None:
    """When a process began, in seconds since the epoch; None where there is no /proc."""
    try:
        ticks = int(
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
        )
        boot = next(line for line in Path("/proc/stat").read_text(encoding="ascii").splitlines() if line[:5] == "btime")
    except (OSError, ValueError, IndexError, StopIteration):
        return None
    return int(boot.split()[1]) + ticks / os.sysconf("SC_CLK_TCK")


def _shorten(path: Path) -> None:
    if not path.exists() or path.stat().st_size < _LONGEST:
        return
    runs: Sequence[Run] = read_runs(path.parent)[:_KEPT]
    lines = []
    for run in reversed(runs):
        lines.append(to_json({"begun": run.begun}))
        if run.ended is not None:
            lines.append(to_json({"ended": run.ended}))
    replace_file(path, "\n".join(lines) + "\n")
