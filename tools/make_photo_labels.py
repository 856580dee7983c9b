"""Write ragmm/bundled/photo-labels/labels.tsv: what ImageNet's 1000 classes are called, and what kinds of things they are.

python -m tools.make_photo_labels WORDNET      the folder with data.noun of WordNet 3.0 (Debian: wordnet-base)

The order of the classes is that of timm's data; they are named by offsets in WordNet, where their names and their wider
terms come from. What nobody would say is left out: words that a language model does not know whole, and the terms above
which everything is one thing.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ragmm.models.common_words import common_words
from ragmm.models.finding import bundled_folder

UNSAID = frozenset(
    """
    abstraction,agent,amphibious,aquatic vertebrate,area,article,artifact,associate,attachment,attire,attribute,barrier,
    bar,being,bone,bracing,causal agent,chordate,circle,commodity,communication,connection,consumer goods,container,
    contestant,control,conveyance,course,covering,craft,creation,decoration,defensive structure,design,device,diapsid,
    disguise,domestic animal,drug,drygoods,durables,electrical device,entity,equipment,establishment,excavation,explorer,
    fluid,food fish,framework,furnishing,game,gear,geological formation,geographic point,implement,ingredient,institution,
    instrument,instrumentality,invertebrate,kit,landing,level,linen,liquid,litter,living thing,location,machine,material,
    matter,measure,mechanical device,mechanism,medium,mixture,natural depression,natural elevation,natural object,
    nutriment,object,obstruction,opener,opening,organism,padding,part,participant,peer,physical entity,piece,
    piece of cloth,place of business,placental,plant organ,plant part,plate,platform,point,post,product,
    protective covering,reflector,relation,reproductive structure,restraint,ridge,rig,ride,rod,round shape,runner,screen,
    self-propelled vehicle,shape,sheath,sheet,sign,signal,solid,source of illumination,starches,stick,strengthener,
    structural member,structure,substance,support,supporting structure,surface,system,thing,top,transducer,trap,unit,
    upright,vertebrate,ware,web,weight,wheel,wheeled vehicle,whole,work,workplace,wrapping,elongation,horizontal surface,
    cleaning implement,white goods,hand glass,public transport,concoction,globule,ungulate,ganoid,racer,gnawer,electronic device,
    armor plate,carnivore,true cat,mercantile establishment,produce,wading bird,diving bird,gallinaceous bird,woodenware
    """.replace("\n", "").replace("    ", "").split(",")
)  # fmt: skip
"""First words of terms."""
UNSAID_WORDS = frozenset(
    "beast,creature,mammalian,true cat,domestic dog,arm,street drug,seed plant,vascular plant,flora,plant life,sweet potato,"
    "solid food,someone,individual,gun dog,sheep dog,hound dog,Spanish pointer,springer,coin machine,automotive vehicle,"
    "computing machine,computing device,combat ship,war vessel,baby's bed,measuring system,measuring device,toad frog,"
    "floor cover,drinking glass,living accommodations,cutter,heavier-than-air craft,lighter-than-air craft,telephone set,"
    "good,edible fruit,food product,weapon system,nutrient,serpent,egg-laying mammal,forte-piano,double-decker,medication,"
    "beating-reed instrument,free-reed instrument,swimming costume,bathing costume,small-arm,peripheral device".split(",")
)
ADDED: Mapping[str, tuple[str, ...]] = {
    "dog": ("pet",),
    "domestic cat": ("pet",),
    "hamster": ("pet",),
    "guinea pig": ("pet",),
    "goldfish": ("pet",),
    "beverage": ("drink",),
    "espresso": ("cup of coffee",),
    "bicycle": ("bike",),
    "motor vehicle": ("car",),
}
"""By what else is said of a class or is one of its wider terms."""
KINDS = frozenset("terrier retriever spaniel collie poodle salamander amphibian rodent grouse reptile".split())
"""Words that people know and the language model spells in pieces."""
MOST_NAMES, MOST_WORDS, MOST_SENSES = 3, 2, 3


@dataclass(frozen=True, kw_only=True)
class Term:
    """A meaning in WordNet."""

    words: tuple[str, ...]
    wider: tuple[str, ...]
    """Offsets of what it is a kind of."""


def main() -> int:
    """Write the file."""
    parser = argparse.ArgumentParser(prog="python -m tools.make_photo_labels", description=__doc__.split("\n", 1)[0])
    parser.add_argument("wordnet", type=Path)
    given = parser.parse_args()
    terms, senses = read_terms(given.wordnet / "data.noun"), read_senses(given.wordnet / "index.noun")
    target = bundled_folder("photo-labels") / "labels.tsv"
    target.parent.mkdir(exist_ok=True)
    lines = (
        "\t".join((", ".join(names_of(terms[offset])), ", ".join(wider_of(offset, terms, senses))))
        for offset in offsets()
    )
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{target}: {target.stat().st_size:,} bytes")
    return 0


def offsets() -> list[str]:
    """Of the classes, in the order in which a network names them."""
    spec = find_spec("timm")
    folder = Path((spec.submodule_search_locations or ["."])[0]) if spec else Path()
    text = (folder / "data" / "_info" / "imagenet_synsets.txt").read_text(encoding="utf-8")
    return [line.removeprefix("n") for line in text.split()]


def read_terms(file: Path) -> dict[str, Term]:
    """By offset."""
    found = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            continue
        fields = line.split("|")[0].split()
        end = 4 + 2 * int(fields[3], 16)
        pointers = [fields[at : at + 3] for at in range(end + 1, end + 1 + 4 * int(fields[end]), 4)]
        wider = tuple(offset for kind, offset, part in pointers if kind in {"@", "@i"} and part == "n")
        found[fields[0]] = Term(words=tuple(word.replace("_", " ") for word in fields[4:end:2]), wider=wider)
    return found


def read_senses(file: Path) -> dict[str, list[str]]:
    """By word, the offsets of its meanings, the commonest first."""
    rows = (line.split() for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("  "))
    return {row[0].replace("_", " "): row[-int(row[2]) :] for row in rows}


def names_of(term: Term) -> list[str]:
    """As people say them: without Latin."""
    spoken = [word for word in term.words if not is_latin(word) and word not in UNSAID_WORDS]
    return list(dict.fromkeys(spoken))[:MOST_NAMES]


def is_latin(word: str) -> bool:
    first, _, rest = word.partition(" ")
    return first[:1].isupper() and bool(rest) and rest.islower() and first not in {"Old", "New", "French", "English"} and rest.endswith(
        ("us", "a", "is", "um", "ii", "i", "ae", "es", "or", "ix", "ns", "os", "on", "yx")
    )  # fmt: skip


def wider_of(offset: str, terms: Mapping[str, Term], senses: Mapping[str, list[str]]) -> list[str]:
    """From the nearest to the widest, and what is added to any of them."""
    own = names_of(terms[offset])
    found: list[str] = []
    for wider in chain(offset, terms):
        found += said(wider, terms[wider], senses)
    for word in [*own, *found]:
        found += ADDED.get(word, ())
    return [word for word in dict.fromkeys(found) if word not in own]


def chain(offset: str, terms: Mapping[str, Term]) -> Iterator[str]:
    seen: dict[str, None] = {}
    front = [offset]
    while front:
        front = [wider for one in front for wider in terms[one].wider if wider not in seen]
        seen |= dict.fromkeys(front)
    return iter(seen)


def said(offset: str, term: Term, senses: Mapping[str, list[str]]) -> list[str]:
    """Of a wider term, the words that people use for it first of all."""
    if term.words[0] in UNSAID:
        return []
    usual = [
        word
        for number, word in enumerate(term.words)
        if number == 0 or offset in senses.get(word.lower(), [])[: MOST_SENSES if number < 2 else 1]
    ]
    return [word for word in usual if word not in UNSAID_WORDS and known(word)][:MOST_WORDS]


def known(word: str) -> bool:
    """Whether each of its words, or the plural of it, is one that people know."""
    parts = word.lower().replace("-", " ").replace("'s", "").split()
    return all({part, f"{part}s", f"{part[:-1]}ies"} & common_words() or part in KINDS for part in parts)


if __name__ == "__main__":
    raise SystemExit(main())
