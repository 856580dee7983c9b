"""Loaders that do what a hostile document makes a parser do; the document's first line says which."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ragmm.errors import DocumentError, LimitError, MissingExtraError, UnsupportedError
from ragmm.isolation.limits import take_slow_work
from ragmm.loaders.base import Loader, Probe
from ragmm.loaders.settings import LoaderSettings
from ragmm.types import Asset, Item, Modality

REPLY = Path("reply")
"""Where a worker stands: its scratch folder."""


def passage(text: str) -> Item:
    return Item(modality=Modality.PASSAGE, text=text)


def png(width: int, height: int, claimed: tuple[int, int] | None = None) -> Asset:
    """A PNG whose header says width x height, in a record that says `claimed`."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * min(height * (width + 1), 10_000))
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    claimed = claimed or (width, height)
    return Asset(data=data, media_type="image/png", width=claimed[0], height=claimed[1])


def good(argument: str) -> Iterator[Item]:
    yield passage(argument)
    yield Item(modality=Modality.FIGURE, text="a figure", asset=png(3, 2))


def segfault(_: str) -> Iterator[Item]:
    yield passage("before")
    ctypes.string_at(0)


def abort(_: str) -> Iterator[Item]:
    os.abort()
    yield passage("never")


def leave(_: str) -> Iterator[Item]:
    os._exit(0)
    yield passage("never")


def leave_with_status(_: str) -> Iterator[Item]:
    os._exit(3)
    yield passage("never")


def half(_: str) -> Iterator[Item]:
    for number in range(450):
        yield passage(f"line {number} " * 20)
    os._exit(0)


def endless_items(_: str) -> Iterator[Item]:
    while True:
        yield passage("more " * 100)


def endless_disk(_: str) -> Iterator[Item]:
    for number in range(10_000):
        Path(f"fill{number}").write_bytes(b"\0" * (8 << 20))
    yield passage("never")


def large_file(_: str) -> Iterator[Item]:
    with Path("large").open("wb") as out:
        for _number in range(10_000):
            out.write(b"\0" * (1 << 20))
    yield passage("never")


def allocate(_: str) -> Iterator[Item]:
    held = []
    while True:
        held.append(bytearray(16 << 20))
        yield passage("more")


def busy(_: str) -> Iterator[Item]:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        pass
    yield passage("never")


def compute(_: str) -> Iterator[Item]:
    while True:
        pass
    yield passage("never")


def stubborn(_: str) -> Iterator[Item]:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(1000)
    yield passage("never")


