"""Write ragmm/bundled/photo-labels/: what ImageNet's 1000 classes are called, what they are kinds of, and vectors.

python -m tools.make_photo_labels WORDNET      the folder with data.noun of WordNet 3.0 (Debian: wordnet-base)

The order of the classes is that of timm's data; they are named by offsets in WordNet, where their names and their wider
terms come from. What nobody would say is left out: words that a language model does not know whole, and the terms above
which everything is one thing.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ragmm.config.settings import ModelSettings
from ragmm.indexes.contracts import unit_rows
from ragmm.models.common_words import common_words
from ragmm.models.finding import bundled_folder
from ragmm.types import Role
from ragmm.wiring import build_embedder

_TERMS = tomllib.loads((Path(__file__).parent / "photo_terms.toml").read_text(encoding="utf-8"))
ABOVE, UNSAID, SPELT = (frozenset(_TERMS[name]) for name in ("above", "unsaid", "spelt"))
ADDED: Mapping[str, list[str]] = _TERMS["added"]
MOST_NAMES, MOST_WORDS, MOST_SENSES = 3, 2, 3
LATIN = ("us", "a", "is", "um", "ii", "i", "ae", "es", "or", "ix", "ns", "os", "on", "yx")


@dataclass(frozen=True, kw_only=True)
class Term:
    """A meaning in WordNet."""

    words: tuple[str, ...]
    wider: tuple[str, ...]
    """Offsets of what it is a kind of."""


def main() -> int:
    """Write the file."""
    parser = argparse.ArgumentParser(prog="python -m tools.make_photo_labels", description=__doc__.split("\n", 1)[0])
    parser.add_argument("wordnet", type=Path)
    given = parser.parse_args()
    terms, senses = read_terms(given.wordnet / "data.noun"), read_senses(given.wordnet / "index.noun")
    rows = [(", ".join(names_of(terms[one])), ", ".join(wider_of(one, terms, senses))) for one in offsets()]
    folder = bundled_folder("photo-labels")
    folder.mkdir(exist_ok=True)
    (folder / "labels.tsv").write_text("".join(f"{name}\t{wider}\n" for name, wider in rows), encoding="utf-8")
    np.savez_compressed(folder / "vectors.npz", **vectors([name for name, _ in rows]))
    for file in sorted(folder.iterdir()):
        print(f"{file.name}: {file.stat().st_size:,} bytes")
    return 0


def vectors(names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """The rows of the names in bytes, and a direction in which no text of the model points: its layers leave one."""
    embedder = build_embedder("st:all-MiniLM-L6-v2", ModelSettings())
    rows = unit_rows(embedder.embed_texts(names, Role.QUERY))
    quiet = np.linalg.svd(rows)[2][-1].astype(np.float32)
    assert float(np.abs(rows @ quiet).max()) < 1e-5, "the model uses all directions of its space"
    return {"labels": np.round(rows / np.abs(rows).max() * 127).astype(np.int8), "quiet": quiet}


def offsets() -> list[str]:
    """Of the classes, in the order in which a network names them."""
    spec = find_spec("timm")
    folder = Path((spec.submodule_search_locations or ["."])[0]) if spec else Path()
    text = (folder / "data" / "_info" / "imagenet_synsets.txt").read_text(encoding="utf-8")
    return [line.removeprefix("n") for line in text.split()]


def read_terms(file: Path) -> dict[str, Term]:
    """By offset."""
    found = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            continue
        fields = line.split("|")[0].split()
        end = 4 + 2 * int(fields[3], 16)
        pointers = [fields[at : at + 3] for at in range(end + 1, end + 1 + 4 * int(fields[end]), 4)]
        wider = tuple(offset for kind, offset, part in pointers if kind in {"@", "@i"} and part == "n")
        found[fields[0]] = Term(words=tuple(word.replace("_", " ") for word in fields[4:end:2]), wider=wider)
    return found


def read_senses(file: Path) -> dict[str, list[str]]:
    """By word, the offsets of its meanings, the commonest first."""
    rows = (line.split() for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("  "))
    return {row[0].replace("_", " "): row[-int(row[2]) :] for row in rows}


def names_of(term: Term) -> list[str]:
    """As people say them: without Latin."""
    spoken = [word for word in term.words if not is_latin(word) and word not in UNSAID]
    return list(dict.fromkeys(spoken))[:MOST_NAMES] or [term.words[0]]


def is_latin(word: str) -> bool:
    """As "Felis domesticus", but not "Afghan hound"."""
    first, _, rest = word.partition(" ")
    return first[:1].isupper() and rest.islower() and rest.endswith(LATIN) and not known(rest)


def wider_of(offset: str, terms: Mapping[str, Term], senses: Mapping[str, list[str]]) -> list[str]:
    """From the nearest to the widest, and what is added to any of them."""
    own = names_of(terms[offset])
    found: list[str] = []
    for wider in chain(offset, terms):
        found += said(wider, terms[wider], senses)
    for word in [*own, *found]:
        found += ADDED.get(word, [])
    return [word for word in dict.fromkeys(found) if word not in own]


def chain(offset: str, terms: Mapping[str, Term]) -> Iterator[str]:
    seen: dict[str, None] = {}
    front = [offset]
    while front:
        front = [wider for one in front for wider in terms[one].wider if wider not in seen]
        seen |= dict.fromkeys(front)
    return iter(seen)


def said(offset: str, term: Term, senses: Mapping[str, list[str]]) -> list[str]:
    """Of a wider term, the words that people use for it first of all."""
    if term.words[0] in ABOVE:
        return []
    usual = [
        word
        for number, word in enumerate(term.words)
        if number == 0 or offset in senses.get(word.lower(), [])[: MOST_SENSES if number < 2 else 1]
    ]
    return [word for word in usual if word not in UNSAID and known(word)][:MOST_WORDS]


def known(word: str) -> bool:
    """Whether each of its words, or the plural of it, is one that people know."""
    parts = word.lower().replace("-", " ").replace("'s", "").split()
    return all({part, f"{part}s", f"{part[:-1]}ies"} & common_words() or part in SPELT for part in parts)


if __name__ == "__main__":
    raise SystemExit(main())
