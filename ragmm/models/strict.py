"""Makes transformers' loading strict: weights that are missing are an error instead of random numbers."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ragmm.errors import ModelError

__all__ = ["no_missing_weights"]

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_ROW = re.compile(r"^\s*(?P<key>\S+)\s*\|\s*(?:MISSING|MISMATCH)\b", re.MULTILINE)
_UNUSED = re.compile(r"(^|\.)pooler\.|position_ids$|^lm_head\.")
"""Heads that an embedder does not read; their absence changes nothing."""


class _Report(logging.Handler):
    """Collects the keys that the load report calls missing, instead of printing it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.missing: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        report = _ANSI.sub("", record.getMessage())
        self.missing += [key for key in _ROW.findall(report) if not _UNUSED.search(key)]


@contextmanager
def no_missing_weights(folder: Path) -> Iterator[None]:
    """Raises ModelError when a model loaded inside left parameters without weights. transformers only logs them."""
    logger = logging.getLogger("transformers.modeling_utils")
    report, before = _Report(), (logger.level, logger.propagate)
    logger.addHandler(report)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(report)
        logger.setLevel(before[0])
        logger.propagate = before[1]
    if report.missing:
        more = f" and {len(report.missing) - 1} more" if len(report.missing) > 1 else ""
        raise ModelError(
            f"the weights in {folder} do not fit their config.json: {report.missing[0]}{more} missing or of another "
            "shape; fetch the model again: ragmm models pull NAME"
        )