def leave_a_child(argument: str) -> Iterator[Item]:
    """A grandchild in a session of its own, which outlives its parents."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            Path(argument).write_text(str(os.getpid()), encoding="ascii")
            time.sleep(1000)
        os._exit(0)
    for _ in range(500):
        if Path(argument).exists() and Path(argument).read_text(encoding="ascii"):
            break
        time.sleep(0.01)
    yield passage(Path(argument).read_text(encoding="ascii"))


def connect(argument: str) -> Iterator[Item]:
    with socket.socket() as outgoing:
        outgoing.settimeout(3)
        yield passage(f"connect_ex {outgoing.connect_ex(('127.0.0.1', int(argument)))}")


def send(argument: str) -> Iterator[Item]:
    """A datagram, which Landlock lets pass."""
    with socket.socket(type=socket.SOCK_DGRAM) as outgoing:
        try:
            outgoing.sendto(b"hunter2", ("127.0.0.1", int(argument)))
        except OSError as error:
            yield passage(f"refused {type(error).__name__}")
    yield passage("done")


def read_file(argument: str) -> Iterator[Item]:
    try:
        yield passage("read " + Path(argument).read_text(encoding="utf-8"))
    except OSError as error:
        yield passage(f"refused {type(error).__name__}")


def write_file(argument: str) -> Iterator[Item]:
    try:
        Path(argument).write_text("written", encoding="utf-8")
    except OSError as error:
        yield passage(f"refused {type(error).__name__}")
    else:
        yield passage("written")


def environment(_: str) -> Iterator[Item]:
    yield passage("\n".join(f"{name}={value}" for name, value in sorted(os.environ.items())))
    status = Path("/proc/self/status").read_text(encoding="ascii") if sys.platform == "linux" else ""
    yield passage(f"torch {sys.modules.get('torch', 'absent')}\nfds {len(os.listdir('/dev/fd'))}\n{status}")


def kill_server(_: str) -> Iterator[Item]:
    try:
        os.kill(os.getppid(), signal.SIGKILL)
    except PermissionError:
        yield passage("refused")


def run_program(_: str) -> Iterator[Item]:
    yield passage(subprocess.run(["id", "-u"], capture_output=True, text=True, check=True).stdout.strip())


def many(argument: str) -> Iterator[Item]:
    for number in range(int(argument)):
        yield Item(modality=Modality.PASSAGE, text=f"text {number}", asset=png(2 + number % 50, 2 + number // 50))


def lying_image(_: str) -> Iterator[Item]:
    yield Item(modality=Modality.PHOTO, text="lies", asset=png(4, 4, claimed=(5, 5)))


def pixel_bomb(_: str) -> Iterator[Item]:
    yield Item(modality=Modality.PHOTO, text="huge", asset=png(50_000, 50_000))


def not_an_image(_: str) -> Iterator[Item]:
    data = b"\x7fELF" + b"\0" * 100
    yield Item(
        modality=Modality.PHOTO, text="program", asset=Asset(data=data, media_type="image/png", width=1, height=1)
    )


def forge(argument: str) -> Iterator[Item]:
    """Writes the reply itself: what the parent would see of a parser that was taken over."""
    (REPLY / "reply.jsonl").unlink(missing_ok=True)
    FORGERIES[argument]()
    os._exit(0)
    yield passage("never")


def _forged(*lines: str) -> Callable[[], None]:
    return lambda: (REPLY / "reply.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8") and None


END = '{"end": {"loader": "bomb", "media_type": "text/plain", "warnings": [], "items": %d}}'


def _link_asset() -> None:
    (REPLY / "0").symlink_to("/etc/passwd")
    _forged('{"item": {"modality": "photo", "asset": [0, "image/png", 1, 1, null]}}', END % 1)()


FORGERIES: dict[str, Callable[[], None]] = {
    "nothing": _forged(),
    "no end": _forged('{"item": {"modality": "passage", "text": "x"}}'),
    "wrong count": _forged('{"item": {"modality": "passage", "text": "x"}}', END % 2),
    "more after end": _forged(END % 0, "{}"),
    "not json": _forged("hello"),
    "a list": _forged("[1]"),
    "deep": _forged("[" * 200_000),
    "unknown modality": _forged('{"item": {"modality": "program", "text": "x"}}', END % 1),
    "text is a number": _forged('{"item": {"modality": "passage", "text": 5}}', END % 1),
    "infinite box": _forged('{"item": {"modality": "passage", "text": "x", "box": [0, 0, 1e999, 1]}}', END % 1),
    "page is text": _forged('{"item": {"modality": "passage", "text": "x", "page": "../../etc"}}', END % 1),
    "half a surrogate": _forged('{"item": {"modality": "passage", "text": "\\ud800"}}', END % 1),
    "asset path": _forged(
        '{"item": {"modality": "photo", "asset": ["../../../etc/passwd", "image/png", 1, 1, null]}}', END % 1
    ),
    "asset is absent": _forged('{"item": {"modality": "photo", "asset": [7, "image/png", 1, 1, null]}}', END % 1),
    "metadata is a list": _forged('{"item": {"modality": "passage", "text": "x", "metadata": [1]}}', END % 1),
    "reply is a link": lambda: (REPLY / "reply.jsonl").symlink_to("/etc/passwd"),
    "reply is a pipe": lambda: os.mkfifo(REPLY / "reply.jsonl"),
    "asset is a link": _link_asset,
}


def scan(argument: str) -> Iterator[Item]:
    """Slow work in steps of half a second."""
    for number in range(int(argument)):
        take_slow_work()
        time.sleep(0.5)
        yield passage(f"page {number}")


def scan_and_hang(_: str) -> Iterator[Item]:
    take_slow_work()
    time.sleep(60)
    yield passage("never")


def raise_error(argument: str) -> Iterator[Item]:
    yield passage("before")
    raise ERRORS[argument]


ERRORS: dict[str, Exception] = {
    "document": DocumentError("page 3 is broken"),
    "limit": LimitError("5,001 pages; at most 5,000 are read"),
    "unsupported": UnsupportedError("nothing reads this"),
    "missing": MissingExtraError("pymupdf", "pymupdf", "reading scans"),
    "bug": ZeroDivisionError("division by zero"),
    "recursion": RecursionError("maximum recursion depth exceeded"),
}

BOMBS = {
    function.__name__: function
    for function in (
        good, segfault, abort, leave, leave_with_status, half, endless_items, endless_disk, large_file, allocate, busy,
        compute, stubborn, leave_a_child, connect, send, read_file, write_file, environment, kill_server, run_program,
        many, lying_image, pixel_bomb, not_an_image, forge, raise_error, scan, scan_and_hang,
    )
}  # fmt: skip


class BombLoader:
    """Does what the first line of the file says, with the rest of the line as its argument."""

    name = "bomb"
    version = 1

    def accepts(self, probe: Probe) -> bool:
        return probe.media_type.startswith("text/")

    def load(self, file: Path, probe: Probe) -> Iterator[Item]:
        name, _, argument = file.read_text(encoding="utf-8").strip().partition(" ")
        yield from BOMBS[name](argument)


def bomb_loaders(settings: LoaderSettings) -> Sequence[Loader]:
    return (BombLoader(),)
