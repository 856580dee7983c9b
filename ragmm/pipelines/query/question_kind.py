"""What a question is after: a fact, or something to look at."""

from __future__ import annotations

import re

from ragmm.text.patterns import late

__all__ = ["asked_parts", "asks_for_fact", "asks_to_describe", "looks_for_picture", "names_picture"]

_ASKS = late(
    r"[?？]\s*$|(?:^|[,;:])\s*(?:who|whose|whom|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|has|have|had|"
    r"will|would|should|wer|was|wann|wo|warum|wie|welche\w*|qui|quoi|quand|où|pourquoi|combien|quel\w*|"
    r"qué|quién|cuándo|dónde|cuánt\w*|cuál\w*)\b"
    r"|什么|什麼|多少|哪[些里裡个年位]|何[时時地]|为什么|為什麼|怎么|怎样|如何|谁|誰",
    re.IGNORECASE,
)
_DESCRIBE = late(
    r"^\W*(?:please )?(?:describe|compare|comment (?:on|upon)|explain|summari[sz]e|discuss|outline|beschreib\w*"
    r"|vergleich\w*|erklär\w*|décri\w*|compar\w*|explique\w*)\b|^\W*(?:请)?(?:描述|比较|概括|总结)",
    re.IGNORECASE,
)
_TELL = late(
    r"^\W*(?:list|name|tell|define|state|give|calculate|compute|count|first|firstly|according|based|nenn\w*)\b|^\W*\d\.",
    re.IGNORECASE,
)
_WITHIN = late(r"\b(?:which|what|how (?:many|much|long|old)|when|who|whom)\b", re.IGNORECASE)
_BETWEEN = late(
    r"(?<=[?？])\s*(?=\S)|,?\s(?:and|und|et)\s(?=(?:who|whom|what|when|where|which|why|how|wer|was|wann|wo|welche\w*|warum|wie"
    r"|qui|quand|où|quel\w*|combien)\b)",
    re.IGNORECASE,
)
_NUMBER = late(r"\d{2}|%")
"""Pictures are not described by numbers."""
_PICTURE = (
    r"(?:pictures?|photos?|photographs?|images?|drawings?|charts?|figures?|diagrams?|maps?|logos?|icons?|signs?|screenshots?"
    r"|graphs?|plots?|bild(?:er)?|fotos?|zeichnung(?:en)?|karten?|diagramme?|photographies?|dessins?|imágenes|imagen)"
)
_SHOW = late(
    r"^\W*(?:please |can you |could you )?(?:show|find|see|look|display|zeig\w*|montre\w*|muestra\w*)\b"
    r"|\blooks? like\b"
    rf"|^\W*(?:(?:which|what|any|a|an|the|is there|are there|do you have|welche\w*|quelle?s?)\s+)*"
    rf"(?:(?!do|does|did|is|are|was|were|in|of|on|for|by|the\b)[\w-]+\s+){{0,2}}{_PICTURE}\b"
    r"|[图圖][片像表案形]|插[图圖]|地[图圖]|照片|看看|什么样子",
    re.IGNORECASE,
)


def asks_for_fact(question: str) -> bool:
    """Whether only words can answer: a question that names no picture, rather than a description of what to find."""
    return bool(_ASKS.search(question)) and not names_picture(question)


def asked_parts(question: str) -> list[str]:
    """The questions that one asks, each with a word that asks: "What does it cost, and when does it leave?" has two."""
    parts = [part.strip(" ,;") for part in _BETWEEN.split(question) if part.strip(" ,;")]
    return parts if all(_WITHIN.search(part) or _ASKS.search(f"{part}?") for part in parts) else [question.strip()]


def asks_to_describe(question: str) -> bool:
    """Whether an account is asked for, which no value is."""
    return bool(_DESCRIBE.search(question))


def looks_for_picture(question: str) -> bool:
    """Whether a picture can be the answer: it is asked for, or described as one would describe it."""
    other = any(one.search(question) for one in (_ASKS, _WITHIN, _TELL, _DESCRIBE, _NUMBER))
    return names_picture(question) or not other


def names_picture(question: str) -> bool:
    """Whether a picture is asked for: a chart, a photo, a map, or something to be shown."""
    return bool(_SHOW.search(question))
