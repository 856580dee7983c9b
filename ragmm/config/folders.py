"""Where collections live: a name becomes a folder."""

from __future__ import annotations

import os
from pathlib import Path

from ragmm.errors import UsageError

__all__ = ["resolve"]


def resolve(name: str | Path) -> Path:
    """The folder of a collection: a path as it is, a name under ./indexes, $RAGMM_HOME or the user's data folder."""
    text = os.fspath(name)
    if os.sep in text or text in {".", ".."} or Path(text).is_absolute():
        return Path(text)
    if not text or text.startswith("."):
        raise UsageError(f"{text!r} is no name for a collection; use letters, digits, - and _, or give a path with a /")
    return _home() / text


def _home() -> Path:
    if home := os.environ.get("RAGMM_HOME"):
        return Path(home)
    if Path("indexes").is_dir():
        return Path("indexes")
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "ragmm"
