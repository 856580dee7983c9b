"""Weights files: reading their header, finding damage before a library does, and hashing them once."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragmm.errors import ModelError
from ragmm.models.remedies import remedy_for

__all__ = ["A_DAY", "Header", "Tensor", "cache_root", "file_sha256", "read_header", "safetensors_files"]

_DTYPE_BYTES = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
_MAX_HEADER = 100_000_000
_REMEMBERED_FROM = 32 * 1024 * 1024
"""Hashes of larger files are remembered between processes: smaller ones cost less than a fortieth of a second."""
A_DAY = 24 * 60 * 60.0
"""A file whose hash is pinned is read again after so many seconds."""


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """One tensor as the header describes it."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a safetensors file says it holds."""

    tensors: Mapping[str, Tensor]
    bytes: int
    """Of the whole file."""

    @property
    def parameters(self) -> int:
        return sum(tensor.size for tensor in self.tensors.values())


def read_header(file: Path) -> Header:
    """Reads and checks the header against the file's size, loading no weights. Raises ModelError when damaged."""
    try:
        with file.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            length = _header_length(file, stream.read(8), size)
            described = json.loads(stream.read(length))
    except OSError as error:
        raise ModelError(f"cannot read the weights {file}: {error.strerror}; check that the file is there") from error
    except ValueError as error:
        raise _damaged(file, "its header is not JSON") from error
    return _checked_header(file, described, size=size, start=8 + length)


def _header_length(file: Path, raw: bytes, size: int) -> int:
    if len(raw) < 8:
        raise _damaged(file, f"it has {size} bytes, too few for a safetensors file")
    length = int(struct.unpack("<Q", raw)[0])
    if length > min(size - 8, _MAX_HEADER):
        raise _damaged(file, f"its header announces {length:,} bytes and the file has {size:,}")
    return length


def _checked_header(file: Path, described: Any, *, size: int, start: int) -> Header:
    try:
        entries = {name: entry for name, entry in described.items() if name != "__metadata__"}
        tensors = {n: Tensor(dtype=str(e["dtype"]), shape=tuple(map(int, e["shape"]))) for n, e in entries.items()}
        end = start + max((int(entry["data_offsets"][1]) for entry in entries.values()), default=0)
        spans = {name: int(e["data_offsets"][1]) - int(e["data_offsets"][0]) for name, e in entries.items()}
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise _damaged(file, "its header does not describe tensors") from error
    if end != size:
        raise _damaged(file, f"its tensors end at byte {end:,} and the file at {size:,}")
    for name, tensor in tensors.items():
        width = _DTYPE_BYTES.get(tensor.dtype)
        if width is not None and width * tensor.size != spans[name]:
            raise _damaged(file, f"the tensor {name} of shape {list(tensor.shape)} has {spans[name]:,} bytes")
    return Header(tensors=tensors, bytes=size)


def _damaged(file: Path, what: str) -> ModelError:
    return ModelError(f"the weights {file} are truncated or corrupt: {what}; {remedy_for(file.parent)}")


def safetensors_files(folder: Path) -> list[Path]:
    """The safetensors files directly in the folder, by name."""
    return sorted(path for path in folder.glob("*.safetensors") if path.is_file())


# ---------------------------------------------------------------------------------------------------- hashing

_Stat = tuple[str, int, int, int, int]
_known: dict[_Stat, str] = {}
_lock = threading.Lock()


def file_sha256(file: Path, *, within: float = math.inf) -> str:
    """Hashes a file once per path, size and times: in this process, and for large files on this machine.

    `within`: seconds for which what another process noted down is believed; 0 reads the file here.
    """
    path = file.resolve()
    stat = path.stat()
    key = (str(path), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
    with _lock:
        if key in _known:
            return _known[key]
    large = stat.st_size >= _REMEMBERED_FROM
    noted = _noted(key, within) if large and within else ""
    digest = noted or _read_sha256(path)
    with _lock:
        _known[key] = digest
    if large and not noted:
        _write_note(_note_key(key), digest)
    return digest


def _read_sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _note_key(key: _Stat) -> str:
    return "|".join(map(str, key[1:])) + "|" + key[0]


def cache_root() -> Path:
    """What may be lost at any time and is made again."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "ragmm"


def _notes_file() -> Path:
    return cache_root() / "weights-sha256.json"


def _noted(key: _Stat, within: float) -> str:
    """What was read of the file in the last seconds; "" for nothing."""
    digest, _, when = _read_notes().get(_note_key(key), "").partition(" ")
    return digest if when.isdecimal() and abs(time.time() - int(when)) <= within else ""


def _read_notes() -> dict[str, str]:
    try:
        notes = json.loads(_notes_file().read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): str(v) for k, v in notes.items()} if isinstance(notes, dict) else {}


def _write_note(key: str, digest: str) -> None:
    """The notes are a convenience: a cache folder that cannot be written costs time and nothing else."""
    file = _notes_file()
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}.tmp")
        draft.write_text(json.dumps({**_read_notes(), key: f"{digest} {time.time():.0f}"}, indent=0), "utf-8")
        draft.replace(file)
