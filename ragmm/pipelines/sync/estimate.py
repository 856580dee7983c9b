"""How long a plan will take and what it will cost, by what earlier nights measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ragmm.pipelines.sync.plan import Change, Entry, Estimate

__all__ = ["estimate", "measured"]

_KEEP = 0.5
"""How much of a new rate comes from the nights before."""
_ENOUGH = 5
"""Documents below which a night says nothing about rates."""


def estimate(rates: Mapping[str, float], entries: Sequence[Entry]) -> Estimate:
    """By the measured rates; everything is None where there are none."""
    wanted = [entry for entry in entries if entry.change not in {Change.DELETED, Change.MOVED}]
    per_second = rates.get("documents", 0.0)
    if not per_second:
        return Estimate()
    nights = round(rates.get("nights", 1))
    captions = round(len(wanted) * rates.get("captions_a_document", 0.0))
    return Estimate(
        seconds=len(wanted) / per_second,
        captions=captions,
        usd=captions * rates.get("usd", 0.0),
        basis=f"{per_second:,.2f} documents a second, measured over {nights} {'night' if nights == 1 else 'nights'}",
    )


def measured(before: Mapping[str, float], tonight: Mapping[str, float]) -> dict[str, float]:
    """The rates to remember: tonight's, smoothed by those of earlier nights."""
    if tonight.get("count", 0) < _ENOUGH:
        return dict(before)
    found = {name: value for name, value in tonight.items() if name != "count"}
    for name, value in found.items():
        if name in before:
            found[name] = _KEEP * before[name] + (1 - _KEEP) * value
    return {**before, **found, "nights": before.get("nights", 0.0) + 1}
