"""Pictures are looked at once: what they are decides what they count as, what a photograph shows is found by words."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import ragmm
from ragmm.config import Pipeline, parse_pipeline
from ragmm.config.profiles import named_models
from ragmm.doctor import State, _extras
from ragmm.embedders.eyes import Eyes, Look
from ragmm.embedders.photo_labels import PhotoLabel, photo_labels
from ragmm.embedders.photo_net import Sight
from ragmm.embedders.photographs import PhotographEmbedder
from ragmm.embedders.picture_facts import picture_facts
from ragmm.embedders.picture_kinds import PictureKind
from ragmm.errors import DocumentError
from ragmm.models import weights_packages
from ragmm.models.weights_packages import PHOTOS
from ragmm.pipelines.embedding import plan
from ragmm.pipelines.ingest.looking import look_at
from ragmm.pipelines.ingest.parse_keys import Parsers
from ragmm.pipelines.ingest.places import city_near
from ragmm.render.text import looks_like
from ragmm.sample import write_sample
from ragmm.testing import FakeEmbedder, captioned_picture, png_bytes
from ragmm.types import Asset, Item, MediaKind, Modality, Role
from ragmm.wiring import Models, build_embedder
from tools.plain_drawings import plain_drawings

SKLEARN = importlib.util.find_spec("sklearn")
PHOTOGRAPHS = Path(SKLEARN.origin or "").parent / "datasets" / "images" if SKLEARN else Path()
"""Two that come with scikit-learn."""
installed = pytest.mark.skipif(
    PHOTOS.folder() is None or SKLEARN is None, reason="needs the extra photos, and photographs of scikit-learn"
)
ESPRESSO = PhotoLabel(names=("espresso",), wider=("coffee", "drink"), chance=0.8)
CUP = PhotoLabel(names=("cup", "mug"), wider=("crockery", "drink"), chance=0.1)


class FixedEyes(Eyes):
    """See in every picture the same."""

    def __init__(self, look: Look, row: NDArray[np.float32] | None = None) -> None:
        self._look, self._row = look, row

    fingerprint = rows_fingerprint = "fixed"  # type: ignore[assignment]

    def look(self, asset: Asset) -> Look:
        return self._look

    def row(self, asset: Asset) -> NDArray[np.float32] | None:
        return self._row


def picture(**facts: object) -> Item:
    asset = Asset(data=png_bytes(captioned_picture("a red circle")), media_type="image/png")
    return Item(modality=Modality.PHOTO, asset=asset, metadata=facts)


def seen(item: Item, kind: PictureKind, *likely: PhotoLabel) -> Item:
    return look_at([item], FixedEyes(Look(kind=kind, likely=likely)))[0]


def test_a_photograph_gets_words_that_are_searched_and_not_shown() -> None:
    found = seen(picture(), PictureKind.PHOTOGRAPH, ESPRESSO, CUP)
    assert (found.modality, found.text) == (Modality.PHOTO, "")
    assert found.context == "looks like: espresso, coffee, drink, cup, crockery, mug"
    assert found.metadata["picture"] == "photograph"
    assert found.metadata["looks_like"] == ["espresso", "coffee", "drink", "cup", "crockery", "mug"]


def test_what_a_file_says_of_itself_stays_in_front() -> None:
    item = Item(modality=Modality.PHOTO, asset=picture().asset, text="EXIT", context="At the station")
    found = seen(item, PictureKind.PHOTOGRAPH, ESPRESSO)
    assert (found.text, found.context) == ("EXIT", "At the station\nlooks like: espresso, coffee, drink")


def test_a_drawing_of_plain_shapes_gets_words_for_them() -> None:
    look = Look(kind=PictureKind.DRAWING, drawn=("two red circles", "a blue square"))
    found = look_at([picture()], FixedEyes(look))[0]
    assert found.context == "looks like: two red circles, a blue square"
    assert (found.modality, found.metadata["looks_like"]) == (Modality.PHOTO, ["two red circles", "a blue square"])


def test_when_and_with_what_a_photograph_was_taken_is_searched() -> None:
    exif = {"date": "2023-07-14T09:30:00", "camera": "Canon EOS 5D"}
    assert seen(picture(exif=exif), PictureKind.PHOTOGRAPH).context == "taken on 14 July 2023 with Canon EOS 5D"
    assert seen(picture(exif={"camera": "Canon"}), PictureKind.PHOTOGRAPH).context == "taken with Canon"
    assert seen(picture(exif={"date": "2023"}), PictureKind.PHOTOGRAPH).context == ""
    assert seen(picture(exif=exif), PictureKind.SCAN).context == ""


def test_where_a_photograph_was_taken_is_searched_by_the_name_of_a_city() -> None:
    found = seen(picture(exif={"place": [38.70, -9.20], "camera": "Canon"}), PictureKind.PHOTOGRAPH)
    assert found.context == "taken with Canon near Lisbon, Portugal"
    assert found.metadata["taken_near"] == "Lisbon, Portugal"
    at_sea = seen(picture(exif={"place": [40.0, -40.0]}), PictureKind.PHOTOGRAPH)
    assert (at_sea.context, "taken_near" in at_sea.metadata) == ("", False)
    assert city_near(51.5, -0.1) == "London, United Kingdom"
    assert city_near(-36.85, -185.24) == city_near(-36.85, 174.76) == "Auckland, New Zealand"
    assert city_near(90.0, 0.0) == ""


@pytest.mark.parametrize("kind", list(PictureKind))
def test_a_picture_counts_as_what_it_holds(kind: PictureKind) -> None:
    figure = kind in {PictureKind.CHART, PictureKind.DIAGRAM, PictureKind.TABLE}
    found = seen(picture(), kind)
    assert found.modality is (Modality.FIGURE if figure else Modality.PHOTO)
    assert found.metadata == {"picture": str(kind)}


def test_what_a_document_says_of_its_pictures_stands() -> None:
    item = Item(modality=Modality.PAGE, asset=picture().asset)
    assert seen(item, PictureKind.CHART).modality is Modality.PAGE
    passage = Item(modality=Modality.PASSAGE, text="No picture.")
    assert seen(passage, PictureKind.CHART) is passage


def test_a_picture_that_cannot_be_decoded_stays_as_it_is() -> None:
    class Blind(FixedEyes):
        def look(self, asset: Asset) -> Look:
            raise DocumentError("it cannot be decoded")

    item = picture()
    assert look_at([item], Blind(Look(kind=PictureKind.SCAN))) == [item]


@installed
def test_a_plain_shape_is_a_drawing_whatever_the_gate_takes_it_for() -> None:
    folder = PHOTOS.folder()
    assert folder is not None
    eyes = Eyes(folder)
    for one in plain_drawings(12):
        look = eyes.look(Asset(data=one.data, media_type="image/png"))
        assert look.kind in {PictureKind.DRAWING, PictureKind.EMOJI}
        assert look.drawn == (one.name,)


# Vectors ---------------------------------------------------------------------------------------------------------


def test_photographs_have_rows_of_their_own_and_drawings_those_they_had() -> None:
    drawings = FakeEmbedder()
    row = np.eye(drawings.info.dim, dtype=np.float32)[0]
    photo, drawing = picture().asset, picture().asset
    assert photo is not None
    assert drawing is not None
    for given, expected in ((row, row), (None, drawings.embed_media(MediaKind.IMAGE, [drawing])[0])):
        embedder = PhotographEmbedder(drawings, FixedEyes(Look(kind=PictureKind.PHOTOGRAPH), given))
        np.testing.assert_array_equal(embedder.embed_media(MediaKind.IMAGE, [photo])[0], expected)
    assert embedder.info == drawings.info
    texts = ["a harbour", "two boats"]
    np.testing.assert_array_equal(embedder.embed_texts(texts, Role.QUERY), drawings.embed_texts(texts, Role.QUERY))


def test_a_photographs_row_is_never_taken_for_one_that_the_drawings_model_made() -> None:
    drawings = FakeEmbedder()
    embedder = PhotographEmbedder(drawings, FixedEyes(Look(kind=PictureKind.PHOTOGRAPH)))
    before = plan("shared", drawings, picture())
    assert before is not None
    assert plan("shared", embedder, picture(picture="drawing")) == before
    assert plan("shared", drawings, picture(picture="photograph")) == before
    found = plan("shared", embedder, picture(picture="photograph"))
    assert found is not None
    assert found.key != before.key


def test_a_vector_lies_with_the_words_for_what_it_shows_and_no_louder_than_a_drawings() -> None:
    labels = photo_labels()
    scores = np.zeros(1000, np.float32)
    scores[967] = 20.0  # espresso
    sight = Sight(scores=scores, features=np.zeros(1280, np.float32))
    (found,) = labels.likely(sight)
    assert found.names == ("espresso",)
    assert {"coffee", "drink"} <= set(found.wider)
    row = labels.row(sight)
    assert float(np.linalg.norm(row)) == pytest.approx(1, abs=1e-5)
    texts = ["a cup of coffee", "a steam locomotive", "the annual report of the ministry"]
    embedder = build_embedder("st:all-MiniLM-L6-v2", Pipeline().models)
    near, *far = (embedder.embed_texts(texts, Role.QUERY) @ row).tolist()
    assert 0.15 < near <= 0.5
    assert max(far) < 0.1


def test_a_network_that_is_sure_of_nothing_names_nothing() -> None:
    sight = Sight(scores=np.zeros(1000, np.float32), features=np.zeros(1280, np.float32))
    assert photo_labels().likely(sight) == []


# Kinds -----------------------------------------------------------------------------------------------------------


def test_facts_tell_flat_from_grainy_and_ruled_from_slanted() -> None:
    flat = picture_facts(Image.new("RGB", (300, 200), "white"))
    assert (flat.same, flat.ground, flat.white, flat.edges, flat.shape) == pytest.approx((1, 1, 1, 0, np.log(1.5)))
    noise = np.random.default_rng(1).integers(0, 255, (200, 300, 3)).astype(np.uint8)
    grainy = picture_facts(Image.fromarray(noise))
    assert (grainy.same < 0.2, grainy.colours > 0.9, grainy.ground < 0.01) == (True, True, True)
    grid = np.full((200, 200, 3), 255, np.uint8)
    grid[::20] = grid[:, ::20] = 0
    ruled = picture_facts(Image.fromarray(grid))
    assert ruled.ruled > 0.8
    assert ruled.lines > 0.04


@pytest.mark.parametrize("size", [(1, 1), (1, 400), (3000, 2), (16, 16)])
def test_the_smallest_pictures_have_facts(size: tuple[int, int]) -> None:
    assert np.isfinite(picture_facts(Image.new("RGB", size, "navy")).row()).all()


@installed
def test_photographs_and_drawings_are_told_apart() -> None:
    eyes = Models().eyes(named_models(Pipeline()))
    assert eyes is not None
    for name, thing in (("china.jpg", "building"), ("flower.jpg", "flower")):
        look = eyes.look(Asset(data=(PHOTOGRAPHS / name).read_bytes(), media_type="image/jpeg"))
        assert look.kind is PictureKind.PHOTOGRAPH
        assert thing in {word for one in look.likely for word in one.wider}
    drawing = eyes.look(Asset(data=png_bytes(captioned_picture("a red circle")), media_type="image/png"))
    assert drawing.kind is not PictureKind.PHOTOGRAPH
    assert drawing.likely == ()


# The whole way ---------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two photographs with names that tell nothing, one of them with a date and a camera, and texts."""
    source = tmp_path / "files"
    source.mkdir()
    (source / "1.jpg").write_bytes((PHOTOGRAPHS / "china.jpg").read_bytes())
    with Image.open(PHOTOGRAPHS / "flower.jpg") as image:
        exif = Image.Exif()
        exif[0x0132], exif[0x0110] = "2019:05:02 10:00:00", "Lumix G9"
        image.save(source / "2.jpg", exif=exif)
    for number, text in enumerate(("The ferry sails at noon.", "Rents rose by 4 % in the north.")):
        (source / f"{number}.txt").write_text(text, encoding="utf-8")
    return source


