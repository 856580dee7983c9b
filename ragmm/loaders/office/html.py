"""Web pages, mail bodies and book chapters: unstructured partitions the text of the normalised tree."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from ragmm.errors import LimitError
from ragmm.loaders.base import DocumentWarning
from ragmm.loaders.decoding import decode
from ragmm.loaders.office.html_tree import MARKER, Resolve, TakenOut, normalise
from ragmm.loaders.office.quiet import partitioner
from ragmm.loaders.office.safe_xml import Element
from ragmm.loaders.office.structures import PartKind, Structure, figure, heading, one_line, paragraph, table

__all__ = ["decode_html", "html_file_parts", "html_parts"]

_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s{0,3}=\s{0,3}[\"']?([\w:.-]{1,40})", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"<\?xml[^>]{0,200}?encoding\s{0,3}=\s{0,3}[\"']([\w:.-]{1,40})", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,300}\?>")
_BLOCK_TAGS = frozenset(
    [
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5"),
        *("h6", "li", "ol", "p", "pre", "table", "td", "th", "tr", "ul"),
    ]
)
_UNSEEN_TAGS = frozenset(("script", "style", "noscript", "template"))


def html_file_parts(file: Path, name: str, max_bytes: int) -> tuple[dict[str, str], Iterator[Structure]]:
    """The page's properties (title, language, description …) and its parts."""
    size = file.stat().st_size
    if size > max_bytes:
        raise LimitError(f"{name} has {size:,} bytes; at most {max_bytes:,} are read (loaders.max_text_bytes)")
    return html_parts(decode_html(file.read_bytes(), name), name)


def decode_html(data: bytes, name: str) -> str:
    """By byte order mark, else as the page itself states, else by content."""
    marked = data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))
    stated = None if marked else _CHARSET.search(data[:4096]) or _XML_ENCODING.search(data[:1024])
    if stated is not None:
        try:
            return data.decode(stated.group(1).decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass  # a wrong statement is common; the content decides
    return decode(data, name).text


def html_parts(
    text: str, name: str, resolve: Resolve | None = None, page: int | None = None
) -> tuple[dict[str, str], Iterator[Structure]]:
    """Nothing is ever fetched: pictures come from data: addresses or from `resolve`."""
    root, too_deep = _parse(text)
    if root is None:
        return {}, iter(())
    properties = _properties(root)
    return properties, _plain(text, name, page) if too_deep else _parts(root, text, name, resolve, page)


def _parse(text: str) -> tuple[Element | None, bool]:
    """The tree, and whether the parser gave up on its depth."""
    from lxml import etree

    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    body = _XML_DECLARATION.sub("", text.lstrip("\ufeff"), count=1).replace("\0", "")
    if not body.strip():
        return None, False
    root = etree.fromstring(body.encode("utf-8", "replace"), parser)
    too_deep = any("depth" in entry.message for entry in parser.error_log)
    return root, too_deep


def _properties(root: Element) -> dict[str, str]:
    found = {"title": " ".join(root.xpath("string(//title)").split()), "language": root.get("lang") or ""}
    for meta in root.iter("meta"):
        key = (meta.get("name") or meta.get("property") or "").lower()
        if key in ("description", "author", "keywords", "date"):
            found.setdefault(key, one_line(meta.get("content") or ""))
    return {key: value for key, value in found.items() if value}


def _parts(root: Element, text: str, name: str, resolve: Resolve | None, page: int | None) -> Iterator[Structure]:
    from lxml import etree

    unstructured = partitioner("html")
    taken = normalise(root, resolve)
    try:
        elements = unstructured.partition_html(text=etree.tostring(root, encoding="unicode"), languages=[""])
    except RecursionError:
        yield from _plain(text, name, page)
        return
    for element in elements:
        yield from _element_parts(element, taken, page)


def _element_parts(element: Any, taken: list[TakenOut], page: int | None) -> Iterator[Structure]:
    text, depth = element.text, element.metadata.category_depth or 0
    match element.category:
        case "Image":
            address = element.metadata.image_url or ""
            if address.startswith(MARKER):
                yield _taken_part(taken[int(address.removeprefix(MARKER))], page)
        case "Title":
            yield heading(text, depth + 1, page)
        case "ListItem":
            yield Structure(kind=PartKind.LIST_ITEM, text=one_line(text), level=depth, page=page)
        case "CodeSnippet":
            yield Structure(kind=PartKind.CODE, text=text, page=page)
        case _:
            yield paragraph(text, page, **_links(element))


def _taken_part(entry: TakenOut, page: int | None) -> Structure:
    if entry.data:
        return figure(entry.data, page=page, **({"alt": entry.alt} if entry.alt else {}))
    return table(entry.rows, entry.caption, page)


def _links(element: Any) -> dict[str, Any]:
    texts, urls = element.metadata.link_texts or (), element.metadata.link_urls or ()
    links = [
        {"text": text, "url": url} for text, url in zip(texts, urls, strict=False) if url and not url.startswith("#")
    ]
    return {"links": links} if links else {}


def _plain(text: str, name: str, page: int | None) -> Iterator[Structure]:
    """Text alone, for a page that is nested too deeply for anything else."""
    warnings.warn(DocumentWarning(f"{name} is nested too deeply: only its text was kept"), stacklevel=2)
    reader = _TextReader()
    reader.feed(text)
    reader.close()
    yield from (paragraph(block, page) for block in reader.blocks())


class _TextReader(HTMLParser):
    """Collects text by block, without building a tree."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._text: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._unseen += tag in _UNSEEN_TAGS
        if tag in _BLOCK_TAGS:
            self._text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN_TAGS))
        if tag in _BLOCK_TAGS:
            self._text.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._text.append(data)

    def blocks(self) -> Iterator[str]:
        return (line for line in map(one_line, "".join(self._text).split("\n")) if line)
