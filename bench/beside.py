"""ragmm beside a plain script and other frameworks: same files, same weights, one thread each, in one table.

    make bench-peers; python -m bench.beside [--documents 60] [--images 128] [--rounds 3]

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


def write_pdf(folder: Path, pages: int) -> None:
    """Of headings, paragraphs and a small table on every fourth page."""
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table

    rng, words, styles = random.Random(2), " ".join(_VOCABULARY).split(), getSampleStyleSheet()
    folder.mkdir(parents=True)
    story: list[object] = []
    for page in range(pages):
        story.append(Paragraph(f"Section {page + 1}", styles["Heading2"]))
        for _ in range(5):
            said = " ".join(" ".join(rng.choices(words, k=10)).capitalize() + "." for _ in range(8))
            story.append(Paragraph(said, styles["BodyText"]))
        if page % 4 == 0:
            rows = [["region", "2022", "2023"], *([rng.choice(words), rng.random(), rng.random()] for _ in range(6))]
            story.append(Table(rows))
        story.append(PageBreak())
    SimpleDocTemplate(str(folder / "report.pdf")).build(story)


# --------------------------------------------------------------------------------------------------- the rows


def text_rows(work: Work, documents: int) -> None:
    """Words a CPU-second, reading included."""
    words = write_texts(work.folder / "texts", documents)
    texts, collection = str(work.folder / "texts"), str(work.folder / "collection-texts")
    pipeline = work.pipeline("text", 'caption = "none"\nvlm = "extractive"')
    table = Rows(f"ingest {words:,} words (MiniLM)", "words/CPU-s", words)
    table.add("ragmm", spent(work.ragmm("ingest", texts, "-c", collection, "-p", pipeline)))
    table.add("plain", spent(work.plain("texts", texts, str(work.folder / "plain-texts"), work.text_model)))
    for name in frameworks.FRAMEWORKS:
        if python := frameworks.interpreter(name):
            command = [str(python), "-W", "ignore", "-m", "bench.frameworks", name, texts]
            table.add(name, spent([*command, str(work.folder / name), work.text_model]))


def pdf_rows(work: Work, pages: int) -> None:
    """Pages a CPU-second of a PDF with a text layer; the script takes the text of each page as it comes."""
    pdfs, collection = work.folder / "pdfs", str(work.folder / "collection-pdfs")
    write_pdf(pdfs, pages)
    pipeline = work.pipeline("text", 'caption = "none"\nvlm = "extractive"')
    table = Rows(f"ingest a PDF of {pages:,} pages (MiniLM)", "pages/CPU-s", pages)
    table.add("ragmm", spent(work.ragmm("ingest", str(pdfs), "-c", collection, "-p", pipeline)))
    table.add("plain", spent(work.plain("pdfs", str(pdfs), str(work.folder / "plain-pdfs"), work.text_model)))


def image_rows(work: Work, count: int) -> None:
    """Pictures a CPU-second, decoding included; four times as many show whether memory grows and what starting cost."""
    used: list[float] = []
    for pictures in (count, 4 * count):
        images = work.folder / f"images{pictures}"
        write_images(images, pictures)
        collection = str(work.folder / f"collection-images{pictures}")
        pipeline = work.pipeline("shared", f'shared = "open_clip:{work.image_model}"\nvlm = "extractive"')
        table = Rows(f"ingest {pictures:,} pictures (ViT-B-32)", "pictures/CPU-s", pictures)
        used.append(table.add("ragmm", spent(work.ragmm("ingest", str(images), "-c", collection, "-p", pipeline))))
        command = work.plain("images", str(images), f"{images}-plain", str(work.image_model))
        used.append(table.add("plain", spent(command)))
    further = Rows("each further picture", "pictures/CPU-s", 3 * count)
    for name, least, most in (("ragmm", used[0], used[2]), ("plain", used[1], used[3])):
        further.add(name, Spent(cpu=most - least, wall=0, mib=0))


def query_rows(work: Work, rounds: int) -> None:
    """From nothing to five hits, and the process is gone again; then what a running process needs."""
    question = "how did revenue grow in the north region"
    texts, tower = str(work.folder / "collection-texts"), str(work.folder / "collection-tower")
    table = Rows("query from cold (MiniLM)", "CPU-s")
    table.add("ragmm", best(work.ragmm("query", question, "-c", texts, "--no-answer", "-k", "5"), rounds))
    table.add("plain", best(work.plain("query", str(work.folder / "plain-texts"), work.text_model, question), rounds))
    pipeline = work.pipeline("shared", f'shared = "open_clip:{work.image_model}"\nvlm = "extractive"')
    write_texts(work.folder / "few", 2)
    spent(work.ragmm("ingest", str(work.folder / "few"), "-c", tower, "-p", pipeline))
    table = Rows("query from cold (ViT-B-32 text tower)", "CPU-s")
    table.add("ragmm", best(work.ragmm("query", question, "-c", tower, "--no-answer", "-k", "5"), rounds))
    for name in (texts, tower):
        said = subprocess.run([sys.executable, "-m", "bench.warm", name], capture_output=True, check=True, text=True)
        warm = json.loads(said.stdout)
        what = f"{warm['query']:.1f} ms, of which beside embedding and search {warm['rest']:.1f}"
        _line(f"query, warm ({Path(name).name})", "ragmm", what, "", "")


class Rows:
    """One task's rows: with inputs, rates, else seconds. The last column says how many times better ragmm is."""

    def __init__(self, what: str, unit: str, inputs: int = 0) -> None:
        self._what, self._unit, self._inputs = what, unit, inputs
        self._ours = 0.0

    def add(self, name: str, one: Spent) -> float:
        """The first row is ragmm's. Returns the CPU time."""
        ratio = f"{one.cpu / self._ours:.2f}x" if self._ours else ""
        measured = f"{self._inputs / one.cpu:,.1f} {self._unit}" if self._inputs else f"{one.cpu:.2f} {self._unit}"
        _line(self._what, name, measured, f"{one.mib:,.0f} MiB" if one.mib else "", ratio)
        self._what, self._ours = "", self._ours or one.cpu
        return one.cpu


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
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--rows", nargs="+", default=["texts", "pdfs", "images", "query"])
    options = parser.parse_args()
    _line("task", "with", "measured", "peak memory", "better by")
    with tempfile.TemporaryDirectory(prefix="ragmm-bench-") as temporary:
        folder = Path(temporary)
        model = str(find("st:all-MiniLM-L6-v2").folder)
        work = Work(folder=folder, text_model=model, image_model=random_model(folder))
        if {"texts", "query"} & set(options.rows):
            text_rows(work, options.documents)
        if "pdfs" in options.rows:
            pdf_rows(work, options.pages)
        if "images" in options.rows:
            image_rows(work, options.images)
        if "query" in options.rows:
            query_rows(work, options.rounds)


if __name__ == "__main__":
    main()
