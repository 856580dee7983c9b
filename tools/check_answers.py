"""Ask the questions of each set, judge the answers by what they mean, and print how many are right, by kind.

python -m tools.check_answers DATA [SETS…]     DATA/SET holds corpus.jsonl, queries.jsonl and files/; "own" is ours
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

import ragmm
from ragmm.collection import Collection
from ragmm.commands.shared.progress import shown_progress
from ragmm.evaluation.places import documents_named
from ragmm.evaluation.questions import EvalQuestion, Relevant
from ragmm.pipelines.progress import Progress
from ragmm.types import Answer, Document, QueryResult
from tools.answer_judging import FOLDS, Asked, Verdict, verdict
from tools.answer_sets import OWN, SETS, Source, read_source, saved
from tools.answer_tables import changes_table, shares, shares_table

COMPLETE = "ingested"
"""A file beside a collection that holds everything; without it an interrupted ingest is taken up again."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the shares, and with --against what has changed."""
    given = _arguments(arguments)
    verdicts: list[Verdict] = []
    for name in given.sets:
        verdicts += check_set(read_source(name, given.data), given)
    console = Console(width=given.width) if given.width else Console()
    folds = "all documents" if given.fold == "all" else f"the fold {given.fold or 'hold'} (of own questions all)"
    console.print(shares_table(verdicts, f"{len(verdicts):,} questions, {folds}; 95 % intervals over documents"))
    if given.json:
        save(given.json, verdicts)
    if given.against:
        before = [Verdict.from_record(row) for row in saved(given.against)["questions"]]
        console.print(changes_table(before, verdicts))
    return 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.check_answers", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("data", type=Path, nargs="?", help="the folder that holds the sets; none is needed for own")
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"{', '.join(SETS)}, {OWN}; all where none is named")
    parser.add_argument("--collections", type=Path, default=Path("indexes/answers"), help="where collections are kept")
    parser.add_argument("--refresh", action="store_true", help="ingest again, also where a collection is complete")
    parser.add_argument("--limit", type=int, help="only the first questions of each set, and the files that they name")
    parser.add_argument("--fold", choices=(*FOLDS, "all"), help="of the documents: hold, but all of own, unless given")
    parser.add_argument("--json", type=Path, help="save every question with what was said")
    parser.add_argument("--against", type=Path, help="an earlier --json file to compare with")
    parser.add_argument("--width", type=int, help="of the tables, in characters")
    given = parser.parse_args(arguments)
    given.sets = given.sets or ([*SETS, OWN] if given.data else [OWN])
    return given


def check_set(source: Source, given: argparse.Namespace) -> list[Verdict]:
    """A verdict for each question of the fold."""
    asked = chosen(source, given.fold)[: given.limit]
    if not asked:
        return []
    # Fewer documents are another collection: answers depend on what else is there.
    name = source.name if given.limit is None else f"{source.name}-{given.fold or 'default'}-{given.limit}"
    with shown_progress() as progress, collected(source, asked, given.collections / name, given, progress) as docs:
        return list(judged(docs, asked, progress))


def chosen(source: Source, fold: str | None) -> list[Asked]:
    """The questions about the fold's documents; with none given hold, but of our own questions all."""
    wanted = fold or ("all" if source.name == OWN else "hold")
    return [one for one in source.asked if wanted in ("all", one.fold)]


def collected(
    source: Source, asked: Sequence[Asked], folder: Path, given: argparse.Namespace, progress: Progress
) -> Collection:
    """The set's collection by the default profile; one that is complete is used as it is."""
    complete = folder / COMPLETE
    docs = ragmm.create(folder / "collection", exist_ok=True)
    if given.refresh or not complete.is_file():
        report = docs.ingest(list(source.files(folder, asked, given.limit)), progress=progress)
        for failure in report.failures:
            progress.message(f"failed: {failure.uri}: {failure.reason}")
        complete.write_text(f"{ragmm.__version__}\n", encoding="utf-8")
    return docs


def judged(docs: Collection, asked: Sequence[Asked], progress: Progress) -> Iterator[Verdict]:
    """Ask each question as `ragmm query` would."""
    known = documents_named(docs.documents(), [_naming(one) for one in asked])
    for number, one in enumerate(asked, start=1):
        where = _where(one, known)
        yield verdict(
            one, _nothing(docs, one) if where is None else docs.query(one.question.text, where=where, history=one.after)
        )
        progress.update(f"ask {one.set}", number, len(asked), "questions")


def _nothing(docs: Collection, one: Asked) -> QueryResult:
    """What a question about a document that could not be read comes to."""
    answer = Answer(text="", abstained=True)
    return QueryResult(
        question=one.question.text,
        collection=docs.name,
        generation=docs.generation,
        hits=(),
        answer=answer,
        timings_ms={},
    )


def _naming(one: Asked) -> EvalQuestion:
    places = (*one.question.relevant, *(Relevant(uri=uri) for uri in one.where))
    return EvalQuestion(qid=one.question.qid, relevant=places, scope=one.question.scope)


def _where(one: Asked, known: Mapping[str, Sequence[Document]]) -> tuple[str, ...] | None:
    """Paths; none of them means everything, None that what it is limited to is not there."""
    uris = one.where or ((one.question.scope,) if one.question.scope else ())
    return tuple(document.path for uri in uris for document in known[uri]) or (None if uris else ())


def save(file: Path, verdicts: Sequence[Verdict]) -> None:
    """Every question, and the shares of each set for reading by programs."""
    names = dict.fromkeys(one.set for one in verdicts)
    means = {
        name: {metric: asdict(one) for metric, one in shares([v for v in verdicts if v.set == name]).items()}
        for name in names
    }
    record = {"ragmm": ragmm.__version__, "shares": means, "questions": [asdict(one) for one in verdicts]}
    file.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
