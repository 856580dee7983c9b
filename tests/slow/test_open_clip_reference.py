"""Full-size architectures with random weights: the adapter against a direct open_clip call."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ragmm.embedders.open_clip import OpenClipEmbedder
from ragmm.embedders.settings import Dtype, EmbedderSettings
from ragmm.models import find
from ragmm.testing import picture_asset
from ragmm.types import MediaKind, Role

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TEXTS = ["a red circle on white", "", "two dogs and a cat", "港口 harbour", "Revenue by region, 2023"]
SIZES = [(640, 480), (333, 777), (224, 224), (100, 50), (1600, 1200)]
SIGLIP_EYES = {"mean": [0.5] * 3, "std": [0.5] * 3, "resize_mode": "squash"}


def pictures() -> list[Image.Image]:
    rng = np.random.default_rng(0)
    coarse = [rng.integers(0, 255, (h // 16 + 1, w // 16 + 1, 3), dtype=np.uint8) for w, h in SIZES]
    return [Image.fromarray(c).resize(size, Image.Resampling.BICUBIC) for c, size in zip(coarse, SIZES, strict=True)]


def random_folder(name: str, folder: Path) -> Path:
    """As a repository on the hub is laid out; SigLIP's tokenizer is replaced by the one that is installed."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    model = open_clip.create_model(name)
    eyes = {**model.visual.preprocess_cfg, **(SIGLIP_EYES if "SigLIP" in name else {})}
    config = {"model_cfg": open_clip.get_model_config(name), "preprocess_cfg": eyes}
    folder.mkdir()
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    state = {key: value.contiguous().clone() for key, value in model.state_dict().items()}
    save_file(state, folder / "open_clip_model.safetensors")
    if config["model_cfg"]["text_cfg"].get("hf_tokenizer_name"):
        for file in ("tokenizer.json", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json"):
            shutil.copy(find("st:all-MiniLM-L6-v2").folder / file, folder / file)
    return folder


@pytest.mark.parametrize("name", ["ViT-B-32", "ViT-B-16-SigLIP"])
def test_the_adapter_agrees_with_open_clip(name: str, tmp_path: Path) -> None:
    import open_clip
    import torch

    folder = random_folder(name, tmp_path / name)
    model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    tokenizer = open_clip.get_tokenizer(f"local-dir:{folder}")
    with torch.inference_mode():
        images = model.eval().encode_image(torch.stack([transform(p) for p in pictures()]), normalize=True).numpy()
        texts = model.encode_text(tokenizer(TEXTS), normalize=True).numpy()
    found = find(f"open_clip:{folder}")

    exact = OpenClipEmbedder(found, EmbedderSettings(dtype=Dtype.FLOAT32))
    assert np.abs(exact.embed_media(MediaKind.IMAGE, [picture_asset(one) for one in pictures()]) - images).max() < 1e-4
    assert np.abs(exact.embed_texts(TEXTS, Role.QUERY) - texts).max() < 1e-4

    rough = OpenClipEmbedder(found, EmbedderSettings(dtype=Dtype.BFLOAT16))
    assert (rough.embed_media(MediaKind.IMAGE, [picture_asset(one) for one in pictures()]) * images).sum(
        axis=1
    ).min() >= 0.999
    assert (rough.embed_texts(TEXTS, Role.QUERY) * texts).sum(axis=1).min() >= 0.999
