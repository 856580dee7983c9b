"""Files made to exhaust, confuse or mislead the loaders of text, tables, JSON and images."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image

from ragmm.errors import DocumentError, LimitError
from ragmm.loaders.picture import open_image, reading
from ragmm.loaders.registry import default_loaders, load, probe
from ragmm.loaders.settings import LoaderSettings, Ocr

WIDE, HIGH = 13_000, 13_000
"""More than is allowed, less than the decoder's own guard refuses: the refusal must be ours."""


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *extra: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1 << 16))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(extra) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def gif(width: int, height: int) -> bytes:
    return (
        b"GIF89a"
        + struct.pack("<HH", width, height)
        + b"\x80\0\0"
        + bytes(6)
        + b","
        + bytes(4)
        + struct.pack("<HH", width, height)
        + b"\0\x02\x02\x4c\x01\0;"
    )


def bmp(width: int, height: int) -> bytes:
    return (
        b"BM"
        + struct.pack("<IHHI", 1000, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
        + bytes(900)
    )


def tiff(width: int, height: int) -> bytes:
    tags = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 200),
        (277, 3, 1, 1),
        (278, 4, 1, height),
        (279, 4, 1, 100),
    ]
    return (
        b"II*\0\x08\0\0\0"
        + struct.pack("<H", len(tags))
        + b"".join(struct.pack("<HHII", *tag) for tag in tags)
        + bytes(300)
    )


def jpeg(width: int, height: int) -> bytes:
    stream = io.BytesIO()
    Image.new("L", (16, 16), 9).save(stream, "JPEG")
    data = bytearray(stream.getvalue())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def webp(width: int, height: int) -> bytes:
    body = (
        b"VP8X"
        + struct.pack("<I", 10)
        + b"\0\0\0\0"
        + (width - 1).to_bytes(3, "little")
        + (height - 1).to_bytes(3, "little")
    )
    stream = io.BytesIO()
    Image.new("RGB", (16, 16), 9).save(stream, "WEBP")
    body += stream.getvalue()[12:]
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


BOMBS = {
    "over.png": png(WIDE, HIGH),
    "far-over.png": png(200_000, 200_000),
    "over.gif": gif(WIDE, HIGH),
    "far-over.gif": gif(65_000, 65_000),
    "over.bmp": bmp(WIDE, HIGH),
    "far-over.bmp": bmp(50_000, 50_000),
    "over.tif": tiff(WIDE, HIGH),
    "far-over.tif": tiff(2_000_000_000, 2_000_000_000),
    "over.jpg": jpeg(WIDE, HIGH),
    "far-over.jpg": jpeg(65_000, 65_000),
    "wide.png": png(2_000_000_000, 1),
    "tall.bmp": bmp(1, 2_000_000_000),
}


def read(folder: Path, name: str, data: bytes, **settings: int) -> list:
    config = LoaderSettings(ocr=Ocr.NEVER, **settings)
    file = folder / "spooled"
    file.write_bytes(data)
    return list(load(file, probe(file, name), default_loaders(config)))


@pytest.mark.parametrize("name", BOMBS)
def test_pixel_bombs_are_refused_by_their_header(tmp_path, name):
    with pytest.raises(LimitError, match=rf"{name} declares .* pixels"):
        read(tmp_path, name, BOMBS[name])


def test_a_webp_bomb_is_refused(tmp_path):
    with pytest.raises(DocumentError, match=r"bomb\.webp"):
        read(tmp_path, "bomb.webp", webp(WIDE, HIGH))


def test_pixel_bombs_take_no_memory(tmp_path):
    script = """
import re, resource, sys
from pathlib import Path
from ragmm.errors import LimitError
from ragmm.loaders.image import ImageLoader
from ragmm.loaders.registry import load, probe
from ragmm.loaders.settings import LoaderSettings
refused = 0
for file in sorted(Path(sys.argv[1]).iterdir()):
    try:
        list(load(file, probe(file, file.name), [ImageLoader(LoaderSettings())]))
    except LimitError:
        refused += 1
status = Path("/proc/self/status")  # getrusage would count what the parent held when it forked
peak = int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) >> 10 if status.exists() else 0
print(refused, peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20)
"""
    for name, data in BOMBS.items():
        (tmp_path / name).write_bytes(data)
    run = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True)
    refused, megabytes = map(int, run.stdout.split())
    assert refused == len(BOMBS)
    assert megabytes < 300, megabytes


