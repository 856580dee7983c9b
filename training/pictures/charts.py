"""Charts of eight kinds with readable titles and labels."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from training.pictures.canvas import INK, PAPER, Canvas, Point
from training.pictures.vocabulary import COLOURS, RGB

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

KINDS = ("bar", "hbar", "line", "multiline", "area", "pie", "donut", "scatter")
TRENDS = ("rising", "falling", "flat", "rising then falling", "falling then rising")
CHART_COLOURS = tuple(name for name in COLOURS if name != "white")
SUBJECTS = (
    "Revenue", "Sales", "Costs", "Profit", "Visitors", "Energy use", "Rainfall", "Emissions",
    "Exports", "Staff", "Orders", "Traffic", "Prices", "Students", "Budget", "Temperature",
)  # fmt: skip
GROUPS: dict[str, tuple[str, ...]] = {
    "region": ("North", "South", "East", "West", "Centre", "Coast"),
    "quarter": ("Q1", "Q2", "Q3", "Q4", "Q5", "Q6"),
    "month": ("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    "product": ("Alpha", "Beta", "Gamma", "Delta", "Omega", "Sigma"),
    "country": ("Spain", "France", "Japan", "Brazil", "Kenya", "India"),
    "team": ("Red", "Blue", "Green", "Gold", "Lions", "Bears"),
    "year": ("2018", "2019", "2020", "2021", "2022", "2023"),
    "city": ("Paris", "Rome", "Oslo", "Lima", "Cairo", "Delhi"),
}
YEARS = tuple(str(year) for year in range(2015, 2026))
ORDERED = ("quarter", "month", "year")
# A multi-coloured chart takes its series from this wheel, starting at its main colour.
WHEEL = ("red", "blue", "green", "orange", "purple", "cyan", "yellow", "brown", "pink", "grey", "black")
FIELD = (0.13, 0.19, 0.95, 0.84)


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What is drawn: the truth of one chart."""

    kind: str
    title: str
    colour: str
    labels: list[str]
    values: list[int]
    trend: str | None
    others: list[list[int]] = field(default_factory=list)
    grid: bool = False
    paper: RGB = PAPER

    @property
    def top(self) -> float:
        """The value at the upper edge of the plot."""
        return 1.12 * max([*self.values, *(v for row in self.others for v in row)])

    def facts(self) -> dict[str, Any]:
        """The structured truth that captions and questions are made from."""
        pointwise = self.kind != "scatter"
        return {
            "kind": self.kind,
            "title": self.title,
            "colour": self.colour,
            "labels": self.labels,
            "values": self.values,
            "series": 1 + len(self.others),
            "highest": self._label(max) if pointwise else None,
            "lowest": self._label(min) if pointwise else None,
            "trend": self.trend,
        }

    def _label(self, best: Callable[[Sequence[int]], int]) -> str:
        return self.labels[self.values.index(best(self.values))]


def draw_chart(
    rng: random.Random,
    size: int,
    *,
    kind: str | None = None,
    colour: str | None = None,
    trend: str | None = None,
    title: str | None = None,
) -> tuple[Canvas, dict[str, Any]]:
    """Draw a chart; what is None is left to chance."""
    kind = kind or rng.choice(KINDS)
    group = rng.choice(ORDERED if kind in ("line", "area", "multiline") else tuple(GROUPS))
    chart = _invent(rng, kind, group, colour or rng.choice(CHART_COLOURS), trend)
    if title:
        chart = _retitled(chart, title)
    canvas = Canvas(size, chart.paper)
    canvas.fitted((0.5, 0.085), chart.title, 0.088, 0.95)
    _PAINT[kind](canvas, chart)
    return canvas, chart.facts()


def _retitled(chart: Chart, title: str) -> Chart:
    return Chart(**(vars(chart) | {"title": title}))


def _invent(rng: random.Random, kind: str, group: str, colour: str, trend: str | None) -> Chart:
    many = rng.randint(3, 6)
    title = f"{rng.choice(SUBJECTS)} by {group}"
    if group != "year":
        title += f" {rng.choice(YEARS)}"
    labels = list(GROUPS[group][:many] if group in ORDERED else rng.sample(GROUPS[group], many))
    round_kind = kind in ("pie", "donut")
    ordered = group in ORDERED or kind == "scatter"
    shown = (trend or rng.choice(TRENDS)) if ordered and not round_kind else None
    values = _values(rng, many, shown)
    others = []
    if kind == "multiline":
        others = [_values(rng, many, rng.choice(TRENDS)) for _ in range(rng.randint(1, 2))]
    if kind == "scatter":
        shown = trend or rng.choice(TRENDS[:3])
        labels, values = [], _values(rng, 14, shown)
    return Chart(
        kind=kind, title=title, colour=colour, labels=labels, values=values, trend=shown,
        others=others, grid=rng.random() < 0.5, paper=_paper(rng),
    )  # fmt: skip


def _paper(rng: random.Random) -> RGB:
    return rng.choice((PAPER, PAPER, (244, 246, 250), (250, 246, 236)))


