"""Finding, checking and describing models: from the names in a pipeline file to verified files on this machine."""

from __future__ import annotations

from ragmm.models.catalogue import ModelCheck, ModelEntry, ModelFile, check, check_weights, list_models, path, pull
from ragmm.models.describe import ModelFacts, ModelKind, describe
from ragmm.models.finding import FoundModel, Source, Task, find
from ragmm.models.fingerprints import fingerprint
from ragmm.models.names import ModelName, Scheme
from ragmm.models.profiles import MINI_NOTICE, PROFILES, ProfileModel, ProfileModels

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
