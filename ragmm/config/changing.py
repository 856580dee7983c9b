"""What another pipeline changes for a collection that has one: models, what is fetched, what leaves the machine."""

from __future__ import annotations

from urllib.parse import urlsplit

from ragmm.config.names import MODEL_ROLES
from ragmm.config.profiles import named_models
from ragmm.config.settings import Pipeline, Route
from ragmm.models.names import ModelName, Scheme

__all__ = ["changes", "servers"]

_SENT = {"vlm": "questions and what is found for them are sent", "caption": "every picture that is read is sent"}
"""What goes to a server in this role."""


def servers(pipeline: Pipeline) -> list[str]:
    """What is sent to which server, a sentence each."""
    found = []
    for role, sent in _SENT.items():
        name = getattr(pipeline.models, role)
        if role == "caption" and Route.TEXT not in pipeline.routes:
            continue
        if name.startswith(f"{Scheme.OPENAI}:"):
            found.append(f"{sent} to {_host(name)} ({name})")
    return found


def changes(old: Pipeline, new: Pipeline) -> list[str]:
    """What becomes of the models and of what leaves the machine, a line each; nothing where both say the same."""
    old, new = named_models(old), named_models(new)
    pairs = [(f"models.{role}", getattr(old.models, role), getattr(new.models, role)) for role in MODEL_ROLES]
    pairs += [
        ("models.photos", old.models.photos, new.models.photos),
        ("routes", ", ".join(old.routes), ", ".join(new.routes)),
        ("models.download", _yes(old.models.download), _yes(new.models.download)),
    ]
    lines = [f"{name}: {before} becomes {after}" for name, before, after in pairs if before != after]
    known = servers(old)
    return [*lines, *(f"from now on {one}" for one in servers(new) if one not in known)]


def _host(name: str) -> str:
    return urlsplit(ModelName.parse(name).url or "").netloc


def _yes(value: bool) -> str:
    return "yes" if value else "no"
