"""How a hit is shown to a model: its source, what is said of it on its page, and tables with their heads."""

from __future__ import annotations

import re

from ragmm.pipelines.answer.evidence import caption_of
from ragmm.pipelines.answer.grids import RULE_LINE
from ragmm.types import Hit, StoredItem

__all__ = ["evidence_text"]

_BARE_HEAD = re.compile(r"\|(?:\s*\|)+")
_MOST_AROUND = 500
"""Characters of what stands around a figure or a table."""


def evidence_text(hit: Hit, *, has_image: bool = False) -> str:
    """Empty for an image that cannot be shown and has no words."""
    item = hit.item
    words = item.text.strip() or caption_of(item)
    if not words and not has_image:
        return ""
    place = [
        " ".join(item.uri.split()),
        f"page {item.locator.page}" if item.locator.page else "",
        *item.locator.section[-2:],
    ]
    source = ", ".join(part for part in place if part)
    around = _around(item, words)
    lines = (f"Source: {source}", f"Beside it: {around}" if around else "", _with_heads(item, words))
    return "\n".join(line for line in lines if line)


def _around(item: StoredItem, words: str) -> str:
    """What the page says of a figure or table, and its caption, where its words do not say it."""
    lines = [line.strip() for line in item.context.splitlines()]
    telling = [line for line in lines if line and " > " not in line and not line.startswith("|")]
    found = dict.fromkeys(line for line in (*telling, caption_of(item)) if line and line not in words)
    known = {*item.locator.section, item.uri}
    return " ".join(line for line in found if line not in known)[:_MOST_AROUND].rstrip()


def _with_heads(item: StoredItem, words: str) -> str:
    """A part of a table under the heads of the whole one; the bars or points of a chart under "label" and "value"."""
    lines = words.splitlines()
    first = next((number for number, line in enumerate(lines) if line.lstrip().startswith("|")), None)
    above = next((line.strip() for line in item.context.splitlines() if line.startswith("|")), "")
    if first is None:
        return f"{above}\n{words}" if above else words
    ruled = first + 1 < len(lines) and RULE_LINE.fullmatch(lines[first + 1].strip())
    if ruled and _BARE_HEAD.fullmatch(lines[first].strip()):
        columns = lines[first].count("|") - 1
        if columns == 2:
            lines[first] = "| label | value |"
        elif above.count("|") - 1 == columns:
            lines[first] = above
    elif not ruled and above:
        lines[first:first] = [above, f"|{' --- |' * (above.count('|') - 1)}"]
    return "\n".join(lines)
