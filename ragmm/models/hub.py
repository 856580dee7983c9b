"""The Hugging Face cache and hub: what is here, and fetching what is not, safetensors only.

The cache calls each file by the sum that the hub announced for it. huggingface_hub compares sizes alone, so the sums
are checked here: before a cached model is used, and when one has arrived.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ragmm.errors import ModelError, ModelNotFoundError
from ragmm.models.remedies import CACHED, repository_in
from ragmm.models.weights import file_sha256

__all__ = ["cache_folder", "cached", "cached_repositories", "download", "is_offline", "is_sound", "require_sound"]

_WANTED = ("*.safetensors", "*.json", "*.jinja", "*.txt", "*.model", "*.tiktoken", "README.md", "LICENSE*")
_UNWANTED = ("onnx/*", "openvino/*", "*/onnx/*", "*/openvino/*", "coreml/*", "*.py")
_TIMEOUT_SECONDS = 10.0
_SHA256, _GIT_SHA1 = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{40}")
_TRANSPORTS = (("httpx2", "HTTPError"), ("httpx", "HTTPError"), ("requests", "RequestException"))
"""What huggingface_hub speaks HTTP with, by its version; the errors of that library are its own."""


def is_offline() -> bool:
    """Whether the environment forbids the hub; HF_HUB_OFFLINE is honoured whatever the pipeline says."""
    return any(os.environ.get(name, "").upper() in {"1", "ON", "YES", "TRUE"} for name in _OFFLINE)


_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")


def cache_folder() -> Path:
    """Where huggingface_hub keeps repositories, by its own environment variables."""
    explicit = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    if explicit:
        return Path(explicit).expanduser()
    home = os.environ.get("HF_HOME")
    if home:
        return Path(home).expanduser() / "hub"
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "huggingface" / "hub"


def _repository_folder(repository: str) -> Path:
    return cache_folder() / (CACHED + repository.replace("/", "--"))


def cached(repository: str, revision: str | None = None) -> Path | None:
    """The snapshot of a revision (default: main), or None where it is absent or without weights; looks at the disk."""
    folder = _repository_folder(repository)
    wanted = revision or "main"
    reference = folder / "refs" / wanted
    try:
        commit = reference.read_text("utf-8").strip()
    except OSError:
        commit = wanted
    snapshot = folder / "snapshots" / commit
    return snapshot if _complete(snapshot) else None


def _complete(snapshot: Path) -> bool:
    """Whether there are weights, and of weights in several files all of them: a download may have been cut short."""
    if not any(file.is_file() for file in snapshot.rglob("*.safetensors")):
        return False
    indexes = (file for file in snapshot.rglob("*.safetensors.index.json") if file.is_file())
    return all((index.parent / shard).is_file() for index in indexes for shard in _shards(index))


def _shards(index: Path) -> frozenset[str]:
    try:
        found = json.loads(index.read_text("utf-8"))["weight_map"]
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()  # that it is damaged is said where it is read
    return frozenset(map(str, found.values()))


def is_sound(snapshot: Path) -> bool:
    """Whether every file of a cached model is the one that the hub announced."""
    return next(_damaged_in(snapshot), None) is None


def require_sound(snapshot: Path, name: str) -> None:
    """Raises ModelError where `is_sound` says no."""
    for file in _damaged_in(snapshot):
        raise ModelError(
            f"{file} is damaged: it is not what the hub announced ({file.resolve().name[:16]}…); "
            f"fetch it again with: ragmm models pull {name}"
        )


def _damaged_in(snapshot: Path) -> Iterator[Path]:
    return _damaged(file for file in snapshot.rglob("*") if file.is_file())


def _damaged(files: Iterable[Path]) -> Iterator[Path]:
    """Those whose content does not have the sum they are called by; copies without such names cannot be told."""
    for file in sorted(files):
        announced = file.resolve().name
        if (_SHA256.fullmatch(announced) and file_sha256(file) != announced) or (
            _GIT_SHA1.fullmatch(announced) and _git_sha1(file) != announced
        ):
            yield file


def _git_sha1(file: Path) -> str:
    data = file.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def cached_repositories() -> list[str]:
    """The ids of all cached model repositories."""
    folder = cache_folder()
    if not folder.is_dir():
        return []
    return sorted(repository_in(one.name) for one in folder.glob(f"{CACHED}*") if (one / "snapshots").is_dir())


def download(repository: str, revision: str | None = None) -> Path:
    """Fetches what ragmm reads of a repository, never pickles or code; returns the snapshot's folder."""
    if is_offline():
        raise ModelNotFoundError(
            f"the model {repository} is not here and HF_HUB_OFFLINE forbids fetching it; "
            f"unset HF_HUB_OFFLINE and run: ragmm models pull {repository}, or name a local folder"
        )
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    _forget_damaged(repository)
    try:
        info = HfApi().model_info(repository, revision=revision, timeout=_TIMEOUT_SECONDS)
        _require_safetensors(repository, [file.rfilename for file in info.siblings or ()])
        folder = snapshot_download(
            repository, revision=info.sha, allow_patterns=list(_WANTED), ignore_patterns=list(_UNWANTED)
        )
    except HFValidationError as error:
        raise ModelNotFoundError(f"{repository!r} is not the id of a repository (org/name); check the name") from error
    except HfHubHTTPError as error:
        raise ModelNotFoundError(_refused(repository, revision, error.response.status_code)) from error
    except _transport_errors() as error:
        raise ModelNotFoundError(_unreachable(repository, error)) from error
    if _forget_damaged(repository):
        raise ModelError(
            f"{repository} did not arrive as the hub announced it: a file has another sum; it was thrown away. "
            f"Try again, and if that does not help, another network: ragmm models pull {repository}"
        )
    _remember(repository, revision or "main", str(info.sha))
    return Path(folder)


def _forget_damaged(repository: str) -> bool:
    """Remove what is not what it is called, so that it is fetched anew; whether there was any."""
    blobs = _repository_folder(repository) / "blobs"
    damaged = list(_damaged(blobs.iterdir())) if blobs.is_dir() else []
    for file in damaged:
        file.unlink()
    return bool(damaged)


def _transport_errors() -> tuple[type[Exception], ...]:
    found = (getattr(sys.modules.get(module), error, None) for module, error in _TRANSPORTS)
    return OSError, *(one for one in found if one is not None)


def _require_safetensors(repository: str, files: list[str]) -> None:
    if not any(name.endswith(".safetensors") for name in files):
        raise ModelError(
            f"{repository} offers no .safetensors weights; ragmm loads no pickles, because they can run code: "
            "choose a revision or a repository with safetensors"
        )


def _remember(repository: str, revision: str, commit: str) -> None:
    """A snapshot fetched by commit leaves no reference; without one it would not be found by name again."""
    reference = _repository_folder(repository) / "refs" / revision
    reference.parent.mkdir(parents=True, exist_ok=True)
    reference.write_text(commit, "utf-8")


def _refused(repository: str, revision: str | None, status: int) -> str:
    at = f" at revision {revision}" if revision else ""
    if status in {401, 403}:
        return f"the hub does not give out {repository}{at} (HTTP {status}); check the name, or log in: hf auth login"
    return f"the hub has no {repository}{at} (HTTP {status}); check the name and the revision"


def _unreachable(repository: str, error: Exception) -> str:
    return (
        f"the model {repository} could not be fetched: the hub is not reachable or broke off ({type(error).__name__}); "
        "check the network, copy the model's folder here and name it, or use the profile mini"
    )
