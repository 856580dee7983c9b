"""Where items stand and what they are: asked once, remembered within bounds, of one generation."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from ragmm.indexes.store import item_places as module
from ragmm.indexes.store.item_places import item_places
from ragmm.indexes.store.snapshot import Snapshot
from ragmm.testing import png_bytes
from ragmm.types import Asset, Item, Locator, Modality
from tests.unit.retrieval import fill_items


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    pages = [Locator(page=1), Locator(page=1), Locator(page=2)]
    items = [Item(modality=Modality.PASSAGE, text=f"text {n}", locator=page) for n, page in enumerate(pages)]
    asset = Asset(data=png_bytes(Image.new("RGB", (8, 8))), media_type="image/png", width=8, height=8)
    picture = Item(modality=Modality.FIGURE, asset=asset)
    return fill_items(tmp_path / "c", {"a.pdf": items, "b.pdf": items[:1], "c.png": [picture]}).snapshot()


def test_a_page_is_shared_by_what_stands_on_it_and_is_no_items_number(snapshot: Snapshot) -> None:
    places = {item: one.place for item, one in item_places(snapshot, range(1, 99)).items()}
    assert places.keys() == {1, 2, 3, 4, 5}
    assert places[1] == places[2]
    assert len({places[item] for item in (1, 3, 4, 5)}) == 4, "the same page of another document is another page"
    assert max(places[item] for item in (1, 3, 4)) < 0
    assert places[5] == 5, "what has no page stands alone"


def test_what_an_item_is(snapshot: Snapshot) -> None:
    found = item_places(snapshot, [1, 5])
    assert (found[1].modality, found[1].worded) == (Modality.PASSAGE, True)
    assert (found[5].modality, found[5].worded) == (Modality.FIGURE, False)


def test_words_that_are_only_said_of_a_photograph_are_told_from_its_own(tmp_path: Path) -> None:
    asset = Asset(data=png_bytes(Image.new("RGB", (8, 8))), media_type="image/png", width=8, height=8)
    photo = Item(modality=Modality.PHOTO, asset=asset, context="looks like: gull, bird")
    figure = Item(modality=Modality.FIGURE, asset=asset, context="Results")
    items = {"a.png": [photo], "b.pdf": [figure]}
    found = item_places(fill_items(tmp_path / "c", items).snapshot(), [1, 2])
    assert [(one.worded, one.told) for one in found.values()] == [(False, True), (False, False)]


def test_what_is_remembered_is_bounded_and_read_once(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = item_places(snapshot, [1, 2, 3])
    reads, read = [], snapshot.read
    monkeypatch.setattr(snapshot, "read", lambda work: reads.append(1) or read(work))
    assert item_places(snapshot, [3, 2, 1]) == expected
    assert not reads
    monkeypatch.setattr(module, "_MOST_REMEMBERED", 3)
    assert item_places(snapshot, [1, 2, 5]).keys() == {1, 2, 5}
    assert len(module._known[snapshot]) == 3
