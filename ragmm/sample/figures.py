"""The numbers of the sample corpus, as its charts and its report show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["CHARTS", "Chart"]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart before it is drawn."""

    kind: str
    title: str
    colour: str
    labels: tuple[str, ...]
    values: tuple[int, ...]


CHARTS: Final = {
    "passengers-by-quarter": Chart(
        kind="bar",
        title="Passengers by quarter 2023",
        colour="blue",
        labels=("Q1", "Q2", "Q3", "Q4"),
        values=(142, 251, 388, 175),
    ),
    "revenue-by-year": Chart(
        kind="line",
        title="Revenue by year",
        colour="red",
        labels=("2019", "2020", "2021", "2022", "2023"),
        values=(31, 35, 42, 51, 58),
    ),
    "energy-by-source": Chart(
        kind="pie",
        title="Energy use by source 2023",
        colour="red",
        labels=("Diesel", "Electric", "Shore"),
        values=(61, 24, 15),
    ),
}
"""Thousand passengers, hundred thousand euro, per cent."""
