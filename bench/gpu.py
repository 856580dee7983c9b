"""What a GPU brings, in at most eight minutes, with whatever Python the machine has: `make gpu`.

python -m bench.gpu [--minutes 8] [--wheels FOLDER] [--pretend]

Wheels in a folder (64 MiB at most, say FAISS for that CUDA) are put on the path without being installed. What cannot
be done here is skipped by name. `--pretend` runs every stage on the CPU, at small sizes, to see that it would run.
One JSON line a stage; the exit status is 1 where a stage failed.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["main"]

_K = 10
_DIM = 384
_SPARE = 0.8
"""Of the device's free memory."""


class Skipped(Exception):  # noqa: N818 - not an error
    """Why a stage cannot be done here."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where the stages run."""

    pretend: bool
    until: float

    @property
    def left(self) -> float:
        return self.until - time.monotonic()

    @property
    def device(self) -> str:
        return "cpu" if self.pretend else "cuda"

    def torch(self) -> Any:
        torch = needed("torch")
        if not self.pretend and not torch.cuda.is_available():
            raise Skipped("torch sees no CUDA device")
        return torch

    def settle(self) -> None:
        """Until the device has done what it was told."""
        if not self.pretend:
            self.torch().cuda.synchronize()

    def seconds(self, call: Callable[[], object], rounds: int = 5) -> float:
        """The least of some rounds after one to warm up."""
        times = []
        for _ in range(rounds + 1):
            began = time.perf_counter()
            call()
            self.settle()
            times.append(time.perf_counter() - began)
        return min(times[1:])


def needed(name: str) -> Any:
    if importlib.util.find_spec(name) is None:
        raise Skipped(f"{name} is not installed here")
    return importlib.import_module(name)


def contract(machine: Machine) -> dict[str, object]:
    """The tests marked `gpu`."""
    for name in ("pytest", "pytest_timeout", "hypothesis", "faiss"):
        needed(name)
    command = [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "-p", "no:cacheprovider", "tests/contracts"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=max(10.0, machine.left), check=False)
    said = done.stdout.strip().splitlines()[-1:] or [done.stderr.strip()[-200:]]
    no_tests = 5
    if done.returncode not in (0, no_tests):
        raise RuntimeError(f"pytest: {said[0]}")
    return {"pytest": said[0]}


