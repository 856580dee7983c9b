"""What a pipeline says that decides how documents are read, and what changed in it since the night before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ragmm.config.needs import photos_model
from ragmm.config.settings import NightlySettings, OperateSettings, PhotosName, Pipeline
from ragmm.optional import OPTIONAL
from ragmm.plugins import Group, plugins

__all__ = ["PipelineFacts", "edits", "facts_of"]

_READING = ("loaders", "captions", "routes", "models.caption", "models.photos")
_EMBEDDING = {"models.shared", "models.text"}


@dataclass(frozen=True, kw_only=True)
class PipelineFacts:
    """What one night leaves to the next about its pipeline."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    """By dotted name: what decides which documents there are and what is made of them."""
    photos: str = ""
    """The model that looks at photographs, where one is used and here. Pictures that it has not seen are no change."""

    @property
    def hash(self) -> str:
        return hashlib.sha256(_spelled(self.settings)).hexdigest()

    @property
    def reader(self) -> str:
        """Changes when a document that could not be read may now be readable, or would be read differently."""
        reading = {
            name: value for name, value in self.settings.items() if name.startswith((*_READING, "limits", "ragmm"))
        }
        return hashlib.sha256(_spelled(reading)).hexdigest()[:16]


def _spelled(settings: Mapping[str, Any]) -> bytes:
    return json.dumps(settings, sort_keys=True, default=str).encode()


def facts_of(pipeline: Pipeline) -> PipelineFacts:
    """Without loading anything."""
    plain = replace(pipeline, nightly=NightlySettings(), operate=OperateSettings(), origin=None)
    values = asdict(plain)
    found: dict[str, Any] = {"routes": [str(route) for route in pipeline.routes]}
    for section in ("sources", "models", "loaders", "limits", "captions"):
        found.update((f"{section}.{key}", _plain(value)) for key, value in values[section].items())
    for role in ("vlm", "rerank", "download", "device", "dtype", "batch_size", "threads"):
        found.pop(f"models.{role}", None)
    found.pop("limits.workers", None)
    if pipeline.models.photos is PhotosName.LITE0:
        del found["models.photos"]  # what nights before this setting did not know, they need not be told
    installed = [one.module for one in OPTIONAL if one.parses and one.installed]
    brought = [f"{one.name} of {one.package}" for one in plugins(Group.LOADERS).values()]
    found["ragmm"] = f"{_version()} with {', '.join(installed + brought)}"
    return PipelineFacts(settings=found, photos=photos_model(pipeline))


def _version() -> str:
    try:
        return version("ragmm")
    except PackageNotFoundError:
        return "checkout"


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    return str(value) if isinstance(value, Path) else value


def edits(before: Mapping[str, Any] | None, now: PipelineFacts) -> tuple[str, ...]:
    """What was edited since the night before, each with what it would have done again."""
    if before is None:
        return ()
    names = sorted(name for name in {*before, *now.settings} if before.get(name) != now.settings.get(name))
    return tuple(f"{name}: {before.get(name)} -> {now.settings.get(name)}{_effect(name)}" for name in names)


def _effect(name: str) -> str:
    if name in _EMBEDDING:
        return " (ragmm reembed makes the vectors of another model)"
    if name.startswith("sources"):
        return " (documents that are not wanted any more leave with --refresh)"
    if name.startswith((*_READING, "ragmm")):
        return " (documents read before are read again with --refresh)"
    return ""
