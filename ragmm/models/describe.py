"""What a model folder is, by its JSON files: kind, dimension, context, what it takes. No weights, no libraries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ragmm.errors import ModelError
from ragmm.models.weights import read_header, safetensors_files
from ragmm.types import MediaKind

__all__ = ["ModelFacts", "ModelKind", "describe", "is_table_of_pieces", "licence_of", "read_json"]


class ModelKind(StrEnum):
    """Which library's layout a folder has."""

    OPEN_CLIP = "open_clip"
    SENTENCE_TRANSFORMERS = "sentence-transformers"
    TRANSFORMERS = "transformers"
    PIECES = "pieces"
    """A table of text pieces and what stands beside them: the model multilingual."""


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """What the folder's configuration says."""

    kind: ModelKind
    kinds: frozenset[MediaKind]
    """What the model takes."""
    dim: int = 0
    """Of the vectors; 0 for a generator or where the configuration does not tell."""
    max_tokens: int = 0
    parameters: int = 0
    text_model: str | None = None
    """The repository that holds an open_clip folder's text tower, or the configuration of it."""


_BOTH = frozenset({MediaKind.TEXT, MediaKind.IMAGE})
_TEXT = frozenset({MediaKind.TEXT})
_NO_LIMIT = 1_000_000_000
"""Tokenizers without a limit write a number above this one."""


def describe(folder: Path) -> ModelFacts:
    """Raises ModelError when the folder is no model ragmm can read, naming the file that is missing or wrong."""
    if (folder / "open_clip_config.json").is_file():
        return _describe_open_clip(folder)
    if (folder / "modules.json").is_file():
        return _describe_sentence_transformer(folder)
    if (folder / "config.json").is_file():
        return _describe_transformers(folder)
    if is_table_of_pieces(folder):
        return ModelFacts(kind=ModelKind.PIECES, kinds=_TEXT, dim=512)
    raise ModelError(
        f"{folder} is not a model: it has no open_clip_config.json, modules.json or config.json; "
        "name the folder that holds the model's files"
    )


def is_table_of_pieces(folder: Path) -> bool:
    """Whether it holds the files of the model multilingual."""
    return (folder / "weights.npz").is_file() and (folder / "sp.model").is_file()


def read_json(file: Path) -> dict[str, Any]:
    """The file's object. Raises ModelError naming the file."""
    try:
        value = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ModelError(f"cannot read {file}: {error.strerror}; the model folder is incomplete") from error
    except ValueError as error:
        raise ModelError(f"{file} is not valid JSON ({error}); fetch the model again") from error
    if not isinstance(value, dict):
        raise ModelError(f"{file} holds a {type(value).__name__} where an object was expected; fetch the model again")
    return value


def _describe_open_clip(folder: Path) -> ModelFacts:
    config = read_json(folder / "open_clip_config.json")
    model = config.get("model_cfg", config)
    try:
        dim, text = int(model["embed_dim"]), dict(model["text_cfg"])
        dict(model["vision_cfg"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{folder / 'open_clip_config.json'} does not describe an OpenCLIP model ({error}); fetch the model again"
        ) from error
    named = text.get("hf_model_name")
    return ModelFacts(
        kind=ModelKind.OPEN_CLIP,
        kinds=_BOTH,
        dim=dim,
        max_tokens=int(text.get("context_length", 77)),
        parameters=_parameters(folder, folder / "image_tower"),
        text_model=str(named) if named and not (folder / "config.json").is_file() else None,
    )


def _describe_sentence_transformer(folder: Path) -> ModelFacts:
    modules = read_modules(folder)
    first = folder / modules[0]["path"]
    config = read_json(first / "config.json") if (first / "config.json").is_file() else {}
    return ModelFacts(
        kind=ModelKind.SENTENCE_TRANSFORMERS,
        kinds=_kinds(config, modules),
        dim=_sentence_dim(folder, modules, config),
        max_tokens=_sentence_context(first, config),
        parameters=_parameters(*{folder, *(folder / module["path"] for module in modules)}),
    )


def read_modules(folder: Path) -> list[dict[str, str]]:
    """modules.json as a list of {"path", "type"}. Raises ModelError where it would run code or leave the folder."""
    file = folder / "modules.json"
    try:
        entries = json.loads(file.read_text("utf-8"))
        modules = [{"path": str(entry.get("path", "")), "type": str(entry["type"])} for entry in entries]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"{file} does not list a model's modules ({error}); fetch the model again") from error
    if not modules:
        raise ModelError(f"{file} lists no modules; fetch the model again")
    for module in modules:
        if not module["type"].startswith("sentence_transformers."):
            raise ModelError(
                f"{file} asks for code of its own ({module['type']}); ragmm never runs code that comes with a model: "
                "choose a model that sentence-transformers supports by itself"
            )
        if Path(module["path"]).is_absolute() or ".." in Path(module["path"]).parts:
            raise ModelError(f"{file} points outside its folder ({module['path']}); do not use this model")
    return modules


