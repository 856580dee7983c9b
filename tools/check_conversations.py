"""Hold the conversations of conversations.jsonl with the default profile: how many further questions are right.

python -m tools.check_conversations     ours, about the sample and the documents that answers are checked on
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ragmm.collection import Collection
from ragmm.commands.shared.progress import shown_progress
from ragmm.evaluation.questions import EvalQuestion
from ragmm.evaluation.values import likeness
from ragmm.types import QueryResult
from tools.answer_judging import FOLDS, Asked, said_first
from tools.answer_sets import OWN, read_source
from tools.check_answers import collected
from tools.eval_sets import lines

CONVERSATIONS = Path(__file__).with_name("conversations.jsonl")
_PLACES = {"first": (1,), "second": (2,), "third": (3,), "second and third": (2, 3)}


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One question of a conversation, and what became of it."""

    cid: str
    fold: str
    place: int
    """Its number in the conversation, from 1."""
    question: str
    read_as: str
    said: str
    wanted: tuple[str, ...]
    right: bool
    right_in_full: bool
    """Whether the same question, written out, is answered rightly: more cannot be had by completing it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the shares."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.check_conversations", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--collections", type=Path, default=Path("indexes/answers"), help="where collections are kept")
    parser.add_argument("--refresh", action="store_true", help="ingest again, also where a collection is complete")
    parser.add_argument("--wrong", choices=FOLDS, help="list the wrong ones of this fold")
    parser.add_argument("--json", type=Path, help="save every question with what was said")
    given = parser.parse_args(arguments)
    given.limit = None
    source = read_source(OWN, None)
    with (
        shown_progress() as progress,
        collected(source, source.asked, given.collections / OWN, given, progress) as docs,
    ):
        turns = [turn for talk in lines(CONVERSATIONS) for turn in held(docs, talk)]
    console = Console()
    console.print(shares_table(turns))
    for turn in turns:
        if turn.fold == given.wrong and not turn.right and turn.place > 1:
            console.print(f"{turn.cid}.{turn.place} {turn.question!r} read as {turn.read_as!r}: {turn.said!r}")
            console.print(f"     wanted {turn.wanted}; asked in full {'right' if turn.right_in_full else 'wrong'}")
    if given.json:
        given.json.write_text(json.dumps([asdict(one) for one in turns], ensure_ascii=False, indent=1), "utf-8")
    return 0


def held(docs: Collection, talk: Mapping[str, Any]) -> Iterator[Turn]:
    """The conversation as `chat` holds it: what was really answered is what the next question follows."""
    history: list[tuple[str, str]] = []
    for place, turn in enumerate(talk["turns"], start=1):
        asked, wanted, full = turn["question"], tuple(turn["answers"]), turn.get("full")
        result = docs.query(asked, history=tuple(history))
        history.append((asked, result.text))
        said, right = _judged(result, full or asked, wanted)
        yield Turn(
            cid=talk["cid"],
            fold=_fold(talk["document"]),
            place=place,
            question=asked,
            read_as=result.read_as,
            said=said,
            wanted=wanted,
            right=right,
            right_in_full=_judged(docs.query(full), full, wanted)[1] if full else right,
        )


def _judged(result: QueryResult, question: str, wanted: Sequence[str]) -> tuple[str, bool]:
    """What was said first, and whether it is what was wanted."""
    said = said_first(result.answer)[0] if result.answer else ""
    return said, bool(said) and likeness(said, wanted, question).right


def _fold(document: str) -> str:
    return Asked(question=EvalQuestion(qid=document), set=OWN, kind="conversation", document=document).fold


def shares_table(turns: Sequence[Turn]) -> Table:
    """A row a fold and place; the further questions together last."""
    table = Table("fold", "questions", "of them", "right", "right asked in full", title="Conversations")
    for fold in (*FOLDS, "all"):
        mine = [turn for turn in turns if fold in (turn.fold, "all")]
        for name, places in _PLACES.items():
            rows = [turn for turn in mine if turn.place in places]
            shares = (sum(one.right for one in rows), sum(one.right_in_full for one in rows))
            table.add_row(fold, str(len(rows)), name, *(f"{share / len(rows):.2f}" for share in shares))
    return table


if __name__ == "__main__":
    raise SystemExit(main())
