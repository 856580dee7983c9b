"""Word documents: unstructured partitions the text; pictures, charts, rich tables and packed files are read besides."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from ragmm.loaders.office.charts import chart_part, diagram_texts
from ragmm.loaders.office.docx_tables import table_rows
from ragmm.loaders.office.docx_tree import OUTLINE_MARK, TABLE_MARK, normalise, note_texts
from ragmm.loaders.office.ooxml import check_package, readable_package
from ragmm.loaders.office.quiet import partitioner
from ragmm.loaders.office.structures import PartKind, Structure, attachment, figure, heading, one_line, paragraph, table

__all__ = ["docx_parts"]

_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_DGM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
_V = "{urn:schemas-microsoft-com:vml}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_DRAWN = (f"{_A}blip", f"{_V}imagedata", f"{_C}chart", f"{_DGM}relIds")
_REFERENCE = {
    f"{_A}blip": f"{_R}embed",
    f"{_V}imagedata": f"{_R}id",
    f"{_C}chart": f"{_R}id",
    f"{_DGM}relIds": f"{_R}dm",
}


def docx_parts(file: Path, name: str) -> tuple[dict[str, str], Iterator[Structure]]:
    """The document's properties and its parts in reading order."""
    properties = check_package(file, name)
    return properties, _parts(file, name)


def _parts(file: Path, name: str) -> Iterator[Structure]:
    unstructured = partitioner("docx")
    import docx

    opened = readable_package(file, name)
    document = docx.Document(str(opened) if isinstance(opened, Path) else opened)
    tables = normalise(document.element.body, document.styles.element, note_texts(document))
    reader = _DocxReader(document.part, tables)
    elements = _partition(unstructured, document)
    found = False
    for element, following in zip_longest(elements, elements[1:]):
        for part in reader.parts(element, _outline_of(following)):
            found = True
            yield part
    if not found:
        yield from _header_pictures(document.part)
    yield from _packed_files(document.part)


def _partition(unstructured: Any, document: Any) -> list[Any]:
    """All elements; the normalised document goes through memory because the partitioner reads files only."""
    unstructured.register_picture_partitioner(_Marker)
    buffer = io.BytesIO()
    document.save(buffer)
    buffer.seek(0)
    elements: list[Any] = unstructured.partition_docx(file=buffer, include_page_breaks=False, languages=[""])
    return elements


class _Marker:
    """Says where drawings, tables and outline levels stand, by Image elements that carry a reference."""

    @classmethod
    def iter_elements(cls, paragraph: Any, opts: Any) -> Iterator[Any]:
        from unstructured.documents.elements import ElementMetadata, Image

        for reference, alt in cls._marks(paragraph):
            yield Image(text=alt, metadata=ElementMetadata(image_path=reference, page_number=opts.metadata_page_number))

    @staticmethod
    def _marks(paragraph: Any) -> Iterator[tuple[str, str]]:
        root = paragraph._p
        if (level := root.get(OUTLINE_MARK)) is not None and paragraph.text.strip():
            yield f"outline:{level}", ""
        if (number := root.get(TABLE_MARK)) is not None:
            yield f"table:{number}", ""
        yield from ((f"{kind}:{relation}", alt) for kind, relation, alt in _references(root))


def _outline_of(element: Any) -> int | None:
    """The level that a marker states for the paragraph before it."""
    reference = (element.metadata.image_path or "") if element is not None and element.category == "Image" else ""
    kind, _, level = reference.partition(":")
    return int(level) if kind == "outline" else None


def _references(root: Any) -> Iterator[tuple[str, str, str]]:
    """(tag, relation id, alt text) of each drawing under `root`."""
    for drawn in root.iter(*_DRAWN):
        relation = drawn.get(_REFERENCE[drawn.tag])
        if relation:
            yield drawn.tag.rpartition("}")[2], relation, _alt(drawn)


def _alt(drawn: Any) -> str:
    for ancestor in drawn.iterancestors(f"{_WP}inline", f"{_WP}anchor", f"{_V}shape"):
        properties = ancestor.find(f"{_WP}docPr")
        source = ancestor if properties is None else properties
        return one_line(source.get("descr") or source.get("alt") or source.get("title") or "")
    return ""


class _DocxReader:
    """Turns elements and markers into parts."""

    def __init__(self, part: Any, tables: list[Any]) -> None:
        self._part = part
        self._tables = tables

    def parts(self, element: Any, outline: int | None) -> Iterator[Structure]:
        page = element.metadata.page_number
        if element.category == "Image":
            kind, _, reference = element.metadata.image_path.partition(":")
            yield from self._marked(kind, reference, element.text, page)
        elif outline is not None:
            yield heading(element.text, outline, page)
        else:
            yield _text_part(element, page)

    def _marked(self, kind: str, reference: str, alt: str, page: int | None) -> Iterator[Structure]:
        if kind == "table":
            drawn = self._tables[int(reference)]
            yield table(table_rows(drawn), page=page)
            for inner_kind, relation, inner_alt in _references(drawn):
                yield from _resolved(self._part, inner_kind, relation, inner_alt, page)
        elif kind != "outline":
            yield from _resolved(self._part, kind, reference, alt, page)


def _text_part(element: Any, page: int | None) -> Structure:
    text, depth = element.text, element.metadata.category_depth or 0
    match element.category:
        case "Title":
            return heading(text, depth + 1, page)
        case "ListItem":
            return Structure(kind=PartKind.LIST_ITEM, text=one_line(text), level=depth, page=page)
        case "Header" | "Footer":
            return paragraph(text, page, role=element.category.lower())
        case _:
            return paragraph(text, page, **_links(element))


def _links(element: Any) -> dict[str, Any]:
    links = [{"text": link["text"], "url": link["url"]} for link in element.metadata.links or () if link.get("url")]
    return {"links": links} if links else {}


def _resolved(part: Any, kind: str, relation: str, alt: str, page: int | None) -> Iterator[Structure]:
    target = part.related_parts.get(relation) if relation in part.rels and not part.rels[relation].is_external else None
    if target is None:
        return
    name = str(target.partname)
    if kind == "chart":
        if (chart := chart_part(target.blob, name, page, alt)) is not None:
            yield chart
    elif kind == "relIds":
        yield from (paragraph(text, page) for text in diagram_texts(target.blob, name))
    else:
        yield figure(target.blob, page=page, **({"alt": alt} if alt else {}))


def _header_pictures(part: Any) -> Iterator[Structure]:
    """Of a document that holds nothing else: beside a text they are letterheads."""
    for relation in part.rels.values():
        if not relation.is_external and relation.reltype.rpartition("/")[2] in {"header", "footer"}:
            margin = relation.target_part
            for kind, reference, alt in _references(margin.element):
                yield from _resolved(margin, kind, reference, alt, None)


def _packed_files(part: Any) -> Iterator[Structure]:
    for relation in part.rels.values():
        if not relation.is_external and relation.reltype.rpartition("/")[2] in {"package", "oleObject", "aFChunk"}:
            target = relation.target_part
            yield attachment(target.blob, str(target.partname).rpartition("/")[2])
