"""Images: what is kept of them, upright and in true colours, and what they say about themselves."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageDraw, TiffImagePlugin

from ragmm.errors import DocumentError, LimitError
from ragmm.loaders.image import ImageLoader
from ragmm.loaders.picture import image_asset
from ragmm.loaders.registry import load, probe
from ragmm.loaders.settings import LoaderSettings, Ocr
from ragmm.types import Modality

RED, BLUE = (220, 20, 30), (20, 40, 210)


@pytest.fixture
def read(tmp_path):
    """Items of bytes under a name."""

    def reader(data: bytes, name: str = "a.png", **settings: int):
        config = LoaderSettings(ocr=Ocr.NEVER, **settings)
        file = tmp_path / "spooled"
        file.write_bytes(data)
        return list(load(file, probe(file, name), [ImageLoader(config)]))

    return reader


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def pixels(item) -> Image.Image:
    return Image.open(io.BytesIO(item.asset.data)).convert("RGB")


def close(actual: tuple[int, ...], expected: tuple[int, ...], tolerance: int = 12) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(actual, expected, strict=True))


def halves(size: tuple[int, int] = (64, 32)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    return image


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
def test_every_format_gives_the_picture(read, kind):
    (item,) = read(saved(halves(), kind), f"sales_chart-2023.{kind.lower()}")
    assert (item.modality, item.text, item.context) == (Modality.PHOTO, "", "")
    assert (item.asset.width, item.asset.height) == pixels(item).size == (64, 32)
    assert close(pixels(item).getpixel((8, 16)), RED)
    assert close(pixels(item).getpixel((56, 16)), BLUE)
    assert item.asset.media_type == ("image/jpeg" if kind in {"JPEG", "WEBP", "AVIF"} else "image/png")
    json.dumps(dict(item.metadata))


def test_heif_where_its_library_is(read):
    heif = pytest.importorskip("pillow_heif")
    heif.register_heif_opener()
    (item,) = read(saved(halves(), "HEIF", quality=95), "a.heic")
    assert close(pixels(item).getpixel((8, 16)), RED, 25)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_as_exif_says(read, orientation):
    upright = halves((64, 32))
    stored = {
        1: upright,
        2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: upright.transpose(Image.Transpose.ROTATE_180),
        4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: upright.transpose(Image.Transpose.TRANSPOSE),
        6: upright.transpose(Image.Transpose.ROTATE_90),
        7: upright.transpose(Image.Transpose.TRANSVERSE),
        8: upright.transpose(Image.Transpose.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    (item,) = read(saved(stored, "JPEG", exif=exif, quality=95), "a.jpg")
    assert pixels(item).size == (64, 32)
    assert close(pixels(item).getpixel((8, 16)), RED)
    assert close(pixels(item).getpixel((56, 16)), BLUE)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F", "LAB"])
def test_every_mode_becomes_eight_bit_colour_or_grey(read, mode):
    ramp = Image.fromarray(np.tile(np.linspace(0, 255, 64, dtype=np.uint8), (32, 1)))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(ramp).astype(np.uint16) * 257)
    elif mode == "LAB":
        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        image = ImageCms.profileToProfile(ramp.convert("RGB"), *profiles, outputMode="LAB")
    else:
        image = ramp.convert(mode)
    (item,) = read(saved(image, "TIFF" if mode in {"CMYK", "F", "I", "LAB"} else "PNG"))
    shown = pixels(item)
    assert shown.getpixel((1, 16))[0] < 40
    assert shown.getpixel((62, 16))[0] > 215
    if mode not in {"1"}:
        assert 90 < shown.getpixel((32, 16))[0] < 165


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_transparent_is_white(read, kind):
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    image.paste((*RED, 255), (0, 0, 10, 20))
    (item,) = read(saved(image, kind, lossless=True))
    assert close(pixels(item).getpixel((15, 10)), (255, 255, 255))
    assert close(pixels(item).getpixel((5, 10)), RED)


def test_a_palette_with_a_transparent_colour(read):
    image = Image.new("P", (20, 20), 0)
    image.putpalette([*RED, *BLUE])
    image.paste(1, (10, 0, 20, 20))
    (item,) = read(saved(image, "PNG", transparency=1))
    assert close(pixels(item).getpixel((15, 10)), (255, 255, 255))
    assert close(pixels(item).getpixel((5, 10)), RED)


def test_colours_of_a_profile_become_srgb(read):
    # A profile that swaps red and blue would be seen; one that does nothing must change nothing.
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    (item,) = read(saved(halves(), "PNG", icc_profile=srgb))
    assert close(pixels(item).getpixel((8, 16)), RED, 2)
    assert "icc_profile" not in Image.open(io.BytesIO(item.asset.data)).info
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for broken in (b"no profile at all", lab):
        (item,) = read(saved(halves(), "PNG", icc_profile=broken))
        assert close(pixels(item).getpixel((8, 16)), RED, 2)


def test_large_pictures_are_scaled_down(read):
    (item,) = read(saved(halves((3000, 1500)), "JPEG"), "a.jpg", max_image_side=512)
    assert (item.asset.width, item.asset.height) == (512, 256)
    assert (item.metadata["width"], item.metadata["height"]) == (3000, 1500)
    assert close(pixels(item).getpixel((100, 100)), RED)


def test_a_very_thin_picture_keeps_a_pixel(read):
    (item,) = read(saved(Image.new("RGB", (5000, 1), RED), "PNG"), max_image_side=100)
    assert (item.asset.width, item.asset.height) == (100, 1)


def test_a_large_png_is_kept_as_jpeg(read):
    noise = np.random.default_rng(1).integers(0, 255, (800, 900, 3), dtype=np.uint8)
    (item,) = read(saved(Image.fromarray(noise), "PNG"))
    assert item.asset.media_type == "image/jpeg"


def test_the_same_picture_gives_the_same_bytes(read):
    data = saved(halves(), "JPEG", quality=90, comment=b"once")
    assert read(data)[0].asset.sha256 == read(data, "other.jpg")[0].asset.sha256
    assert b"once" not in read(data)[0].asset.data


def test_pages_of_a_tiff_are_items(read):
    pages = [Image.new("L", (20, 10 + n), 20 * n) for n in range(10)]
    items = read(saved(pages[0], "TIFF", save_all=True, append_images=pages[1:]), "scan.tif")
    assert [(item.locator.page, item.asset.height) for item in items] == [(n + 1, 10 + n) for n in range(10)]


def test_smaller_copies_in_a_tiff_are_not(read):
    preview = Image.new("L", (5, 5), 9)
    preview.encoderinfo = {"tiffinfo": TiffImagePlugin.ImageFileDirectory_v2()}
    preview.encoderinfo["tiffinfo"][254] = 1
    items = read(saved(Image.new("L", (20, 20), 5), "TIFF", save_all=True, append_images=[preview]), "scan.tif")
    assert [item.asset.width for item in items] == [20]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_key_frames_of_an_animation(read, kind):
    frames = [Image.new("RGB", (16, 16), (n * 6, 0, 255 - n * 6)) for n in range(40)]
    items = read(saved(frames[0], kind, save_all=True, append_images=frames[1:], lossless=True))
    pages = [item.locator.page for item in items]
    assert (len(pages), pages[0], pages[-1]) == (8, 1, 40)
    assert close(pixels(items[-1]).getpixel((8, 8)), (39 * 6, 0, 255 - 39 * 6))


def test_frames_that_do_not_change_are_one_item(read):
    frames = [Image.new("P", (16, 16), 0) for _ in range(5)]
    frames[3].putpixel((0, 0), 1)
    for frame in frames:
        frame.putpalette([*RED, *BLUE])
    items = read(saved(frames[0], "TIFF", save_all=True, append_images=frames[1:]), "a.tif")
    assert [item.locator.page for item in items] == [1, 4]


def test_what_a_photo_says_about_itself(read):
    exif = Image.Exif()
    exif[0x010E], exif[0x010F], exif[0x0110] = "A bridge\x00 at dawn", "NIKON", "NIKON Z 6"
    exif.get_ifd(0x8769)[0x9003] = "2023:07:14 09:30:00"
    exif.get_ifd(0x8825).update({1: "S", 2: (33.0, 51.0, 30.0), 3: "E", 4: (151.0, 12.0, 0.0)})
    (item,) = read(saved(halves(), "JPEG", exif=exif, dpi=(300, 300)), "IMG_0001.JPG")
    assert item.metadata["exif"] == {
        "date": "2023-07-14T09:30:00",
        "camera": "NIKON Z 6",
        "place": [-33.858333, 151.2],
    }
    assert item.metadata["dpi"] == [300.0, 300.0]
    assert item.metadata["description"] == item.context == "A bridge at dawn"


def test_nonsense_in_exif_is_left_out(read):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "0000:00:00 00:00:00"
    rational = TiffImagePlugin.IFDRational
    exif.get_ifd(0x8825).update({1: "N", 2: (rational(1, 0), rational(0, 0), 0.0), 3: "E", 4: (500.0, 0.0, 0.0)})
    (item,) = read(saved(halves(), "JPEG", exif=exif), "a.jpg")
    assert "exif" not in item.metadata


def test_a_description_in_a_png(read):
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_text("Description", "Revenue by\x1b[31m quarter")
    (item,) = read(saved(halves(), "PNG", pnginfo=info), "plot.png")
    assert item.context == "Revenue by [31m quarter"


def test_too_many_pixels_are_refused_before_decoding(read):
    with pytest.raises(LimitError, match=r"a\.png declares 64 x 32 pixels; at most 2,000"):
        read(saved(halves(), "PNG"), max_pixels=2000)


def test_too_many_frames_are_refused(read):
    frames = [Image.new("L", (2, 2), n) for n in range(12)]
    with pytest.raises(LimitError, match="has 12 frames; at most 10"):
        read(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), max_frames=10)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "AVIF"])
def test_half_a_file_is_an_error_that_names_it(read, kind):
    noise = np.random.default_rng(1).integers(0, 255, (60, 60, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), kind)
    with pytest.raises(DocumentError, match=r"photo\.x is damaged and cannot be decoded: .+; replace the file"):
        read(data[: len(data) // 2], "photo.x")


def test_words_in_a_picture_are_its_text(tmp_path):
    pytest.importorskip("rapidocr")
    image = Image.new("RGB", (480, 160), "white")
    for line, words in enumerate(["Total revenue 2023", "rose by 12 percent"]):
        ImageDraw.Draw(image).text((20, 20 + 60 * line), words, "black", font_size=36)
    file = tmp_path / "chart.png"
    image.save(file)
    (item,) = load(file, probe(file, file.name), [ImageLoader(LoaderSettings())])
    assert item.text.splitlines() == ["Total revenue 2023", "rose by 12 percent"]
    assert item.metadata["ocr"] is True


def test_images_inside_documents_take_the_same_way():
    asset = image_asset(saved(halves(), "JPEG"), "image/jpeg", "slide 3 of deck.pptx", LoaderSettings())
    assert (asset.media_type, asset.width) == ("image/jpeg", 64)
    with pytest.raises(DocumentError, match=r"slide 3 of deck\.pptx is image/x-emf, which is not decoded"):
        image_asset(b"", "image/x-emf", "slide 3 of deck.pptx", LoaderSettings())
