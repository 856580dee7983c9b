"""Train the mini vision-language model: `see` teaches the tower, `talk` the whole; both continue where they stopped."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from training.vlm.model import Shape, build
from training.vlm.optimiser import Plan
from training.vlm.talk import settle, train_talk
from training.vlm.tokens import SPECIAL_IDS, kept_tokenizer
from training.vlm.tower import train_tower


def main(arguments: list[str] | None = None) -> None:
    """Run one phase from the command line."""
    import torch

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("phase", choices=("see", "talk"))
    parser.add_argument("--work", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument("--minutes", type=float, default=0, help="wall-clock budget of the phase")
    parser.add_argument("--steps", type=int, default=0, help="budget in steps")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--floor", type=float, default=0.0, help="share of the rate left at the end")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--free-tower", action="store_true", help="talk: let the tower learn along")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    if not options.minutes and not options.steps:
        parser.error("give a budget: --minutes or --steps")
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    model = _model(Shape())
    plan = Plan(minutes=options.minutes, steps=options.steps, rate=options.rate, floor=options.floor)
    loader = {"batch": options.batch, "workers": options.workers, "seed": options.seed}
    if options.phase == "see":
        train_tower(model, Shape(), options.work / "see", plan, loader)
    else:
        if not options.free_tower:
            settle(model)
        train_talk(model, Shape(), kept_tokenizer(options.work, Shape()), options.work, plan, loader)


def _model(shape: Shape) -> Any:
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model: torch.nn.Module = build(shape, SPECIAL_IDS)
    model.to(device=device, dtype=torch.bfloat16).train()
    for module in model.modules():
        if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
            # Running means in bf16 would stop moving.
            module.float()
    return model


if __name__ == "__main__":
    main()
