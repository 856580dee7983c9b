"""Names of purged documents leave what looking after runs wrote: reports, logs, the journal, the state of the drift.

Where reports and logs went is noted with the collection when they are written: `[operate]` itself is not kept there.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ragmm.operate.drift import STATE
from ragmm.operate.files import literal, replace_file
from ragmm.operate.journal import JOURNAL
from ragmm.render.records import to_json

__all__ = ["Forgotten", "forget_names", "note_places"]

_PLACES: Final = "places.json"
PURGED: Final = "(purged)"


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """What no longer names a document."""

    reports: int = 0
    """Reports of nights that are gone, all of them: they shorten names, and nobody can tell which."""
    lines: int = 0
    """Of logs and of the journal."""


def note_places(folder: Path, *, reports: Path | None, log: Path | None) -> None:
    """Remember where the runs of a collection are written about. Raises StorageError."""
    noted = _places(folder)
    now = {"reports": reports, "logs": log}
    wanted = {what: sorted({*noted[what], *([str(path.resolve())] if path else [])}) for what, path in now.items()}
    if wanted != noted:
        replace_file(folder / _PLACES, json.dumps(wanted) + "\n")


def forget_names(folder: Path, names: Sequence[str]) -> Forgotten:
    """Take the names of documents out of everything that was written about the runs of a collection.

    Raises StorageError or OSError where something cannot be written.
    """
    pattern = _pattern(names)
    places = _places(folder)
    (folder / STATE).unlink(missing_ok=True)
    reports = 0
    for place in places["reports"]:
        for report in sorted(Path(place).glob(f"{literal(folder.name)}-[0-9]*Z-*.html")):
            report.unlink(missing_ok=True)
            reports += 1
    logs = [log for place in places["logs"] for log in _rotated(Path(place))]
    return Forgotten(reports=reports, lines=sum(_without(file, pattern) for file in (folder / JOURNAL, *logs)))


def _places(folder: Path) -> dict[str, list[str]]:
    noted: Any = None
    with contextlib.suppress(OSError, ValueError):
        noted = json.loads((folder / _PLACES).read_bytes())
    noted = noted if isinstance(noted, dict) else {}
    return {what: sorted(map(str, noted.get(what, []))) for what in ("reports", "logs")}


def _rotated(log: Path) -> Iterator[Path]:
    """The log and its older parts."""
    yield log
    yield from sorted(log.parent.glob(f"{literal(log.name)}.[0-9]*"))


def _pattern(names: Sequence[str]) -> re.Pattern[str]:
    """Whole names, also bare file names: "a.txt" is neither in "data.txt" nor in "sub/a.txt" nor in "a.txt.bak"."""
    every = {*names, *(name.rpartition("/")[2] for name in names)}
    spelt = "|".join(re.escape(name) for name in sorted(every, key=lambda name: (-len(name), name)) if name)
    return re.compile(rf"(?<![\w/.-])(?:{spelt})(?![\w/-]|\.\w)")


def _without(file: Path, pattern: re.Pattern[str]) -> int:
    """How many lines were changed. The file is replaced as a whole; lines that are no JSON are left out."""
    if not file.is_file():
        return 0
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    kept = [_cleaned(line, pattern) for line in lines]
    changed = sum(one != line for one, line in zip(kept, lines, strict=True))
    if changed:
        replace_file(file, "".join(f"{line}\n" for line in kept if line))
    return changed


def _cleaned(line: str, pattern: re.Pattern[str]) -> str:
    try:
        value = json.loads(line)
    except ValueError:
        return ""
    clean = _replaced(value, pattern)
    return line if clean == value else to_json(clean)


def _replaced(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub(PURGED, value)
    if isinstance(value, dict):
        return {_replaced(name, pattern): _replaced(one, pattern) for name, one in value.items()}
    return [_replaced(one, pattern) for one in value] if isinstance(value, list) else value
