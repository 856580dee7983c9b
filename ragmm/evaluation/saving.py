"""Evaluations on disk: what `--save` writes and `--against` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ragmm.errors import StorageError, UsageError
from ragmm.render.records import to_json

__all__ = ["FORMAT", "SavedRun", "Values", "load_run", "save_record"]

FORMAT: Final = "ragmm-eval-1"

Values = Mapping[str, Mapping[str, float]]
"""By question, then by metric."""


@dataclass(frozen=True, kw_only=True)
class SavedRun:
    """What a saved evaluation holds that a later one is compared with."""

    source: str
    collection: str
    generation: int
    values: Values
    asked: Mapping[str, str]
    """The questions' words, by qid."""


def save_record(file: Path, record: Mapping[str, Any]) -> None:
    """Raises StorageError where it cannot be written."""
    try:
        file.write_text(to_json(record) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{file}: the evaluation cannot be saved ({error.strerror})") from error


def load_run(file: Path) -> SavedRun:
    """Raises UsageError where the file is no saved evaluation."""
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file}: the saved evaluation cannot be read ({error.strerror}); check the path") from error
    except ValueError as error:
        raise UsageError(f"{file}: not JSON ({error}); give a file that ragmm eval --save wrote") from None
    seen = record.get("format") if isinstance(record, dict) else None
    if seen != FORMAT:
        raise UsageError(f"{file}: the format is {seen!r}, not {FORMAT!r}; give a file that ragmm eval --save wrote")
    try:
        results = {str(one["qid"]): one for one in record["results"]}
        return SavedRun(
            source=str(file),
            collection=str(record["collection"]),
            generation=int(record["generation"]),
            values={qid: {name: float(value) for name, value in one["values"].items()} for qid, one in results.items()},
            asked={qid: str(one["question"]) for qid, one in results.items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{file}: damaged ({error!r}); save the evaluation again with --save") from None
