"""What a default ingest costs: CPU time a page, memory of the whole tree of processes, and when one can first ask.

    python -m bench.ingest FOLDER [FOLDER ...] [--code CHECKOUT ...] [-- OPTIONS OF ragmm ingest]

Each folder is ingested into a collection of its own, once for each checkout (of an older version, say; without one, by
the code that is running). CPU time is that of the command and of everything it waited for. Memory is anonymous: what is
mapped from files, weights above all, is given back by the system when others need it, and does not count.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import ragmm
from ragmm.errors import RagmmError

_EVERY = 0.25
"""Seconds between two looks at the memory."""
_LINE = "{:<28}{:<14}{:>8}{:>9}{:>11}{:>10}{:>13}{:>12}{:>12}"


@dataclass(kw_only=True)
class Seen:
    """What was seen of a run while it went on, in MiB and seconds."""

    parent: float = 0.0
    tree: float = 0.0
    first: float | None = None
    """When the first commit stood."""


def ingested(folder: Path, code: Path | None, options: Sequence[str]) -> list[str]:
    """One line of the table."""
    with tempfile.TemporaryDirectory(prefix="ragmm-bench-") as temporary:
        collection = Path(temporary) / "collection"
        environment = os.environ | {"HF_HUB_OFFLINE": "1"} | ({"PYTHONPATH": str(code.resolve())} if code else {})
        command = [sys.executable, "-m", "ragmm.cli", "ingest", str(folder.resolve()), "-c", str(collection), *options]
        began, seen, over = time.perf_counter(), Seen(), threading.Event()
        with (Path(temporary) / "said").open("wb+") as said:
            # From a folder without ragmm in it: the working directory comes first on the path.
            process = subprocess.Popen(command, stdout=said, stderr=said, env=environment, cwd=temporary)
            watching = threading.Thread(target=_watch, args=(process.pid, collection, seen, over), daemon=True)
            watching.start()
            _, status, used = os.wait4(process.pid, 0)
            over.set()
            watching.join()
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode not in {0, 3}:  # 3: some documents could not be read
                said.seek(0)
                raise SystemExit(said.read().decode(errors="replace")[-2000:])
        wall, cpu = time.perf_counter() - began, used.ru_utime + used.ru_stime
        pages = max(1, _pages(collection, environment))
    first = f"{seen.first:.0f} s" if seen.first else f"{wall:.0f} s"
    cells = (folder.name, code.name if code else "", pages, f"{cpu:.0f}", f"{cpu / pages:.2f}", f"{wall:.0f}", first)
    return [*map(str, cells), f"{seen.parent:.0f}", f"{seen.tree:.0f}"]


def _pages(collection: Path, environment: dict[str, str]) -> int:
    """Pages and slides that hold something; what has none is one. Asked of the code that made the collection."""
    command = [sys.executable, "-m", "ragmm.cli", "ls", "-c", str(collection), "--items", "--json"]
    said = subprocess.run(command, capture_output=True, check=True, env=environment, cwd=collection.parent)
    items = map(json.loads, said.stdout.splitlines())
    return len({(item["uri"], item["page"]) for item in items})


def _watch(pid: int, collection: Path, seen: Seen, over: threading.Event) -> None:
    began = time.perf_counter()
    while not over.wait(_EVERY):
        tree = list(_tree(pid))
        seen.parent = max(seen.parent, _anonymous(pid))
        seen.tree = max(seen.tree, sum(map(_anonymous, tree)))
        if seen.first is None and _committed(collection):
            seen.first = time.perf_counter() - began


def _tree(pid: int) -> Iterator[int]:
    """A process and all that it has begun."""
    yield pid
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _tree(int(child))


def _anonymous(pid: int) -> float:
    """MiB; what several share is counted in parts."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss_Anon:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _committed(collection: Path) -> bool:
    with contextlib.suppress(RagmmError), ragmm.open(collection) as docs:
        return docs.generation > 0
    return False


def main() -> None:
    """Prints the table, a row at a time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--code", nargs="*", type=Path, default=[])
    words = sys.argv[1:]
    end = words.index("--") if "--" in words else len(words)
    asked, options = parser.parse_args(words[:end]), words[end + 1 :]
    heads = ("folder", "code", "places", "CPU-s", "a place", "wall s", "first asked", "parent MiB", "tree MiB")
    print(_LINE.format(*heads))
    for folder in asked.folders:
        for code in asked.code or [None]:
            print(_LINE.format(*ingested(folder, code, options)), flush=True)


if __name__ == "__main__":
    main()
