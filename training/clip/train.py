"""Train the image tower into the space of the frozen text encoder."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn import functional

from training.clip.aims import kept_aims, kept_pairs
from training.clip.lessons import Lessons
from training.clip.loss import choices, contrast
from training.clip.pool import Shard, read_shard
from training.clip.recipe import Recipe
from training.clip.text import TextTower
from training.clip.tower import Averaged, Tower, text_basis

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

PASSES = 2
AVERAGE_EVERY = 4
Batch = tuple[Shard, "NDArray[np.int64]"]


class Training:
    """A run: the tower, its average, the optimiser, and how many images it has seen."""

    def __init__(self, recipe: Recipe, folder: Path, shards: range, power: float) -> None:
        self.recipe = recipe
        self.folder = folder
        self.seen = 0
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(recipe.seed)
        first = torch.from_numpy(wait_for(folder / "pool", shards[0]).texts.astype(np.float32))
        tower = Tower(text_basis(first, power)).to(self.device)
        self.tower = tower.to(memory_format=torch.channels_last)
        texts = TextTower(device=self.device.type)
        aims, together = (torch.from_numpy(kept(folder, texts)) for kept in (kept_aims, kept_pairs))
        self.lessons = Lessons(self.tower.width, aims, together).to(self.device)
        self.average = Averaged(self.tower, recipe.average)
        learning = torch.nn.ModuleList([self.tower, self.lessons])
        self.optimiser = torch.optim.AdamW(_groups(learning, recipe.weight_decay), fused=True)

    def step(self, batch: Batch) -> tuple[float, float, float]:
        """One update; both losses and the share of hard choices that were right."""
        shard, rows = batch
        dice = np.random.default_rng((self.recipe.seed, self.seen))
        among = choices(shard, rows, dice, self.recipe.bank)
        images = shown(shard.images[rows], dice, self.recipe.side_at(self.seen), self.device)
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.rate_at(self.seen)
        self.tower.train()
        pooled, vectors = self.tower(images)
        among = replace(
            among,
            vectors=among.vectors.to(self.device),
            excluded=among.excluded.to(self.device),
            own=among.own.to(self.device),
        )
        loss, right = contrast(vectors, among, self.tower.scale())
        taught = self.lessons(pooled, vectors, shard, rows)
        self.optimiser.zero_grad(set_to_none=True)
        (loss + taught).backward()
        torch.nn.utils.clip_grad_norm_(self.tower.parameters(), 5.0)
        self.optimiser.step()
        self.seen += len(rows)
        if self.seen // len(rows) % AVERAGE_EVERY == 0:
            self.average.update(self.tower)
        return loss.item(), taught.item(), right

    def save(self) -> None:
        """Write what a resumed run needs, and the averaged tower as open_clip names it."""
        state = {
            "seen": self.seen,
            "tower": self.tower.state_dict(),
            "lessons": self.lessons.state_dict(),
            "average": self.average.module.state_dict(),
            "updates": self.average.updates,
            "optimiser": self.optimiser.state_dict(),
        }
        partial = self.folder / "last.pt.partial"
        torch.save(state, partial)
        partial.rename(self.folder / "last.pt")
        save_file(self.average.module.folded(), self.folder / "tower.safetensors")

    def resume(self) -> bool:
        """Continue from the last checkpoint where there is one."""
        path = self.folder / "last.pt"
        if not path.exists():
            return False
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.tower.load_state_dict(state["tower"])
        self.lessons.load_state_dict(state["lessons"])
        self.average.module.load_state_dict(state["average"])
        self.average.updates = state["updates"]
        self.optimiser.load_state_dict(state["optimiser"])
        self.seen = state["seen"]
        return True

    def begin_with(self, checkpoint: Path) -> None:
        """Take over the tower of another run and what asks it, and nothing else of it."""
        state = torch.load(checkpoint, map_location=self.device, weights_only=True)
        self.tower.load_state_dict(state["tower"])
        self.average.module.load_state_dict(state["average"])
        if "lessons" in state:
            self.lessons.load_state_dict(state["lessons"])


def _groups(learning: torch.nn.Module, decay: float) -> list[dict[str, object]]:
    weights = [p for p in learning.parameters() if p.ndim > 1]
    rest = [p for p in learning.parameters() if p.ndim <= 1]
    return [{"params": weights, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]


def shown(images: NDArray[np.uint8], dice: np.random.Generator, side: int, device: torch.device) -> torch.Tensor:
    """A batch as it is shown to the tower: moved a little, brighter or darker, normalised."""
    many, size = images.shape[:2]
    small = torch.from_numpy(images).permute(0, 3, 1, 2)
    if side != size:
        # On 8-bit channels-last pictures this is several times as fast as on floats.
        small = functional.interpolate(small, size=(side, side), mode="bilinear", antialias=True)
    pixels = small.permute(0, 2, 3, 1).numpy()
    moves = dice.integers(-side // 18, side // 18 + 1, (many, 2))
    moved = np.stack([_moved(image, *move) for image, move in zip(pixels, moves, strict=True)])
    batch = torch.from_numpy(moved).to(device).permute(0, 3, 1, 2).float() / 255
    gain = torch.from_numpy(dice.uniform(0.85, 1.15, (many, 1, 1, 1)).astype(np.float32))
    lift = torch.from_numpy(dice.uniform(-0.08, 0.08, (many, 1, 1, 1)).astype(np.float32))
    seeded = torch.Generator(device).manual_seed(int(dice.integers(2**31)))
    noise = torch.randn(batch.shape, generator=seeded, device=device) * 0.015
    lit = ((batch - 0.5) * gain.to(device) + 0.5 + lift.to(device) + noise).clamp(0, 1)
    return ((lit - 0.5) / 0.5).contiguous(memory_format=torch.channels_last)


def _moved(image: NDArray[np.uint8], down: int, across: int) -> NDArray[np.uint8]:
    """The picture moved, its edge pixels repeated where it left."""
    span = np.arange(len(image))
    rows, columns = (np.clip(span + by, 0, len(image) - 1) for by in (down, across))
    return image[rows[:, None], columns]


def wait_for(pool: Path, number: int) -> Shard:
    """A shard of the pool, as soon as the generator has written it."""
    while not (pool / f"shard-{number:04d}.npz").exists():
        time.sleep(2)
    return read_shard(pool, number)


def batches(pool: Path, shards: range, recipe: Recipe, seen: int) -> Iterator[Batch]:
    """Batches in an order that only the seed decides, from `seen` images on."""
    skip = seen // recipe.batch
    for visit in range(10**6):
        shard = wait_for(pool, shards[visit % len(shards)])
        for turn in range(PASSES):
            dice = np.random.default_rng((recipe.seed, visit, turn))
            order = dice.permutation(len(shard.captions))
            steps = len(order) // recipe.batch
            for start in range(min(skip, steps), steps):
                rows = np.sort(order[start * recipe.batch : (start + 1) * recipe.batch])
                yield shard, rows
            skip -= min(skip, steps)


def run(training: Training, shards: range, every: int) -> None:
    """Train until the recipe's number of images is reached, saving now and then."""
    recipe, start, begun = training.recipe, training.seen, time.monotonic()
    losses: list[tuple[float, float, float]] = []
    for batch in batches(training.folder / "pool", shards, recipe, training.seen):
        losses.append(training.step(batch))
        done = training.seen >= recipe.images
        if done or len(losses) * recipe.batch >= every:
            training.save()
            loss, taught, right = np.mean(losses, axis=0)
            speed = (training.seen - start) / (time.monotonic() - begun)
            side, scale = recipe.side_at(training.seen), training.tower.scale().item()
            print(
                f"{training.seen:>9,} images  {side} px  loss {loss:.3f}  lessons {taught:.3f}  hard {right:.3f}  "
                f"scale {scale:.0f}  {speed:.0f} images/s",
                flush=True,
            )
            losses = []
        if done:
            return


