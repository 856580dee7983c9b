"""Questions as people type them: lower case, no question mark, slips, key words alone."""

from __future__ import annotations

import random

_SMALL_WORDS = (
    "what which who whom whose when where why how is are was were did do does the a an of in on at to for by has have"
    " had it its that be been"
)
_DROPPED = frozenset(_SMALL_WORDS.split())

_QUALIFIED = (
    "{q} in {n}",
    "{q} in the {n}",
    "{q} on the {n}",
    "{q} according to {n}",
    "{q} for {n}",
    "{q} of {n}",
    "{q} at {n}",
    "In {n}, {l}",
    "According to the {n}, {l}",
    "{n}: {l}",
    "{n} {l}",
)


def as_typed(question: str, rng: random.Random) -> str:
    """Most questions stay as they are."""
    dice = rng.random()
    if dice < 0.55:
        return question
    if dice < 0.63 and question.isascii():
        return key_words(question)
    if rng.random() < 0.8:
        question = question.rstrip("?？ ")
    if rng.random() < 0.7:
        question = question.lower()
    if rng.random() < 0.25:
        question = slip(question, rng)
    return question


def key_words(question: str) -> str:
    """Without question words and small words, if enough is left."""
    kept = [word for word in question.rstrip("? ").split() if word.lower() not in _DROPPED]
    return " ".join(kept) if len(kept) >= 3 else question


def slip(question: str, rng: random.Random) -> str:
    """Two letters exchanged, one lost or one doubled in a longer word."""
    words = question.split(" ")
    long = [number for number, word in enumerate(words) if len(word) > 4 and word.isalpha() and word.isascii()]
    if not long:
        return question
    chosen = rng.choice(long)
    word = words[chosen]
    at = rng.randint(1, len(word) - 3)
    words[chosen] = rng.choice(
        [
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
        ]
    )
    return " ".join(words)


def qualified(question: str, name: str, rng: random.Random) -> str:
    """A question that says in which document its answer is to be looked for."""
    form = rng.choice(_QUALIFIED)
    bare = question.rstrip(" ?")
    mark = "?" if bare != question.rstrip() else ""
    return form.format(q=bare, l=bare[:1].lower() + bare[1:], n=name) + mark
