"""Markdown: headings become section paths, tables become items; images are named, never fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ragmm.loaders.base import Probe
from ragmm.loaders.chunking import markdown_blocks, text_items
from ragmm.loaders.decoding import read_text
from ragmm.loaders.settings import PASSAGES, LoaderSettings
from ragmm.types import Item

__all__ = ["MarkdownLoader"]

_IMAGE = re.compile(r"!\[([^\[\]]{0,300})\]\(\s{0,8}<?([^()<>\s]{1,500})")
_FIELD = re.compile(r"([A-Za-z][\w-]{0,40})\s*[:=]\s*(.{1,500})")
_FRONT_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\r?\n")
_LONGEST_FRONT_MATTER = 20_000


class MarkdownLoader:
    """Passages and tables whose offsets count the characters of the source."""

    name = "markdown"
    version = 1
    reads = PASSAGES | {"max_text_bytes"}

    def __init__(self, settings: LoaderSettings) -> None:
        self.settings = settings

    def accepts(self, probe: Probe) -> bool:
        return probe.media_type == "text/markdown"

    def load(self, file: Path, probe: Probe) -> Iterator[Item]:
        decoded = read_text(file, probe, self.settings)
        matter = front_matter(decoded.text)
        facts = {**decoded.facts(), **({"front_matter": matter} if matter else {})}
        for item in text_items(decoded.text, markdown_blocks(decoded.text), self.settings, metadata=facts):
            yield _with_images(_with_title(item, matter.get("title", "")))


def front_matter(text: str) -> dict[str, str]:
    """The plain `key: value` lines of a header between --- or +++; nested ones are left out."""
    text = text.removeprefix("\ufeff")
    opening = _FRONT_MATTER.match(text)
    if not opening:
        return {}
    header, closing, _ = text[opening.end() : _LONGEST_FRONT_MATTER].partition("\n" + opening.group(1))
    if not closing:
        return {}
    fields = (_FIELD.match(line) for line in header.splitlines())
    return {field.group(1).lower(): field.group(2).strip().strip("\"'") for field in fields if field}


def _with_title(item: Item, title: str) -> Item:
    if not title or title in item.locator.section:
        return item
    return replace(item, context="\n".join(filter(None, (title, item.context))))


def _with_images(item: Item) -> Item:
    images = [{"alt": alt, "target": target} for alt, target in _IMAGE.findall(item.text)]
    images = [image for image in images if not image["target"].startswith("data:")]
    return replace(item, metadata={**item.metadata, "images": images}) if images else item
