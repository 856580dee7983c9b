"""Endless training conversations: one picture and many questions about it, or several pictures, or none."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from training.vlm.augment import augment
from training.vlm.concepts import targets
from training.vlm.looks import sketch
from training.vlm.questions import turns
from training.vlm.several import ORDINALS, compare, without_image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from training.pictures import Picture
    from training.vlm.model import Shape
    from training.vlm.wordings import Turn

# Which colour belongs to which of several shapes is what is hardest to answer.
SHARES: Final[dict[str, float]] = {
    "scene": 0.80,
    "chart": 0.09,
    "page": 0.03,
    "diagram": 0.02,
    "map": 0.015,
    "screenshot": 0.015,
    "unknown": 0.03,
}
SCENES: Final[dict[str, float]] = {"single": 0.10, "equal": 0.15, "pair": 0.40, "three": 0.35}
SEVERAL_SHARE: Final[float] = 0.08
NO_IMAGE_SHARE: Final[float] = 0.015
CHAIN_SHARE: Final[float] = 0.15
QUESTIONS: Final[int] = 12
PREFIX: Final[int] = 0


@dataclass(frozen=True, kw_only=True)
class Script:
    """One packed sequence. Questions see the pictures and their own conversation, not each other.

    All arrays have the shape (tokens,). `segments` is 0 for the shared pictures, `weights` 0 where nothing is learned.
    """

    ids: NDArray[np.int64]
    positions: NDArray[np.int64]
    segments: NDArray[np.int64]
    weights: NDArray[np.float32]


class Speaker:
    """Turns questions into token ids the way the chat template does."""

    def __init__(self, tokenizer: Any, shape: Shape) -> None:
        self.tokenizer = tokenizer
        names = ("<|user|>", "<|assistant|>", "<|end|>", "<image>")
        self.user, self.assistant, self.end, self.image = tokenizer.convert_tokens_to_ids(list(names))
        self.ordinals = [self.encode(name) for name in ORDINALS]
        self.image_tokens = shape.image_tokens

    def encode(self, text: str) -> list[int]:
        """The tokens of a text, without special ones."""
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    def script(self, images: int, chains: list[list[Turn]]) -> Script:
        """Pack conversations about the same pictures; each chain is one conversation."""
        ids = [self.user]
        for index in range(images):
            ids += [*self.ordinals[index], *[self.image] * self.image_tokens]
        prefix = len(ids)
        positions, segments, weights = list(range(prefix)), [PREFIX] * prefix, [0.0] * prefix
        for number, chain in enumerate(chains, start=1):
            written, weighted = self._chain(chain)
            ids += written
            weights += weighted
            positions += range(prefix, prefix + len(written))
            segments += [number] * len(written)
        return Script(
            ids=np.array(ids),
            positions=np.array(positions),
            segments=np.array(segments),
            weights=np.array(weights, np.float32),
        )

    def _chain(self, chain: list[Turn]) -> tuple[list[int], list[float]]:
        ids: list[int] = []
        weights: list[float] = []
        for index, turn in enumerate(chain):
            question, answer = self.encode(turn.question), [*self.encode(turn.answer), self.end]
            asked = [*([self.user] if index else []), *question, self.assistant]
            ids += [*asked, *answer]
            # Long captions would otherwise outweigh the short answers.
            weights += [0.0] * len(asked) + [len(answer) ** -0.5] * len(answer)
        return ids, weights


class Talks:
    """Packed conversations with their pictures and the tower's own targets."""

    def __init__(self, shape: Shape, tokenizer: Any, start: int, many: int, batch: int) -> None:
        self.shape = shape
        self.speaker = Speaker(tokenizer, shape)
        self.start = start
        self.many = many
        self.batch = batch

    def __len__(self) -> int:
        return self.many

    def __getitem__(self, index: int) -> dict[str, Any]:
        seed = self.start + index
        rng = random.Random(f"talk-{seed}")
        size, many = self.shape.image, self._images(seed, rng)
        pictures = [sketch(seed * 3 + offset, size, SHARES, SCENES) for offset in range(many)]
        looks = [self._look(picture, rng) for picture in pictures]
        chains = _chained(self._asked(pictures, seed, rng), rng)
        return {"script": self.speaker.script(len(pictures), chains), "looks": looks}

    def _images(self, seed: int, rng: random.Random) -> int:
        # One batch has sequences of about one length: those with several pictures are twice as long.
        several = random.Random(f"batch-{seed // self.batch}").random() < SEVERAL_SHARE
        if several:
            return rng.choice((2, 2, 3))
        return 0 if rng.random() < NO_IMAGE_SHARE else 1

    def _asked(self, pictures: list[Picture], seed: int, rng: random.Random) -> list[Turn]:
        if not pictures:
            absent = sketch(seed * 3, 16)
            return [without_image(absent, rng) for _ in range(3)]
        if len(pictures) == 1:
            return turns(pictures[0], rng, QUESTIONS)
        return compare(pictures, rng, QUESTIONS)

    def _look(self, picture: Picture, rng: random.Random) -> dict[str, Any]:
        seen = augment(picture, rng)
        truth = targets(picture, self.shape.grid, seen.squeeze)
        return {"pixels": np.array(seen.image), "picture": truth.picture, "patch": truth.patch}


def _chained(asked: list[Turn], rng: random.Random) -> list[list[Turn]]:
    """Mostly conversations of one turn, now and then of several."""
    chains: list[list[Turn]] = []
    for turn in asked:
        if chains and rng.random() < CHAIN_SHARE:
            chains[-1].append(turn)
        else:
            chains.append([turn])
    return chains


def collate(samples: list[dict[str, Any]]) -> dict[str, Any]:
    """A batch: right-padded scripts (n, tokens) and all pictures one after the other."""
    import torch

    scripts: list[Script] = [sample["script"] for sample in samples]
    longest = max(len(script.ids) for script in scripts)

    def padded(name: str, filler: float) -> Any:
        rows = [np.pad(getattr(s, name), (0, longest - len(s.ids)), constant_values=filler) for s in scripts]
        return torch.from_numpy(np.stack(rows))

    looks = [look for sample in samples for look in sample["looks"]]
    batch = {name: torch.from_numpy(np.stack([look[name] for look in looks])) for name in looks[0]} if looks else {}
    return batch | {
        "ids": padded("ids", 0),
        "positions": padded("positions", 0),
        "segments": padded("segments", -1),
        "weights": padded("weights", 0.0),
    }
