"""What every embedder promises, checked over the fakes, sentence-transformers and OpenCLIP alike."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from embedder_folders import seeing_sentence_model, towers_apart, whole_model
from numpy.typing import NDArray
from PIL import Image

from ragmm.embedders.base import Embedder
from ragmm.embedders.open_clip import OpenClipEmbedder
from ragmm.embedders.sentence_transformers import SentenceTransformerEmbedder
from ragmm.embedders.settings import Dtype, EmbedderSettings
from ragmm.errors import DocumentError, LimitError, ModelError, ModelNotFoundError
from ragmm.models import find
from ragmm.testing import FakeEmbedder
from ragmm.types import Asset, MediaKind, Role
from tests.unit.media import shown

TOLERANCE = 2e-6
SETTINGS = EmbedderSettings(threads=1, batch_size=4, dtype=Dtype.FLOAT32)
TEXTS = ["A red circle.", "", "Revenue grew by 12 % in 2023, costs fell.", "港口的报告", "   ", "one"]
LONG = " ".join(f"Sentence number {n} speaks of harbours and cranes." for n in range(150))
ODD = [
    "\ud800 lone surrogate",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "e\u0301\u0301" * 40,
    "\x00\x07 bell",
    "ﷺ" * 50,
]


def _mini(folder: Path) -> Embedder:
    try:
        return OpenClipEmbedder(find("mini"), SETTINGS)
    except ModelNotFoundError as error:
        pytest.skip(str(error))


MAKERS: dict[str, Callable[[Path], Embedder]] = {
    "fake": lambda folder: FakeEmbedder(),
    "fake text": lambda folder: FakeEmbedder(kinds={"text"}),
    "st": lambda folder: SentenceTransformerEmbedder(find("st:all-MiniLM-L6-v2"), SETTINGS),
    "st that sees": lambda folder: SentenceTransformerEmbedder(find(f"st:{seeing_sentence_model(folder)}"), SETTINGS),
    "open_clip whole": lambda folder: OpenClipEmbedder(find(f"open_clip:{whole_model(folder)}"), SETTINGS),
    "open_clip apart": lambda folder: OpenClipEmbedder(find(f"open_clip:{towers_apart(folder)}"), SETTINGS),
    "mini": _mini,
}


@pytest.fixture(scope="module", params=MAKERS, ids=str)
def embedder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    return MAKERS[request.param](tmp_path_factory.mktemp("model") / "model")


@pytest.fixture
def sees(embedder: Embedder) -> Embedder:
    if "image" not in embedder.info.kinds:
        pytest.skip("embeds text only")
    return embedder


def picture(width: int = 64, height: int = 48, mode: str = "RGB", seed: int = 0) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def images(embedder: Embedder, some: Sequence[Image.Image | bytes]) -> NDArray[np.float32]:
    return embedder.embed_media(MediaKind.IMAGE, [shown(one) for one in some])


def encoded(image: Image.Image, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def test_it_is_an_embedder_and_says_what_it_is(embedder: Embedder) -> None:
    assert isinstance(embedder, Embedder)
    info = embedder.info
    assert info.dim > 0
    assert len(info.fingerprint) == 64
    assert info.name
    assert info.revision
    assert "text" in info.kinds
    assert info.max_tokens > 0


def test_rows_have_the_stated_shape_and_type_in_the_texts_order(embedder: Embedder) -> None:
    rows = embedder.embed_texts(TEXTS, Role.DOCUMENT)
    assert rows.shape == (len(TEXTS), embedder.info.dim)
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
    for text, row in zip(TEXTS, rows, strict=True):
        np.testing.assert_allclose(embedder.embed_texts([text], Role.DOCUMENT)[0], row, atol=TOLERANCE)


def test_the_order_of_mixed_lengths_is_restored(embedder: Embedder) -> None:
    texts = ["word " * (1 + (n * 7) % 23) + str(n) for n in range(23)]
    rows = embedder.embed_texts(texts, Role.DOCUMENT)
    backwards = embedder.embed_texts(texts[::-1], Role.DOCUMENT)
    np.testing.assert_allclose(rows, backwards[::-1], atol=TOLERANCE)


def test_the_same_text_gives_the_same_row(embedder: Embedder) -> None:
    first = embedder.embed_texts(TEXTS, Role.QUERY)
    np.testing.assert_array_equal(first, embedder.embed_texts(TEXTS, Role.QUERY))


def test_nothing_in_nothing_out(embedder: Embedder) -> None:
    assert embedder.embed_texts([], Role.QUERY).shape == (0, embedder.info.dim)


def test_no_row_is_zero_so_that_all_can_be_normalised(embedder: Embedder) -> None:
    assert (np.linalg.norm(embedder.embed_texts(["", " ", "\n", "…"], Role.DOCUMENT), axis=1) > 0.1).all()


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_unicode_is_embedded(embedder: Embedder, text: str) -> None:
    assert np.isfinite(embedder.embed_texts([text], Role.DOCUMENT)).all()


def test_the_end_of_a_very_long_text_counts(embedder: Embedder) -> None:
    changed = LONG[: -len(LONG) // 8] + "Penguins swim under the ice. " * 60
    whole, other = embedder.embed_texts([LONG, changed], Role.DOCUMENT)
    assert not np.allclose(whole, other, atol=1e-4)


def test_a_word_without_end_is_embedded(embedder: Embedder) -> None:
    assert np.isfinite(embedder.embed_texts(["x" * 6_000, "港" * 1_500], Role.DOCUMENT)).all()


def test_it_may_be_called_from_several_threads(embedder: Embedder) -> None:
    expected = embedder.embed_texts(TEXTS, Role.DOCUMENT)
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(embedder.embed_texts, TEXTS, Role.DOCUMENT) for _ in range(8)]
    for answer in answers:
        np.testing.assert_allclose(answer.result(), expected, atol=TOLERANCE)


def test_a_text_only_model_refuses_images(embedder: Embedder) -> None:
    if "image" in embedder.info.kinds:
        pytest.skip("takes images")
    with pytest.raises(ModelError, match="text only"):
        images(embedder, [picture()])


def test_what_it_does_not_take_is_refused(embedder: Embedder) -> None:
    for kind in (MediaKind.AUDIO, MediaKind.VIDEO):
        with pytest.raises(ModelError, match=kind):
            embedder.embed_media(kind, [Asset(data=b"RIFF", media_type=f"{kind}/mp4")])


def test_images_come_back_in_order_whatever_their_form(sees: Embedder) -> None:
    pictures = [picture(seed=seed) for seed in range(11)]
    rows = images(sees, pictures)
    assert rows.shape == (11, sees.info.dim)
    assert rows.dtype == np.float32
    mixed = images(sees, [encoded(p) if n % 2 else p for n, p in enumerate(pictures)])
    np.testing.assert_allclose(mixed, rows, atol=TOLERANCE)
    one = np.concatenate([images(sees, [p]) for p in pictures])
    np.testing.assert_allclose(one, rows, atol=1e-5)
    assert images(sees, []).shape == (0, sees.info.dim)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (700, 2), (33, 31), (640, 480)], ids=str)
def test_images_of_odd_sizes(sees: Embedder, size: tuple[int, int]) -> None:
    assert np.isfinite(images(sees, [picture(*size)])).all()


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "I;16", "1", "F", "I", "YCbCr"])
def test_images_of_every_mode(sees: Embedder, mode: str) -> None:
    image = picture().convert("L").convert("I;16") if mode == "I;16" else picture(mode="RGB").convert(mode)
    assert np.isfinite(images(sees, [image])).all()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"])
def test_encoded_images_of_every_kind(sees: Embedder, kind: str) -> None:
    assert np.isfinite(images(sees, [encoded(picture(), kind)])).all()


class TestBadImages:
    """The fakes open what they are given as it is; these promises are the real ones'."""

    @pytest.fixture
    def real(self, sees: Embedder) -> Embedder:
        if isinstance(sees, FakeEmbedder):
            pytest.skip("a fake")
        return sees

    @pytest.mark.parametrize("data", [b"", b"not an image", encoded(picture())[:60]], ids=["empty", "text", "cut"])
    def test_bytes_that_are_no_image_are_an_error_about_the_document(self, real: Embedder, data: bytes) -> None:
        with pytest.raises(DocumentError, match="image"):
            images(real, [encoded(picture()), data])

    def test_the_embedder_works_on_after_a_bad_image(self, real: Embedder) -> None:
        with pytest.raises(DocumentError):
            images(real, [b"junk"] * 40)
        assert np.isfinite(images(real, [picture()])).all()

    def test_a_picture_of_a_billion_pixels_is_refused_unseen(self, real: Embedder) -> None:
        bomb = bytearray(encoded(Image.new("1", (8, 8))))
        bomb[16:24] = (40_000).to_bytes(4, "big") * 2
        bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4, "big")
        with pytest.raises(LimitError, match="pixels"):
            images(real, [bytes(bomb)])

    def test_an_upside_down_photograph_is_turned(self, real: Embedder) -> None:
        upright = picture(64, 64)
        exif = Image.Exif()
        exif[0x0112] = 3  # lies upside down in the file
        out = io.BytesIO()
        upright.rotate(180).save(out, "PNG", exif=exif)
        np.testing.assert_allclose(images(real, [out.getvalue()]), images(real, [upright]), atol=1e-5)

    def test_what_is_transparent_is_white(self, real: Embedder) -> None:
        clear = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
        white = Image.new("RGB", (40, 40), "white")
        np.testing.assert_allclose(images(real, [clear]), images(real, [white]), atol=1e-6)
