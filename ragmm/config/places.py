"""Where in a TOML text a key stands: the standard parser does not tell."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["line_of"]


def line_of(text: str, path: Sequence[str]) -> int | None:
    """The 1-based line on which the key or table `path` begins; None where it is not in the text.

    The first beginning of the text that parses and holds the key ends with the key's own statement, so the statement
    before it tells where that one starts. Only lines that name the key are tried.
    """
    lines = text.splitlines(keepends=True)
    word = next((key for key in reversed(path) if not key.isdigit()), path[-1])
    for number, line in enumerate(lines):
        if word in line and _defines(lines, number, path):
            return number + 1
    return None


def _defines(lines: Sequence[str], number: int, path: Sequence[str]) -> bool:
    before = _parse(lines[:number])
    if before is None or _holds(before, path):
        return False
    for end in range(number + 1, len(lines) + 1):
        parsed = _parse(lines[:end])
        if parsed is not None:
            return _holds(parsed, path)
    return False


def _parse(lines: Sequence[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads("".join(lines))
    except tomllib.TOMLDecodeError:
        return None


def _holds(table: Any, path: Sequence[str]) -> bool:
    for key in path:
        if isinstance(table, list) and key.isdigit():
            table = table[int(key)] if int(key) < len(table) else None
        elif isinstance(table, Mapping):
            table = table.get(key)
        else:
            return False
    return table is not None
