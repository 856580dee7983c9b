"""A process that reads a collection until it is told to stop, and checks that every hit is of the generation it opened.

    python -m tests.faults.reader FOLDER

Each commit of the writer replaces every document: generation g holds the documents' version g - 1 and nothing else.
What it saw is one JSON object on stdout.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from ragmm.indexes.contracts import unit_rows
from ragmm.indexes.store.snapshot import Snapshot
from ragmm.indexes.store.store import Store
from ragmm.indexes.store.word_search import find_items
from tests.faults import scenes

__all__ = ["Seen", "reading", "results", "slow", "stop", "under_way"]


_READY = "reading\n"


@dataclass(kw_only=True)
class Seen:
    """What one reader saw."""

    quiet: list[float] = field(default_factory=list)
    """Seconds of each read while nobody wrote."""
    busy: list[float] = field(default_factory=list)
    """The same while commits went on."""
    first: dict[str, float] = field(default_factory=dict)
    """When each generation was seen first, in seconds since the epoch."""

    @property
    def reads(self) -> int:
        return len(self.quiet) + len(self.busy)


def reading(folder: Path, count: int) -> list[subprocess.Popen[str]]:
    """Readers that have begun to read."""
    command = [sys.executable, "-m", __name__, str(folder)]
    readers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(count)
    ]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == _READY, reader.communicate()[1]
    return readers


@contextlib.contextmanager
def under_way(folder: Path) -> Iterator[None]:
    """Tell the readers that commits go on."""
    _mark(folder, "busy").touch()
    yield
    _mark(folder, "busy").unlink()


def stop(folder: Path) -> None:
    _mark(folder, "stop").touch()


def results(readers: Sequence[subprocess.Popen[str]]) -> list[Seen]:
    """Wait for the readers' ends; what went wrong in one is an error here."""
    found = []
    for reader in readers:
        out, error = reader.communicate(timeout=60)
        assert reader.returncode == 0, error
        found.append(Seen(**json.loads(out)))
    return found


def _mark(folder: Path, what: str) -> Path:
    return Path(f"{folder}.{what}")


def _read(snapshot: Snapshot) -> None:
    wanted = snapshot.generation - 1
    text = f"doc3 v{wanted} passage 1 speaks of topic1"
    ids, scores = snapshot.index("shared", "text").search(unit_rows(scenes.vector(text)[None]), 6)
    hits = snapshot.fetch(ids[0])
    assert len(hits) == 6, hits
    assert scores[0][0] > 0.9999
    assert hits[0].text == text, hits[0]
    words = find_items(snapshot, "topic1", 10)
    for hit in [*hits, *snapshot.fetch(item for item, _ in words)]:
        assert f" v{wanted} " in hit.text, (hit.text, snapshot.generation)
    assert snapshot.asset(next(item.asset for item in snapshot.items("doc1") if item.asset))


def _loop(folder: Path) -> Seen:
    store, seen = Store(folder), Seen()
    sys.stdout.write(_READY)
    sys.stdout.flush()
    while not _mark(folder, "stop").exists():
        times = seen.busy if _mark(folder, "busy").exists() else seen.quiet
        began = time.perf_counter()
        snapshot = store.snapshot()
        if snapshot.generation:
            seen.first.setdefault(str(snapshot.generation), time.time())
            _read(snapshot)
        snapshot.close()
        times.append(time.perf_counter() - began)
    return seen


def slow(times: Sequence[float]) -> float:
    """What 95 of a hundred reads do not take longer than."""
    return float(np.quantile(times, 0.95))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(_loop(Path(sys.argv[1])))))
