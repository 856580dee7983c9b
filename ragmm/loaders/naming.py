"""What a file's name says about its content."""

from __future__ import annotations

import re
from pathlib import PurePath

__all__ = ["display_name", "name_words"]

_LONGEST = 120
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SEPARATORS = re.compile(r"[\s_\-.,+()\[\]{}#@&~'\"]+")
# What cameras, phones, scanners and programs call files when nobody named them.
_NAMELESS = re.compile(
    r"(?:img|dsc[nf]?|pxl|mvi|image|picture|photo|scan|screenshot|bildschirmfoto|document|untitled|file|page|out|tmp)?"
    r"[\s\d]*(?:copy)?\Z|[0-9a-f\s]{16,}\Z",
    re.IGNORECASE,
)


def name_words(name: str) -> str:
    """The words of a file name, without its extension: "sales_chart-2023.png" says "sales chart 2023"."""
    stem = PurePath(display_name(name)).stem[:_LONGEST]
    words = _SEPARATORS.sub(" ", _CAMEL.sub(" ", stem)).strip()
    return "" if _NAMELESS.match(words) or (len(words) == 1 and words.isascii()) else words


def display_name(name: str) -> str:
    """A name that can be shown and stored: undecodable bytes and control characters replaced."""
    clean = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(character if character.isprintable() else "\ufffd" for character in clean)