def main() -> None:
    """Train as the command line asks."""
    parser = argparse.ArgumentParser(prog="python -m training.clip.train", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder with pool/, for checkpoints")
    parser.add_argument("--shards", type=int, required=True, help="shards of the pool to use")
    parser.add_argument("--first", type=int, default=0, help="number of the first of them")
    parser.add_argument("--images", type=int, default=Recipe.images, help="images to see in all")
    parser.add_argument("--batch", type=int, default=Recipe.batch)
    parser.add_argument("--rate", type=float, default=Recipe.learning_rate)
    parser.add_argument("--seed", type=int, default=Recipe.seed)
    parser.add_argument("--power", type=float, default=0.5, help="how far the text basis spreads")
    parser.add_argument("--every", type=int, default=16_384, help="images between checkpoints")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--smallest", type=int, default=Recipe.smallest, help="least side of a picture in pixels")
    parser.add_argument("--begin-with", type=Path, help="checkpoint of another run whose tower to begin with")
    wanted = parser.parse_args()
    torch.set_num_threads(wanted.threads)
    recipe = Recipe(
        images=wanted.images,
        batch=wanted.batch,
        learning_rate=wanted.rate,
        seed=wanted.seed,
        smallest=wanted.smallest,
    )
    shards = range(wanted.first, wanted.first + wanted.shards)
    training = Training(recipe, wanted.work, shards, wanted.power)
    if training.resume():
        print(f"resumed at {training.seen:,} images", flush=True)
    elif wanted.begin_with:
        training.begin_with(wanted.begin_with)
    run(training, shards, wanted.every)


if __name__ == "__main__":
    main()
