"""Media out of their packs: a readable file for each that someone asks for, kept in the user's cache."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ragmm.errors import StorageError
from ragmm.indexes.contracts import Snapshot

__all__ = ["asset_file", "forget_assets"]

_SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "audio/wav": ".wav",
    "audio/flac": ".flac",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
}


def asset_file(snapshot: Snapshot, sha256: str) -> Path:
    """Written once, named by its hash; a copy, so that a collection in a read-only folder can show its figures."""
    folder = _folder()
    for suffix in _SUFFIXES.values():
        if (folder / f"{sha256}{suffix}").is_file():
            return folder / f"{sha256}{suffix}"
    data, media_type = snapshot.asset(sha256)
    target = folder / f"{sha256}{_SUFFIXES.get(media_type, '.bin')}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(data)
        Path(file.name).replace(target)
    except OSError as error:
        raise StorageError(
            f"{target}: {error.strerror}; point XDG_CACHE_HOME at a folder that this user can write"
        ) from error
    return target


def forget_assets(hashes: Iterable[str]) -> None:
    """Remove this user's copies of these assets."""
    folder = _folder()
    for sha256 in hashes:
        for suffix in (*_SUFFIXES.values(), ".bin"):
            (folder / f"{sha256}{suffix}").unlink(missing_ok=True)


def _folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "ragmm" / "assets"
