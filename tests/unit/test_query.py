"""Asking: legs, fusion by rank, filters, generations; text to image, image to text, and both."""

from __future__ import annotations

from pathlib import Path

import pytest

import ragmm
from ragmm.errors import CollectionNotFoundError, ModelError, ModelMismatchError, UsageError
from ragmm.indexes.store.conditions import compiled
from ragmm.pipelines.query.filters import parse_filters, parse_modality
from ragmm.pipelines.query.fusion import Leg, fuse
from ragmm.testing import FakeEmbedder, captioned_picture, png_bytes
from ragmm.types import Asset, Item, Locator, MediaKind, Modality
from tests.unit.retrieval import fill_items

MODELS = {"shared": FakeEmbedder(), "text": FakeEmbedder(kinds=["text"], name="words")}


def passage(text: str, page: int | None = None) -> Item:
    return Item(modality=Modality.PASSAGE, text=text, locator=Locator(page=page))


def picture(caption: str, modality: Modality = Modality.FIGURE) -> Item:
    data = png_bytes(captioned_picture(caption))
    return Item(modality=modality, asset=Asset(data=data, media_type="image/png", width=256, height=256))


def fill(folder: Path, documents: dict[str, list[Item]]) -> ragmm.Collection:
    fill_items(folder, documents, MODELS)
    return ragmm.open(folder, models=ragmm.Models(embedders=MODELS))


@pytest.fixture
def docs(tmp_path: Path) -> ragmm.Collection:
    return fill(
        tmp_path / "collection",
        {
            "reports/north.txt": [
                passage("Revenue in the north grew by 12 percent in 2023.", page=1),
                passage("Costs stayed flat.", page=2),
                picture("a bar chart of revenue by region"),
            ],
            "reports/south.txt": [passage("Revenue in the south fell by 3 percent in 2023."), picture("a green apple")],
            "photos/apple.png": [picture("a red apple on a table", Modality.PHOTO)],
            "notes.txt": [passage("The apple harvest was good this year.")],
        },
    )


def test_words_find_words(docs: ragmm.Collection) -> None:
    hits = docs.search("How much did revenue in the north grow?")
    assert hits[0].item.text == "Revenue in the north grew by 12 percent in 2023."
    assert hits[0].item.locator.page == 1
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert {found.leg for found in hits[0].found_by} >= {"shared/text", "text/text", "lexical", "pages"}


def test_words_find_pictures(docs: ragmm.Collection) -> None:
    hits = docs.search("bar chart of revenue by region", modality="figure")
    assert hits[0].item.uri == "reports/north.txt"
    assert hits[0].item.asset is not None
    assert {hit.item.modality for hit in hits} == {Modality.FIGURE}
    assert docs.asset_path(hits[0].item.asset).read_bytes() == png_bytes(
        captioned_picture("a bar chart of revenue by region")
    )


def test_pictures_find_pictures_and_words(docs: ragmm.Collection) -> None:
    asked = png_bytes(captioned_picture("a red apple on a table"))
    hits = docs.search(image=asked)
    assert hits[0].item.uri == "photos/apple.png"
    assert "notes.txt" in {hit.item.uri for hit in hits[:4]}


def test_words_and_picture_together(docs: ragmm.Collection) -> None:
    asked = png_bytes(captioned_picture("an apple"))
    hits = docs.search("red", image=asked)
    assert hits[0].item.uri == "photos/apple.png"


def test_a_picture_is_not_buried_by_a_thousand_passages(tmp_path: Path) -> None:
    texts = [passage(f"the chart of region {n} is a chart of revenue by region and of region {n}") for n in range(1000)]
    docs = fill(tmp_path / "c", {"long.txt": texts, "chart.png": [picture("chart of revenue by region")]})
    hits = docs.search("chart of revenue by region", k=5)
    assert "chart.png" in {hit.item.uri for hit in hits}


def test_filters(docs: ragmm.Collection) -> None:
    def found(**filters: object) -> set[str]:
        return {hit.item.uri for hit in docs.search("revenue apple", k=20, **filters)}  # type: ignore[arg-type]

    assert found(modality="text") == {"reports/north.txt", "reports/south.txt", "notes.txt"}
    assert found(modality="image") == {"reports/north.txt", "reports/south.txt", "photos/apple.png"}
    assert found(where=["reports/"]) == {"reports/north.txt", "reports/south.txt"}
    assert found(where=["reports"], modality="photo") == set()
    assert found(where=["*.png", "notes.txt"]) == {"photos/apple.png", "notes.txt"}
    assert found(where=["/source/reports/north.txt"]) == {"reports/north.txt"}
    assert found(where=["nothing"]) == set()
    with pytest.raises(UsageError, match="choose one of: passage, table, figure, photo, page, image, text"):
        docs.search("x", modality="video")


def test_half_of_a_surrogate_pair_reaches_no_model() -> None:
    asked = ragmm.Question("Who \ud83d\ude00 is it\ud83d?").asked(None)
    assert (asked.text, asked.typed) == ("Who \N{GRINNING FACE} is it\ufffd?", None)
    later = ragmm.Question("And Anna \ud83d?", history=[("Who is Bert \udc00?", "\ud83d")]).asked(None)
    assert later.text.encode("utf-8")


