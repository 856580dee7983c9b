"""Which hits are folded into one: copies of a picture, versions of a passage; never other numbers."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from ragmm.pipelines.query.collecting import collect
from ragmm.pipelines.query.fusion import Ranked
from ragmm.types import Asset, Hit, Item, Modality
from tests.unit.retrieval import fill_items

SPEECH = "the committee of the northern harbour decided in its spring meeting to rebuild the outer quay by 2027"


def chart(heights: tuple[int, ...], *, size: int = 240, quality: int = 0) -> Item:
    image = Pillow.new("RGB", (240, 240), "white")
    draw = ImageDraw.Draw(image)
    for number, height in enumerate(heights):
        draw.rectangle((20 + 50 * number, 220 - height, 55 + 50 * number, 220), fill="navy")
    image = image.resize((size, size))
    out = io.BytesIO()
    if quality:
        image.save(out, "JPEG", quality=quality)
    else:
        image.save(out, "PNG")
    kind = "image/jpeg" if quality else "image/png"
    return Item(modality=Modality.FIGURE, asset=Asset(data=out.getvalue(), media_type=kind, width=size, height=size))


def passage(text: str) -> Item:
    return Item(modality=Modality.PASSAGE, text=text)


def found(tmp_path: Path, *items: Item, cosine: float = 0.3, k: int = 8, per_document: int = 0) -> list[Hit]:
    """Each item in a document of its own, ranked as given, all equally near."""
    store = fill_items(tmp_path / "c", {f"{number}.x": [item] for number, item in enumerate(items)})
    snapshot = store.snapshot()
    ranked = [
        Ranked(
            item=item.id,
            score=1 / (rank + 1),
            votes=(("shared/image", rank + 1, cosine - rank / 1000),),
        )
        for rank, item in enumerate(snapshot.items())
    ]
    return collect(snapshot, ranked, k=k, per_document=per_document)


def alternatives(hits: list[Hit]) -> list[list[str]]:
    return [[hit.item.uri, *(same.uri for same in hit.alternatives)] for hit in hits]


def test_copies_of_a_picture_are_one(tmp_path: Path) -> None:
    bars = (60, 150, 90)
    hits = found(tmp_path, chart(bars), chart((60, 90, 150)), chart(bars, quality=80), chart(bars, size=480))
    assert alternatives(hits) == [["0.x", "2.x", "3.x"], ["1.x"]]
    assert [hit.rank for hit in hits] == [1, 2]


def test_versions_of_a_passage_are_one(tmp_path: Path) -> None:
    hits = found(
        tmp_path, passage(SPEECH), passage(SPEECH.replace("2027", "2031")), passage(SPEECH + " again"), passage("No.")
    )
    assert alternatives(hits) == [["0.x", "2.x"], ["1.x"], ["3.x"]]


def test_short_texts_are_the_same_only_if_equal(tmp_path: Path) -> None:
    hits = found(tmp_path, passage("Annual report"), passage("annual report"), passage("Annual report"))
    assert alternatives(hits) == [["0.x", "2.x"], ["1.x"]]


def test_a_text_and_its_picture_stay_two(tmp_path: Path) -> None:
    hits = found(tmp_path, chart((60, 150, 90)), passage(SPEECH))
    assert len(hits) == 2


def test_pictures_at_different_distances_are_not_compared(tmp_path: Path) -> None:
    store = fill_items(tmp_path / "c", {"a": [chart((60, 150))], "b": [chart((60, 150), quality=80)]})
    snapshot = store.snapshot()
    ranked = [
        Ranked(item=item.id, score=score, votes=(("shared/image", rank, score),))
        for rank, (item, score) in enumerate(zip(snapshot.items(), (0.5, 0.4), strict=True), start=1)
    ]
    assert len(collect(snapshot, ranked, k=5)) == 2


def test_folding_makes_room_for_others(tmp_path: Path) -> None:
    copies = [passage(SPEECH + " again" * (n % 2)) for n in range(10)]
    hits = found(tmp_path, *copies, passage("something else that is said nowhere above by anybody"), k=2)
    assert [len(hit.alternatives) for hit in hits] == [9, 0]


def test_without_folding_every_copy_takes_a_place(tmp_path: Path) -> None:
    store = fill_items(tmp_path / "c", {f"{n}": [passage(SPEECH)] for n in range(3)})
    snapshot = store.snapshot()
    ranked = [Ranked(item=item.id, score=1.0) for item in snapshot.items()]
    assert len(collect(snapshot, ranked, k=3, fold=False)) == 3
    assert len(collect(snapshot, ranked, k=3)) == 1


@pytest.mark.parametrize(("most", "taken"), [(0, 4), (1, 2), (3, 4)])
def test_so_many_of_a_document(tmp_path: Path, most: int, taken: int) -> None:
    words = ("alpha beta", "gamma delta")
    store = fill_items(tmp_path / "c", {word: [passage(f"{word} {n}") for n in range(2)] for word in words})
    snapshot = store.snapshot()
    ranked = [Ranked(item=item.id, score=1.0) for item in snapshot.items()]
    assert len(collect(snapshot, ranked, k=8, per_document=most)) == taken
