"""Which models a pipeline will use, and whether they are here."""

from __future__ import annotations

from dataclasses import dataclass

from ragmm.config.names import MODEL_ROLES, NONE
from ragmm.config.settings import Pipeline, Route
from ragmm.errors import ModelError
from ragmm.models import PROFILES, ModelName, Scheme, Task, find

__all__ = ["ModelNeed", "model_needs"]

_ROUTE_OF = {"shared": Route.SHARED, "text": Route.TEXT, "caption": Route.TEXT}
_FREE = (Scheme.EXTRACTIVE, Scheme.OPENAI)
"""Nothing has to be on this machine for them."""


@dataclass(frozen=True, kw_only=True)
class ModelNeed:
    """A model in a role that the pipeline's routes make use of."""

    role: str
    name: str
    present: bool
    download_mb: int = 0
    """Where the profile's table knows it."""
    licence: str = ""


def model_needs(pipeline: Pipeline) -> list[ModelNeed]:
    """In the order of the roles; nothing is loaded or fetched."""
    needs = []
    for role in MODEL_ROLES:
        name = getattr(pipeline.models, role)
        route = _ROUTE_OF.get(role)
        if name != NONE and (route is None or route in pipeline.routes):
            needs.append(_need(pipeline, role, name))
    return needs


def _need(pipeline: Pipeline, role: str, name: str) -> ModelNeed:
    known = getattr(PROFILES[pipeline.profile], role)
    size, licence = (known.download_mb, known.licence) if known.name == name else (0, "")
    return ModelNeed(role=role, name=name, present=_present(role, name), download_mb=size, licence=licence)


def _present(role: str, name: str) -> bool:
    parsed = ModelName.parse(name)
    if parsed.of_plugin or parsed.scheme in _FREE:
        return True
    try:
        find(name, task=Task.GENERATE if role in {"caption", "vlm"} else Task.EMBED)
    except ModelError:
        return False
    return True
