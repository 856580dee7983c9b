"""The packages outside ragmm whose models a pipeline names: remembered with a collection, and missed by name."""

from __future__ import annotations

import json
from pathlib import Path

from ragmm.config.names import MODEL_ROLES, PLUGIN_GROUPS
from ragmm.config.settings import Pipeline
from ragmm.errors import PluginError
from ragmm.plugins import Group, plugins

__all__ = ["packages_of", "require_packages"]


def packages_of(pipeline: Pipeline) -> str:
    """Model, group and package of each, as JSON; empty where all models are ragmm's own."""
    from ragmm.models.names import ModelName

    found: dict[str, tuple[str, str]] = {}
    for role in MODEL_ROLES:
        name, group = getattr(pipeline.models, role), PLUGIN_GROUPS[role]
        scheme = name.partition(":")[0]
        if ":" in name and ModelName.parse(name).of_plugin and scheme in plugins(group):
            found[name] = (group, plugins(group)[scheme].package)
    return json.dumps(found, sort_keys=True) if found else ""


def require_packages(remembered: str, folder: Path) -> None:
    """Raises PluginError that names the first package that is not installed here."""
    for model, (group, package) in json.loads(remembered or "{}").items():
        if model.partition(":")[0] not in plugins(Group(group)):
            name, _, version = package.rpartition(" ")
            raise PluginError(
                f"{folder} is built with {model}, which the package {package} brings, and that is not installed here; "
                f"install it from where it came: pip install '{name}=={version}'"
            )
