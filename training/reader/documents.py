"""Passages as documents have them, made by code: minutes, bylaws, reports, budgets, data sheets, papers, mail.

Each passage states a few facts of one document, as sentences, as "label: value" lines or as a list; the question asks
for one of them, or for one that is not there: another year, another part, a fact that only the heading names.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from training.reader.data import Asked, Example, Lengths, Pool, sentences
from training.reader.document_facts import FOREIGN, GENRES, Fact, Genre
from training.reader.document_values import KEYS, MONTHS, VALUES, Values, org, product
from training.reader.foreign_values import VALUES_OF
from training.reader.typing_habits import as_typed, qualified

MARK = "\x00"
"""Stands around the value while a passage is put together."""


@dataclass(frozen=True, kw_only=True)
class Stated:
    """A fact with its key, value and words."""

    fact: Fact
    key: str
    value: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Tongue:
    """What documents of a language state, and how they write it."""

    genres: list[Genre]
    values: Values
    english: bool = False


_ENGLISH = Tongue(genres=GENRES, values=VALUES, english=True)
_FOREIGN = [Tongue(genres=genres, values=VALUES_OF[name]) for name, genres in FOREIGN.items()]


def stated(one: Asked, pool: Pool, lengths: Lengths, rng: random.Random) -> Example | None:  # noqa: ARG001
    """A question that the document answers."""
    return _example(one, _ENGLISH, rng, absent=False)


def unstated(one: Asked, pool: Pool, lengths: Lengths, rng: random.Random) -> Example | None:  # noqa: ARG001
    """A question that the document does not answer."""
    return _example(one, _ENGLISH, rng, absent=True)


def foreign(one: Asked, pool: Pool, lengths: Lengths, rng: random.Random) -> Example | None:  # noqa: ARG001
    """In another language than English, answered or not."""
    return _example(one, rng.choice(_FOREIGN), rng, absent=rng.random() < 0.35)


def _example(filler: Asked, tongue: Tongue, rng: random.Random, *, absent: bool) -> Example | None:
    """`filler` lends a sentence or two of another text now and then."""
    genre = rng.choice(tongue.genres)
    names = {
        "product": product(rng),
        "org": org(rng),
        "month": rng.choice(MONTHS),
        "year": str(rng.randint(1990, 2027)),
    }
    names["code"], names["thing"] = VALUES["code"](rng), rng.choice(KEYS["thing"])
    # Some questions belong to another kind of document altogether: the price that a data sheet does not name.
    asked = rng.choice(rng.choice(tongue.genres).facts if absent and rng.random() < 0.3 else genre.facts)
    keys = _keys(asked, rng)
    form = rng.choice(["text", "text", "text", "lines", "list", "mixed"])
    mine = [_state(asked, key, form, names, tongue.values, rng) for key in keys[: rng.randint(1, min(4, len(keys)))]]
    target = rng.choice(mine)
    name = _filled(rng.choice(genre.names), names)
    question = _ask(target, names, name if tongue.english else "", rng)
    shown = _absent(mine, target, rng) if absent else mine
    alike = not absent or not shown
    others = [one for one in genre.facts if one.label != asked.label and (alike or one.value != asked.value)]
    for fact in rng.sample(others, min(len(others), rng.randint(0 if shown else 1, 4))):
        shown.append(_state(fact, _keys(fact, rng)[0], form, names, tongue.values, rng))
    parts = [_marked(one.text, one is target and not absent) for one in shown]
    if rng.random() < 0.6:
        rng.shuffle(parts)
    if tongue.english and rng.random() < 0.3:
        text = filler.passage.text
        low, high = rng.choice(sentences(text))
        parts.insert(rng.randint(0, len(parts)), text[low:high].strip())
    joined = _joined(parts, form, rng)
    return _finished(question, joined, _ahead(genre, asked, name, rng))


def _absent(mine: list[Stated], target: Stated, rng: random.Random) -> list[Stated]:
    """The same fact for other keys, or other facts alone."""
    return [one for one in mine if one.key != target.key] if target.key and rng.random() < 0.8 else []


def _keys(fact: Fact, rng: random.Random) -> list[str]:
    if not fact.key:
        return [""]
    if fact.key == "years":
        first = rng.randint(1975, 2024)
        years = [str(first + step) for step in range(4)]
        rng.shuffle(years)
        return years
    return rng.sample(KEYS[fact.key], 4)


def _state(fact: Fact, key: str, form: str, names: dict[str, str], values: Values, rng: random.Random) -> Stated:
    value = values[fact.value](rng)
    lines = form in ("lines", "list") or (form == "mixed" and rng.random() < 0.5)
    if lines or not fact.says:
        gap = rng.choice([": ", ": ", ": ", " – ", " | ", "  ", "\n", ":\n"])
        text = f"{fact.label}{gap}{{v}}"
    else:
        text = rng.choice(fact.says)
    text = text.replace("{v}", f"{MARK}{value}{MARK}").replace("{k}", key)
    return Stated(fact=fact, key=key, value=value, text=_capital(_filled(text, names)))


def _marked(text: str, keep: bool) -> str:
    return text if keep else text.replace(MARK, "")


def _filled(text: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    return text


def _capital(text: str) -> str:
    at = 1 if text.startswith(MARK) else 0
    return text[:at] + text[at : at + 1].upper() + text[at + 1 :]


def _ask(target: Stated, names: dict[str, str], document: str, rng: random.Random) -> str:
    """`document`: how it may be called, in English."""
    label = target.fact.label.replace("{k}", target.key)
    asks = [*target.fact.asks, *target.fact.asks, f"what is the {label.lower()}?" if document else label, label.lower()]
    question = _filled(rng.choice(asks).replace("{k}", target.key), names)
    if rng.random() < 0.6:
        question = question[:1].upper() + question[1:]
        if rng.random() < 0.6 and not question.endswith("?"):
            question += "?"
    if document and rng.random() < 0.25:
        question = qualified(question, document, rng)
    return as_typed(question, rng)


def _joined(parts: list[str], form: str, rng: random.Random) -> str:
    if form == "text":
        return rng.choice([" ", " ", "\n"]).join(parts)
    if form == "list":
        mark = rng.choice(["- ", "• ", "* ", "{n}. ", "{n}) "])
        return "\n".join(mark.replace("{n}", str(number)) + part for number, part in enumerate(parts, 1))
    return rng.choice(["\n", "\n", "; "]).join(parts)


def _ahead(genre: Genre, asked: Fact, name: str, rng: random.Random) -> str:
    """File name and headings; a heading may name what is asked for."""
    if rng.random() < 0.2:
        return ""
    if rng.random() < 0.7:
        name = name.replace(" ", rng.choice(["_", "-", " "])) + rng.choice(
            [".pdf", ".docx", ".md", ".txt", ".eml", ".pptx"]
        )
    steps = [name]
    if rng.random() < 0.7:
        steps.append(
            asked.label.replace("{k}", "").strip() or "Notes" if rng.random() < 0.3 else rng.choice(genre.headings)
        )
    return rng.choice([" > ", " > ", "\n"]).join(steps) + "\n"


def _finished(question: str, joined: str, ahead: str) -> Example | None:
    marks = joined.count(MARK)
    start = joined.find(MARK)
    end = joined.rfind(MARK) - 1
    text = joined.replace(MARK, "")
    if marks not in (0, 2):
        return None
    if not marks:
        return Example(question=question, text=ahead + text, prefix=len(ahead))
    return Example(
        question=question, text=ahead + text, prefix=len(ahead), start=start + len(ahead), end=end + len(ahead)
    )