def test_filters_bind_every_value() -> None:
    only = parse_filters(parse_modality("image"), ["'; DROP TABLE items; --", "a[b"])
    assert only is not None
    sql, values = compiled(only)
    assert "DROP" not in sql
    assert sql.count("?") == len(values)


def test_per_document(tmp_path: Path) -> None:
    docs = fill(tmp_path / "c", {f"{n}.txt": [passage(f"apple {n} {m}") for m in range(5)] for n in range(4)})
    from ragmm.pipelines.query.question import Asked
    from ragmm.pipelines.query.run import SearchPlan, search

    snapshot = docs.store.snapshot()
    plan = SearchPlan(embedders=MODELS, k=8, per_document=2)
    uris = [hit.item.uri for hit in search(snapshot, Asked(text="apple"), plan).hits]
    assert len(uris) == 8
    assert max(uris.count(uri) for uri in uris) == 2


def test_an_answer_cites_and_shows(docs: ragmm.Collection) -> None:
    result = docs.query("How much did revenue in the north grow in 2023?")
    assert "12 percent" in result.text
    (citation,) = result.claims[0].citations
    assert result.hits[citation.rank - 1].item.text == "Revenue in the north grew by 12 percent in 2023."
    assert result.generation == docs.generation
    assert {"embed", "search", "lexical", "fuse", "answer"} <= result.timings_ms.keys()


def test_no_answer_where_nothing_fits(docs: ragmm.Collection) -> None:
    result = docs.query("Who painted the ceiling of the chapel?")
    assert result.abstained
    assert result.hits


def test_only_hits(docs: ragmm.Collection) -> None:
    assert docs.query("apple", answer=False).answer is None


def test_an_open_collection_sees_the_next_commit(docs: ragmm.Collection) -> None:
    before = docs.generation
    with docs.store.writer("test") as writer:
        writer.commit(removed=["/source/notes.txt"])
    assert docs.generation == before + 1
    assert "notes.txt" not in {hit.item.uri for hit in docs.search("apple harvest", k=20)}


def test_remove_and_diff(docs: ragmm.Collection) -> None:
    report = docs.remove(["notes.txt", "/source/photos/apple.png"])
    assert report.documents["deleted"] == 2
    diff = docs.diff(1, 2)
    assert diff.removed == ("notes.txt", "photos/apple.png")
    assert (diff.added, diff.changed) == ((), ())
    with pytest.raises(UsageError, match="no document nowhere"):
        docs.remove(["nowhere"])
    assert docs.generation == 2


def test_nothing_asked(docs: ragmm.Collection) -> None:
    with pytest.raises(UsageError, match="give a question"):
        docs.query("  ")
    with pytest.raises(UsageError, match="no such image"):
        docs.query(image="nowhere.png")
    with pytest.raises(UsageError, match="no item 999"):
        docs.item(999)


def test_opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CollectionNotFoundError, match="ragmm ingest FOLDER -c nothing"):
        ragmm.open("nothing")
    monkeypatch.setenv("RAGMM_HOME", str(tmp_path))
    assert ragmm.create("mine").path == tmp_path / "mine"
    assert ragmm.create("./mine").path == Path("./mine")
    monkeypatch.delenv("RAGMM_HOME")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "indexes").mkdir()
    assert ragmm.create("mine").path == Path("indexes/mine")
    with pytest.raises(UsageError, match="no name for a collection"):
        ragmm.create(".hidden")


def test_damage_is_repaired_with_the_models(docs: ragmm.Collection) -> None:
    digest = docs.digest(vectors=True)
    for file in {block.file for block in docs.store.snapshot().blocks}:
        (docs.path / "blocks" / file).unlink()
    report = docs.repair()
    assert report.ok
    assert report.vectors_embedded == len(list(docs.items())) * 2 - 3, "the words' space holds no picture"
    assert docs.digest(vectors=True) == digest


# Fusion ----------------------------------------------------------------------------------------------------------


def leg(name: str, *items: int, weight: float = 1.0, confidence: float = 1.0) -> Leg:
    return Leg(
        name=name,
        group=MediaKind.IMAGE if name.endswith("image") else MediaKind.TEXT,
        found=[(item, 1.0 - rank / 1000) for rank, item in enumerate(items)],
        weight=weight,
        confidence=confidence,
    )


def test_fusion_is_by_rank() -> None:
    ranked = list(fuse([leg("a/text", 1, 2, 3), leg("lexical", 2, 1, 4)]))
    assert [one.item for one in ranked] == [1, 2, 3, 4]
    assert ranked[0].score == ranked[1].score
    assert [(found.leg, found.rank) for found in ranked[0].found_by] == [("a/text", 1), ("lexical", 2)]


