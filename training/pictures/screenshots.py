"""Screenshots of desktop programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from training.pictures.canvas import INK, Box, Canvas
from training.pictures.vocabulary import COLOURS, RGB

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

KINDS = (
    "dialog", "editor", "browser", "terminal", "spreadsheet", "chat", "file manager",
    "login screen", "dashboard", "video player",
)  # fmt: skip
TITLES = ("Settings", "Welcome", "Save file", "Error", "Update", "Print", "Search", "Account")
LIGHT: dict[str, RGB] = {"ground": (246, 246, 248), "panel": (228, 230, 236), "text": (140, 142, 150)}
DARK: dict[str, RGB] = {"ground": (34, 36, 44), "panel": (54, 58, 70), "text": (168, 172, 182)}


class Window:
    """A program window: its theme, and the few things all windows draw."""

    def __init__(self, rng: random.Random, canvas: Canvas, theme: str, title: str) -> None:
        self.rng = rng
        self.canvas = canvas
        self.theme = DARK if theme == "dark" else LIGHT
        self.ink: RGB = (236, 238, 242) if theme == "dark" else INK
        self.accent = COLOURS[rng.choice(("blue", "green", "purple", "orange", "red"))]
        self.title = title

    def frame(self, box: Box = (0, 0, 1, 1)) -> None:
        """Draw the window with its title bar."""
        x0, y0, x1, _ = box
        self.canvas.rectangle(box, self.theme["ground"], self.theme["text"])
        self.canvas.rectangle((x0, y0, x1, y0 + 0.1), self.theme["panel"])
        for k, name in enumerate(("red", "yellow", "green")):
            self.canvas.disc((x0 + 0.045 + k * 0.05, y0 + 0.05), 0.017, COLOURS[name])
        self.canvas.fitted(((x0 + x1) / 2 + 0.08, y0 + 0.05), self.title, 0.06, 0.5, fill=self.ink)

    def strip(self, x: float, y: float, wide: float, high: float = 0.022) -> None:
        """Draw a grey strip that stands for words."""
        self.canvas.rectangle((x, y, x + wide, y + high), self.theme["text"])

    def button(self, box: Box, word: str) -> None:
        """Draw a button in the accent colour."""
        self.canvas.rounded(box, self.accent)
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        self.canvas.fitted(middle, word, 0.055, box[2] - box[0], fill=(255, 255, 255))


def draw_screenshot(
    rng: random.Random, size: int, *, kind: str | None = None, theme: str | None = None
) -> tuple[Canvas, dict[str, Any]]:
    """Draw a screenshot; what is None is left to chance."""
    kind = kind or rng.choice(KINDS)
    theme = theme or ("dark" if kind == "terminal" else rng.choice(("light", "dark")))
    title = rng.choice(TITLES)
    canvas = Canvas(size, (90, 130, 160))
    window = Window(rng, canvas, theme, title)
    _DRAW[kind](window)
    return canvas, {"kind": kind, "theme": theme, "title": title}


def _dialog(w: Window) -> None:
    w.frame((0.08, 0.2, 0.92, 0.8))
    w.canvas.disc((0.2, 0.45), 0.06, w.accent)
    w.canvas.text((0.2, 0.45), w.rng.choice("!?i"), 0.1, fill=(255, 255, 255), anchor="mm")
    for k in range(3):
        w.strip(0.32, 0.38 + k * 0.06, w.rng.uniform(0.3, 0.52))
    w.button((0.38, 0.66, 0.6, 0.75), "OK")
    w.button((0.65, 0.66, 0.87, 0.75), "Cancel")


def _editor(w: Window) -> None:
    w.frame()
    w.canvas.rectangle((0, 0.1, 0.22, 1), w.theme["panel"])
    for k in range(7):
        w.strip(0.03, 0.15 + k * 0.07, w.rng.uniform(0.08, 0.16))
    colours = [COLOURS[name] for name in ("cyan", "purple", "green", "orange")]
    for k in range(15):
        x = 0.27 + 0.06 * w.rng.randint(0, 3)
        for _ in range(w.rng.randint(1, 3)):
            wide = w.rng.uniform(0.05, 0.15)
            w.canvas.rectangle((x, 0.15 + k * 0.055, x + wide, 0.172 + k * 0.055), w.rng.choice(colours))
            x += wide + 0.02


def _browser(w: Window) -> None:
    w.frame()
    w.canvas.rounded((0.05, 0.115, 0.95, 0.18), (255, 255, 255), w.theme["text"], 0.03)
    w.canvas.text((0.09, 0.147), "www.", 0.045, fill=(110, 110, 116), anchor="lm")
    w.canvas.rectangle((0, 0.2, 1, 0.4), w.accent)
    w.strip(0.1, 0.28, 0.5, 0.04)
    for k in range(3):
        x = 0.06 + k * 0.31
        w.canvas.rectangle((x, 0.48, x + 0.26, 0.68), w.theme["panel"], w.theme["text"])
        w.strip(x, 0.73, w.rng.uniform(0.15, 0.26))
        w.strip(x, 0.79, w.rng.uniform(0.1, 0.22))


def _terminal(w: Window) -> None:
    w.frame()
    w.canvas.rectangle((0, 0.1, 1, 1), (12, 14, 16))
    colour = COLOURS[w.rng.choice(("green", "white", "orange"))]
    for k in range(w.rng.randint(5, 9)):
        y = 0.14 + k * 0.085
        w.canvas.text((0.04, y), "$" if w.rng.random() < 0.5 else ">", 0.06, fill=colour)
        w.canvas.rectangle((0.12, y + 0.025, w.rng.uniform(0.25, 0.9), y + 0.05), colour)


def _spreadsheet(w: Window) -> None:
    w.frame()
    w.canvas.rectangle((0, 0.1, 1, 0.17), w.theme["panel"])
    w.canvas.rectangle((0, 0.17, 0.09, 1), w.theme["panel"])
    for k in range(5):
        x = 0.09 + k * 0.185
        w.canvas.text((x + 0.09, 0.135), "ABCDE"[k], 0.055, fill=w.ink, anchor="mm")
        w.canvas.line(((x, 0.1), (x, 1)), w.theme["text"], 0.004)
    for k in range(10):
        y = 0.17 + k * 0.083
        w.canvas.line(((0, y), (1, y)), w.theme["text"], 0.004)
        w.canvas.text((0.045, y + 0.041), str(k + 1), 0.05, fill=w.ink, anchor="mm")
        for column in range(5):
            if w.rng.random() < 0.55:
                w.strip(0.12 + column * 0.185, y + 0.03, w.rng.uniform(0.05, 0.12))


def _chat(w: Window) -> None:
    w.frame()
    for k in range(5):
        mine = w.rng.random() < 0.5
        wide, y = w.rng.uniform(0.3, 0.55), 0.14 + k * 0.15
        x = 0.93 - wide if mine else 0.07
        w.canvas.rounded((x, y, x + wide, y + 0.11), w.accent if mine else w.theme["panel"], radius=0.04)
        w.strip(x + 0.04, y + 0.045, wide - 0.1)
    w.canvas.rounded((0.05, 0.9, 0.95, 0.97), w.theme["panel"], w.theme["text"], 0.03)


def _files(w: Window) -> None:
    w.frame()
    w.canvas.rectangle((0, 0.1, 0.24, 1), w.theme["panel"])
    for k in range(5):
        w.strip(0.03, 0.16 + k * 0.08, w.rng.uniform(0.1, 0.17))
    colour = COLOURS[w.rng.choice(("yellow", "blue", "orange"))]
    for k in range(9):
        x, y = 0.3 + k % 3 * 0.23, 0.16 + k // 3 * 0.28
        w.canvas.rectangle((x, y, x + 0.07, y + 0.04), colour)
        w.canvas.rectangle((x, y + 0.025, x + 0.16, y + 0.14), colour)
        w.strip(x, y + 0.17, w.rng.uniform(0.09, 0.16))


def _login(w: Window) -> None:
    w.canvas.rectangle((0, 0, 1, 1), w.theme["panel"])
    w.canvas.rounded((0.2, 0.1, 0.8, 0.92), w.theme["ground"], w.theme["text"])
    w.canvas.disc((0.5, 0.26), 0.07, w.accent)
    w.canvas.fitted((0.5, 0.4), "Sign in", 0.075, 0.4, fill=w.ink)
    for y in (0.5, 0.62):
        w.canvas.rectangle((0.27, y, 0.73, y + 0.08), (255, 255, 255), w.theme["text"])
    for k in range(6):
        w.canvas.disc((0.32 + k * 0.045, 0.66), 0.012, INK)
    w.button((0.27, 0.77, 0.73, 0.86), "Log in")


def _dashboard(w: Window) -> None:
    w.frame()
    for k in range(3):
        x = 0.04 + k * 0.32
        w.canvas.rounded((x, 0.14, x + 0.28, 0.34), w.theme["panel"])
        number = str(w.rng.randint(10, 99))
        w.canvas.text((x + 0.14, 0.24), number, 0.1, fill=w.accent, anchor="mm")
    w.canvas.rounded((0.04, 0.39, 0.6, 0.95), w.theme["panel"])
    for k in range(5):
        top = 0.9 - w.rng.uniform(0.1, 0.42)
        w.canvas.rectangle((0.09 + k * 0.1, top, 0.15 + k * 0.1, 0.9), w.accent)
    w.canvas.rounded((0.64, 0.39, 0.96, 0.95), w.theme["panel"])
    w.canvas.slice((0.68, 0.52, 0.92, 0.78), 0, 360, w.theme["text"])
    w.canvas.slice((0.68, 0.52, 0.92, 0.78), -90, w.rng.uniform(0, 220), w.accent)


def _video(w: Window) -> None:
    w.canvas.rectangle((0, 0, 1, 1), (14, 14, 18))
    w.canvas.rectangle((0, 0.1, 1, 0.82), w.accent)
    w.canvas.disc((0.5, 0.46), 0.13, (250, 250, 250))
    w.canvas.polygon(((0.45, 0.38), (0.45, 0.54), (0.59, 0.46)), INK)
    w.canvas.rectangle((0.05, 0.89, 0.95, 0.91), (120, 120, 126))
    played = w.rng.uniform(0.1, 0.9)
    w.canvas.rectangle((0.05, 0.89, played, 0.91), COLOURS["red"])
    w.canvas.disc((played, 0.9), 0.02, COLOURS["red"])


_DRAW: dict[str, Callable[[Window], None]] = {
    "dialog": _dialog,
    "editor": _editor,
    "browser": _browser,
    "terminal": _terminal,
    "spreadsheet": _spreadsheet,
    "chat": _chat,
    "file manager": _files,
    "login screen": _login,
    "dashboard": _dashboard,
    "video player": _video,
}
