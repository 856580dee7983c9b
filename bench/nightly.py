"""Nights: a night without changes against a bare walk, one with 1 % changes, a million items, disk after a month.

python -m bench.nightly [--files 100000] [--items 1000000] [--disk-files 5000] [--nights 30] [--only walk,large,disk]

Files hold paragraphs, the embedder is a fake of 64 dimensions and parsing happens in this process, so that what is
measured is change detection and the store. Collections start filled by direct commits. Each night that is measured
runs in a process of its own.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table

from ragmm.config import NightlySettings, SourceSettings, default_pipeline
from ragmm.indexes.changes import PreparedDocument, PreparedItem, Vector
from ragmm.indexes.records import Retention
from ragmm.indexes.store.store import Store
from ragmm.pipelines.ingest.intake import IngestPlan
from ragmm.pipelines.ingest.parse_keys import fingerprint_for
from ragmm.pipelines.progress import Silent
from ragmm.pipelines.stopping import StopFlag
from ragmm.pipelines.sync.facts import facts_of
from ragmm.pipelines.sync.night import Night
from ragmm.pipelines.sync.roots import roots_of
from ragmm.pipelines.sync.run import NightWork, run_night
from ragmm.pipelines.sync.survey import Options
from ragmm.testing import FakeReadings, ParagraphParser
from ragmm.types import Item, MediaKind, Modality

if TYPE_CHECKING:
    from ragmm.loaders.parser import ParserPool

_PER_FOLDER = 100
_PER_COMMIT = 20_000
_WORDS = ("revenue", "region", "growth", "margin", "north", "south", "quarter", "report", "market", "price", "cost")
_DAY = 86_400.0


# Files and the collection that follows them ---------------------------------------------------------------------------


def text_of(number: int, version: int, paragraphs: int) -> str:
    rng = random.Random(f"{number}/{version}")
    return "\n\n".join(
        f"p{number} v{version} part{part} " + " ".join(rng.choices(_WORDS, k=12)) for part in range(paragraphs)
    )


def path_of(folder: Path, number: int) -> Path:
    return folder / f"{number // (10 * _PER_FOLDER)}" / f"{number // _PER_FOLDER}" / f"{number:07}.txt"


def write_tree(folder: Path, files: int, paragraphs: int) -> None:
    for number in range(files):
        path = path_of(folder, number)
        if number % _PER_FOLDER == 0:
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(number, 0, paragraphs), encoding="utf-8")


def night(
    source: Path, folder: Path, clock: Callable[[], float] = time.time, *, confined: bool = False, **nightly: Any
) -> Night:
    pipeline = replace(default_pipeline(), sources=SourceSettings(paths=(str(source),)))
    parser: ParagraphParser | ParserPool = ParagraphParser()
    if confined:
        from ragmm.wiring import build_parser

        parser = build_parser(default_pipeline())
    work = NightWork(
        roots=roots_of(pipeline.sources, source),
        facts=facts_of(pipeline),
        settings=NightlySettings(**nightly),
        tools=partial(_tools, parser),
        retention=Retention(),
        progress=Silent(),
        stop=StopFlag(),
        options=Options(),
    )
    try:
        return run_night(Store(folder, clock=clock), work)
    finally:
        if not isinstance(parser, ParagraphParser):
            parser.close()  # what its processes used is known once they have ended


def _tools(parser: ParagraphParser | ParserPool | None = None) -> IngestPlan:
    from ragmm.testing import FakeEmbedder

    return IngestPlan(
        embedders={"text": FakeEmbedder(kinds=["text"])},
        parser=parser or ParagraphParser(),
        readings=FakeReadings("bench"),
        commit_items=20_000,
    )


def fill(source: Path, folder: Path, files: int, paragraphs: int) -> float:
    """A collection that holds the tree, committed directly; returns items per CPU-second."""
    embedder = _tools().embedders["text"]
    began = time.process_time()
    with Store(folder).writer("bench", create=True) as writer:
        writer.ensure_space("text", embedder.info)
        for start in range(0, files, _PER_COMMIT):
            numbers = range(start, min(start + _PER_COMMIT, files))
            writer.commit([_document(source, number, paragraphs) for number in numbers])
    return files * paragraphs / (time.process_time() - began)


def _document(source: Path, number: int, paragraphs: int) -> PreparedDocument:
    path, text = path_of(source, number), text_of(number, 0, paragraphs)
    rows = np.random.default_rng(number).standard_normal((paragraphs, 64), dtype=np.float32)
    items = [
        PreparedItem(
            item=Item(modality=Modality.PASSAGE, text=part),
            vectors=(Vector(space="text", kind=MediaKind.TEXT, key=b"%d %d" % (number, at), row=rows[at]),),
        )
        for at, part in enumerate(text.split("\n\n"))
    ]
    data = text.encode()
    return PreparedDocument(
        path=str(path),
        uri=str(path.relative_to(source)),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        media_type="text/plain",
        parser=fingerprint_for("bench", path.name),
        items=items,
    )


# Measured in a process of its own -------------------------------------------------------------------------------------


def bare_walk(folder: str) -> int:
    """What any change detection has to do at least: list every folder, look at every file."""
    files, pending = 0, [folder]
    while pending:
        with os.scandir(pending.pop()) as listing:
            for entry in listing:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                else:
                    entry.stat(follow_symlinks=False)
                    files += 1
    return files


def measured(source: Path, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    """One night between two bare walks, in CPU-seconds: the clock on the wall tells more about the neighbours."""
    walks = [_timed(lambda: bare_walk(str(source)))[0]]
    wall = time.perf_counter()
    seconds, done = _timed(lambda: night(source, folder, **options))
    wall = time.perf_counter() - wall
    walks.append(_timed(lambda: bare_walk(str(source)))[0])
    heavy = [name for name in ("torch", "faiss", "transformers", "unstructured", "open_clip") if name in sys.modules]
    return {
        "walk": sum(walks) / len(walks),
        "night": seconds,
        "wall": wall,
        "rss_mb": _peak_mb(),
        "heavy": heavy,
        "documents": {state: count for state, count in done.report.documents.items() if count},
        "stages": {stage: round(value, 3) for stage, value in done.stages.items()},
        "rehashed": done.rehashed,
    }


def _peak_mb() -> float:
    """Of this process alone: the usage counters of a child begin with its parent's."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU-seconds of this process and of those that it started and ended, and the result."""
    began = os.times()
    result = work()
    return sum(os.times()[:4]) - sum(began[:4]), result


