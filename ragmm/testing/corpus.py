"""A corpus of small files in five formats, each with a word of its own."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path

from ragmm.testing.pictures import COLOURS, captioned_picture, png_bytes

__all__ = ["planted_word", "sample_corpus"]

_SUBJECTS = ("harbour", "orchard", "turbine", "library", "glacier", "bakery", "viaduct", "observatory")
_VERBS = ("opened", "expanded", "measured", "repaired", "surveyed", "painted", "closed", "inspected")
_OBJECTS = ("the northern gate", "three new pumps", "its annual report", "a wooden bridge", "the east wing")
_KINDS = (".md", ".txt", ".csv", ".json", ".png")


def planted_word(index: int, seed: int = 0) -> str:
    """The word that only document `index` of `sample_corpus(…, seed=seed)` holds."""
    return f"plant{seed}x{index:05d}"


def sample_corpus(folder: Path, documents: int, seed: int = 0) -> list[Path]:
    """Writes Markdown, text, CSV, JSON and PNG files in turn, each holding its `planted_word`; the same for a seed."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_write_document(folder, index, seed) for index in range(documents)]


def _write_document(folder: Path, index: int, seed: int) -> Path:
    kind = _KINDS[index % len(_KINDS)]
    path = folder / f"document-{index:05d}{kind}"
    rng = random.Random(f"{seed}/{index}")
    path.write_bytes(_CONTENT[kind](planted_word(index, seed), rng))
    return path


def _sentence(rng: random.Random) -> str:
    return f"The {rng.choice(_SUBJECTS)} {rng.choice(_VERBS)} {rng.choice(_OBJECTS)} in {rng.randint(1990, 2026)}."


def _markdown(word: str, rng: random.Random) -> bytes:
    paragraphs = "\n\n".join(" ".join(_sentence(rng) for _ in range(4)) for _ in range(3))
    return f"# Notes on the {rng.choice(_SUBJECTS)}\n\n{paragraphs}\n\n## Reference\n\nThe code is {word}.\n".encode()


def _plain(word: str, rng: random.Random) -> bytes:
    return (" ".join(_sentence(rng) for _ in range(6)) + f"\n\nThe code is {word}.\n").encode()


def _csv(word: str, rng: random.Random) -> bytes:
    rows = [f"{rng.choice(_SUBJECTS)},{rng.randint(1, 999)},{rng.randint(1990, 2026)}" for _ in range(8)]
    return ("\n".join(["subject,value,year", *rows, f"{word},0,2026"]) + "\n").encode()


def _json(word: str, rng: random.Random) -> bytes:
    record = {"title": _sentence(rng), "code": word, "values": [rng.randint(1, 99) for _ in range(4)]}
    return json.dumps(record, indent=1).encode()


def _png(word: str, rng: random.Random) -> bytes:
    return png_bytes(captioned_picture(f"a {rng.choice(_SUBJECTS)} marked {word}", colour=rng.choice(sorted(COLOURS))))


_CONTENT: Mapping[str, Callable[[str, random.Random], bytes]] = {
    ".md": _markdown,
    ".txt": _plain,
    ".csv": _csv,
    ".json": _json,
    ".png": _png,
}
