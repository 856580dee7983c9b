"""E-books: the chapters in reading order, each as a page, with the pictures that the book holds."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from ragmm.errors import DocumentError
from ragmm.loaders.archive_limits import InflateBudget, SafeZip, open_zip
from ragmm.loaders.office.html import decode_html, html_parts
from ragmm.loaders.office.safe_xml import Element, parse_xml
from ragmm.loaders.office.structures import Structure, one_line, paragraph

__all__ = ["epub_parts"]

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
# These two only hide fonts; any other algorithm hides the text.
_FONT_ALGORITHMS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_PAGE_TYPES = ("application/xhtml+xml", "text/html", "text/x-oeb1-document")
_PROPERTIES = {
    "title": "title",
    "creator": "author",
    "language": "language",
    "date": "created",
    "description": "description",
}


def epub_parts(file: Path, name: str) -> tuple[dict[str, str], Iterator[Structure]]:
    """The book's properties and its parts."""
    with open_zip(file, InflateBudget(name)) as package:
        _refuse_protected(package, name)
        path, root = _package_document(package, name)
        return _properties(root), _parts(file, name, path)


def _parts(file: Path, name: str, path: str) -> Iterator[Structure]:
    with open_zip(file, InflateBudget(name)) as package:
        root = parse_xml(package.read(path), path, recover=True)
        chapters = [chapter for chapter in _chapters(root, path) if chapter in package]
        if not chapters:
            raise DocumentError(f"{name} lists no chapter that it holds; the book is incomplete")
        stated = _properties(root)
        if title := stated.get("title"):
            yield paragraph(", ".join(filter(None, (title, stated.get("author")))))
        for chapter in chapters:
            text = decode_html(package.read(chapter), chapter)
            yield from html_parts(text, f"{name}: {chapter}", _Pictures(package, chapter).read)[1]


class _Pictures:
    """Finds what a chapter's picture addresses name."""

    def __init__(self, package: SafeZip, chapter: str) -> None:
        self._package = package
        self._folder = posixpath.dirname(chapter)

    def read(self, address: str) -> bytes | None:
        if ":" in address:
            return None
        member = posixpath.normpath(posixpath.join(self._folder, unquote(address.partition("#")[0])))
        return self._package.read(member) if member in self._package else None


def _refuse_protected(package: SafeZip, name: str) -> None:
    if _ENCRYPTION not in package:
        return
    methods = parse_xml(package.read(_ENCRYPTION), _ENCRYPTION, recover=True).iter("{*}EncryptionMethod")
    if any(method.get("Algorithm") not in _FONT_ALGORITHMS for method in methods):
        raise DocumentError(f"{name} is protected by its seller (DRM); it cannot be read")


def _package_document(package: SafeZip, name: str) -> tuple[str, Element]:
    listed = []
    if _CONTAINER in package:
        rootfiles = parse_xml(package.read(_CONTAINER), _CONTAINER, recover=True).iter("{*}rootfile")
        listed = [root.get("full-path", "") for root in rootfiles]
    path = next((p for p in (*listed, *package.names) if p.endswith(".opf") and p in package), None)
    if path is None:
        raise DocumentError(f"{name} has no package document (.opf); the book is incomplete")
    return path, parse_xml(package.read(path), path, recover=True)


def _properties(root: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag, key in _PROPERTIES.items():
        for element in root.iter("{http://purl.org/dc/elements/1.1/}" + tag):
            found.setdefault(key, one_line(element.text or ""))
    return {key: value for key, value in found.items() if value}


def _chapters(root: Element, path: str) -> Iterator[str]:
    """Member names in reading order; pages that the reading order leaves out come last."""
    folder = posixpath.dirname(path)
    pages: dict[str, str] = {}
    for item in root.iter("{*}item"):
        if item.get("media-type") in _PAGE_TYPES and "nav" not in (item.get("properties") or "").split():
            pages[item.get("id", "")] = posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))
    order = [reference.get("idref", "") for reference in root.iter("{*}itemref")]
    yield from dict.fromkeys(pages[one] for one in (*order, *pages) if one in pages)
