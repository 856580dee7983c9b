"""What is read again, and what is not: a loader's version and the settings it reads concern its own documents alone."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest

import ragmm
from ragmm.loaders.base import Loader, Probe
from ragmm.loaders.fingerprints import Fingerprints, fingerprint, whole_fingerprint
from ragmm.loaders.image import ImageLoader
from ragmm.loaders.registry import default_loaders, load, loader_for, probe
from ragmm.loaders.settings import LoaderSettings, Ocr, PageImages, Tables
from ragmm.loaders.tabular import TabularLoader
from ragmm.loaders.text import TextLoader
from ragmm.testing import Reading, captioned_picture, png_bytes
from ragmm.wiring import build_loaders
from tests.unit.sync_desk import Desk, counts, in_memory

SETTINGS = LoaderSettings(ocr=Ocr.NEVER, archives=True)
WHOLE = "92537f7633fd5f24af0be6f9b1d0813f4b447f33d4aeb66fc887a80296e05dbd"
WHOLE_OTHERWISE = "be71ad0eef07027206abfb997aa408a455d0502ccc947056374092fd6bdcb49d"
OTHERWISE = {
    "chunk_tokens": 100,
    "chunk_overlap": 5,
    "tokenizer": "/nowhere/tokenizer.json",
    "max_text_bytes": 1_000_000,
    "max_pixels": 1_000_000,
    "max_frames": 5,
    "max_image_side": 512,
    "page_images": PageImages.ALL,
    "ocr": Ocr.AUTO,
    "tables": Tables.NEVER,
    "figures": False,
    "archives": False,
}
MAIL = b"From a@x Mon Jan  1 10:00:00 2024\nFrom: a@x\nTo: b@x\nSubject: Birds\n\nWords.\n"
PACKED = ["e.zip", "f.mbox"]
"""They hold documents, which may be of any kind: they depend on every loader."""


def packed(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name.replace("_", ".")), data)
    return stream.getvalue()


# Fingerprints


@pytest.mark.parametrize("changed", [field.name for field in fields(LoaderSettings)])
def test_a_setting_concerns_the_loaders_that_read_it(changed: str) -> None:
    other = dataclasses.replace(SETTINGS, **{changed: OTHERWISE[changed]})
    for loader in default_loaders(SETTINGS):
        same = fingerprint(loader, SETTINGS) == fingerprint(loader, other)
        assert same is (changed not in loader.reads)


@pytest.mark.parametrize("raised", default_loaders(SETTINGS), ids=lambda loader: loader.name)
def test_a_version_concerns_its_loader_alone(raised: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    loaders = default_loaders(SETTINGS)
    before = Fingerprints(loaders, SETTINGS)
    marks = {loader.name: before.reading(loader.name, "a/b") for loader in loaders}
    raised = next(loader for loader in loaders if loader.name == raised.name)
    monkeypatch.setattr(raised, "version", raised.version + 1)
    now = Fingerprints(loaders, SETTINGS)
    assert [name for name, mark in marks.items() if not now.is_today(mark, "")] == [raised.name]


def test_the_whole_is_as_it_was_when_collections_had_nothing_else() -> None:
    """Written by the last release that knew one fingerprint for all; a later loader or setting must not change it."""

    class Old:
        def __init__(self, name: str, version: int) -> None:
            self.name, self.version = name, version

    loaders = [Old("pdf-pypdfium2", 3), Old("image", 2), Old("text", 1)]
    never = LoaderSettings(ocr=Ocr.NEVER)
    assert whole_fingerprint(loaders, never) == WHOLE  # type: ignore[arg-type]
    changed = dataclasses.replace(never, chunk_tokens=64, tokenizer="/nowhere/t.json")
    assert whole_fingerprint(loaders, changed) == WHOLE_OTHERWISE  # type: ignore[arg-type]


def test_nonsense_is_not_of_today() -> None:
    prints = Fingerprints(default_loaders(SETTINGS), SETTINGS)
    mark = prints.reading("text", "text/plain")
    assert prints.is_today(mark, "a.txt")
    for other in ("", "gone-12", "text/plain text=", "text/plain text", f"{mark}+0", f"{mark}1", "text/plain x=1"):
        assert not prints.is_today(other, "a.txt")


# Nights


class Reader:
    """Reads with the loaders of the pipeline, in this process."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.read: list[str] = []

    def parse(self, file: Path, name: str = "", *, root: Path | None = None) -> Reading:
        self.read.append(name)
        loaders, found = build_loaders(self.desk.pipeline), probe(file, name)
        return Reading(
            sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
            size=found.size,
            entries=tuple(load(file, found, loaders)),
            media_type=found.media_type,
            loader=loader_for(found, loaders).name,
        )


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with in_memory() as folder:
        desk = Desk(folder, monkeypatch)
        desk.parser = Reader(desk)  # type: ignore[assignment]
        desk.pipeline = dataclasses.replace(desk.pipeline, loaders=SETTINGS)
        desk.write("a.txt", "A text of some words.")
        desk.write("b.txt", "Another text.")
        desk.write("c.csv", "name,n\nkestrel,1\n")
        desk.write("d.png", png_bytes(captioned_picture("a red circle")))
        desk.write("e.zip", packed(inner_csv=b"name,n\nheron,2\n"))
        desk.write("f.mbox", MAIL)
        yield desk


