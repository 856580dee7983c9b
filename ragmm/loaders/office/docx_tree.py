"""A Word document's tree brought into the plain shape that partitioning reads: nothing stays inside a wrapper.

Content controls, tracked insertions and alternate content are unwrapped, deletions dropped, equations written out,
and text boxes, notes and comments become paragraphs behind the one they belong to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ragmm.loaders.office.math import linear_math
from ragmm.loaders.office.safe_xml import Element, parse_xml

__all__ = ["OUTLINE_MARK", "TABLE_MARK", "normalise", "note_texts"]

# Written into revision attributes, which no reader looks at, so that they survive into the partitioner's paragraphs.
TABLE_MARK = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}rsidR"
OUTLINE_MARK = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}rsidP"

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_DROPPED = (f"{_W}del", f"{_W}moveFrom", f"{_W}sdtPr", f"{_W}sdtEndPr")
_UNWRAPPED = (
    *(_W + tag for tag in ("ins", "moveTo", "smartTag", "sdt", "sdtContent", "customXml", "fldSimple", "bdo", "dir")),
    f"{_MC}AlternateContent",
    f"{_MC}Choice",
)
_NOTE_PARTS = {"footnotes": "footnote", "endnotes": "endnote", "comments": "comment"}


def normalise(body: Element, styles: Element, notes: Mapping[tuple[str, str], str]) -> list[Element]:
    """Changes the tree in place and gives the tables it took out of the body.

    Where table n stood is an empty paragraph with TABLE_MARK n; paragraphs with an outline level have it in
    OUTLINE_MARK. `notes` gives the text of each ("footnote" | "endnote" | "comment", id).
    """
    from lxml import etree

    _drop_fallbacks(body)
    etree.strip_elements(body, *_DROPPED, with_tail=False)
    etree.strip_tags(body, *_UNWRAPPED)
    _write_out_math(body)
    _lift_text_boxes(body)
    _append_notes(body, notes)
    _mark_outline(body, styles)
    return _take_tables(body)


def note_texts(document: Any) -> dict[tuple[str, str], str]:
    """The notes and comments of a python-docx document by kind and id."""
    texts: dict[tuple[str, str], str] = {}
    for relation in document.part.rels.values():
        kind = _NOTE_PARTS.get(relation.reltype.rpartition("/")[2])
        if kind is None or relation.is_external:
            continue
        root = parse_xml(relation.target_part.blob, str(relation.target_part.partname), recover=True)
        for note in root.iter(_W + kind):
            texts[kind, note.get(f"{_W}id", "")] = _note_text(note, kind)
    return texts


def _note_text(note: Element, kind: str) -> str:
    lines = ("".join(t.text or "" for t in p.iter(f"{_W}t", f"{_M}t")) for p in note.iter(f"{_W}p"))
    text = " ".join(line.strip() for line in lines if line.strip())
    author = note.get(f"{_W}author", "")
    return f"{author}: {text}" if kind == "comment" and author and text else text


def _drop_fallbacks(body: Element) -> None:
    for fallback in list(body.iter(f"{_MC}Fallback")):
        wrapper = fallback.getparent()
        if wrapper.find(f"{_MC}Choice") is not None:
            wrapper.remove(fallback)
        else:
            fallback.tag = f"{_MC}Choice"


def _write_out_math(body: Element) -> None:
    for equation in list(body.iter(f"{_M}oMath")):
        if not any(ancestor.tag == f"{_M}oMath" for ancestor in equation.iterancestors()):
            _replace(equation, _run(body, linear_math(equation)))
    from lxml import etree

    etree.strip_tags(body, f"{_M}oMathPara", f"{_M}oMathParaPr")


def _lift_text_boxes(body: Element) -> None:
    for box in list(body.iter(f"{_W}txbxContent")):
        host = next((a for a in box.iterancestors(f"{_W}p")), None)
        if host is not None:
            for child in reversed(list(box)):
                host.addnext(child)


def _append_notes(body: Element, notes: Mapping[tuple[str, str], str]) -> None:
    for kind in _NOTE_PARTS.values():
        for reference in reversed(list(body.iter(f"{_W}{kind}Reference"))):
            number = reference.get(f"{_W}id", "")
            host = next((a for a in reference.iterancestors(f"{_W}p")), None)
            if host is not None and (text := notes.get((kind, number))):
                host.addnext(_note_paragraph(body, kind, number, text))
                _replace(reference, _text(body, _mark(kind, number)))


def _note_paragraph(body: Element, kind: str, number: str, text: str) -> Element:
    paragraph = body.makeelement(f"{_W}p")
    paragraph.append(_run(body, f"{_mark(kind, number) or 'Comment by'} {text}"))
    return paragraph


def _mark(kind: str, number: str) -> str:
    return "" if kind == "comment" else f"[{number}]"


def _run(body: Element, text: str) -> Element:
    run = body.makeelement(f"{_W}r")
    run.append(_text(body, text))
    return run


def _text(body: Element, text: str) -> Element:
    element = body.makeelement(f"{_W}t")
    element.text = text
    return element


def _replace(old: Element, new: Element) -> None:
    new.tail = old.tail
    old.getparent().replace(old, new)


def _take_tables(body: Element) -> list[Element]:
    """The tables stay in the tree under a name that no reader knows: taking a large one out costs seconds."""
    tables = list(body.iterchildren(f"{_W}tbl"))
    for number, table in enumerate(tables):
        stand_in = body.makeelement(f"{_W}p")
        stand_in.set(TABLE_MARK, str(number))
        table.addprevious(stand_in)
        table.tag = f"{_W}taken"
    return tables


def _mark_outline(body: Element, styles: Element) -> None:
    by_style = _style_outlines(styles)
    for paragraph in body.iter(f"{_W}p"):
        paragraph.attrib.pop(TABLE_MARK, None)
        paragraph.attrib.pop(OUTLINE_MARK, None)
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        own = _outline(paragraph)
        level = by_style.get(style.get(f"{_W}val", "")) if own is None and style is not None else own
        if level is not None and level < 9:
            paragraph.set(OUTLINE_MARK, str(level + 1))


def _style_outlines(styles: Element) -> dict[str, int]:
    """Style id to outline level, inherited along the chain of base styles."""
    own = {style.get(f"{_W}styleId", ""): style for style in styles.iter(f"{_W}style")}
    levels: dict[str, int] = {}
    for name in own:
        seen: set[str] = set()
        at = name
        while at in own and at not in seen and name not in levels:
            seen.add(at)
            if (level := _outline(own[at])) is not None:
                levels[name] = level
            base = own[at].find(f"{_W}basedOn")
            at = "" if base is None else base.get(f"{_W}val", "")
    return levels


def _outline(element: Element) -> int | None:
    found = element.find(f"{_W}pPr/{_W}outlineLvl")
    value = "" if found is None else found.get(f"{_W}val", "")
    return int(value) if value.isdecimal() else None
