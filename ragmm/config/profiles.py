"""The models that a profile puts where the pipeline names none."""

from __future__ import annotations

from dataclasses import replace

from ragmm.config.names import MODEL_ROLES
from ragmm.config.settings import Pipeline

__all__ = ["named_models"]


def named_models(pipeline: Pipeline) -> Pipeline:
    """The same pipeline with a name in every model role, so that its snapshot outlives a change of the profiles."""
    from ragmm.models import PROFILES

    profile = PROFILES[pipeline.profile]
    chosen = {role: getattr(pipeline.models, role) or getattr(profile, role).name for role in MODEL_ROLES}
    return replace(pipeline, models=replace(pipeline.models, **chosen))
