"""What a running process adds to a query beside embedding it and searching vectors and words.

python -m bench.warm COLLECTION [--rounds 50]     (bench.beside calls it; prints one JSON line)
"""

from __future__ import annotations

import argparse
import json
import statistics

import ragmm

QUESTIONS = ("how did revenue grow in the north region", "the price of energy in winter", "a bridge over the river")


# What a script without a ranking of its own would have to do as well.
SEARCHED = ("embed", "search", "lexical")


def main() -> None:
    """Medians in milliseconds; on a busy machine the least says more."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("collection")
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    collection = ragmm.open(options.collection)
    whole, rest = [], []
    for number in range(options.rounds + 3):
        spent = collection.query(f"{QUESTIONS[number % 3]} {number}", answer=False).timings_ms
        whole.append(sum(spent.values()))
        rest.append(sum(time for stage, time in spent.items() if stage not in SEARCHED))
    whole, rest = whole[3:], rest[3:]
    print(json.dumps({"query": statistics.median(whole), "rest": statistics.median(rest), "least rest": min(rest)}))


if __name__ == "__main__":
    main()
