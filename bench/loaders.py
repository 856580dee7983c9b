"""How fast and how well documents are parsed: `python -m bench.loaders [--pdf FOLDER] [--malformed FOLDER]`.

Rates are pages per CPU-second, all of one run, so that a busy machine slows every row alike.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from ragmm.errors import DocumentError
from ragmm.isolation.worker import settle
from ragmm.loaders.base import DocumentWarning, Probe
from ragmm.loaders.parser import ParserPool, WorkerDiedError
from ragmm.loaders.pdf import PdfLoader
from ragmm.loaders.pdf.base import PdfBackend
from ragmm.loaders.pdf.pdfium_backend import PdfiumBackend
from ragmm.loaders.registry import default_loaders, load, probe
from ragmm.loaders.settings import LoaderSettings, Ocr, PageImages, Tables

MODES = {
    "text": LoaderSettings(figures=False, tables=Tables.NEVER, page_images=PageImages.NEVER, ocr=Ocr.NEVER),
    "text + figures": LoaderSettings(tables=Tables.NEVER, ocr=Ocr.NEVER),
    "text + figures + tables": LoaderSettings(ocr=Ocr.NEVER),
}


@dataclass(kw_only=True)
class Tally:
    """What one way of reading a folder cost and gave."""

    seconds: float = 0.0
    pages: int = 0
    items: Counter[str] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        return self.pages / self.seconds if self.seconds else 0.0


def backends() -> Iterator[PdfBackend]:
    if find_spec("pymupdf") is not None:
        from ragmm.loaders.pdf.pymupdf_backend import PyMuPdfBackend

        yield PyMuPdfBackend()
    yield PdfiumBackend()


def bare(backend: PdfBackend, file: Path) -> None:
    """The library's own text of every page, and nothing else."""
    if backend.name == "pymupdf":
        import pymupdf

        opened: Any = pymupdf
        for page in opened.open(file, filetype="pdf"):
            page.get_text()
        return
    import pypdfium2

    document = pypdfium2.PdfDocument(file)
    for page in document:
        text = page.get_textpage()
        text.get_text_range()
        text.close()
        page.close()


def measure_pdfs(files: list[Path], console: Console) -> None:
    table = Table("backend", "mode", "pages", "pages / CPU-s", "of bare", "items a page", title="PDF")
    for backend in backends():
        backend.load()
        settle()  # as the parser server does
        tallies = {mode: Tally() for mode in ("bare", *MODES)}
        for file in files:  # each file in all ways in turn: what slows the machine slows all of them
            for mode, tally in tallies.items():
                read_once(backend, file, mode, tally)
        for mode, tally in tallies.items():
            share = tally.rate / tallies["bare"].rate if tallies["bare"].rate else 0.0
            counts = ", ".join(f"{count / tally.pages:.2f} {name}" for name, count in tally.items.most_common())
            table.add_row(backend.name, mode, str(tally.pages), f"{tally.rate:.0f}", f"{share:.2f}", counts)
    console.print(table)


def read_once(backend: PdfBackend, file: Path, mode: str, tally: Tally) -> None:
    try:
        opened = backend.open(file, file.name)
    except DocumentError:
        return
    pages = opened.pages
    opened.close()
    start = time.process_time()
    if mode == "bare":
        bare(backend, file)
    else:
        found = Probe(name=file.name, media_type="application/pdf", size=file.stat().st_size, head=b"%PDF")
        tally.items.update(str(item.modality) for item in PdfLoader(MODES[mode], backend).load(file, found))
    tally.seconds += time.process_time() - start
    tally.pages += pages


def measure_worker(console: Console, count: int) -> None:
    """Many small documents: in this process, and each in a worker; allowed are 1.3 times the first and 30 ms each."""
    settings = LoaderSettings(ocr=Ocr.NEVER)
    with tempfile.TemporaryDirectory() as folder:
        files = list(small_documents(Path(folder), count))
        loaders = default_loaders(settings)
        here = timed(lambda file: list(load(file, probe(file, file.name), loaders)), files)
        with ParserPool(settings, workers=1) as pool:
            there = timed(lambda file: list(pool.parse(file).items), files)
    table = Table(
        "documents", "seconds", "in this process", "in workers", "a document", "of what is allowed", "parent grew",
        title="Worker",
    )  # fmt: skip
    for kind, alone, confined in (("wall", here.wall, there.wall), ("CPU", here.cpu, there.cpu)):
        share = confined / (1.3 * alone + 0.030 * count)
        row = (f"{alone:.2f}", f"{confined:.2f}", f"{1000 * (confined - alone) / count:.1f} ms more", f"{share:.2f}")
        table.add_row(str(count), kind, *row, f"{there.grown:.1f} MiB")
    console.print(table)


