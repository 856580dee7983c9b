"""A copy of a stored picture, asked, finds it first; a picture that only resembles it changes nothing."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw

import ragmm
from ragmm.embedders.same_picture import corners_of, likeness
from ragmm.indexes.contracts import Snapshot
from ragmm.pipelines.query.copies import copies_first
from ragmm.pipelines.query.fusion import Ranked
from ragmm.pipelines.query.legs import SAME
from ragmm.testing import FakeEmbedder
from ragmm.types import Asset, Item, MediaKind, Modality
from tests.unit.retrieval import fill_items
from tools.picture_copies import COPIES, copied
from tools.picture_samples import Sample


def drawn(seed: int) -> Pillow.Image:
    """Forty shapes, other ones for every seed."""
    rng = random.Random(seed)
    image = Pillow.new("RGB", (400, 300), "white")
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        left, top = rng.randint(0, 340), rng.randint(0, 250)
        box = (left, top, left + rng.randint(20, 60), top + rng.randint(20, 50))
        draw.rectangle(box, fill=(rng.randint(0, 255), rng.randint(0, 255), rng.randint(0, 255)))
    return image


def png(image: Pillow.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, format="PNG")
    return out.getvalue()


def stored(data: bytes) -> Item:
    return Item(modality=Modality.PHOTO, asset=Asset(data=data, media_type="image/png"))


class Blurred(FakeEmbedder):
    """Tells no two pictures apart."""

    def embed_media(self, kind: MediaKind, assets: Sequence[Asset]) -> NDArray[np.float32]:
        return np.full((len(assets), self.info.dim), self.info.dim**-0.5, np.float32)


def ranking(snapshot: Snapshot) -> list[Ranked]:
    return [Ranked(item=item.id, score=1 / (n + 1), relevance=0.5) for n, item in enumerate(snapshot.items())]


@pytest.mark.parametrize("copy", COPIES)
def test_every_copy_is_like_its_picture_alone(copy: str, tmp_path: Path) -> None:
    file = tmp_path / "one.png"
    file.write_bytes(png(drawn(1)))
    asked = corners_of(copied(Sample(name="one", kind="drawing", file=file), copy))
    assert likeness(asked, corners_of(file.read_bytes())) > 20
    assert likeness(asked, corners_of(png(drawn(2)))) == 0


def test_a_photograph_turned_between_blank_corners_is_a_copy() -> None:
    rng = np.random.default_rng(3)
    grain = Pillow.fromarray(rng.integers(0, 255, (14, 14), np.uint8)).resize((224, 224), Pillow.Resampling.BICUBIC)
    dark = png(grain.point(lambda value: value // 3))
    turned = grain.point(lambda value: value // 3).rotate(5, Pillow.Resampling.BICUBIC, expand=True, fillcolor=255)
    assert likeness(corners_of(png(turned)), corners_of(dark)) > 20


def test_charts_that_share_all_but_their_bars_are_two() -> None:
    def chart(heights: Sequence[int]) -> bytes:
        image = Pillow.new("RGB", (480, 360), "white")
        draw = ImageDraw.Draw(image)
        for line in range(6):
            draw.text((8, 20 + 55 * line), f"{1000 - 200 * line} visitors", fill="black")
            draw.line((90, 26 + 55 * line, 470, 26 + 55 * line), fill="grey")
        for place, height in enumerate(heights):
            draw.rectangle((100 + 62 * place, 310 - height, 150 + 62 * place, 310), fill="navy")
        return png(image)

    one, other = chart([270, 40, 220, 90, 160, 20]), chart([30, 250, 60, 280, 40, 240])
    assert likeness(corners_of(one), corners_of(other)) == 0
    assert likeness(corners_of(one), corners_of(one)) > 0


def test_a_picture_without_corners_is_a_copy_of_nothing() -> None:
    bare = corners_of(png(Pillow.new("RGB", (90, 60), "navy")))
    assert likeness(bare, bare) == 0
    assert likeness(corners_of(png(drawn(1))), bare) == 0


def test_the_copy_takes_the_first_place_and_says_why(tmp_path: Path) -> None:
    documents = {f"{seed}.png": [stored(png(drawn(seed)))] for seed in range(5)}
    snapshot = fill_items(tmp_path / "c", documents).snapshot()
    before = ranking(snapshot)
    after = list(copies_first(snapshot, png(drawn(3).resize((200, 150))), before))
    assert [one.item for one in after] == [before[n].item for n in (3, 0, 1, 2, 4)]
    assert [one.score for one in after] == [one.score for one in before]
    assert [one.relevance for one in after] == [0.95, *(one.relevance for one in before[1:])]
    assert [[leg for leg, _, _ in one.votes] for one in after] == [[SAME], [], [], [], []]


def test_another_picture_or_none_leaves_the_ranking_as_it_is(tmp_path: Path) -> None:
    texts = {"notes.txt": [Item(modality=Modality.PASSAGE, text="Forty shapes.")]}
    documents = {"0.png": [stored(png(drawn(0)))], "broken.png": [stored(b"no picture")], **texts}
    snapshot = fill_items(tmp_path / "c", documents).snapshot()
    before = ranking(snapshot)
    assert list(copies_first(snapshot, png(drawn(9)), before)) == before
    assert list(copies_first(snapshot, b"no picture", before)) == before


def test_asked_with_a_part_its_whole_is_found_first(tmp_path: Path) -> None:
    models = {"shared": Blurred()}
    documents = {f"{seed}.png": [stored(png(drawn(seed)))] for seed in range(4)}
    fill_items(tmp_path / "c", documents, models)
    with ragmm.open(tmp_path / "c", models=ragmm.Models(embedders=models)) as docs:
        for seed in range(4):
            first, *others = docs.search(image=png(drawn(seed).crop((60, 40, 340, 250))))
            assert first.item.uri == f"{seed}.png"
            assert SAME in {found.leg for found in first.found_by}
            assert all(SAME not in {found.leg for found in hit.found_by} for hit in others)
            assert docs.query(image=png(drawn(seed))).answer.text == f"The same picture: {seed}.png [1]"
