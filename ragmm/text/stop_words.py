"""Words that ask or bind and say nothing about the answer, of the languages most questions come in."""

from __future__ import annotations

__all__ = ["LATIN_LANGUAGES", "STOPWORDS"]

_ENGLISH = """
a about according all also an and any are as at be been between by can compared could describe did do does document
during each explain find following for from give given had has have he her his how i if in into is it its list many
may me much my no not of on or our out over please report say says she should show so some state stated such tell
than that the their them then there these they this those to under up us was we were what when where whether which
while who whom whose why will with would you your
"""
_GERMAN = """
der die das den dem des ein eine einer eines und oder ist sind war waren wie was wer wo wann warum welche welcher
welches welchem welchen im am zu zum zur von vom mit für auf bei nach seit bis aus wird wurde wurden hat haben wieviel
viel viele heißt
"""
_FRENCH = """
le la les un une des du de et ou est sont était quel quelle quels quelles qui que quoi où quand comment pourquoi
dans sur par au aux combien quels quelles depuis en se il elle a ont été
"""
_SPANISH = """
el la los las un una y o es son fue qué cuál cuáles quién cuándo cómo dónde cuánto cuánta cuántos cuántas por para en
con del que cuánto cuántos desde hasta se su al ha han a quiénes
"""
_ITALIAN = """
il lo gli e che chi come dove quando perché di da nel della quanto quanta quanti quante quale quali cosa è sono ha con
per del dei delle al alla si un una
"""
_PORTUGUESE = """
os as um uma qual quais quem quando onde como por que do da dos das no na em quanto quanta quantos quantas é são foi ao
se para com de
"""
_DUTCH = """
de het een van en of is zijn was waren wie wat waar wanneer welke welk hoe hoeveel waarom in op te voor met door aan bij
tot dat die er heeft wordt werd
"""
_RUSSIAN = "и в во не что как где когда кто какой какая какие на с по из у за от"

LATIN_LANGUAGES = {
    "en": frozenset(_ENGLISH.split()),
    "de": frozenset(_GERMAN.split()),
    "fr": frozenset(_FRENCH.split()),
    "es": frozenset(_SPANISH.split()),
    "it": frozenset(_ITALIAN.split()),
    "pt": frozenset(_PORTUGUESE.split()),
    "nl": frozenset(_DUTCH.split()),
}
STOPWORDS = frozenset(_RUSSIAN.split()).union(*LATIN_LANGUAGES.values())
