"""Pipeline files: TOML text to frozen dataclasses, and back."""

from ragmm.config.reading import load_pipeline, parse_pipeline
from ragmm.config.settings import (
    AnswerSettings,
    CaptionSettings,
    FewShot,
    IndexKind,
    LimitSettings,
    ModelSettings,
    NightlySettings,
    OperateSettings,
    Pipeline,
    Place,
    Profile,
    QuerySettings,
    Route,
    SourceSettings,
    StoreSettings,
    VectorType,
)
from ragmm.config.starters import STARTERS, default_pipeline, starter, starter_for
from ragmm.embedders.settings import Device, Dtype
from ragmm.loaders.settings import LoaderSettings

__all__ = [
    "STARTERS",
    "AnswerSettings",
    "CaptionSettings",
    "Device",
    "Dtype",
    "FewShot",
    "IndexKind",
    "LimitSettings",
    "LoaderSettings",
    "ModelSettings",
    "NightlySettings",
    "OperateSettings",
    "Pipeline",
    "Place",
    "Profile",
    "QuerySettings",
    "Route",
    "SourceSettings",
    "StoreSettings",
    "VectorType",
    "default_pipeline",
    "load_pipeline",
    "parse_pipeline",
    "starter",
    "starter_for",
]
