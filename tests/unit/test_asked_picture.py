"""A picture that is asked is also looked for by words: those for what it shows, and those that are read in it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

import ragmm
from ragmm.embedders.eyes import Look
from ragmm.embedders.picture_kinds import PictureKind
from ragmm.loaders.ocr import ocr_available
from ragmm.loaders.settings import LoaderSettings, Ocr
from ragmm.pipelines.query.asked_picture import AskedPicture
from ragmm.testing import FakeEmbedder
from ragmm.types import Hit
from ragmm.wiring import Models
from tests.unit.test_looking import CUP, ESPRESSO, FixedEyes

reads = pytest.mark.skipif(not ocr_available(), reason="needs the extra ocr")
TEXTS = {
    "coffee.txt": "How an espresso is made.", "boats.txt": "The pilot boat waits at the outer buoy.",
    "dues.txt": "Harbour dues rose to 412 euros in Pine Point.", "red.txt": "A red circle marks the spot.",
}  # fmt: skip


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def page(*written: str) -> bytes:
    image = Image.new("RGB", (900, 600), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(36)
    for number, line in enumerate(written):
        pen.text((50, 60 + 90 * number), line, fill="black", font=font)
    return png(image)


PAGE = page("Harbour dues rose to 412 euros", "in Pine Point, says the office", "that collects them")


def asked(folder: Path, look: Look, image: bytes, question: str = "", files: dict[str, bytes] | None = None) -> Hit:
    """The first hit."""
    (folder / "files").mkdir()
    for name, text in TEXTS.items():
        (folder / "files" / name).write_text(text, encoding="utf-8")
    for name, data in (files or {}).items():
        (folder / "files" / name).write_bytes(data)
    models = Models(embedders={"shared": FakeEmbedder()}, eyes=FixedEyes(look))
    with ragmm.create(folder / "docs", models=models) as docs:
        docs.ingest([folder / "files"])
        return docs.search(question, image=image, k=4)[0]


def legs(hit: Hit) -> set[str]:
    return {one.leg for one in hit.found_by}


def test_what_a_photograph_shows_is_looked_for(tmp_path: Path) -> None:
    look = Look(kind=PictureKind.PHOTOGRAPH, likely=(ESPRESSO, CUP))
    hit = asked(tmp_path, look, png(Image.new("RGB", (64, 48), "brown")))
    assert hit.item.uri == "coffee.txt"
    assert "shown:lexical" in legs(hit)


def test_the_shapes_of_a_drawing_are_looked_for(tmp_path: Path) -> None:
    look = Look(kind=PictureKind.DRAWING, drawn=("a red circle",))
    assert asked(tmp_path, look, png(Image.new("RGB", (64, 48), "red"))).item.uri == "red.txt"


@reads
def test_the_words_of_a_page_are_read_and_looked_for(tmp_path: Path) -> None:
    hit = asked(tmp_path, Look(kind=PictureKind.SCAN), PAGE)
    assert hit.item.uri == "dues.txt"
    assert {"shown:lexical", "shown:pages"} <= legs(hit)


def test_nothing_is_read_where_the_picture_is_found_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cv2")

    def refuse(self: AskedPicture, image: bytes) -> str:
        raise AssertionError("it was read")

    monkeypatch.setattr(AskedPicture, "read", refuse)
    hit = asked(tmp_path, Look(kind=PictureKind.SCAN), PAGE, files={"scan.png": PAGE})
    assert hit.item.uri == "scan.png"
    assert "same picture" in legs(hit)


@reads
@pytest.mark.parametrize("kind", [PictureKind.PHOTOGRAPH, PictureKind.DRAWING, PictureKind.EMOJI])
def test_photographs_and_drawings_are_not_read(kind: PictureKind) -> None:
    assert AskedPicture(eyes=FixedEyes(Look(kind=kind)), settings=LoaderSettings()).read(PAGE) == ""


@reads
def test_reading_is_turned_off_as_for_documents_and_damage_says_nothing() -> None:
    eyes = FixedEyes(Look(kind=PictureKind.SCAN))
    assert "412 euros" in AskedPicture(eyes=eyes, settings=LoaderSettings()).read(PAGE)
    assert AskedPicture(eyes=eyes, settings=LoaderSettings(ocr=Ocr.NEVER)).read(PAGE) == ""
    assert AskedPicture(eyes=eyes, settings=LoaderSettings()).read(PAGE[:200]) == ""
    assert AskedPicture(eyes=eyes, settings=LoaderSettings()).read(png(Image.new("RGB", (300, 200), "white"))) == ""
