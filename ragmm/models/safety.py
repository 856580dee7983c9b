"""What ragmm refuses to load: weights that can run code, models that bring code, models without their tokenizer."""

from __future__ import annotations

from pathlib import Path

from ragmm.errors import ModelError
from ragmm.models.describe import read_json
from ragmm.models.remedies import remedy_for
from ragmm.models.weights import safetensors_files
from ragmm.optional import require

__all__ = ["has_tokenizer", "refuse_foreign_code", "refuse_pickles", "require_tokenizer"]

_PICKLES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".npz", ".h5", ".msgpack"})

_VOCABULARIES = frozenset(
    {"tokenizer.json", "vocab.txt", "vocab.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model"}
)


def refuse_pickles(folder: Path) -> None:
    """Raises ModelError when the folder's weights exist only in formats other than safetensors."""
    if not folder.is_dir() or safetensors_files(folder):
        return
    found = sorted(p.name for p in folder.iterdir() if p.suffix in _PICKLES and not p.name.startswith("training_args"))
    if found:
        raise ModelError(
            f"{folder} holds its weights as {found[0]} only; ragmm loads safetensors and nothing that can run code "
            "on loading: choose a revision with .safetensors files, or convert the file"
        )


def refuse_foreign_code(folder: Path) -> None:
    """Raises ModelError when the model needs code from its own repository; a native implementation is used instead."""
    if not (folder / "config.json").is_file():
        return
    config = read_json(folder / "config.json")
    if not config.get("auto_map"):
        return
    require("transformers", f"the model in {folder}")
    from transformers import CONFIG_MAPPING

    if config.get("model_type") not in CONFIG_MAPPING:
        raise ModelError(
            f"{folder} needs code that comes with the model (auto_map, model type {config.get('model_type')!r}); "
            "ragmm never runs it: choose a model that transformers supports by itself"
        )


def has_tokenizer(folder: Path) -> bool:
    """Whether the folder holds a vocabulary; a configuration alone makes an empty tokenizer."""
    return any(file.name in _VOCABULARIES for file in folder.rglob("*") if file.is_file())


def require_tokenizer(folder: Path) -> None:
    """Raises ModelError when the tokenizer is missing: transformers would tokenise every word as unknown."""
    if not has_tokenizer(folder):
        raise ModelError(f"{folder} has no tokenizer (tokenizer.json or a vocabulary); {remedy_for(folder)}")
