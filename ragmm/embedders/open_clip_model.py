"""Building an OpenCLIP model from a folder: its own classes, weights compared key by key and shape by shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragmm.embedders.compute import resolve_device, resolve_dtype, set_threads
from ragmm.embedders.open_clip_text import compute_by_position, shortens
from ragmm.embedders.preprocess import Preprocessing
from ragmm.embedders.settings import EmbedderSettings
from ragmm.errors import ModelError
from ragmm.models import openclip_names
from ragmm.models.describe import read_json
from ragmm.models.finding import FoundModel
from ragmm.models.names import ModelName
from ragmm.models.remedies import remedy_for
from ragmm.models.safety import has_tokenizer, refuse_foreign_code, refuse_pickles, require_tokenizer
from ragmm.models.weights import read_header, safetensors_files

if TYPE_CHECKING:
    import torch

__all__ = ["OpenClipFiles", "OpenClipModel", "build", "locate"]

_FULL_CHECKPOINTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.safetensors", "model.safetensors")
_UNUSED_TEXT = ("pooler.", "embeddings.position_ids")
"""What a text model's file may hold beyond the tower: open_clip pools by itself."""


@dataclass(frozen=True, kw_only=True)
class OpenClipFiles:
    """Where each part of the model lies."""

    folder: Path
    model: Mapping[str, Any]
    """open_clip's model_cfg."""
    preprocess: Mapping[str, Any]
    checkpoint: Path | None
    """Both towers in one file; None where they are apart."""
    image_tower: Path | None
    text_folder: Path | None
    """The Hugging Face text tower's configuration, and its weights where there is no checkpoint."""

    @property
    def text(self) -> Mapping[str, Any]:
        return dict(self.model["text_cfg"])


@dataclass(frozen=True, kw_only=True)
class OpenClipModel:
    """A loaded model with all that is needed to feed it."""

    network: Any
    device: str
    image_dtype: torch.dtype
    preprocessing: Preprocessing
    tokenizer: Any
    context: int
    trims: bool
    """Whether all-padding columns may be cut off."""
    shortens: bool
    """Whether the text tower has to be told of it: CLIP's own count positions, Hugging Face's mask what only pads."""
    pad: int


# --------------------------------------------------------------------------------------------------- locating


def locate(found: FoundModel, text_model: FoundModel | None) -> OpenClipFiles:
    """Reads the configuration and finds the files. Raises ModelError naming what is missing."""
    model, preprocess = _configuration(found)
    refuse_pickles(found.folder)
    refuse_foreign_code(found.folder)
    checkpoint, image_tower = _checkpoint(found.folder), found.folder / "image_tower" / "model.safetensors"
    if checkpoint is None and not image_tower.is_file():
        raise ModelError(
            f"{found.folder} holds no weights (open_clip_model.safetensors, or image_tower/model.safetensors); "
            f"{remedy_for(found.folder)}"
        )
    for file in (checkpoint or image_tower,):
        read_header(file)
    return OpenClipFiles(
        folder=found.folder,
        model=model,
        preprocess=preprocess,
        checkpoint=checkpoint,
        image_tower=None if checkpoint else image_tower,
        text_folder=text_model.folder if text_model else found.folder if "hf_model_name" in model["text_cfg"] else None,
    )


def _configuration(found: FoundModel) -> tuple[dict[str, Any], dict[str, Any]]:
    file = found.folder / "open_clip_config.json"
    if file.is_file():
        config = read_json(file)
        return dict(config.get("model_cfg", config)), dict(config.get("preprocess_cfg", {}))
    target = ModelName.parse(found.name).target
    if not openclip_names.is_tagged(target):
        raise ModelError(f"{found.folder} has no open_clip_config.json; name a folder or repository made for OpenCLIP")
    import open_clip

    name, tag = openclip_names.split(target)
    return read_json(openclip_names.architecture_file(name)), dict(open_clip.get_pretrained_cfg(name, tag))


def _checkpoint(folder: Path) -> Path | None:
    for name in _FULL_CHECKPOINTS:
        if (folder / name).is_file():
            return folder / name
    files = safetensors_files(folder)
    if len(files) > 1:
        raise ModelError(
            f"{folder} holds several weights files ({', '.join(file.name for file in files)}) and none has a name "
            f"that OpenCLIP uses ({', '.join(_FULL_CHECKPOINTS)}); leave one"
        )
    return files[0] if files else None


# --------------------------------------------------------------------------------------------------- building


def build(files: OpenClipFiles, settings: EmbedderSettings) -> OpenClipModel:
    """Loads both towers onto the device. Raises ModelError where a weight is missing, left over or of another shape."""
    import torch
    from open_clip.hf_model import HFTextEncoder

    device = resolve_device(settings.device)
    dtype = resolve_dtype(settings.dtype, device)
    set_threads(settings)
    network = _network(files)
    _load_weights(network, files)
    network.eval().requires_grad_(False)
    text_tower = getattr(network, "text", None)
    hugging = isinstance(text_tower, HFTextEncoder)
    if hugging:
        # The same text model through `st:` gives the same vectors: float32 on a CPU unless asked otherwise.
        network.visual.to(dtype=dtype)
        network.text.to(dtype=resolve_dtype(settings.dtype, device, exact_on_cpu=True))
        network.to(device=device)
    else:
        network.to(device=device, dtype=dtype)
    own = not hugging and not files.text.get("hf_tokenizer_name") and shortens(network)
    if own:
        compute_by_position(network)
    return OpenClipModel(
        network=network,
        device=device,
        image_dtype=dtype,
        preprocessing=Preprocessing.from_config(
            files.preprocess, network.visual.image_size, exact=dtype == torch.float32
        ),
        tokenizer=_tokenizer(files),
        context=int(files.text.get("context_length", 77)),
        trims=own or (hugging and not files.text.get("tokenizer_mode")),
        shortens=own,
        pad=int(getattr(getattr(text_tower, "config", None), "pad_token_id", 0) or 0),
    )


