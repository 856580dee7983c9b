"""A web page's tree brought into the shape that partitioning reads: no active content, nothing fetched, nothing lost.

Scripts, styles and what a browser would not show are dropped. Tables and pictures are taken out and leave a marker.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from ragmm.loaders.office.safe_xml import Element, local_name
from ragmm.loaders.office.structures import Rows, one_line
from ragmm.loaders.office.tall_cells import GoesOn, said_of_each_row

__all__ = ["MARKER", "Resolve", "TakenOut", "normalise"]

MARKER = "ragmm-part:"
"""The source of an image that stands for what was taken out; the number follows."""

Resolve = Callable[[str], bytes | None]
"""The bytes behind an image's address inside the same file; None for anything else."""

_DROPPED = (
    *(
        "script",
        "style",
        "noscript",
        "template",
        "iframe",
        "frame",
        "frameset",
        "noframes",
        "object",
        "embed",
        "applet",
    ),
    *("nav", "select", "datalist", "textarea", "input", "button", "audio", "video", "canvas", "link", "meta", "base"),
)
_RENAMED = {
    **dict.fromkeys(("figure", "details", "form", "dialog", "fieldset", "main", "noembed"), "div"),
    **dict.fromkeys(("summary", "legend", "figcaption", "caption"), "p"),
    "label": "span",
}
_BLOCKS = ("p", "div", "ul", "ol", "li", "table", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "s", "del")
_TABLE_TAGS = ("table", "thead", "tbody", "tfoot", "tr", "td", "th")
_HIDDEN = re.compile(r"display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}hidden", re.IGNORECASE)
_DATA_URI = re.compile(r"\s*data:image/[\w.+-]{1,40}((?:;[\w=.+-]{1,60}){0,4}),", re.IGNORECASE)
_HIDDEN_TAG = "ragmm-hidden"
_MAX_COLUMNS = 1_000
_MAX_DATA_URI = 64 << 20


@dataclass(frozen=True, kw_only=True)
class TakenOut:
    """A table or picture that a marker stands for."""

    caption: str = ""
    rows: Rows = ()
    data: bytes = field(default=b"", repr=False)
    alt: str = ""


def normalise(root: Element, resolve: Resolve | None = None) -> list[TakenOut]:
    """Changes the tree in place; marker n stands for entry n."""
    from lxml import etree

    _write_signs(root)
    etree.strip_elements(root, *_DROPPED, etree.Comment, etree.ProcessingInstruction, with_tail=False)
    _drop_hidden(root)
    taken: list[TakenOut] = []
    _take_drawings(root, taken)
    _take_pictures(root, taken, resolve or (lambda _address: None))
    _take_tables(root, taken)
    for tag, name in _RENAMED.items():
        for element in root.iter(tag):
            element.tag = name
    return taken


def _write_signs(root: Element) -> None:
    """What is struck through, and whether a box is ticked, as Markdown writes it: it changes what a text says."""
    for box in list(root.iter("input")):
        if (box.get("type") or "").lower() in ("checkbox", "radio") and box.getparent() is not None:
            sign = root.makeelement("span")
            sign.text = "[x] " if box.get("checked") is not None else "[ ] "
            _replace(box, sign)
    for struck in list(root.iter("s", "strike", "del")):
        if not "".join(struck.itertext()).strip() or next(struck.iterdescendants(*_BLOCKS), None) is not None:
            continue
        struck.tag = "span"
        struck.text = f"~~{struck.text or ''}"
        if len(struck):
            struck[-1].tail = f"{struck[-1].tail or ''}~~"
        else:
            struck.text += "~~"


def _drop_hidden(root: Element) -> None:
    from lxml import etree

    for element in root.iterdescendants():
        style = element.get("style") or ""
        if element.get("hidden") is not None or (style and _HIDDEN.search(style[:2000])):
            element.tag = _HIDDEN_TAG
    etree.strip_elements(root, _HIDDEN_TAG, with_tail=False)


def _take_drawings(root: Element, taken: list[TakenOut]) -> None:
    from lxml import etree

    for svg in list(root.iter("svg")):
        if any(local_name(ancestor) == "svg" for ancestor in svg.iterancestors()):
            continue
        words = one_line(" ".join(t for e in svg.iter("title", "text", "desc") for t in e.itertext()))
        svg.set("xmlns", "http://www.w3.org/2000/svg")
        data = etree.tostring(svg, with_tail=False)
        _replace(svg, _marker(root, taken, TakenOut(data=data, alt=words)))


