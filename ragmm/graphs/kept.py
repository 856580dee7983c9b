"""Graphs made of weights, kept on this machine: making one takes a tenth of a second, reading it a hundredth.

They lie in a folder of the cache, each under a name that says all that it was made of: weights, and the code that wrote
it. Whatever is damaged, missing or cannot be written is made anew; nothing else depends on them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from zlib import crc32

__all__ = ["kept_graph"]

_MOST = 6
"""Files; those that were used longest ago go."""
_SUM = 4
"""Bytes at the beginning of a file: a checksum tells damage, and takes a sixth of the time of a digest."""
_WRITTEN_BY = ("bert.py", "eight_bits.py", "reading.py", "rounded_bert.py", "writing.py")


def kept_graph(folder: Path, made_of: Sequence[str], make: Callable[[], bytes]) -> bytes:
    """The graph of these weights (their digests) as it was made before, else made now and kept in the folder."""
    file = folder / f"{_name(made_of)}.onnx"
    found = _read(file)
    if found is None:
        found = make()
        _write(file, found)
    return found


def _name(made_of: Sequence[str]) -> str:
    return hashlib.sha256("\n".join([*made_of, _code()]).encode()).hexdigest()[:32]


@cache
def _code() -> str:
    """Of what writes graphs: a newer one is never given an older one's."""
    here = Path(__file__).parent
    return hashlib.sha256(b"".join((here / name).read_bytes() for name in _WRITTEN_BY)).hexdigest()


def _read(file: Path) -> bytes | None:
    try:
        whole = file.read_bytes()
        os.utime(file)
    except OSError:
        return None
    graph = whole[_SUM:]
    return graph if graph and whole[:_SUM] == _sum(graph) else None


def _sum(graph: bytes) -> bytes:
    return crc32(graph).to_bytes(_SUM, "little")


def _write(file: Path, graph: bytes) -> None:
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}.tmp")
        draft.write_bytes(_sum(graph) + graph)
        draft.replace(file)
        others = sorted(file.parent.glob("*.onnx"), key=lambda one: one.stat().st_mtime)
        for old in others[:-_MOST]:
            old.unlink()
