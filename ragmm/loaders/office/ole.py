"""The containers of old Office files: named streams, each read once and whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ragmm.errors import DocumentError, LimitError

__all__ = ["read_streams"]

_LARGEST = 512 << 20


def read_streams(file: Path, name: str, wanted: Sequence[str]) -> dict[str, bytes]:
    """The wanted streams that the file has. Raises DocumentError where its directory is damaged."""
    import olefile

    try:
        with olefile.OleFileIO(str(file)) as container:
            found = [stream for stream in wanted if container.exists(stream)]
            if sum(container.get_size(stream) for stream in found) > _LARGEST:
                raise LimitError(f"{name} declares more than {_LARGEST >> 20} MB of content; it is not read")
            return {stream: container.openstream(stream).read() for stream in found}
    except (OSError, IndexError, ValueError, TypeError, AttributeError) as error:
        raise DocumentError(f"{name} is damaged: its container cannot be read ({error})") from error
