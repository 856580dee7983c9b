"""Finding, checking and describing models: from the names in a pipeline file to verified files on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ragmm.models.describe import ModelFacts, ModelKind, describe
from ragmm.models.finding import FoundModel, Source, Task, find
from ragmm.models.fingerprints import fingerprint
from ragmm.models.names import ModelName, Scheme
from ragmm.models.profiles import MINI_NOTICE, PROFILES, ProfileModel, ProfileModels

if TYPE_CHECKING:
    from ragmm.models.catalogue import ModelCheck, ModelEntry, ModelFile, check, check_weights, list_models, path, pull

__all__ = [
    "MINI_NOTICE",
    "PROFILES",
    "FoundModel",
    "ModelCheck",
    "ModelEntry",
    "ModelFacts",
    "ModelFile",
    "ModelKind",
    "ModelName",
    "ProfileModel",
    "ProfileModels",
    "Scheme",
    "Source",
    "Task",
    "check",
    "check_weights",
    "describe",
    "find",
    "fingerprint",
    "list_models",
    "path",
    "pull",
]

_CATALOGUED = ("ModelCheck", "ModelEntry", "ModelFile", "check", "check_weights", "list_models", "path", "pull")


def __getattr__(name: str) -> Any:
    """What lists and checks models is imported when it is first used: a question needs none of it."""
    if name not in _CATALOGUED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ragmm.models import catalogue

    return getattr(catalogue, name)