def _values(rng: random.Random, many: int, trend: str | None) -> list[int]:
    """Distinct values; with a trend they follow it clearly."""
    if trend is None:
        values = rng.sample(range(12, 96, 7), many)
        peak = rng.randrange(many)
        values[peak] = max(values) + rng.randint(8, 14)
        return values
    low, high = rng.uniform(12, 25), rng.uniform(75, 98)
    middle = rng.uniform(35, 70)
    values = []
    for k in range(many):
        t = k / (many - 1)
        curve = {
            "rising": low + (high - low) * t,
            "falling": high - (high - low) * t,
            "flat": middle,
            "rising then falling": low + (high - low) * (1 - abs(2 * t - 1)),
            "falling then rising": high - (high - low) * (1 - abs(2 * t - 1)),
        }[trend]
        values.append(round(curve + rng.uniform(-3.5, 3.5)))
    return _distinct(values)


def _distinct(values: list[int]) -> list[int]:
    """The values with ties for the extremes removed, so that highest and lowest are unique."""
    values[values.index(max(values))] += 1
    values[values.index(min(values))] -= 1
    return values


def _axes(canvas: Canvas, chart: Chart) -> None:
    x0, y0, x1, y1 = FIELD
    if chart.grid:
        for k in range(1, 5):
            y = y1 - (y1 - y0) * k / 4.5
            canvas.line(((x0, y), (x1, y)), (214, 216, 222), 0.004)
    canvas.line(((x0, y0), (x0, y1), (x1, y1)), INK, 0.006)


def _tag(canvas: Canvas, label: str, at: Point, room: float) -> None:
    canvas.fitted(at, label, 0.06, room)


def _bars(canvas: Canvas, chart: Chart) -> None:
    x0, y0, x1, y1 = FIELD
    _axes(canvas, chart)
    step = (x1 - x0) / len(chart.values)
    for k, (label, value) in enumerate(zip(chart.labels, chart.values, strict=True)):
        left = x0 + step * (k + 0.17)
        top = y1 - (y1 - y0) * value / chart.top
        canvas.rectangle((left, top, left + step * 0.66, y1), COLOURS[chart.colour])
        _tag(canvas, label, (x0 + step * (k + 0.5), 0.9), step * 0.95)


def _hbars(canvas: Canvas, chart: Chart) -> None:
    x0, y0, x1, y1 = (0.27, 0.18, 0.95, 0.93)
    step = (y1 - y0) / len(chart.values)
    canvas.line(((x0, y0), (x0, y1)), INK, 0.006)
    for k, (label, value) in enumerate(zip(chart.labels, chart.values, strict=True)):
        top = y0 + step * (k + 0.17)
        right = x0 + (x1 - x0) * value / chart.top
        canvas.rectangle((x0, top, right, top + step * 0.66), COLOURS[chart.colour])
        _tag(canvas, label, (x0 / 2, y0 + step * (k + 0.5)), 0.22)


def _points(chart: Chart, values: Sequence[int]) -> list[Point]:
    x0, y0, x1, y1 = FIELD
    step = (x1 - x0) / len(values)
    return [(x0 + step * (k + 0.5), y1 - (y1 - y0) * value / chart.top) for k, value in enumerate(values)]


def _ticks(canvas: Canvas, chart: Chart) -> None:
    x0, _, x1, _ = FIELD
    step = (x1 - x0) / len(chart.labels)
    for k, label in enumerate(chart.labels):
        _tag(canvas, label, (x0 + step * (k + 0.5), 0.9), step * 0.95)


def _lines(canvas: Canvas, chart: Chart) -> None:
    _axes(canvas, chart)
    _ticks(canvas, chart)
    for values, colour in zip((chart.values, *chart.others), _wheel(chart), strict=False):
        points = _points(chart, values)
        canvas.line(points, COLOURS[colour], 0.02)
        for point in points:
            canvas.disc(point, 0.018, COLOURS[colour])


def _area(canvas: Canvas, chart: Chart) -> None:
    points = _points(chart, chart.values)
    floor = FIELD[3]
    canvas.polygon([(points[0][0], floor), *points, (points[-1][0], floor)], COLOURS[chart.colour])
    _axes(canvas, chart)
    _ticks(canvas, chart)


def _scatter(canvas: Canvas, chart: Chart) -> None:
    _axes(canvas, chart)
    for point in _points(chart, chart.values):
        canvas.disc(point, 0.019, COLOURS[chart.colour])


def _wheel(chart: Chart) -> list[str]:
    start = WHEEL.index(chart.colour)
    return [WHEEL[(start + k) % len(WHEEL)] for k in range(6)]


def _pie(canvas: Canvas, chart: Chart) -> None:
    # The main colour belongs to the largest slice.
    order = sorted(range(len(chart.values)), key=lambda k: -chart.values[k])
    paint = dict(zip(order, _wheel(chart), strict=False))
    angle, total = -90.0, sum(chart.values)
    for k, (label, value) in enumerate(zip(chart.labels, chart.values, strict=True)):
        sweep = 360 * value / total
        canvas.slice((0.2, 0.25, 0.8, 0.85), angle, angle + sweep, COLOURS[paint[k]])
        middle = math.radians(angle + sweep / 2)
        at = (0.5 + 0.395 * math.cos(middle), 0.55 + 0.365 * math.sin(middle))
        _tag(canvas, label, at, 0.17)
        angle += sweep


def _donut(canvas: Canvas, chart: Chart) -> None:
    _pie(canvas, chart)
    canvas.disc((0.5, 0.55), 0.155, chart.paper)


_PAINT: dict[str, Callable[[Canvas, Chart], None]] = {
    "bar": _bars,
    "hbar": _hbars,
    "line": _lines,
    "multiline": _lines,
    "area": _area,
    "pie": _pie,
    "donut": _donut,
    "scatter": _scatter,
}
