"""Pipeline files: TOML text to frozen dataclasses, and names to objects."""

from ragmm.config.reading import load_pipeline, parse_pipeline
from ragmm.config.settings import (
    AnswerSettings,
    Device,
    FewShot,
    IndexKind,
    LimitSettings,
    ModelSettings,
    Pipeline,
    Profile,
    QuerySettings,
    Route,
    SourceSettings,
    StoreSettings,
    VectorType,
    WeightType,
)
from ragmm.config.starters import STARTERS, default_pipeline, starter
from ragmm.loaders.settings import LoaderSettings

__all__ = [
    "STARTERS",
    "AnswerSettings",
    "Device",
    "FewShot",
    "IndexKind",
    "LimitSettings",
    "LoaderSettings",
    "ModelSettings",
    "Pipeline",
    "Profile",
    "QuerySettings",
    "Route",
    "SourceSettings",
    "StoreSettings",
    "VectorType",
    "WeightType",
    "default_pipeline",
    "load_pipeline",
    "parse_pipeline",
    "starter",
]