@installed
def test_photographs_are_found_by_what_they_show(folder: Path, tmp_path: Path) -> None:
    with ragmm.create(tmp_path / "docs") as docs:
        docs.ingest([folder])
        for question, name in (
            ("a flower", "2.jpg"),
            ("an old palace", "1.jpg"),
            ("photos taken with a Lumix", "2.jpg"),
        ):
            assert docs.search(question)[0].item.uri.endswith(name), question
        hit = docs.search("a flower")[0]
        assert looks_like(hit.item).startswith("looks like: daisy, flower")
        assert next(one.item.uri for one in docs.search("building", modality="image")).endswith("1.jpg")
        answer = docs.query("When does the ferry sail?")
        assert "noon" in answer.text
        assert docs.query("How much did the flower cost?").abstained


@installed
def test_a_chart_saved_as_a_picture_is_a_figure(folder: Path, tmp_path: Path) -> None:
    write_sample(tmp_path / "sample")
    with ragmm.create(tmp_path / "docs") as docs:
        docs.ingest([folder, tmp_path / "sample" / "charts"])
        kinds = {item.uri: item.metadata["picture"] for item in docs.items() if item.asset}
        assert {name for name, kind in kinds.items() if kind == "chart"} == {name for name in kinds if ".png" in name}
        figures = {hit.item.uri for hit in docs.search("a chart", k=9, modality="figure")}
        assert figures == {name for name in kinds if ".png" in name}
        assert {hit.item.uri for hit in docs.search("a chart", k=9, modality="image")} == set(kinds)


