"""Boxes: how they overlap, lie near each other and are put together."""

from __future__ import annotations

from collections.abc import Iterable

from ragmm.types import Box

__all__ = ["area", "center_inside", "clipped", "covered", "grown", "moved", "near", "shared_width", "union"]


def area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box around all; there is at least one."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return (min(lefts), min(tops), max(rights), max(bottoms))


def clipped(box: Box, page: Box) -> Box:
    return (max(box[0], page[0]), max(box[1], page[1]), min(box[2], page[2]), min(box[3], page[3]))


def grown(box: Box, by: float) -> Box:
    return (box[0] - by, box[1] - by, box[2] + by, box[3] + by)


def moved(box: Box, right: float, down: float) -> Box:
    return (box[0] + right, box[1] + down, box[2] + right, box[3] + down)


def covered(box: Box, by: Box) -> float:
    """Which part of a box lies in another, 0 to 1."""
    whole = area(box)
    return area(clipped(box, by)) / whole if whole > 0 else float(center_inside(box, by))


def center_inside(box: Box, outer: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def near(a: Box, b: Box, distance: float) -> bool:
    """Whether they overlap or are at most so far apart."""
    return a[0] - distance <= b[2] and b[0] - distance <= a[2] and a[1] - distance <= b[3] and b[1] - distance <= a[3]


def shared_width(a: Box, b: Box) -> float:
    """How much of the narrower one stands above or below the other, 0 to 1."""
    narrower = min(a[2] - a[0], b[2] - b[0])
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) / narrower if narrower > 0 else 0.0