def _sentence_dim(folder: Path, modules: list[dict[str, str]], config: Mapping[str, Any]) -> int:
    """The last module that sets a width decides; else the transformer's own."""
    cut = _optional(folder / "config_sentence_transformers.json").get("truncate_dim")
    if isinstance(cut, int) and cut > 0:
        return cut
    for module in reversed(modules[1:]):
        facts = _optional(folder / module["path"] / "config.json")
        for key in ("out_features", "word_embedding_dimension", "embedding_dimension"):
            if isinstance(facts.get(key), int):
                return int(facts[key])
    return _transformer_dim(config)


def _transformer_dim(config: Mapping[str, Any]) -> int:
    for key in ("projection_dim", "hidden_size", "d_model", "dim"):
        if isinstance(config.get(key), int):
            return int(config[key])
    for part in ("text_config", "vision_config"):
        if isinstance(config.get(part), dict):
            found = _transformer_dim(config[part])
            if found:
                return found
    return 0


def _sentence_context(first: Path, config: Mapping[str, Any]) -> int:
    for file in sorted(first.glob("sentence_*_config.json")):
        length = _optional(file).get("max_seq_length")
        if isinstance(length, int):
            return length
    limit = _optional(first / "tokenizer_config.json").get("model_max_length")
    text = config.get("text_config") if isinstance(config.get("text_config"), dict) else config
    positions = text.get("max_position_embeddings") if isinstance(text, Mapping) else None
    known = [n for n in (limit, positions) if isinstance(n, int) and n < _NO_LIMIT]
    return min(known, default=0)


def _kinds(config: Mapping[str, Any], modules: list[dict[str, str]]) -> frozenset[MediaKind]:
    sees = "vision_config" in config or any(module["type"].endswith("CLIPModel") for module in modules)
    return _BOTH if sees else _TEXT


def _describe_transformers(folder: Path) -> ModelFacts:
    config = read_json(folder / "config.json")
    dual = str(config.get("model_type", "")).startswith(("clip", "siglip", "chinese_clip", "align", "metaclip"))
    return ModelFacts(
        kind=ModelKind.TRANSFORMERS,
        kinds=_kinds(config, []),
        dim=_dual_dim(config) if dual else _transformer_dim(config),
        max_tokens=_sentence_context(folder, config),
        parameters=_parameters(folder),
    )


def _dual_dim(config: Mapping[str, Any]) -> int:
    """SigLIP has no projection: its towers' width is the vectors'."""
    projection = config.get("projection_dim")
    vision = config.get("vision_config")
    if isinstance(projection, int) and not str(config.get("model_type")).startswith("siglip"):
        return projection
    return int(vision.get("hidden_size", 768)) if isinstance(vision, dict) else 0


def _parameters(*folders: Path) -> int:
    files = {file for folder in folders if folder.is_dir() for file in safetensors_files(folder)}
    return sum(read_header(file).parameters for file in files)


def _optional(file: Path) -> dict[str, Any]:
    return read_json(file) if file.is_file() else {}


def licence_of(folder: Path) -> str:
    """What the folder's model.json or README front matter declares, or "unknown"."""
    card = _optional(folder / "model.json").get("licence")
    if isinstance(card, str):
        return card
    readme = folder / "README.md"
    if not readme.is_file():
        return "unknown"
    lines = readme.read_text("utf-8", "replace")[:20_000].splitlines()
    declared = [line.partition(":")[2].strip() for line in lines if line.startswith(("license:", "license_name:"))]
    return (declared[-1].strip("\"'") or "unknown") if declared else "unknown"
