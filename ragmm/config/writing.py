"""A pipeline as the text of a pipeline file: the snapshot that a collection keeps."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["to_toml"]


def to_toml(pipeline: DataclassInstance) -> str:
    """All settings, defaults included, so that a later ragmm with other defaults reads the same pipeline.

    What of it is no section itself stands in [pipeline]; what is not compared (where it was read from) is left out.
    """
    values = {field.name: getattr(pipeline, field.name) for field in fields(pipeline) if field.compare}
    sections = {name: value for name, value in values.items() if is_dataclass(value)}
    head = {name: value for name, value in values.items() if name not in sections}
    blocks = [*_table("pipeline", head)]
    for name, section in sections.items():
        blocks.extend(_table(name, {f.name: getattr(section, f.name) for f in fields(section)}))
    return "\n".join(blocks)


def _table(name: str, values: Mapping[str, Any], *, header: str = "[{}]") -> Iterator[str]:
    plain = {key: value for key, value in values.items() if not _is_list_of_tables(value)}
    lines = [header.format(name), *(f"{key} = {_value(value)}" for key, value in plain.items() if value is not None)]
    yield "\n".join(lines) + "\n"
    for key, value in values.items():
        if key not in plain:
            for entry in value:
                members = {f.name: getattr(entry, f.name) for f in fields(entry)}
                yield from _table(f"{name}.{key}", members, header="[[{}]]")


def _is_list_of_tables(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and all(is_dataclass(entry) for entry in value)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(entry) for entry in value) + "]"
    if isinstance(value, (str, Path)):
        return _string(str(value))
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    return str(value)


def _string(text: str) -> str:
    """JSON's escapes are TOML's, but for the delete character, which TOML wants escaped too."""
    return re.sub("\x7f", r"\\u007f", json.dumps(text, ensure_ascii=False))