def _take_pictures(root: Element, taken: list[TakenOut], resolve: Resolve) -> None:
    for image in list(root.iter("img", "image")):
        if (image.get("src") or "").startswith(MARKER):
            continue
        alt = one_line(image.get("alt") or image.get("title") or "")
        data = _picture(image, resolve)
        if data:
            _replace(image, _marker(root, taken, TakenOut(data=data, alt=alt)))
        else:
            stand_in = root.makeelement("span")
            stand_in.text = f" {alt} " if alt else ""
            _replace(image, stand_in)


def _picture(image: Element, resolve: Resolve) -> bytes:
    address = image.get("src") or image.get("href") or image.get("{http://www.w3.org/1999/xlink}href") or ""
    found = _DATA_URI.match(address)
    if found is None:
        return resolve(address.strip()) or b""
    if len(address) > _MAX_DATA_URI:
        return b""
    body = address[found.end() :]
    if ";base64" not in found.group(1).lower():
        return unquote_to_bytes(body)
    try:
        return base64.b64decode(re.sub(r"[\s%]|%[0-9A-Fa-f]{2}", "", body))
    except (binascii.Error, ValueError):
        return b""


def _take_tables(root: Element, taken: list[TakenOut]) -> None:
    """Tables of data are taken out, inner ones first; tables that only lay out a page become its text."""
    for table, layout in [(table, _is_layout(table)) for table in root.iter("table")][::-1]:
        if layout:
            for element in list(_own(table, *_TABLE_TAGS)):
                element.tag = "div"
        else:
            _take_table(root, table, taken)


def _take_table(root: Element, table: Element, taken: list[TakenOut]) -> None:
    caption = next((one_line(" ".join(c.itertext())) for c in _own(table, "caption")), "")
    within = [image for image in table.iter("img") if (image.get("src") or "").startswith(MARKER)]
    marker = _marker(root, taken, TakenOut(caption=caption, rows=_rows(table)))
    _replace(table, marker)
    tail, marker.tail = marker.tail, None
    for image in reversed(within):
        image.tail = None
        marker.addnext(image)
    (within[-1] if within else marker).tail = tail


def _is_layout(table: Element) -> bool:
    if table.get("role") in ("presentation", "none") or next(table.iterdescendants("table"), None) is not None:
        return True
    return max((len(list(_cells(row))) for row in _own(table, "tr")), default=0) < 2


def _own(table: Element, *tags: str) -> Iterator[Element]:
    """Elements of this table and not of one within it."""
    if table.tag in tags:
        yield table
    for element in table.iterdescendants(*tags):
        if next((a for a in element.iterancestors("table")), None) is table:
            yield element


def _cells(row: Element) -> Iterator[Element]:
    yield from row.iterchildren("td", "th")


def _rows(table: Element) -> list[list[str]]:
    """Cell texts by column; a cell that spans columns is followed by empty ones, a name beside rows is said of each."""
    rows: list[list[str]] = []
    places: list[GoesOn] = []
    above: dict[int, _Reach] = {}
    for number, row in enumerate(_own(table, "tr")):
        texts: list[str] = []
        below: dict[int, _Reach] = {}
        for cell in _cells(row):
            _fill(texts, above, below)
            down, across = _span(cell, "rowspan"), min(_span(cell, "colspan"), _MAX_COLUMNS - len(texts))
            below.update({len(texts) + offset: _Reach(down - 1, number) for offset in range(across) if down > 1})
            texts.extend(([_cell_text(cell)] + [""] * (across - 1))[:across])
        _fill(texts, above, below)
        places += [GoesOn(number, column, reach.first) for column, reach in above.items() if column < len(texts)]
        above = below
        rows.append(texts)
    return said_of_each_row(rows, places)


class _Reach(NamedTuple):
    """How many more rows a cell reaches into, and the row in which it begins."""

    left: int
    first: int


def _fill(texts: list[str], above: dict[int, _Reach], below: dict[int, _Reach]) -> None:
    """Skips the columns that cells of rows above reach into."""
    while (reach := above.get(len(texts))) is not None:
        if reach.left > 1:
            below[len(texts)] = reach._replace(left=reach.left - 1)
        texts.append("")


def _cell_text(cell: Element) -> str:
    return one_line(" ".join(text for text in cell.itertext() if text.strip()))


def _span(cell: Element, name: str) -> int:
    value = cell.get(name) or ""
    return min(max(int(value), 1), _MAX_COLUMNS) if value.isdecimal() and len(value) < 9 else 1


def _marker(root: Element, taken: list[TakenOut], entry: TakenOut) -> Element:
    marker = root.makeelement("img")
    marker.set("src", f"{MARKER}{len(taken)}")
    taken.append(entry)
    return marker


def _replace(old: Element, new: Element) -> None:
    new.tail = old.tail
    old.getparent().replace(old, new)
