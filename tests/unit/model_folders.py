"""Folders that hold models: as one is written by hand, and as a download leaves it in the cache."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

__all__ = ["cached", "empty_hub", "sentence_model"]


def empty_hub(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Hugging Face cache of the test's own, and no network."""
    monkeypatch.setenv("HF_HUB_CACHE", str(folder))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return folder


def sentence_model(folder: Path, dim: int = 6) -> Path:
    """The files of a sentence-transformers model, weights two tensors."""
    (folder / "1_Pooling").mkdir(parents=True)
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    listed = [{"path": where, "type": f"sentence_transformers.models.{kind}"} for where, kind in modules]
    files = {
        "modules.json": listed,
        "config.json": {"model_type": "bert", "hidden_size": dim, "max_position_embeddings": 512},
        "1_Pooling/config.json": {"word_embedding_dimension": dim},
        "sentence_bert_config.json": {"max_seq_length": 128},
        "tokenizer.json": {},
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    (folder / "README.md").write_text("---\nlanguage: en\nlicense: apache-2.0\n---\n# card\n")
    save_file({"a": np.ones((3, dim), np.float32), "b": np.ones(2, np.float16)}, folder / "model.safetensors")
    return folder


def cached(hub: Path, repository: str, commit: str = "abc123", revision: str = "main") -> Path:
    """A snapshot in the cache, as a download leaves it."""
    root = hub / ("models--" + repository.replace("/", "--"))
    (root / "refs").mkdir(parents=True, exist_ok=True)
    (root / "refs" / revision).write_text(commit)
    return sentence_model(root / "snapshots" / commit)
