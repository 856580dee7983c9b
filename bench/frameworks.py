"""The same corpus through other frameworks, as their guides show it. One process a task, one JSON line.

python -m bench.frameworks llama-index|langchain|haystack|txtai FOLDER OUT MODEL

They are no part of ragmm's requirements: `make bench-peers` gives each an environment of its own, where this file runs,
without ragmm.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench.plain import WORDS, passages

_PEERS = Path(__file__).parents[1] / ".venv-peers"


def interpreter(name: str) -> Path | None:
    """The Python of a framework's environment; None where it was not made."""
    python = _PEERS / name / "bin" / "python"
    return python if python.exists() else None


def llama_index(folder: str, out: str, model: str) -> int:
    import faiss
    from llama_index.core import Settings, StorageContext, VectorStoreIndex
    from llama_index.core.schema import TextNode
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.vector_stores.faiss import FaissVectorStore

    Settings.embed_model = HuggingFaceEmbedding(model_name=model, device="cpu")
    nodes = [TextNode(text=text) for text in passages(Path(folder))]
    dim = len(Settings.embed_model.get_text_embedding("one"))
    context = StorageContext.from_defaults(vector_store=FaissVectorStore(faiss_index=faiss.IndexFlatIP(dim)))
    VectorStoreIndex(nodes, storage_context=context).storage_context.persist(out)
    return len(nodes)


def langchain(folder: str, out: str, model: str) -> int:
    from langchain_community.vectorstores import FAISS
    from langchain_core.documents import Document
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    files = sorted(Path(folder).rglob("*.txt"))
    whole = [Document(page_content=file.read_text(encoding="utf-8"), metadata={"source": str(file)}) for file in files]
    pieces = RecursiveCharacterTextSplitter(chunk_size=6 * WORDS, chunk_overlap=0).split_documents(whole)
    FAISS.from_documents(pieces, HuggingFaceEmbeddings(model_name=model)).save_local(out)
    return len(pieces)


def haystack(folder: str, out: str, model: str) -> int:
    from haystack import Document
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack_integrations.components.embedders.sentence_transformers import SentenceTransformersDocumentEmbedder

    embedder = SentenceTransformersDocumentEmbedder(model=model, progress_bar=False)
    embedder.warm_up()
    made = embedder.run([Document(content=text) for text in passages(Path(folder))])["documents"]
    store = InMemoryDocumentStore()
    store.write_documents(made)
    store.save_to_disk(out)
    return len(made)


def txtai(folder: str, out: str, model: str) -> int:
    from txtai import Embeddings

    texts = passages(Path(folder))
    index = Embeddings(path=model, content=True)
    index.index(texts)
    index.save(out)
    return len(texts)


FRAMEWORKS = {"llama-index": llama_index, "langchain": langchain, "haystack": haystack, "txtai": txtai}


def main() -> None:
    """Runs one framework over a folder of texts."""
    name, *rest = sys.argv[1:]
    print(json.dumps({"done": FRAMEWORKS[name](*rest)}))


if __name__ == "__main__":
    main()
