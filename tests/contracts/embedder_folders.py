"""Small OpenCLIP folders with random weights, built in a second: plumbing needs no trained model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
TINY_VISION = {"image_size": 32, "layers": 2, "width": 64, "head_width": 32, "patch_size": 8}
TINY_TEXT = {"context_length": 24, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 2}
PREPROCESS = {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4], "interpolation": "bicubic", "resize_mode": "shortest"}


def whole_model(folder: Path, **changes: Any) -> Path:
    """Both towers in one file, CLIP's own tokenizer: what most repositories hold."""
    import open_clip
    import torch

    config = {"embed_dim": 48, "vision_cfg": dict(TINY_VISION), "text_cfg": dict(TINY_TEXT)}
    torch.manual_seed(1)
    return save(folder, open_clip.CLIP(**config).state_dict(), config, **changes)


def towers_apart(folder: Path) -> Path:
    """The layout of the bundled model: an image tower of its own beside MiniLM's text."""
    import torch
    from open_clip.model import CLIPVisionCfg, _build_vision_tower
    from safetensors.torch import save_file

    config = {
        "embed_dim": 384,
        "vision_cfg": dict(TINY_VISION),
        "text_cfg": {
            "hf_model_name": MINILM,
            "hf_tokenizer_name": MINILM,
            "hf_proj_type": None,
            "hf_pooler_type": "mean_pooler",
            "context_length": 128,
        },
    }
    torch.manual_seed(2)
    tower = _build_vision_tower(384, CLIPVisionCfg(**TINY_VISION))
    (folder / "image_tower").mkdir(parents=True)
    save_file(
        {k: v.half().contiguous() for k, v in tower.state_dict().items()}, folder / "image_tower/model.safetensors"
    )
    write_config(folder, config)
    (folder / "model.json").write_text(json.dumps({"name": "tiny", "revision": "1", "licence": "Apache-2.0"}))
    return folder


def save(folder: Path, state: Mapping[str, Any], config: Mapping[str, Any], **preprocess: Any) -> Path:
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    save_file({key: value.contiguous().clone() for key, value in state.items()}, folder / "open_clip_model.safetensors")
    write_config(folder, config, **preprocess)
    return folder


def write_config(folder: Path, config: Mapping[str, Any], **preprocess: Any) -> None:
    whole = {"model_cfg": config, "preprocess_cfg": {**PREPROCESS, **preprocess}}
    (folder / "open_clip_config.json").write_text(json.dumps(whole))
