"""Presentations: unstructured partitions each slide; charts, drawings, notes and pictures are read besides."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from ragmm.loaders.office.charts import chart_part, diagram_texts
from ragmm.loaders.office.ooxml import check_package, readable_package
from ragmm.loaders.office.quiet import partitioner
from ragmm.loaders.office.safe_xml import local_name, parse_xml
from ragmm.loaders.office.structures import PartKind, Structure, attachment, figure, heading, one_line, paragraph, table

__all__ = ["pptx_parts"]

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_DIAGRAM = "diagramData"
_COMMENTS = "comments"
_PACKED = frozenset({"package", "oleObject"})


def pptx_parts(file: Path, name: str) -> tuple[dict[str, str], Iterator[Structure]]:
    """The presentation's properties and its parts, slide by slide."""
    properties = check_package(file, name)
    return properties, _parts(file, name)


def _parts(file: Path, name: str) -> Iterator[Structure]:
    unstructured = partitioner("pptx")
    import pptx

    opened = readable_package(file, name)
    presentation = pptx.Presentation(str(opened) if isinstance(opened, Path) else opened)
    given = {"filename": str(opened)} if isinstance(opened, Path) else {"file": opened}
    unstructured.register_picture_partitioner(_SlideMarker)
    elements = unstructured.partition_pptx(**given, include_page_breaks=False, languages=[""])
    by_slide = {page: list(found) for page, found in groupby(elements, lambda e: e.metadata.page_number)}
    for number, slide in enumerate(presentation.slides, 1):
        yield from _Slide(slide, number).parts(by_slide.get(number, []))


class _SlideMarker:
    """Says where a picture stands, by an Image element that carries its shape's id."""

    @classmethod
    def iter_elements(cls, picture: Any, opts: Any) -> Iterator[Any]:
        from unstructured.documents.elements import ElementMetadata, Image

        yield Image(text="", metadata=ElementMetadata(image_path=str(picture.shape_id), page_number=opts.page_number))


class _Slide:
    """One slide: its elements in order, then what the partitioner does not look at."""

    def __init__(self, slide: Any, number: int) -> None:
        self._slide = slide
        self._number = number
        self._shapes = list(_flat(slide.shapes))
        self._titles = _titles(slide)

    def parts(self, elements: list[Any]) -> Iterator[Structure]:
        hidden = {"hidden": True} if self._slide.element.get("show") == "0" else {}
        if self._titles:
            yield heading(" ".join(self._titles), 1, self._number)
        for element in elements:
            yield from self._element_parts(element, hidden)
        for shape in self._shapes:
            yield from self._unseen(shape)
        yield from self._notes()
        yield from self._related()

    def _element_parts(self, element: Any, hidden: dict[str, Any]) -> Iterator[Structure]:
        text, number = element.text.replace("\v", "\n"), self._number
        match element.category:
            case "Image":
                yield from self._picture(element.metadata.image_path)
            case "Table":
                yield table(_html_rows(element.metadata.text_as_html or ""), page=number, **hidden)
            case "ListItem":
                depth = element.metadata.category_depth or 0
                yield Structure(kind=PartKind.LIST_ITEM, text=one_line(text), level=depth, page=number)
            case "Title" if one_line(text) in self._titles:
                pass
            case _:
                yield paragraph(text, number, **hidden)

    def _picture(self, shape_id: str) -> Iterator[Structure]:
        shape = next((shape for shape in self._shapes if str(shape.shape_id) == shape_id), None)
        blob = b"" if shape is None else _image_blob(shape)
        if blob:
            yield figure(blob, page=self._number, **_described(shape))

    def _unseen(self, shape: Any) -> Iterator[Structure]:
        """Charts, and text that stands off the slide, which the partitioner passes over."""
        if getattr(shape, "has_chart", False):
            chart = chart_part(shape.chart.part.blob, str(shape.chart.part.partname), self._number, _alt(shape))
            yield from () if chart is None else (chart,)
        elif shape.has_text_frame and _off_slide(shape) and shape.text_frame.text.strip():
            yield paragraph(shape.text_frame.text, self._number, role="off slide")

    def _notes(self) -> Iterator[Structure]:
        frame = self._slide.notes_slide.notes_text_frame if self._slide.has_notes_slide else None
        if frame is not None and frame.text.strip():
            yield paragraph(frame.text.replace("\v", "\n"), self._number, notes=True)

    def _related(self) -> Iterator[Structure]:
        for relation in self._slide.part.rels.values():
            if relation.is_external:
                continue
            kind, target = relation.reltype.rpartition("/")[2], relation.target_part
            name = str(target.partname)
            if kind == _DIAGRAM:
                yield from (paragraph(text, self._number) for text in diagram_texts(target.blob, name))
            elif kind == _COMMENTS:
                yield from self._comments(target.blob, name)
            elif kind in _PACKED:
                yield attachment(target.blob, name.rpartition("/")[2], self._number)

    def _comments(self, data: bytes, name: str) -> Iterator[Structure]:
        for comment in parse_xml(data, name, recover=True).iter("{*}cm"):
            words = (element.text or "" for element in comment.iter() if local_name(element) in ("text", "t"))
            yield paragraph(f"Comment: {one_line(' '.join(words))}", self._number, role="comment")


def _flat(shapes: Any) -> Iterator[Any]:
    for shape in shapes:
        if hasattr(shape, "shapes"):
            yield from _flat(shape.shapes)
        else:
            yield shape


def _titles(slide: Any) -> list[str]:
    title = slide.shapes.title
    if title is None or not title.has_text_frame:
        return []
    return [one_line(paragraph.text) for paragraph in title.text_frame.paragraphs if paragraph.text.strip()]


def _image_blob(shape: Any) -> bytes:
    """The encoded picture; b"" where it is linked or missing."""
    relation = next((blip.get(_EMBED) for blip in shape._element.iter(f"{_A}blip") if blip.get(_EMBED)), None)
    if relation is None or relation not in shape.part.rels or shape.part.rels[relation].is_external:
        return b""
    return bytes(shape.part.related_part(relation).blob)


_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"


def _described(shape: Any) -> dict[str, Any]:
    alt = _alt(shape)
    return {"alt": alt} if alt else {}


def _alt(shape: Any) -> str:
    properties = shape._element.find(".//{*}cNvPr")
    return "" if properties is None else one_line(properties.get("descr") or properties.get("title") or "")


def _off_slide(shape: Any) -> bool:
    return bool(shape.top and shape.left and (shape.top < 0 or shape.left < 0))


def _html_rows(html: str) -> list[list[str]]:
    from lxml import html as lxml_html

    if not html:
        return []
    root = lxml_html.fragment_fromstring(html)
    return [[cell.text_content() for cell in row.iter("td", "th")] for row in root.iter("tr")]
