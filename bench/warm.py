"""What a running process adds to a query beside embedding it and searching vectors and words.

python -m bench.warm COLLECTION [--rounds 50]     (bench.beside calls it; prints one JSON line)
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

import ragmm

QUESTIONS = ("how did revenue grow in the north region", "the price of energy in winter", "a bridge over the river")


def main() -> None:
    """Medians in milliseconds, of CPU time: the machine may be busy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collection")
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    collection = ragmm.open(options.collection)
    (space,) = collection.info().spaces
    embedder = collection.embedders[space]
    whole, parts = [], []
    for number in range(options.rounds + 3):
        question = f"{QUESTIONS[number % 3]} {number}"
        began = time.process_time()
        embedder.embed_texts([question], ragmm.types.Role.QUERY)
        embedded = time.process_time()
        result = collection.query(question, answer=False)
        whole.append((time.process_time() - embedded) * 1000)
        searched = sum(result.timings_ms.get(stage, 0.0) for stage in ("search", "lexical"))
        parts.append((embedded - began) * 1000 + searched)
    rest = [one - part for one, part in zip(whole[3:], parts[3:], strict=True)]
    print(json.dumps({"query": statistics.median(whole[3:]), "rest": statistics.median(rest)}))


if __name__ == "__main__":
    main()
