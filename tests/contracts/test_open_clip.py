"""The OpenCLIP adapter against open_clip itself, and against what can be wrong with a folder."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from embedder_folders import TINY_TEXT, towers_apart, whole_model
from PIL import Image

from ragmm.embedders.open_clip import OpenClipEmbedder
from ragmm.embedders.open_clip_text import shortens
from ragmm.embedders.preprocess import Preprocessing, ResizeMode, decode, to_rgb
from ragmm.embedders.sentence_transformers import SentenceTransformerEmbedder
from ragmm.embedders.settings import Device, Dtype, EmbedderSettings
from ragmm.errors import ModelError, ModelNotFoundError
from ragmm.models import find
from ragmm.testing import picture_asset
from ragmm.types import Asset, MediaKind, Role

EXACT = EmbedderSettings(threads=1, dtype=Dtype.FLOAT32)
TEXTS = ["a red circle on white", "", "two dogs &amp; a cat", "港口 harbour", "word " * 10]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_model(tmp_path_factory.mktemp("whole") / "tiny")


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return towers_apart(tmp_path_factory.mktemp("apart") / "tiny")


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 255, (height // 9 + 2, width // 9 + 2, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def embedder(folder: Path, settings: EmbedderSettings = EXACT) -> OpenClipEmbedder:
    return OpenClipEmbedder(find(f"open_clip:{folder}"), settings)


class TestAgainstOpenClip:
    def test_images_and_texts_agree_with_a_direct_call(self, whole: Path) -> None:
        import open_clip
        import torch

        model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{whole}")
        tokenizer = open_clip.get_tokenizer(f"local-dir:{whole}")
        pictures = [picture(w, h, seed) for seed, (w, h) in enumerate([(64, 48), (33, 90), (32, 32), (20, 9)])]
        with torch.inference_mode():
            images = model.eval().encode_image(torch.stack([transform(p) for p in pictures]), normalize=True).numpy()
            texts = model.encode_text(tokenizer(TEXTS), normalize=True).numpy()
        ours = embedder(whole)
        np.testing.assert_allclose(
            ours.embed_media(MediaKind.IMAGE, [picture_asset(one) for one in pictures]), images, atol=1e-6
        )
        np.testing.assert_allclose(ours.embed_texts(TEXTS, Role.QUERY), texts, atol=1e-6)

    def test_minilm_gives_the_same_vectors_through_either_adapter(self, apart: Path) -> None:
        exact = EmbedderSettings(threads=1, dtype=Dtype.FLOAT32)
        reference = SentenceTransformerEmbedder(find("st:all-MiniLM-L6-v2"), exact)
        texts = [*TEXTS, "“Curly” ﬁgures，全角", "line\n\n  breaks\tand  spaces"]
        expected = reference.embed_texts(texts, Role.DOCUMENT)
        automatic = embedder(apart, EmbedderSettings(threads=1))
        for ours in (embedder(apart), automatic):
            assert np.abs(ours.embed_texts(texts, Role.DOCUMENT) - expected).max() < 1e-5

    def test_bfloat16_keeps_the_direction(self, whole: Path) -> None:
        rough = embedder(whole, EmbedderSettings(threads=1, dtype=Dtype.BFLOAT16))
        pictures = [picture_asset(picture(64, 48, seed)) for seed in range(8)]
        close, far = (one.embed_media(MediaKind.IMAGE, pictures) for one in (embedder(whole), rough))
        assert (close * far).sum(axis=1).min() > 0.999
        texts = rough.embed_texts(TEXTS, Role.QUERY) * embedder(whole).embed_texts(TEXTS, Role.QUERY)
        assert texts.sum(axis=1).min() > 0.999

    @pytest.mark.parametrize("mode", ResizeMode)
    @pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
    @pytest.mark.parametrize("size", [48, (32, 56)], ids=str)
    def test_pixels_are_identical_to_open_clips_transform(
        self, mode: ResizeMode, interpolation: str, size: int | tuple[int, int]
    ) -> None:
        from open_clip.transform import PreprocessCfg, image_transform_v2

        if interpolation == "bilinear" and mode is ResizeMode.SHORTEST and not isinstance(size, int):
            pytest.skip("open_clip ignores the interpolation here")
        config = {"resize_mode": mode.value, "interpolation": interpolation, "mean": [0] * 3, "std": [1] * 3}
        transform: Any = image_transform_v2(PreprocessCfg(size=size, **config), is_train=False)
        ours = Preprocessing.from_config(config, size)
        for width, height in [(64, 48), (48, 64), (333, 97), (48, 48), (20, 9), (9, 20), (1, 1), (1, 40), (101, 100)]:
            shown = picture(width, height)
            theirs = (transform(shown).permute(1, 2, 0).numpy() * 255).round().astype(np.uint8)
            np.testing.assert_array_equal(ours(shown), theirs, err_msg=f"{width} x {height}")

    @pytest.mark.parametrize("mode", ResizeMode)
    def test_the_quick_resize_is_hardly_ever_a_shade_off(self, mode: ResizeMode) -> None:
        config = {"resize_mode": mode.value}
        exact, quick = (Preprocessing.from_config(config, 48, exact=exact) for exact in (True, False))
        for width, height in [(640, 480), (333, 97), (20, 9), (1, 40), (48, 48)]:
            shown = picture(width, height)
            off = np.abs(exact(shown).astype(int) - quick(shown).astype(int))
            assert off.max() <= 2
            assert off.mean() < 0.02

    def test_a_large_jpeg_is_decoded_small_and_stays_close(self, whole: Path) -> None:
        out = io.BytesIO()
        picture(640, 480).save(out, "JPEG", quality=92)
        data = out.getvalue()
        assert decode(data, reduce_to=(32, 32)).size == (160, 120)
        assert decode(data, reduce_to=(30, 30)).size == (80, 60)
        assert decode(data, reduce_to=(200, 200)).size == (640, 480)
        ours = embedder(whole)
        full, small = picture_asset(Image.open(io.BytesIO(data))), Asset(data=data, media_type="image/jpeg")
        assert np.prod(ours.embed_media(MediaKind.IMAGE, [full, small]), axis=0).sum() > 0.99

    @pytest.mark.parametrize("mode", ResizeMode)
    @pytest.mark.parametrize("size", [(3000, 3), (3, 3000), (1, 1)])
    def test_a_large_jpeg_of_a_few_rows_is_decoded(self, size: tuple[int, int], mode: ResizeMode) -> None:
        out = io.BytesIO()
        picture(*size).save(out, "JPEG")
        assert min(decode(out.getvalue(), reduce_to=(32, 32), mode=mode).size) >= 1


class TestTexts:
    def test_cutting_off_padding_changes_nothing(self, apart: Path) -> None:
        ours = embedder(apart)
        alone = np.concatenate([ours.embed_texts([text], Role.QUERY) for text in TEXTS])
        np.testing.assert_allclose(ours.embed_texts(TEXTS, Role.QUERY), alone, atol=2e-6)

    def test_clips_own_tower_computes_no_position_that_only_pads(
        self, whole: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ours = embedder(whole)
        ours.load()
        model, widths = ours._ready(), []
        encode, whole_context = model.network.encode_text, model.network.positional_embedding
        monkeypatch.setattr(model.network, "encode_text", lambda t: widths.append(tuple(t.shape)) or encode(t))
        ours.embed_texts(["a cat", "two dogs and a cat", ""], Role.DOCUMENT)
        assert widths == [(3, 7)], "the longest has five words, a beginning and an end"
        assert model.network.positional_embedding is whole_context
        assert len(whole_context) == len(model.network.attn_mask) == TINY_TEXT["context_length"]

    @pytest.mark.parametrize("other", [{"pool_type": "last"}, {"attn_mask": None}, {"cls_emb": 1}], ids=str)
    def test_towers_that_read_elsewhere_keep_their_padding(self, other: dict[str, object]) -> None:
        tower = {"positional_embedding": object(), "attn_mask": object(), "cls_emb": None, "pool_type": "argmax"}
        assert shortens(SimpleNamespace(text=SimpleNamespace(**tower)))
        assert not shortens(SimpleNamespace(text=SimpleNamespace(**tower | other)))

    def test_no_window_is_cut_by_the_tokenizer(self, whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from ragmm.embedders import open_clip as adapter

        ours, seen = embedder(whole), []
        encode = adapter._encode_texts
        monkeypatch.setattr(adapter, "_encode_texts", lambda model, texts: seen.extend(texts) or encode(model, texts))
        text = "the quick brown fox jumps over the lazy dog " * 30 + "antidisestablishmentarianism" * 20
        ours.embed_texts([text], Role.DOCUMENT)
        tokenizer = ours._ready().tokenizer
        assert len(seen) > 10
        assert all(len(tokenizer.encode(window)) <= TINY_TEXT["context_length"] - 2 for window in seen)
        assert "".join(sorted(seen, key=text.find)).replace(" ", "") == text.replace(" ", "") or len(set(seen)) < len(
            seen
        )

    def test_a_long_text_is_its_windows_weighted_mean(self, whole: Path) -> None:
        ours = embedder(whole)
        sentence = "a photograph of the harbour at night with many ships and one crane in the rain today "
        once = ours.embed_texts([sentence], Role.DOCUMENT)[0]
        many = ours.embed_texts([sentence * 12], Role.DOCUMENT)[0]
        assert once @ many > 0.8


def _spoil_weights(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        from safetensors.torch import load_file, save_file

        file = next(folder.rglob("*.safetensors"))
        state = load_file(file)
        change(state)
        save_file(state, file)

    return spoil


def _edit(name: str, change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        config = json.loads((folder / name).read_text())
        change(config)
        (folder / name).write_text(json.dumps(config))

    return edit


def _truncate(folder: Path) -> None:
    file = next(folder.rglob("*.safetensors"))
    file.write_bytes(file.read_bytes()[:-100])


class TestBadFolders:
    """Each is an error in one sentence with a remedy, and never a model of random weights."""

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (_spoil_weights(lambda s: s.pop("visual.proj")), "proj is missing"),
            (_spoil_weights(lambda s: s.update(extra=s["logit_scale"].clone())), "extra is not part of the model"),
            (
                _spoil_weights(lambda s: s.update({"visual.proj": s["visual.proj"][:, :9].clone()})),
                r"\[64, 9\] instead",
            ),
            (_truncate, "truncated or corrupt"),
            (_edit("open_clip_config.json", lambda c: c["model_cfg"].pop("embed_dim")), "does not describe"),
            (_edit("open_clip_config.json", lambda c: c["model_cfg"].update(nonsense=1)), "cannot be built"),
            (_edit("open_clip_config.json", lambda c: c["model_cfg"]["vision_cfg"].update(width=128)), "has the shape"),
            (_edit("open_clip_config.json", lambda c: c["preprocess_cfg"].update(resize_mode="fit")), "preprocess_cfg"),
            (lambda folder: (folder / "open_clip_model.safetensors").unlink(), "holds no weights"),
            (lambda folder: (folder / "open_clip_model.safetensors").rename(folder / "a.bin"), "safetensors"),
            (lambda folder: (folder / "open_clip_config.json").write_text("{"), "not valid JSON"),
            (lambda folder: (folder / "open_clip_config.json").unlink(), "open_clip_config.json"),
        ],
        ids=[
            "missing",
            "extra",
            "shape",
            "cut",
            "config",
            "unknown",
            "width",
            "resize",
            "none",
            "pickle",
            "json",
            "bare",
        ],
    )
    def test_a_whole_model(self, whole: Path, tmp_path: Path, spoil: Callable[[Path], Any], said: str) -> None:
        folder = shutil.copytree(whole, tmp_path / "spoilt")
        spoil(folder)
        with pytest.raises(ModelError, match=said) as error:
            embedder(folder).load()
        assert str(folder) in str(error.value) or "preprocess_cfg" in said

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (_spoil_weights(lambda s: s.pop("proj")), "proj is missing"),
            (_truncate, "truncated or corrupt"),
            (lambda folder: shutil.rmtree(folder / "image_tower"), "holds no weights"),
            (
                _edit("open_clip_config.json", lambda c: c["model_cfg"]["text_cfg"].update(hf_model_name="org/none")),
                "ragmm models pull",
            ),
        ],
        ids=["missing", "cut", "none", "text"],
    )
    def test_towers_apart(self, apart: Path, tmp_path: Path, spoil: Callable[[Path], Any], said: str) -> None:
        folder = shutil.copytree(apart, tmp_path / "spoilt")
        spoil(folder)
        with pytest.raises((ModelError, ModelNotFoundError), match=said):
            embedder(folder).load()

    def test_a_device_that_is_not_there(self, whole: Path) -> None:
        import torch

        if torch.cuda.is_available():
            pytest.skip("there is one")
        with pytest.raises(ModelError, match="set device = auto or cpu"):
            embedder(whole, EmbedderSettings(device=Device.CUDA)).load()


def test_constructing_and_info_load_no_weights(apart: Path) -> None:
    ours = embedder(apart)
    assert ours.info.dim == 384
    assert ours.info.max_tokens == 128
    assert ours._model is None
    ours.load()
    assert ours._model is not None


def test_the_text_model_is_part_of_the_identity(apart: Path, tmp_path: Path) -> None:
    found = find("st:all-MiniLM-L6-v2")
    other = shutil.copytree(found.folder, tmp_path / "other")
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "layer_norm_eps": 1e-6}))
    theirs = OpenClipEmbedder(find(f"open_clip:{apart}"), EXACT, text_model=find(f"st:{other}"))
    assert theirs.info.fingerprint != embedder(apart).info.fingerprint


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.full((4, 4), 0x8000, np.uint16), 128),
        (np.full((4, 4), 200, np.int32), 200),
        (np.full((4, 4), 65_535, np.int32), 255),
        (np.array([[-1.0, 1.0]], np.float32), 0),
    ],
    ids=["16 bit", "small ints", "wide ints", "floats"],
)
def test_deep_greys_keep_their_shades(values: Any, expected: int) -> None:
    assert np.asarray(to_rgb(Image.fromarray(values)))[0, 0].tolist() == [expected] * 3
