"""Examples in batches of like length, drawn from several makers in fixed shares; the place in it is a few numbers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from tokenizers import Tokenizer

from ragmm.readers.encoding import Pair, pair, read_texts
from training.reader.cloze import plain, plain_exchanged
from training.reader.data import (
    Asked,
    Example,
    Lengths,
    Maker,
    Pool,
    answered,
    beside,
    elsewhere,
    exchanged,
    held_out,
    refused,
)
from training.reader.documents import foreign, stated, unstated
from training.reader.model import Batch


@dataclass(frozen=True, kw_only=True)
class Source:
    """A list of questions, what is made of them, and how many of a thousand examples."""

    name: str
    asked: list[Asked]
    make: Maker
    share: int


@dataclass
class Place:
    """Where the stream stands: of each source how many were taken, and how many rounds there were."""

    taken: dict[str, int] = field(default_factory=dict)
    round: int = 0


@dataclass(frozen=True, kw_only=True)
class Target:
    """An example in numbers: first and last piece of the answer in the whole row, 0 where there is none."""

    pair: Pair
    start: int
    end: int


def sources(pool: Pool) -> list[Source]:
    """The mix."""
    squad, chinese, real = (
        [one for one in asked if not held_out(one.passage.title)]
        for asked in (pool.english, pool.chinese, pool.refused)
    )
    return [
        Source(name="en", asked=squad, make=answered, share=325),
        Source(name="refused", asked=real, make=refused, share=75),
        Source(name="plain", asked=real, make=plain, share=40),
        Source(name="plain-exchanged", asked=real, make=plain_exchanged, share=20),
        Source(name="elsewhere", asked=squad, make=elsewhere, share=45),
        Source(name="beside", asked=squad, make=beside, share=55),
        Source(name="exchanged", asked=squad, make=exchanged, share=60),
        Source(name="stated", asked=squad, make=stated, share=80),
        Source(name="unstated", asked=squad, make=unstated, share=35),
        Source(name="foreign", asked=squad, make=foreign, share=80),
        Source(name="zh", asked=chinese, make=answered, share=135),
        Source(name="zh-elsewhere", asked=chinese, make=elsewhere, share=25),
        Source(name="zh-beside", asked=chinese, make=beside, share=25),
    ]


class Stream:
    """Rounds of examples, the same for the same place and seed."""

    def __init__(self, pool: Pool, mix: list[Source], tokenizer: Tokenizer, own: Mapping[str, int]) -> None:
        self.pool, self.mix, self.tokenizer, self.own = pool, mix, tokenizer, own
        self.place = Place()
        self.lengths = Lengths()
        self.pieces = 1536
        """In a batch, with padding."""

    def round(self, examples: int = 500) -> Iterator[Batch]:
        """The next examples, in batches of like length in any order; the place moves on at once."""
        rng = random.Random(f"{self.place.round}:7")
        made: list[Example] = []
        ahead = dict(self.place.taken)
        for source in self.mix:
            for _ in range(source.share * examples // 1000):
                one = self._next(source, ahead, rng)
                if one is not None:
                    made.append(one)
        # Who stops in the middle goes on with the next round rather than reading the same twice.
        self.place = Place(taken=ahead, round=self.place.round + 1)
        yield from self._batches(made, rng)

    def after(self, examples: int) -> Place:
        """The place after so many: who goes on from an export begins with what it has read least."""
        taken = {source.name: source.share * examples // 1000 for source in self.mix}
        return Place(taken=taken, round=examples // 500)

    def _next(self, source: Source, taken: dict[str, int], rng: random.Random) -> Example | None:
        for _ in range(6):
            number = taken.get(source.name, 0)
            taken[source.name] = number + 1
            turn, at = divmod(number, len(source.asked))
            example = source.make(source.asked[shuffled(len(source.asked), turn, at)], self.pool, self.lengths, rng)
            if example is not None:
                return example
        return None

    def _batches(self, made: list[Example], rng: random.Random) -> Iterator[Batch]:
        rows = [row for row in targets(self.tokenizer, self.own, made) if row is not None]
        rows.sort(key=lambda row: len(row.pair.ids))
        groups: list[list[Target]] = [[]]
        for row in rows:
            if groups[-1] and len(row.pair.ids) * (len(groups[-1]) + 1) > self.pieces:
                groups.append([])
            groups[-1].append(row)
        rng.shuffle(groups)
        for group in groups:
            yield collate(group)


_ORDERS: dict[tuple[int, int], list[int]] = {}


def shuffled(size: int, turn: int, at: int) -> int:
    """The place of one of `size` in the order of a turn."""
    if (size, turn) not in _ORDERS:
        order = list(range(size))
        random.Random(f"{size}:{turn}").shuffle(order)
        _ORDERS[size, turn] = order
    return _ORDERS[size, turn][at]


def targets(tokenizer: Tokenizer, own: Mapping[str, int], made: list[Example], most: int = 288) -> list[Target | None]:
    """Examples in numbers; None where the answer is cut off."""
    asked = read_texts(tokenizer, own, [one.question for one in made])
    said = read_texts(tokenizer, own, [one.text for one in made])
    found: list[Target | None] = []
    for one, question, text in zip(made, asked, said, strict=True):
        both = pair(question, text, prefix=one.prefix, most=most)
        if one.end <= one.start:
            found.append(Target(pair=both, start=0, end=0))
            continue
        inside = [at for at, (low, high) in enumerate(both.offsets) if low < one.end and high > one.start]
        whole = bool(inside) and both.offsets[inside[-1]][1] >= one.end
        found.append(Target(pair=both, start=both.first + inside[0], end=both.first + inside[-1]) if whole else None)
    return found


def collate(rows: list[Target]) -> Batch:
    """Padded to the longest."""
    batch = padded([row.pair for row in rows])
    batch["start"] = torch.tensor([row.start for row in rows])
    batch["end"] = torch.tensor([row.end for row in rows])
    return batch


def padded(pairs: list[Pair]) -> Batch:
    """Pairs as tensors of shape (b, t)."""
    width = max(len(one.ids) for one in pairs)
    batch = {
        name: torch.tensor([[*getattr(one, name), *[0] * (width - len(one.ids))] for one in pairs])
        for name in ("ids", "own", "kinds", "matches", "shapes")
    }
    batch["mask"] = torch.tensor([[True] * len(one.ids) + [False] * (width - len(one.ids)) for one in pairs])
    return batch
