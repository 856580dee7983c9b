"""FAISS itself: whether it is installed, and how its memory and its trust in files are bounded."""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ragmm.optional import missing

__all__ = ["installed", "library", "loaded", "reading_limits"]

_lock = threading.Lock()
_LOOPS = 1 << 31
"""More elements than that in one part of a file are refused."""


def loaded() -> bool:
    """Whether this process has paid for the import already."""
    return "faiss" in sys.modules


def installed() -> bool:
    """Whether FAISS can be imported; it is not imported to find out."""
    return importlib.util.find_spec("faiss") is not None


def library() -> Any:
    """The module. Raises MissingExtraError where it is not installed."""
    try:
        import faiss
    except ImportError as error:
        raise missing("faiss", "an approximate index ([store] index is not exact)") from error
    return faiss


@contextmanager
def reading_limits(most_bytes: int) -> Iterator[Any]:
    """FAISS's own bounds on what a file may make it allocate. They are global: one file is read at a time."""
    faiss = library()
    with _lock:
        before = faiss.get_deserialization_vector_byte_limit(), faiss.get_deserialization_loop_limit()
        faiss.set_deserialization_vector_byte_limit(most_bytes)
        faiss.set_deserialization_loop_limit(_LOOPS)
        try:
            yield faiss
        finally:
            faiss.set_deserialization_vector_byte_limit(before[0])
            faiss.set_deserialization_loop_limit(before[1])
