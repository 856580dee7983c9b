"""Labels of figures and tables: what a caption calls its figure, and which passages speak of it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ragmm.text.cuts import sentence_starts
from ragmm.types import IMAGE_MODALITIES, Item, Modality

__all__ = ["caption_label", "link_mentions", "mentions"]

_KINDS = {
    "fig": "Figure",
    "figs": "Figure",
    "figure": "Figure",
    "figures": "Figure",
    "figur": "Figure",
    "figura": "Figure",
    "abb": "Figure",
    "abbildung": "Figure",
    "图表": "Chart",
    "图": "Figure",
    "圖": "Figure",
    "図": "Figure",
    "그림": "Figure",
    "chart": "Chart",
    "exhibit": "Exhibit",
    "scheme": "Scheme",
    "plate": "Plate",
    "photo": "Photo",
    "map": "Map",
    "diagram": "Diagram",
    "tab": "Table",
    "table": "Table",
    "tables": "Table",
    "tabelle": "Table",
    "tableau": "Table",
    "tabla": "Table",
    "表": "Table",
    "표": "Table",
}
_STEMS = (
    "fig",
    "tab",
    "chart",
    "exhib",
    "图",
    "圖",
    "図",
    "表",
    "abb",
    "schem",
    "plate",
    "photo",
    "map",
    "diagr",
    "그림",
    "표",
)
_ASCII_STEMS = tuple(filter(str.isascii, _STEMS))
_BEGINNINGS = frozenset(("附图", "附表", *(kind[:2] for kind in _KINDS))) | {
    f"{kind[0]}{after}" for kind in _KINDS if not kind.isascii() for after in " 0123456789ABCDEFabcdef"
}
_LATIN = "|".join(sorted((kind for kind in _KINDS if kind.isascii()), key=len, reverse=True))
_OTHER = "|".join(kind for kind in _KINDS if not kind.isascii())
_NUMBER = r"[A-Z]{0,2}[-.]?\d{1,3}(?:[.\-–]\d{1,3}){0,3}[a-z]?"
_LABEL = re.compile(
    rf"(?:(?<![^\W\d_])(?P<latin>{_LATIN})\b\.?\s{{0,2}}|附?(?P<other>{_OTHER})\s{{0,2}})(?P<number>{_NUMBER})(?![a-z\d])",
    re.IGNORECASE,
)
_ROMAN = re.compile(r"(?P<latin>(?i:table|figure|fig))\.?\s{1,2}(?P<number>[IVX]{1,6})\b")
# A caption goes on with its text; a sentence that begins with a label goes on with a verb.
_GOES_ON = re.compile(r"\s*(?:[:.|：。．、–—\-]|\s{2}|\(|$|[\u2e80-\u9fff])|\s+[A-Z\d\"“(]")
_VERBS = frozenset({"shows", "show", "gives", "presents", "illustrates", "is", "are", "and", "below", "above"})
_CJK_VERBS = ("所示", "给出", "显示", "展示", "中", "为", "是", "表明", "の", "に", "は", "を")
_AHEAD = 48
_LONGEST_SENTENCE = 400
_MOST_SENTENCES = 3
_LONGEST_TEXT = 20_000


def caption_label(text: str) -> str:
    """The label that a caption begins with, in one spelling ("Figure 3", "Table A.2"); "" where there is none."""
    start = text[:80].lstrip("*•▲◆ ")
    if start[:2].lower() not in _BEGINNINGS:
        return ""
    match = _LABEL.match(start) or _ROMAN.match(start)
    if match is None:
        return ""
    rest = text[:200].lstrip("*•▲◆ ")[match.end() :]
    following = rest.split(maxsplit=1)
    if following and (following[0].lower() in _VERBS or rest.startswith(_CJK_VERBS)):
        return ""
    return _label(match) if not rest or _GOES_ON.match(rest) else ""


def mentions(text: str) -> list[str]:
    """The labels that a text names, each once, in order."""
    return list(dict.fromkeys(_label(match) for match in _matches(text[:_LONGEST_TEXT])))


def _matches(text: str) -> Iterator[re.Match[str]]:
    """Labels are looked for only where one of their words begins: most texts have none."""
    lower = text.lower()
    searched = lower if len(lower) == len(text) else text
    for at in _places(searched, _ASCII_STEMS if searched.isascii() else _STEMS):
        match = _LABEL.match(text, at) or _ROMAN.match(text, at)
        if match is not None:
            yield match


def _places(text: str, stems: Iterable[str]) -> list[int]:
    """Where the stems stand, in order; plain searches, one after the other, are quicker than one expression for all."""
    found: list[int] = []
    for stem in stems:
        at = text.find(stem)
        while at >= 0:
            found.append(at)
            at = text.find(stem, at + len(stem))
    return sorted(found)


def _label(match: re.Match[str]) -> str:
    groups = match.groupdict()
    kind = _KINDS[(groups.get("latin") or groups["other"]).lower()]
    number = groups["number"].replace("–", "-").rstrip(".-")
    return f"{kind} {number}"


def link_mentions(items: Iterable[Item], ahead: int = _AHEAD) -> Iterator[Item]:
    """Passages get `mentions`; a labelled figure or table gets the sentences that speak of it, those just before it and
    up to `ahead` items after it, as `mentioned` and as context for embedding."""
    waiting: deque[Item] = deque()
    seen: dict[str, list[dict[str, Any]]] = {}
    for item in items:
        waiting.append(_noted(item, seen))
        if len(waiting) > ahead:
            yield _linked(waiting.popleft(), seen)
    while waiting:
        yield _linked(waiting.popleft(), seen)


def _noted(item: Item, seen: dict[str, list[dict[str, Any]]]) -> Item:
    if item.modality is not Modality.PASSAGE or not item.text:
        return item
    labels = [label for label in mentions(item.text) if label != caption_label(item.text)]
    for label in labels:
        sentences = seen.setdefault(label, [])
        if len(sentences) < _MOST_SENTENCES:
            sentences.append({"page": item.locator.page, "text": _sentence(item.text, label)})
    return replace(item, metadata={**item.metadata, "mentions": labels}) if labels else item


def _linked(item: Item, seen: Mapping[str, list[dict[str, Any]]]) -> Item:
    label = item.metadata.get("label")
    if not label or item.modality not in IMAGE_MODALITIES | {Modality.TABLE} or label not in seen:
        return item
    said = seen[label]
    context = "\n".join(filter(None, (item.context, *(str(mention["text"]) for mention in said))))
    return replace(item, context=context, metadata={**item.metadata, "mentioned": said})


def _sentence(text: str, label: str) -> str:
    """The sentence that names the label."""
    text = text[:_LONGEST_TEXT]
    match = next(match for match in _matches(text) if _label(match) == label)
    window = max(0, match.start() - _LONGEST_SENTENCE)
    starts = [window, *sentence_starts(text, window, min(len(text), match.end() + _LONGEST_SENTENCE)), len(text)]
    start = max(at for at in starts if at <= match.start())
    end = min((at for at in starts if at >= match.end()), default=len(text))
    start = max(start, match.end() - _LONGEST_SENTENCE)
    return " ".join(text[start : min(end, start + _LONGEST_SENTENCE)].split())
