"""The pipeline files that come with ragmm, and pipelines without a file."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from ragmm.config.profiles import named_models
from ragmm.config.settings import Pipeline, Profile
from ragmm.errors import UsageError

__all__ = ["STARTERS", "default_pipeline", "starter"]

STARTERS: Final = ("both", "shared", "text", "nightly")


def starter(name: str) -> str:
    """The text of a starter pipeline file, comments and all."""
    if name not in STARTERS:
        raise UsageError(f"there is no starter pipeline {name!r}; the starters are: {', '.join(STARTERS)}")
    return (files("ragmm") / "pipelines" / "starters" / f"{name}.toml").read_text(encoding="utf-8")


def default_pipeline(profile: str = Profile.MINI) -> Pipeline:
    """What a collection is made with when no pipeline is named."""
    if profile not in list(Profile):
        raise UsageError(f"there is no profile {profile!r}; the profiles are: {', '.join(Profile)}")
    return named_models(Pipeline(profile=Profile(profile)))
