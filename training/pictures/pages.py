"""Document pages of many kinds: readable headings, grey lines for running text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training.pictures.canvas import INK, PAPER, Box, Canvas
from training.pictures.vocabulary import COLOURS, RGB

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

TOPICS = (
    "Annual", "Quarterly", "Safety", "Project", "Travel", "Market", "Research", "Health",
    "Climate", "School", "Sports", "Finance", "Garden", "Energy", "Museum", "Music",
)  # fmt: skip
NOUNS = ("Report", "Review", "Plan", "Summary", "Guide", "Notes", "Update", "Survey")
KINDS = (
    "report page", "two-column page", "page with a figure", "table", "form", "code", "letter",
    "receipt", "slide", "invoice", "newspaper", "calendar", "list", "certificate",
)  # fmt: skip
TEXT: RGB = (150, 152, 160)
PAPERS: tuple[RGB, ...] = (PAPER, (250, 246, 232), (240, 240, 238))


class Sheet:
    """A page being filled; counts the lines of running text it carries."""

    def __init__(self, rng: random.Random, canvas: Canvas, title: str) -> None:
        self.rng = rng
        self.canvas = canvas
        self.title = title
        self.lines = 0
        self.has_figure = False

    def heading(self, y: float = 0.11, height: float = 0.085, colour: RGB = INK) -> None:
        """Write the title in the middle."""
        self.canvas.fitted((0.5, y), self.title, height, 0.82, fill=colour)

    def paragraph(self, box: Box, gap: float = 0.042) -> None:
        """Fill a box with lines of text; the last one is short."""
        x0, y, x1, y1 = box
        while y < y1:
            last = y + gap >= y1
            right = x0 + (x1 - x0) * (self.rng.uniform(0.3, 0.7) if last else 1.0)
            self.canvas.rectangle((x0, y, right, y + gap * 0.42), TEXT)
            self.lines += 1
            y += gap

    def figure(self, box: Box) -> None:
        """Draw a small picture: a hill, or bars."""
        colour = COLOURS[self.rng.choice(("blue", "green", "orange", "red", "purple"))]
        self.has_figure = True
        x0, y0, x1, y1 = box
        self.canvas.rectangle(box, (226, 232, 240), INK)
        if self.rng.random() < 0.5:
            self.canvas.polygon(((x0, y1), ((x0 + x1) / 2, y0 + 0.04), (x1, y1)), colour)
            return
        step = (x1 - x0) / 4
        for k in range(4):
            top = y1 - (y1 - y0) * self.rng.uniform(0.2, 0.9)
            self.canvas.rectangle((x0 + step * (k + 0.2), top, x0 + step * (k + 0.8), y1), colour)


def draw_page(
    rng: random.Random, size: int, *, kind: str | None = None, title: str | None = None
) -> tuple[Canvas, dict[str, Any]]:
    """Draw a document page; what is None is left to chance."""
    kind = kind or rng.choice(KINDS)
    title = title or f"{rng.choice(TOPICS)} {rng.choice(NOUNS)}"
    canvas = Canvas(size, rng.choice(PAPERS))
    sheet = Sheet(rng, canvas, title)
    _FILL[kind](sheet)
    titled = kind not in ("code", "letter")
    return canvas, {
        "kind": kind,
        "title": title if titled else None,
        "has_figure": sheet.has_figure,
        "lines": sheet.lines,
    }


def _report(s: Sheet) -> None:
    s.heading()
    s.paragraph((0.1, 0.22, 0.9, s.rng.uniform(0.48, 0.56)))
    s.paragraph((0.1, 0.62, 0.9, s.rng.uniform(0.84, 0.94)))


def _columns(s: Sheet) -> None:
    s.heading()
    s.paragraph((0.08, 0.22, 0.46, s.rng.uniform(0.8, 0.94)), 0.038)
    s.paragraph((0.54, 0.22, 0.92, s.rng.uniform(0.7, 0.94)), 0.038)


def _figured(s: Sheet) -> None:
    s.heading()
    low = s.rng.random() < 0.5
    s.figure((0.2, 0.55, 0.8, 0.92) if low else (0.2, 0.2, 0.8, 0.55))
    s.paragraph((0.1, 0.22, 0.9, 0.5) if low else (0.1, 0.62, 0.9, 0.93))


def _grid(s: Sheet, box: Box, columns: int, rows: int) -> None:
    x0, y0, x1, y1 = box
    for k in range(columns + 1):
        x = x0 + (x1 - x0) * k / columns
        s.canvas.line(((x, y0), (x, y1)), INK, 0.005)
    for k in range(rows + 1):
        y = y0 + (y1 - y0) * k / rows
        s.canvas.line(((x0, y), (x1, y)), INK, 0.005)


def _table(s: Sheet) -> None:
    s.heading()
    columns, rows = s.rng.randint(3, 5), s.rng.randint(5, 8)
    x0, y0, x1, y1 = (0.08, 0.22, 0.92, 0.92)
    s.canvas.rectangle((x0, y0, x1, y0 + (y1 - y0) / rows), (196, 208, 228))
    for cell in range(columns * rows):
        x = x0 + (x1 - x0) * (cell % columns + 0.2) / columns
        y = y0 + (y1 - y0) * (cell // columns + 0.4) / rows
        s.canvas.rectangle((x, y, x + s.rng.uniform(0.3, 0.6) * 0.8 / columns, y + 0.018), TEXT)
    _grid(s, (x0, y0, x1, y1), columns, rows)


def _form(s: Sheet) -> None:
    s.heading()
    for k in range(s.rng.randint(4, 6)):
        y = 0.24 + k * 0.11
        s.canvas.rectangle((0.08, y + 0.02, 0.26 + s.rng.uniform(-0.06, 0.04), y + 0.04), TEXT)
        s.canvas.rectangle((0.34, y, 0.92, y + 0.065), (255, 255, 255), INK)
    for k in range(3):
        s.canvas.rectangle((0.1 + k * 0.27, 0.9, 0.14 + k * 0.27, 0.94), (255, 255, 255), INK)


def _code(s: Sheet) -> None:
    palette = [COLOURS[name] for name in ("blue", "purple", "green", "red")]
    indent = 0
    for k in range(18):
        s.canvas.rectangle((0.05, 0.07 + k * 0.05, 0.08, 0.085 + k * 0.05), (190, 190, 196))
        x = 0.13 + indent * 0.07
        for _ in range(s.rng.randint(1, 4)):
            wide = s.rng.uniform(0.05, 0.16)
            y = 0.065 + k * 0.05
            s.canvas.rectangle((x, y, x + wide, y + 0.022), s.rng.choice([*palette, INK, INK]))
            x += wide + 0.02
        s.lines += 1
        indent = max(0, min(4, indent + s.rng.choice((-1, 0, 0, 1))))


def _letter(s: Sheet) -> None:
    for k in range(3):
        s.canvas.rectangle((0.66, 0.08 + k * 0.035, 0.9, 0.094 + k * 0.035), TEXT)
    s.canvas.text((0.1, 0.24), s.rng.choice(("Dear Sir,", "Dear Anna,", "Dear all,")), 0.055)
    s.paragraph((0.1, 0.34, 0.9, s.rng.uniform(0.55, 0.7)))
    s.canvas.text((0.1, 0.75), "Yours,", 0.055)
    start = 0.86
    wave = [(0.1 + 0.03 * k, start + 0.03 * (-1) ** k) for k in range(s.rng.randint(6, 9))]
    s.canvas.line(wave, COLOURS["blue"], 0.008)


def _receipt(s: Sheet) -> None:
    s.canvas.rectangle((0, 0, 0.24, 1), (178, 170, 160))
    s.canvas.rectangle((0.76, 0, 1, 1), (178, 170, 160))
    s.canvas.fitted((0.5, 0.09), s.title, 0.06, 0.46)
    rows = s.rng.randint(6, 9)
    for k in range(rows):
        y = 0.18 + k * 0.06
        s.canvas.rectangle((0.29, y, s.rng.uniform(0.4, 0.53), y + 0.018), TEXT)
        s.canvas.rectangle((0.63, y, 0.71, y + 0.018), TEXT)
        s.lines += 1
    s.canvas.text((0.29, 0.76), "TOTAL", 0.06)
    for k in range(22):
        s.canvas.rectangle((0.3 + k * 0.018, 0.87, 0.306 + k * 0.018 + 0.006 * (k % 3 == 0), 0.95), INK)


def _slide(s: Sheet) -> None:
    colour = COLOURS[s.rng.choice(("blue", "green", "purple", "red", "black"))]
    s.canvas.rectangle((0, 0, 1, 0.24), colour)
    s.heading(0.12, 0.1, PAPER)
    for k in range(s.rng.randint(3, 5)):
        y = 0.34 + k * 0.12
        s.canvas.disc((0.1, y + 0.015), 0.016, colour)
        s.canvas.rectangle((0.15, y, s.rng.uniform(0.5, 0.9), y + 0.03), TEXT)
        s.lines += 1


def _invoice(s: Sheet) -> None:
    s.canvas.text((0.08, 0.06), "INVOICE", 0.1, fill=COLOURS["blue"])
    s.canvas.fitted((0.7, 0.2), s.title, 0.055, 0.42)
    for k in range(3):
        s.canvas.rectangle((0.08, 0.2 + k * 0.035, 0.34, 0.214 + k * 0.035), TEXT)
    rows = s.rng.randint(3, 6)
    bottom = 0.36 + rows * 0.07
    for k in range(rows):
        s.canvas.rectangle((0.1, 0.385 + k * 0.07, s.rng.uniform(0.3, 0.55), 0.4 + k * 0.07), TEXT)
        s.canvas.rectangle((0.79, 0.385 + k * 0.07, 0.88, 0.4 + k * 0.07), TEXT)
    _grid(s, (0.08, 0.36, 0.92, bottom), 1, rows)
    s.canvas.line(((0.75, 0.36), (0.75, bottom)), INK, 0.005)
    s.canvas.text((0.5, bottom + 0.04), f"Total {s.rng.randint(100, 999)}.00", 0.065)


def _newspaper(s: Sheet) -> None:
    s.canvas.line(((0.05, 0.05), (0.95, 0.05)), INK)
    s.canvas.fitted((0.5, 0.115), s.title.upper(), 0.11, 0.88)
    s.canvas.line(((0.05, 0.18), (0.95, 0.18)), INK)
    s.figure((0.05, 0.22, 0.62, 0.52))
    for k in range(3):
        top = 0.56 if k < 2 else 0.22
        s.paragraph((0.05 + k * 0.31, top, 0.33 + k * 0.31, 0.95), 0.034)


def _calendar(s: Sheet) -> None:
    s.heading(0.09)
    colour = COLOURS[s.rng.choice(("red", "blue", "green"))]
    s.canvas.rectangle((0.05, 0.17, 0.95, 0.25), colour)
    _grid(s, (0.05, 0.25, 0.95, 0.95), 7, 5)
    for day in range(31):
        x, y = 0.115 + day % 7 * 0.1286, 0.32 + day // 7 * 0.14
        s.canvas.text((x, y), str(day + 1), 0.05, anchor="mm")


def _list(s: Sheet) -> None:
    s.heading()
    for k in range(s.rng.randint(5, 8)):
        y = 0.22 + k * 0.09
        s.canvas.rectangle((0.1, y, 0.15, y + 0.05), None, INK)
        if s.rng.random() < 0.5:
            s.canvas.line(((0.105, y + 0.02), (0.12, y + 0.045), (0.155, y)), COLOURS["green"], 0.012)
        s.canvas.rectangle((0.2, y + 0.015, s.rng.uniform(0.45, 0.88), y + 0.036), TEXT)
        s.lines += 1


def _certificate(s: Sheet) -> None:
    colour = COLOURS[s.rng.choice(("brown", "blue", "green", "red"))]
    s.canvas.rectangle((0.04, 0.04, 0.96, 0.96), None, colour, 0.02)
    s.canvas.rectangle((0.08, 0.08, 0.92, 0.92), None, colour, 0.006)
    s.canvas.fitted((0.5, 0.2), "CERTIFICATE", 0.1, 0.76, fill=colour)
    s.canvas.fitted((0.5, 0.4), s.title, 0.085, 0.7)
    s.paragraph((0.24, 0.52, 0.76, 0.6))
    s.canvas.disc((0.5, 0.78), 0.08, COLOURS["orange"])
    s.canvas.disc((0.5, 0.78), 0.05, COLOURS["yellow"])


_FILL: dict[str, Callable[[Sheet], None]] = {
    "report page": _report,
    "two-column page": _columns,
    "page with a figure": _figured,
    "table": _table,
    "form": _form,
    "code": _code,
    "letter": _letter,
    "receipt": _receipt,
    "slide": _slide,
    "invoice": _invoice,
    "newspaper": _newspaper,
    "calendar": _calendar,
    "list": _list,
    "certificate": _certificate,
}
