"""LangChain's index.pkl without LangChain: its pickle may name documents and the dictionary of them, nothing else.

Nothing that the file names is called or imported; what stands for it here keeps what it is given.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ragmm.errors import DocumentError

__all__ = ["read_docstore"]

_WRONG: Final = (
    pickle.UnpicklingError, EOFError, ValueError, TypeError, LookupError, AttributeError, OverflowError, MemoryError,
    RecursionError,
)  # fmt: skip
_MOST_BYTES: Final = 4 << 30


class _Inert:
    """Stands for an object of the file: its state, and nothing that runs."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def __setstate__(self, state: object) -> None:
        # Pydantic lays the fields below __dict__; older versions and plain objects give them as they are.
        inner = state.get("__dict__", state) if isinstance(state, dict) else None
        self.state = inner if isinstance(inner, dict) else {}


class _StoredText(_Inert):
    pass


class _Docstore(_Inert):
    pass


_DOCUMENTS: Final = (
    "langchain_core.documents.base", "langchain.schema", "langchain.schema.document", "langchain.docstore.document",
)  # fmt: skip
_DOCSTORES: Final = ("langchain_community.docstore.in_memory", "langchain.docstore.in_memory")
_KNOWN: Final[Mapping[tuple[str, str], Any]] = {
    **{(module, "Document"): _StoredText for module in _DOCUMENTS},
    **{(module, "InMemoryDocstore"): _Docstore for module in _DOCSTORES},
    ("builtins", "set"): set,
}


def read_docstore(file: Path) -> list[tuple[str, Mapping[str, Any]]]:
    """(text, metadata) by the number of their vector. Raises DocumentError for a file that holds anything else."""
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise DocumentError(f"{file} has more than {_MOST_BYTES >> 30} GiB")
        with file.open("rb") as stream:
            docstore, numbers = _DocstoreUnpickler(stream).load()
        documents = docstore.state["_dict"]
        return [_document(documents[numbers[number]]) for number in range(len(numbers))]
    except _WRONG as error:
        raise DocumentError(f"{file} is no docstore of LangChain alone, and is not unpickled: {error}") from error
    except OSError as error:
        raise DocumentError(f"{file} cannot be read: {error.strerror}") from error


def _document(kept: Any) -> tuple[str, Mapping[str, Any]]:
    if not isinstance(kept, _StoredText):
        raise TypeError("an entry is no document")
    text, metadata = kept.state["page_content"], kept.state.get("metadata") or {}
    if not isinstance(text, str) or not isinstance(metadata, dict):
        raise TypeError("a document has no text")
    return text, metadata


class _DocstoreUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return _KNOWN[module, name]
