"""PDF through PyMuPDF: one pass over a page gives its lines and the extents of its paths."""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmm.errors import DocumentError
from ragmm.loaders.pdf.base import SAVE_AGAIN, DrawnShape, Line, Link, OutlineEntry, Picture, is_bold_name
from ragmm.loaders.pdf.pymupdf_text import quick_lines
from ragmm.types import Box

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["PyMuPdfBackend"]

_TEXT, _VECTOR = 0, 3
_BOLD_FLAG = 16
_MOST_LINKS = 2_000
# Its errors name the file by the path of the spooled copy.
_PATH = re.compile(r"file '[^']*'")
_METADATA = {
    "title": "title",
    "author": "author",
    "subject": "subject",
    "keywords": "keywords",
    "creationDate": "created",
}


@lru_cache(maxsize=1)
def _library() -> Any:
    """Without its layout models: they take a second, 100 MB and threads, and who has threads cannot fork safely."""
    heavy = [name for name in ("pymupdf.layout", "onnxruntime") if name not in sys.modules]
    absent: Any = dict.fromkeys(heavy)  # None in this place makes an import fail
    try:
        sys.modules.update(absent)
        import pymupdf
    finally:
        for name in heavy:
            sys.modules.pop(name, None)
    return pymupdf


def _has_models() -> bool:
    """Whether the layout models are there; loads them."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when onnxruntime is imported
    try:
        importlib.import_module("pymupdf.layout")
    except ImportError:
        return False
    return True


@lru_cache(maxsize=1)
def _quiet() -> None:
    """Damage is reported by exceptions and warnings of ours, not on stderr."""
    pymupdf = _library()
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)


@contextlib.contextmanager
def _reported(what: str, remedy: str = "") -> Iterator[None]:
    """What the library raises, as one kind of error."""
    library = _library()
    try:
        yield
    except (RuntimeError, ValueError, TypeError, IndexError, KeyError, library.mupdf.FzErrorBase) as error:
        reason = _PATH.sub("the file", " ".join(str(error).split()))[:200]
        raise DocumentError(f"{what}: {reason.rstrip('.') or type(error).__name__}{remedy}") from error


class PyMuPdfBackend:
    """Reads PDFs with PyMuPDF (AGPL, the extra `pymupdf`)."""

    name = "pymupdf"

    def load(self) -> None:
        _quiet()

    def open(self, file: Path, name: str) -> PyMuPdfFile:
        _quiet()
        with _reported(f"{name} cannot be opened as a PDF", SAVE_AGAIN):
            document = _library().open(file, filetype="pdf")
            locked = document.needs_pass and not document.authenticate("")
        if locked:
            raise DocumentError(f"{name} is encrypted and needs a password; save a copy without one and ingest that")
        return PyMuPdfFile(document, name)


class PyMuPdfFile:
    """An open document."""

    def __init__(self, document: Any, name: str) -> None:
        self._document = document
        self._name = name

    @property
    def pages(self) -> int:
        return int(self._document.page_count)

    def metadata(self) -> Mapping[str, str]:
        found = self._document.metadata or {}
        return {ours: str(found[theirs]).strip() for theirs, ours in _METADATA.items() if found.get(theirs)}

    def outline(self) -> Sequence[OutlineEntry]:
        with _reported(f"{self._name}: its bookmarks cannot be read"):
            entries = self._document.get_toc(simple=True)
        return [OutlineEntry(level=level, title=title.strip(), page=page) for level, title, page in entries]

    def page(self, number: int, *, drawn: bool = True) -> PyMuPdfPage:
        with _reported(f"{self._name}: page {number} cannot be read"):
            return PyMuPdfPage(self._document.load_page(number - 1), number, self._name, drawn=drawn)

    def close(self) -> None:
        self._document.close()


class PyMuPdfPage:
    """One page; its content is interpreted when first asked for, once where `drawn` said that shapes are wanted too."""

    def __init__(self, page: Any, number: int, name: str, *, drawn: bool) -> None:
        self._page = page
        self._drawn = drawn
        self._what = f"{name}: page {number}"
        self.number = number
        bounds = page.rect
        self.width, self.height = float(bounds.width), float(bounds.height)

    @cached_property
    def _content(self) -> tuple[list[Line], list[DrawnShape]]:
        """The lines and the extents of all paths."""
        blocks = self._blocks(_library().TEXT_COLLECT_VECTORS)
        shapes = [_shape(block) for block in blocks if block["type"] == _VECTOR and block["alpha"]]
        return self._turned(_lines(blocks), shapes) if self._page.rotation else (_lines(blocks), shapes)

    @cached_property
    def _text(self) -> list[Line]:
        """The lines alone, which is quicker, and whole where a path is drawn in the midst of one."""
        library = _library()
        with _reported(self._what + " cannot be read"):
            options = library.mupdf.FzStextOptions(library.TEXTFLAGS_TEXT)
            lines = quick_lines(library.mupdf, library.mupdf.FzStextPage(self._page.this, options))
        if lines is not None:
            return lines
        lines = _lines(self._blocks(0))
        return self._turned(lines, [])[0] if self._page.rotation else lines

    def _blocks(self, besides: int) -> list[Mapping[str, Any]]:
        with _reported(self._what + " cannot be read"):
            page = self._page.get_textpage(flags=_library().TEXTFLAGS_TEXT | besides)
            blocks: list[Mapping[str, Any]] = page.extractDICT()["blocks"]
        return blocks

    def _turned(self, lines: list[Line], shapes: list[DrawnShape]) -> tuple[list[Line], list[DrawnShape]]:
        """The library gives places as if the page were not rotated."""
        aside = self._page.rotation % 180 != 0
        return (
            [line._replace(box=self._shown(line.box), upright=line.upright != aside) for line in lines],
            [shape._replace(box=self._shown(shape.box)) for shape in shapes],
        )

    def _shown(self, box: Sequence[float]) -> Box:
        if not self._page.rotation:
            return _box(box)
        return _box(_library().Rect(box) * self._page.rotation_matrix)

    def lines(self) -> Sequence[Line]:
        return self._content[0] if self._drawn else self._text

    def shapes(self) -> Sequence[DrawnShape]:
        return self._content[1]

    def pictures(self) -> Sequence[Picture]:
        with _reported(self._what + ": its images cannot be listed"):
            # Listing what the page refers to is quick; finding where it is drawn interprets the page again.
            if self.lines() and not self._page.get_images():
                return []
            found = self._page.get_image_info()
        return [
            Picture(
                box=self._shown(image["bbox"]),
                key=f"{image['width']}x{image['height']}:{image['size']}",
                width=int(image["width"]),
                height=int(image["height"]),
            )
            for image in found
        ]

    def links(self) -> Sequence[Link]:
        # The library's own objects: its comfortable ones ask for every annotation again with every link.
        mupdf = _library().mupdf
        found: list[Link] = []
        with _reported(self._what + ": its links cannot be read"):
            link = mupdf.fz_load_links(self._page.this)
            while link.m_internal and len(found) < _MOST_LINKS:
                uri = link.uri()
                if mupdf.fz_is_external_link(uri):
                    place = link.rect()
                    found.append(Link(box=(place.x0, place.y0, place.x1, place.y1), uri=str(uri)))
                link = link.next()
        return found

    def model_tables(self) -> Sequence[tuple[Box, Sequence[Sequence[str]]]] | None:
        if not _has_models():
            return None
        with _reported(self._what + ": its tables cannot be found"):
            found = self._page.find_tables(use_layout=True).tables
            return [
                (self._shown(table.bbox), [[cell or "" for cell in row] for row in table.extract()]) for table in found
            ]

    @cached_property
    def _drawing(self) -> Any:
        """The page as drawing commands, for all that is cut out of it."""
        return self._page.get_displaylist()

    def render(self, box: Box | None, scale: float) -> Image:
        from PIL import Image

        library = _library()
        with _reported(self._what + " cannot be drawn"):
            clip = None if box is None else library.Rect(box)
            pixels = self._drawing.get_pixmap(matrix=library.Matrix(scale, scale), clip=clip, alpha=False)
            return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)


def _lines(blocks: Sequence[Mapping[str, Any]]) -> list[Line]:
    lines: list[Line] = []
    for block in blocks:
        if block["type"] == _TEXT:
            lines += [_line(line, line["spans"]) for line in block["lines"] if line["spans"]]
    return [line for line in lines if line.text and not line.text.isspace()]


def _line(line: Mapping[str, Any], spans: Sequence[Mapping[str, Any]]) -> Line:
    main = spans[0]
    text = main["text"]
    if len(spans) > 1:
        text = "".join([span["text"] for span in spans])
        main = max(spans, key=_length)
    bold = main["flags"] & _BOLD_FLAG != 0 or is_bold_name(main["font"])
    return Line(text, line["bbox"], main["size"], bold, line["wmode"] == 0 and -0.1 < line["dir"][1] < 0.1)


def _length(span: Mapping[str, Any]) -> int:
    return len(span["text"])


def _shape(block: Mapping[str, Any]) -> DrawnShape:
    x0, y0, x1, y1 = box = block["bbox"]
    straight = block["isrect"] or x1 - x0 < 2 or y1 - y0 < 2
    return DrawnShape(box, block["stroked"], not straight, block["color"])


def _box(values: Sequence[float]) -> Box:
    x0, y0, x1, y1 = values
    return (float(x0), float(y0), float(x1), float(y1))
