"""Text from documents made fit for a terminal: no escapes, readable names, links to files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from ragmm.text.inert import without_controls
from ragmm.types import Correction, StoredItem

__all__ = [
    "corrections_line",
    "file_link",
    "looks_like",
    "place",
    "quoted",
    "safe",
    "safe_name",
    "short_path",
    "shorten",
]

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
# Surrogates that do not stand for a byte of a file name.
_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_MOST_LIKE = 6
_SPACES = re.compile(r"\s+")


def safe(text: str) -> str:
    """Free of escapes and hidden characters, and encodable."""
    return without_controls(text).encode("utf-8", "replace").decode("utf-8")


def safe_name(name: str) -> str:
    """A file name on one line, every byte of it visible: what cannot be shown is written as an escape."""
    visible = _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), name)
    return visible.encode("utf-8", "backslashreplace").decode("utf-8")


def shorten(text: str, length: int) -> str:
    """One line of at most `length` characters, cut at a word."""
    line = _SPACES.sub(" ", safe(text)).strip()
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    return (cut[: cut.rfind(" ")] if " " in cut[length // 2 :] else cut).rstrip(" ,;:") + "…"


def quoted(text: str, length: int = 240) -> str:
    """A short quotation in quotation marks; empty where there is nothing to quote."""
    line = shorten(text, length)
    return f"“{line}”" if line else ""


def looks_like(item: StoredItem) -> str:
    """What a photograph is likely to show, as the reason why it was found; empty for anything else."""
    words = item.metadata.get("looks_like")
    return f"looks like: {shorten(', '.join(map(str, words[:_MOST_LIKE])), 120)}" if isinstance(words, list) else ""


def place(item: StoredItem) -> str:
    """Where an item stands, in words: document, page, section."""
    where = item.locator
    parts = [safe_name(item.uri)]
    if where.page is not None:
        parts.append(f"page {where.page}")
    if where.time is not None:
        parts.append(f"{_clock(where.time[0])} to {_clock(where.time[1])}")
    section = " › ".join(shorten(heading, 60) for heading in where.section if heading.strip())
    return ", ".join(parts) + (f" · {section}" if section else "")


def corrections_line(corrections: Sequence[Correction]) -> str:
    """What was searched for instead of misspelt words; empty without any."""
    if not corrections:
        return ""
    searched = ", ".join(safe_name(one.searched) for one in corrections)
    words = ", ".join(safe_name(one.word) for one in corrections)
    return f"searched for: {searched} (instead of {words})"


def file_link(path: str | Path, *, page: int | None = None) -> str:
    """A file address that terminals and browsers open; the page counts for PDF."""
    encoded = quote(_NO_BYTE.sub("\ufffd", str(path)).encode("utf-8", "surrogateescape"))
    is_pdf = str(path).lower().endswith(".pdf")
    return f"file://{encoded}" + (f"#page={page}" if page and is_pdf else "")


def short_path(path: str | Path) -> str:
    """A path as one would type it here: relative below the working folder, with ~ below the home folder."""
    absolute = Path(path).absolute()
    for start, sign in ((Path.cwd(), ""), (Path.home(), "~/")):
        if absolute.is_relative_to(start):
            return sign + safe_name(str(absolute.relative_to(start)))
    return safe_name(str(absolute))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
