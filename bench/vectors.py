"""Vector search: the exact index against the memory's own speed, FAISS's indexes against the exact one.

    python -m bench.vectors [--rows 1000000] [--dim 384] [--methods ivf ivf-sq8] [--data clustered random]

clustered: 4,000 topics of very unequal size, each spread over 24 directions that it shares with others, and noise in
all directions, which is how passages of real documents lie: near many of their own topic, at distances that differ.
random: independent directions, the hardest case, where nothing is near anything.

Times are CPU times: on one thread (OMP_NUM_THREADS=1) they are what an idle machine would need.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from bench.store import documents
from ragmm.indexes.contracts import VectorIndex, unit_rows
from ragmm.indexes.exact import ExactIndex
from ragmm.indexes.faiss.flat import FlatIndex
from ragmm.indexes.faiss.index import AnnIndex
from ragmm.indexes.faiss.library import library
from ragmm.indexes.faiss.spec import FLAT_ROWS, Method
from ragmm.indexes.store import blocks
from ragmm.indexes.store.store import Store
from ragmm.types import MediaKind, ModelInfo

Rows = NDArray[np.float32]

TOPICS, DIRECTIONS, FAMILIES = 4_000, 24, 64
K = 10
ADDED = 100_000


def clustered(count: int, dim: int, seed: int) -> Rows:
    """The topics are the same for every seed, the rows are not. Shape: (count, dim), of unit length."""
    fixed, rng = np.random.default_rng(7), np.random.default_rng(seed)
    centres = unit_rows(fixed.standard_normal((TOPICS, dim), dtype=np.float32))
    spread = fixed.standard_normal((FAMILIES, DIRECTIONS, dim), dtype=np.float32) / np.sqrt(dim)
    popular = 1 / np.arange(1, TOPICS + 1) ** 0.7
    out = np.empty((count, dim), np.float32)
    for start in range(0, count, 20_000):
        topics = rng.choice(TOPICS, min(20_000, count - start), p=popular / popular.sum())
        within = rng.standard_normal((len(topics), DIRECTIONS), dtype=np.float32) / np.sqrt(DIRECTIONS)
        part = centres[topics] + 0.25 / np.sqrt(dim) * rng.standard_normal((len(topics), dim), dtype=np.float32)
        for family in range(FAMILIES):
            mine = np.flatnonzero(topics % FAMILIES == family)
            part[mine] += 0.9 * (within[mine] @ spread[family])
        out[start : start + len(topics)] = unit_rows(part)
    return out


def independent(count: int, dim: int, seed: int) -> Rows:
    out = np.empty((count, dim), np.float32)
    rng = np.random.default_rng(seed)
    for start in range(0, count, 50_000):
        part = rng.standard_normal((min(50_000, count - start), dim), dtype=np.float32)
        out[start : start + len(part)] = unit_rows(part)
    return out


DATA: dict[str, Callable[[int, int, int], Rows]] = {"clustered": clustered, "random": independent}


def milliseconds(call: Callable[[], object], rounds: int = 7) -> float:
    """CPU time, which waits for nobody: the best of some rounds after one to warm up."""
    call()
    times = []
    for _ in range(rounds):
        began = time.process_time()
        call()
        times.append(time.process_time() - began)
    return min(times) * 1000


def bandwidth(rows: Rows) -> float:
    """GB/s of the fastest read at hand over the same memory: BLAS's dot product of the whole with itself."""
    flat = rows.reshape(-1)
    return rows.nbytes / milliseconds(lambda: np.dot(flat, flat)) / 1e6


def filled(index: VectorIndex, rows: NDArray[np.float32 | np.float16]) -> VectorIndex:
    index.add(np.arange(len(rows), dtype=np.int64), rows)
    return index


def exact_rows(rows: Rows, queries: Rows, table: Table) -> None:
    """One query is bound by memory, 64 by multiplication."""
    read = bandwidth(rows)
    table.add_row("memory read", f"{read:.1f} GB/s", "")
    for name, index in (("exact (NumPy)", ExactIndex(rows.shape[1])), ("flat (FAISS)", FlatIndex(rows.shape[1]))):
        full = filled(index, rows)
        one = milliseconds(lambda full=full: full.search(queries[:1], K))
        share = rows.nbytes / one / 1e6 / read
        table.add_row(f"{name}, 1 query", f"{one:.1f} ms, {share:.2f} of the memory's speed", "≥ 0.70")
        bare = min(milliseconds(lambda: queries[:64] @ rows.T, 3), milliseconds(lambda: rows @ queries[:64].T, 3))
        many = milliseconds(lambda full=full: full.search(queries[:64], K), 3)
        table.add_row(f"{name}, 64 queries", f"{many:.0f} ms, bare product {bare:.0f} ms: {many / bare:.2f}x", "≤ 1.3x")
    halves = filled(FlatIndex(rows.shape[1]), rows.astype(np.float16))
    one = milliseconds(lambda: halves.search(queries[:1], K))
    table.add_row("flat, float16 rows, 1 query", f"{one:.1f} ms", "")


def approximate_rows(name: str, rows: Rows, queries: Rows, methods: list[str], table: Table) -> None:
    """Speed and recall of each kind, beside the exact index over the same rows."""
    exact = filled(ExactIndex(rows.shape[1]), rows)
    truth, _ = exact.search(queries, K)
    flat = filled(FlatIndex(rows.shape[1]), rows)
    slow = min(milliseconds(lambda one=one: one.search(queries[:1], K), 5) for one in (exact, flat))
    for method in methods:
        ms, recall, built = approximate(AnnIndex(rows.shape[1], Method(method)), rows, queries, truth)
        table.add_row(
            f"{method}, {name}",
            f"{ms:.2f} ms, {slow / ms:.0f}x the exact speed, recall@{K} {recall:.3f}, built in {built:.0f} s",
            "≥ 10x, ≥ 0.95" if name == "clustered" else "",
        )


