"""What a person is shown of a parsed file."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from ragmm.errors import DocumentError
from ragmm.inspect import Inspection, inspect_file, inspection_html
from ragmm.loaders.settings import LoaderSettings, Ocr, PageImages

SETTINGS = LoaderSettings(ocr=Ocr.NEVER)
ATTACK = "</p><script>alert(1)</script><img src=http://example.org/x onerror=alert(1)>"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Inspection:
    path = tmp_path_factory.mktemp("inspect") / "notes & <b>.pdf"
    canvas = Canvas(str(path), pagesize=(400, 300), invariant=1)
    for number in (1, 2):
        canvas.drawString(50, 200, f"Page {number} tells of herons. {ATTACK}")
        canvas.showPage()
    canvas.save()
    return inspect_file(path, SETTINGS)


class Page(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def test_items_are_those_of_the_settings_and_pages_are_there_to_draw_on(found: Inspection) -> None:
    assert [item.locator.page for item in found.items] == [1, 2]
    assert sorted(found.pages) == [1, 2]
    assert (found.media_type, found.name) == ("application/pdf", "notes & <b>.pdf")


def test_the_data_is_json_without_picture_bytes(found: Inspection) -> None:
    data = json.loads(json.dumps(found.as_dict()))
    assert data["items"][0]["box"][0] == pytest.approx(50, abs=2)
    assert "herons" in data["items"][0]["text"]
    assert len(json.dumps(data)) < 5_000


def test_each_box_is_drawn_on_its_page(found: Inspection) -> None:
    text = inspection_html(found)
    boxes = re.findall(r'class="passage" href="#item-\d" [^>]*><rect x="([\d.]+)" y="([\d.]+)"', text)
    assert len(boxes) == 2
    assert float(boxes[0][0]) == pytest.approx(50, abs=2)
    assert text.count('<image href="data:image/') == 2
    assert text.count('viewBox="0 0 400.0 300.0"') == 2
    assert 'href="#item-2"' in text
    assert 'id="item-2"' in text
    assert 'href="#box-2"' in text
    assert '<a href="#page-1">1</a><a href="#page-2">2</a>' in text


def test_nothing_in_the_page_acts(found: Inspection) -> None:
    page = Page(inspection_html(found))
    assert "script" not in page.tags
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    links = [value for name, value in page.attributes if name in {"src", "href"} and value]
    assert all(value.startswith(("#", "data:image/")) for value in links)
    assert dict(page.attributes)["content"]
    assert "default-src 'none'" in inspection_html(found)


@pytest.mark.slow
def test_pages_are_items_only_where_asked(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), invariant=1)
    canvas.drawString(50, 200, "words " * 20)
    canvas.save()
    for policy, count in ((PageImages.NEVER, 1), (PageImages.SCANNED, 1), (PageImages.ALL, 2)):
        found = inspect_file(tmp_path / "a.pdf", LoaderSettings(page_images=policy, ocr=Ocr.NEVER))
        assert len(found.items) == count
        assert len(found.pages) == 1


def test_a_file_without_pages_is_a_list_of_items(tmp_path: Path) -> None:
    Image.new("RGB", (90, 60), "teal").save(tmp_path / "teal.png")
    found = inspect_file(tmp_path / "teal.png", SETTINGS)
    text = inspection_html(found)
    assert text.count('<img src="data:image/png;base64,') == 1
    assert "<svg" not in text


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4 nothing")
    with pytest.raises(DocumentError, match=r"a\.pdf"):
        inspect_file(tmp_path / "a.pdf", SETTINGS)
