"""Checksums of whole files: proof that what is read is what was written. Each is verified once a boot."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ragmm.errors import DamagedError
from ragmm.indexes import fsio

__all__ = ["check_once", "check_sealed", "mark"]


def mark(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def check_once(files: Sequence[tuple[Path, str]]) -> None:
    """Verify files against their sha256; one already verified in this boot, and untouched since, is not read again."""
    ledger = _Ledger()
    pending = [(path, sha256) for path, sha256 in files if not ledger.knows(path, sha256)]
    with ThreadPoolExecutor(max_workers=max(1, min(4, os.cpu_count() or 1))) as pool:
        found = list(pool.map(lambda pair: fsio.sha256_file(pair[0]), pending))
    for (path, sha256), digest in zip(pending, found, strict=True):
        if digest != sha256:
            raise DamagedError(f"{path}: the content does not match its checksum; run: ragmm repair")
    ledger.add(pending)


class _Ledger:
    """What was verified since the machine booted: kept in the runtime directory, which a reboot empties."""

    def __init__(self) -> None:
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        self._file = Path(runtime) / "ragmm-verified" if runtime and Path(runtime).is_dir() else None
        self._known: set[str] = set()
        if self._file is not None and self._file.is_file():
            self._known = set(self._file.read_text(encoding="utf-8").splitlines())

    def knows(self, path: Path, sha256: str) -> bool:
        line = _line(path, sha256)
        return line in self._known or line in _in_process

    def add(self, files: Sequence[tuple[Path, str]]) -> None:
        lines = [_line(path, sha256) for path, sha256 in files]
        _in_process.update(lines)
        if self._file is None or not lines:
            return
        with self._file.open("a", encoding="utf-8") as file:  # fsio: a cache outside the collection
            file.writelines(f"{line}\n" for line in lines)


_in_process: set[str] = set()


def _line(path: Path, sha256: str) -> str:
    """Identity, size and both times: any write through the file system changes it."""
    stat = path.stat()
    return f"{sha256} {stat.st_dev} {stat.st_ino} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns}"


def check_sealed(path: Path, size: int, sha256: str, *, deep: bool) -> None:
    """Raises DamagedError unless a file is the one that was sealed; without `deep` only its size is looked at."""
    try:
        found = path.stat().st_size
    except FileNotFoundError:
        raise DamagedError(f"{path}: the file is missing") from None
    if found != size:
        raise DamagedError(f"{path}: {found:,} bytes where {size:,} were sealed")
    if deep:
        check_once([(path, sha256)])
