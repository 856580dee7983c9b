"""Plain questions made from a passage's own sentences: one name, year or number is asked for.

Passages whose real questions all go unanswered get these beside them, so that no passage alone means none.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace

from training.reader.data import Asked, Example, Lengths, Pool, answered, changed, sentences

_ASKED = (
    (re.compile(r"\b(?:1\d|20)\d\d\b"), ("what year", "which year", "when")),
    (re.compile(r"\b\d[\d,.]*\d\b|\b\d\b"), ("how many", "what number of", "how much")),
    (
        re.compile(r"(?<=[a-z,] )[A-Z][\w'’-]+(?: (?:of|the|de|and) (?=[A-Z])| [A-Z][\w'’-]+)*"),
        ("who", "what", "who or what", "which"),
    ),
)


def asked_plainly(one: Asked, rng: random.Random) -> Asked | None:
    """A question on one of the passage's sentences, with the words around what it asks for."""
    text = one.passage.text
    parts = sentences(text)
    for low, high in rng.sample(parts, min(4, len(parts))):
        pattern, words = rng.choice(_ASKED)
        found = list(pattern.finditer(text, low, high))
        if not found or high - low < 40:
            continue
        match = rng.choice(found)
        before = text[low : match.start()].split()[-rng.randint(3, 8) :]
        after = text[match.end() : high].split()[: rng.randint(2, 6)]
        word = rng.choice(words)
        middle = f"{' '.join(before)} {word} {' '.join(after)}"
        ahead = f"{word} {' '.join(after)} {' '.join(before)}"
        question = rng.choice([middle, ahead]).strip(" .,;:") + "?"
        if text[low:high].count(match.group()) == 1 and len(before) + len(after) > 4:
            return replace(one, question=question[0].upper() + question[1:], answers=((match.start(), match.group()),))
    return None


def plain(one: Asked, pool: Pool, lengths: Lengths, rng: random.Random) -> Example | None:
    """Such a question with its sentence."""
    made = asked_plainly(one, rng)
    return answered(made, pool, lengths, rng) if made else None


def plain_exchanged(one: Asked, pool: Pool, lengths: Lengths, rng: random.Random) -> Example | None:
    """Such a question about another year or name."""
    made = asked_plainly(one, rng)
    question = changed(made, pool, rng) if made else None
    example = answered(replace(made, question=question), pool, lengths, rng) if made and question else None
    return replace(example, start=0, end=0) if example else None
