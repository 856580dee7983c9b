"""Words that English has, as the vocabulary of MiniLM knows them: no slips of the pen, however rare here."""

from __future__ import annotations

from functools import lru_cache

from ragmm.models.weights_packages import PACKAGES

__all__ = ["common_words"]


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """In lower case, about 20,000; none where the package is not installed."""
    folder = PACKAGES["all-MiniLM-L6-v2"].folder()
    file = folder / "vocab.txt" if folder else None
    if file is None or not file.is_file():
        return frozenset()
    return frozenset(word for word in file.read_text(encoding="utf-8").split() if len(word) > 2 and word.isalpha())
