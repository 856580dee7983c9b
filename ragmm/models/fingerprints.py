"""What makes two copies of a model the same: one hash over every file that changes its output."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from ragmm.models.weights import file_sha256

__all__ = ["fingerprint", "identity_files"]

_IDENTITY = (
    "*.safetensors",
    "weights.npz",
    "*.safetensors.index.json",
    "config.json",
    "modules.json",
    "config_sentence_transformers.json",
    "sentence_*_config.json",
    "open_clip_config.json",
    "tokenizer*",
    "vocab*",
    "merges.txt",
    "special_tokens_map.json",
    "added_tokens.json",
    "*.model",
    "*preprocessor_config.json",
    "processor_config.json",
    "chat_template*",
    "generation_config.json",
)
"""Cards, read-mes and other libraries' formats (onnx, openvino) change nothing in what ragmm computes."""
_FOREIGN = frozenset({"onnx", "openvino", "coreml"})


def identity_files(folder: Path) -> list[Path]:
    """The files that change the model's output, in a fixed order."""
    return sorted(_matching(folder), key=lambda file: file.relative_to(folder).as_posix())


def _matching(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        inside = file.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _FOREIGN for part in inside)
        if not hidden and any(fnmatch(file.name, pattern) for pattern in _IDENTITY) and file.is_file():
            yield file


def fingerprint(*folders: Path, adapter: str) -> str:
    """sha256 over the identity files of the folders, in the given order, and the adapter's name and version."""
    total = hashlib.sha256(adapter.encode())
    for folder in folders:
        for file in identity_files(folder):
            line = f"\n{file.relative_to(folder).as_posix()} {file_sha256(file)}"
            total.update(line.encode("utf-8", "surrogateescape"))
        total.update(b"\n--")
    return total.hexdigest()