def apart(source: Path, folder: Path, **options: Any) -> dict[str, Any]:
    """`measured` in a fresh process."""
    words = [sys.executable, "-m", "bench.nightly", "--measure", json.dumps([str(source), str(folder), options])]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


# The rows -------------------------------------------------------------------------------------------------------------


def change(source: Path, files: int, share: float, version: int, paragraphs: int) -> int:
    """Rewrite so many of the files, spread evenly; returns how many."""
    changed = range(version % 100, files, round(1 / share))
    for number in changed:
        path_of(source, number).write_text(text_of(number, version, paragraphs), encoding="utf-8")
    return len(changed)


def no_change_and_little(table: Table, work: Path, files: int) -> None:
    source, folder = work / "source", work / "collection"
    write_tree(source, files, 1)
    rate = fill(source, folder, files, 1)
    time.sleep(2.1)  # files younger than the clock's grain are hashed once more
    first = apart(source, folder)
    for options, name in (({"rehash_nights": 0}, "no re-hash"), ({}, "a seventh re-hashed")):
        best = min((apart(source, folder, **options) for _ in range(3)), key=lambda one: one["night"] / one["walk"])
        bound = 2 * best["walk"] + 0.15
        table.add_row(
            f"{files:,} files, no change, {name}",
            f"{best['night']:.2f} CPU-s; walk {best['walk']:.2f}, bound {bound:.2f}; {best['rss_mb']:.0f} MB",
            _verdict(best["night"] <= bound and best["rss_mb"] <= 200 and not best["heavy"]),
        )
    quiet = best["night"]
    alone, little = [], []
    for version in (1, 2, 3):
        changed = change(source, files, 0.01, version, 1)
        own = work / f"own{version}"
        for number in range(version, files, 100):
            target = path_of(own, number)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path_of(source, number), target)
        alone.append(apart(own, work / f"own-collection{version}", confined=True)["night"])
        little.append(apart(source, folder, confined=True)["night"])
    bound = quiet + 1.15 * min(alone)
    table.add_row(
        f"{changed:,} of {files:,} files changed",
        f"{min(little):.2f} CPU-s; no change {quiet:.2f} + 1.15 x alone {min(alone):.2f} = {bound:.2f}",
        _verdict(min(little) <= bound),
    )
    table.add_row(
        f"{files:,} files, every one hashed",
        f"{first['night']:.1f} CPU-s, {first['rss_mb']:.0f} MB; stored at {rate:,.0f} items a CPU-s",
        "",
    )