def again(desk: Desk) -> tuple[int, list[str]]:
    """How many documents a night calls stale, and which ones a refresh reads again."""
    stale = desk.night().plan.stale
    before = len(desk.parser.read)
    desk.night(refresh=True)
    return stale, sorted(desk.parser.read[before:])


def change(desk: Desk, **settings: object) -> None:
    loaders = dataclasses.replace(desk.pipeline.loaders, **settings)  # type: ignore[arg-type]
    desk.pipeline = dataclasses.replace(desk.pipeline, loaders=loaders)


@pytest.mark.parametrize(
    ("settings", "read"),
    [
        ({"tables": Tables.NEVER}, ["d.png", *PACKED]),
        ({"max_frames": 7}, ["d.png", *PACKED]),
        ({"chunk_tokens": 100}, ["a.txt", "b.txt", "c.csv", "d.png", *PACKED]),
    ],
    ids=str,
)
def test_another_setting_reads_again_what_depends_on_it(desk: Desk, settings: dict, read: list[str]) -> None:
    desk.night()
    change(desk, **settings)
    assert again(desk) == (len(read), read)
    assert again(desk) == (0, [])


@pytest.mark.parametrize(
    ("loader", "read"),
    [(TextLoader, ["a.txt", "b.txt"]), (TabularLoader, ["c.csv"]), (ImageLoader, ["d.png"])],
)
def test_a_newer_loader_reads_its_documents_again(
    desk: Desk, loader: type[Loader], read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.night()
    monkeypatch.setattr(loader, "version", loader.version + 1)
    before = len(desk.parser.read)
    desk.night(refresh=True)
    assert sorted(desk.parser.read[before:]) == [*read, *PACKED]
    assert again(desk) == (0, [])


def hide(monkeypatch: pytest.MonkeyPatch, *packages: str) -> Callable[[], None]:
    """As if these packages were not installed; the function that is returned installs them."""
    hidden, real = set(packages), importlib.util.find_spec

    def find(name: str, package: str | None = None) -> object:
        return None if name.partition(".")[0] in hidden else real(name, package)

    for module in ("ragmm.optional", "ragmm.loaders.office.loader", "ragmm.loaders.ocr", "ragmm.loaders.svg"):
        monkeypatch.setattr(f"{module}.find_spec", find)
    return hidden.clear


def test_an_extra_reads_what_it_can_read_and_nothing_else(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    install = hide(monkeypatch, "unstructured", "lxml", "olefile", "openpyxl", "xlrd")
    (desk.source / "e.zip").unlink()
    desk.write("g.xml", "<?xml version='1.0'?><a><b>Words of a record.</b></a>")
    first = desk.night()
    assert [failure.uri for failure in first.report.failures] == ["g.xml"]
    install()
    night = desk.night()
    assert counts(night) == {"added": 1, "unchanged": 5}
    assert night.plan.stale == 1, "a mailbox was a text without its loader"
    before = len(desk.parser.read)
    assert counts(desk.night(refresh=True)) == {"changed": 1, "unchanged": 5}
    assert desk.parser.read[before:] == ["f.mbox"]


def test_ocr_reads_pictures_again_and_no_texts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("rapidocr")
    install = hide(monkeypatch, "rapidocr", "onnxruntime")
    change(desk, ocr=Ocr.AUTO)
    desk.night()
    install()
    assert again(desk) == (3, ["d.png", *PACKED])


# Collections of before


def test_what_an_earlier_release_read_is_not_read_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(Fingerprints, "reading", lambda self, *_args, **_facts: self.whole)
        desk.night()
    with desk.notes() as notes:
        notes.put_notes({"settings": None})  # as if nothing were known: then stale documents are counted
    read, digest = len(desk.parser.read), desk.digest()
    assert again(desk) == (0, [])
    with desk.open() as docs:
        parsers = {document.uri: document.parser for document in docs.documents()}
    with ragmm.open(desk.folder, models=ragmm.Models(embedders=desk.models)) as docs:
        assert docs.ingest([desk.source]).documents["unchanged"] == 6
    assert (len(desk.parser.read), desk.digest()) == (read, digest)

    desk.write("a.txt", "A text of other words.")
    (desk.source / "b.txt").rename(desk.source / "moved.txt")
    assert counts(desk.night()) == {"changed": 1, "moved": 1, "unchanged": 4}
    with desk.open() as docs:
        now = {document.uri: document.parser for document in docs.documents()}
    assert now["moved.txt"] == parsers["b.txt"], "what is linked stays as it was read"
    assert str(now["a.txt"]).startswith("text/plain text=")
    change(desk, tables=Tables.NEVER)
    assert again(desk)[1] == ["c.csv", "d.png", "e.zip", "f.mbox", "moved.txt"], "the whole knows no difference"


def test_a_loader_that_is_asked_before_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    class First(TextLoader):
        name = "first"

        def accepts(self, probe: Probe) -> bool:
            return probe.media_type == "text/csv" or probe.name.endswith(".notes")

    loaders = default_loaders(SETTINGS)
    mine, theirs = Fingerprints(loaders, SETTINGS), Fingerprints((First(SETTINGS), *loaders), SETTINGS)
    table, text = mine.reading("tabular", "text/csv"), mine.reading("text", "text/plain")
    assert not theirs.is_today(table, "a.csv")
    assert theirs.is_today(text, "a.txt")
    assert not theirs.is_today(text, "a.notes")
    assert not mine.is_today(theirs.reading("first", "text/csv"), "a.csv")