def test_heading_everything_scores_one() -> None:
    ranked = list(fuse([leg("shared/text", 1, 2), leg("shared/image", 9), leg("text/text", 1), leg("lexical", 1)]))
    assert [one.item for one in ranked] == [1, 9, 2]
    assert [one.score for one in ranked[:2]] == pytest.approx([1.0, 1.0])
    assert ranked[2].score == pytest.approx(11 / 12 / 3)


def test_pictures_and_texts_take_turns_however_many_legs_find_texts() -> None:
    texts, pictures = range(100), range(1000, 1100)
    legs = [leg("shared/text", *texts), leg("text/text", *texts), leg("lexical", *texts)]
    ranked = [one.item for one in fuse([*legs, leg("shared/image", *pictures)])]
    assert ranked[:6] == [0, 1000, 1, 1001, 2, 1002]


def test_sight_that_is_not_trusted_stands_behind() -> None:
    texts = range(100)
    ranked = list(fuse([leg("lexical", *texts), leg("shared/image", *range(1000, 1010), confidence=0.1)]))
    assert 1000 not in [one.item for one in ranked[:50]]
    found = next(one for one in ranked if one.item == 1000)
    assert found.score == pytest.approx(0.1)


def test_what_words_and_sight_find_comes_first() -> None:
    ranked = list(fuse([leg("lexical", 1, 7), leg("shared/image", 2, 7)]))
    assert ranked[0].item == 7
    assert ranked[0].score <= 1


def test_the_parts_of_one_ranking_have_one_vote() -> None:
    whole = Leg(name="text/text", group=MediaKind.TEXT, found=[(1, 0.9), (2, 0.8), (3, 0.7)])
    parts = [
        Leg(name="text/text", group=MediaKind.TEXT, found=[(1, 0.9), (3, 0.7)], ranks=[1, 3]),
        Leg(name="text/image", group=MediaKind.TEXT, found=[(2, 0.8)], ranks=[2], counts=False),
    ]
    other = leg("lexical", 3, 2)
    expected = [(one.item, one.score) for one in fuse([whole, other])]
    assert [(one.item, one.score) for one in fuse([*parts, other])] == expected


def test_weights_count() -> None:
    ranked = list(fuse([leg("a/text", 1), leg("lexical", 2, weight=2.0)]))
    assert [one.item for one in ranked] == [2, 1]


def test_nothing_found_is_nothing() -> None:
    assert list(fuse([])) == []
    assert list(fuse([leg("a/text")])) == []


# Odd questions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [0, -1])
def test_no_hits_cannot_be_asked_for(docs: ragmm.Collection, k: int) -> None:
    with pytest.raises(UsageError, match="k is at least 1"):
        docs.search("apple", k=k)


def test_more_hits_than_there_are(docs: ragmm.Collection) -> None:
    assert len(docs.search("apple", k=1000)) <= len(list(docs.items()))


def test_the_like_of_an_item(docs: ragmm.Collection) -> None:
    red = next(item for item in docs.items("photos/apple.png"))
    hits = docs.search(like=red.id)
    assert red.id not in {hit.item.id for hit in hits}
    assert hits[0].item.text == "The apple harvest was good this year." or hits[0].item.uri == "reports/south.txt"
    text = next(item for item in docs.items("notes.txt"))
    assert "photos/apple.png" in {hit.item.uri for hit in docs.search(like=text.id, modality="image")}


class Unsound(FakeEmbedder):
    def embed_texts(self, texts, role):  # type: ignore[no-untyped-def]
        return super().embed_texts(texts, role) * float("nan")


def test_a_vector_that_is_no_number_is_refused(docs: ragmm.Collection) -> None:
    broken = ragmm.Collection(
        docs.store, docs.pipeline, ragmm.Models(embedders={"text": Unsound(kinds=["text"], name="words")})
    )
    with pytest.raises(ModelError, match="not finite"):
        broken.search("apple")


def test_another_model_of_the_same_width_is_refused(docs: ragmm.Collection, tmp_path: Path) -> None:
    (tmp_path / "new.txt").write_text("apples", encoding="utf-8")
    other = {**MODELS, "text": FakeEmbedder(kinds=["text"], name="others")}
    with pytest.raises(ModelMismatchError, match="others"):
        ragmm.Collection(docs.store, docs.pipeline, ragmm.Models(embedders=other)).ingest([tmp_path])
    with pytest.raises(ModelMismatchError, match="others"):
        ragmm.Collection(docs.store, docs.pipeline, ragmm.Models(embedders=other)).search("apple")


def test_a_model_that_cannot_read_the_question_has_no_say(tmp_path: Path) -> None:
    class Latin(FakeEmbedder):
        def scripts(self) -> frozenset[str]:
            return frozenset({"LATIN"})

    texts = {f"{n}.txt": [passage(f"袋鼠 第{n} 章")] for n in range(40)} | {"a.txt": [passage("澳洲的天气")]}
    models = {"text": Latin(kinds=["text"])}
    from tests.unit.retrieval import fill_items

    store = fill_items(tmp_path / "c", texts, models)
    docs = ragmm.open(store.folder, models=ragmm.Models(embedders=models))
    assert docs.search("澳洲的天气")[0].item.uri == "a.txt"
