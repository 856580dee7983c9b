"""A pipeline file becomes frozen dataclasses; what it says that ragmm does not understand is named with its line."""

from __future__ import annotations

import difflib
import re
import tomllib
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

from ragmm.config.places import line_of
from ragmm.config.profiles import named_models
from ragmm.config.settings import Between, Pipeline, QuerySettings
from ragmm.errors import ConfigError

__all__ = ["PIPELINE_KEYS", "load_pipeline", "parse_pipeline"]

MAX_BYTES: Final = 1_000_000
PIPELINE_KEYS: Final = ("name", "profile", "routes")
"""The keys of [pipeline]; every other field of `Pipeline` but `origin` is a section of its own."""

Path_ = tuple[str, ...]


def load_pipeline(path: str | Path) -> Pipeline:
    """Read a pipeline file; models it does not name are those of its profile."""
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        why = f"the pipeline file cannot be read ({error.strerror})"
        raise ConfigError(f"{path}: {why}; name one that exists, or write one with: ragmm init {path}") from error
    if len(data) > MAX_BYTES:
        raise ConfigError(
            f"{path}: {len(data):,} bytes; a pipeline file has at most {MAX_BYTES:,}. Is it another file?"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: byte {error.start} is not UTF-8; save the pipeline file as UTF-8") from None
    pipeline = parse_pipeline(text, source=str(path))
    return replace(pipeline, origin=path.resolve(), query=_glossaries_found(pipeline.query, path.resolve().parent))


def _glossaries_found(query: QuerySettings, folder: Path) -> QuerySettings:
    """Glossary files by their whole path: a collection keeps its settings, but not where they were read."""
    return replace(query, glossary=tuple(str(folder / one) if one.endswith(".toml") else one for one in query.glossary))


def parse_pipeline(text: str, *, source: str = "pipeline") -> Pipeline:
    """Read the text of a pipeline file; `source` is what messages call it."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source}: not a TOML file: {error}") from None
    return named_models(_Reader(text=text, source=source).pipeline(table))


@dataclass(frozen=True, kw_only=True)
class _Reader:
    text: str
    source: str

    def pipeline(self, table: Mapping[str, Any]) -> Pipeline:
        hints = get_type_hints(Pipeline, include_extras=True)
        sections = [f.name for f in fields(Pipeline) if f.name not in (*PIPELINE_KEYS, "origin")]
        self._known((), table, ("pipeline", *sections))
        for name in table:
            self._table((name,), table[name])
        head = table.get("pipeline", {})
        self._known(("pipeline",), head, PIPELINE_KEYS)
        values = {name: self._value(("pipeline", name), hints[name], head[name]) for name in head}
        values |= {name: self._value((name,), hints[name], table[name]) for name in sections if name in table}
        return Pipeline(**values)

    def _section(self, path: Path_, cls: type[Any], table: Mapping[str, Any]) -> Any:
        hints = get_type_hints(cls, include_extras=True)
        self._known(path, table, tuple(hints))
        required = [f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING]
        if missing := [name for name in required if name not in table]:
            raise self._error(path, f"lacks the key {missing[0]}")
        values = {name: self._value((*path, name), hints[name], value) for name, value in table.items()}
        try:
            return cls(**values)
        except ConfigError as error:
            # A section's own check names the key first: "loaders.chunk_overlap is 300; …".
            named = tuple(str(error).split(" ", 1)[0].split("."))
            place = self._place(named if named[:-1] == path else path)
            raise ConfigError(f"{place}: {error}") from None

    def _value(self, path: Path_, hint: Any, value: Any) -> Any:
        hint, allowed = _unwrap(hint)
        if is_dataclass(hint) and isinstance(hint, type):
            return self._section(path, hint, self._table(path, value))
        if get_origin(hint) is tuple:
            return self._tuple(path, get_args(hint)[0], value)
        if isinstance(hint, type) and issubclass(hint, StrEnum):
            return self._choice(path, hint, value)
        if hint is Path:
            return Path(self._plain(path, str, None, value)).expanduser()
        return self._plain(path, hint, allowed, value)

    def _tuple(self, path: Path_, hint: Any, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise self._error(path, f"is {value!r}; it must be a list, in square brackets")
        entries = tuple(self._value((*path, str(number)), hint, entry) for number, entry in enumerate(value))
        if isinstance(hint, type) and issubclass(hint, StrEnum) and (not entries or len(set(entries)) < len(entries)):
            raise self._error(path, f"is {value!r}; it must hold at least one of {_listed(hint)}, and none twice")
        return entries

    def _choice(self, path: Path_, kind: type[StrEnum], value: Any) -> StrEnum:
        members = [str(member) for member in kind]
        if value not in members:
            raise self._error(path, f"is {value!r}; allowed are {_listed(members)}{_suggestion(value, members)}")
        return kind(value)

    def _plain(self, path: Path_, kind: type[Any], allowed: Between | None, value: Any) -> Any:
        seen = float if kind is float and type(value) is int else type(value)
        bounds = f", {allowed}" if allowed else ""
        if seen is not kind:
            raise self._error(path, f"is {value!r}; it must be {_KINDS[kind]}{bounds}")
        if allowed and not (_low(allowed) <= value <= _high(allowed)):
            raise self._error(path, f"is {value!r}; it must be {_KINDS[kind]}{bounds}")
        return kind(value)

    def _table(self, path: Path_, value: Any) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise self._error(path, f"is {value!r}; it must be a section: [{'.'.join(path)}]")
        return value

    def _known(self, path: Path_, table: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
        for key in table:
            if key not in allowed:
                kind = f"a key of [{_dotted(path)}]" if path else "a section of a pipeline file"
                meant = _suggestion(key, allowed)
                raise self._error((*path, key), f"is not {kind}; allowed are {_listed(allowed)}{meant}")

    def _error(self, path: Path_, problem: str) -> ConfigError:
        return ConfigError(f"{self._place(path)}: {_dotted(path)} {problem}")

    def _place(self, path: Path_) -> str:
        steps = path
        while steps:
            line = line_of(self.text, steps)
            if line is not None:
                return f"{self.source}, line {line}"
            steps = steps[:-1]
        return self.source


_KINDS: Final[dict[type[Any], str]] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text in quotes",
}


def _unwrap(hint: Any) -> tuple[Any, Between | None]:
    """`X | None` and `Annotated[X, Between]` down to X."""
    if get_origin(hint) is Annotated:
        kind, *extras = get_args(hint)
        return kind, next((extra for extra in extras if isinstance(extra, Between)), None)
    if get_origin(hint) is types.UnionType:
        return _unwrap(next(kind for kind in get_args(hint) if kind is not types.NoneType))
    return hint, None


def _low(allowed: Between) -> float:
    return float("-inf") if allowed.low is None else allowed.low


def _high(allowed: Between) -> float:
    return float("inf") if allowed.high is None else allowed.high


def _dotted(path: Path_) -> str:
    """`answer.few_shot[2].question`: places in lists count from 1, as the reader does."""
    return re.sub(r"\.(\d+)", lambda place: f"[{int(place[1]) + 1}]", ".".join(path))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(str(name) for name in names)


def _suggestion(given: Any, allowed: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(given), list(allowed), n=1)
    return f"; did you mean {close[0]}?" if close else ""
