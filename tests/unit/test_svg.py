"""SVG drawings: what is drawn, what is said, and what never leaves the file."""

from __future__ import annotations

import base64
import gzip
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ragmm.errors import DocumentError, LimitError
from ragmm.loaders.base import Probe
from ragmm.loaders.settings import LoaderSettings
from ragmm.loaders.svg import SvgLoader, svg_asset, svg_text
from ragmm.types import Asset, Modality

resvg_py = pytest.importorskip("resvg_py")
pytest.importorskip("lxml")

SETTINGS = LoaderSettings()
RED, WHITE = (255, 0, 0), (255, 255, 255)


def svg(body: str, attributes: str = 'width="100" height="50"') -> bytes:
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {names} {attributes}>{body}</svg>".encode()


def pixels(asset: Asset) -> Image.Image:
    return Image.open(io.BytesIO(asset.data)).convert("RGB")


def red_square(size: int = 40) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (size, size), "red").save(stream, "PNG")
    return stream.getvalue()


def test_drawn_on_white_enlarged_and_bounded() -> None:
    asset = svg_asset(svg('<rect width="50" height="50" fill="red"/>'), "a.svg", SETTINGS)
    assert (asset.width, asset.height) == (512, 256)
    image = pixels(asset)
    assert image.getpixel((100, 128)) == RED
    assert image.getpixel((400, 128)) == WHITE
    large = svg_asset(svg("", 'width="90000" height="30000"'), "a.svg", SETTINGS)
    assert (large.width, large.height) == (2048, 683)


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('viewBox="0 0 20 10"', (512, 256)),
        ('width="10mm" viewBox="0 0 1 2"', (256, 512)),
        ('height="1000px" viewBox="0 0 10 5"', (2000, 1000)),
        ('width="100%" height="100%"', (1024, 1024)),
        ('width="nonsense" viewBox="a b"', (1024, 1024)),
        ("", (1024, 1024)),
    ],
)
def test_sizes(attributes: str, size: tuple[int, int]) -> None:
    asset = svg_asset(svg("", attributes), "a.svg", SETTINGS)
    assert (asset.width, asset.height) == size


def test_words_become_the_text(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(
        svg("<title>Lake map</title><desc>Depths in metres</desc><g><text>North <tspan>shore</tspan></text></g>")
    )
    probe = Probe(name="lake_map.svg", media_type="image/svg+xml", size=1, head=b"")
    (item,) = SvgLoader(SETTINGS).load(file, probe)
    assert item.modality is Modality.FIGURE
    assert item.text == "Lake map\nDepths in metres\nNorth shore"
    assert item.asset is not None


def test_inlined_pictures_are_drawn() -> None:
    data = base64.b64encode(red_square()).decode()
    image = f'<image xlink:href="data:image/png;base64,{data}" width="100" height="50" preserveAspectRatio="none"/>'
    assert pixels(svg_asset(svg(image), "a.svg", SETTINGS)).getpixel((250, 128)) == RED


@pytest.mark.parametrize(
    "reference",
    [
        '<image href="{path}" width="100" height="50" preserveAspectRatio="none"/>',
        '<image xlink:href="{path}" width="100" height="50" preserveAspectRatio="none"/>',
        '<defs><filter id="f" x="0" y="0" width="1" height="1"><feImage href="{path}"/></filter></defs>'
        '<rect width="100" height="50" filter="url(#f)"/>',
        '<style>rect {{ fill: url("{path}") }} @import "{path}";</style>',
    ],
)
def test_files_outside_are_never_read(tmp_path: Path, reference: str) -> None:
    canary = tmp_path / "canary.png"
    canary.write_bytes(red_square())
    drawn = pixels(svg_asset(svg(reference.format(path=canary)), "a.svg", SETTINGS))
    colours = {colour for _, colour in drawn.getcolors(1 << 20) or ()}
    assert RED not in colours


def test_a_gzipped_drawing_and_one_without_a_namespace() -> None:
    assert svg_text(gzip.compress(svg("<title>Zipped</title>")), "a.svgz") == "Zipped"
    bare = b'<svg width="100" height="50"><rect width="100" height="50" fill="red"/></svg>'
    assert pixels(svg_asset(bare, "a.svg", SETTINGS)).getpixel((10, 10)) == RED


def test_scripts_and_handlers_do_not_reach_the_rasteriser(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    draw = resvg_py.svg_to_bytes

    def watched(*, svg_string: str, **options: Any) -> Any:
        drawn.append(svg_string)
        return draw(svg_string=svg_string, **options)

    monkeypatch.setattr(resvg_py, "svg_to_bytes", watched)
    asset = svg_asset(
        svg(
            '<script>x()</script><rect onclick="x()" width="100" height="50" fill="red"/>'
            "<foreignObject><p>x</p></foreignObject>"
        ),
        "a.svg",
        SETTINGS,
    )
    assert pixels(asset).getpixel((10, 10)) == RED
    assert "<rect" in drawn[0]
    assert not [word for word in ("script", "onclick", "x()", "foreignObject") if word in drawn[0]]


@pytest.mark.parametrize(
    ("data", "error", "reason"),
    [
        (b"<html/>", DocumentError, "root element"),
        (b"", DocumentError, "a.svg"),
        (b"\x1f\x8b broken", DocumentError, "unpacked"),
        (gzip.compress(bytes(30 << 20)), LimitError, "unpacks"),
        (svg("<g/>" * 200_001), LimitError, "elements"),
    ],
    ids=["other root", "empty", "broken gzip", "gzip bomb", "too many elements"],
)
def test_what_is_refused(data: bytes, error: type[DocumentError], reason: str) -> None:
    with pytest.raises(error, match=reason):
        svg_asset(data, "a.svg", SETTINGS)


def test_copies_of_copies_end() -> None:
    """Twelve levels of <use> stand for millions of shapes."""
    levels = "".join(f'<g id="a{n}">' + f'<use href="#a{n - 1}"/>' * 8 + "</g>" for n in range(1, 12))
    bomb = svg(f'<defs><g id="a0"><rect width="1" height="1"/></g>{levels}</defs><use href="#a11"/>')
    with pytest.raises(DocumentError, match="cannot be drawn"):
        svg_asset(bomb, "a.svg", SETTINGS)


def test_pictures_that_declare_too_much_are_left_out() -> None:
    data = base64.b64encode(red_square()).decode()
    image = svg(f'<image href="data:image/png;base64,{data}" width="100" height="50" preserveAspectRatio="none"/>')
    few = LoaderSettings(max_pixels=363 * 363 - 1)
    large = base64.b64encode(red_square(363)).decode()
    assert pixels(svg_asset(image, "a.svg", few)).getpixel((250, 128)) == RED
    image = image.replace(data.encode(), large.encode())
    assert pixels(svg_asset(image, "a.svg", few)).getpixel((250, 128)) == WHITE
    assert pixels(svg_asset(image, "a.svg", LoaderSettings(max_pixels=363 * 363))).getpixel((250, 128)) == RED
