"""Two spaces that share a text model: a text is embedded, stored and searched once, and nothing is lost by it."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import ragmm
from ragmm.errors import UsageError
from ragmm.operate.replacing import Exchange, replace_model
from ragmm.testing import FakeEmbedder
from ragmm.types import MediaKind, ModelInfo, Role

TEXTS = {
    "tea.txt": "Tea is grown on hills.",
    "ships.txt": "Red ships sail in May.",
    "salt.txt": "Salt is dried by sun.",
}


class Counting(FakeEmbedder):
    """Of a model that reads texts as `like` does, where one is given."""

    def __init__(self, name: str, kinds: Sequence[MediaKind], like: FakeEmbedder | None = None) -> None:
        super().__init__(64, kinds, name=name)
        self.texts: Counter[str] = Counter()
        self._like = like

    @property
    def info(self) -> ModelInfo:
        own = super().info
        return replace(own, text_model=self._like.info.fingerprint) if self._like else own

    def embed_texts(self, texts: Sequence[str], role: Role) -> NDArray[np.float32]:
        self.texts.update(texts)
        return super().embed_texts(texts, role)


def models(*, shared: bool = True) -> dict[str, Counting]:
    text = Counting("words", [MediaKind.TEXT])
    both = Counting("both", [MediaKind.TEXT, MediaKind.IMAGE], text if shared else None)
    return {"shared": both, "text": text}


def made(folder: Path, embedders: dict[str, Counting]) -> ragmm.Collection:
    sources = folder / "sources"
    sources.mkdir(parents=True, exist_ok=True)
    for name, text in TEXTS.items():
        (sources / name).write_text(text, encoding="utf-8")
    Image.new("RGB", (64, 64), (200, 30, 30)).save(sources / "red.png")
    docs = ragmm.create(folder / "docs", models=ragmm.Models(embedders=embedders), exist_ok=True)
    docs.ingest([sources])
    return docs


def legs(docs: ragmm.Collection) -> list[tuple[str, str]]:
    with closing(docs.store.snapshot()) as snapshot:
        return snapshot.legs()


def test_a_text_is_embedded_and_stored_once(tmp_path: Path) -> None:
    embedders = models()
    with made(tmp_path, embedders) as docs:
        assert {one for one in legs(docs) if one[1] == "text"} == {("text", "text")}
        assert ("shared", "image") in legs(docs)
    assert set(embedders["text"].texts.values()) == {1}
    assert not embedders["shared"].texts


def test_a_question_is_embedded_once_and_finds_texts_and_pictures(tmp_path: Path) -> None:
    embedders = models()
    with made(tmp_path, embedders) as docs:
        embedders["text"].texts.clear()
        hits = docs.search("red ships")
    assert (embedders["text"].texts, embedders["shared"].texts) == ({"red ships": 1}, {})
    assert {Path(hit.item.uri).name for hit in hits[:2]} == {"ships.txt", "red.png"}
    assert {one.leg for hit in hits for one in hit.found_by} >= {"text/text", "shared/image"}


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Path]:
    """Where collections are that several tests ask and none changes; the first that asks makes them."""

    @functools.cache
    def folder(shared: bool) -> Path:
        found = tmp_path_factory.mktemp("shared" if shared else "apart")
        made(found, models(shared=shared)).close()
        return found

    return folder


@pytest.mark.parametrize(
    "question", [{"question": "red ships"}, {"image": True}, {"question": "salt", "image": True}, {"like": True}]
)
def test_the_ranking_is_that_of_two_separate_spaces(
    ingested: Callable[[bool], Path], question: dict[str, object]
) -> None:
    found = []
    for shared in (True, False):
        folder = ingested(shared)
        with ragmm.open(folder / "docs", models=ragmm.Models(embedders=models(shared=shared))) as docs:
            asked = dict(question)
            if "image" in asked:
                asked["image"] = folder / "sources" / "red.png"
            if "like" in asked:
                asked["like"] = next(item.id for item in docs.items() if item.uri.endswith("ships.txt"))
            hits = docs.search(**asked)  # type: ignore[arg-type]
            found.append([(Path(hit.item.uri).name, round(hit.score, 6)) for hit in hits])
    assert found[0] == found[1]
    assert len(found[0]) >= 2


def test_a_collection_with_texts_in_both_spaces_goes_on_with_both(tmp_path: Path) -> None:
    apart = models(shared=False)
    made(tmp_path, apart).close()
    together = models()
    (tmp_path / "sources" / "new.txt").write_text("A whale came by.", encoding="utf-8")
    together["shared"]._info = replace(apart["shared"].info)
    together["text"]._info = apart["text"].info
    with made(tmp_path, together) as docs:
        assert ("shared", "text") in legs(docs)
        assert {one.leg for one in docs.search("whale")[0].found_by} >= {"text/text", "shared/text"}
    assert (len(together["shared"].texts), len(together["text"].texts)) == (1, 2)  # the new text; the question once


def test_the_shared_space_alone_still_finds_texts(tmp_path: Path) -> None:
    embedders = models()
    with made(tmp_path, embedders) as docs:
        store, pipeline = docs.store, docs.pipeline
    alone = ragmm.Collection(store, pipeline, ragmm.Models(embedders={"shared": embedders["shared"]}))
    assert {one.leg for hit in alone.search("red ships") for one in hit.found_by} >= {"text/text", "shared/image"}


def test_the_text_model_is_exchanged_once_the_shared_space_has_its_own_texts(tmp_path: Path) -> None:
    embedders = models()
    with made(tmp_path, embedders) as docs:
        with pytest.raises(UsageError, match=r"texts of the space 'shared' are kept in 'text'.*reembed --with both"):
            replace_model(docs, Exchange(model=FakeEmbedder(32, ["text"], name="new"), space="text"))
        before = Counter(embedders["shared"].texts)
        replace_model(docs, Exchange(model=embedders["shared"], space="shared"))
        assert embedders["shared"].texts == before  # the rows were there
        assert ("shared", "text") in legs(docs)
        assert replace_model(docs, Exchange(model=FakeEmbedder(32, ["text"], name="new"), space="text")).generation
