"""What `ragmm models` shows: which models are here, whether they are sound, where they lie, and fetching more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from ragmm.errors import ModelError
from ragmm.models import hub
from ragmm.models.describe import ModelFacts, describe, is_table_of_pieces, read_json
from ragmm.models.finding import BUNDLED, FoundModel, Source, Task, bundled_folder, find
from ragmm.models.fingerprints import fingerprint, identity_files
from ragmm.models.machine import fits, memory_bytes
from ragmm.models.names import ModelName, Scheme
from ragmm.models.profiles import PHOTOS_KNOW, PROFILES
from ragmm.models.remedies import remedy_for
from ragmm.models.safety import refuse_foreign_code, refuse_pickles
from ragmm.models.weights import file_sha256, read_header, safetensors_files
from ragmm.models.weights_packages import MULTILINGUAL, PACKAGES, PHOTOS, WeightsPackage
from ragmm.optional import install_line

__all__ = ["ModelCheck", "ModelEntry", "ModelFile", "check", "check_weights", "list_models", "path", "pull"]

_Result = TypeVar("_Result")
_PHOTOS_BYTES, _MULTILINGUAL_BYTES = 18_800_000, 32_900_000


@dataclass(frozen=True, kw_only=True)
class ModelEntry:
    """A model that is here, or that a profile would use."""

    name: str
    """As it is written in a pipeline file."""
    present: bool
    source: Source | None
    folder: Path | None
    bytes: int
    """On disk; of an absent model, what it would download."""
    licence: str
    revision: str
    profiles: tuple[str, ...]
    """The profiles that use it."""
    memory_mb: int = 0
    """Of the weights as loaded."""
    fits: bool = True
    """Whether this machine has that much memory, and what a program needs beside it."""
    notice: str = ""
    """What a user should know of it."""


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """One file that makes the model what it is."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ModelCheck:
    """What a look at a model's files found."""

    name: str
    folder: Path
    source: Source
    revision: str
    licence: str
    facts: ModelFacts | None
    fingerprint: str
    files: tuple[ModelFile, ...]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


def list_models() -> list[ModelEntry]:
    """Bundled and installed models first, then the cache, then what the profiles would fetch."""
    entries: dict[str, ModelEntry] = {}
    for entry in (*_bundled(), *_installed(), *_photos(), *_multilingual(), *_cached(), *_wanted()):
        entries.setdefault(entry.name.partition(":")[2] or entry.name, entry)
    memory = memory_bytes()
    return [_sized(entry, memory) for entry in entries.values()]