def flat(machine: Machine) -> dict[str, object]:
    """Half-precision rows, as many as fit, against the device's own speed of reading them."""
    torch = machine.torch()
    free = 16 << 20 if machine.pretend else int(torch.cuda.mem_get_info()[0])
    rows = int(free * _SPARE / 2 / (_DIM * 2)) // 1_000 * 1_000
    data = torch.empty((rows, _DIM), dtype=torch.float16, device=machine.device)
    for start in range(0, rows, 1_000_000):
        data[start : start + 1_000_000].normal_()
    query = torch.randn((_DIM, 1), device=machine.device).to(torch.float16)
    copied = data[: rows // 2]
    target = torch.empty_like(copied)
    copy = machine.seconds(lambda: target.copy_(copied))
    search = machine.seconds(lambda: (data @ query).squeeze(1).topk(_K))
    read, size = 2 * copied.nbytes / copy, data.nbytes
    return {
        "rows": rows,
        "GB": round(size / 1e9, 2),
        "search ms": round(search * 1000, 2),
        "read and write GB/s": round(read / 1e9, 1),
        "share of bandwidth": round(size / search / read, 2),
    }


def lists(machine: Machine) -> dict[str, object]:
    """An ivf-sq8 index through ragmm: built, placed where a GPU is found, asked; recall beside the exact search."""
    needed("faiss")
    from bench.vectors import clustered
    from ragmm.indexes.exact import ExactIndex
    from ragmm.indexes.faiss.gpu import find_gpu
    from ragmm.indexes.faiss.index import AnnIndex
    from ragmm.indexes.faiss.spec import Method

    gpu = find_gpu()
    if gpu is None and not machine.pretend:
        raise Skipped("this FAISS knows no GPU")
    rows = clustered(5_000 if machine.pretend else 1_000_000, _DIM, 0)
    asked, ids = clustered(100, _DIM, 99), np.arange(len(rows), dtype=np.int64)
    index, exact = AnnIndex(_DIM, Method.IVF_SQ8), ExactIndex(_DIM)
    index.add(ids, rows)
    exact.add(ids, rows)
    began = time.perf_counter()
    index.rebuild()
    built = time.perf_counter() - began
    truth, found = exact.search(asked, _K)[0], index.search(asked, _K)[0]
    recall = np.mean([len(np.intersect1d(one, other)) / _K for one, other in zip(truth, found, strict=True)])
    one = machine.seconds(lambda: index.search(asked[:1], _K))
    return {
        "rows": len(rows),
        "on a GPU": gpu is not None,
        "built s": round(built, 1),
        "query ms": round(one * 1000, 2),
        f"recall@{_K}": round(float(recall), 3),
    }


def pictures(machine: Machine) -> dict[str, object]:
    """Pictures a second: from files through decoding and a random ViT-B-32, beside that model alone."""
    torch, open_clip, image = machine.torch(), needed("open_clip"), needed("PIL.Image")
    model, _, prepare = open_clip.create_model_and_transforms("ViT-B-32", pretrained=None, device=machine.device)
    model.eval()
    count, batch = (8, 4) if machine.pretend else (2_048, 256)
    noise = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        paths = [Path(folder) / f"{number}.jpg" for number in range(count)]
        for path in paths:
            image.fromarray(noise.integers(0, 255, (480, 640, 3), dtype=np.uint8)).save(path)

        def whole() -> None:
            for start in range(0, count, batch):
                ready = torch.stack([prepare(image.open(path)) for path in paths[start : start + batch]])
                model.encode_image(ready.to(machine.device)).cpu()

        ready = torch.zeros((batch, 3, 224, 224), device=machine.device)
        alone = batch / machine.seconds(lambda: model.encode_image(ready))
        ingest = count / machine.seconds(whole, rounds=1)
    return {"ingest/s": round(ingest, 1), "model only/s": round(alone, 1), "share": round(ingest / alone, 3)}


def texts(machine: Machine) -> dict[str, object]:
    """Passages a second through a random BERT of MiniLM's size, in batches of like length; one question."""
    torch, transformers = machine.torch(), needed("transformers")
    settings = transformers.BertConfig(
        hidden_size=_DIM, num_hidden_layers=6, num_attention_heads=12, intermediate_size=4 * _DIM
    )
    model = transformers.BertModel(settings).to(machine.device).eval()
    if not machine.pretend:
        model = model.half()
    count, batch = (8, 4) if machine.pretend else (16_384, 512)
    lengths = np.sort(np.random.default_rng(0).integers(20, 250, count))

    def embedded(start: int) -> Any:
        longest = int(lengths[start : start + batch].max())
        tokens = torch.ones((min(batch, count - start), longest), dtype=torch.long)
        return model(tokens.to(machine.device)).last_hidden_state.mean(1).float().cpu()

    with torch.no_grad():
        ingest = count / machine.seconds(lambda: [embedded(at) for at in range(0, count, batch)], rounds=1)
        tokens = torch.ones((batch, int(lengths.mean())), dtype=torch.long, device=machine.device)
        alone = batch / machine.seconds(lambda: model(tokens))
        question = torch.ones((1, 16), dtype=torch.long, device=machine.device)
        latency = machine.seconds(lambda: model(question).last_hidden_state.mean(1).cpu(), rounds=20)
    return {
        "ingest/s": round(ingest, 1),
        "model only/s": round(alone, 1),
        "share": round(ingest / alone, 3),
        "question ms": round(latency * 1000, 2),
    }


STAGES: dict[str, Callable[[Machine], dict[str, object]]] = {
    "contract suite": contract,
    "flat float16 search": flat,
    "ivf-sq8": lists,
    "text ingest and a question": texts,
    "picture ingest": pictures,
}


def on_path(folder: Path) -> None:
    """Unpacks wheels beside the temporary files and puts them first."""
    target = tempfile.mkdtemp(prefix="ragmm-wheels-")
    for wheel in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(target)
    sys.path.insert(0, target)
    os.environ["PYTHONPATH"] = os.pathsep.join([target, os.environ.get("PYTHONPATH", "")])


def tried(name: str, machine: Machine) -> bool:
    """One line; whether the stage did not fail."""
    began = time.perf_counter()
    try:
        if machine.left < 0:
            raise Skipped("the time is over")
        said: dict[str, object] = STAGES[name](machine)
    except (Skipped, ImportError) as error:
        said = {"skipped": str(error)}
    except Exception as error:  # noqa: BLE001 - the other stages are worth their time on a device that costs
        said = {"failed": f"{type(error).__name__}: {error}"}
    line = {"stage": name, **said, "seconds": round(time.perf_counter() - began, 1)}
    print(json.dumps(line), flush=True)
    return "failed" not in said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=8)
    parser.add_argument("--wheels", type=Path)
    parser.add_argument("--pretend", action="store_true")
    options = parser.parse_args()
    if options.wheels:
        on_path(options.wheels)
    machine = Machine(pretend=options.pretend, until=time.monotonic() + 60 * options.minutes)
    sound = [tried(name, machine) for name in STAGES]
    sys.exit(0 if all(sound) else 1)


if __name__ == "__main__":
    main()
