"""Which languages a folder is written in, by a few of its documents."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from pathlib import Path

from ragmm.errors import RagmmError
from ragmm.loaders.parser import ParserPool
from ragmm.text.terms import language

__all__ = ["languages_in"]

_FILES = 12
_LARGEST = 3_000_000
"""Bytes; a longer document says no more about its language, and takes long to read."""
_PASSAGES, _FEWEST = 20, 40
"""Of a document, and letters of them; less tells no language."""
_SEEN = 5_000
"""Files of which those that are read are drawn."""


def languages_in(folder: Path, pool: ParserPool) -> Counter[str]:
    """Documents by the language or script of most of their text; of what cannot be read or told, none."""
    found: Counter[str] = Counter()
    for file in _drawn(folder):
        try:
            with pool.parse(file, file.name, root=folder) as document:
                text = " ".join(item.text for item in islice(document.items, _PASSAGES))
        except RagmmError:
            continue
        spoken = language(text) if sum(map(str.isalpha, text)) >= _FEWEST else ""
        if spoken:
            found[spoken] += 1
    return found


def _drawn(folder: Path) -> list[Path]:
    """Evenly over the folder's files, as they are sorted."""
    files: list[Path] = []
    for file in folder.rglob("*"):
        if len(files) == _SEEN:
            break
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if not hidden and file.is_file() and not file.is_symlink() and 0 < file.stat().st_size <= _LARGEST:
            files.append(file)
    files.sort()
    count = min(_FILES, len(files))
    return [files[number * len(files) // count] for number in range(count)]
