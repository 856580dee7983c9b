"""A file's name in messages. It never becomes part of an item: what a file holds does not depend on where it lies."""

from __future__ import annotations

__all__ = ["display_name"]


def display_name(name: str) -> str:
    """A name that can be shown and stored: undecodable bytes and control characters replaced."""
    clean = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(character if character.isprintable() else "\ufffd" for character in clean)