def test_text_that_inflates_inside_a_png(tmp_path):
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000)))
    profile = chunk(b"iCCP", b"icc\0\0" + zlib.compress(bytes(200_000_000)))
    for extra in (bomb, profile):
        began = time.process_time()
        try:
            items = read(tmp_path, "a.png", png(64, 64, extra))
        except DocumentError as error:
            assert "a.png is damaged" in str(error)  # noqa: PT017
        else:
            assert len(items) == 1
            assert "description" not in items[0].metadata
        assert time.process_time() - began < 5


def test_more_frames_than_allowed(tmp_path):
    frames = [Image.new("1", (1, 1), n % 2) for n in range(600)]
    for kind in ("GIF", "TIFF"):
        stream = io.BytesIO()
        frames[0].save(stream, kind, save_all=True, append_images=frames[1:])
        with pytest.raises(LimitError, match="frames; at most 500 are read"):
            read(tmp_path, "many", stream.getvalue())


def test_a_tiff_whose_pages_go_in_circles(tmp_path):
    data = bytearray(tiff(8, 8))
    count = struct.unpack_from("<H", data, 8)[0]
    struct.pack_into("<I", data, 10 + 12 * count, 8)
    began = time.process_time()
    try:
        items = read(tmp_path, "loop.tif", bytes(data))
    except DocumentError:
        items = []
    assert len(items) <= 1
    assert time.process_time() - began < 5


def test_a_picture_that_is_another_format_inside_is_given_to_its_own_decoder(tmp_path):
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(id) run\n"
    with pytest.raises(DocumentError, match=r"a\.png is application/postscript, which no loader reads"):
        read(tmp_path, "a.png", postscript)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "ICO", "PPM", "EPS"])
def test_no_decoder_is_tried_but_that_of_the_type(kind):
    stream = io.BytesIO()
    Image.new("RGB", (16, 16)).save(stream, kind)
    with pytest.raises(DocumentError, match=r"a\.png"), reading("a.png"):
        open_image(stream.getvalue(), "image/png", "a.png", LoaderSettings())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("deep.json", b"[" * 2_000_000),
        ("deep.json", b'{"a":' * 400_000),
        ("deep.jsonl", b"[" * 500_000 + b"\n"),
        ("quote.csv", b'a,b\n1,"' + b"x,y\n" * 200_000),
        ("quotes.csv", b'"' * 1_000_000),
        ("wide.csv", b"," * 300_000 + b"x"),
        ("field.csv", b"a,b\n" + b"x" * 2_000_000),
        ("brackets.md", b"![" * 500_000),
        ("links.md", b"![](" * 250_000),
        ("front.md", b"---\na: b\n" + b"c: d\n" * 200_000),
        ("headings.md", b"# " * 500_000),
        ("emphasis.md", b"# " + b"[a](" * 200_000),
        ("mail", b"From: a\n" * 130_000),
        ("xmlish", b"<" * 1_000_000),
        ("xml", b"<?xml " + b"<a" * 400_000),
        ("dots.txt", b". " * 500_000),
        ("newlines.txt", b"\r" * 999_999 + b"x"),
        ("latin.txt", b"\xe9" * 1_000_000),
        ("bom.txt", b"\xff\xfe" + b"\x00\xd8" * 400_000),
        ("escapes.txt", b"\x1b[31m" * 200_000),
        ("numbers.json", b'{"n": ' + b"9" * 1_000_000 + b"}"),
        ("keys.json", b"{" + b",".join(b'"k%d": 1' % n for n in range(60_000)) + b"}"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.filterwarnings("ignore::ragmm.loaders.base.DocumentWarning")
def test_a_megabyte_of_malice_ends_soon(tmp_path, name, data):
    began = time.process_time()
    try:
        read(tmp_path, name, data)
    except DocumentError as error:
        assert name in str(error)  # noqa: PT017
        assert len(str(error)) < 500  # noqa: PT017
    assert time.process_time() - began < 20  # what is quadratic takes many minutes


AWKWARD = os.fsdecode(b"caf\xe9\n\x1b[2J.png")


def test_a_name_that_cannot_be_decoded_or_breaks_lines_reaches_no_item(tmp_path):
    (item,) = read(tmp_path, AWKWARD, _small_png())
    assert (item.text, item.context) == ("", "")
    repr(item).encode("utf-8")


def test_a_refusal_names_the_file_in_letters_that_can_be_shown(tmp_path):
    with pytest.raises(DocumentError, match=r"caf\?\ufffd\ufffd\[2J\.png") as refused:
        read(tmp_path, AWKWARD, _small_png()[:40])
    str(refused.value).encode("utf-8")


def _small_png() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(stream, "PNG")
    return stream.getvalue()
