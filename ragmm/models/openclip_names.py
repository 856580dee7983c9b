"""OpenCLIP's own names (ViT-B-32/laion2b_s34b_b79k) and the repositories they stand for."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

from ragmm.errors import ModelNotFoundError
from ragmm.models.names import close_matches
from ragmm.optional import missing

__all__ = ["architecture_file", "architectures", "is_tagged", "repository", "split"]


def _config_folder() -> Path | None:
    """open_clip's configurations, found without importing it (which would import torch); None where it is absent."""
    spec = importlib.util.find_spec("open_clip")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "model_configs"


@cache
def architectures() -> tuple[str, ...]:
    """The names of all architectures this open_clip knows; none where it is not installed."""
    folder = _config_folder()
    return tuple(sorted(file.stem for file in folder.glob("*.json"))) if folder else ()


def architecture_file(name: str) -> Path:
    """The JSON file that describes an architecture. Raises MissingExtraError without open_clip."""
    folder = _config_folder()
    if folder is None:
        raise missing("open_clip", f"the architecture {name}")
    return folder / f"{name}.json"


def is_tagged(target: str) -> bool:
    """Whether this is NAME or NAME/TAG of an architecture rather than a repository id.

    A near miss without a known owner counts too, so that a typing error gets OpenCLIP's suggestions.
    """
    head = target.partition("/")[0]
    return head in architectures() or "/" not in target


def split(target: str) -> tuple[str, str]:
    """NAME and TAG. Raises ModelNotFoundError with the names or tags that come nearest."""
    name, _, tag = target.partition("/")
    if name not in architectures():
        near = close_matches(name, architectures())
        meant = f"; did you mean {', '.join(near)}?" if near else ""
        raise ModelNotFoundError(f"open_clip knows no architecture {name!r}{meant} (or write org/repository)")
    import open_clip

    tags = open_clip.list_pretrained_tags_by_model(name)
    if tag.lower().replace("-", "_") not in tags:
        near = close_matches(tag, tags) or tags
        raise ModelNotFoundError(
            f"open_clip has no weights {tag or '(none named)'!r} for {name}; there are: {', '.join(near) or 'none'} "
            f"(write open_clip:{name}/TAG)"
        )
    return name, tag


def repository(target: str) -> str:
    """The hub repository that holds the weights of NAME/TAG."""
    import open_clip

    name, tag = split(target)
    where = str(open_clip.get_pretrained_cfg(name, tag).get("hf_hub", "")).rstrip("/")
    parts = where.split("/")
    if len(parts) < 2:
        raise ModelNotFoundError(
            f"open_clip:{target} is published as a pickle on a web page only; ragmm loads safetensors: "
            f"choose another of its weights ({', '.join(open_clip.list_pretrained_tags_by_model(name))})"
        )
    return "/".join(parts[:2])