def _sized(entry: ModelEntry, memory: int) -> ModelEntry:
    """With what it takes once it is loaded, where its profile does not say as much as its files."""
    known = (model.memory_mb for profile in PROFILES.values() for model in profile.models() if model.name == entry.name)
    taken = next(known, 0) or -(-entry.bytes // 1_000_000)
    return replace(entry, memory_mb=taken, fits=fits(taken, memory))


def _bundled() -> Iterator[ModelEntry]:
    for task, folder_name in BUNDLED.items():
        if (bundled_folder(folder_name) / "model.json").is_file():
            yield _entry(find("mini", task=task), name=f"mini ({folder_name})", profiles=("mini",))


def _installed() -> Iterator[ModelEntry]:
    seen = set()
    for target, package in PACKAGES.items():
        folder = package.folder()
        if folder is None or package.module in seen:
            continue
        seen.add(package.module)
        name = f"st:{target}"
        found = FoundModel(
            name=name, folder=folder, revision=package.revision, source=Source.PACKAGE, licence=package.licence
        )
        yield _entry(found, name=name, profiles=_users(name))


def _photos() -> Iterator[ModelEntry]:
    """What looks at photographs, here or not; no name of a pipeline's models."""
    yield _packaged(
        "efficientnet-lite0", PHOTOS, "photos", absent_bytes=_PHOTOS_BYTES, notice=PHOTOS_KNOW, users=("mini",)
    )


def _multilingual() -> Iterator[ModelEntry]:
    """A text model of no profile."""
    yield _packaged(
        str(Scheme.MULTILINGUAL),
        MULTILINGUAL,
        "multilingual",
        absent_bytes=_MULTILINGUAL_BYTES,
        notice="text in sixteen languages, each found by questions in another",
    )


def _packaged(
    name: str, package: WeightsPackage, extra: str, *, absent_bytes: int, notice: str, users: tuple[str, ...] = ()
) -> ModelEntry:
    """One that comes as a package by itself, here or not."""
    folder = package.folder()
    here = folder is not None
    files = [one for one in folder.iterdir() if one.is_file()] if folder is not None else []
    return ModelEntry(
        name=name,
        present=here,
        source=Source.PACKAGE if here else None,
        folder=folder,
        bytes=sum(one.stat().st_size for one in files) if here else absent_bytes,
        licence=package.licence,
        revision=package.revision,
        profiles=users,
        notice=notice if here else f"{notice}; {install_line(extra)}",
    )


def _cached() -> Iterator[ModelEntry]:
    for repository in hub.cached_repositories():
        folder = hub.cached(repository)
        if folder is None:
            continue
        name = _named(repository, folder)
        found = find(ModelName.parse(name), verify=False)
        yield _entry(found, name=name, profiles=_users(name))


def _named(repository: str, folder: Path) -> str:
    """The name a pipeline would use: a profile's where there is one, else by the folder's layout."""
    for profile in PROFILES.values():
        for model in profile.models():
            if model.name.partition(":")[2] == repository:
                return model.name
    if (folder / "open_clip_config.json").is_file():
        return f"{Scheme.OPEN_CLIP}:{repository}"
    return f"{Scheme.ST if (folder / 'modules.json').is_file() else Scheme.HF}:{repository}"


def _wanted() -> Iterator[ModelEntry]:
    for profile in PROFILES.values():
        for model in profile.models():
            if ":" in model.name:
                yield ModelEntry(
                    name=model.name,
                    present=False,
                    source=None,
                    folder=None,
                    bytes=model.download_mb * 1_000_000,
                    licence=model.licence,
                    revision="",
                    profiles=_users(model.name),
                )


def _users(name: str) -> tuple[str, ...]:
    return tuple(p.name for p in PROFILES.values() if any(model.name == name for model in p.models()))


def _entry(found: FoundModel, *, name: str, profiles: tuple[str, ...]) -> ModelEntry:
    return ModelEntry(
        name=name,
        present=True,
        source=found.source,
        folder=found.folder,
        bytes=sum(file.stat().st_size for file in found.folder.rglob("*") if file.is_file()),
        licence=found.licence,
        revision=found.revision,
        profiles=profiles,
    )


def check(name: str, *, task: Task = Task.EMBED) -> ModelCheck:
    """Reads and hashes every file that matters; what is wrong is in `problems`, one sentence each.

    Raises ModelNotFoundError when there is nothing to check.
    """
    found = find(name, task=task, verify=False)
    problems: list[str] = []
    _attempt(lambda: find(name, task=task), problems)
    facts = _attempt(lambda: describe(found.folder), problems)
    _attempt(lambda: check_weights(found.folder), problems)
    files = tuple(
        ModelFile(
            name=file.relative_to(found.folder).as_posix(),
            bytes=file.stat().st_size,
            sha256=file_sha256(file, within=0),
        )
        for file in identity_files(found.folder)
    )
    if facts is not None and facts.text_model is not None:
        _attempt(lambda: find(f"st:{facts.text_model}"), problems)
    return ModelCheck(
        name=name,
        folder=found.folder,
        source=found.source,
        revision=found.revision,
        licence=found.licence,
        facts=facts,
        fingerprint=fingerprint(found.folder, adapter="files"),
        files=files,
        problems=tuple(dict.fromkeys(problems)),
    )


def _attempt(look: Callable[[], _Result], problems: list[str]) -> _Result | None:
    try:
        return look()
    except ModelError as error:
        problems.append(str(error))
        return None


def check_weights(folder: Path) -> None:
    """Raises ModelError where they are missing, cut short, or of a kind that is not read; nothing is hashed."""
    if is_table_of_pieces(folder):
        return  # of one version only, whose files were hashed when it was found
    refuse_pickles(folder)
    refuse_foreign_code(folder)
    files = [file for file in identity_files(folder) if file.suffix == ".safetensors"]
    if not files:
        raise ModelError(f"{folder} holds no .safetensors weights; {remedy_for(folder)}")
    for file in files:
        read_header(file)
    missing = _missing_shards(folder)
    if missing:
        raise ModelError(f"{folder} lacks {len(missing)} weights files, first {missing[0]}; {remedy_for(folder)}")


def _missing_shards(folder: Path) -> list[str]:
    named: set[str] = set()
    for index in folder.glob("*.safetensors.index.json"):
        named.update(map(str, read_json(index).get("weight_map", {}).values()))
    return sorted(named - {file.name for file in safetensors_files(folder)})


def pull(name: str) -> FoundModel:
    """Fetches a model into the Hugging Face cache unless it is here; honours HF_HUB_OFFLINE.

    mini's text model comes as a package, from where this machine gets its packages, and without what that asks for.
    """
    parsed = ModelName.parse(_with_adapter(name))
    if parsed.scheme is Scheme.MULTILINGUAL:
        return _pull_multilingual(parsed)
    found = find(parsed, download=True)
    text_model = describe(found.folder).text_model
    if text_model is None:
        return found
    text = ModelName(scheme=Scheme.ST, target=text_model)
    package = PACKAGES.get(text_model)
    if package is None or parsed.scheme is not Scheme.MINI:
        find(text, download=True)
        return found
    try:
        find(text)
    except ModelError:
        if hub.is_offline():
            raise
        package.fetch()
    return found


def _pull_multilingual(name: ModelName) -> FoundModel:
    try:
        return find(name)
    except ModelError:
        if hub.is_offline():
            raise
        MULTILINGUAL.fetch()
    return find(name)


def _with_adapter(name: str) -> str:
    """The id of a repository as a pipeline would name it: what is fetched is the same whatever runs it."""
    if ":" in name or "/" not in name or name.startswith(("/", ".", "~")):
        return name
    named = (model.name for profile in PROFILES.values() for model in profile.models())
    return next((one for one in named if one.partition(":")[2] == name), f"{Scheme.HF}:{name}")


def path(name: str, *, task: Task = Task.EMBED) -> Path:
    """Where the model's files are. Raises ModelNotFoundError when they are not here."""
    return find(name, task=task).folder
