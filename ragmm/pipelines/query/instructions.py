"""What a question says of how to answer it, which is no part of what it asks: "Answer in USD millions."

A model that writes gets all of it. What is searched for, and what values are held against, does not: its words stand
in no document, and would make every answer look as if it left much unsaid.
"""

from __future__ import annotations

import re

from ragmm.text.patterns import late

__all__ = ["without_instructions"]

_ENDS = late(r"(?<=[.?!。？！])\s+")
_ASKS = late(
    r"\?|？|\b(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|does|do|did|has|have|had|can)\b",
    re.IGNORECASE,
)
_BEGINS = late(
    r"(?:please\s)?(?:answer|give|provide|respond|reply|state|base|round|rely|use|utili[sz]e|assume|imagine|pretend"
    r"|you are|act|keep|be|write|return|express|present|do not|don[’']t|think)\b",
    re.IGNORECASE,
)
_SPEAKS = late(
    r"\b(?:answers?|response|reply|questions?|judge?ments?|units?|decimals?|digits?|places?|sentences?|words?|bullet"
    r"|points?|english|german|concise\w*|brief\w*|information|details|line items|analyst|assistant|expert|step)\b",
    re.IGNORECASE,
)


def without_instructions(text: str) -> str:
    """The question alone; all of it where nothing else would be left."""
    sentences = _ENDS.split(text.strip())
    kept = [_behind_colon(one) for one in sentences if not _instructs(one)]
    bare = " ".join(kept)
    return bare if kept != sentences and _ASKS.search(bare) else text


def _instructs(sentence: str) -> bool:
    return "?" not in sentence and _BEGINS.match(sentence) is not None and _SPEAKS.search(sentence) is not None


def _behind_colon(sentence: str) -> str:
    """ "Answer the following question from the balance sheet: what is …?" """
    before, colon, behind = sentence.partition(":")
    begun = colon and _BEGINS.match(before) and _SPEAKS.search(before) and _ASKS.search(behind)
    return behind.strip() if begun else sentence
