"""The numbers of a chart that an office file embeds: people search for its series and categories."""

from __future__ import annotations

from ragmm.loaders.office.safe_xml import Element, local_name, parse_xml
from ragmm.loaders.office.structures import Structure, one_line, table

__all__ = ["chart_part", "diagram_texts"]

_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_MAX_POINTS = 20_000


def chart_part(data: bytes, name: str, page: int | None = None, alt: str = "") -> Structure | None:
    """A table of categories by series, captioned with the chart's title; None for a chart without data or words."""
    root = parse_xml(data, name, recover=True)
    series = [_series(element) for element in root.iter(f"{_C}ser")]
    title = _text(root.find(f"{_C}chart/{_C}title")) or alt
    axes = [
        text
        for axis in root.iter(f"{_C}catAx", f"{_C}valAx", f"{_C}dateAx")
        if (text := _text(axis.find(f"{_C}title")))
    ]
    if not series and not title:
        return None
    rows = _rows(series)
    return table(rows, title, page, chart=_kind(root), **({"axes": axes} if axes else {}))


def diagram_texts(data: bytes, name: str) -> list[str]:
    """The words of a SmartArt drawing, one string a node."""
    root = parse_xml(data, name, recover=True)
    texts = ("".join(t.text or "" for t in p.iter(f"{_A}t")) for p in root.iter(f"{_A}p"))
    return [text for text in map(one_line, texts) if text]


def _rows(series: list[tuple[str, dict[int, str], dict[int, str]]]) -> list[list[str]]:
    names = [name or f"Series {number}" for number, (name, _, _) in enumerate(series, 1)]
    categories: dict[int, str] = {}
    for _, labels, values in series:
        categories.update(labels)
        for index in values:
            categories.setdefault(index, "")
    body = [
        [categories[index], *(values.get(index, "") for _, _, values in series)]
        for index in sorted(categories)[:_MAX_POINTS]
    ]
    return [["", *names], *body] if names else []


def _series(element: Element) -> tuple[str, dict[int, str], dict[int, str]]:
    name = _points(element.find(f"{_C}tx"))
    labels = next((_points(found) for tag in ("cat", "xVal") if (found := element.find(_C + tag)) is not None), {})
    values = next((_points(found) for tag in ("val", "yVal") if (found := element.find(_C + tag)) is not None), {})
    return " ".join(name.values()), labels, values


def _points(element: Element | None) -> dict[int, str]:
    """Index to displayed value; the levels of a grouped category axis are joined from the outermost."""
    points: dict[int, str] = {}
    if element is None:
        return points
    for point in list(element.iter(f"{_C}pt"))[:_MAX_POINTS]:
        index = point.get("idx", "")
        value = one_line("".join(v.text or "" for v in point.iter(f"{_C}v")))
        if index.isdecimal():
            inner = points.get(int(index))
            points[int(index)] = f"{value} {inner}" if inner else value
    if not points and (text := one_line("".join(v.text or "" for v in element.iter(f"{_C}v")))):
        points[0] = text
    return points


def _text(element: Element | None) -> str:
    return "" if element is None else one_line("".join(t.text or "" for t in element.iter(f"{_A}t")))


def _kind(root: Element) -> str:
    area = root.find(f"{_C}chart/{_C}plotArea")
    names = (local_name(child) for child in area) if area is not None else iter(())
    return next((name.removesuffix("Chart") for name in names if name.endswith("Chart")), "unknown")
