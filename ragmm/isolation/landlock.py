"""Landlock through ctypes (Linux >= 5.13): a process gives up all files but those named, and TCP altogether."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

__all__ = ["abi", "restrict"]

# The three calls have the same numbers on every architecture.
_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE = 1 << 14
_READ = _EXECUTE | _READ_FILE | _READ_DIR
# What applies to a file; the kernel refuses a rule on a file that names directory rights.
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
# The file-system rights known to each ABI version: 13, then REFER, TRUNCATE, and from 5 on IOCTL_DEV.
_KNOWN = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
_KNOWN_LATEST = (1 << 16) - 1
_IOCTL_DEV = 1 << 15
_TCP_BIND_AND_CONNECT = 0b11
_SCOPE_SOCKETS_AND_SIGNALS = 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def abi() -> int:
    """The kernel's Landlock version; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    version = ctypes.CDLL(None).syscall(_CREATE, None, 0, _VERSION_FLAG)
    return max(0, int(version))


def restrict(readable: Iterable[Path], writable: Iterable[Path]) -> None:
    """Confine this process and its children for good; absent paths are passed over. Raises OSError."""
    version = abi()
    known = _KNOWN.get(version, _KNOWN_LATEST)
    ruleset = _create(version, known)
    try:
        for path in readable:
            _allow(ruleset, path, _READ)
        for path in writable:
            _allow(ruleset, path, known & ~(_EXECUTE | _IOCTL_DEV))
        _call(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _create(version: int, known: int) -> int:
    rules = _Ruleset(known, _TCP_BIND_AND_CONNECT, _SCOPE_SOCKETS_AND_SIGNALS)
    # Older kernels refuse a structure with fields they do not know, so it is handed over only as long as they read.
    size = 8 if version < 4 else 16 if version < 6 else 24
    return _call(_CREATE, ctypes.byref(rules), size, 0)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        allowed = rights if path.is_dir() else rights & _FILE_RIGHTS
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(_PathBeneath(allowed, opened)), 0)
    finally:
        os.close(opened)


def _call(number: int, *arguments: object) -> int:
    result = int(ctypes.CDLL(None, use_errno=True).syscall(number, *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock call {number}: {os.strerror(code)}")
    return result
