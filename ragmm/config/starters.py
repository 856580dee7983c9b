"""The pipeline files that come with ragmm, and pipelines without a file."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Final

from ragmm.config.profiles import named_models
from ragmm.config.settings import Pipeline, Profile
from ragmm.errors import UsageError

__all__ = ["STARTERS", "default_pipeline", "starter", "starter_for"]

STARTERS: Final = ("both", "shared", "text", "nightly")
_PLAIN: Final = re.compile(r"\w[\w.-]*")
"""What can be the name of a collection as it stands in a file or a command."""


def starter(name: str) -> str:
    """The text of a starter pipeline file, comments and all."""
    if name not in STARTERS:
        raise UsageError(f"there is no starter pipeline {name!r}; the starters are: {', '.join(STARTERS)}")
    return (files("ragmm") / "pipelines" / "starters" / f"{name}.toml").read_text(encoding="utf-8")


def starter_for(file: Path, name: str, profile: str = Profile.MINI) -> str:
    """A starter as it is written to a file: it names the file, and the collection is called like it."""
    text = starter(name).replace(f"pipelines/{name}.toml", file.as_posix())
    if _PLAIN.fullmatch(file.stem):
        text = text.replace(f'name = "{name}"', f'name = "{file.stem}"').replace(f"-c {name}", f"-c {file.stem}")
    return text.replace('profile = "mini"    ', f'profile = "{profile}"'.ljust(20))


def default_pipeline(profile: str = Profile.MINI) -> Pipeline:
    """What a collection is made with when no pipeline is named."""
    if profile not in list(Profile):
        raise UsageError(f"there is no profile {profile!r}; the profiles are: {', '.join(Profile)}")
    return named_models(Pipeline(profile=Profile(profile)))
