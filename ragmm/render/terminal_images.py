"""Thumbnails in terminals that can show pictures: the kitty, iTerm2 and sixel protocols."""

from __future__ import annotations

import base64
import io
import os
import select
import sys
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Protocol", "encode", "protocol_of", "thumbnail"]

MAX_SIDE: Final = 320
KITTY_CHUNK: Final = 4096
SIXEL_COLOURS: Final = 128


class Protocol(StrEnum):
    """How a terminal takes a picture."""

    KITTY = "kitty"
    ITERM = "iterm"
    SIXEL = "sixel"


def protocol_of(stream: TextIO, environment: Mapping[str, str] = os.environ) -> Protocol | None:
    """What the terminal behind `stream` can show; None for pipes, files and terminals that show no pictures."""
    if not stream.isatty() or environment.get("TERM", "").startswith(("screen", "tmux", "dumb")):
        return None
    program = environment.get("TERM_PROGRAM", "") or environment.get("LC_TERMINAL", "")
    if "kitty" in environment.get("TERM", "") or "KITTY_WINDOW_ID" in environment or program.lower() == "ghostty":
        return Protocol.KITTY
    if program in {"iTerm.app", "iTerm2", "WezTerm", "mintty"}:
        return Protocol.ITERM
    # Over a slow line the terminal's answer could come when nobody waits for it any more, and stand at the prompt.
    return Protocol.SIXEL if "SSH_TTY" not in environment and _answers_sixel(stream) else None


def thumbnail(file: Path) -> Image | None:
    """The picture in a file, small enough for a terminal; None where it cannot be read."""
    from PIL import Image

    try:
        with Image.open(file, formats=("PNG", "JPEG", "WEBP", "GIF")) as image:
            image.draft("RGB", (2 * MAX_SIDE, 2 * MAX_SIDE))
            small = image.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    small.thumbnail((MAX_SIDE, MAX_SIDE))
    return small


def encode(image: Image, protocol: Protocol) -> str:
    """The characters that make the terminal draw the picture at the cursor."""
    if protocol is Protocol.SIXEL:
        return _sixel(image)
    packed = io.BytesIO()
    image.save(packed, "PNG")
    data = base64.standard_b64encode(packed.getvalue()).decode("ascii")
    if protocol is Protocol.ITERM:
        return f"\x1b]1337;File=inline=1;size={packed.tell()};width={image.width}px;preserveAspectRatio=1:{data}\x07"
    return "".join(_kitty(data))


def _kitty(data: str) -> Iterator[str]:
    chunks = [data[start : start + KITTY_CHUNK] for start in range(0, len(data), KITTY_CHUNK)]
    for number, chunk in enumerate(chunks):
        head = "f=100,a=T," if number == 0 else ""
        more = int(number < len(chunks) - 1)
        yield f"\x1b_G{head}m={more};{chunk}\x1b\\"


def _sixel(image: Image) -> str:
    """Six rows a band, one pass over the band for each colour in it."""
    import numpy as np

    flat = image.quantize(SIXEL_COLOURS)
    palette = flat.getpalette() or []
    pixels = np.asarray(flat)
    used = [int(colour) for colour in np.unique(pixels)]
    parts = [f'\x1bPq"1;1;{image.width};{image.height}']
    parts += [_sixel_colour(colour, palette[3 * colour : 3 * colour + 3]) for colour in used]
    for top in range(0, image.height, 6):
        band = pixels[top : top + 6]
        weights = (1 << np.arange(len(band)))[:, None]
        for colour in np.unique(band):
            columns = ((band == colour) * weights).sum(axis=0)
            parts.append(f"#{int(colour)}" + _run_lengths(bytes(columns.astype(np.uint8) + 63).decode("ascii")) + "$")
        parts.append("-")
    return "".join(parts) + "\x1b\\"


def _sixel_colour(number: int, rgb: list[int]) -> str:
    red, green, blue = (round(100 * part / 255) for part in rgb)
    return f"#{number};2;{red};{green};{blue}"


def _run_lengths(columns: str) -> str:
    runs: list[str] = []
    start = 0
    for end in range(1, len(columns) + 1):
        if end == len(columns) or columns[end] != columns[start]:
            count = end - start
            runs.append(f"!{count}{columns[start]}" if count > 3 else columns[start] * count)
            start = end
    return "".join(runs)


def _answers_sixel(stream: TextIO) -> bool:
    """Ask the terminal for its attributes (4 stands for sixel) and wait a tenth of a second for the answer."""
    try:
        import termios
        import tty

        keyboard = sys.stdin.fileno()
        before = termios.tcgetattr(keyboard)
    except (ImportError, OSError, ValueError, termios.error):
        return False
    try:
        tty.setcbreak(keyboard, termios.TCSANOW)
        stream.write("\x1b[c")
        stream.flush()
        return b"4" in _attributes(keyboard).split(b";")
    finally:
        termios.tcsetattr(keyboard, termios.TCSANOW, before)


def _attributes(keyboard: int) -> bytes:
    reply = b""
    while not reply.endswith(b"c") and select.select([keyboard], [], [], 0.1)[0]:
        reply += os.read(keyboard, 64)
    return reply.rstrip(b"c").removeprefix(b"\x1b[?")