@installed
def test_a_photograph_finds_its_like(folder: Path, tmp_path: Path) -> None:
    with ragmm.create(tmp_path / "docs") as docs:
        docs.ingest([folder])
        with Image.open(PHOTOGRAPHS / "china.jpg") as image:
            small, stream = image.resize((320, 213)), io.BytesIO()
            small.save(stream, "JPEG", quality=60)
        assert docs.search(image=stream.getvalue())[0].item.uri.endswith("1.jpg")


@installed
def test_without_the_model_pictures_are_read_as_ever(folder: Path, tmp_path: Path) -> None:
    plain = parse_pipeline('[models]\nphotos = "none"\n', source="test")
    with ragmm.create(tmp_path / "docs", pipeline=plain) as docs:
        docs.ingest([folder])
        items = [item for item in docs.items() if item.asset]
        assert {item.modality for item in items} == {Modality.PHOTO}
        assert not any("picture" in item.metadata or item.context for item in items)


@pytest.mark.skipif(SKLEARN is None, reason="needs photographs of scikit-learn")
def test_without_the_package_pictures_are_read_as_ever_and_doctor_says_what_is_missing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec
    gone = (PHOTOS.module, PHOTOS.distribution)

    def found(name: str, package: str | None = None) -> object:
        return None if name in gone else find_spec(name, package)

    def version(name: str) -> str:
        if name in gone:
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(weights_packages, "find_spec", found)
    monkeypatch.setattr(importlib.metadata, "version", version)
    assert Models().eyes(named_models(Pipeline())) is None
    with ragmm.create(tmp_path / "docs") as docs:
        docs.ingest([folder])
        assert not any("picture" in item.metadata for item in docs.items())
    (hint,) = [one for one in _extras() if one.name == PHOTOS.distribution]
    assert hint.state is State.NOTE
    assert hint.remedy.startswith("pip install 'ragmm[photos]'")


