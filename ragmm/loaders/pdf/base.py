"""What the PDF loader needs of a PDF library: pages of lines, shapes and pictures with their boxes, and rendering.

All boxes are in points as the page is shown (rotation applied), origin top left. Whatever is found from them — reading
order, headings, tables, figures — is found by our own code, so that both libraries give the same items.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ragmm.types import Box

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "SAVE_AGAIN",
    "DrawnShape",
    "Line",
    "Link",
    "OutlineEntry",
    "PdfBackend",
    "PdfFile",
    "PdfPage",
    "Picture",
    "is_bold_name",
]

SAVE_AGAIN = "; save it again from a viewer that opens it, or take it out of the sources"
"""What to do about a file that no library opens."""

_BOLD_NAME = re.compile(r"bold|black|heavy|demi", re.IGNORECASE)


@lru_cache(maxsize=4096)
def is_bold_name(font: str) -> bool:
    """Whether a font says in its name that it is bold; many PDFs say it nowhere else."""
    return _BOLD_NAME.search(font) is not None


class Line(NamedTuple):
    """A run of characters on one baseline, without a gap as wide as a column's; in the order of the file."""

    text: str
    box: Box
    size: float
    """Of the font, in points: that of the first character or, where the library says more, of the most."""
    bold: bool
    upright: bool
    """Runs from left to right or right to left; not sideways, not in vertical columns."""


class DrawnShape(NamedTuple):
    """The extent of one path: a rule, a frame, a bar of a chart."""

    box: Box
    stroked: bool
    curved: bool
    """More than rectangles and lines along the axes."""
    color: int
    """0xRRGGBB of its fill or stroke."""


class Picture(NamedTuple):
    """An embedded image as it is placed on the page."""

    box: Box
    key: str
    """Equal for the same image placed again."""
    width: int
    """Pixels of the image itself."""
    height: int


class Link(NamedTuple):
    """A place that leads out of the document."""

    box: Box
    uri: str


@dataclass(frozen=True, kw_only=True)
class OutlineEntry:
    """A bookmark."""

    level: int
    """1 is the outermost."""
    title: str
    page: int
    """1-based."""


class PdfPage(Protocol):
    """One page; nothing is read from it before it is asked for."""

    number: int
    """1-based."""
    width: float
    height: float

    def lines(self) -> Sequence[Line]: ...

    def shapes(self) -> Sequence[DrawnShape]: ...

    def pictures(self) -> Sequence[Picture]: ...

    def links(self) -> Sequence[Link]: ...

    def model_tables(self) -> Sequence[tuple[Box, Sequence[Sequence[str]]]] | None:
        """Tables as a layout model of the library sees them: box and rows; None where it has none."""
        ...

    def render(self, box: Box | None, scale: float) -> Image:
        """RGB; `scale` in pixels per point, None for the whole page."""
        ...


class PdfFile(Protocol):
    """An open document."""

    @property
    def pages(self) -> int: ...

    def metadata(self) -> Mapping[str, str]:
        """Whatever of title, author, subject, keywords and created there is."""
        ...

    def outline(self) -> Sequence[OutlineEntry]: ...

    def page(self, number: int, *, drawn: bool = True) -> PdfPage:
        """1-based; `drawn`: shapes will be asked for too, and one pass may read both.

        Raises DocumentError for a page that cannot be read."""
        ...

    def close(self) -> None: ...


class PdfBackend(Protocol):
    """A PDF library."""

    name: str

    def load(self) -> None:
        """Import the library, which `open` does otherwise."""
        ...

    def open(self, file: Path, name: str) -> PdfFile:
        """Tries the empty password. Raises DocumentError naming `name` and the reason."""
        ...
