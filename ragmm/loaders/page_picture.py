"""One page of a PDF as a picture, drawn where documents are parsed; no part of reading a collection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ragmm.errors import DocumentError
from ragmm.loaders.base import Loader, Probe
from ragmm.loaders.pdf.items import render_scale
from ragmm.loaders.pdf.loader import best_backend
from ragmm.loaders.picture import encode_image
from ragmm.loaders.settings import LoaderSettings
from ragmm.types import Item, Locator, Modality

__all__ = ["PageDrawer", "page_drawers"]


class PageDrawer:
    """Yields the one page and nothing else of the document."""

    name = "page"
    version = 1
    reads = frozenset({"max_image_side"})

    def __init__(self, settings: LoaderSettings, page: int) -> None:
        self._settings, self._page = settings, page

    def accepts(self, probe: Probe) -> bool:
        return probe.media_type == "application/pdf"

    def load(self, file: Path, probe: Probe) -> Iterator[Item]:
        with closing(best_backend().open(file, probe.name)) as pdf:
            if not 1 <= self._page <= pdf.pages:
                raise DocumentError(f"{probe.name} has {pdf.pages:,} pages, and no page {self._page:,}")
            page = pdf.page(self._page, drawn=False)
            asset = encode_image(page.render(None, render_scale(page, self._settings)), lossy=True)
            whole = (0.0, 0.0, page.width, page.height)
            yield Item(modality=Modality.PAGE, asset=asset, locator=Locator(page=self._page, box=whole))


def page_drawers(settings: LoaderSettings, page: int) -> tuple[Loader, ...]:
    """What a `ParserPool` is given to draw one page."""
    return (PageDrawer(settings, page),)
