"""What to do about a model's files that are damaged, missing or do not fit each other."""

from __future__ import annotations

from pathlib import Path

__all__ = ["CACHED", "remedy_for", "repository_in"]

CACHED = "models--"
"""How the folders of the Hugging Face cache begin; the repository's id follows."""


def repository_in(name: str) -> str:
    """The id of the repository that a folder of the cache holds."""
    return name.removeprefix(CACHED).replace("--", "/", 1)


def remedy_for(folder: Path) -> str:
    """By where the files lie: only those of the cache can be fetched by name."""
    cached = next((place.name for place in (folder, *folder.parents) if place.name.startswith(CACHED)), None)
    if cached is None:
        return "put the model's files there again, or reinstall the package that holds them"
    return f"fetch the model again: ragmm models pull {repository_in(cached)}"
