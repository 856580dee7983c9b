"""The training pool: shards of drawn pictures with their captions already embedded."""

from __future__ import annotations

import argparse
import os
import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from training.clip.aims import emoji_names
from training.clip.negatives import altered
from training.clip.recipe import IMAGE_SIZE, MIX, SCENES
from training.clip.strangers import UNKNOWN, draw_stranger
from training.clip.text import TextTower
from training.clip.truth import (
    MOST_THINGS,
    NO_MARK,
    NONE,
    UNTOLD,
    WORDS,
    caption_mark,
    emoji_mark,
    emoji_words,
    picture_mark,
    things_shown,
)
from training.pictures import Picture, captions, draw
from training.pictures.emoji import FOLDER_VARIABLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARD_SIZE: Final = 16_384
# Two true captions of every picture, then two that are almost true (or -1).
TRUE, FALSE = 2, 2
# The number of a scene's last caption, which joins its things by "and".
LAST: Final = 5
Mark = tuple[int, ...]
Marked = tuple[str, Mark]
Form = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Shard:
    """Pictures (uint8), the rows of their captions in `texts`, and the marks of both; `words`
    are the first numbers of the marks of further captions that are true of a picture, `things`
    the numbers of the coloured shapes of a scene, `glyphs` that of an emoji (-1: none)."""

    images: NDArray[np.uint8]
    captions: NDArray[np.int32]
    marks: NDArray[np.int64]
    words: NDArray[np.int64]
    things: NDArray[np.int16]
    glyphs: NDArray[np.int16]
    texts: NDArray[np.float16]
    text_marks: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One picture with its captions, each beside its mark."""

    image: Image.Image
    true: list[Marked]
    false: list[Marked]
    mark: Mark = NO_MARK
    words: tuple[int, ...] = ()
    things: tuple[int, ...] = ()
    glyph: int = NONE


def sample(seed: int) -> Sample:
    """The training sample that a seed names."""
    rng = random.Random(f"sample:{seed}")
    domain = rng.choices(tuple(MIX), tuple(MIX.values()))[0]
    if domain == "unknown":
        said = [(text, NO_MARK) for text in rng.sample(UNKNOWN, TRUE)]
        return Sample(image=draw_stranger(seed, IMAGE_SIZE), true=said, false=[])
    wish = {"kind": rng.choices(tuple(SCENES), tuple(SCENES.values()))[0]} if domain == "scene" else {}
    picture = draw(domain, seed, IMAGE_SIZE, **wish)
    forms = [(form, rng.randrange(2**30)) for form in _forms(picture, rng)]
    false = (_nearly(picture, form, rng) for form in forms)
    return Sample(
        image=_framed(picture, rng),
        true=[_said(picture, form) for form in forms],
        false=[said for said in false if said],
        mark=picture_mark(picture.facts) if domain == "scene" else NO_MARK,
        words=emoji_words(picture.facts) if domain == "emoji" else (),
        things=things_shown(picture.facts) if domain == "scene" else (),
        glyph=emoji_names().index(picture.facts["name"]) if domain == "emoji" else NONE,
    )


def _forms(picture: Picture, rng: random.Random) -> tuple[int, int]:
    """Which two of a picture's captions are used."""
    if picture.domain == "emoji":
        # Its name, and one of its keywords.
        return rng.choice((0, 0, 0, 1, 2)), rng.choice((3, 3, 4, 5))
    several = picture.domain == "scene" and picture.facts["kind"] in ("pair", "three")
    return (rng.choice((0, LAST)) if several else 0), rng.randint(1, LAST)


def _nearly(picture: Picture, form: Form, rng: random.Random) -> Marked | None:
    """An untrue caption of this form; none where the form does not mention what was changed."""
    facts = altered(picture.domain, picture.facts, rng)
    if facts is None:
        return None
    other = Picture(image=picture.image, domain=picture.domain, facts=facts)
    said = _said(other, form)
    return None if said[0] == _said(picture, form)[0] else said


