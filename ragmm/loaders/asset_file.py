"""One asset of a parser's reply: a file of which nothing is believed until its bytes have been looked at."""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ragmm.errors import LimitError
from ragmm.loaders.imagehead import HEAD_BYTES, image_size
from ragmm.types import Asset, MediaKind

__all__ = ["AssetFile", "open_regular", "whole"]

_MAX_PIXELS = 100_000_000
_MAX_SIDE = 65_535


@dataclass(frozen=True, kw_only=True)
class AssetFile:
    """Where the asset lies, and what the parser says that it is."""

    path: Path
    media_type: str
    width: int | None
    height: int | None
    duration: float | None

    @classmethod
    def from_record(cls, folder: Path, record: Any) -> AssetFile:
        """Of [number, media type, width, height, duration]. Raises ValueError or TypeError for anything else."""
        number, media_type, width, height, duration = record
        if not isinstance(media_type, str):
            raise TypeError("a media type is no text")
        return cls(
            path=folder / str(whole(number)),
            media_type=media_type,
            width=None if width is None else whole(width),
            height=None if height is None else whole(height),
            duration=None if duration is None else _seconds(duration),
        )

    def load(self) -> Asset:
        return Asset(
            data=self.path.read_bytes(),
            media_type=self.media_type,
            width=self.width,
            height=self.height,
            duration=self.duration,
        )

    def check(self) -> int:
        """The file's length in bytes, once its first bytes are what the record says. ValueError or LimitError."""
        with open_regular(self.path) as file:
            head = file.read(HEAD_BYTES)
            length = os.fstat(file.fileno()).st_size
        if self.media_type.startswith(f"{MediaKind.IMAGE}/"):
            self._check_picture(head)
        else:
            self._check_recording(head)
        return length

    def _check_picture(self, head: bytes) -> None:
        size = (self.width, self.height)
        if self.duration is not None or image_size(self.media_type, head) != size:
            raise ValueError(f"image {self.path.name} is not a {self.media_type[:40]} of {size}")
        self._check_size()

    def _check_recording(self, head: bytes) -> None:
        signed = _SIGNATURES.get(self.media_type)
        if signed is None:
            raise ValueError(f"file {self.path.name} is said to be {self.media_type[:40]!r}, which no asset can be")
        if not signed(head):
            raise ValueError(f"file {self.path.name} is not {self.media_type}: it begins {head[:12].hex(' ')}")
        sound = self.media_type.startswith(f"{MediaKind.AUDIO}/")
        if (self.width is None) is not (self.height is None) or (sound and self.width is not None):
            raise ValueError(f"{self.media_type} {self.path.name} cannot have the size {(self.width, self.height)}")
        self._check_size()

    def _check_size(self) -> None:
        if self.width is None or self.height is None:
            return
        if not 0 < self.width * self.height <= _MAX_PIXELS or max(self.width, self.height) > _MAX_SIDE:
            raise LimitError(
                f"image {self.path.name} has {self.width} x {self.height} pixels; at most {_MAX_PIXELS:,} are taken"
            )


def _begins(*signatures: tuple[int, bytes]) -> Callable[[bytes], bool]:
    return lambda head: all(head.startswith(signature, offset) for offset, signature in signatures)


def _is_mpeg_audio(head: bytes) -> bool:
    """A tag, or the eleven bits that every frame begins with."""
    return head.startswith(b"ID3") or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0)


_SIGNATURES: Mapping[str, Callable[[bytes], bool]] = {
    "audio/wav": _begins((0, b"RIFF"), (8, b"WAVE")),
    "audio/flac": _begins((0, b"fLaC")),
    "audio/ogg": _begins((0, b"OggS")),
    "audio/mpeg": _is_mpeg_audio,
    "audio/mp4": _begins((4, b"ftyp")),
    "video/mp4": _begins((4, b"ftyp")),
    "video/webm": _begins((0, b"\x1aE\xdf\xa3")),
}
"""How sounds and films begin: those that loaders may hand on."""


def open_regular(path: Path) -> IO[bytes]:
    """The file, unless it is a link, a pipe or a device, which a parser could have put there."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError(f"{path.name} is not a regular file")
    return os.fdopen(descriptor, "rb")


def whole(value: Any) -> int:
    """The value, if it is a whole number that JSON carries exactly."""
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise ValueError(f"{str(value)[:40]} is not a whole number in range")
    return value


def _seconds(value: Any) -> float:
    if type(value) not in {int, float} or not math.isfinite(value) or value < 0:
        raise ValueError(f"{str(value)[:40]} is no duration")
    return float(value)
