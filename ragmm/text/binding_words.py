"""Words that bind a question together, by what they do: English, German and French."""

from __future__ import annotations

__all__ = ["ARTICLES", "AUXILIARIES", "ORDERS", "OTHERS", "PREPOSITIONS", "VERBS"]

_PREPOSITIONS = """
of in on at to from for with by about over under between during since until into near after before against without
within through across around per als für von vom zu zum zur im am an auf aus bei mit seit bis nach de du des à au
aux en dans sur pour
"""
_ARTICLES = """
the a an each every this that these those his her its their our my your der die das den dem des ein eine einen einem
einer eines dieser diese dieses le la les un une
"""
_AUXILIARIES = """
is are was were be been being do does did has have had can could will would shall should may might must ist sind war
waren wird wurde wurden hat haben hatte kann est sont était a ont
"""
_OTHERS = """
and or but not no than then now also again ever there here it he she they them him us we you i one ones und oder
nicht er sie es ihr ihm ihn wir et ou ne pas il elle ils elles all any some out only just still yet
"""
_VERBS = """
take takes cost costs carry carries weigh weighs pay pays lend lends spend spends get gets give gives make makes
work works live lives play plays go goes come comes use uses need needs hold holds run runs last lasts start starts
begin begins end ends open opens close closes employ employs earn earns sell sells sold buy buys bought produce
produces own owns lead leads led grow grows grew grown keep keeps kept sign signs signed happen happens arrive
arrives leave leaves depart departs serve serves mean means show shows say says receive receives received win wins
won lose loses lost bring brings brought ask asks apply applies applied renew call calls called stand stands rise
rises rose fall falls fell put born built made paid held elected replaced repaired decide decides decided kostet
kostete kosten dauert dauerte heißt beträgt betrug
"""
_ORDERS = """
show list tell give compare explain name find summarise summarize describe zeige nenne
"""

PREPOSITIONS = frozenset(_PREPOSITIONS.split())
ARTICLES = frozenset(_ARTICLES.split())
AUXILIARIES = frozenset(_AUXILIARIES.split())
OTHERS = frozenset(_OTHERS.split())
"""Pronouns, and what joins or denies."""
VERBS = frozenset(_VERBS.split())
"""Frequent ones, in the forms that a question has them in."""
ORDERS = frozenset(_ORDERS.split())
"""Verbs that a question begins with in place of an asking word."""
