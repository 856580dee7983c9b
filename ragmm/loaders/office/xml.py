"""XML of any vocabulary: titles, paragraphs, lists and tables by their usual names, anything else by its shape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from ragmm.errors import DocumentError, LimitError
from ragmm.loaders.office.html import html_parts
from ragmm.loaders.office.safe_xml import Element, local_name, parse_xml
from ragmm.loaders.office.structures import PartKind, Structure, heading, one_line, paragraph, table

__all__ = ["xml_file_parts"]

_TITLES = frozenset(["title", "article-title", "head", "heading", "h1", "h2", "h3", "h4", "h5", "h6"])
_SECTIONS = frozenset(
    [
        *("sec", "section", "chapter", "part", "article", "book", "appendix", "item", "entry", "channel", "div"),
        *("ref-list", "abstract"),
    ]
)
_ITEMS = frozenset(["li", "list-item", "listitem"])
_TABLES = frozenset(("table", "tgroup", "informaltable"))
_ROWS, _CELLS = frozenset(("tr", "row")), frozenset(("td", "th", "entry", "cell"))
_CODE = frozenset(["pre", "code-block", "programlisting", "verbatim", "screen"])
_PROSE = frozenset(
    [
        *("p", "para", "simpara", "text", "line", "body", "content", "description", "summary", "note", "caption"),
        *("label",),
    ]
)
_KNOWN = _TITLES | _SECTIONS | _ITEMS | _TABLES | _ROWS | _CELLS | _CODE | _PROSE
_HTML = re.compile(r"<(?:p|div|br|ul|ol|table|h[1-6]|span|a|b|i|em|strong|img)\b[^<>]{0,500}>", re.IGNORECASE)
_CAPTIONED = frozenset(["fig", "table-wrap"])
_MAX_DEPTH = 200
_LONGEST_TITLE = 300


def xml_file_parts(file: Path, name: str, max_bytes: int) -> tuple[dict[str, str], Iterator[Structure]]:
    """The document's title, where it has one, and its parts in the order of the file."""
    if (size := file.stat().st_size) > max_bytes:
        raise LimitError(f"{name} has {size:,} bytes; at most {max_bytes:,} are read (loaders.max_text_bytes)")
    data = file.read_bytes()
    try:
        root = parse_xml(data, name)
    except DocumentError:
        root = parse_xml(data, name, recover=True)  # what stands before the damage, and often behind it
    title = _first(root, "article-title") or _first(root, "title")
    return ({"title": title[:_LONGEST_TITLE]} if title else {}), _walk(root, 0, 0, name)


def _first(root: Element, tag: str) -> str:
    return next((text for element in root.iter("{*}" + tag) if (text := _string(element))), "")


def _walk(element: Element, depth: int, level: int, name: str) -> Iterator[Structure]:
    kind = local_name(element)
    if kind in _CAPTIONED:
        yield from _captioned(element, depth, level, name)
        return
    named = _named(element, kind, level)
    if named is not None:
        yield from (named,) if named.text or named.rows else ()
    elif depth > _MAX_DEPTH or _is_mixed(element) or not len(element):
        yield from _text_parts("".join(element.itertext()), name)
    else:
        deeper = level + (kind in _SECTIONS)
        for is_field, children in groupby(element, _is_field):
            if is_field:
                yield paragraph("\n".join(filter(None, map(_field, children))))
            else:
                for child in children:
                    yield from _walk(child, depth + 1, deeper, name)


def _captioned(element: Element, depth: int, level: int, name: str) -> Iterator[Structure]:
    """A figure or table of an article: its label, title and text are one caption, and no heading of what follows."""
    parts = [child for child in element if local_name(child) in ("label", "caption")]
    rest = [child for child in element if child not in parts and isinstance(child.tag, str)]
    words = [one_line(" ".join(part.itertext())) for part in parts]
    ends = [f"{text}." if text[-1:].isalnum() else text for text in words[:-1]]
    caption = " ".join(filter(None, [*ends, *words[-1:]]))
    tables = [found for child in rest for found in _walk(child, depth + 1, level, name)]
    first = next((found for found in tables if found.kind is PartKind.TABLE), None)
    if first is None and caption:
        yield paragraph(caption)
    yield from (replace(found, text=caption) if found is first else found for found in tables)


def _named(element: Element, kind: str, level: int) -> Structure | None:
    """What the element's name says that it is."""
    if kind in _TITLES:
        return heading(_string(element)[:_LONGEST_TITLE], max(level, 1))
    if kind in _TABLES:
        return table([list(_cells(row)) for row in element.iter() if local_name(row) in _ROWS])
    if kind in _CODE:
        return Structure(kind=PartKind.CODE, text="".join(element.itertext()).strip("\n"))
    if kind in _ITEMS and not any(local_name(child) in _ITEMS for child in element.iterdescendants()):
        return Structure(kind=PartKind.LIST_ITEM, text=_string(element))
    return None


def _is_mixed(element: Element) -> bool:
    """Whether text stands directly in the element, beside its children."""
    return bool((element.text or "").strip()) or any((child.tail or "").strip() for child in element)


def _is_field(element: Element) -> bool:
    """A value under a name that no document vocabulary uses: such values stand together as "name: value" lines."""
    text = element.text or ""
    return not len(element) and local_name(element) not in _KNOWN and len(text) < 2_000 and not _HTML.search(text)


def _field(element: Element) -> str:
    values = [one_line(element.text or ""), *(one_line(value) for value in element.attrib.values())]
    shown = ", ".join(value for value in values if value)
    return f"{local_name(element)}: {shown}" if shown else ""


def _text_parts(text: str, name: str) -> Iterator[Structure]:
    if _HTML.search(text[:20_000]):
        yield from html_parts(text, name)[1]
    elif shown := one_line(text):
        yield paragraph(shown)


def _cells(row: Element) -> Iterator[str]:
    return (_string(cell) for cell in row if local_name(cell) in _CELLS)


def _string(element: Element) -> str:
    return one_line("".join(element.itertext()))
