"""Which adapters may fill which role of a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ragmm.errors import ConfigError, UsageError
from ragmm.models.names import ModelName, Scheme
from ragmm.plugins import Group, plugins

__all__ = ["MODEL_ROLES", "NONE", "PLUGIN_GROUPS", "check_model_name"]

NONE: Final = "none"
"""In the roles that can stay empty."""

_EMBEDDERS = (Scheme.MINI, Scheme.OPEN_CLIP, Scheme.ST)
_GENERATORS = (Scheme.MINI, Scheme.HF, Scheme.OPENAI)
MODEL_ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "shared": _EMBEDDERS,
    "text": (*_EMBEDDERS, Scheme.MULTILINGUAL),
    "caption": (*_GENERATORS, NONE),
    "vlm": (*_GENERATORS, Scheme.EXTRACTIVE),
    "rerank": (Scheme.ST, NONE),
}
"""The adapters that each role takes."""
PLUGIN_GROUPS: Final[Mapping[str, Group]] = {
    "shared": Group.EMBEDDERS,
    "text": Group.EMBEDDERS,
    "caption": Group.VLMS,
    "vlm": Group.VLMS,
    "rerank": Group.RERANKERS,
}
"""Where other packages bring more of them."""


def check_model_name(role: str, name: str) -> None:
    """Raises ConfigError where the name cannot be one of this role; an empty name is the profile's choice."""
    allowed = MODEL_ROLES[role]
    if not name or (name == NONE and NONE in allowed):
        return
    try:
        parsed = ModelName.parse(name)
    except UsageError as error:
        raise ConfigError(f"models.{role} is {name!r}: {error}") from None
    brought = plugins(PLUGIN_GROUPS[role]) if parsed.of_plugin else ()
    if parsed.scheme not in (*allowed, *brought):
        raise ConfigError(f"models.{role} is {name!r}; this role takes {', '.join((*allowed, *brought))}")
