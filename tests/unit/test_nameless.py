"""What a file is called does not become part of what it holds: after a rename a collection equals a fresh build."""

from __future__ import annotations

import bz2
import dataclasses
import gzip
import json
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

import ragmm
from ragmm.config import Pipeline, Route, SourceSettings
from ragmm.isolation.spool import spool
from ragmm.loaders.probe import claim, probe
from ragmm.loaders.registry import default_loaders, load, loader_for
from ragmm.loaders.settings import LoaderSettings, Ocr
from ragmm.testing import FakeEmbedder, Reading, captioned_picture, png_bytes
from ragmm.types import Item
from tests.unit.sync_desk import Desk, counts, in_memory

pytestmark = pytest.mark.filterwarnings("ignore::ragmm.loaders.base.DocumentWarning")

SETTINGS = LoaderSettings(ocr=Ocr.NEVER, archives=True)
TABLE = b"name;price\npear;3\nplum;4\nfig;9\n"


def mail() -> bytes:
    message = EmailMessage()
    message["From"], message["Date"], message["Subject"] = "a@example.org", "Tue, 05 Mar 2024 10:00:00 +0000", "Figs"
    message.set_content("words")
    message.add_attachment(b"attached words", maintype="text", subtype="plain", filename="notes.txt")
    message.add_attachment(b"\0\1\2", maintype="application", subtype="octet-stream", filename="x.bin")
    return message.as_bytes()


FILES = {
    "png": png_bytes(captioned_picture("a red circle")),
    "csv": TABLE,
    "json": json.dumps({"trees": [{"name": "pear"}, {"name": "plum"}]}).encode(),
    "jsonl": b'{"a": 1}\n{"a": 2}\n',
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>Map</title></svg>',
    "md": b"# Pears\n\nA pear.",
    "txt": b"A pear.",
    "html": b"<html><title>Pears</title><p>A pear.</p></html>",
    "eml": mail(),
    "csv.gz": gzip.compress(TABLE, mtime=0),
    "txt.bz2": bz2.compress(b"A pear."),
}


@pytest.fixture(scope="module")
def loaders() -> tuple[ragmm.loaders.base.Loader, ...]:
    return default_loaders(SETTINGS)


@pytest.mark.parametrize("kind", FILES)
def test_no_item_holds_its_files_name(kind: str, tmp_path: Path, loaders) -> None:
    file = tmp_path / "copy"
    file.write_bytes(FILES[kind])
    names = (f"quokka parade 2023.{kind}", f"zanzibar harvest.{kind}")
    first, second = (list(load(file, probe(file, name), loaders)) for name in names)
    assert first == second
    assert first


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("a.csv", "folder/b.csv", True),
        ("a.md", "a.markdown", True),
        ("a.png", "b.jpeg", True),
        ("a", "b.docx", True),
        ("a.csv", "a.txt", False),
        ("a.txt", "a", False),
        ("a.pdf", "a.txt", False),
        ("a.csv.gz", "b.csv.gz", True),
        ("a.csv.gz", "a.txt.gz", False),
        ("a.svgz", "a.gz", False),
    ],
)
def test_which_names_read_alike(one: str, other: str, alike: bool) -> None:
    assert (claim(one) == claim(other)) is alike


class RealParser:
    """The loaders themselves, without a process around them."""

    def __init__(self, scratch: Path) -> None:
        self.scratch, self.loaders = scratch, default_loaders(SETTINGS)
        self.read: list[str] = []

    def parse(self, file: Path, name: str = "", *, root: Path | None = None) -> Reading:
        self.read.append(name)
        copy = self.scratch / f"copy{len(self.read)}"
        spooled = spool(file, copy, max_bytes=1 << 30, root=root)
        found = probe(copy, name)
        items: tuple[Item, ...] = tuple(load(copy, found, self.loaders))
        loader = loader_for(found, self.loaders).name
        return Reading(
            sha256=spooled.sha256, size=spooled.size, entries=items, media_type=found.media_type, loader=loader
        )


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with in_memory() as folder:
        desk = Desk(folder, monkeypatch)
        desk.parser = RealParser(desk.scratch)  # type: ignore[assignment]
        desk.pipeline = dataclasses.replace(desk.pipeline, loaders=SETTINGS)
        for kind, data in FILES.items():
            desk.write(f"quokka parade.{kind}", data)
        desk.night()
        yield desk


def test_renaming_everything_costs_nothing_and_equals_a_fresh_build(desk: Desk) -> None:
    asked, read = desk.asked(), len(desk.parser.read)
    for kind in FILES:
        (desk.source / f"quokka parade.{kind}").rename(desk.source / f"zanzibar harvest.{kind}")
    assert counts(desk.night(allow_mass_delete=True)) == {"moved": len(FILES)}
    assert (desk.asked(), len(desk.parser.read)) == (asked, read)
    assert desk.digest() == desk.fresh_digest()


def test_a_name_that_says_how_to_read_is_read_again(desk: Desk) -> None:
    (desk.source / "quokka parade.csv").rename(desk.source / "quokka parade.text")
    assert "| pear | 3 |" in "".join(desk.texts())
    night = desk.night()
    assert counts(night) == {"moved": 1, "unchanged": len(FILES) - 1}
    assert any(text.startswith("name;price") for text in desk.texts()), desk.texts()
    assert desk.digest() == desk.fresh_digest()


def test_the_same_bytes_under_two_kinds_of_names_are_two_contents(desk: Desk) -> None:
    desk.write("a.text", TABLE)
    desk.night()
    assert {"name;price", "| name |"} <= {text[:10].removesuffix(" p") for text in desk.texts()}
    assert desk.digest() == desk.fresh_digest()
    desk.write("b.csv", TABLE)
    read = len(desk.parser.read)
    assert counts(desk.night())["added"] == 1
    assert len(desk.parser.read) == read, "what reads alike is linked"
    assert desk.digest() == desk.fresh_digest()


def test_a_picture_without_words_is_found_by_its_name(tmp_path: Path) -> None:
    source = tmp_path / "photos"
    for name, caption in {"red fox.png": "a", "harbour.png": "b", "lighthouse.png": "c"}.items():
        source.mkdir(exist_ok=True)
        (source / name).write_bytes(png_bytes(captioned_picture(caption)))
    pipeline = Pipeline(
        routes=(Route.TEXT,), sources=SourceSettings(paths=(str(source),)), loaders=LoaderSettings(ocr=Ocr.NEVER)
    )
    models = ragmm.Models(embedders={"text": FakeEmbedder(kinds=["text"])})
    with ragmm.create(tmp_path / "c", pipeline=pipeline, models=models) as docs:
        docs.sync()
        first, *_ = docs.search("is there a fox?")
        assert first.item.uri == "red fox.png"
        assert [found.leg for found in first.found_by] == ["names"]
        (source / "red fox.png").rename(source / "grey wolf.png")
        docs.sync()
        assert docs.search("is there a fox?") == []
        assert docs.search("a wolf")[0].item.uri == "grey wolf.png"
