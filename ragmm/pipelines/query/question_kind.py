"""What a question is after: a fact, or something to look at."""

from __future__ import annotations

import re

__all__ = ["asks_for_fact", "names_picture"]

_ASKS = re.compile(
    r"[?？]\s*$|^\s*(?:who|whose|whom|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|has|have|had|"
    r"will|would|should|wer|was|wann|wo|warum|wie|welche\w*|qui|quoi|quand|où|pourquoi|combien|quel\w*|"
    r"qué|quién|cuándo|dónde|cuánt\w*|cuál\w*)\b"
    r"|什么|什麼|多少|哪[些里裡个年位]|何[时時地]|为什么|為什麼|怎么|怎样|如何|谁|誰",
    re.IGNORECASE,
)
_SHOW = re.compile(
    r"\b(?:show|find|see|look|looks|picture|pictures|photo|photos|image|images|drawing|chart|charts|figure|diagram|"
    r"map|logo|icon|sign|screenshot|zeig\w*|bild\w*|montre\w*|imagen)\b|[图圖][片像表案形]|插[图圖]|地[图圖]|照片|看看|什么样子",
    re.IGNORECASE,
)


def asks_for_fact(question: str) -> bool:
    """Whether only words can answer: a question that names no picture, rather than a description of what to find."""
    return bool(_ASKS.search(question)) and not names_picture(question)


def names_picture(question: str) -> bool:
    """Whether it speaks of a picture: a chart, a photo, a map, or something to be shown."""
    return bool(_SHOW.search(question))
