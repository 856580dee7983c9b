"""Phase one: the tower and the projector learn to name what they see, without a language model."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from training.vlm.concepts import PATCH_GROUPS, PICTURE_GROUPS
from training.vlm.looks import Looks
from training.vlm.model import normalised, see
from training.vlm.naming import Namer
from training.vlm.optimiser import Plan, Trainer

if TYPE_CHECKING:
    from pathlib import Path

    from training.vlm.model import Shape

TOWER_PARTS = ("model.vision_tower.", "model.multi_modal_projector.")


def train_tower(model: Any, shape: Shape, work: Path, plan: Plan, loader: dict[str, int]) -> None:
    """Train in `work` until the plan is over; a checkpoint there is continued. `loader`: batch, workers, seed."""
    device = next(model.parameters()).device
    namer = Namer(shape.width).to(device)
    named = [(n, p) for n, p in model.named_parameters() if n.startswith(TOWER_PARTS)]
    named += [("namer." + n, p) for n, p in namer.named_parameters()]
    trainer = Trainer(named, plan, buffers=model.named_buffers())
    if (work / "checkpoint.safetensors").is_file():
        trainer.load(work)
    hits: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    saved = shown = time.monotonic()
    for batch in _stream(shape, trainer.step_count, loader):
        seen = see(model, normalised(batch["pixels"].to(device), model.dtype))
        loss = namer(seen, batch["picture"].to(device), batch["patch"].to(device))
        loss.backward()
        trainer.step()
        _count(hits, namer, seen, batch)
        if time.monotonic() - shown > 30:
            shown = time.monotonic()
            _report(hits, trainer)
        if time.monotonic() - saved > 120:
            saved = time.monotonic()
            trainer.save(work, phase="see")
        if trainer.progress >= 1:
            break
    trainer.save(work, phase="see")


def _stream(shape: Shape, done: int, loader: dict[str, int]) -> Any:
    """Endless batches, beginning behind those of `done` steps."""
    from torch.utils.data import DataLoader

    looks: Any = Looks(shape, loader["seed"] * 100_000_000, done * loader["batch"], 20_000_000)
    return DataLoader(looks, batch_size=loader["batch"], num_workers=loader["workers"])


def _count(hits: dict[str, list[int]], namer: Any, features: Any, batch: Any) -> None:
    """Add up how many classes of each group were named right."""
    by_patch, whole = namer.scores(features.detach())
    for name, score, truth in zip(PATCH_GROUPS, by_patch, batch["patch"].unbind(1), strict=True):
        _add(hits["patch " + name], score, truth.to(score.device), least=1 if name in ("shape", "colour") else 0)
    for name, score, truth in zip(PICTURE_GROUPS, whole, batch["picture"].unbind(1), strict=True):
        _add(hits[name], score, truth.to(score.device), least=0)


def _add(hit: list[int], score: Any, truth: Any, *, least: int) -> None:
    kept = truth >= least
    hit[0] += int((score.argmax(-1)[kept] == truth[kept]).sum())
    hit[1] += int(kept.sum())


def _report(hits: dict[str, list[int]], trainer: Trainer) -> None:
    figures = {name: round(right / asked, 2) for name, (right, asked) in hits.items() if asked}
    print(json.dumps({"step": trainer.step_count, "minutes": round(trainer.elapsed / 60, 1)} | figures), flush=True)
    hits.clear()
