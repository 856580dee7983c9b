"""`python -m training.reader.train`: trains until a time of day, resumes where it was.

The rate rises over the first steps, stays, and falls to nothing over the last stretch before `--until`; what stood
before the fall is kept too, so that a later run goes on from there.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from ragmm.readers.encoding import open_tokenizer
from ragmm.readers.weights import read
from training.reader.batches import Place, Stream, sources
from training.reader.characters import choose, first_vectors
from training.reader.data import Lengths, Pool, load
from training.reader.low_rank import fill, narrow, thin_parts, whole
from training.reader.model import Batch, Reader, Size, fresh, loss_of, minilm, options_scored, take
from training.reader.tables import NAME, TableStream, learnt_cases, mixed


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How to train."""

    rate: float = 8e-5
    warm_up: int = 200
    save_every: float = 240.0
    until: float = 0.0
    fall: float = 2100.0
    """Seconds over which the rate falls at the end."""
    tables: float = 0.5
    """Share of the pieces that are options of tables."""
    rank: int = 0
    """Of what the layers' matrices may move by; 0: freely."""
    short: bool = False
    """Count in bfloat16 where little is lost: twice as fast on processors that do, slower on others."""


class Training:
    """A model, its optimiser and its place in the stream."""

    def __init__(self, model: Reader, plan: Plan, letters: str) -> None:
        self.model, self.plan, self.letters = model, plan, letters
        self.steps = self.seen = self.since = 0
        """`since`: steps since the optimiser began."""
        self.picked: list[bool] = []
        """Of sets of options, whether the right one (or none) scored best."""
        self.optimiser = optimiser_of(model, plan.rate)

    def step(self, batch: Batch, scale: float) -> float:
        """One batch."""
        rate = scale * min(1.0, (self.since + 1) / self.plan.warm_up)
        for group in self.optimiser.param_groups:
            group["lr"] = group["full"] * rate
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.plan.short):
            loss = self._loss(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.steps, self.since = self.steps + 1, self.since + 1
        self.seen += len(batch["ids"]) if "start" in batch else 0
        return float(loss.detach())

    def _loss(self, batch: Batch) -> Tensor:
        if "start" in batch:
            return loss_of(self.model(batch), batch)
        scores = options_scored(self.model, batch)
        self.picked += (scores.argmax(1) == batch["right"]).tolist()
        return cross_entropy(scores, batch["right"])

    def state(self, place: Place) -> dict[str, Any]:
        """Everything needed to go on."""
        return {
            "model": whole(self.model),
            "thin": thin_parts(self.model),
            "optimiser": self.optimiser.state_dict(),
            "letters": self.letters,
            "size": asdict(self.model.size),
            "counts": [self.steps, self.seen, self.since],
            "place": asdict(place),
        }

    def load(self, state: dict[str, Any]) -> Place:
        """Goes on from there."""
        if state.get("thin"):
            fill(self.model, state["model"], state["thin"])
        else:
            take(self.model, state["model"])
        full = [group["full"] for group in self.optimiser.param_groups]
        kept = state["optimiser"]
        # What an older state lacks begins without a past: parameters are numbered in order, the second head is last.
        new = self.optimiser.state_dict()["param_groups"][len(kept["param_groups"]) :]
        self.optimiser.load_state_dict({**kept, "param_groups": [*kept["param_groups"], *new]})
        for group, rate in zip(self.optimiser.param_groups, full, strict=True):
            group["full"] = rate
        self.steps, self.seen, self.since = state["counts"]
        return Place(**state["place"])


def optimiser_of(model: Reader, rate: float) -> torch.optim.Optimizer:
    """Lower layers move less, new tables and heads more."""
    groups = []
    for name, weight in model.named_parameters():
        if not weight.requires_grad:
            continue
        full = rate
        if name.startswith("layers."):
            full *= 0.9 ** (model.size.layers - 1 - int(name.split(".")[1]))
        elif name.startswith(("match", "shape", "own", "cell")):
            full *= 4
        if name.endswith((".left", ".right")):
            full *= 5
        elif name.startswith(("kind", "norm")):
            full *= 0.5
        decay = 0.01 if weight.ndim > 1 and name.startswith("layers.") else 0.0
        groups.append({"params": [weight], "lr": full, "full": full, "weight_decay": decay})
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)


def save(state: dict[str, Any], path: Path) -> None:
    """Whole or not at all."""
    draft = path.with_suffix(".part")
    torch.save(state, draft)
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    draft.replace(path)


def begin(pool: Pool) -> tuple[Reader, str]:
    """A fresh reader and its own characters."""
    texts = list({one.passage.text for one in pool.chinese})
    chosen = choose(texts)
    model = fresh(torch.zeros(len(chosen) + 1, 384))
    words = model.word.weight
    norm = float(words.norm(dim=1).mean())
    vectors = torch.from_numpy(first_vectors(texts, chosen, width=384, norm=norm))
    known = open_tokenizer(str(minilm() / "tokenizer.json"))
    # Own rows are added to what the vocabulary has for the character, most often its row of the unknown.
    for number, letter in enumerate(chosen, 1):
        piece = known.encode(letter, add_special_tokens=False).ids
        vectors[number] -= words[piece[0] if len(piece) == 1 else 100]
    model.own.weight.data.copy_(vectors)
    return model, "".join(chosen)