# Marks -----------------------------------------------------------------------------------------------------------


class Today:
    """Readings that are all of today."""

    whole = "all"

    def reading(self, loader: str, media_type: str, *, holds_others: bool = False) -> str:
        return f"{media_type} {loader}=1"

    def is_today(self, reading: str, name: str) -> bool:
        return reading.endswith("=1")


def test_only_a_refresh_asks_who_looked_at_the_photographs() -> None:
    before, now = Parsers(Today(), "captions"), Parsers(Today(), "captions", "eyes")
    old, new = "image/png image=1|captions", "image/png image=1|captions~eyes"
    assert before.hold(new, "a.png")
    assert [now.hold(one, "a.png") for one in (old, new)] == [True, True]
    assert [now.strictly().hold(one, "a.png") for one in (old, new)] == [False, True]
    assert [now.unseen(one) for one in (old, new, "text/plain text=1", "image/png image=0|captions")] == [
        True, False, False, False,
    ]  # fmt: skip
    assert not before.unseen(old)
    assert not now.hold("image/png image=1|others~eyes", "a.png")


@installed
def test_the_next_night_says_which_pictures_were_not_looked_at(tmp_path: Path) -> None:
    source = tmp_path / "files"
    source.mkdir()
    (source / "1.png").write_bytes(png_bytes(captioned_picture("a red circle")))
    (source / "1.txt").write_text("The ferry sails at noon.", encoding="utf-8")
    follows = f'[sources]\npaths = ["{source}"]\n'

    def night(settings: str = "", *, refresh: bool = False) -> ragmm.Night:
        pipeline = parse_pipeline(follows + settings, source="test")
        with ragmm.create(tmp_path / "docs", pipeline=pipeline, exist_ok=True) as docs:
            return docs.sync(refresh=refresh)

    night('[models]\nphotos = "none"\n')
    first = night()
    assert first.report.documents["unchanged"] == 2
    assert [text for text in first.report.warnings if "photographs" in text] == [
        "1 documents with pictures were read without the model for photographs and are found as before; "
        "ragmm sync --refresh looks at their pictures too"
    ]
    assert any("photographs" in text for text in night().report.warnings)
    again = night(refresh=True)
    assert (again.report.documents["changed"], again.report.documents["unchanged"]) == (1, 1)
    assert not any("photographs" in text for text in night().report.warnings)
