"""The log of runs: one JSON object a line, rotating, without control characters and without secrets."""

from __future__ import annotations

import os
import re
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ragmm.operate.files import PRIVATE
from ragmm.operate.redact import Redactor
from ragmm.render.records import to_json
from ragmm.values import to_record

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
        """`keep`: full files beside the one that is written to. OSError where the file cannot be opened."""
        self._path, self._run, self._redactor = path, run, redactor
        self._most, self._keep = int(megabytes * 1_000_000), keep
        self._lock = threading.Lock()
        self._file: int | None = None
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = _open(path)

    def info(self, event: str, **facts: Any) -> None:
        """`facts`: JSON-able, or dataclasses."""
        self._write("info", event, facts)

    def warning(self, event: str, **facts: Any) -> None:
        self._write("warning", event, facts)

    def error(self, event: str, **facts: Any) -> None:
        self._write("error", event, facts)

    def close(self) -> None:
        with self._lock:
            if self._file is not None:
                os.close(self._file)
            self._file = None

    def _write(self, level: str, event: str, facts: dict[str, Any]) -> None:
        if self._file is None:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        head = {"time": now, "level": level, "run": self._run, "event": event}
        line = to_json({**head, **self._redactor.value(_short(to_record(facts)))})
        data = (_HIDDEN.sub(lambda match: f"\\u{ord(match[0]):04x}", line) + "\n").encode("utf-8")
        with self._lock:
            try:
                self._append(data)
            except OSError:
                return  # a disk that refuses the log is not the run's failure, and there is nobody else to tell

    def _append(self, data: bytes) -> None:
        assert self._file is not None  # noqa: S101
        assert self._path is not None  # noqa: S101
        size = os.fstat(self._file).st_size
        if size and size + len(data) > self._most:
            _rotate(self._path, self._keep)
            os.close(self._file)
            self._file = _open(self._path)
        os.write(self._file, data)


def _open(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)


def _rotate(path: Path, keep: int) -> None:
    """log -> log.1 -> log.2 …; the oldest goes."""
    for number in range(keep, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        newer = path.with_name(f"{path.name}.{number - 1}") if number > 1 else path
        if newer.exists():
            newer.replace(older)


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}… ({len(value):,} characters)"
    if isinstance(value, dict):
        return {_short(str(name)): _short(one) for name, one in value.items()}
    return [_short(one) for one in value] if isinstance(value, list) else value
