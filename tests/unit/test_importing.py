"""Vectors of other programs: stores in their own formats, the neighbours of their owners, and what is refused.

The stores are written as LangChain's `FAISS.save_local`, LlamaIndex's `persist` and clip-retrieval write them; none of
these packages is needed.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ragmm
from ragmm.errors import DocumentError, ModelMismatchError, RagmmError, UsageError
from ragmm.exchange.docstore_pickle import read_docstore
from ragmm.exchange.importing import ImportOptions
from ragmm.testing import FakeEmbedder, captioned_picture, picture_asset, png_bytes
from ragmm.types import MediaKind, Modality, Role

pytestmark = pytest.mark.needs("faiss")

SUBJECTS, VERBS = ("heron", "owl", "kestrel", "boat", "mill", "ferry"), ("opened", "crossed", "painted", "measured")
TEXTS = [f"The {one} {verb} the {thing}." for one in SUBJECTS for verb in VERBS for thing in ("gate", "river", "wing")]
QUESTIONS = ("which owl painted the river", "the ferry gate", "a wing that was measured")
DIM = 384


def unit(rows: np.ndarray) -> np.ndarray:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def vectors(texts: Sequence[str], *, length: float = 1.0) -> np.ndarray:
    """As the owner's model made them, with a little that is the owner's own, so that no two scores tie."""
    made = unit(FakeEmbedder(DIM, ["text"], name="words").embed_texts(texts, Role.DOCUMENT))
    return length * unit(made + np.random.default_rng(7).normal(0, 0.003, made.shape).astype(np.float32))


def models() -> ragmm.Models:
    return ragmm.Models(embedders={"text": FakeEmbedder(DIM, ["text"], name="words")})


@dataclass
class Stored:
    """A store as its owner has it: its folder, and what it answers."""

    folder: Path
    neighbours: Callable[[np.ndarray, int], list[list[str]]]


# The formats ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def owner_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[types.SimpleNamespace]:
    """Classes of the names under which LangChain pickles its documents; gone again before anything is read."""
    core, community = types.ModuleType("langchain_core.documents.base"), types.ModuleType("docstore")

    class Document:
        """Pickled as pydantic does."""

        def __init__(self, text: str, metadata: dict[str, Any]) -> None:
            self.__dict__.update(id=None, metadata=metadata, page_content=text, type="Document")

        def __getstate__(self) -> dict[str, Any]:
            return {
                "__dict__": dict(self.__dict__),
                "__pydantic_extra__": None,
                "__pydantic_fields_set__": {"metadata", "page_content"},
                "__pydantic_private__": None,
            }

    class InMemoryDocstore:
        def __init__(self, documents: dict[str, Document]) -> None:
            self._dict = documents

    Document.__module__, Document.__qualname__ = "langchain_core.documents.base", "Document"
    InMemoryDocstore.__module__ = "langchain_community.docstore.in_memory"
    InMemoryDocstore.__qualname__ = "InMemoryDocstore"
    core.Document, community.InMemoryDocstore = Document, InMemoryDocstore  # type: ignore[attr-defined]
    with monkeypatch.context() as patch:
        for parent in ("langchain_core", "langchain_core.documents", "langchain_community"):
            patch.setitem(sys.modules, parent, types.ModuleType(parent))
        patch.setitem(sys.modules, "langchain_community.docstore", types.ModuleType("langchain_community.docstore"))
        patch.setitem(sys.modules, "langchain_core.documents.base", core)
        patch.setitem(sys.modules, "langchain_community.docstore.in_memory", community)
        yield types.SimpleNamespace(Document=Document, Docstore=InMemoryDocstore)


def langchain(folder: Path, owner: types.SimpleNamespace, rows: np.ndarray, index: Any = None) -> Stored:
    import faiss

    folder.mkdir()
    index = index or faiss.IndexFlatL2(rows.shape[1])
    if not index.is_trained:
        index.train(rows)
    index.add(rows)
    faiss.write_index(index, str(folder / "index.faiss"))
    names = {number: f"id-{number}" for number in range(len(TEXTS))}
    documents = {
        names[number]: owner.Document(text, {"source": f"file{number % 7}.pdf", "page": number % 3, "n": number})
        for number, text in enumerate(TEXTS)
    }
    (folder / "index.pkl").write_bytes(pickle.dumps((owner.Docstore(documents), names)))
    return Stored(folder, lambda queries, k: [[TEXTS[at] for at in row] for row in index.search(queries, k)[1]])


def llama_index(folder: Path, rows: np.ndarray, *, simple: bool = False) -> Stored:
    import faiss

    folder.mkdir()
    order = np.random.default_rng(3).permutation(len(TEXTS))
    nodes = {
        f"node-{number}": {
            "__data__": {
                "id_": f"node-{number}",
                "metadata": {"file_path": f"/data/file{number % 7}.txt", "page_label": str(number % 3 + 1)},
                "excluded_embed_metadata_keys": ["file_path", "page_label"],
                "text": text,
                "class_name": "TextNode",
            },
            "__type__": "1",
        }
        for number, text in enumerate(TEXTS)
    }
    (folder / "docstore.json").write_text(json.dumps({"docstore/data": nodes}), encoding="utf-8")
    numbers = {str(place): f"node-{number}" for place, number in enumerate(order)}
    inner = json.dumps({"index_id": "x", "summary": None, "nodes_dict": numbers, "doc_id_dict": {}})
    stored = {"index_store/data": {"x": {"__type__": "vector_store", "__data__": inner}}}
    (folder / "index_store.json").write_text(json.dumps(stored), encoding="utf-8")
    index = faiss.IndexFlatL2(rows.shape[1])
    index.add(rows[order])
    target = folder / "default__vector_store.json"
    if simple:
        target.write_text(json.dumps({"embedding_dict": {f"node-{n}": rows[n].tolist() for n in order}}), "utf-8")
    else:
        faiss.write_index(index, str(target))
    return Stored(folder, lambda queries, k: [[TEXTS[order[at]] for at in row] for row in index.search(queries, k)[1]])


def same_neighbours(docs: ragmm.Collection, stored: Stored, k: int = 10) -> None:
    """The vector leg of the collection finds what the owner's index finds, in its order."""
    queries = unit(FakeEmbedder(DIM, ["text"], name="words").embed_texts(QUESTIONS, Role.QUERY))
    snapshot = docs._current()
    (leg,) = snapshot.legs()
    ids, _ = snapshot.index(*leg).search(queries, k, None)
    assert [[item.text for item in snapshot.fetch(row.tolist())] for row in ids] == stored.neighbours(queries, k)


