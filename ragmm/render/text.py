"""Text from documents made fit for a terminal: no escapes, readable names, links to files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path
from urllib.parse import quote

from ragmm.text.inert import without_controls
from ragmm.types import Correction, Hit, StoredItem

__all__ = [
    "corrections_line",
    "file_link",
    "looks_like",
    "place",
    "places",
    "quoted",
    "read_as_line",
    "safe",
    "safe_name",
    "short_path",
    "shorten",
    "told_apart",
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


def told_apart(documents: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Names for documents (uri, path) by their paths, where several have one uri: with the folders that differ."""
    paths: dict[str, set[str]] = {}
    for uri, path in documents:
        paths.setdefault(uri, set()).add(path)
    found = {}
    for several in paths.values():
        if len(several) < 2:
            continue
        parts = {path: path.split("/") for path in several}
        shared = len(os.path.commonpath(several).split("/")) if all(one.startswith("/") for one in several) else 0
        found.update({path: "/".join(split[shared:]) or path for path, split in parts.items()})
    return found


def place(item: StoredItem) -> str:
    """Where an item stands, in words: document, page, section."""
    return _place(item, item.uri, item.locator.section)


def places(hits: Iterable[Hit]) -> dict[int, str]:
    """The same for hits that are read one below the other, by rank: documents of one name are told apart, and headings
    that the hit before of the same document has are not said again."""
    shown = list(hits)
    names = told_apart((hit.item.uri, hit.item.path) for hit in shown)
    before: dict[str, tuple[str, ...]] = {}
    found = {}
    for hit in shown:
        item, section = hit.item, tuple(hit.item.locator.section)
        pairs = zip(before.get(item.path, ()), section[:-1], strict=False)
        said = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        before[item.path] = section
        short = ("…", *section[said:]) if said else section
        found[hit.rank] = _place(item, names.get(item.path, item.uri), short)
    return found


def _place(item: StoredItem, name: str, headings: Sequence[str]) -> str:
    where = item.locator
    parts = [safe_name(name)]
    if where.page is not None:
        parts.append(f"page {where.page}")
    if where.time is not None:
        parts.append(f"{_clock(where.time[0])} to {_clock(where.time[1])}")
    section = " › ".join(shorten(heading, 60) for heading in headings if heading.strip())
    return ", ".join(parts) + (f" · {section}" if section else "")


def corrections_line(corrections: Sequence[Correction]) -> str:
    """What was searched for instead of misspelt words; empty without any."""
    if not corrections:
        return ""
    searched = ", ".join(safe_name(one.searched) for one in corrections)
    words = ", ".join(safe_name(one.word) for one in corrections)
    return f"searched for: {searched} (instead of {words})"


def read_as_line(read_as: str) -> str:
    """How a question that follows up another was understood."""
    return f"read as: {safe_name(read_as)}"


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
