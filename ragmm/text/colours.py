"""What colours are called."""

from __future__ import annotations

import colorsys

__all__ = ["colour_name"]

_HUES = (
    (14, "red"), (41, "orange"), (68, "yellow"), (165, "green"), (200, "cyan"), (255, "blue"), (296, "purple"),
    (342, "pink"), (360, "red"),
)  # fmt: skip
"""Up to which angle of the colour circle each reaches."""


def colour_name(red: int, green: int, blue: int) -> str:
    """One of twelve words, of a colour whose parts are 0 to 255."""
    hue, saturation, value = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
    if value < 0.2:
        return "black"
    if saturation * value < 0.12:
        return "white" if value > 0.93 else "grey"
    angle = 360 * hue
    name = next(name for limit, name in _HUES if angle <= limit)
    if 8 < angle < 50 and value < 0.72:
        return "brown"
    if name == "pink" and value < 0.62:
        return "purple"
    if name == "red" and value > 0.85 and saturation < 0.6:
        return "pink"
    return name
