"""What documents of offices, clubs and laboratories state, in our own words: labels, values, sentences, questions.

They stand in document_facts.txt. A label also makes "Label: value" lines and questions of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing that a document may state, once or for several keys."""

    label: str
    value: str
    key: str = ""
    says: list[str] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Genre:
    """A kind of document."""

    names: list[str]
    headings: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)


def read_genres(text: str) -> list[Genre]:
    """`= names`, `^ headings`, `* label ; value ; key`, then `- sentence` and `? question`, one a line."""
    found: list[Genre] = []
    for line in text.splitlines():
        mark, _, rest = line.partition(" ")
        if mark == "=":
            found.append(Genre(names=rest.split(" | ")))
        elif mark == "^":
            found[-1].headings.extend(rest.split(" | "))
        elif mark == "*":
            label, value, *key = rest.split(" ; ")
            found[-1].facts.append(Fact(label=label, value=value, key="".join(key)))
        elif mark in ("-", "?"):
            fact = found[-1].facts[-1]
            (fact.says if mark == "-" else fact.asks).append(rest)
    return found


def _genres_in(name: str) -> list[Genre]:
    return read_genres((Path(__file__).parent / f"document_facts{name}.txt").read_text(encoding="utf-8"))


GENRES = _genres_in("")
FOREIGN = {language: _genres_in(f"_{language}") for language in ("de", "fr", "es", "it", "pt", "nl")}
