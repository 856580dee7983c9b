"""From a name to a folder: local folder, bundled or installed, Hugging Face cache, and the hub where allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ragmm.errors import ModelError, ModelNotFoundError, UsageError
from ragmm.models import hub, openclip_names
from ragmm.models.describe import licence_of, read_json
from ragmm.models.names import ModelName, Scheme, close_matches
from ragmm.models.weights import A_DAY, file_sha256
from ragmm.models.weights_packages import MULTILINGUAL, PACKAGES
from ragmm.optional import install_line, require

__all__ = [
    "BUNDLED",
    "FoundModel",
    "Source",
    "Task",
    "bundled_folder",
    "find",
    "known_names",
]


class Source(StrEnum):
    """Where a model was found."""

    FOLDER = "folder"
    BUNDLED = "bundled"
    PACKAGE = "package"
    CACHE = "cache"


class Task(StrEnum):
    """What `mini` stands for depends on where it is written."""

    EMBED = "embed"
    GENERATE = "generate"
    READ = "read"


@dataclass(frozen=True, kw_only=True)
class FoundModel:
    """A model's files on this machine."""

    name: str
    """As it was asked for."""
    folder: Path
    revision: str
    """A commit, a version, or "local"."""
    source: Source
    licence: str


BUNDLED: Mapping[Task, str] = {Task.EMBED: "mini-clip", Task.GENERATE: "mini-vlm", Task.READ: "mini-reader"}
"""The folders of ragmm/bundled that `mini` names."""


def bundled_folder(name: str) -> Path:
    """Where a model of this name ships with ragmm; it need not exist."""
    return Path(__file__).resolve().parent.parent / "bundled" / name


def find(name: ModelName | str, *, task: Task = Task.EMBED, download: bool = False, verify: bool = True) -> FoundModel:
    """The model's files. Raises ModelNotFoundError saying where was looked and what to do next.

    Without `verify` the weights are not hashed: for whoever reads other files of the model.
    """
    parsed = ModelName.parse(name) if isinstance(name, str) else name
    if parsed.scheme in {Scheme.OPENAI, Scheme.EXTRACTIVE}:
        raise UsageError(f"{parsed} has no files on this machine")
    if parsed.of_plugin:
        raise UsageError(f"{parsed} is run by a plugin, which finds its files itself")
    if parsed.scheme in {Scheme.MINI, Scheme.MULTILINGUAL}:
        return _find_mini(task, verify) if parsed.scheme is Scheme.MINI else _find_multilingual(verify)
    looked: list[str] = []
    for found in _local_places(parsed, looked, verify):
        if found.source is Source.CACHE and verify and not hub.is_sound(found.folder):
            if download and not hub.is_offline():
                break  # what is damaged is fetched again
            hub.require_sound(found.folder, str(parsed))
        return found
    _require_names(parsed)
    if download:
        repository = _repository(parsed)
        folder = hub.download(repository, parsed.revision)
        return _cached(str(parsed), folder)
    raise ModelNotFoundError(_not_found(parsed, looked))


def _require_names(name: ModelName) -> None:
    """Raises MissingExtraError where only open_clip could tell where the weights of its names are, and is absent."""
    if name.scheme is Scheme.OPEN_CLIP:
        require("open_clip", f"the model {name}")


def _find_mini(task: Task, verify: bool) -> FoundModel:
    folder = bundled_folder(BUNDLED[task])
    if not (folder / "model.json").is_file():
        raise ModelNotFoundError(
            f"the model that ships as mini is not in this installation ({folder}); reinstall ragmm, "
            "or name another model (ragmm init --profile standard)"
        )
    card = read_json(folder / "model.json")
    if verify:
        _verify_weights(folder, card)
    return FoundModel(
        name="mini",
        folder=folder,
        revision=str(card.get("revision", "1")),
        source=Source.BUNDLED,
        licence=str(card.get("licence", "Apache-2.0")),
    )


def _find_multilingual(verify: bool) -> FoundModel:
    folder = MULTILINGUAL.folder()
    if folder is None:
        raise ModelNotFoundError(
            f"the model multilingual is not here (looked for the package {MULTILINGUAL.distribution}); "
            f"get it with: ragmm models pull multilingual, or {install_line('multilingual')}"
        )
    if verify:
        MULTILINGUAL.verify(folder)
    return FoundModel(
        name=str(Scheme.MULTILINGUAL),
        folder=folder,
        revision=MULTILINGUAL.revision,
        source=Source.PACKAGE,
        licence=MULTILINGUAL.licence,
    )


