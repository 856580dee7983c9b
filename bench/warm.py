"""What a running process adds to a query beside embedding it and searching vectors and words.

python -m bench.warm COLLECTION [--rounds 100]     (bench.beside calls it; prints one JSON line)
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from itertools import product

import ragmm

ASKED = ("how did", "what is said about", "when was", "which figure shows", "a chart of")
THINGS = ("revenue", "the price of energy", "a bridge", "the share of women", "research", "training data", "the survey")
PLACES = ("in the north region", "in winter", "over the river", "of the second quarter", "in the table", "by country")


# What a script without a ranking of its own would have to do as well.
SEARCHED = ("embed", "search", "lexical")


def main() -> None:
    """Medians in milliseconds; on a busy machine the least says more."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collection")
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    collection = ragmm.open(options.collection)
    questions = [" ".join(words) for words in product(ASKED, THINGS, PLACES)]
    random.Random(0).shuffle(questions)
    whole, rest = [], []
    for question in questions[: options.rounds + 3]:
        spent = collection.query(question, answer=False).timings_ms
        whole.append(sum(spent.values()))
        rest.append(sum(time for stage, time in spent.items() if stage not in SEARCHED))
    whole, rest = whole[3:], rest[3:]
    print(json.dumps({"query": statistics.median(whole), "rest": statistics.median(rest), "least rest": min(rest)}))


if __name__ == "__main__":
    main()
