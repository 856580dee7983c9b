"""Ask the questions of financebench with and without the finance glossary; print what is right, wrong and refused.

python -m tools.check_finance DATA      DATA holds financebench

The reports are long: of each, the pages that answer are taken with some around them and a few from the rest
(`--around`, `--others`), all of one file together, so that finding the page is easier than in whole reports.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

import ragmm
from ragmm.commands.shared.progress import shown_progress
from ragmm.config import Pipeline, parse_pipeline
from tools.answer_judging import Asked, Verdict
from tools.answer_sets import set_asked
from tools.check_answers import judged, save
from tools.check_worked import worked_table

NAME = "financebench"
GLOSSARIES: Mapping[str, str] = {"with the glossary": '["finance"]', "without": "[]"}
_PIPELINE = """
[pipeline]
name = "finance"
profile = "mini"
routes = ["text"]
[models]
caption = "none"
[loaders]
ocr = "never"
[query]
glossary = {glossary}
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table with and one without the glossary."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.check_finance", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("data", type=Path, help="the folder that holds financebench")
    parser.add_argument(
        "--collections", type=Path, default=Path("indexes/finance"), help="where the collection is kept"
    )
    parser.add_argument("--around", type=int, default=2, help="pages before and after each that answers")
    parser.add_argument("--others", type=int, default=4, help="further pages of each report")
    parser.add_argument("--limit", type=int, help="only the first questions")
    parser.add_argument("--json", type=Path, help="save every question with what was said")
    given = parser.parse_args(arguments)
    folder = given.data / NAME
    asked = set_asked(folder)[: given.limit]
    extracts = write_extracts(folder / "files", asked, given.collections / "pages", given.around, given.others)
    verdicts: list[Verdict] = []
    for name, glossary in GLOSSARIES.items():
        pipeline = parse_pipeline(_PIPELINE.format(glossary=glossary), source="tools.check_finance")
        found = answered(pipeline, given.collections / "collection", extracts, asked)
        Console(width=110).print(worked_table(found, f"{name}: {len(found)} questions"))
        verdicts += found
    if given.json:
        save(given.json, verdicts)
    return 0


def answered(pipeline: Pipeline, collection: Path, extracts: Path, asked: Sequence[Asked]) -> list[Verdict]:
    """A verdict for each; what is ingested already is not read again."""
    with ragmm.create(collection, pipeline=pipeline, exist_ok=True) as docs, shown_progress() as progress:
        docs.ingest([extracts], progress=progress)
        return list(judged(docs, asked, progress))


def write_extracts(files: Path, asked: Sequence[Asked], target: Path, around: int, others: int) -> Path:
    """Of each report the pages wanted, in their order, under its name."""
    import pypdfium2

    target.mkdir(parents=True, exist_ok=True)
    wanted: dict[str, set[int]] = defaultdict(set)
    for one in asked:
        for place in one.question.relevant:
            first = (place.page or 1) - 1
            wanted[place.uri].update(range(first - around, first + around + 1))
    for uri, pages in wanted.items():
        if (target / uri).is_file():
            continue
        whole = pypdfium2.PdfDocument(files / uri)
        rest = random.Random(uri).sample(range(len(whole)), min(others, len(whole)))
        part = pypdfium2.PdfDocument.new()
        part.import_pages(whole, sorted(page for page in pages | set(rest) if 0 <= page < len(whole)))
        part.save(target / uri)
    return target


if __name__ == "__main__":
    raise SystemExit(main())
