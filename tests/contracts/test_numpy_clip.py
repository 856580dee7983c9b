"""CLIP's text tower without torch gives open_clip's own vectors, or stands aside."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from embedder_folders import TINY_TEXT, TINY_VISION, save, whole_model

from ragmm.embedders.numpy_bert import embed_in_numpy
from ragmm.embedders.numpy_clip import ClipWords, NumpyClip
from ragmm.embedders.open_clip import OpenClipEmbedder
from ragmm.embedders.settings import Dtype, EmbedderSettings
from ragmm.models import find
from ragmm.types import Role

TEXTS = [
    "How much did revenue grow in the north?",
    "",
    "a photo of a cat's 3 paws; don't, we'll, I'M: 42,000.5%",
    "Ünïcode, 检索 and 🙂 in one line &amp;  more",
    "a <start_of_text> of its own, and <end_of_text>",
    "x" * 300,
    "a text that is longer than its context " * 20,
    "naïve café — “quotes” of mojibake: schÃ¶n",
]


def encoder(folder: Path) -> NumpyClip | None:
    config = json.loads((folder / "open_clip_config.json").read_text())["model_cfg"]
    return NumpyClip.open(folder / "open_clip_model.safetensors", config)


def quick(folder: Path) -> Path:
    return altered(folder, {"quick_gelu": True})


def altered(folder: Path, changes: dict[str, Any], text: dict[str, Any] | None = None, kind: str = "CLIP") -> Path:
    """A tiny model of another make, built by open_clip itself."""
    import open_clip
    import torch

    text_cfg = dict(TINY_TEXT) | (text or {})
    config = {"embed_dim": 48, "vision_cfg": dict(TINY_VISION), "text_cfg": text_cfg} | changes
    torch.manual_seed(3)
    return save(folder, getattr(open_clip, kind)(**config).state_dict(), config | custom(kind))


def custom(kind: str) -> dict[str, bool]:
    return {"custom_text": True} if kind == "CustomTextCLIP" else {}


def narrow(folder: Path) -> Path:
    """Weights in half precision, as many repositories keep them."""
    from safetensors.torch import load_file, save_file

    file = whole_model(folder) / "open_clip_model.safetensors"
    state = load_file(file)
    names = sorted(state)
    save_file({n: state[n].half() if i % 2 else state[n].bfloat16() for i, n in enumerate(names)}, file)
    return folder


MAKES: dict[str, Callable[[Path], Path]] = {
    "plain": whole_model,
    "quick gelu": quick,
    "text tower apart": lambda folder: altered(folder, {}, kind="CustomTextCLIP"),
    "other epsilon": lambda folder: altered(folder, {}, {"norm_kwargs": {"eps": 1e-3}}),
    "half precision": narrow,
}


@pytest.mark.parametrize("make", MAKES)
def test_equal_to_open_clip(make: str, tmp_path: Path) -> None:
    folder = MAKES[make](tmp_path / "model")
    quick = encoder(folder)
    assert quick is not None
    library = OpenClipEmbedder(find(f"open_clip:{folder}"), EmbedderSettings(dtype=Dtype.FLOAT32))
    library.load()
    found = embed_in_numpy(quick, [quick.clean(text) for text in TEXTS], "", 3)
    np.testing.assert_allclose(found, library.embed_texts(TEXTS, Role.QUERY), atol=2e-5)


def test_the_words_are_open_clips() -> None:
    import open_clip

    words, library = ClipWords(), open_clip.SimpleTokenizer()
    for text in TEXTS:
        assert words.encode(words.clean_fn(text)) == library.encode(text)


@pytest.mark.parametrize(
    "text",
    [
        {"no_causal_mask": True},
        {"pool_type": "last"},
        {"embed_cls": True},
        {"hf_tokenizer_name": "a/model"},
        {"tokenizer_kwargs": {"clean": "canonicalize"}},
        {"norm_kwargs": {"eps": 1e-5, "elementwise_affine": False}},
    ],
)
def test_what_it_does_not_know_is_left_to_the_library(text: dict[str, Any], tmp_path: Path) -> None:
    folder = whole_model(tmp_path / "model")
    file = folder / "open_clip_config.json"
    config = json.loads(file.read_text())
    assert encoder(folder) is not None
    config["model_cfg"]["text_cfg"] |= text
    file.write_text(json.dumps(config))
    assert encoder(folder) is None


def test_weights_under_other_names_are_left_to_the_library(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = whole_model(tmp_path / "model") / "open_clip_model.safetensors"
    state = load_file(file)
    state["transformer.resblocks.1.ln_1.gamma"] = state.pop("transformer.resblocks.1.ln_1.weight")
    save_file(state, file)
    assert encoder(file.parent) is None


_QUESTION = """
import sys
from ragmm.embedders.open_clip import OpenClipEmbedder
from ragmm.models import find
from ragmm.types import Role
rows = OpenClipEmbedder(find("open_clip:" + sys.argv[1])).embed_texts(["one question"], Role.QUERY)
assert rows.shape == (1, 48)
print(sorted(name for name in ("torch", "transformers", "open_clip", "ftfy") if name in sys.modules))
"""


def test_a_question_loads_no_torch(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _QUESTION, str(whole_model(tmp_path / "model"))]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.stdout == "[]\n", result.stderr
