"""PDF through pypdfium2, by its raw calls: the comfortable ones take one call per character."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmm.errors import DocumentError
from ragmm.loaders.pdf.base import SAVE_AGAIN, DrawnShape, Line, Link, OutlineEntry, Picture
from ragmm.loaders.pdf.pdfium_objects import PageObjects
from ragmm.loaders.pdf.pdfium_text import read_lines
from ragmm.loaders.pdf.placement import Placement
from ragmm.types import Box

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["PdfiumBackend"]

_METADATA = {
    "Title": "title",
    "Author": "author",
    "Subject": "subject",
    "Keywords": "keywords",
    "CreationDate": "created",
}
_MAX_BOOKMARKS = 20_000


@contextlib.contextmanager
def _reported(what: str, remedy: str = "") -> Iterator[None]:
    """What the library raises, as one kind of error."""
    from pypdfium2 import PdfiumError

    try:
        yield
    except (PdfiumError, RuntimeError, ValueError, UnicodeError, ctypes.ArgumentError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DocumentError(f"{what}: {reason.rstrip('.') or type(error).__name__}{remedy}") from error


class PdfiumBackend:
    """Reads PDFs with pypdfium2, which is always installed."""

    name = "pdfium"

    def load(self) -> None:
        importlib.import_module("pypdfium2")

    def open(self, file: Path, name: str) -> PdfiumFile:
        import pypdfium2

        try:
            with _reported(f"{name} cannot be opened as a PDF", SAVE_AGAIN):
                document = pypdfium2.PdfDocument(file)
                len(document)
        except DocumentError as error:
            if "password" in str(error).lower():
                raise DocumentError(
                    f"{name} is encrypted and needs a password; save a copy without one and ingest that"
                ) from error
            raise
        return PdfiumFile(document, name)


class PdfiumFile:
    """An open document."""

    def __init__(self, document: Any, name: str) -> None:
        self._document = document
        self._name = name

    @property
    def pages(self) -> int:
        return len(self._document)

    def metadata(self) -> Mapping[str, str]:
        found = self._document.get_metadata_dict(skip_empty=True)
        return {ours: str(found[theirs]).strip() for theirs, ours in _METADATA.items() if found.get(theirs)}

    def outline(self) -> Sequence[OutlineEntry]:
        entries: list[OutlineEntry] = []
        with _reported(f"{self._name}: its bookmarks cannot be read"):
            for bookmark in self._document.get_toc():
                target = bookmark.get_dest()
                index = target.get_index() if target else None
                title = bookmark.get_title().strip()
                entries.append(OutlineEntry(level=bookmark.level + 1, title=title, page=(index or 0) + 1))
                if len(entries) >= _MAX_BOOKMARKS:
                    break
        return entries

    def page(self, number: int, *, drawn: bool = True) -> PdfiumPage:  # noqa: ARG002 (objects are a list of their own)
        with _reported(f"{self._name}: page {number} cannot be read"):
            return PdfiumPage(self._document[number - 1], number, self._name)

    def close(self) -> None:
        self._document.close()


class PdfiumPage:
    """One page; lines and objects are read once, when first asked for."""

    def __init__(self, page: Any, number: int, name: str) -> None:
        self._page = page
        self._what = f"{name}: page {number}"
        self.number = number
        self.width, self.height = map(float, page.get_size())
        self._place = Placement(page.get_rotation(), page.get_cropbox())

    @cached_property
    def _lines(self) -> list[Line]:
        with _reported(self._what + " cannot be read"):
            return read_lines(self._page, self._place)

    @cached_property
    def _objects(self) -> PageObjects:
        with _reported(self._what + ": its drawings cannot be read"):
            return PageObjects.read(self._page, self._place)

    def lines(self) -> Sequence[Line]:
        return self._lines

    def shapes(self) -> Sequence[DrawnShape]:
        return self._objects.shapes

    def pictures(self) -> Sequence[Picture]:
        return self._objects.pictures

    def links(self) -> Sequence[Link]:
        from pypdfium2 import raw

        found: list[Link] = []
        position, link = ctypes.c_int(0), raw.FPDF_LINK()
        while raw.FPDFLink_Enumerate(self._page, position, link) and len(found) < 2000:
            rectangle = raw.FS_RECTF()
            uri = _link_uri(self._page.pdf, link)
            if uri and raw.FPDFLink_GetAnnotRect(link, rectangle):
                corners = (rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)
                found.append(Link(box=self._place(*corners), uri=uri))
        return found

    def model_tables(self) -> Sequence[tuple[Box, Sequence[Sequence[str]]]] | None:
        return None

    def render(self, box: Box | None, scale: float) -> Image:
        crop = (0.0, 0.0, 0.0, 0.0)
        if box is not None:
            x0, y0, x1, y1 = box
            crop = (x0, self.height - y1, self.width - x1, y0)
        with _reported(self._what + " cannot be drawn"):
            drawn: Image = self._page.render(scale=scale, crop=crop).to_pil().convert("RGB")
        return drawn


def _link_uri(document: Any, link: Any) -> str:
    from pypdfium2 import raw

    action = raw.FPDFLink_GetAction(link)
    if not action or raw.FPDFAction_GetType(action) != raw.PDFACTION_URI:
        return ""
    size = raw.FPDFAction_GetURIPath(document, action, None, 0)
    buffer = ctypes.create_string_buffer(min(size, 4096))
    raw.FPDFAction_GetURIPath(document, action, buffer, len(buffer))
    return buffer.value.decode("utf-8", "replace")