def opened(last: Path, pool: Pool, start: Path | None, plan: Plan) -> tuple[Reader, str, dict[str, Any] | None]:
    """The reader to go on with, its own characters and its state: that of `last`, or an export's, or afresh."""
    if last.exists():
        state = torch.load(last, weights_only=True)
        model, letters = Reader(Size(**state["size"])), str(state["letters"])
        if state.get("thin"):
            narrow(model, int(state["thin"][0]["left"].shape[1]), short=plan.short)
        return model, letters, state
    if start:
        from training.reader.export import open_export

        model, letters = open_export(start)
    else:
        model, letters = begin(pool)
    if plan.rank:
        narrow(model, plan.rank, short=plan.short)
    return model, letters, None


def seen_by(export: Path) -> int:
    """How many examples an export has seen."""
    return int(read(export, minilm()).facts["seen"])


class Watch:
    """What a round shows, as a line of the log."""

    def __init__(self, training: Training) -> None:
        self._training, self._first, self._began, self._busy = training, training.seen, time.time(), time.process_time()
        self._losses: dict[str, list[float]] = {"loss": [], "tables_loss": []}
        self._pieces = 0
        training.picked.clear()

    def add(self, batch: Batch, loss: float) -> None:
        """One batch."""
        self._losses["loss" if "start" in batch else "tables_loss"].append(loss)
        self._pieces += batch["ids"].numel()

    def line(self, place: Place) -> dict[str, Any]:
        """`seen`: spans; `tables_right`: share of sets whose right option, or none, scored best."""
        training, took, busy = self._training, time.time() - self._began, time.process_time() - self._busy
        seen = training.seen - self._first
        found = {
            "at": datetime.now(UTC).strftime("%H:%M:%S"),
            "steps": training.steps,
            "seen": training.seen,
            **{name: round(sum(losses) / len(losses), 4) for name, losses in self._losses.items() if losses},
            "per_s": round(seen / took, 2),
            "pieces_per_s": round(self._pieces / took),
            "cpu_ms_a_piece": round(1000 * busy / max(1, self._pieces), 2),
        }
        if training.picked:
            found["tables"] = place.taken[NAME]
            found["tables_right"] = round(sum(training.picked) / len(training.picked), 3)
        return found


def run(folder: Path, plan: Plan, lengths: Lengths, start: Path | None) -> None:
    """Trains until the time is up."""
    pool = load()
    last = folder / "last.pt"
    model, letters, state = opened(last, pool, start, plan)
    training = Training(model, plan, letters)
    tokenizer = open_tokenizer(str(minilm() / "tokenizer.json"))
    own = {letter: at for at, letter in enumerate(letters, 1)}
    stream = Stream(pool, sources(pool), tokenizer, own)
    stream.lengths = lengths
    tables = TableStream(learnt_cases(), tokenizer, own) if plan.tables else None
    if state:
        stream.place = training.load(state)
    elif start:
        training.seen = seen_by(start)
        stream.place = stream.after(training.seen)
    if not state:
        save(training.state(stream.place), last)
    stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stop.append(number))
    saved = time.time()
    falling = False
    while not stop and time.time() < plan.until:
        watch = Watch(training)
        for batch in mixed(stream, tables, plan.tables):
            left = plan.until - time.time()
            if left < plan.fall and not falling:
                falling = True
                save(training.state(stream.place), folder / "before-fall.pt")
            watch.add(batch, training.step(batch, max(0.02, min(1.0, left / plan.fall))))
            if left < 0 or stop:
                break
        with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(watch.line(stream.place)) + "\n")
        if time.time() - saved > plan.save_every or stop or time.time() > plan.until:
            save(training.state(stream.place), last)
            saved = time.time()


def next_time(clock: str, now: datetime) -> datetime:
    """The next time that a clock shows this."""
    then = datetime.combine(now.date(), datetime.strptime(clock, "%H:%M").time(), now.tzinfo)
    return then if then > now else then + timedelta(days=1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--until", required=True, help="UTC time of day, 14:50; tomorrow's where that is over")
    parser.add_argument("--rate", type=float, default=Plan.rate)
    parser.add_argument("--fall", type=float, default=Plan.fall)
    parser.add_argument("--tables", type=float, default=Plan.tables, help="share of the pieces: options of tables")
    parser.add_argument("--rank", type=int, default=Plan.rank, help="of what may change, begun from an export")
    parser.add_argument("--short", action="store_true", help="count in bfloat16, where the processor does")
    parser.add_argument("--least", type=int, default=Lengths.least)
    parser.add_argument("--most", type=int, default=Lengths.most)
    parser.add_argument("--from", dest="start", type=Path, help="an exported folder, where --out holds nothing yet")
    given = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out.parent / "train.pid").write_text(str(os.getpid()))
    until = next_time(given.until, datetime.now(UTC)).timestamp()
    plan = Plan(rate=given.rate, until=until, fall=given.fall, tables=given.tables, rank=given.rank, short=given.short)
    run(given.out, plan, Lengths(least=given.least, most=given.most), given.start)


if __name__ == "__main__":
    main()
