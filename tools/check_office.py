"""How well a folder of real documents is read: items by kind, lines that must be found, reasons for what was not read.

python -m tools.check_office FOLDER   FOLDER holds files/, and where it has one queries.jsonl (document, must_contain)
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from ragmm.errors import RagmmError
from ragmm.loaders.parser import ParserPool, WorkerDiedError
from ragmm.loaders.settings import LoaderSettings, Ocr


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one file."""

    name: str
    kinds: dict[str, int]
    missing: list[str]
    seconds: float
    reason: str = ""
    died: bool = False
    warnings: tuple[str, ...] = ()


def main() -> int:
    """Prints a row per file and the sums; exit status 1 where a line is missing or a worker died."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="*", help="a pattern of file names")
    parser.add_argument("--ocr", type=Ocr, choices=list(Ocr), default=Ocr.AUTO)
    asked = parser.parse_args()
    wanted = expected_lines(asked.folder / "queries.jsonl")
    files = sorted(file for file in (asked.folder / "files").glob(asked.only) if file.is_file())
    outcomes = []
    with ParserPool(LoaderSettings(archives=True, ocr=asked.ocr), workers=1) as pool:
        for file in files:
            outcomes.append(outcome(pool, file, wanted[file.name]))
            print(row(outcomes[-1]), flush=True)
    lines = sum(len(wanted[file.name]) for file in files)
    missing = sum(len(one.missing) for one in outcomes)
    read, died = sum(not one.reason for one in outcomes), sum(one.died for one in outcomes)
    kinds = sum((Counter(one.kinds) for one in outcomes), Counter[str]())
    print(f"{len(files)} files: {read} read, {len(files) - read} with a reason, of which {died} killed their worker")
    print(f"items: {dict(kinds)}; lines that must be found: {lines - missing} of {lines}")
    return int(bool(missing or died))


def expected_lines(queries: Path) -> dict[str, list[str]]:
    """The lines that must be found, by file name."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for line in queries.read_text(encoding="utf-8").splitlines() if queries.is_file() else ():
        query = json.loads(line)
        wanted[query.get("document", "")].extend(query.get("must_contain", ()))
    return wanted


def outcome(pool: ParserPool, file: Path, wanted: list[str]) -> Outcome:
    """One file, read in a worker."""
    began = time.monotonic()
    try:
        document = pool.parse(file)
        items = list(document.items)
    except RagmmError as error:
        seconds = time.monotonic() - began
        died = isinstance(error, WorkerDiedError)
        return Outcome(name=file.name, kinds={}, missing=wanted, seconds=seconds, reason=str(error), died=died)
    text = letters("\n".join(item.text for item in items))
    return Outcome(
        name=file.name,
        kinds=dict(Counter(str(item.modality) for item in items)),
        missing=[line for line in wanted if letters(line) not in text],
        seconds=time.monotonic() - began,
        warnings=tuple(document.warnings),
    )


def letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def row(one: Outcome) -> str:
    """A line of the table."""
    kinds = " ".join(f"{kind} {count}" for kind, count in sorted(one.kinds.items()))
    notes = [
        one.reason,
        *(f"missing: {line}" for line in one.missing),
        *(f"warned: {said}" for said in one.warnings[:3]),
    ]
    return f"{one.name[-60:]:60} {one.seconds:6.2f} s  {kinds or '-':40} " + " | ".join(filter(None, notes))


if __name__ == "__main__":
    raise SystemExit(main())
