"""The models of a pipeline that does not name them itself: its profile's, or those that a collection is built with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ragmm.config.names import MODEL_ROLES
from ragmm.config.settings import Pipeline
from ragmm.errors import UsageError

__all__ = ["as_built", "named_models"]


def named_models(pipeline: Pipeline) -> Pipeline:
    """The same pipeline with a name in every model role, so that its snapshot outlives a change of the profiles."""
    from ragmm.models import PROFILES

    profile = PROFILES[pipeline.profile]
    chosen = {role: getattr(pipeline.models, role) or getattr(profile, role).name for role in MODEL_ROLES}
    return replace(pipeline, models=replace(pipeline.models, **chosen))


def as_built(pipeline: Pipeline, spaces: Mapping[str, str]) -> Pipeline:
    """The same pipeline with the models that the spaces are built with (by route): reembed and rollback change them."""
    from ragmm.models import ModelName

    chosen: dict[str, Any] = {}
    for role in {"shared", "text"} & spaces.keys():
        try:
            chosen[role] = str(ModelName.parse(spaces[role]))
        except UsageError:
            continue  # a model that was given as an object has no name to find it by
    return replace(pipeline, models=replace(pipeline.models, **chosen))
