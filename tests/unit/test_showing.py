"""What a Python user looks at: short reprs, dictionaries and back, pictures, pages with boxes, HTML and Markdown."""

from __future__ import annotations

import base64
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import ragmm
from ragmm.config import parse_pipeline
from ragmm.errors import DocumentError, UsageError
from ragmm.sample import write_sample
from ragmm.testing import FakeEmbedder, FakeVlm
from ragmm.types import CollectionInfo, Failure, GenerationDiff, StoredItem

RED, BLUE = (220, 38, 38), (37, 99, 235)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection of a report with figures and of a note that means harm."""
    folder = tmp_path_factory.mktemp("showing")
    write_sample(folder / "sample")
    source = folder / "source"
    source.mkdir()
    shutil.copy(folder / "sample" / "report" / "annual-report-2023.pdf", source / "report.pdf")
    shutil.copy(folder / "sample" / "signs" / "gull-rock.png", source / "sign.png")
    (source / "note.md").write_text(
        "# Kestrel\n\nThe kestrel <script>alert(1)</script> and <img src=x onerror=alert(2)> hovers | *here* "
        "[a link](javascript:alert) $x$.\n",
        encoding="utf-8",
    )
    pipeline = parse_pipeline('[loaders]\nocr = "never"\n[models]\ncaption = "none"\n')
    with ragmm.create(folder / "c", pipeline=pipeline, models=_models()) as docs:
        docs.ingest([source])
    return folder


def _models() -> ragmm.Models:
    return ragmm.Models(embedders={"shared": FakeEmbedder(), "text": FakeEmbedder(name="words")}, vlm=FakeVlm())


@pytest.fixture
def docs(folder: Path) -> ragmm.Collection:
    return ragmm.open(folder / "c", models=_models())


def of(docs: ragmm.Collection, modality: str, uri: str) -> StoredItem:
    return next(item for item in docs.items() if item.modality == modality and item.uri.endswith(uri))


def test_reprs_are_short_and_say_what_it_is(docs: ragmm.Collection) -> None:
    result = docs.query("the kestrel hovers", k=3)
    for value in (result, result.answer, *result.hits, next(docs.documents()), docs.info(), docs.diff(1, 1)):
        assert len(repr(value)) < 250
        assert repr(value).startswith(type(value).__name__)
    assert "3 hits" in repr(result)
    hit = result.hits[0]
    assert repr(hit).startswith("Hit(rank=1, relevance=")
    assert "uri='source/note.md'" in repr(hit) or "uri='note.md'" in repr(hit)
    assert "page=" in repr(of(docs, "figure", "report.pdf"))


def test_dictionaries_come_back_as_what_they_were(docs: ragmm.Collection) -> None:
    result = docs.query("the kestrel hovers")
    assert ragmm.QueryResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result
    back = ragmm.Hit.from_dict(result.hits[0].to_dict())
    assert back == result.hits[0]
    assert back.item.collection == result.hits[0].item.collection != ""
    for value in (*docs.documents(), docs.info(), docs.diff(0, 1)):
        assert type(value).from_dict(json.loads(json.dumps(value.to_dict()))) == value


@pytest.mark.parametrize("wrong", [{"rank": "first"}, {"nothing": 1}, {"rank": 1}, 7])
def test_other_dictionaries_are_refused(wrong: object) -> None:
    with pytest.raises(UsageError, match="this is no Hit as to_dict writes it"):
        ragmm.Hit.from_dict(wrong)  # type: ignore[arg-type]


def test_a_hit_has_its_picture_even_when_the_collection_is_closed(folder: Path) -> None:
    with ragmm.open(folder / "c", models=_models()) as docs:
        figure, passage = of(docs, "figure", "report.pdf"), of(docs, "passage", "note.md")
    assert figure.image is not None
    assert min(figure.image.size) > 100
    assert passage.image is None


def test_a_picture_without_a_collection_says_so(docs: ragmm.Collection) -> None:
    homeless = replace(of(docs, "figure", "report.pdf"), collection="")
    with pytest.raises(UsageError, match="not found in a collection"):
        _ = homeless.image


def test_a_page_is_drawn_with_the_boxes_of_what_stands_on_it(docs: ragmm.Collection) -> None:
    figure = of(docs, "figure", "report.pdf")
    bare, marked = figure.page_image(), figure.page_image(boxes=True)
    assert bare.size == marked.size
    assert bare.height > bare.width, "a page of the report stands upright"
    changed = np.argwhere((np.asarray(bare) != np.asarray(marked)).any(axis=2))
    assert len(changed)
    pixels = np.asarray(marked)
    own = np.argwhere((pixels == RED).all(axis=2))
    assert (pixels == BLUE).all(axis=2).any(), "its neighbours"
    assert len(own)
    page = next(item for item in docs.items(figure.path) if item.locator.page == figure.locator.page)
    assert page.page_image().size == bare.size


def test_the_own_box_is_where_the_item_stands(docs: ragmm.Collection) -> None:
    figure = of(docs, "figure", "report.pdf")
    marked = figure.page_image(boxes=True)
    own = np.argwhere((np.asarray(marked) == RED).all(axis=2))
    (top, left), (bottom, right) = own.min(axis=0), own.max(axis=0)
    crop = marked.crop((left + 3, top + 3, right - 3, bottom - 3)).resize((64, 64)).convert("L")
    assert figure.image is not None
    stored = figure.image.resize((64, 64)).convert("L")
    alike = np.corrcoef(np.asarray(crop, np.float32).ravel(), np.asarray(stored, np.float32).ravel())[0, 1]
    assert alike > 0.6, "what is inside the box is the figure"


def test_a_page_that_changed_or_never_was_is_not_drawn(docs: ragmm.Collection, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="has no pages"):
        of(docs, "passage", "note.md").page_image()
    figure = of(docs, "figure", "report.pdf")
    copy = tmp_path / "report.pdf"
    shutil.copy(figure.path, copy)
    with ragmm.create(tmp_path / "c", pipeline=docs.pipeline, models=_models()) as own:
        own.ingest([copy])
        moved = of(own, "figure", "report.pdf")
    copy.write_bytes(copy.read_bytes() + b"\n% changed\n")
    with pytest.raises(DocumentError, match="has changed since it was read"):
        moved.page_image()
    copy.unlink()
    with pytest.raises(DocumentError):
        moved.page_image()


def test_html_holds_the_pictures_and_nothing_that_runs(docs: ragmm.Collection) -> None:
    result = docs.query("the kestrel hovers here")
    page = result._repr_html_()
    assert "<script" not in page
    assert "onerror=" not in page.replace("onerror=alert(2)&gt;", "")
    assert "&lt;script&gt;" in page
    shown = of(docs, "figure", "report.pdf")._repr_html_()
    data = shown.partition('src="data:image/png;base64,')[2].partition('"')[0]
    assert max(Image.open(io.BytesIO(base64.b64decode(data))).size) <= 320
    found = docs.search("kestrel", k=2)
    assert isinstance(found, list)
    assert found._repr_html_().count("relevance") == 2


def test_markdown_is_inert(docs: ragmm.Collection) -> None:
    text = of(docs, "passage", "note.md")._repr_markdown_()
    assert "<script" not in text
    assert "](" not in text
    assert r"\*here\*" in text
    assert r"hovers \| " in text


def test_reports_collections_and_diffs_are_shown(docs: ragmm.Collection) -> None:
    report = ragmm.Report(
        collection="c",
        generation=2,
        documents={"added": 1_200, "failed": 1},
        items={"passage": 3},
        embedded=3,
        captioned=0,
        reused=0,
        seconds=1.25,
        failures=(Failure(uri="a<b>.pdf", reason="it is damaged"),),
    )
    page = report._repr_html_()
    assert "1,200" in page
    assert "a&lt;b&gt;.pdf: it is damaged" in page
    assert "captioned" not in page
    diff = GenerationDiff(older=1, newer=2, added=tuple(f"{n}.md" for n in range(60)), changed=(), removed=("x.md",))
    assert "and 10 more" in diff._repr_html_()
    assert "- x.md" in diff._repr_markdown_()
    info = docs._repr_markdown_()
    assert "| documents | 3 |" in info
    assert isinstance(docs.info(), CollectionInfo)


def test_a_collection_that_has_gone_shows_words(docs: ragmm.Collection) -> None:
    gone = replace(of(docs, "figure", "report.pdf"), collection="/nowhere/at/all")
    assert "<img" not in gone._repr_html_()
    assert "report.pdf" in gone._repr_html_()


def test_show_prints_what_query_prints(docs: ragmm.Collection, capsys: pytest.CaptureFixture[str]) -> None:
    docs.query("the kestrel hovers", k=1).show()
    printed = capsys.readouterr().out
    assert "[1]" in printed
    assert "note.md" in printed
