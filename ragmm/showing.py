"""Looking at what was found: the picture of an item, its page with boxes, a result in a notebook or on a terminal.

`ragmm.values` imports it by name when someone looks: a value says which collection holds it, and that is opened.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmm.collection import Collection, open_
from ragmm.errors import DocumentError, RagmmError, UsageError
from ragmm.loaders.page_picture import page_drawers
from ragmm.loaders.parser import ParserPool
from ragmm.loaders.picture import decoded
from ragmm.render.blocks import blocks_of
from ragmm.render.notebook import html_of, markdown_of
from ragmm.render.records import AssetPath
from ragmm.types import Hit, Modality, QueryResult, StoredItem
from ragmm.wiring import parser_limits

if TYPE_CHECKING:
    from PIL.Image import Image

    from ragmm.types import Box

__all__ = ["html", "markdown", "page_picture", "picture", "show"]

_OWN, _OTHER = (220, 38, 38), (37, 99, 235)


def picture(shown: Hit | StoredItem) -> Image | None:
    """The picture that is stored of an item; None for what has none."""
    item = _item(shown)
    if item.asset is None:
        return None
    with _holding(item) as docs:
        return _opened(docs.asset_path(item.asset))


def page_picture(shown: Hit | StoredItem, *, boxes: bool) -> Image:
    """The page of an item: as it is stored, or drawn anew from the document as it was read."""
    item = _item(shown)
    with _holding(item) as docs:
        neighbours = [one for one in docs.items(item.path) if one.locator.page == item.locator.page]
        image, whole = _page(docs, item, neighbours)
        if boxes:
            scale = image.width / (whole[2] - whole[0])
            others = [one.locator.box for one in neighbours if one.id != item.id and one.modality is not Modality.PAGE]
            _mark(image, [box for box in others if box is not None], scale, _OTHER, 1)
            _mark(image, [item.locator.box] if item.locator.box is not None else [], scale, _OWN, 3)
    return image


def html(value: Any) -> str:
    """A value as a notebook shows it."""
    with _assets(value) as asset_path:
        return html_of(blocks_of(value, asset_path))


def markdown(value: Any) -> str:
    """The same as Markdown."""
    with _assets(value) as asset_path:
        return markdown_of(blocks_of(value, asset_path))


def show(result: QueryResult) -> None:
    """In a notebook as it shows values, elsewhere as `ragmm query` prints it."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if hasattr(shell, "kernel"):  # a notebook's; at a terminal's a repr would be all
        sys.modules["IPython.display"].display(result)
        return
    from rich.console import Console

    from ragmm.render.answer import print_result

    with _assets(result) as asset_path:
        print_result(result, asset_path, Console(highlight=False, markup=False, emoji=False))


def _item(shown: Hit | StoredItem) -> StoredItem:
    return shown.item if isinstance(shown, Hit) else shown


def _holding(item: StoredItem) -> Collection:
    if not item.collection:
        raise UsageError(f"{item.uri}: this item was not found in a collection, so that nothing can be drawn of it")
    return open_(Path(item.collection))


def _opened(file: Path) -> Image:
    from PIL import Image

    with Image.open(file, formats=("PNG", "JPEG", "WEBP", "GIF")) as image:
        return image.convert("RGB")


@contextmanager
def _assets(value: Any) -> Iterator[AssetPath]:
    """Files of the pictures of what is shown; each collection is opened once, and one that has gone shows none."""
    shown = value.hits if isinstance(value, QueryResult) else value if isinstance(value, Sequence) else [value]
    items = [_item(one) for one in shown if isinstance(one, Hit | StoredItem)]
    homes = {item.asset: item for item in items if item.asset is not None}
    with ExitStack() as stack:
        opened = cache(lambda folder: stack.enter_context(open_(Path(folder))))

        def asset_path(sha256: str) -> Path:
            try:
                return opened(homes[sha256].collection).asset_path(sha256)
            except RagmmError:
                return Path(sha256)

        yield asset_path


def _page(docs: Collection, item: StoredItem, neighbours: Sequence[StoredItem]) -> tuple[Image, Box]:
    """The page's picture, and what it shows in the measure of the boxes."""
    stored = next((one for one in neighbours if one.modality is Modality.PAGE and one.asset), None)
    if stored is not None and stored.asset is not None and stored.locator.box is not None:
        return _opened(docs.asset_path(stored.asset)), stored.locator.box
    if item.locator.page is None:
        raise DocumentError(f"{item.uri} has no pages, so that none can be drawn")
    drawers = partial(page_drawers, page=item.locator.page)
    settings, limits = docs.pipeline.loaders, parser_limits(docs.pipeline)
    with ParserPool(settings, limits, 1, loaders=drawers) as pool, pool.parse(Path(item.path)) as document:
        read = next((one.sha256 for one in docs.documents() if one.path == item.path), None)
        if read != document.sha256:
            raise DocumentError(f"{item.uri} has changed since it was read; ingest it again")
        drawn = next(document.items)
    assert drawn.asset is not None and drawn.locator.box is not None  # noqa: S101, PT018 - checked by the reply
    return decoded(drawn.asset), drawn.locator.box


def _mark(image: Image, boxes: Sequence[Box], scale: float, colour: tuple[int, int, int], width: int) -> None:
    from PIL import ImageDraw

    pen = ImageDraw.Draw(image)
    for x0, y0, x1, y1 in boxes:
        pen.rectangle((x0 * scale, y0 * scale, x1 * scale, y1 * scale), outline=colour, width=width)
