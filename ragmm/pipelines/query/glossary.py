"""Glossaries: what a question calls a thing, and in which words documents say it.

An analyst asks for a quick ratio; a report has current assets and current liabilities. No model that fits on a laptop
knows that, and no index of words can. A glossary is a TOML file; some come with ragmm. What a term `means` is searched
for too; by what is the `same` the question is asked again where it found no value.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from ragmm.errors import ConfigError
from ragmm.text.words import words_of

__all__ = ["Glossary", "bundled_glossaries", "read_glossary"]

_MOST_MEANINGS = 16
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Glossary:
    """Names, each as its words in order, with what they mean. The first of a question's terms come first."""

    meanings: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    alike: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    """Names with other names of the very same thing."""

    @property
    def words(self) -> frozenset[str]:
        """Those that its names are made of."""
        return frozenset(word for name, _ in self.meanings for word in name)

    def meant(self, question: str) -> str:
        """What the question's terms mean, as quoted phrases to search for; empty where it uses none."""
        return " ".join(f'"{phrase}"' for phrase in self.meanings_of(question))

    def reworded(self, question: str) -> list[tuple[str, str]]:
        """The question with the longest of its terms that has other names by each of these, and that name."""
        for name, others in sorted(self.alike, key=lambda one: -len(one[0])):
            written = rf"\b{r'[^0-9A-Za-z]+'.join(map(re.escape, name))}\b"
            if place := re.search(written, question, re.IGNORECASE):
                begins, goes_on = question[: place.start()], question[place.end() :]
                other = [one for one in others if one.casefold() != place[0].casefold()]
                return [(f"{begins}{one}{goes_on}", one) for one in other]
        return []

    def meanings_of(self, question: str) -> list[str]:
        """What the question's terms mean.

        The longest name at a place is the one that is meant: an "EBITDA margin" asks for no other margin.
        """
        words = words_of(question)
        taken: set[int] = set()
        found: list[str] = []
        begun = [entry for entry in self.meanings if entry[0][0] in words]
        for name, meanings in sorted(begun, key=lambda one: -len(one[0])):
            for start in range(len(words) - len(name) + 1):
                places = range(start, start + len(name))
                if tuple(words[start : start + len(name)]) == name and taken.isdisjoint(places):
                    taken.update(places)
                    found += meanings
        return list(dict.fromkeys(found))[:_MOST_MEANINGS]


def bundled_glossaries() -> list[str]:
    """The names of those that come with ragmm."""
    folder = files("ragmm.bundled") / "glossaries"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


@lru_cache(maxsize=16)
def read_glossary(names: tuple[str, ...]) -> Glossary:
    """Several as one; each is the name of a bundled one or a file."""
    terms = [term for name in names for term in _terms(name, _loaded(name))]
    return Glossary(
        meanings=tuple((words, term.means) for term in terms for words in term.names),
        alike=tuple((words, term.same) for term in terms for words in term.names if term.same),
    )


def _loaded(name: str) -> dict[str, Any]:
    known = bundled_glossaries()
    source = files("ragmm.bundled") / "glossaries" / f"{name}.toml" if name in known else Path(name).expanduser()
    try:
        raw = source.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"the glossary {name!r} cannot be read ({error.strerror}); "
            f"name one of {', '.join(known)} or a TOML file with [[term]] entries"
        ) from None
    if len(raw) > _MOST_BYTES:
        raise ConfigError(f"the glossary {name!r} has {len(raw):,} bytes, at most {_MOST_BYTES:,} are read; split it")
    try:
        return tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"the glossary {name!r} is no TOML: {error}") from None


class _Term(NamedTuple):
    names: list[tuple[str, ...]]
    means: tuple[str, ...]
    same: tuple[str, ...]


def _terms(name: str, loaded: dict[str, Any]) -> list[_Term]:
    terms = loaded.get("term")
    if not isinstance(terms, list) or not terms:
        raise ConfigError(f'the glossary {name!r} has no [[term]] entries; one is: names = ["capex"], means = ["…"]')
    found: list[_Term] = []
    for number, term in enumerate(terms, start=1):
        names, means, same = (
            _texts(term.get(key) if isinstance(term, dict) else None) for key in ("names", "means", "same")
        )
        if not names or not means:
            raise ConfigError(
                f"term {number} of the glossary {name!r} needs names and means, both lists of texts; seen: {term}"
            )
        if "same" in term and not same:
            raise ConfigError(f"same of term {number} of the glossary {name!r} is no list of texts; seen: {term}")
        written = [tuple(words_of(one)) for one in names if words_of(one)]
        found.append(_Term(names=written, means=tuple(means), same=tuple(same)))
    return found


def _texts(value: Any) -> Sequence[str]:
    return value if isinstance(value, list) and all(isinstance(one, str) for one in value) else ()
