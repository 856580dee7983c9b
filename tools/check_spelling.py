"""How well misspelt questions are found: each as it is, and with one slip of the pen in a telling word.

python -m tools.check_spelling COLLECTION SET [DATA]    SET: own, or one whose queries.jsonl is in DATA/SET
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ragmm
from bench.warm import CpuClock
from ragmm.collection import Collection
from ragmm.evaluation.places import documents_named, hits_at
from ragmm.evaluation.searching import AskedWay, asked
from ragmm.pipelines.query.filters import parse_filters
from ragmm.pipelines.query.question import Asked
from ragmm.pipelines.query.run import SearchPlan, search
from ragmm.text.stop_words import STOPWORDS
from tools.answer_sets import read_source

_WORD = re.compile(r"[A-Za-z]{5,}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Of some questions."""

    questions: int
    first: float
    """With a right place at the first hit, and among the first five."""
    fifth: float
    changed: float
    """In which a word was put right."""
    restored: float
    """In which it became the word that was meant."""
    milliseconds: float
    """CPU time to put words right, a question."""


def main() -> int:
    """Print the shares of the questions as they are and misspelt, with and without putting words right."""
    parser = argparse.ArgumentParser(prog="python -m tools.check_spelling", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("collection", type=Path)
    parser.add_argument("set", metavar="SET")
    parser.add_argument("data", type=Path, nargs="?", help="the folder that holds the set; none is needed for own")
    parser.add_argument("--limit", type=int, help="only the first questions")
    given = parser.parse_args()
    questions = [one.question for one in read_source(given.set, given.data).asked if one.question.answerable]
    with ragmm.open(given.collection) as docs:
        ways = asked(questions, documents_named(docs.documents(), questions))
        ways = [one for one in ways if one.targets.entries and one.where is not None][: given.limit]
        as_they_are = [(one, one.question.text, "") for one in ways]
        slips = [(one, *misspelt(one.question.text, seed)) for seed, one in enumerate(ways)]
        slips = [one for one in slips if one[2]]
        print(f"{'':24}{'questions':>10}{'hit@1':>8}{'hit@5':>8}{'changed':>9}{'restored':>10}{'CPU-ms':>8}")
        for title, rows in (("as they are", as_they_are), ("one slip each", slips)):
            for mends in (False, True):
                one = shares(docs, rows, mends)
                print(
                    f"{title + (', put right' if mends else ''):24}{one.questions:10,}{one.first:8.3f}{one.fifth:8.3f}"
                    f"{one.changed:9.3f}{one.restored:10.3f}{one.milliseconds:8.2f}"
                )
    return 0


def misspelt(question: str, seed: int) -> tuple[str, str]:
    """With one letter of its longest telling word left out, doubled, exchanged or swapped; and that word."""
    telling = [word for word in _WORD.finditer(question) if word[0].lower() not in STOPWORDS]
    if not telling:
        return question, ""
    rng = random.Random(seed)
    chosen = max(telling, key=lambda word: len(word[0]))
    word, at = chosen[0], rng.randrange(1, len(chosen[0]) - 1)
    letter = rng.choice(_LETTERS.replace(word[at].lower(), ""))
    slip = rng.choice(
        [
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + letter + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        ]
    )
    return question[: chosen.start()] + slip + question[chosen.end() :], "" if slip == word else word.lower()


def shares(docs: Collection, rows: Sequence[tuple[AskedWay, str, str]], mends: bool) -> Shares:
    """Of questions as they are to be asked, each with the word that was meant where one is misspelt."""
    snapshot = docs.store.snapshot()
    first = fifth = changed = restored = 0
    spent = 0.0
    for way, text, meant in rows:
        plan = SearchPlan(
            embedders=docs.embedders, k=5, only=parse_filters(None, way.where) if way.where else None, spelling=mends
        )
        clock = CpuClock()
        found = search(snapshot, Asked(text=text), plan, clock)
        ranks = [hit.rank for hit in hits_at(found.hits, way.targets)]
        first += 1 in ranks
        fifth += bool(ranks)
        changed += bool(found.asked.corrections)
        restored += meant in {one.searched for one in found.asked.corrections}
        spent += clock.spent.get("spelling", 0.0)
    count = max(1, len(rows))
    return Shares(
        questions=len(rows),
        first=first / count,
        fifth=fifth / count,
        changed=changed / count,
        restored=restored / count,
        milliseconds=spent / count,
    )


if __name__ == "__main__":
    sys.exit(main())