def _network(files: OpenClipFiles) -> Any:
    """The architecture with untrained weights; nothing is fetched."""
    import open_clip

    config = deepcopy(dict(files.model))
    hugging = "hf_model_name" in config["text_cfg"]
    custom = config.pop("custom_text", False) or hugging
    if hugging:
        config["text_cfg"] |= {"hf_model_name": str(files.text_folder), "hf_model_pretrained": False}
    if "timm_model_name" in config["vision_cfg"]:
        config["vision_cfg"]["timm_model_pretrained"] = False
    kind = open_clip.CoCa if "multimodal_cfg" in config else open_clip.CustomTextCLIP if custom else open_clip.CLIP
    return _explained(lambda: kind(**config), files.folder, "cannot be built from its open_clip_config.json")


def _explained(make: Callable[[], Any], folder: Path, what: str) -> Any:
    """open_clip, timm and transformers have no errors of their own; all become one sentence."""
    try:
        return make()
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError, AssertionError) as error:
        reason = str(error).strip().splitlines()
        raise ModelError(
            f"the model in {folder} {what}: {reason[0] if reason else type(error).__name__}; {remedy_for(folder)}"
        ) from error


def _load_weights(network: Any, files: OpenClipFiles) -> None:
    if files.checkpoint is not None:
        _load_strictly(network, _full_state(network, files.checkpoint), files.checkpoint)
        return
    if files.image_tower is not None:
        _load_strictly(network.visual, _read(files.image_tower), files.image_tower)
    if files.text_folder is not None:
        file = files.text_folder / "model.safetensors"
        read_header(file)
        state = {key: value for key, value in _read(file).items() if not key.startswith(_UNUSED_TEXT)}
        _load_strictly(network.text.transformer, state, file)


def _read(file: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(file)


def _full_state(network: Any, file: Path) -> dict[str, torch.Tensor]:
    """A whole checkpoint under today's key names, converted as open_clip itself does it."""
    import torch
    from open_clip.convert import convert_state_dict
    from open_clip.model import convert_to_custom_text_state_dict

    state: dict[str, torch.Tensor] = convert_state_dict(network, _read(file))
    if "positional_embedding" in state and not hasattr(network, "positional_embedding"):
        state = convert_to_custom_text_state_dict(state)
    for scalar in ("logit_scale", "logit_bias"):  # stored as a number or as a list of one
        own = getattr(network, scalar, None)
        if own is not None and scalar in state:
            state[scalar] = state[scalar].reshape(own.shape)
    if "logit_bias" not in state and getattr(network, "logit_bias", None) is not None:
        state["logit_bias"] = torch.zeros_like(network.logit_bias)
    return {key: value for key, value in state.items() if not key.endswith("embeddings.position_ids")}


def _load_strictly(module: Any, state: Mapping[str, torch.Tensor], file: Path) -> None:
    own = module.state_dict()
    wrong = [f"{key} is missing" for key in own if key not in state and not key.endswith("position_ids")]
    wrong += [f"{key} is not part of the model" for key in state if key not in own]
    wrong += [
        f"{key} has the shape {list(state[key].shape)} instead of {list(own[key].shape)}"
        for key in own
        if key in state and own[key].shape != state[key].shape
    ]
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise ModelError(
            f"the weights {file} do not fit the model's configuration: {wrong[0]}{more}; "
            f"{remedy_for(file.parent)}, or correct its open_clip_config.json"
        )
    module.load_state_dict(state, strict=False)


def _tokenizer(files: OpenClipFiles) -> Any:
    import open_clip
    from open_clip.tokenizer import HFTokenizer

    text = files.text
    context, options = int(text.get("context_length", 77)), dict(text.get("tokenizer_kwargs", {}))
    if not text.get("hf_tokenizer_name"):
        return open_clip.SimpleTokenizer(context_length=context, **options)
    folder = _tokenizer_folder(files)
    mode = text.get("tokenizer_mode")
    tokenizer = _explained(
        lambda: HFTokenizer(str(folder), context_length=context, tokenizer_mode=mode, **options),
        folder,
        "has a tokenizer that cannot be read",
    )
    if files.image_tower is not None:
        # The space is the text model's own, which knows nothing of open_clip's mending of quotes and entities.
        tokenizer.clean_fn = str
    return tokenizer


def _tokenizer_folder(files: OpenClipFiles) -> Path:
    """The model's own, else its text model's."""
    if has_tokenizer(files.folder) or files.text_folder is None:
        require_tokenizer(files.folder)
        return files.folder
    require_tokenizer(files.text_folder)
    return files.text_folder
