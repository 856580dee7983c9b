"""The models of rapidocr, run with less work: small pictures are hardly enlarged, and lines are read beside their like.

rapidocr itself enlarges every picture until its short side has 736 pixels, and reads lines in sixes padded to the
widest, at least to 320 columns, where most lines of a chart have fewer than 100.
"""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.optional import missing

__all__ = ["Engine"]

Pixels = NDArray[np.uint8]
"""Shape: (height, width, 3), blue first."""

# The short side that lines are looked for at: at least, and where it takes little to get there; and the longest side.
_SHORT, _GOOD_SHORT, _LITTLE, _LONG = 480, 736, 1.25, 2000
_GRID = 32
# Recognition sees lines of this height.
_HEIGHT = 48
_NARROWEST, _WIDEST = 48, 3200
_COLUMNS = 32
"""Batches are as wide as a multiple of it."""
_LIKE = 1.15
"""In one batch a line is at most so many times as wide as the narrowest."""
_AREA = 6_000
"""Columns of one batch, which its memory grows with."""
# Which way up a page stands is asked of so many of its lines, if it has enough of them.
_SAMPLE, _SOME_LINES, _SURE = 6, 3, 0.8
# As rapidocr finds lines.
_LINES: Mapping[str, Any] = {
    "thresh": 0.3,
    "box_thresh": 0.5,
    "max_candidates": 1000,
    "unclip_ratio": 1.6,
    "use_dilation": True,
}


@dataclass(frozen=True, kw_only=True)
class ReadPage:
    """What was read on it."""

    lines: Sequence[tuple[NDArray[np.float32], str, float]]
    """Corners on the page as it lies, text and confidence. Shape of the corners: (4, 2)."""
    turned: bool
    """It stands upside down."""


class Engine:
    """Finds lines and reads them. Not safe to use from several threads at once."""

    def __init__(self, threads: int = 1) -> None:
        """Loads the models, which takes a second."""
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when the library is imported
        folder = _folder()
        # It would report every picture without text as a warning.
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
        from rapidocr.ch_ppocr_det.utils import DBPostProcess
        from rapidocr.ch_ppocr_rec.utils import CTCLabelDecode

        self._detection, self._recognition = (_session(folder, name, threads) for name in ("det", "rec"))
        characters = self._recognition.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._lines, self._letters = DBPostProcess(**_LINES), CTCLabelDecode(character=characters)

    def page(self, pixels: Pixels, most: int | None = None) -> ReadPage:
        """Its lines, or so many at most from all over it; read upside down where a few of them can be read only so."""
        from rapidocr.utils.process_img import get_rotate_crop_image

        corners = [np.asarray(one, np.float32) for one in self._found(pixels)]
        lines = [get_rotate_crop_image(pixels, one) for one in corners]
        sample = list(range(0, len(lines), max(1, len(lines) // _SAMPLE)))
        read = dict(zip(sample, self.lines([lines[number] for number in sample]), strict=True))
        turned = False
        if len(lines) >= _SOME_LINES and 3 * _sure(read.values()) <= len(sample):
            lines_turned = [line[::-1, ::-1] for line in lines]
            other = self.lines([lines_turned[number] for number in sample])
            if turned := _sure(other) > _sure(read.values()):
                lines, read = lines_turned, dict(zip(sample, other, strict=True))
        rest = [number for number in range(len(lines)) if number not in read]
        if most is not None:
            rest = rest[:: max(1, math.ceil(len(rest) / max(1, most - len(read))))]
        read.update(zip(rest, self.lines([lines[number] for number in rest]), strict=True))
        found = [(corners[number], *read[number]) for number in sorted(read)]
        return ReadPage(lines=found, turned=turned)

    def lines(self, pictures: Sequence[Pixels]) -> list[tuple[str, float]]:
        """Text and confidence of pictures that are one line each."""
        widths = [_width(picture) for picture in pictures]
        read: list[tuple[str, float]] = [("", 0.0)] * len(pictures)
        batches = list(_batches(widths))
        for batch in batches:
            columns = math.ceil(max(widths[number] for number in batch) / _COLUMNS) * _COLUMNS
            lines = [_line(pictures[number], widths[number]) for number in batch]
            found = self._read(lines, columns, last=batch is batches[-1])
            for number, one in zip(batch, found, strict=True):
                read[number] = one
        return read

    def _found(self, pixels: Pixels) -> Any:
        import cv2

        height, width = pixels.shape[:2]
        short = min(height, width)
        scale = min(max(1.0, _SHORT / short, min(_LITTLE, _GOOD_SHORT / short)), _LONG / max(height, width))
        size = tuple(max(_GRID, round(side * scale / _GRID) * _GRID) for side in (width, height))
        scaled = _normal(cv2.resize(pixels, size))
        map_ = self._detection.run(None, {self._detection.get_inputs()[0].name: scaled[None]}, _giving_back())[0]
        return self._lines(map_, (height, width))[0]

    def _read(self, lines: Sequence[NDArray[np.float32]], columns: int, *, last: bool) -> list[tuple[str, float]]:
        batch = np.zeros((len(lines), 3, _HEIGHT, columns), np.float32)
        for row, line in zip(batch, lines, strict=True):
            row[:, :, : line.shape[2]] = line
        options = _giving_back() if last else None
        scores = self._recognition.run(None, {self._recognition.get_inputs()[0].name: batch}, options)[0]
        return [(str(text), float(confidence)) for text, confidence in self._letters(scores)[0]]


def _sure(read: Iterable[tuple[str, float]]) -> int:
    return sum(confidence >= _SURE and bool(text.strip()) for text, confidence in read)


def _folder() -> Path:
    found = find_spec("rapidocr")
    if found is None or not found.submodule_search_locations or find_spec("onnxruntime") is None:
        raise missing("rapidocr", "Reading text out of pictures (loaders.ocr)")
    return Path(found.submodule_search_locations[0]) / "models"


def _session(folder: Path, task: str, threads: int) -> Any:
    import onnxruntime

    (file,) = folder.glob(f"*_{task}_*.onnx")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    # Without an arena every layer asks the system for fresh pages, which costs a sixth of the time.
    provider = ("CPUExecutionProvider", {"arena_extend_strategy": "kSameAsRequested"})
    return onnxruntime.InferenceSession(str(file), options, providers=[provider])


def _giving_back() -> Any:
    """Options of a run that gives back what it took: pages of different sizes would each keep their own."""
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


def _width(picture: Pixels) -> int:
    """Columns of a line at the height that is read, not more than is sensible."""
    height, width = picture.shape[:2]
    columns: int = math.ceil(_HEIGHT * width / height)
    return min(_WIDEST, max(_NARROWEST, columns))


def _batches(widths: Sequence[int]) -> Iterator[list[int]]:
    """Numbers of lines that are about as wide."""
    batch: list[int] = []
    for number in sorted(range(len(widths)), key=widths.__getitem__):
        fits = not batch or (
            widths[number] <= _LIKE * widths[batch[0]] + _COLUMNS and widths[number] * (len(batch) + 1) <= _AREA
        )
        if not fits:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _line(picture: Pixels, width: int) -> NDArray[np.float32]:
    import cv2

    return _normal(cv2.resize(picture, (width, _HEIGHT)))


def _normal(pixels: Any) -> NDArray[np.float32]:
    """From -1 to 1. Shape: (3, height, width)."""
    return np.ascontiguousarray((pixels.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1))
