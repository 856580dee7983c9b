"""OCR beside bare rapidocr with its defaults: CPU-seconds a picture and character error rate by kind, in one run.

python -m tools.check_ocr DATA [--each 4] [--kinds charts small …]

DATA holds ocr_lines, mmlongbench, zh_docs and opencqa_charts.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from ragmm.loaders.ocr import OcrReader, joined_text
from tools.ocr_samples import Sample, samples

Read = Callable[[Image.Image], str]


@dataclass(kw_only=True)
class Row:
    """What one reader did with one kind of pictures."""

    pictures: int = 0
    seconds: float = 0.0
    wrong: int = 0
    letters: int = 0

    def count(self, seconds: float, wrong: int, letters: int) -> None:
        self.pictures += 1
        self.seconds, self.wrong, self.letters = self.seconds + seconds, self.wrong + wrong, self.letters + letters

    @property
    def rate(self) -> str:
        return f"{self.wrong / self.letters:.4f}" if self.letters else "–"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--each", type=int, default=4, help="pictures of a kind")
    parser.add_argument("--kinds", nargs="*", help="only these: en, zh, charts, rotated, small, opencqa, 'line en' …")
    given = parser.parse_args(arguments)
    readers = {"ragmm": _ours(), "rapidocr": _bare()}
    rows: dict[str, dict[str, Row]] = {name: defaultdict(Row) for name in readers}
    for sample in samples(given.data, given.each):
        if given.kinds and sample.kind not in given.kinds:
            continue
        for name, read in readers.items():
            began = _cpu()
            text = letters(read(sample.image))
            seconds = _cpu() - began
            for kind in (sample.kind, "all"):
                rows[name][kind].count(seconds, *_errors(sample, text))
    _show(rows)
    return 0


def _ours() -> Read:
    ocr = OcrReader()
    ocr.load()
    return lambda image: joined_text(ocr.lines(image))


def _bare() -> Read:
    """As its documentation says it is used."""
    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    from rapidocr import RapidOCR

    engine: Any = RapidOCR(params={"Global.log_level": "critical"})
    engine(np.zeros((64, 64, 3), np.uint8))  # loads the models

    def read(image: Image.Image) -> str:
        found = engine(np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1]))
        return "\n".join(found.txts or ())

    return read


def _cpu() -> float:
    times = os.times()
    return times.user + times.system


def _errors(sample: Sample, read: str) -> tuple[int, int]:
    """Letters that are wrong, of how many."""
    expected = [line for line in map(letters, sample.lines) if line]
    return sum(distance_within(line, read) for line in expected), sum(map(len, expected))


def letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def distance_within(expected: str, read: str) -> int:
    """Fewest edits that turn some stretch of what was read into what is expected."""
    wanted, seen = (np.frombuffer(text.encode("utf-32-le"), np.uint32) for text in (expected, read))
    places = np.arange(len(seen) + 1)
    row = np.zeros(len(seen) + 1, np.int64)
    for number, letter in enumerate(wanted, 1):
        best = np.append(number, np.minimum(row[1:] + 1, row[:-1] + (seen != letter)))
        row = np.minimum.accumulate(best - places) + places  # letters of `read` that are left out
    return int(row.min())


def _show(rows: Mapping[str, Mapping[str, Row]]) -> None:
    ours, bare = rows["ragmm"], rows["rapidocr"]
    table = Table("pictures", "number", "CPU-s each", "rapidocr", "ratio", "error rate", "rapidocr")
    for kind, row in ours.items():
        other = bare[kind]
        times = (f"{one.seconds / one.pictures:.2f}" for one in (row, other))
        table.add_row(kind, str(row.pictures), *times, f"{row.seconds / other.seconds:.2f}", row.rate, other.rate)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
