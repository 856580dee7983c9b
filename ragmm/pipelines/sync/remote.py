"""Objects of a remote store, through fsspec: listed with their size and tag, copied here before they are read."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ragmm.config.settings import SourceSettings
from ragmm.errors import DocumentError, MissingExtraError, UsageError
from ragmm.optional import missing
from ragmm.pipelines.ingest.sources import Listing, SourceFile, Walk
from ragmm.types import Failure

__all__ = ["Fetcher", "RemoteStore", "is_remote"]

_TAGS = ("ETag", "etag", "md5Hash", "content_md5", "version_id", "LastModified", "last_modified", "updated", "mtime")
_BLOCK = 1 << 20


def is_remote(path: str) -> bool:
    """Whether a source is a URL."""
    return "://" in path


class RemoteStore:
    """A bucket or another folder that fsspec serves."""

    def __init__(self, url: str, options: Sequence[str] = ()) -> None:
        self.url = url
        self.failures: list[Failure] = []
        self._files, self._base = _opened(url, options)

    def listings(self, settings: SourceSettings, prefix: str) -> Iterator[Listing]:
        """By folder, the objects that are wanted. Raises OSError where the store cannot be listed to its end."""
        rules = Walk(settings)
        by_folder: dict[str, list[SourceFile]] = defaultdict(list)
        names: dict[str, set[str]] = defaultdict(set)
        for key, facts in sorted(self._objects().items()):
            uri = key.removeprefix(self._base).lstrip("/")
            path = f"{self.url}/{uri}"
            folder, _, name = path.rpartition("/")
            names[folder].add(name)
            if rules.wants(uri) and rules.fits(prefix + uri, int(facts.get("size") or 0)):
                by_folder[folder].append(_source_file(path, prefix + uri, self.url, facts))
        self.failures.extend(rules.failures)
        for folder, all_names in names.items():
            files = tuple(by_folder[folder])
            taken = {file.path.rpartition("/")[2] for file in files}
            yield Listing(folder=folder, files=files, names=frozenset(all_names), left_out=frozenset(all_names - taken))

    def _objects(self) -> Mapping[str, Mapping[str, Any]]:
        self._files.invalidate_cache()
        found: Mapping[str, Mapping[str, Any]] = self._files.find(self._base, detail=True)
        return {
            key: facts
            for key, facts in found.items()
            if facts.get("type") == "file" and not any(part.startswith(".") for part in key.split("/"))
        }

    def copy(self, path: str, target: Path) -> None:
        """Copy one object here. Raises OSError."""
        key = self._base + path.removeprefix(self.url)
        with self._files.open(key, "rb") as source, target.open("xb") as out:
            while block := source.read(_BLOCK):
                out.write(block)


def _opened(url: str, options: Sequence[str]) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError as error:
        raise missing("fsspec", f"the source {url}") from error
    try:
        files, base = fsspec.core.url_to_fs(url, **_nested(options))
    except ImportError as error:  # fsspec says which package serves the protocol
        raise MissingExtraError(f"for {url.partition(':')[0]}: ({error})", "remote", f"the source {url}") from error
    except ValueError as error:
        raise UsageError(f"{url}: {error}; name a URL whose protocol fsspec serves") from error
    return files, str(base).rstrip("/")


def _nested(options: Sequence[str]) -> dict[str, Any]:
    """ "a.b=1" becomes {"a": {"b": 1}}; a value that is JSON is taken as such."""
    found: dict[str, Any] = {}
    for option in options:
        name, separator, text = option.partition("=")
        if not separator:
            raise UsageError(f"sources.place.options holds {option!r}; write name=value")
        *above, last = name.strip().split(".")
        table = found
        for step in above:
            table = table.setdefault(step, {})
        try:
            table[last] = json.loads(text)
        except ValueError:
            table[last] = text.strip()
    return found


def _source_file(path: str, uri: str, root: str, facts: Mapping[str, Any]) -> SourceFile:
    """Size and tag stand for size and times: any change of the object changes one of them."""
    tag = next((f"{name} {facts[name]}" for name in _TAGS if facts.get(name)), "")
    number = int.from_bytes(hashlib.sha256(tag.encode()).digest()[:7])
    return SourceFile(path, uri, root, int(facts.get("size") or 0), number, 0, 0)


class Fetcher:
    """Gives every file as a local one: an object of a remote store is copied here for as long as it is used."""

    def __init__(self, stores: Mapping[str, RemoteStore]) -> None:
        self._stores = stores

    @contextlib.contextmanager
    def __call__(self, file: SourceFile) -> Iterator[tuple[Path, Path]]:
        """A path, and the folder below which no link is followed. Raises DocumentError."""
        store = self._stores.get(file.root)
        if store is None:
            yield Path(file.path), Path(file.root)
            return
        with tempfile.TemporaryDirectory(prefix="ragmm-fetch-") as folder:
            copy = Path(folder) / "object"
            try:
                store.copy(file.path, copy)
            except OSError as error:
                raise DocumentError(f"{file.path} cannot be fetched: {error}; run again later") from error
            if copy.stat().st_size != file.size:
                raise DocumentError(f"{file.path} changed while it was fetched; run again later")
            yield copy, copy.parent
