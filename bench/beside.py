"""ragmm beside a plain script, LlamaIndex and LangChain: same files, same weights, one thread each, in one table.

    python -m bench.beside [--documents 60] [--images 128] [--rounds 3]

Every figure is CPU time of whole processes (with the children they waited for), start to end, so it holds on a busy
machine too; memory is the largest process. Pictures go through a ViT-B-32 with random weights: speed does not depend
on what weights have learnt. The plain script computes in float32, which is what one gets without asking.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import frameworks
from bench.embedders import _jpegs
from ragmm.models import find

_VOCABULARY = (
    "revenue region growth margin north south quarter report market price cost energy paper river bridge winter",
    "measure signal engine harbour mountain village teacher history science music garden window letter island",
)
_PIPELINE = """
[pipeline]
name = "bench"
profile = "mini"
routes = ["{route}"]
[models]
{models}
[loaders]
ocr = "never"
"""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a process and its children used."""

    cpu: float
    wall: float
    mib: float


@dataclass(frozen=True, kw_only=True)
class Work:
    """Where the corpus lies and where results go."""

    folder: Path
    text_model: str
    image_model: Path

    def ragmm(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "ragmm.cli", *words]

    def plain(self, *words: str) -> list[str]:
        return [sys.executable, "-W", "ignore", "-m", "bench.plain", *words]

    def pipeline(self, route: str, models: str) -> str:
        file = self.folder / f"{route}.toml"
        file.write_text(_PIPELINE.format(route=route, models=models), encoding="utf-8")
        return str(file)


def spent(command: Sequence[str]) -> Spent:
    """Run to the end; only what went wrong is shown."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    began = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{said.read().decode(errors='replace')[-2000:]}")
    return Spent(cpu=used.ru_utime + used.ru_stime, wall=time.perf_counter() - began, mib=used.ru_maxrss / 1024)


def best(command: Sequence[str], rounds: int) -> Spent:
    """The round with the least CPU time, after one that fills the file cache."""
    spent(command)
    return min((spent(command) for _ in range(rounds)), key=lambda one: one.cpu)


def random_model(folder: Path) -> Path:
    """Made by another process: what this one held in memory would count as its children's peak."""
    make = "import sys, pathlib, bench.embedders as b; b._random_folder('ViT-B-32', pathlib.Path(sys.argv[1]))"
    spent([sys.executable, "-c", make, str(folder)])
    return folder / "ViT-B-32"


