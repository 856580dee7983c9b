"""Questions for a colour: "which colour has the line of exports", and what answers them."""

from __future__ import annotations

from ragmm.text.patterns import late
from ragmm.text.terms import fold

__all__ = ["asks_for_colour", "names_colour"]

_ASKED = late(
    r"\b(?:which|what) colou?r\b|\bcolou?r (?:of|is|has|does)\b|\bwelche farbe|\b(?:de )?quelle couleur|\bque color\b"
    r"|\b(?:di )?che colore\b|\b(?:de )?que cor\b|\bwelke kleur|什么颜色|哪种颜色"
)
_NAMED = late(
    r"\b(?:red|orange|yellow|green|turquoise|cyan|blue|purple|violet|pink|magenta|brown|black|white|gr[ae]y|beige|gold\w*"
    r"|silver|teal|navy|maroon|tan|ivory|cream|khaki|olive|lilac|crimson"
    r"|rot\w*|gelb\w*|grun\w*|blau\w*|lila|braun\w*|schwarz\w*|weiss\w*|grau\w*"
    r"|rouge|jaune|verte?|bleue?|violette?|rose|brune?|marron|noire?|blanc(?:he)?|grise?"
    r"|roj[oa]|amarill[oa]|verde|azul|morad[oa]|negr[oa]|blanc[oa]|ross[oa]|giall[oa]|blu|viola|ner[oa]|bianc[oa]"
    r"|vermelh[oa]|amarel[oa]|rox[oa]|pret[oa]|rood|geel|groen|blauw|paars|bruin|zwart|wit)\b|[红黄绿蓝紫黑白灰粉棕橙]"
)


def asks_for_colour(question: str) -> bool:
    """Whether a colour is asked for."""
    return _ASKED.search(fold(question)) is not None


def names_colour(value: str) -> bool:
    """Whether a value names one."""
    return _NAMED.search(fold(value)) is not None
