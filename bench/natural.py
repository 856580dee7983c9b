"""A store of any size whose words are distributed as in real texts: sentences drawn again and again.

The sentences come from a folder of .txt files, or else from the documentation inside Python's own library; a few of a
document's words are its own, so that the vocabulary grows with the store as that of real documents does.
"""

from __future__ import annotations

import ast
import hashlib
import random
import re
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ragmm.indexes.changes import PreparedDocument, PreparedItem, Vector
from ragmm.indexes.store.store import Store
from ragmm.types import Item, Locator, MediaKind, Modality, ModelInfo

__all__ = ["SPACE", "fill", "model", "sentences"]

SPACE = "text"
_SENTENCE = re.compile(r"[^\n.!?]{20,300}[.!?\n]")
_MOST_SENTENCES = 200_000
_PER_DOCUMENT = 200
_PER_PAGE = 5
_PER_ITEM = 4
_PER_COMMIT = 10_000


def sentences(folder: Path | None) -> list[str]:
    """Of every text in a folder, or of the docstrings of the standard library."""
    found: list[str] = []
    for text in _docstrings() if folder is None else _texts(folder):
        found += [" ".join(one.split()) for one in _SENTENCE.findall(text)]
    random.Random(0).shuffle(found)
    return found[:_MOST_SENTENCES]


def _texts(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*.txt")):
        yield path.read_text(encoding="utf-8", errors="replace")


def _docstrings() -> Iterator[str]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8", errors="replace"))
        yield "\n\n".join(ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, documented))


def documents(count: int, first: int, drawn: Sequence[str], dim: int) -> Iterator[PreparedDocument]:
    """Of two hundred passages on forty pages, each with a random vector where `dim` is not 0."""
    for start in range(first, first + count, _PER_DOCUMENT):
        rng = random.Random(start)
        size = min(_PER_DOCUMENT, first + count - start)
        rows = np.random.default_rng(start).standard_normal((size, dim), dtype=np.float32)
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
        items = [_item(n, start, rng, drawn, rows[n] if dim else None) for n in range(size)]
        name = f"document-{start}"
        yield PreparedDocument(
            path=f"/bench/{name}",
            uri=name,
            size=1000,
            sha256=hashlib.sha256(name.encode()).hexdigest(),
            media_type="text/plain",
            parser="bench",
            items=items,
        )


def _item(number: int, start: int, rng: random.Random, drawn: Sequence[str], row: np.ndarray | None) -> PreparedItem:
    own = f"Ref-{start // _PER_DOCUMENT}-{rng.randrange(10**6)}"
    item = Item(
        modality=Modality.PASSAGE,
        text=" ".join([*rng.choices(drawn, k=_PER_ITEM), own]),
        context=drawn[(start + number // _PER_PAGE) % len(drawn)][:60],
        locator=Locator(page=1 + number // _PER_PAGE),
    )
    key = hashlib.sha256(b"%d %d" % (start, number)).digest()[:16]
    kept = () if row is None else (Vector(space=SPACE, kind=MediaKind.TEXT, key=key, row=row),)
    return PreparedItem(item=item, vectors=kept)


def model(dim: int) -> ModelInfo:
    """What the vectors are said to be of."""
    return ModelInfo(name="bench", revision="1", fingerprint="0" * 64, kinds=frozenset({MediaKind.TEXT}), dim=dim)


def fill(store: Store, items: int, drawn: Sequence[str], dim: int = 384) -> None:
    """A new collection of so many items."""
    with store.writer("bench", create=True) as writer:
        if dim:
            writer.ensure_space(SPACE, model(dim))
        for start in range(0, items, _PER_COMMIT):
            writer.commit(list(documents(min(_PER_COMMIT, items - start), start, drawn, dim)))
