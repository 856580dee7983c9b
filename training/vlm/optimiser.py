"""AdamW over fp32 master copies of bf16 weights, a learning-rate plan, and checkpoints of both."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ragmm.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long to train and how fast to learn; either bound may end the phase."""

    minutes: float
    steps: int
    rate: float
    warmup: int = 200
    floor: float = 0.0
    """The share of the rate that is left at the end."""

    def progress(self, step: int, elapsed: float) -> float:
        """How much of the phase is over, 0..1; `elapsed` in seconds."""
        by_steps = step / self.steps if self.steps else 0.0
        by_clock = elapsed / 60 / self.minutes if self.minutes else 0.0
        return max(by_steps, by_clock)

    def rate_at(self, step: int, progress: float) -> float:
        """Linear warm-up, then a cosine down to the floor."""
        wave = 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
        return self.rate * min(1.0, (step + 1) / self.warmup) * (self.floor + (1 - self.floor) * wave)


class Trainer:
    """Owns master weights, optimiser state and the clock of one phase."""

    def __init__(
        self,
        named: Iterable[tuple[str, Any]],
        plan: Plan,
        slow: dict[str, float] | None = None,
        buffers: Iterable[tuple[str, Any]] = (),
    ) -> None:
        """`slow` maps prefixes of parameter names to a factor on their learning rate; `buffers` are saved as well."""
        import torch

        self.plan = plan
        # Statistics of batch norms; indices and the like are made anew with the model.
        self.buffers = {name: buffer for name, buffer in buffers if "running_" in name}
        self.names, self.live = zip(*named, strict=True)
        self.masters = [p.detach().float().clone() for p in self.live]
        groups: dict[tuple[float, float], list[Any]] = {}
        for name, master in zip(self.names, self.masters, strict=True):
            factor = next((f for prefix, f in (slow or {}).items() if name.startswith(prefix)), 1.0)
            decay = 0.05 if master.ndim > 1 and "embed" not in name and "words" not in name else 0.0
            groups.setdefault((factor, decay), []).append(master)
        self.adam = torch.optim.AdamW(
            [{"params": params, "weight_decay": decay, "factor": factor} for (factor, decay), params in groups.items()],
            betas=(0.9, 0.98),
            fused=True,
        )
        self.step_count, self.spent, self._since = 0, 0.0, time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds of this phase, earlier runs of it counted in."""
        return self.spent + time.monotonic() - self._since

    @property
    def progress(self) -> float:
        """How much of the phase is over, 0..1."""
        return self.plan.progress(self.step_count, self.elapsed)

    def step(self) -> float:
        """Apply the gradients of the live weights and return their norm before clipping."""
        import torch

        rate = self.plan.rate_at(self.step_count, self.progress)
        for group in self.adam.param_groups:
            group["lr"] = rate * group["factor"]
        for live, master in zip(self.live, self.masters, strict=True):
            master.grad = None if live.grad is None else live.grad.float()
            live.grad = None
        norm = torch.nn.utils.clip_grad_norm_(self.masters, 1.0)
        self.adam.step()
        with torch.no_grad():
            torch._foreach_copy_(list(self.live), self.masters)
        self.step_count += 1
        return float(norm)

    def save(self, folder: Path, **facts: Any) -> None:
        """Write weights, optimiser state and counters; a stop while writing keeps the older checkpoint."""
        from safetensors.torch import save_file

        tensors = {f"weight.{name}": m for name, m in zip(self.names, self.masters, strict=True)}
        tensors |= {f"buffer.{name}": buffer for name, buffer in self.buffers.items()}
        for name, master in zip(self.names, self.masters, strict=True):
            for key, value in self.adam.state.get(master, {}).items():
                tensors[f"{key}.{name}"] = value
        folder.mkdir(parents=True, exist_ok=True)
        progress = {"step": self.step_count, "elapsed": self.elapsed, **facts}
        metadata = {"progress": json.dumps(progress)}
        scratch = folder / "checkpoint.safetensors.part"
        save_file({k: v.contiguous() for k, v in tensors.items()}, scratch, metadata=metadata)
        scratch.replace(folder / "checkpoint.safetensors")

    def load(self, folder: Path) -> dict[str, Any]:
        """Continue from a checkpoint of the same model and return its counters."""
        import torch

        tensors, progress = read_checkpoint(folder)
        for name, live, master in zip(self.names, self.live, self.masters, strict=True):
            with torch.no_grad():
                master.copy_(tensors[f"weight.{name}"])
                live.copy_(master)
            if f"step.{name}" in tensors:
                self.adam.state[master] = {
                    key: tensors[f"{key}.{name}"].to("cpu" if key == "step" else master.device)
                    for key in ("step", "exp_avg", "exp_avg_sq")
                }
        for name, buffer in self.buffers.items():
            buffer.copy_(tensors[f"buffer.{name}"])
        self.step_count, self.spent, self._since = progress["step"], progress["elapsed"], time.monotonic()
        return progress


def read_checkpoint(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tensors and counters of a checkpoint."""
    from safetensors import safe_open

    path = folder / "checkpoint.safetensors"
    if not path.is_file():
        raise ModelError(f"no checkpoint at {path}; run the earlier phase first (python -m training.vlm.train --help)")
    with safe_open(path, framework="pt") as opened:
        progress = json.loads(opened.metadata()["progress"])
        return {key: opened.get_tensor(key) for key in opened.keys()}, progress  # noqa: SIM118
