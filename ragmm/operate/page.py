"""The frame of a report: one HTML file without script and without anything from elsewhere, and its tables."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from typing import Final

from ragmm.render.text import safe, safe_name

__all__ = ["Cell", "fold", "page", "table", "tiles"]

Cell = str | int | float | None

_SHEETS: Final = (("ragmm.render", "report.css"), ("ragmm.operate", "night.css"))


def page(title: str, heading: str, sections: Iterable[str]) -> str:
    """`heading` and `sections` are HTML already; the title is text."""
    style = "".join((files(package) / name).read_text(encoding="utf-8") for package, name in _SHEETS)
    digest = base64.standard_b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    body = "\n".join(section for section in sections if section)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(safe_name(title))}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{heading}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Numbers stand to the right; empty without rows."""
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    top = "".join(f"<th>{escape(safe(cell))}</th>" for cell in head)
    return f'<div class="wide"><table><tr>{top}</tr>{body}</table></div>' if body else ""


def _cell(value: Cell) -> str:
    if isinstance(value, str) or value is None:
        return f"<td>{escape(safe_name(value or ''))}</td>"
    return f'<td class="number">{value:,}</td>' if isinstance(value, int) else f'<td class="number">{value:,.2f}</td>'


def tiles(values: Iterable[tuple[str, str]]) -> str:
    """A few numbers at a glance: (number, what it counts)."""
    inner = "".join(f"<li><b>{escape(number)}</b><span>{escape(safe(text))}</span></li>" for number, text in values)
    return f'<ul class="tiles">{inner}</ul>' if inner else ""


def fold(title: str, inner: str, *, is_open: bool = False) -> str:
    return (
        f"<details{' open' if is_open else ''}><summary>{escape(safe(title))}</summary>{inner}</details>"
        if inner
        else ""
    )
