"""The store: writes per second, opening a large collection, exact search against one bare pass, the help's start.

python -m bench.store [--items 1000000] [--dim 384]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from ragmm.indexes.changes import PreparedDocument, PreparedItem, Vector
from ragmm.indexes.store.store import Store
from ragmm.types import Item, MediaKind, Modality, ModelInfo

_PER_COMMIT = 10_000
_PER_DOCUMENT = 20
_WORDS = ("revenue", "region", "growth", "margin", "north", "south", "quarter", "report", "market", "price", "cost")


def documents(count: int, dim: int, seed: int) -> Iterator[PreparedDocument]:
    """Documents of twenty passages of about fifteen words, each with a random vector."""
    rng = np.random.default_rng(seed)
    for number in range(0, count, _PER_DOCUMENT):
        rows = rng.standard_normal((_PER_DOCUMENT, dim), dtype=np.float32)
        picks = rng.integers(0, len(_WORDS), (_PER_DOCUMENT, 15))
        name = f"document-{seed}-{number}"
        items = [
            PreparedItem(
                item=Item(modality=Modality.PASSAGE, text=f"{name} {n} " + " ".join(_WORDS[i] for i in picks[n])),
                vectors=(Vector(space="text", kind=MediaKind.TEXT, key=_key(number, n, seed), row=rows[n]),),
            )
            for n in range(_PER_DOCUMENT)
        ]
        sha256 = hashlib.sha256(name.encode()).hexdigest()
        yield PreparedDocument(
            path=f"/bench/{name}",
            uri=name,
            size=1000,
            sha256=sha256,
            media_type="text/plain",
            parser="bench",
            items=items,
        )


def _key(number: int, n: int, seed: int) -> bytes:
    return hashlib.sha256(b"%d %d %d" % (number, n, seed)).digest()[:16]


def fill(store: Store, items: int, dim: int) -> tuple[float, float]:
    """(items per second, items per CPU-second) inside `commit` alone; making the documents is not counted."""
    info = ModelInfo(name="bench", revision="1", fingerprint="0" * 64, kinds=frozenset({MediaKind.TEXT}), dim=dim)
    wall = cpu = 0.0
    with store.writer("bench", create=True) as writer:
        writer.ensure_space("text", info)
        for start in range(0, items, _PER_COMMIT):
            batch = list(documents(min(_PER_COMMIT, items - start), dim, start))
            began, began_cpu = time.perf_counter(), time.process_time()
            writer.commit(batch)
            wall, cpu = wall + time.perf_counter() - began, cpu + time.process_time() - began_cpu
    return items / wall, items / cpu


_OPEN = """
import json, resource, sys, time
began = time.perf_counter()
import numpy as np
from pathlib import Path
from ragmm.indexes.store.store import Store
from ragmm.indexes.store.word_search import find_items
imported = time.perf_counter()
snapshot = Store(Path(sys.argv[1])).snapshot()
query = np.random.default_rng(1).standard_normal((1, int(sys.argv[2])), dtype=np.float32)
ids, scores = snapshot.index("text", "text").search(query / np.linalg.norm(query), 10)
hits = snapshot.fetch(ids[0])
answered = time.perf_counter()
words = find_items(snapshot, "document-0-40 revenue", 10)
searched = time.perf_counter()
assert len(hits) == 10 and words
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"import": imported - began, "first": answered - imported, "words": searched - answered,
                  "rss": peak / 1024}))
"""


def first_query(folder: Path, dim: int) -> dict[str, float]:
    """A process of its own opens the collection and answers."""
    environment = os.environ | {"XDG_RUNTIME_DIR": ""}  # nothing counts as verified already
    result = subprocess.run(
        [sys.executable, "-c", _OPEN, str(folder), str(dim)],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return dict(json.loads(result.stdout))


def paired(first: Callable[[], object], second: Callable[[], object], rounds: int) -> tuple[float, float, float]:
    """Medians in milliseconds of two calls made in turn, and the median of their ratios."""
    times: list[tuple[float, float]] = []
    for _ in range(rounds):
        pair = []
        for call in (first, second):
            began = time.perf_counter()
            call()
            pair.append((time.perf_counter() - began) * 1000)
        times.append((pair[0], pair[1]))
    return (
        statistics.median(one for one, _ in times),
        statistics.median(two for _, two in times),
        statistics.median(one / two for one, two in times),
    )


def exact_against_bare(folder: Path, dim: int, queries: int) -> tuple[float, float, float, str]:
    """The exact index over the collection's blocks against one bare pass over the same rows in memory."""
    snapshot = Store(folder).snapshot()
    index = snapshot.index("text", "text")
    rows = np.concatenate([data for _, data in snapshot.open_blocks("text", "text")])
    asked = np.random.default_rng(2).standard_normal((queries, dim), dtype=np.float32)
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    name, bare = bare_pass(rows, asked)
    index.search(asked, 10)
    bare()
    return (*paired(lambda: index.search(asked, 10), bare, 7), name)


def bare_pass(rows: NDArray[np.float32], asked: NDArray[np.float32]) -> tuple[str, Callable[[], object]]:
    """FAISS's own flat search where it is installed, else the bare matrix product."""
    try:
        import faiss
    except ImportError:
        return "BLAS product", lambda: rows @ asked.T
    return "faiss.knn", lambda: faiss.knn(asked, rows, 10, metric=faiss.METRIC_INNER_PRODUCT)


def help_seconds() -> float:
    """Median wall time of `ragmm --help`."""
    times = []
    for _ in range(7):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "ragmm", "--help"], capture_output=True, check=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=384)
    options = parser.parse_args()
    table = Table("what", "measured", "bar", title=f"store, {options.items:,} items x {options.dim}")
    with tempfile.TemporaryDirectory(prefix="ragmm-bench-") as temporary:
        folder = Path(temporary) / "collection"
        rate, per_cpu = fill(Store(folder), options.items, options.dim)
        table.add_row("writes", f"{rate:,.0f} items/s ({per_cpu:,.0f} per CPU-s)", "≥ 20,000 items/s")
        vectors_mb = options.items * options.dim * 4 / 2**20
        opened = first_query(folder, options.dim)
        table.add_row(
            "open, verify, first query", f"{opened['first']:.2f} s (+ {opened['import']:.2f} s imports)", "< 2 s"
        )
        table.add_row("peak memory", f"{opened['rss']:,.0f} MiB", f"< {vectors_mb + 300:,.0f} MiB (vectors + 300)")
        table.add_row("first word search", f"{opened['words'] * 1000:,.0f} ms", "")
        for queries in (1, 64):
            mine, bare, ratio, name = exact_against_bare(folder, options.dim, queries)
            what = f"exact search, {queries} quer{'y' if queries == 1 else 'ies'}"
            table.add_row(what, f"{mine:,.1f} ms, {name} {bare:,.1f} ms: {ratio:.2f}x", "≤ 1.3x")
    table.add_row("ragmm --help", f"{help_seconds():.2f} s", "< 0.5 s")
    Console().print(table)


if __name__ == "__main__":
    main()
