"""The same corpus through LlamaIndex and LangChain, as their guides show it. One process a task, one JSON line.

python -m bench.frameworks llama-index|langchain FOLDER OUT MODEL

They are no part of ragmm's requirements. To have their rows in bench.beside:
pip install llama-index-core llama-index-embeddings-huggingface llama-index-vector-stores-faiss
pip install langchain-community langchain-huggingface langchain-text-splitters
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

from bench.plain import WORDS, passages

NEEDED = {
    "llama-index": ("llama_index.core", "llama_index.embeddings.huggingface", "llama_index.vector_stores.faiss"),
    "langchain": ("langchain_core", "langchain_community", "langchain_huggingface", "langchain_text_splitters"),
}


def installed(name: str) -> bool:
    """Whether a framework and its FAISS and embedding parts can be imported."""
    try:
        return all(importlib.util.find_spec(package) is not None for package in NEEDED[name])
    except ModuleNotFoundError:
        return False


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


def main() -> None:
    """Runs one framework over a folder of texts."""
    name, *rest = sys.argv[1:]
    print(json.dumps({"done": {"llama-index": llama_index, "langchain": langchain}[name](*rest)}))


if __name__ == "__main__":
    main()