def large(table: Table, work: Path, items: int) -> None:
    source, folder, files = work / "large", work / "large-collection", items // 20
    write_tree(source, files, 20)
    rate = fill(source, folder, files, 20)
    time.sleep(2.1)
    first = apart(source, folder)
    quiet = apart(source, folder)
    table.add_row(
        f"{items:,} items in {files:,} files, no change",
        f"{quiet['wall']:.1f} s, {quiet['rss_mb']:.0f} MB",
        _verdict(quiet["wall"] <= 300 and quiet["rss_mb"] <= 1536),
    )
    for number in range(0, files, max(1, files // 1000)):
        path_of(source, number).write_text(text_of(number, 9, 20), encoding="utf-8")
    some = apart(source, folder)
    table.add_row(
        f"… {some['documents'].get('changed', 0):,} files changed",
        f"{some['wall']:.1f} s, {some['rss_mb']:.0f} MB",
        _verdict(some["wall"] <= 600 and some["rss_mb"] <= 1536),
    )
    table.add_row(
        "… every one hashed",
        f"{first['wall']:.0f} s, {first['rss_mb']:.0f} MB; stored at {rate:,.0f} items a CPU-s",
        "",
    )


def disk(table: Table, work: Path, files: int, nights: int) -> None:
    """Bytes after so many nights of 1 % churn, against a collection built afresh from the same files."""
    source, folder, now = work / "disk", work / "disk-collection", time.time()
    write_tree(source, files, 5)
    worst = 0.0
    for number in range(nights + 1):
        if number:
            change(source, files, 0.01, number, 5)
        night(source, folder, clock=lambda number=number: now + number * _DAY)  # type: ignore[misc]
        worst = max(worst, _bytes(folder))
    fresh = work / "disk-fresh"
    night(source, fresh)
    ratio, peak = _bytes(folder) / _bytes(fresh), worst / _bytes(fresh)
    table.add_row(
        f"disk after {nights} nights of 1 % churn of {files:,} files",
        f"{_bytes(folder) / 1e6:.1f} MB, {ratio:.2f} x a fresh build (at most {peak:.2f} x)",
        _verdict(ratio <= 1.3),
    )
    rows = {"collection.db": 0, "blocks": 0, "cache.db": 0}
    for name in rows:
        rows[name] = round(100 * _bytes(folder / name) / max(1, _bytes(fresh / name)))
    table.add_row("… by part", ", ".join(f"{name} {share} %" for name, share in rows.items()), "")


def _bytes(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def _verdict(kept: bool) -> str:
    return "kept" if kept else "MISSED"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--disk-files", type=int, default=5_000)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--only", default="walk,disk,large", help="of walk, disk and large")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        source, folder, options = json.loads(arguments.measure)
        print(json.dumps(measured(Path(source), Path(folder), options)))
        return
    table = Table("night", "measured", "bar")
    with tempfile.TemporaryDirectory(prefix="ragmm-nightly-") as work:
        chosen = arguments.only.split(",")
        if "walk" in chosen:
            no_change_and_little(table, Path(work), arguments.files)
        if "disk" in chosen:
            disk(table, Path(work), arguments.disk_files, arguments.nights)
        if "large" in chosen:
            large(table, Path(work), arguments.items)
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
