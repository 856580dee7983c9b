"""The log of runs: one JSON object a line, rotating, without control characters and without secrets."""

from __future__ import annotations

import io
import logging
import os
import re
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final

from ragmm.operate.files import PRIVATE
from ragmm.operate.redact import Redactor
from ragmm.render.records import to_json, to_record

__all__ = ["RunLog"]

_HIDDEN: Final = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""What a terminal would not show, or would show in another order."""
_LONGEST: Final = 4000
"""Of one text in a line; a hostile document must not fill the log with its name."""


class RunLog:
    """Writes events of one run; without a file it writes nothing. Safe to use from several threads."""

    def __init__(
        self, path: Path | None, run: str, redactor: Redactor, *, megabytes: float = 10, keep: int = 5
    ) -> None:
        self._run, self._redactor = run, redactor
        self._handler: RotatingFileHandler | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._handler = _PrivateFile(
                path, maxBytes=int(megabytes * 1_000_000), backupCount=keep, encoding="utf-8", errors="backslashreplace"
            )

    def event(self, level: int, event: str, **facts: Any) -> None:
        """`facts`: JSON-able, or dataclasses."""
        if self._handler is None:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        head = {"time": now, "level": logging.getLevelName(level).lower(), "run": self._run, "event": event}
        line = to_json({**head, **self._redactor.value(_short(to_record(facts)))})
        line = _HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", line)
        self._handler.emit(logging.LogRecord("ragmm", level, "", 0, line, None, None))

    def info(self, event: str, **facts: Any) -> None:
        self.event(logging.INFO, event, **facts)

    def warning(self, event: str, **facts: Any) -> None:
        self.event(logging.WARNING, event, **facts)

    def error(self, event: str, **facts: Any) -> None:
        self.event(logging.ERROR, event, **facts)

    def close(self) -> None:
        if self._handler is not None:
            self._handler.close()


class _PrivateFile(RotatingFileHandler):
    """For its owner alone, and a disk that refuses is not the run's failure."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, PRIVATE)
        return TextIOWrapper(io.FileIO(descriptor, "a"), encoding=self.encoding, errors=self.errors, write_through=True)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Say nothing: standard error may be as full as the disk."""


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}… ({len(value):,} characters)"
    if isinstance(value, dict):
        return {_short(str(name)): _short(one) for name, one in value.items()}
    return [_short(one) for one in value] if isinstance(value, list) else value
