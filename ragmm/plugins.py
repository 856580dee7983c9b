"""What packages outside ragmm bring: loaders and models behind entry points, looked for when a name has to become one.

A package is not imported before something of it is used; what it brings has a name of its own and is called with the
settings of the pipeline.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Final

from ragmm.errors import PluginError

__all__ = ["Group", "Plugin", "load", "model_schemes", "plugins"]

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


class Group(StrEnum):
    """The groups of entry points, by what they make."""

    LOADERS = "ragmm.loaders"
    """`(settings: LoaderSettings) -> Loader`, asked before ragmm's own."""
    EMBEDDERS = "ragmm.embedders"
    """This and the others: `(target: str, settings: EmbedderSettings) -> …`, for the model name "NAME:target"."""
    VLMS = "ragmm.vlms"
    RERANKERS = "ragmm.rerankers"


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """One entry point."""

    group: Group
    name: str
    package: str
    """The distribution that brings it, and its version."""
    place: str
    """"module:attribute"."""

    def load(self) -> Callable[..., Any]:
        """What makes the loader or model. Raises PluginError where it cannot be imported."""
        from importlib.metadata import EntryPoint

        entry = EntryPoint(name=self.name, group=self.group, value=self.place)
        try:
            made: Callable[..., Any] = entry.load()
        except (ImportError, AttributeError, SyntaxError) as error:
            raise PluginError(
                f"the plugin {self.name!r} ({self.group}) of {self.package} cannot be imported from {self.place}: "
                f"{error}; repair or uninstall that package"
            ) from error
        return made


@cache
def plugins(group: Group) -> Mapping[str, Plugin]:
    """By name, what is installed; nothing is imported. Raises PluginError where a name is unusable or taken."""
    if not _announced(group):
        return {}
    from importlib.metadata import entry_points

    found: dict[str, Plugin] = {}
    for entry in entry_points(group=group):
        package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "a package without a name"
        one = Plugin(group=group, name=entry.name, package=package, place=entry.value)
        if not _NAME.fullmatch(one.name):
            raise PluginError(f"{package} calls a plugin of {group} {one.name!r}; names are letters, digits, - and _")
        if one.name in found and found[one.name].place != one.place:
            raise PluginError(
                f"{found[one.name].package} and {package} both bring {one.name!r} ({group}); uninstall one of them"
            )
        found[one.name] = one
    return dict(sorted(found.items()))


def _announced(group: Group) -> bool:
    """Whether a package on the path speaks of the group: a look at small files, an eighth of what metadata costs."""
    mark = f"[{group}]".encode()
    for entry in map(Path, sys.path):
        if entry.is_file():  # a zip: only the reading tells
            return True
        found = chain(entry.glob("*.dist-info/entry_points.txt"), entry.glob("*.egg-info/entry_points.txt"))
        with contextlib.suppress(OSError):
            if any(mark in file.read_bytes() for file in found):
                return True
    return False


def load(group: Group, name: str) -> Callable[..., Any] | None:
    """What makes the plugin of this name; None where there is none."""
    plugin = plugins(group).get(name)
    return plugin.load() if plugin else None


def model_schemes() -> frozenset[str]:
    """The names that stand before the colon of a model's name because of a plugin."""
    return frozenset(name for group in (Group.EMBEDDERS, Group.VLMS, Group.RERANKERS) for name in plugins(group))
