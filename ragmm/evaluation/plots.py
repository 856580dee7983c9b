"""Plots as inline SVG: no script, no style of their own; the page's style sheet colours them, light or dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from ragmm.evaluation.compare import MetricChange
from ragmm.evaluation.statistics import MeanEstimate
from ragmm.render.text import safe_name, shorten

__all__ = ["bars", "changes_plot"]

_LEFT: Final = 190
_WIDTH: Final = 640
_RIGHT: Final = 70
_ROW: Final = 24


def bars(rows: Mapping[str, MeanEstimate], title: str) -> str:
    """A bar from 0 to 1 for each name, with a whisker over its interval and the value beside it."""
    height = _ROW * len(rows) + 26
    parts = [_grid(height, [(share, f"{share:g}") for share in (0, 0.25, 0.5, 0.75, 1)])]
    for number, (name, one) in enumerate(rows.items()):
        middle = _ROW * number + _ROW / 2
        parts.append(
            f'{_label(name, middle)}<rect class="bar" x="{_LEFT}" y="{middle - 7:g}" '
            f'width="{_across(one.mean) - _LEFT:.1f}" height="14" rx="2"/>'
            f"{_whisker(_across(one.low), _across(one.high), middle)}"
            f'<text x="{_WIDTH + 8}" y="{middle + 4:g}">{one.mean:.3f}</text>'
        )
    return _svg(parts, height, title)


def changes_plot(changes: Sequence[MetricChange], title: str) -> str:
    """A point for each metric's change with a whisker over its interval, about a line at none."""
    reach = max([0.05, *(max(abs(one.difference.low), abs(one.difference.high)) for one in changes)])
    height = _ROW * len(changes) + 26
    parts = [_grid(height, [(share, f"{(2 * share - 1) * reach:+.3f}") for share in (0, 0.25, 0.5, 0.75, 1)])]
    for number, one in enumerate(changes):
        middle, seen = _ROW * number + _ROW / 2, one.difference
        low, at, high = (_across((value / reach + 1) / 2) for value in (seen.low, seen.change, seen.high))
        kind = "mark worse" if seen.change < 0 else "mark"
        parts.append(
            f'{_label(one.metric, middle)}{_whisker(low, high, middle)}<circle class="{kind}" cx="{at:.1f}" '
            f'cy="{middle:g}" r="5"/><text x="{_WIDTH + 8}" y="{middle + 4:g}">'
            f"{seen.change:+.3f}{'*' if one.significant else ''}</text>"
        )
    return _svg(parts, height, title)


def _across(share: float) -> float:
    return _LEFT + min(1.0, max(0.0, share)) * (_WIDTH - _LEFT)


def _label(name: str, middle: float) -> str:
    return f'<text x="{_LEFT - 10}" y="{middle + 4:g}" text-anchor="end">{escape(shorten(safe_name(name), 28))}</text>'


def _whisker(low: float, high: float, middle: float) -> str:
    return (
        f'<path class="whisker" fill="none" d="M{low:.1f} {middle:g}H{high:.1f}'
        f'M{low:.1f} {middle - 4:g}v8M{high:.1f} {middle - 4:g}v8"/>'
    )


def _grid(height: int, ticks: Sequence[tuple[float, str]]) -> str:
    return "".join(
        f'<path class="grid" d="M{_across(share):g} 0V{height - 20}"/><text class="soft" x="{_across(share):g}" '
        f'y="{height - 4}" text-anchor="middle">{text}</text>'
        for share, text in ticks
    )


def _svg(parts: Sequence[str], height: int, title: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH + _RIGHT} {height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )
