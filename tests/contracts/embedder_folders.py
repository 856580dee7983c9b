"""Small OpenCLIP folders with random weights, built in a second: plumbing needs no trained model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ragmm.models import find

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


def seeing_sentence_model(folder: Path) -> Path:
    """A Hugging Face CLIP folder, which sentence-transformers opens by itself; the words are MiniLM's."""
    import torch
    from transformers import AutoTokenizer, CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor

    tokenizer = AutoTokenizer.from_pretrained(find("st:all-MiniLM-L6-v2").folder, model_max_length=24)
    tower = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    text = {
        "vocab_size": len(tokenizer),
        "max_position_embeddings": 24,
        "bos_token_id": tokenizer.cls_token_id,
        "eos_token_id": tokenizer.sep_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    vision = {"image_size": 32, "patch_size": 8}
    torch.manual_seed(3)
    CLIPModel(
        CLIPConfig(text_config={**tower, **text}, vision_config={**tower, **vision}, projection_dim=48)
    ).save_pretrained(folder)
    eyes = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    CLIPProcessor(image_processor=eyes, tokenizer=tokenizer).save_pretrained(folder)
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
