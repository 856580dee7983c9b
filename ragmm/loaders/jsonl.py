"""JSON and JSON lines: every record as readable "key: value" lines, its path as the section."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragmm.errors import DocumentError
from ragmm.loaders.base import DocumentWarning, Probe
from ragmm.loaders.blocks import Block, BlockKind
from ragmm.loaders.chunking import chunk_blocks, section_context
from ragmm.loaders.decoding import read_text
from ragmm.loaders.settings import PASSAGES, LoaderSettings
from ragmm.text.names import display_name
from ragmm.types import Item, Locator, Modality

__all__ = ["JsonLoader"]

_LINES = "application/x-ndjson"
_DEEPEST = 100
_MOST_REPORTED = 3
_SMALL = 8
"""Entries of an inner object that is told as lines of the outer one."""
_LABELS = ("title", "name", "id")


@dataclass(frozen=True, kw_only=True, slots=True)
class JsonPlace:
    """Where a value stands in a file."""

    name: str
    """The file, and its line where it has one value a line."""
    path: tuple[str, ...] = ()
    """Keys, without the numbers of list entries."""
    pointer: str = ""
    """With the numbers: "orders[3].lines"."""
    label: str = ""
    """What the object around it is called."""
    depth: int = 0

    def entry(self, index: int) -> JsonPlace:
        return self._deeper(path=self.path, pointer=f"{self.pointer}[{index}]", label=self.label)

    def under(self, key: str, label: str) -> JsonPlace:
        pointer = f"{self.pointer}.{key}" if self.pointer else key
        return self._deeper(path=(*self.path, _line(key)), pointer=pointer, label=label or self.label)

    def _deeper(self, *, path: tuple[str, ...], pointer: str, label: str) -> JsonPlace:
        if self.depth >= _DEEPEST:
            raise DocumentError(
                f"{self.name} is nested more than {_DEEPEST} levels deep at {pointer[:60]}…; flatten it"
            )
        return JsonPlace(name=self.name, path=path, pointer=pointer, label=label, depth=self.depth + 1)


Record = tuple[str, JsonPlace]
"""The lines of the values that belong together, and where they stand."""


class JsonLoader:
    """Numbers are kept as they are written; `pointer`, or `line` and `chars`, say where a record stands."""

    name = "json"
    version = 2
    reads = PASSAGES | {"max_text_bytes"}

    def __init__(self, settings: LoaderSettings) -> None:
        self.settings = settings

    def accepts(self, probe: Probe) -> bool:
        return probe.media_type in {"application/json", _LINES}

    def load(self, file: Path, probe: Probe) -> Iterator[Item]:
        decoded = read_text(file, probe, self.settings)
        text = decoded.text.removeprefix("\ufeff")
        name = display_name(probe.name)
        records = _line_records(text, name) if probe.media_type == _LINES else _whole(text, name)
        for (lines, at), place in records:
            yield from self._items(lines, at, {**place, **decoded.facts()})

    def _items(self, lines: str, at: JsonPlace, metadata: dict[str, Any]) -> Iterator[Item]:
        block = Block(start=0, end=len(lines), kind=BlockKind.LIST)
        for chunk in chunk_blocks(lines, [block], self.settings):
            yield Item(
                modality=Modality.PASSAGE,
                text=lines[chunk.start : chunk.end],
                locator=Locator(section=at.path),
                context="\n".join(filter(None, (section_context(at.path), at.label))),
                metadata=metadata,
            )


def _whole(text: str, name: str) -> Iterator[tuple[Record, dict[str, Any]]]:
    try:
        value = _parse(text, name)
    except ExtraDataError:  # several values one after the other, whatever the file is called
        yield from _line_records(text, name)
        return
    for lines, at in _records(value, JsonPlace(name=name)):
        yield (lines, at), {"pointer": at.pointer}


def _line_records(text: str, name: str) -> Iterator[tuple[Record, dict[str, Any]]]:
    """One value a line; a broken line is named by its number and kept as it is, blank ones are passed over."""
    start = good = 0
    broken: list[DocumentError] = []
    for number, line in enumerate(text.split("\n"), start=1):
        place = {"line": number, "chars": [start, start + len(line)]}
        start += len(line) + 1
        if not line.strip():
            continue
        where = JsonPlace(name=f"{name}, line {number},")
        try:
            records = list(_records(_parse(line, where.name), where))
            good += 1
        except DocumentError as error:
            records = [(line, where)]
            broken.append(error)
            place["unparsed"] = True
        for lines, at in records:
            yield (lines, at), place | ({"pointer": at.pointer} if at.pointer else {})
    _report(broken, good)


def _report(broken: list[DocumentError], good: int) -> None:
    if broken and not good:
        raise broken[0]
    for error in broken[:_MOST_REPORTED]:
        warnings.warn(DocumentWarning(f"{error}; the line was kept as plain text"), stacklevel=2)
    if len(broken) > _MOST_REPORTED:
        more = len(broken) - _MOST_REPORTED
        warnings.warn(DocumentWarning(f"{more} more lines are not JSON and were kept as plain text"), stacklevel=2)


class ExtraDataError(DocumentError):
    """A whole value is followed by another one."""


def _parse(text: str, where: str) -> Any:
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=str, strict=False)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}" if "\n" in text.strip() else f"column {error.colno}"
        kind = ExtraDataError if error.msg == "Extra data" else DocumentError
        raise kind(f"{where} is not JSON: {error.msg} at {place}; correct it there") from error
    except RecursionError as error:
        raise DocumentError(f"{where} is nested too deeply to be read; at most {_DEEPEST} levels are") from error


def _records(value: Any, at: JsonPlace) -> Iterator[Record]:
    """What an object says in scalars is one record; larger objects and lists of objects inside it are records too."""
    if isinstance(value, dict):
        lines, inner = _split(value)
        if lines:
            yield "\n".join(lines), at
        label = next((f"{key}: {_plain(value[key])[:80]}" for key in _LABELS if _plain(value.get(key))), "")
        for key, entry in inner:
            yield from _records(entry, at.under(key, label))
    elif not _is_flat(value):
        for index, entry in enumerate(value):
            yield from _records(entry, at.entry(index))
    elif _plain(value):
        yield _plain(value), at


def _split(value: dict[str, Any]) -> tuple[list[str], list[tuple[str, Any]]]:
    lines: list[str] = []
    inner: list[tuple[str, Any]] = []
    for key, entry in value.items():
        if _is_flat(entry):
            lines += [f"{_line(key)}: {_plain(entry)}"] if _plain(entry) else []
        elif isinstance(entry, dict) and len(entry) <= _SMALL and all(map(_is_flat, entry.values())):
            lines += [f"{_line(key)}.{_line(part)}: {_plain(leaf)}" for part, leaf in entry.items() if _plain(leaf)]
        else:
            inner.append((key, entry))
    return lines, inner


def _is_flat(value: Any) -> bool:
    """A scalar, or a list of nothing but scalars."""
    if isinstance(value, list):
        return not any(isinstance(entry, dict | list) for entry in value)
    return not isinstance(value, dict)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_plain, value)))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _line(key: str) -> str:
    return " ".join(key.split())[:200]