def _verify_weights(folder: Path, card: Mapping[str, Any]) -> None:
    """Raises ModelError when the shipped weights are not those whose figures the card gives."""
    weights = card.get("weights") or {"file": card.get("image_tower"), "sha256": card.get("image_tower_sha256")}
    for part in (weights, card.get("later", {}), card.get("later_second", {})):
        expected, name = part.get("sha256"), part.get("file")
        if not expected or not name:
            continue
        file = folder / str(name)
        seen = file_sha256(file, within=A_DAY) if file.is_file() else "missing"
        if seen != expected:
            raise ModelError(
                f"{file} is damaged: sha256 {seen[:16]}…, expected {str(expected)[:16]}…; reinstall ragmm, "
                "or name another model (ragmm init --profile standard)"
            )


def _local_places(name: ModelName, looked: list[str], verify: bool) -> Iterator[FoundModel]:
    """Each place in turn; `looked` collects where nothing was, for the error."""
    folder = Path(name.target).expanduser()
    if name.is_path or _holds_a_model(folder):
        yield _local_folder(name, folder)
    looked.append(f"the folder {folder}")
    package = PACKAGES.get(name.target) if name.revision is None else None
    if package is not None:
        installed = package.folder()
        if installed is not None:
            if verify:
                package.verify(installed)
            yield FoundModel(
                name=str(name),
                folder=installed,
                revision=package.revision,
                source=Source.PACKAGE,
                licence=package.licence,
            )
        looked.append(f"the package {package.distribution}")
    repository = _repository(name)
    cached = hub.cached(repository, name.revision)
    if cached is not None:
        yield _cached(str(name), cached)
    looked.append(f"the Hugging Face cache {hub.cache_folder()} (repository {repository})")


def _holds_a_model(folder: Path) -> bool:
    """A folder of the same name that holds something else does not hide a model."""
    return any((folder / config).is_file() for config in ("open_clip_config.json", "modules.json", "config.json"))


def _local_folder(name: ModelName, folder: Path) -> FoundModel:
    if not folder.is_dir():
        raise ModelNotFoundError(f"there is no folder {folder} for the model {name}; check the path")
    return FoundModel(
        name=str(name),
        folder=folder.resolve(),
        revision="local",
        source=Source.FOLDER,
        licence=licence_of(folder),
    )


def _cached(name: str, folder: Path) -> FoundModel:
    return FoundModel(name=name, folder=folder, revision=folder.name, source=Source.CACHE, licence=licence_of(folder))


def _repository(name: ModelName) -> str:
    """The hub's id: as written, or the one an OpenCLIP NAME/TAG or a bare sentence-transformers name stands for."""
    if name.scheme is Scheme.OPEN_CLIP and openclip_names.is_tagged(name.target):
        return openclip_names.repository(name.target)
    if name.scheme is Scheme.ST and "/" not in name.target:
        return f"sentence-transformers/{name.target}"
    return name.target


def _not_found(name: ModelName, looked: list[str]) -> str:
    pulled = [*(["mini"] if name.target in PACKAGES else []), str(name)]
    first = " (unset HF_HUB_OFFLINE first)" if hub.is_offline() else ""
    remedies = [f"ragmm models pull {one}{first}" for one in pulled]
    known = known_names(name.scheme)
    near = [] if name.target in known else close_matches(name.target, known)
    meant = f"; did you mean {name.scheme}:{near[0]}?" if near else ";"
    return (
        f"the model {name} is not here (looked for {', '.join(looked)}){meant} "
        f"get it with: {', or '.join(remedies)}, or name a local folder"
    )


def known_names(scheme: str) -> list[str]:
    """What a name of this scheme could have meant: profiles, packages, the cache, OpenCLIP's own list."""
    from ragmm.models.profiles import PROFILES

    names = {name for name in PACKAGES if scheme is Scheme.ST}
    names.update(hub.cached_repositories())
    for profile in PROFILES.values():
        names.update(m.name.partition(":")[2] for m in profile.models() if m.name.startswith(f"{scheme}:"))
    if scheme is Scheme.OPEN_CLIP:
        names.update(openclip_names.architectures())
    return sorted(names)
