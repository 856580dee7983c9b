"""Which loader reads which file: one explicit table, asked in order."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from ragmm.errors import DocumentError, PluginError, UnsupportedError
from ragmm.loaders.base import Loader, Probe
from ragmm.loaders.image import ImageLoader
from ragmm.loaders.jsonl import JsonLoader
from ragmm.loaders.markdown import MarkdownLoader
from ragmm.loaders.probe import BINARY, EMPTY, ENCRYPTED_OFFICE, probe
from ragmm.loaders.settings import LoaderSettings
from ragmm.loaders.tabular import TabularLoader
from ragmm.loaders.text import TextLoader
from ragmm.optional import advice, extra_for
from ragmm.plugins import Group, plugins
from ragmm.text.names import display_name
from ragmm.types import Item

__all__ = ["default_loaders", "load", "loader_for", "probe"]

_ZIPPED = (".docx", ".xlsx", ".xlsm", ".pptx", ".odt", ".ods", ".odp", ".epub")
_ADVICE = {
    "application/vnd.ms-excel.sheet.binary.macroenabled.12": "save it as .xlsx",
    **dict.fromkeys(
        (f"application/{kind}" for kind in ("zip", "gzip", "x-bzip2", "x-tar", "x-xz")),
        "unpack it, or set loaders.archives = true",
    ),
}


def default_loaders(settings: LoaderSettings) -> tuple[Loader, ...]:
    """Every loader whose library is installed, those of plugins before ragmm's own; the first that accepts reads."""
    own = _own_loaders(settings)
    return (*_plugged(settings, {loader.name for loader in own}), *own)


def _own_loaders(settings: LoaderSettings) -> tuple[Loader, ...]:
    return (
        *_room("ragmm.loaders.pdf", settings),
        *_room("ragmm.loaders.svg", settings),
        *_room("ragmm.loaders.office", settings),
        *_room("ragmm.loaders.archive", settings),
        ImageLoader(settings),
        TabularLoader(settings),
        JsonLoader(settings),
        MarkdownLoader(settings),
        TextLoader(settings),
    )


def loader_for(probe: Probe, loaders: Sequence[Loader]) -> Loader:
    """The first loader that accepts the file; UnsupportedError says what it is and what would read it."""
    for loader in loaders:
        if loader.accepts(probe):
            return loader
    raise UnsupportedError(_unsupported(probe))


def load(file: Path, probe: Probe, loaders: Sequence[Loader]) -> Iterator[Item]:
    """The items of one file; a file that yields none is an error that says so."""
    name = display_name(probe.name)
    if probe.media_type == EMPTY:
        raise DocumentError(f"{name} is empty (0 bytes); there is nothing to index")
    if probe.media_type == ENCRYPTED_OFFICE:
        raise DocumentError(f"{name} is an Office file under a password; save it without one")
    found = False
    for item in loader_for(probe, loaders).load(file, probe):
        found = True
        yield item
    if not found:
        raise DocumentError(f"{name} ({probe.media_type}) holds neither text nor images; there is nothing to index")


def _room(module: str, settings: LoaderSettings) -> tuple[Loader, ...]:
    """The loaders of a room: its `loaders(settings)` gives none where its library is not installed."""
    if find_spec(module) is None:
        return ()
    loaders: tuple[Loader, ...] = import_module(module).loaders(settings)
    return loaders


def _plugged(settings: LoaderSettings, taken: Container[str]) -> Iterator[Loader]:
    for name, plugin in plugins(Group.LOADERS).items():
        loader = plugin.load()(settings)
        if not isinstance(loader, Loader) or loader.name != name or name in taken:
            raise PluginError(
                f"the loader {name!r} of {plugin.package} is no loader that can be used: it needs name = {name!r} "
                "(none of ragmm's own), version, reads, accepts and load; see docs/guide/extend.md"
            )
        yield loader


def _unsupported(probe: Probe) -> str:
    name, kind = display_name(probe.name), probe.media_type
    if kind == BINARY:
        return f"{name} is no format that ragmm reads: its content is binary and begins with {probe.head[:8].hex(' ')}"
    if kind == "application/zip" and name.lower().endswith(_ZIPPED):
        return f"{name} is damaged: it is a zip file, but its list of members names no document; replace the file"
    if package := extra_for(kind):
        return f"{name} is {kind}, which needs an optional package; install it with: {advice(package)}"
    otherwise = _ADVICE.get(kind, "convert it to a format that `ragmm doctor` lists, or exclude it")
    return f"{name} is {kind}, which no loader reads; {otherwise}"
