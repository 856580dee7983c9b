"""Office files and web pages give the same items in the light environment as with all of `unstructured`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import office_files as made
import pytest

from ragmm.loaders.registry import default_loaders, load, probe
from ragmm.loaders.settings import LoaderSettings, Ocr
from ragmm.types import Item

pytestmark = pytest.mark.needs("unstructured")

PAGE = (
    b"<html lang=en><head><title>Herons</title></head><body><h1>Herons of the bay</h1><p>Dr. Reed counted 3.5 pairs "
    b"a mile, e.g. at Pine Point. <a href='https://example.org/a'>More</a>.</p><ul><li>Grey<ul><li>young</li></ul></li>"
    b"<li>Blue</li></ul><table><tr><th>Year<th>Pairs<tr><td>1999<td>12</table><pre>x = 1\n  y = 2</pre>"
    b"<p>THE END OF ALL BIRDS</p><p>Is it? It is not; see below.</p><dl><dt>nest</dt><dd>where they sit</dd></dl>"
)
FILES = {
    "a.docx": made.docx(),
    "a.pptx": made.pptx(),
    "a.xlsx": made.xlsx(),
    "a.epub": made.epub(),
    "a.html": PAGE,
    "a.eml": b"From: a@example.org\nTo: b@example.org\nSubject: Herons\nContent-Type: text/html\n\n" + PAGE,
}
DIGESTS = {
    "a.docx": "ea77cb5cfd747a00",
    "a.pptx": "9e89493f5c761e59",
    "a.xlsx": "d86e1976d4107628",
    "a.epub": "35e78938a5cd36ac",
    "a.html": "f6dd768e6857501b",
    "a.eml": "600cdcf0c3c642e1",
}
"""Of the items of each; both environments run this test."""


def _timeless(item: Item) -> dict[str, object]:
    """Metadata without when the file was made, which is just now."""
    return {key: value for key, value in item.metadata.items() if key not in {"created", "modified"}}


@pytest.mark.parametrize("name", FILES)
def test_the_items_are_the_same_in_every_environment(name: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(FILES[name])
    items = load(file, probe(file, name), default_loaders(LoaderSettings(ocr=Ocr.NEVER)))
    facts = [[item.modality, item.text, item.context, repr(item.locator), _timeless(item)] for item in items]
    assert len(facts) > 1
    seen = hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
    assert seen[:16] == DIGESTS[name], f"{name} reads otherwise: {facts}"
