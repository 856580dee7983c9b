"""Test questions on pictures that no training run has seen."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from training.pictures import draw
from training.vlm.answering import Probe
from training.vlm.captions import SHORT_PROMPTS, short_caption
from training.vlm.looks import FIRST_TEST_SEED
from training.vlm.questions import one_of
from training.vlm.several import compare
from training.vlm.unknown import HELD_OUT_KINDS, TRAINING_KINDS, draw_unknown
from training.vlm.wordings import CANNOT_TELL, UNFAMILIAR, Turn

if TYPE_CHECKING:
    from training.pictures import Picture

# Larger than the model sees: the processor has to do its part, as with a user's files.
SIZE: Final[int] = 256
# The least share of right answers; kinds without a bar are reported only.
BARS: Final[dict[str, float]] = {
    "colour": 0.9,
    "shape": 0.9,
    "count": 0.9,
    "exists": 0.9,
    "chart kind": 0.9,
    "page kind": 0.9,
    "relation": 0.8,
    "trend": 0.85,
    "not shown": 0.8,
}
_DOMAINS: Final[dict[str, str]] = {
    "colour": "scene",
    "shape": "scene",
    "count": "scene",
    "exists": "scene",
    "relation": "scene",
    "relation yes/no": "scene",
    "neighbour": "scene",
    "position": "scene",
    "size": "scene",
    "background": "scene",
    "chart kind": "chart",
    "trend": "chart",
    "trend yes/no": "chart",
    "reading": "chart",
    "chart count": "chart",
    "chart colour": "chart",
    "page kind": "page",
    "figure": "page",
    "diagram kind": "diagram",
    "diagram colour": "diagram",
    "diagram parts": "diagram",
    "map kind": "map",
    "screenshot kind": "screenshot",
    "theme": "screenshot",
}
_KNOWN: Final[tuple[str, ...]] = ("scene", "chart", "page", "diagram", "map", "screenshot")


def question_sets(many: int) -> dict[str, list[Probe]]:
    """`many` questions of every kind; the same in every run."""
    sets = {kind: _of_kind(kind, domain, many) for kind, domain in _DOMAINS.items()}
    sets["not shown"] = _not_shown(many)
    sets["which image"] = _several("which image", many)
    sets["nth image"] = _several("nth image", many)
    for domain in _KNOWN:
        sets[f"caption {domain}"] = _captions(domain, many // 2)
    for kind in ("colour", "shape", "exists"):
        sets[f"{kind}, unseen pairs"] = _of_kind(kind, "scene", many // 2, held_out=True, kind="single")
    return sets


def unknown_pictures(many: int) -> dict[str, list[Picture]]:
    """Pictures with nothing to recognise: of trained kinds and of kinds never trained."""
    seeds = range(FIRST_TEST_SEED, FIRST_TEST_SEED + many)
    kinds = {"trained kinds": TRAINING_KINDS, "new kinds": tuple(sorted(HELD_OUT_KINDS))}
    return {name: [draw_unknown(seed, SIZE, some[seed % len(some)]) for seed in seeds] for name, some in kinds.items()}


def _seeds(name: str) -> Iterator[tuple[int, random.Random]]:
    offset = random.Random(name).randrange(100_000_000)
    for seed in range(FIRST_TEST_SEED + offset, FIRST_TEST_SEED + offset + 1_000_000):
        yield seed, random.Random(f"{name}-{seed}")


def _of_kind(asked: str, domain: str, many: int, **constraints: Any) -> list[Probe]:
    probes: list[Probe] = []
    for seed, rng in _seeds(f"{asked}{constraints}"):
        if len(probes) == many:
            break
        picture = draw(domain, seed, SIZE, **constraints)
        turn = one_of(asked, picture, rng)
        if turn is not None:
            probes.append(Probe(pictures=(picture,), turn=turn))
    return probes


def _not_shown(many: int) -> list[Probe]:
    probes = []
    for (seed, rng), _ in zip(_seeds("not shown"), range(many), strict=False):
        picture = draw(rng.choice(("scene", "scene", "chart", "page", "diagram", "map", "screenshot")), seed, SIZE)
        turn = one_of("not shown", picture, rng)
        if turn is not None:
            probes.append(Probe(pictures=(picture,), turn=turn))
    return probes


def _several(kind: str, many: int) -> list[Probe]:
    probes: list[Probe] = []
    for seed, rng in _seeds(kind):
        if len(probes) == many:
            break
        domains = rng.choices(_KNOWN, (5, 3, 1, 1, 1, 1), k=rng.choice((2, 3)))
        pictures = [draw(domain, seed + 10_000_000 * index, SIZE) for index, domain in enumerate(domains)]
        turns = [turn for turn in compare(pictures, rng, 8) if turn.kind == kind]
        probes += [Probe(pictures=tuple(pictures), turn=turn) for turn in turns[:1]]
    return probes


def _captions(domain: str, many: int) -> list[Probe]:
    probes = []
    for (seed, rng), _ in zip(_seeds(f"caption {domain}"), range(many), strict=False):
        picture = draw(domain, seed, SIZE)
        turn = Turn(kind="caption", question=rng.choice(SHORT_PROMPTS), answer=short_caption(picture))
        probes.append(Probe(pictures=(picture,), turn=turn))
    return probes


def admits(text: str) -> bool:
    """Whether an answer says that the picture is unfamiliar."""
    said = text.casefold()
    return UNFAMILIAR in said or CANNOT_TELL.casefold() in said
