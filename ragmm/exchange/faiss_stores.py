"""FAISS stores that LangChain (`save_local`) and LlamaIndex (`persist`) have written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ragmm.errors import DocumentError
from ragmm.exchange.docstore_pickle import read_docstore
from ragmm.exchange.foreign import Foreign, ForeignItem, json_object, page_number, plain_facts
from ragmm.indexes.faiss.library import reading_limits

__all__ = ["LANGCHAIN", "LLAMA_INDEX", "langchain", "llama_index"]

LANGCHAIN: Final = ("index.faiss", "index.pkl")
LLAMA_INDEX: Final = ("docstore.json", "index_store.json", "default__vector_store.json")
_WHOLE: Final = ("IndexFlat", "IndexFlatL2", "IndexFlatIP", "IndexIVFFlat", "IndexHNSWFlat")
"""Those that hold the vectors as they were given."""
_LARGEST_DIM: Final = 65_536


def langchain(folder: Path) -> Foreign:
    """Its documents with their vectors."""
    rows = _faiss_rows(folder / LANGCHAIN[0])
    items = [_from_langchain(*one, folder) for one in read_docstore(folder / LANGCHAIN[1])]
    return Foreign.of("langchain", items, rows, folder)


def _from_langchain(text: str, facts: Mapping[str, Any], folder: Path) -> ForeignItem:
    return ForeignItem(
        source=_source(facts, ("source", "file_path"), folder.name),
        text=text,
        embedded=text,
        page=page_number(facts),
        metadata=plain_facts(facts.items()),
    )


def llama_index(folder: Path) -> Foreign:
    """Its nodes with their vectors: of a FAISS store, or of the simple one that is JSON."""
    docstore, vectors, indexes = LLAMA_INDEX[0], folder / LLAMA_INDEX[2], json_object(folder / LLAMA_INDEX[1])
    try:
        nodes = {name: one["__data__"] for name, one in json_object(folder / docstore)["docstore/data"].items()}
        if _begins_as_json(vectors):
            embedded: dict[str, list[float]] = json_object(vectors)["embedding_dict"]
            names, rows = list(embedded), np.array(list(embedded.values()), np.float32)
        else:
            names, rows = _names(indexes), _faiss_rows(vectors)
        items = [_from_llama_index(nodes[name], folder) for name in names]
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise DocumentError(f"{folder} is no store that LlamaIndex has persisted: {error!r}") from error
    return Foreign.of("llama-index", items, rows, folder)


def _names(indexes: Mapping[str, Any]) -> list[str]:
    """The nodes by the number of their vector."""
    stored = [json.loads(one["__data__"]) for one in indexes["index_store/data"].values()]
    (numbers,) = [one["nodes_dict"] for one in stored if one.get("nodes_dict")]
    return [numbers[str(number)] for number in range(len(numbers))]


def _from_llama_index(node: Mapping[str, Any], folder: Path) -> ForeignItem:
    facts, text = dict(node.get("metadata") or {}), str(node["text"])
    unsaid = set(node.get("excluded_embed_metadata_keys") or ())
    between = str(node.get("metadata_separator") or node.get("metadata_seperator") or "\n")
    said = between.join(f"{name}: {value}" for name, value in facts.items() if name not in unsaid)
    return ForeignItem(
        source=_source(facts, ("file_path", "file_name", "source"), folder.name),
        text=text,
        context=said,
        embedded=f"{said}\n\n{text}" if said else text,
        page=page_number(facts),
        metadata=plain_facts(facts.items()),
    )


def _source(facts: Mapping[str, Any], names: tuple[str, ...], otherwise: str) -> str:
    return next((facts[name] for name in names if isinstance(facts.get(name), str) and facts[name]), otherwise)


def _faiss_rows(file: Path) -> NDArray[np.float32]:
    """The vectors in the order in which they were added. Shape: (n, dim)."""
    try:
        size = file.stat().st_size
        with reading_limits(size) as faiss:
            owner = faiss.read_index(str(file))  # what is downcast lives no longer than it
            index = faiss.downcast_index(owner)
            kind = type(index).__name__
            if kind not in _WHOLE:
                raise DocumentError(
                    f"{file} is an {kind}, which does not hold its vectors whole; one of: {', '.join(_WHOLE)}"
                )
            if not 0 < index.d <= _LARGEST_DIM or index.ntotal * index.d * 4 > size:
                raise DocumentError(f"{file} says {index.ntotal:,} vectors of {index.d:,}, which its size cannot hold")
            if hasattr(index, "make_direct_map"):
                index.make_direct_map()
            rows: NDArray[np.float32] = index.reconstruct_n(0, index.ntotal)
    except (RuntimeError, MemoryError) as error:
        raise DocumentError(f"{file} is no FAISS index that can be read: {_first_line(error)}") from error
    except OSError as error:
        raise DocumentError(f"{file} cannot be read: {error.strerror}") from error
    return rows


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]


def _begins_as_json(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return stream.read(1) == b"{"
    except OSError as error:
        raise DocumentError(f"{file} cannot be read: {error.strerror}") from error
