"""Pictures in a terminal: who gets them, and that what is sent decodes to the same picture."""

from __future__ import annotations

import base64
import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ragmm.render.terminal_images import Protocol, encode, protocol_of, thumbnail


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _picture() -> Image.Image:
    image = Image.new("RGB", (50, 40), (220, 38, 38))
    image.paste((36, 82, 220), (10, 7, 30, 25))
    return image


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm-kitty"}, Protocol.KITTY),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, Protocol.KITTY),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, Protocol.KITTY),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, Protocol.ITERM),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, Protocol.ITERM),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, Protocol.ITERM),
        ({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"}, None),
        ({"TERM": "dumb", "TERM_PROGRAM": "iTerm.app"}, None),
        ({"TERM": "xterm-256color", "SSH_TTY": "/dev/pts/1"}, None),
    ],
)
def test_a_terminal_is_known_by_its_environment(environment: dict[str, str], expected: Protocol | None) -> None:
    assert protocol_of(Terminal(), environment) is expected


@pytest.mark.parametrize(
    ("reply", "expected"), [(b"\x1b[?62;4;22c", "sixel"), (b"\x1b[?62;22c", "None"), (b"", "None")]
)
def test_another_terminal_is_asked_and_may_stay_silent(reply: bytes, expected: str) -> None:
    assert _asked_in_a_terminal(reply) == f"\x1b[c{expected}\r\n"


def _asked_in_a_terminal(reply: bytes) -> str:
    """What a process prints whose terminal answers the question for its attributes with `reply`."""
    program = "import sys; from ragmm.render.terminal_images import protocol_of; print(protocol_of(sys.stdout))"
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    for name in ("SSH_TTY", "KITTY_WINDOW_ID", "TERM_PROGRAM", "LC_TERMINAL"):
        environment.pop(name, None)
    process = subprocess.Popen([sys.executable, "-c", program], stdin=theirs, stdout=theirs, env=environment)
    os.close(theirs)
    printed = b""
    while not printed.endswith(b"\n"):
        printed += os.read(ours, 1024)
        if printed.endswith(b"\x1b[c"):
            os.write(ours, reply)
    os.close(ours)
    assert process.wait(timeout=20) == 0
    return printed.decode()


def test_a_pipe_never_gets_a_picture() -> None:
    assert protocol_of(io.StringIO(), {"TERM": "xterm-kitty"}) is None


def test_a_thumbnail_is_small_and_a_broken_file_is_none(tmp_path: Path) -> None:
    Image.new("RGB", (2000, 1000)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    small = thumbnail(tmp_path / "a.png")
    assert small is not None
    assert small.size == (320, 160)
    assert thumbnail(tmp_path / "b.png") is None


def test_kitty_gets_the_picture_in_pieces() -> None:
    noisy = Image.effect_noise((200, 200), 90).convert("RGB")
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", encode(noisy, Protocol.KITTY))
    assert len(pieces) > 2
    assert all(len(data) <= 4096 for _, data in pieces)
    assert [control[-1] for control, _ in pieces] == ["1"] * (len(pieces) - 1) + ["0"]
    sent = Image.open(io.BytesIO(base64.b64decode("".join(data for _, data in pieces))))
    assert sent.tobytes() == noisy.tobytes()


def test_iterm_gets_the_picture_at_once() -> None:
    match = re.fullmatch(
        r"\x1b\]1337;File=inline=1;size=(\d+);[^:]*:([^\x07]*)\x07", encode(_picture(), Protocol.ITERM)
    )
    assert match
    data = base64.b64decode(match[2])
    assert len(data) == int(match[1])
    assert Image.open(io.BytesIO(data)).tobytes() == _picture().tobytes()


def test_sixel_paints_the_same_picture() -> None:
    assert _painted(encode(_picture(), Protocol.SIXEL)).tobytes() == _picture().tobytes()


def _painted(sixels: str) -> Image.Image:
    """A sixel interpreter of what the encoder may use: colours, runs, carriage return, next band."""
    match = re.fullmatch(r'\x1bPq"1;1;(\d+);(\d+)(.*)\x1b\\', sixels, re.DOTALL)
    assert match
    image = Image.new("RGB", (int(match[1]), int(match[2])))
    colours: dict[int, tuple[int, ...]] = {}
    x = top = colour = 0
    for token in re.finditer(r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)(.)|([$-])|(.)", match[3]):
        number, red, green, blue, chosen, run, repeated, move, single = token.groups()
        if number:
            colours[int(number)] = tuple(round(int(part) * 255 / 100) for part in (red, green, blue))
        elif chosen:
            colour = int(chosen)
        elif move:
            x, top = 0, top + (6 if move == "-" else 0)
        else:
            bits = ord(repeated or single) - 63
            width = int(run or 1)
            for row in (row for row in range(6) if bits >> row & 1):
                image.paste(colours[colour], (x, top + row, x + width, top + row + 1))
            x += width
    # Percentages are coarser than bytes: each colour becomes the nearest of the original's.
    original = np.unique(np.asarray(_picture()).reshape(-1, 3), axis=0)
    pixels = np.asarray(image).astype(int)
    nearest = np.square(pixels[:, :, None] - original.astype(int)).sum(axis=-1).argmin(axis=-1)
    return Image.fromarray(original[nearest])
