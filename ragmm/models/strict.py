"""Makes transformers' loading strict: weights that are missing are an error instead of random numbers."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ragmm.errors import ModelError
from ragmm.models.remedies import remedy_for

__all__ = ["strict_loading"]

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
def strict_loading(folder: Path) -> Iterator[None]:
    """Raises ModelError when a model loaded inside left parameters without weights; shows no progress bar.

    transformers itself fills such parameters with random numbers and logs a line.
    """
    logger = logging.getLogger("transformers.modeling_utils")
    report, level, propagate = _Report(), logger.level, logger.propagate
    logger.addHandler(report)
    logger.propagate = False
    if not logger.isEnabledFor(logging.WARNING):
        logger.setLevel(logging.INFO)  # WARNING itself would make transformers check plans for tensor parallelism
    try:
        with _without_progress_bars():
            yield
    except (RuntimeError, ValueError) as error:
        if not report.missing:
            raise
        raise ModelError(_unfit(folder, report.missing)) from error
    finally:
        logger.removeHandler(report)
        logger.setLevel(level)
        logger.propagate = propagate
    if report.missing:
        raise ModelError(_unfit(folder, report.missing))


def _unfit(folder: Path, missing: list[str]) -> str:
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return (
        f"the weights in {folder} do not fit their config.json: {missing[0]}{more} missing or of another shape; "
        f"{remedy_for(folder)}"
    )


@contextmanager
def _without_progress_bars() -> Iterator[None]:
    from transformers.utils import logging as bars

    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()  # type: ignore[no-untyped-call]