def write_texts(folder: Path, documents: int) -> int:
    """Documents of 2,000 words in paragraphs of very different lengths; returns the words."""
    rng, words = random.Random(1), " ".join(_VOCABULARY).split()
    folder.mkdir(parents=True)
    for number in range(documents):
        paragraphs, left = [], 2_000
        while left > 0:
            length = min(left, rng.choice([12, 40, 80, 160]))
            left -= length
            sentences = [rng.choices(words, k=10) for _ in range(max(1, length // 10))]
            paragraphs.append(" ".join(" ".join(one).capitalize() + "." for one in sentences))
        (folder / f"document{number}.txt").write_text("\n\n".join(paragraphs), encoding="utf-8")
    return documents * 2_000


def write_images(folder: Path, count: int) -> int:
    """Pictures of 640 x 480, all different by a byte behind their end."""
    folder.mkdir(parents=True)
    for number, data in enumerate(_jpegs(count)):
        (folder / f"picture{number}.jpg").write_bytes(data + str(number).encode())
    return count


# --------------------------------------------------------------------------------------------------- the rows


def text_rows(work: Work, documents: int) -> None:
    """Words a CPU-second, reading included."""
    words = write_texts(work.folder / "texts", documents)
    texts, collection = str(work.folder / "texts"), str(work.folder / "collection-texts")
    pipeline = work.pipeline("text", 'caption = "none"\nvlm = "extractive"')
    mine = spent(work.ragmm("ingest", texts, "-c", collection, "-p", pipeline))
    others = {"plain": spent(work.plain("texts", texts, str(work.folder / "plain-texts"), work.text_model))}
    for name in frameworks.NEEDED:
        if frameworks.installed(name):
            command = [sys.executable, "-W", "ignore", "-m", "bench.frameworks", name, texts]
            others[name] = spent([*command, str(work.folder / name), work.text_model])
    _add(f"ingest {words:,} words (MiniLM)", "words/CPU-s", words, mine, others)


def image_rows(work: Work, count: int) -> None:
    """Pictures a CPU-second, decoding included; four times as many show whether memory grows and what starting cost."""
    used: list[float] = []
    for pictures in (count, 4 * count):
        images = work.folder / f"images{pictures}"
        write_images(images, pictures)
        collection = str(work.folder / f"collection-images{pictures}")
        pipeline = work.pipeline("shared", f'shared = "open_clip:{work.image_model}"\nvlm = "extractive"')
        mine = spent(work.ragmm("ingest", str(images), "-c", collection, "-p", pipeline))
        plain = spent(work.plain("images", str(images), f"{images}-plain", str(work.image_model)))
        _add(f"ingest {pictures:,} pictures (ViT-B-32)", "pictures/CPU-s", pictures, mine, {"plain": plain})
        used += [mine.cpu, plain.cpu]
    ours, theirs = used[2] - used[0], used[3] - used[1]
    _line("each further picture", "ragmm", f"{3 * count / ours:,.1f} pictures/CPU-s", "", "")
    _line("", "plain", f"{3 * count / theirs:,.1f} pictures/CPU-s", "", f"{theirs / ours:.2f}x")


def query_rows(work: Work, rounds: int) -> None:
    """From nothing to five hits, and the process is gone again."""
    question = "how did revenue grow in the north region"
    collection = str(work.folder / "collection-texts")
    mine = best(work.ragmm("query", question, "-c", collection, "--no-answer", "-k", "5"), rounds)
    other = best(work.plain("query", str(work.folder / "plain-texts"), work.text_model, question), rounds)
    _add("query from cold (MiniLM)", "CPU-s", 0, mine, {"plain": other})
    tower = str(work.folder / "collection-tower")
    pipeline = work.pipeline("shared", f'shared = "open_clip:{work.image_model}"\nvlm = "extractive"')
    few = work.folder / "few"
    write_texts(few, 2)
    spent(work.ragmm("ingest", str(few), "-c", tower, "-p", pipeline))
    mine = best(work.ragmm("query", question, "-c", tower, "--no-answer", "-k", "5"), rounds)
    _add("query from cold (ViT-B-32 text tower)", "CPU-s", 0, mine, {})
    for name in (collection, tower):
        said = subprocess.run([sys.executable, "-m", "bench.warm", name], capture_output=True, check=True, text=True)
        warm = json.loads(said.stdout)
        what = f"{warm['query']:.1f} CPU-ms, beside embedding and search {warm['rest']:.1f}"
        _line(f"query, warm ({Path(name).name})", "ragmm", what, "", "")


def _add(what: str, unit: str, inputs: int, mine: Spent, others: dict[str, Spent]) -> None:
    """One row a contender; with inputs, rates, else seconds. Ratios are always: how many times better ragmm is."""
    for name, one in {"ragmm": mine, **others}.items():
        measured = f"{inputs / one.cpu:,.1f} {unit}" if inputs else f"{one.cpu:.2f} {unit}"
        ratio = "" if name == "ragmm" else f"{one.cpu / mine.cpu:.2f}x"
        _line(what if name == "ragmm" else "", name, measured, f"{one.mib:,.0f} MiB", ratio)


def _line(*cells: str) -> None:
    """At once: the next row takes a while."""
    print(
        "  ".join(cell.ljust(width) for cell, width in zip(cells, (40, 12, 44, 12, 9), strict=True)).rstrip(),
        flush=True,
    )


def main() -> None:
    """Prints the table, a row at a time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=60)
    parser.add_argument("--images", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", nargs="+", default=["texts", "images", "query"])
    options = parser.parse_args()
    _line("task", "with", "measured", "peak memory", "better by")
    with tempfile.TemporaryDirectory(prefix="ragmm-bench-") as temporary:
        folder = Path(temporary)
        model = str(find("st:all-MiniLM-L6-v2").folder)
        work = Work(folder=folder, text_model=model, image_model=random_model(folder))
        if {"texts", "query"} & set(options.rows):
            text_rows(work, options.documents)
        if "images" in options.rows:
            image_rows(work, options.images)
        if "query" in options.rows:
            query_rows(work, options.rounds)


if __name__ == "__main__":
    main()
