"""What a question costs a running process: its words, its vectors, and the rest.

python -m bench.warm COLLECTION [--rounds 100]     (bench.beside calls it; prints one JSON line)
python -m bench.warm --items 30000 [--texts FOLDER] [--keep FOLDER] [--tables]
    a store of so many items of natural words, drawn from the .txt files of a folder or else from Python's own
    documentation, with random vectors; `--keep` makes it there, or asks the one that is there; `--tables` searches
    the tables of words, without the files made of them. CPU-milliseconds, medians.
python -m bench.warm --items 1000000 --words ...   without vectors: what the words alone cost
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import re
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import ragmm
from bench import natural
from ragmm.indexes.contracts import Snapshot, unit_rows
from ragmm.indexes.store.store import Store
from ragmm.pipelines.query.glossary import read_glossary
from ragmm.pipelines.query.question import Asked
from ragmm.pipelines.query.run import SearchPlan, search
from ragmm.pipelines.query.timing import Clock
from ragmm.text.stop_words import STOPWORDS
from ragmm.types import Asset, MediaKind, Role

ASKED = ("how did", "what is said about", "when was", "which figure shows", "a chart of")
THINGS = ("revenue", "the price of energy", "a bridge", "the share of women", "research", "training data", "the survey")
PLACES = ("in the north region", "in winter", "over the river", "of the second quarter", "in the table", "by country")

# What a script without a ranking of its own would have to do as well.
SEARCHED = ("embed", "search", "lexical")
DIM = 384
_WARMING = 3
_TERMS = ("the quick ratio", "free cash flow", "the operating margin", "capex", "working capital", "EBITDA")


class RandomEmbedder:
    """Any text is a random point, the same for the same text."""

    info = natural.model(DIM)

    def embed_texts(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:  # noqa: ARG002 - the same for all
        rows = [np.random.default_rng(list(text.encode())).standard_normal(DIM, dtype=np.float32) for text in texts]
        return unit_rows(np.stack(rows))

    def embed_media(self, kind: MediaKind, assets: Sequence[Asset]) -> NDArray[np.float32]:
        raise NotImplementedError


class CpuClock(Clock):
    """Of this process, all threads together."""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.process_time()
        try:
            yield
        finally:
            self.spent[name] = self.spent.get(name, 0.0) + (time.process_time() - began) * 1000


def of_collection(name: str, rounds: int) -> dict[str, float]:
    """Medians in milliseconds; on a busy machine the least says more."""
    collection = ragmm.open(name)
    questions = [" ".join(words) for words in product(ASKED, THINGS, PLACES)]
    random.Random(0).shuffle(questions)
    spent = [collection.query(question, answer=False).timings_ms for question in questions[: rounds + _WARMING]]
    spent = spent[_WARMING:]
    rest = [sum(time for stage, time in one.items() if stage not in SEARCHED) for one in spent]
    return {
        "query": statistics.median(sum(one.values()) for one in spent),
        "words": statistics.median(one.get("lexical", 0.0) for one in spent),
        "vectors": statistics.median(one.get("search", 0.0) for one in spent),
        "rest": statistics.median(rest),
        "least rest": min(rest),
    }


def natural_questions(drawn: Sequence[str]) -> list[str]:
    """Some words of a text, as one remembers them; every third asks for what the finance glossary knows."""
    rng = random.Random(1)
    common = Counter(word.lower() for text in drawn[:20_000] for word in re.findall(r"[A-Za-z]{3,}", text))
    telling = [word for word, count in common.most_common(4_000) if word not in STOPWORDS and count > 1]
    questions = []
    for number in range(200):
        words = [word for word in re.findall(r"[A-Za-z]{3,}", rng.choice(drawn)) if word.lower() in telling][:6]
        about = f"{_TERMS[number % len(_TERMS)]} and " if number % 3 == 0 else ""
        questions.append(f"What is said about {about}{' '.join(words)}?")
    return questions


def of_natural(store: Store, questions: Sequence[str], rounds: int, *, tables: bool) -> dict[str, float]:
    """Medians in CPU-milliseconds, and what the flat search of the same rows takes."""
    snapshot = store.snapshot()
    if tables:
        snapshot.words = lambda: None  # type: ignore[method-assign]
    embedders = {natural.SPACE: RandomEmbedder()} if natural.SPACE in snapshot.spaces else {}
    plan = SearchPlan(embedders=embedders, glossary=read_glossary(("finance",)))
    spent = [_asked(snapshot, question, plan) for question in questions[: rounds + _WARMING]][_WARMING:]
    found = {
        "items": snapshot.item_count,
        "words": statistics.median(one["lexical"] for one in spent),
        "most words": max(one["lexical"] for one in spent),
        **({"vectors": statistics.median(one["search"] for one in spent)} if embedders else {}),
        **({"flat search": _flat(snapshot, rounds)} if embedders else {}),
        "rest": statistics.median(sum(value for stage, value in one.items() if stage not in SEARCHED) for one in spent),
    }
    return {name: round(value, 2) for name, value in found.items()}


def _asked(snapshot: Snapshot, question: str, plan: SearchPlan) -> dict[str, float]:
    clock = CpuClock()
    search(snapshot, Asked(text=question), plan, clock)
    return clock.spent


def _flat(snapshot: Snapshot, rounds: int) -> float:
    index = snapshot.index(natural.SPACE, "text")
    query = RandomEmbedder().embed_texts(["flat"], Role.QUERY)
    times = []
    for _ in range(min(rounds, 20)):
        began = time.process_time()
        index.search(query, 100)
        times.append((time.process_time() - began) * 1000)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collection", nargs="?")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--items", type=int, default=30_000)
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--tables", action="store_true")
    parser.add_argument("--words", action="store_true")
    options = parser.parse_args()
    if options.collection:
        print(json.dumps(of_collection(options.collection, options.rounds)))
        return
    drawn = natural.sentences(options.texts)
    with contextlib.ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ragmm-bench-")))
        store = Store(folder / "collection")
        if not store.exists:
            natural.fill(store, options.items, drawn, 0 if options.words else DIM)
        began = time.process_time()
        store.refresh_indexes("auto")
        built = time.process_time() - began
        found = of_natural(store, natural_questions(drawn), options.rounds, tables=options.tables)
    print(json.dumps({**found, "indexes built, CPU-s": round(built, 1)}))


if __name__ == "__main__":
    main()