# The same neighbours -------------------------------------------------------------------------------------------------


def test_a_store_of_langchain_gives_the_same_neighbours(
    tmp_path: Path, owner_modules: types.SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = langchain(tmp_path / "store", owner_modules, vectors(TEXTS))
    monkeypatch.delitem(sys.modules, "langchain_core.documents.base")
    monkeypatch.delitem(sys.modules, "langchain_community.docstore.in_memory")
    mine = models()
    report = ragmm.import_vectors(stored.folder, tmp_path / "c", models=mine)
    assert (report.embedded, report.reused, report.documents) == (0, len(TEXTS), {"added": 7})
    assert report.warnings == ()
    with ragmm.open(tmp_path / "c", models=mine) as docs:
        same_neighbours(docs, stored)
        hit = docs.search(QUESTIONS[0], k=1)[0]
        assert hit.item.text == "The owl painted the river."
        number = TEXTS.index(hit.item.text)
        assert (hit.item.uri, hit.item.locator.page) == (f"file{number % 7}.pdf", number % 3 + 1)
        assert hit.item.metadata["n"] == number
        assert docs.verify(deep=True).problems == ()
        kept = {one.item.text: one.vectors["text"] for one in docs.embedded()}
        assert np.allclose(np.stack([kept[text] for text in TEXTS]), vectors(TEXTS), atol=1e-6)


@pytest.mark.parametrize("kind", ["IndexFlatIP", "IVF8,Flat", "HNSW16"])
def test_other_indexes_that_hold_their_vectors_whole(
    tmp_path: Path, owner_modules: types.SimpleNamespace, kind: str
) -> None:
    import faiss

    index = faiss.IndexFlatIP(DIM) if kind == "IndexFlatIP" else faiss.index_factory(DIM, kind)
    stored = langchain(tmp_path / "store", owner_modules, vectors(TEXTS), index)
    if hasattr(index, "nprobe"):
        index.nprobe = index.nlist
    ragmm.import_vectors(stored.folder, tmp_path / "c", models=models())
    with ragmm.open(tmp_path / "c", models=models()) as docs:
        same_neighbours(docs, stored, k=5)


@pytest.mark.parametrize("simple", [False, True])
def test_a_store_of_llama_index_gives_the_same_neighbours(tmp_path: Path, simple: bool) -> None:
    stored = llama_index(tmp_path / "store", vectors(TEXTS), simple=simple)
    report = ragmm.import_vectors(stored.folder, tmp_path / "c", models=models())
    assert report.reused == len(TEXTS)
    with ragmm.open(tmp_path / "c", models=models()) as docs:
        same_neighbours(docs, stored)
        item = next(item for item in docs.items() if item.text == TEXTS[4])
        assert (item.uri, item.path, item.locator.page) == ("/data/file4.txt", "/data/file4.txt", 2)


def test_vectors_of_one_other_length_keep_their_order(tmp_path: Path, owner_modules: types.SimpleNamespace) -> None:
    stored = langchain(tmp_path / "store", owner_modules, vectors(TEXTS, length=9.5))
    ragmm.import_vectors(stored.folder, tmp_path / "c", models=models())
    with ragmm.open(tmp_path / "c", models=models()) as docs:
        same_neighbours(docs, stored)


@pytest.mark.needs("pyarrow")
def test_clip_retrieval_s_pictures_are_found_by_words_and_shown(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    folder, clip = tmp_path / "out", FakeEmbedder(name="clip")
    for name in ("img_emb", "metadata", "pictures"):
        (folder / name).mkdir(parents=True)
    captions = ["a red boat", "a blue mill", "a green heron", "a grey owl"]
    for number, caption in enumerate(captions):
        (folder / "pictures" / f"{number}.png").write_bytes(png_bytes(captioned_picture(caption)))
    rows = unit(clip.embed_media(MediaKind.IMAGE, [picture_asset(captioned_picture(one)) for one in captions]))
    (folder / "pictures" / "3.png").unlink()
    # Files of two parts, in the order of their numbers, in half precision as clip-retrieval writes them.
    np.save(folder / "img_emb" / "img_emb_2.npy", rows[:1].astype(np.float16))
    np.save(folder / "img_emb" / "img_emb_10.npy", rows[1:].astype(np.float16))
    for number, part in (("2", range(1)), ("10", range(1, 4))):
        facts = {
            "image_path": [f"pictures/{n}.png" for n in part],
            "caption": [f"photo {n}" for n in part],
            "similarity": [0.25 + n for n in part],
        }
        parquet.write_table(pa.table(facts), folder / "metadata" / f"metadata_{number}.parquet")
    mine = ragmm.Models(embedders={"shared": clip})
    clip.calls.clear()
    report = ragmm.import_vectors(folder, tmp_path / "c", models=mine)
    assert sum(clip.calls) == 3, "the sample alone"
    assert report.items == {Modality.PHOTO: 4}
    assert [warning for warning in report.warnings if "1 pictures are not here" in warning]
    with ragmm.open(tmp_path / "c", models=mine) as docs:
        hit = docs.search("a blue mill", k=1, modality="image")[0]
        assert (hit.item.uri, hit.item.text) == ("pictures/1.png", "photo 1")
        assert hit.image is not None
        assert hit.item.metadata["similarity"] == 1.25
        assert docs.search("a grey owl", k=1)[0].image is None


def test_an_export_comes_back_as_it_was(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for number, text in enumerate(TEXTS[:8]):
        (source / f"{number}.md").write_text(f"# Part {number}\n\n{text}\n", encoding="utf-8")
    mine = ragmm.Models(embedders={"shared": FakeEmbedder(), "text": FakeEmbedder(DIM, ["text"], name="words")})
    with ragmm.create(tmp_path / "c", models=mine) as docs:
        docs.ingest([source])
        docs.export(tmp_path / "out")
        before = {one.item.text: (one.vectors["text"], one.item.locator.section) for one in docs.embedded()}
        words = {one.path for one in docs.documents()}
    with pytest.raises(UsageError, match=r"holds vectors of fake \(shared\), words \(text\); name one of these models"):
        ragmm.import_vectors(tmp_path / "out", tmp_path / "d", models=models())
    report = ragmm.import_vectors(tmp_path / "out", tmp_path / "d", model="words", models=models())
    assert report.reused == len(before)
    with ragmm.open(tmp_path / "d", models=models()) as again:
        for one in again.embedded():
            vector, section = before.pop(one.item.text)
            assert np.allclose(one.vectors["text"], vector, atol=1e-6)
            assert one.item.locator.section == section
        assert {one.path for one in again.documents()} == words
    assert before == {}


def npy(folder: Path, rows: np.ndarray, items: Sequence[dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    np.save(folder / "vectors.npy", rows)
    (folder / "items.jsonl").write_text("".join(json.dumps(one) + "\n" for one in items), encoding="utf-8")
    return folder


def test_a_folder_of_npy_may_say_as_little_as_its_texts(tmp_path: Path) -> None:
    folder = npy(tmp_path / "f", vectors(TEXTS).astype(np.float64), [{"text": text} for text in TEXTS])
    report = ragmm.import_vectors(folder, tmp_path / "c", models=models())
    assert report.documents == {"added": 1}
    again = ragmm.import_vectors(folder, tmp_path / "c", models=models())
    with ragmm.open(tmp_path / "c", models=models()) as docs:
        assert docs.search(QUESTIONS[0], k=1)[0].item.text == "The owl painted the river."
        assert docs.info().items == len(TEXTS), "taken in twice, it is there once"
    assert again.reused == len(TEXTS)


# What is refused -----------------------------------------------------------------------------------------------------


ITEMS = [{"text": text} for text in TEXTS]
GOOD = vectors(TEXTS)
WRONG: dict[str, tuple[np.ndarray, list[dict[str, Any]], type[RagmmError], str]] = {
    "count": (GOOD[:-1], ITEMS, DocumentError, "there are 71 vectors for 72 items"),
    "dimension": (GOOD[:, :100], ITEMS, ModelMismatchError, "have 100 dimensions, and words makes 384"),
    "finite": (np.where(np.arange(72)[:, None] == 5, np.nan, GOOD), ITEMS, DocumentError, "1 of 72 vectors are not"),
    "zero": (np.where(np.arange(72)[:, None] < 2, 0, GOOD), ITEMS, DocumentError, "2 of 72 vectors are not"),
    "length": (GOOD * np.linspace(1, 3, 72)[:, None], ITEMS, UsageError, "vectors are 1 to 3 long"),
    "model": (GOOD[::-1].copy(), ITEMS, ModelMismatchError, "words makes other vectors of the same: of 8 items"),
    "integers": ((GOOD * 100).astype(np.int8), ITEMS, DocumentError, "of floats"),
    "shape": (GOOD.ravel(), ITEMS, DocumentError, "must be"),
    "modality": (GOOD, [*ITEMS[:-1], {"modality": "song"}], DocumentError, "the modality 'song'"),
}


@pytest.mark.parametrize("what", WRONG)
def test_vectors_that_are_not_what_they_should_be_are_refused_before_anything_is_written(
    tmp_path: Path, what: str
) -> None:
    rows, items, error, said = WRONG[what]
    folder = npy(tmp_path / "f", rows.astype(np.float32) if rows.dtype == np.float64 else rows, items)
    with pytest.raises(error, match=said):
        ragmm.import_vectors(folder, tmp_path / "c", models=models())
    assert not (tmp_path / "c").exists()


def test_lengths_and_models_can_be_taken_on_trust(tmp_path: Path) -> None:
    folder = npy(tmp_path / "f", (GOOD[::-1] * np.linspace(1, 3, 72)[:, None]).astype(np.float32), ITEMS)
    options = ImportOptions(normalise=True, sample=0)
    assert ragmm.import_vectors(folder, tmp_path / "c", models=models(), options=options).reused == 72


def test_numbers_that_hide_a_pickle_are_not_unpickled(tmp_path: Path) -> None:
    folder = npy(tmp_path / "f", GOOD, ITEMS)
    np.save(folder / "vectors.npy", np.array([Marked(tmp_path / "ran")], dtype=object), allow_pickle=True)
    with pytest.raises(DocumentError, match="the vectors cannot be read"):
        ragmm.import_vectors(folder, tmp_path / "c", models=models())
    assert not (tmp_path / "ran").exists()


class Marked:
    """Leaves a mark where it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.file),)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_docstore_that_means_harm_runs_nothing(tmp_path: Path, protocol: int) -> None:
    file = tmp_path / "index.pkl"
    for payload in (Marked(tmp_path / "ran"), (Marked(tmp_path / "ran"), {0: "a"})):
        file.write_bytes(pickle.dumps(payload, protocol))
        with pytest.raises(DocumentError, match=r"is not unpickled: it names (posix|nt)\.mkdir"):
            read_docstore(file)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "names", ["builtins eval", "builtins getattr", "langchain_core.documents.base Document.__init__", "os system"]
)
def test_no_other_name_is_looked_up(tmp_path: Path, names: str) -> None:
    module, name = names.split()
    file = tmp_path / "index.pkl"
    file.write_bytes(b"\x80\x04\x8c" + bytes([len(module)]) + module.encode() + b"\x8c" + bytes([len(name)]) +
                     name.encode() + b"\x93.")  # fmt: skip
    with pytest.raises(DocumentError, match=f"it names {module}.{name}"):
        read_docstore(file)


@pytest.mark.parametrize(
    "payload", [b"", b"not a pickle", pickle.dumps(7), pickle.dumps(({}, {})), pickle.dumps((set(), {0: "x"}))]
)
def test_a_docstore_of_anything_else_is_refused(tmp_path: Path, payload: bytes) -> None:
    file = tmp_path / "index.pkl"
    file.write_bytes(payload)
    with pytest.raises(DocumentError, match="is no docstore of LangChain alone"):
        read_docstore(file)


def test_damaged_and_lossy_indexes_are_refused(tmp_path: Path, owner_modules: types.SimpleNamespace) -> None:
    import faiss

    stored = langchain(tmp_path / "store", owner_modules, vectors(TEXTS))
    whole = (stored.folder / "index.faiss").read_bytes()
    for data in (whole[: len(whole) // 2], b"", b"IxF2" + b"\xff" * 200, whole[:4] + b"\xff" * 8 + whole[12:]):
        (stored.folder / "index.faiss").write_bytes(data)
        with pytest.raises(DocumentError):
            ragmm.import_vectors(stored.folder, tmp_path / "c", models=models())
    coarse = faiss.index_factory(DIM, "SQ8")
    coarse.train(vectors(TEXTS))
    coarse.add(vectors(TEXTS))
    faiss.write_index(coarse, str(stored.folder / "index.faiss"))
    with pytest.raises(DocumentError, match="does not hold its vectors whole"):
        ragmm.import_vectors(stored.folder, tmp_path / "c", models=models())


def test_what_is_no_store_is_told_what_would_be(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds none of"):
        ragmm.import_vectors(tmp_path, tmp_path / "c", models=models())
    with pytest.raises(UsageError, match="is no folder"):
        ragmm.import_vectors(tmp_path / "nowhere", tmp_path / "c", models=models())
    with pytest.raises(UsageError, match="choose one of: langchain, llama-index, clip-retrieval, npy"):
        ragmm.import_vectors(tmp_path, tmp_path / "c", models=models(), options=ImportOptions(form="pinecone"))
    stored = llama_index(tmp_path / "store", vectors(TEXTS))
    (stored.folder / "docstore.json").write_text('{"docstore/data": {}}', encoding="utf-8")
    with pytest.raises(DocumentError, match="no store that LlamaIndex has persisted"):
        ragmm.import_vectors(stored.folder, tmp_path / "c", models=models())


def test_a_collection_of_another_model_takes_none(tmp_path: Path) -> None:
    folder = npy(tmp_path / "f", GOOD, ITEMS)
    with pytest.raises(UsageError, match="whose vectors are these"):
        ragmm.import_vectors(folder, tmp_path / "c")
    ragmm.import_vectors(folder, tmp_path / "c", models=models())
    other = ragmm.Models(embedders={"text": FakeEmbedder(DIM, ["text"], name="other")})
    with pytest.raises(ModelMismatchError, match="was built with words"):
        ragmm.import_vectors(folder, tmp_path / "c", models=other)
    with pytest.raises(UsageError, match="not with st:else; name another collection"):
        ragmm.import_vectors(folder, tmp_path / "c", model="st:else", models=models())