def small_documents(folder: Path, count: int) -> Iterator[Path]:
    """Text, Markdown, web pages, tables and PDFs of a page in turn."""
    sentence = "The heron stands still and waits. "
    for number in range(count):
        kind = ("txt", "md", "html", "csv", "pdf")[number % 5]
        file = folder / f"{number}.{kind}"
        text = f"Document {number}.\n\n" + sentence * 40
        if kind == "pdf":
            file.write_bytes(one_page(text[:80]))
        elif kind == "html":
            file.write_text(f"<html><body><h1>{number}</h1><p>{text}</p></body></html>", encoding="utf-8")
        elif kind == "csv":
            rows = "".join(f"{row},{sentence}\n" for row in range(20))
            file.write_text(f"number,text\n{number},first\n{rows}", encoding="utf-8")
        else:
            file.write_text(text, encoding="utf-8")
        yield file


def one_page(text: str) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    data = io.BytesIO()
    canvas = Canvas(data, invariant=1)
    for row in range(30):
        canvas.drawString(72, 760 - 20 * row, text.replace("\n", " "))
    canvas.save()
    return data.getvalue()


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What parsing some documents took, in seconds, and by how many MiB this process grew after the first tenth."""

    wall: float
    cpu: float
    grown: float


def timed(parse: Callable[[Path], object], files: Sequence[Path]) -> Spent:
    """Each kind has been read once before."""
    for file in files[:5]:
        parse(file)
    start, computed, early = time.perf_counter(), computing(), 0.0
    for number, file in enumerate(files):
        parse(file)
        if number == len(files) // 10:
            early = resident()
    return Spent(wall=time.perf_counter() - start, cpu=computing() - computed, grown=resident() - early)


def computing() -> float:
    """CPU-seconds of this process, the parser server and all its workers that have ended."""
    processes = [psutil.Process(), *psutil.Process().children()]
    return sum(sum(process.cpu_times()[: 4 if process.pid != os.getpid() else 2]) for process in processes)


def resident() -> float:
    """MiB of memory that this process has now."""
    return float(psutil.Process().memory_info().rss) / (1 << 20)


def measure_malformed(files: list[Path], console: Console) -> None:
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    with ParserPool(LoaderSettings(), workers=2) as pool, ThreadPoolExecutor(2) as threads:

        def outcome(file: Path) -> tuple[str, float]:
            start = time.perf_counter()
            try:
                kind = "items" if pool.parse(file).count else "nothing"
            except WorkerDiedError as error:
                kind = f"worker ended: {error.death}"
            except DocumentError as error:
                kind = f"reason ({type(error).__name__})"
            return kind, time.perf_counter() - start

        for kind, seconds in threads.map(outcome, files):
            outcomes[kind] += 1
            slowest = max(slowest, seconds)
    table = Table("outcome", "files", title=f"Malformed: {len(files)} files, the slowest took {slowest:.1f} s")
    for kind, count in outcomes.most_common():
        table.add_row(kind, str(count))
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pdf", type=Path, help="a folder of PDF files")
    parser.add_argument("--malformed", type=Path, help="a folder of broken or hostile files")
    parser.add_argument("--most", type=int, default=1_000, help="read at most so many files of a folder")
    parser.add_argument("--small", type=int, default=1_000, help="how many small documents, one worker each")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", DocumentWarning)
    logging.disable(logging.WARNING)
    console = Console()
    measure_worker(console, arguments.small)
    if arguments.pdf:
        measure_pdfs(sorted(arguments.pdf.rglob("*.pdf"))[: arguments.most], console)
    if arguments.malformed:
        files = [file for file in sorted(arguments.malformed.rglob("*")) if file.is_file()]
        measure_malformed(files[: arguments.most], console)


if __name__ == "__main__":
    main()
