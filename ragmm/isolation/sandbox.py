"""What a parser process may do, in layers: each is put on where the machine has it, and `layers()` says which it has.

The server that workers are forked from gives up the network and its privileges once; each worker then takes a session,
limits and Landlock for itself.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from ragmm.isolation import landlock
from ragmm.isolation.limits import Limits, start_clock

__all__ = [
    "Layer",
    "LayerName",
    "confine_server",
    "confine_worker",
    "layers",
    "scrubbed_environment",
]

MIB = 1 << 20


class LayerName(StrEnum):
    """The layers, from the outermost to the innermost."""

    PRIVILEGES = "no-new-privileges"
    CAPABILITIES = "no-capabilities"
    NETWORK = "no-network"
    LIMITS = "resource-limits"
    FILES = "file-access"
    PARENT = "dies-with-parent"


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One kind of confinement and whether this machine gives it."""

    name: LayerName
    active: bool
    detail: str


_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 36, 38
_CLONE_NEWUSER, _CLONE_NEWNET, _CLONE_NEWIPC = 0x10000000, 0x40000000, 0x08000000
_CAPABILITY_VERSION_3 = 0x20080522

_SYSTEM_READABLE = (
    "/usr", "/lib", "/lib64", "/bin", "/opt", "/nix/store", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d",
    "/etc/localtime", "/etc/mime.types", "/etc/fonts", "/etc/magic", "/proc/self", "/proc/cpuinfo", "/proc/meminfo",
    "/sys/devices/system/cpu", "/sys/fs/cgroup", "/dev/urandom", "/dev/random", "/dev/zero",
)  # fmt: skip
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONPATH", "LD_LIBRARY_PATH")


def layers() -> list[Layer]:
    """Which layers this machine gives a parser process, found by putting them on in a process of its own."""
    command = [sys.executable, "-P", "-m", "ragmm.isolation.worker", "layers"]
    done = subprocess.run(  # noqa: S603 (our own interpreter and module)
        command, env=scrubbed_environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=True
    )
    return [Layer(name=LayerName(name), active=bool(on), detail=str(why)) for name, on, why in json.loads(done.stdout)]


def scrubbed_environment() -> dict[str, str]:
    """An environment without secrets: only what the interpreter needs to find itself and its packages."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    package_root = str(Path(__file__).resolve().parents[2])
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (package_root, kept.get("PYTHONPATH"))))
    # onnxruntime would report its use over the network, from a thread of its own.
    quiet = {"SCARF_NO_ANALYTICS": "true", "DO_NOT_TRACK": "true", "ORT_DISABLE_TELEMETRY": "1"}
    quiet["UNSTRUCTURED_DISABLE_NOTICE"] = "1"
    offline = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    # One thread: a fork of a process with threads is not safe, and the pool already uses the cores.
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_THREAD_LIMIT"), "1")
    return {**kept, **quiet, **offline, **threads, "TOKENIZERS_PARALLELISM": "false"}


def confine_server() -> list[Layer]:
    """Give up network, privileges and capabilities for this process and all it forks; orphans come back to it."""
    if sys.platform != "linux":
        return [
            Layer(name=name, active=False, detail=f"not available on {sys.platform}")
            for name in (LayerName.NETWORK, LayerName.PRIVILEGES, LayerName.CAPABILITIES)
        ]
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    return [
        _attempt(LayerName.NETWORK, _leave_network),
        _attempt(LayerName.PRIVILEGES, lambda: _prctl(_PR_SET_NO_NEW_PRIVS, 1) or "prctl"),
        _attempt(LayerName.CAPABILITIES, _drop_capabilities),
    ]


def confine_worker(scratch: Path, readable: tuple[Path, ...], limits: Limits) -> list[Layer]:
    """Own session, limits, and no files but the interpreter's, `readable` and `scratch`; dies with its parent."""
    os.setsid()
    start_clock(scratch, limits)
    return [
        _attempt(LayerName.PARENT, _die_with_parent),
        _attempt(LayerName.FILES, partial(_close_file_system, scratch, readable)),
        _attempt(LayerName.LIMITS, partial(_limit_resources, limits)),
    ]


def _attempt(name: LayerName, put_on: Callable[[], str]) -> Layer:
    try:
        return Layer(name=name, active=True, detail=put_on())
    except (OSError, ValueError, AttributeError) as error:
        return Layer(name=name, active=False, detail=str(error))


def _prctl(option: int, value: int) -> str:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return ""


def _die_with_parent() -> str:
    if sys.platform != "linux":
        raise OSError(f"not available on {sys.platform}; the server kills its workers when its own parent goes")
    _prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    return "SIGKILL when the server goes"


def _leave_network() -> str:
    """Root may leave the network alone; everyone else through a user namespace of their own, where allowed."""
    uid, gid = os.getuid(), os.getgid()
    if _unshare(_CLONE_NEWNET | _CLONE_NEWIPC) == 0:
        return "empty network namespace"
    code = _unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC)
    if code != 0:
        raise OSError(code, f"no network namespace: {os.strerror(code)}")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", encoding="ascii")
    return "empty network namespace inside a user namespace"


def _unshare(flags: int) -> int:
    return ctypes.get_errno() if ctypes.CDLL(None, use_errno=True).unshare(flags) != 0 else 0


def _drop_capabilities() -> str:
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None, use_errno=True).capset(header, nothing) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return "all dropped"


def _close_file_system(scratch: Path, readable: tuple[Path, ...]) -> str:
    version = landlock.abi()
    if version == 0:
        raise OSError("the kernel has no Landlock")
    interpreter = (Path(entry) for entry in (sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path) if entry)
    system = (Path(entry) for entry in _SYSTEM_READABLE)
    landlock.restrict((*system, *interpreter, *readable), (scratch, Path("/dev/null")))
    return f"Landlock ABI {version}"


def _limit_resources(limits: Limits) -> str:
    size, cpu = limits.memory_mb * MIB, limits.cpu_seconds
    wanted = {
        # The soft limit ends a parser that loops; up to the hard one slow work, step by step, may go on.
        resource.RLIMIT_CPU: (cpu, max(cpu, math.ceil(limits.wall_seconds), math.ceil(limits.slow_seconds)) + 2),
        resource.RLIMIT_FSIZE: (limits.file_mb * MIB,) * 2,
        resource.RLIMIT_NOFILE: (limits.open_files,) * 2,
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_AS: (size, size),
    }
    refused = [f"{number}: {error}" for number, error in map(_set_limit, wanted, wanted.values()) if error]
    if refused:
        raise OSError("limits refused: " + ", ".join(refused))
    return f"{limits.memory_mb} MiB, {cpu} CPU-seconds, files of {limits.file_mb} MiB"


def _set_limit(number: int, values: tuple[int, int]) -> tuple[int, str]:
    """Lowers a limit, never raises it: what the user already forbade stays forbidden."""
    _, ceiling = resource.getrlimit(number)
    if ceiling != resource.RLIM_INFINITY:
        values = (min(values[0], ceiling), min(values[1], ceiling))
    try:
        resource.setrlimit(number, values)
    except (OSError, ValueError) as error:
        return number, str(error)
    return number, ""