def _said(picture: Picture, form: Form) -> Marked:
    """The caption of this number and seed, with its mark."""
    said = captions(picture, random.Random(form[1]))
    caption = said[min(form[0], len(said) - 1)]
    if picture.domain == "scene":
        return caption, caption_mark(caption, picture.facts)
    return caption, emoji_mark(caption) if picture.domain == "emoji" else NO_MARK


def _framed(picture: Picture, rng: random.Random) -> Image.Image:
    """Some pictures letterboxed on white, as those that are not square will be."""
    scene_like = picture.domain in ("scene", "emoji")
    if rng.random() > (0.12 if scene_like else 0.35):
        return picture.image
    short = rng.uniform(0.6, 0.95)
    wide = 1.0 if rng.random() < 0.5 else short
    tall = short if scene_like or wide == 1.0 else 1.0
    size = picture.image.width
    box = (round(size * (short if scene_like else wide)), round(size * tall))
    framed = Image.new("RGB", (size, size), "white")
    framed.paste(picture.image.resize(box), ((size - box[0]) // 2, (size - box[1]) // 2))
    return framed


def write_shard(folder: Path, number: int, size: int = SHARD_SIZE) -> Path:
    """Draw and embed a shard; one that is there already is left alone."""
    path = folder / f"shard-{number:04d}.npz"
    if path.exists():
        return path
    samples = [sample(number * 1_000_000 + k) for k in range(size)]
    table: dict[Marked, int] = {}
    rows = np.full((size, TRUE + FALSE), -1, np.int32)
    for row, made in zip(rows, samples, strict=True):
        for column, said in [*enumerate(made.true), *enumerate(made.false, TRUE)]:
            row[column] = table.setdefault(said, len(table))
    parts: dict[str, Any] = {
        "captions": rows,
        "marks": np.array([made.mark for made in samples], np.int64),
        "words": np.array([made.words or (UNTOLD - 1,) * WORDS for made in samples], np.int64),
        "things": np.array([(*made.things, *[NONE] * (MOST_THINGS - len(made.things))) for made in samples], np.int16),
        "glyphs": np.array([made.glyph for made in samples], np.int16),
        "texts": _embedded([text for text, _ in table]),
        "text_marks": np.array([mark for _, mark in table], np.int64),
    }
    np.save(path.with_suffix(".images.npy"), np.stack([np.asarray(s.image) for s in samples]))
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, **parts)
    partial.rename(path)
    return path


_TOWER: list[TextTower] = []


def _embedded(texts: list[str]) -> NDArray[np.float16]:
    if not _TOWER:
        _TOWER.append(TextTower(device=_device()))
    vectors: NDArray[np.float16] = _TOWER[0].embed(texts).astype(np.float16)
    return vectors


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def read_shard(folder: Path, number: int) -> Shard:
    """Open a shard; its pictures stay on disk until they are used."""
    path = folder / f"shard-{number:04d}.npz"
    images = np.load(path.with_suffix(".images.npy"), mmap_mode="r")
    with np.load(path) as parts:
        return Shard(images=images, **{name: parts[name] for name in parts.files})


def _work(task: tuple[Path, int, int]) -> Path:
    import torch

    torch.set_num_threads(1)
    return write_shard(*task)


def main() -> None:
    """Write the shards that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m training.clip.pool", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the shards")
    parser.add_argument("--shards", type=int, default=10, help="how many")
    parser.add_argument("--first", type=int, default=0, help="number of the first shard")
    parser.add_argument("--size", type=int, default=SHARD_SIZE, help="pictures in a shard")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--emoji", type=Path, help=f"emoji folder (else {FOLDER_VARIABLE})")
    wanted = parser.parse_args()
    if wanted.emoji:
        os.environ[FOLDER_VARIABLE] = str(wanted.emoji)
    wanted.out.mkdir(parents=True, exist_ok=True)
    numbers = range(wanted.first, wanted.first + wanted.shards)
    tasks = [(wanted.out, number, wanted.size) for number in numbers]
    with ProcessPoolExecutor(wanted.workers) as workers:
        for path in workers.map(_work, tasks):
            print(path, flush=True)


if __name__ == "__main__":
    main()
