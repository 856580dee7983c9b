"""From a PDF's own coordinates (origin bottom left, before rotation) to the page as it is shown."""

from __future__ import annotations

from ragmm.types import Box

__all__ = ["Placement"]


class Placement:
    """Maps boxes of one page; `crop` is its visible part in the file's coordinates."""

    def __init__(self, rotation: int, crop: tuple[float, float, float, float]) -> None:
        self._rotation = rotation % 360
        self._left, self._bottom, self._right, self._top = crop

    @property
    def sideways(self) -> bool:
        """Whether what runs across the page in the file runs along it as shown."""
        return self._rotation in {90, 270}

    def __call__(self, left: float, bottom: float, right: float, top: float) -> Box:
        match self._rotation:
            case 90:
                return (bottom - self._bottom, left - self._left, top - self._bottom, right - self._left)
            case 180:
                return (self._right - right, bottom - self._bottom, self._right - left, top - self._bottom)
            case 270:
                return (self._top - top, self._right - right, self._top - bottom, self._right - left)
        return (left - self._left, self._top - top, right - self._left, self._top - bottom)
