"""The Hugging Face cache and hub: what is here, and fetching what is not, safetensors only."""

from __future__ import annotations

import os
from pathlib import Path

from ragmm.errors import ModelError, ModelNotFoundError

__all__ = ["cache_folder", "cached", "cached_repositories", "download", "is_offline"]

_WANTED = ("*.safetensors", "*.json", "*.jinja", "*.txt", "*.model", "*.tiktoken", "README.md", "LICENSE*")
_UNWANTED = ("onnx/*", "openvino/*", "*/onnx/*", "*/openvino/*", "coreml/*", "*.py")
_TIMEOUT_SECONDS = 10.0


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
    return cache_folder() / ("models--" + repository.replace("/", "--"))


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
    return snapshot if any(file.is_file() for file in snapshot.rglob("*.safetensors")) else None


def cached_repositories() -> list[str]:
    """The ids of all cached model repositories."""
    folder = cache_folder()
    if not folder.is_dir():
        return []
    names = (path.name.removeprefix("models--") for path in folder.glob("models--*") if (path / "snapshots").is_dir())
    return sorted(name.replace("--", "/", 1) for name in names)


def download(repository: str, revision: str | None = None) -> Path:
    """Fetches what ragmm reads of a repository, never pickles or code; returns the snapshot's folder."""
    if is_offline():
        raise ModelNotFoundError(
            f"the model {repository} is not here and HF_HUB_OFFLINE forbids fetching it; "
            f"unset HF_HUB_OFFLINE and run: ragmm models pull {repository}, or name a local folder"
        )
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

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
    except OSError as error:
        raise ModelNotFoundError(_unreachable(repository, error)) from error
    _remember(repository, revision or "main", str(info.sha))
    return Path(folder)


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


def _unreachable(repository: str, error: OSError) -> str:
    return (
        f"the model {repository} could not be fetched: the hub is not reachable ({type(error).__name__}); "
        "check the network, copy the model's folder here and name it, or use the profile mini, which needs no download"
    )
