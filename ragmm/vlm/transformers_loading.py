"""Loads a VLM folder with transformers: the class its config names, a complete processor, safetensors only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmm.errors import ModelError
from ragmm.models.describe import read_json
from ragmm.models.remedies import remedy_for
from ragmm.models.safety import refuse_foreign_code, refuse_pickles, require_tokenizer
from ragmm.models.strict import strict_loading
from ragmm.models.weights import read_header, safetensors_files
from ragmm.optional import line_for

if TYPE_CHECKING:
    import torch

__all__ = ["LoadedParts", "check_folder", "context_length", "load_model", "load_parts"]

_MARK = re.compile(r"[<\[{|].+[>\]}|]", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class LoadedParts:
    """What turns prompts into tensors and tokens into text."""

    processor: Any
    """None where a folder has an image processor and a tokenizer, but nothing that joins them."""
    image_processor: Any
    tokenizer: Any

    @cached_property
    def controls(self) -> re.Pattern[str]:
        """Finds the tokenizer's marks (<|im_end|>, <image>, [INST] …), which in a text are read as control tokens."""
        known = {*self.tokenizer.all_special_tokens, *self.tokenizer.get_added_vocab()}
        marks = sorted((mark for mark in known if _MARK.fullmatch(mark)), key=len, reverse=True)
        return re.compile("|".join(map(re.escape, marks)) or r"(?!)")


def check_folder(folder: Path) -> dict[str, Any]:
    """The folder's config.json. Raises ModelError for what ragmm does not load, before any library is imported."""
    if not folder.is_dir():
        raise ModelError(f"there is no model folder {folder}; check the path, or {remedy_for(folder)}")
    config = read_json(folder / "config.json")
    refuse_pickles(folder)
    refuse_foreign_code(folder)
    files = safetensors_files(folder)
    if not files:
        raise ModelError(f"{folder} has no weights (*.safetensors); {remedy_for(folder)}")
    _require_shards(folder, {file.name for file in files})
    for file in files:
        read_header(file)
    require_tokenizer(folder)
    return config


def context_length(config: dict[str, Any]) -> int:
    """Tokens of prompt and reply together, as the config tells; 0 where it does not."""
    for part in ("text_config", "decoder", "language_config", "llm_config", "text"):
        inner = config.get(part)
        if isinstance(inner, dict):
            config = {**config, **inner}
    found = [config.get(key) for key in ("max_position_embeddings", "n_positions", "max_sequence_length")]
    return next((value for value in found if isinstance(value, int) and value > 0), 0)


def load_parts(folder: Path) -> LoadedParts:
    """The processor and its parts. Raises ModelError naming what is missing."""
    from transformers import AutoProcessor

    with _explained(folder, "its processor"):
        found = AutoProcessor.from_pretrained(  # type: ignore[no-untyped-call]
            str(folder), local_files_only=True, trust_remote_code=False
        )
    image_processor, tokenizer = getattr(found, "image_processor", None), getattr(found, "tokenizer", None)
    if image_processor is not None and tokenizer is not None:
        return LoadedParts(processor=found, image_processor=image_processor, tokenizer=tokenizer)
    return _separate_parts(folder)


def load_model(folder: Path, config: dict[str, Any], device: str, dtype: torch.dtype) -> Any:
    """The model on its device, ready to generate. Raises ModelError when the weights do not fill it."""
    loader = _model_class(config)
    with _explained(folder, "the model"), strict_loading(folder):
        model, report = loader.from_pretrained(
            str(folder),
            dtype=dtype,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
    missing = sorted(report["missing_keys"])
    if missing:
        raise ModelError(
            f"the weights in {folder} lack {missing[0]} and {len(missing) - 1} more that their config.json asks for; "
            f"{remedy_for(folder)}"
        )
    with _explained(folder, f"the model onto {device}"):
        return model.to(device).eval()


def _model_class(config: dict[str, Any]) -> Any:
    """The class that the config names, where it can generate.

    AutoModelForImageTextToText would load a BLIP question-answering folder as the captioning class without a word.
    """
    import transformers

    for name in config.get("architectures") or ():
        named = getattr(transformers, str(name), None)
        if named is not None and hasattr(named, "generate") and hasattr(named, "from_pretrained"):
            return named
    return transformers.AutoModelForImageTextToText


def _separate_parts(folder: Path) -> LoadedParts:
    from transformers import AutoImageProcessor, AutoTokenizer

    with _explained(folder, "its image processor (preprocessor_config.json)"):
        images = AutoImageProcessor.from_pretrained(  # type: ignore[no-untyped-call]
            str(folder), local_files_only=True, trust_remote_code=False
        )
    with _explained(folder, "its tokenizer"):
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    return LoadedParts(processor=None, image_processor=images, tokenizer=tokenizer)


def _require_shards(folder: Path, present: set[str]) -> None:
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return
    wanted = {str(name) for name in dict(read_json(index).get("weight_map", {})).values()}
    if wanted - present:
        raise ModelError(
            f"{folder} lacks {len(wanted - present)} of {len(wanted)} weights files, first {min(wanted - present)}; "
            f"{remedy_for(folder)}"
        )


@contextmanager
def _explained(folder: Path, what: str) -> Iterator[None]:
    """Turns what a library raises into one sentence with a remedy."""
    try:
        yield
    except ModelError:
        raise
    except ImportError as error:
        package = error.name or _named_package(str(error))
        raise ModelError(
            f"{what} in {folder} needs the package {package}, which is not installed; "
            f"install it with: {line_for(package)}"
        ) from error
    except MemoryError as error:
        raise ModelError(f"not enough memory to load {what} in {folder}; choose a smaller model") from error
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError) as error:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ModelError(
            f"cannot load {what} from {folder}: {first[:300]}; {remedy_for(folder)}, "
            "or check that this version of transformers knows it"
        ) from error


def _named_package(message: str) -> str:
    for known in ("num2words", "sentencepiece", "torchvision", "accelerate", "av", "tiktoken", "detectron2"):
        if known in message:
            return known
    return "that its message names: " + message.strip().splitlines()[0][:120] if message.strip() else "unknown"
