"""A small PDF writer: text in the standard fonts, pictures and ruled tables; enough for the sample report."""

from __future__ import annotations

import textwrap
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Page", "pdf_bytes"]

WIDTH: Final = 595
HEIGHT: Final = 842
MARGIN: Final = 64
FONTS: Final = {"F1": "Helvetica", "F2": "Helvetica-Bold", "F3": "Helvetica-Oblique"}


class Page:
    """One A4 page, filled from the top downwards."""

    def __init__(self) -> None:
        self.images: list[Image] = []
        self._operators: list[str] = []
        self._y = HEIGHT - MARGIN

    @property
    def content(self) -> bytes:
        """The page's drawing instructions."""
        return "\n".join(self._operators).encode("cp1252")

    def heading(self, text: str, size: int = 16) -> None:
        """A bold line with space around it."""
        self._y -= size
        self._write(text, MARGIN, "F2", size)
        self._y -= size + 4

    def paragraph(self, text: str) -> None:
        """Wrapped text of 11 points."""
        for line in textwrap.wrap(text, 88):
            self._write(line, MARGIN, "F1", 11)
            self._y -= 15
        self._y -= 8

    def picture(self, image: Image, caption: str, side: int = 230) -> None:
        """A square picture with its caption below."""
        self._y -= side
        self._operators.append(f"q {side} 0 0 {side} {MARGIN} {self._y} cm /I{len(self.images)} Do Q")
        self.images.append(image)
        self._y -= 16
        self._write(caption, MARGIN, "F3", 10)
        self._y -= 26

    def table(self, caption: str, rows: Sequence[Sequence[str]], widths: Sequence[int]) -> None:
        """A ruled table below its caption; the first row is the head."""
        self._write(caption, MARGIN, "F3", 10)
        self._y -= 12
        height, top = 20, self._y
        for number, row in enumerate(rows):
            x, self._y = MARGIN, top - height * number - 14
            for cell, width in zip(row, widths, strict=True):
                self._write(cell, x + 5, "F2" if number == 0 else "F1", 10)
                x += width
        self._rules(top, height, len(rows), widths)
        self._y = top - height * len(rows) - 24

    def _rules(self, top: int, height: int, rows: int, widths: Sequence[int]) -> None:
        right, bottom = MARGIN + sum(widths), top - height * rows
        lines = [(MARGIN, top - height * row, right, top - height * row) for row in range(rows + 1)]
        edges = [MARGIN + sum(widths[:column]) for column in range(len(widths) + 1)]
        lines += [(edge, top, edge, bottom) for edge in edges]
        self._operators += [f"0.7 w {x0} {y0} m {x1} {y1} l S" for x0, y0, x1, y1 in lines]

    def _write(self, text: str, x: int, font: str, size: int) -> None:
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        self._operators.append(f"BT /{font} {size} Tf {x} {self._y} Td ({escaped}) Tj ET")


def pdf_bytes(pages: Sequence[Page], *, title: str) -> bytes:
    """The file, the same bytes for the same pages."""
    objects: list[bytes] = [b"", b"", f"<</Title({title})/Producer(ragmm)>>".encode("cp1252")]
    fonts = " ".join(
        f"/{key}<</Type/Font/Subtype/Type1/BaseFont/{name}/Encoding/WinAnsiEncoding>>" for key, name in FONTS.items()
    )
    numbers = [_add_page(objects, page, fonts) for page in pages]
    kids = " ".join(f"{number} 0 R" for number in numbers)
    objects[0] = b"<</Type/Catalog/Pages 2 0 R>>"
    objects[1] = f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]/MediaBox[0 0 {WIDTH} {HEIGHT}]>>".encode()
    return _assembled(objects)


def _add_page(objects: list[bytes], page: Page, fonts: str) -> int:
    names = []
    for number, image in enumerate(page.images):
        form = f"/Type/XObject/Subtype/Image/Width {image.width}/Height {image.height}/ColorSpace/DeviceRGB"
        objects.append(_stream(image.convert("RGB").tobytes(), f"{form}/BitsPerComponent 8"))
        names.append(f"/I{number} {len(objects)} 0 R")
    objects.append(_stream(page.content, ""))
    resources = f"<</Font<<{fonts}>>/XObject<<{' '.join(names)}>>>>"
    objects.append(f"<</Type/Page/Parent 2 0 R/Contents {len(objects)} 0 R/Resources{resources}>>".encode())
    return len(objects)


def _stream(data: bytes, entries: str) -> bytes:
    packed = zlib.compress(data, 9)
    return f"<<{entries}/Filter/FlateDecode/Length {len(packed)}>>\nstream\n".encode() + packed + b"\nendstream"


def _assembled(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R/Info 3 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