def approximate(
    index: AnnIndex, rows: Rows, queries: Rows, truth: list[NDArray[np.int64]]
) -> tuple[float, float, float]:
    """Milliseconds a query, recall, seconds to build."""
    filled(index, rows)
    began = time.process_time()
    index.rebuild()
    built = time.process_time() - began
    times = [milliseconds(partial(index.search, queries[at : at + 1], K), 3) for at in range(50)]
    found, _ = index.search(queries, K)
    recall = float(np.mean([len(np.intersect1d(a, b)) / K for a, b in zip(found, truth, strict=True)]))
    return statistics.median(times), recall, built


def break_even(dim: int, table: Table) -> None:
    """From how many rows on one cold question gains by FAISS: importing it costs more than it saves for a few."""
    program = (
        "import time, sys\nimport numpy\nbegan = time.process_time()\nimport faiss\nprint(time.process_time() - began)"
    )
    run = partial(subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True, check=True)
    load = min(float(run().stdout) for _ in range(5)) * 1000
    table.add_row("FAISS, import after NumPy", f"{load:.0f} ms", "")
    for dtype in (np.float32, np.float16):
        times = {rows: _one_query(rows, dim, dtype) for rows in (20_000, 100_000, 500_000)}
        for rows, (exact, flat) in times.items():
            table.add_row(
                f"{np.dtype(dtype)}, {rows:,} rows, 1 query", f"NumPy {exact:.1f} ms, FAISS {flat:.1f} ms", ""
            )
        exact, flat = times[500_000]
        even = f"{500_000 * load / (exact - flat):,.0f} rows" if exact > flat else "never"
        table.add_row(
            f"{np.dtype(dtype)}: a cold question gains from", even, f"{FLAT_ROWS[str(np.dtype(dtype))]:,} set"
        )


def _one_query(rows: int, dim: int, dtype: type) -> tuple[float, float]:
    """Milliseconds of the exact and of the flat index."""
    stored, query = independent(rows, dim, 5).astype(dtype), independent(1, dim, 6)
    indexes = [filled(kind(dim), stored) for kind in (ExactIndex, FlatIndex)]
    exact, flat = (milliseconds(partial(index.search, query, K), 5) for index in indexes)
    return exact, flat


def writing_rows(dim: int, table: Table) -> None:
    """Vectors made durable, by FAISS alone and by a commit, which also hashes, reads back, syncs and names them."""
    rows = independent(ADDED, dim, 3)
    faiss = library()
    with tempfile.TemporaryDirectory(prefix="ragmm-bench-") as temporary:
        folder = Path(temporary)

        def raw() -> None:
            index = faiss.IndexFlatIP(dim)
            index.add(rows)
            faiss.write_index(index, str(folder / "raw.faiss"))

        def block() -> None:
            blocks.write_block(folder, iter([rows]), rows.shape, "float32")

        bare, sealed = milliseconds(raw, 3), milliseconds(block, 3)
        table.add_row(
            f"{ADDED:,} vectors: block",
            f"{sealed:.0f} ms, faiss add + write {bare:.0f} ms: {sealed / bare:.2f}x",
            "≤ 2x",
        )
        whole = commit_seconds(folder / "collection", rows) * 1000
        table.add_row(f"{ADDED:,} items with words: commit", f"{whole:.0f} ms: {whole / bare:.1f}x", "")


def commit_seconds(folder: Path, rows: Rows) -> float:
    """One commit of documents with their texts, words and vectors."""
    prepared = list(documents(len(rows), rows.shape[1], 0))
    info = ModelInfo(
        name="bench", revision="1", fingerprint="0" * 64, kinds=frozenset({MediaKind.TEXT}), dim=rows.shape[1]
    )
    with Store(folder).writer("bench", create=True) as writer:
        writer.ensure_space("text", info)
        began = time.process_time()
        writer.commit(prepared)
        return time.process_time() - began


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--methods", nargs="*", default=["ivf-sq8", "ivf"])
    parser.add_argument("--data", nargs="*", default=["clustered", "random"], choices=list(DATA))
    parser.add_argument("--no-writing", action="store_true")
    return parser.parse_args()


def tables(chosen: argparse.Namespace) -> Iterator[Table]:
    """One for the exact search and the writing, one for each kind of data."""
    for number, name in enumerate(chosen.data):
        rows, queries = DATA[name](chosen.rows, chosen.dim, 0), DATA[name](200, chosen.dim, 99)
        if not number:
            table = Table("what", "measured", "bar", title=f"exact search, {chosen.rows:,} rows x {chosen.dim}")
            exact_rows(rows, queries, table)
            break_even(chosen.dim, table)
            if not chosen.no_writing:
                writing_rows(chosen.dim, table)
            yield table
        table = Table("what", "measured", "bar", title=f"approximate search, {chosen.rows:,} rows, {name}")
        approximate_rows(name, rows, queries, chosen.methods, table)
        yield table


def main() -> None:
    """Prints each table when it is measured."""
    for table in tables(options()):
        Console(width=120).print(table)


if __name__ == "__main__":
    main()
