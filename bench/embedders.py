"""Throughput of the embedders: the adapter against the bare model, in turns inside one run.

    python -m bench.embedders [--images 256] [--rounds 3] [--threads 1 0] [--models ViT-B-32 mini text]

The bare model gets tensors that were decoded beforehand; the adapter gets encoded 640x480 JPEGs. Both use the same
dtype and threads (0: all cores, of which the adapter's decoders then take their share). A plain script pads every text
to the whole context and computes in float32. A round runs one and then the other, so that a busy machine slows both;
the ratio is that of the median wall-clock times.
"""

from __future__ import annotations

import argparse
import copy
import io
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.passages import passage_rows, question_rows
from ragmm.embedders.open_clip import OpenClipEmbedder, normalised
from ragmm.embedders.open_clip_text import shortened
from ragmm.embedders.sentence_transformers import SentenceTransformerEmbedder
from ragmm.embedders.settings import Dtype, EmbedderSettings
from ragmm.errors import ModelNotFoundError
from ragmm.models import find
from ragmm.types import Asset, MediaKind, Role

SIZE = (640, 480)
GOAL = 0.9
WORDS = (
    "revenue",
    "region",
    "growth",
    "margin",
    "north",
    "quarter",
    "report",
    "market",
    "price",
    "energy",
    "paper",
    "river",
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table."""

    what: str
    dtype: str
    threads: int
    bare: float
    adapter: float

    def __str__(self) -> str:
        ratio = self.adapter / self.bare
        verdict = "" if ratio >= GOAL else f"  below {GOAL}"
        rates = f"{self.bare:9.1f} {self.adapter:9.1f} {ratio:7.2f}"
        return f"{self.what:<34} {self.dtype:<9} {self.threads:>7} {rates}{verdict}"


def main() -> None:
    """Prints the table."""
    options = _options()
    if options.models == ["passages"]:
        for line in passage_rows(options.passages, options.rounds):
            print(line, flush=True)
        for line in question_rows(options.questions, 600) if options.questions else ():
            print(line, flush=True)
        return
    print(f"{'model, input':<34} {'dtype':<9} {'threads':>7} {'bare/s':>9} {'adapter/s':>9} {'ratio':>7}")
    with tempfile.TemporaryDirectory() as scratch:
        for name in options.models:
            for threads in options.threads:
                for row in _rows(name, Path(scratch), threads, options):
                    print(row, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--passages", type=int, default=64, help="with --models passages (bench.passages)")
    parser.add_argument("--questions", type=Path, help="with it: a file of questions and their passages")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 0])
    parser.add_argument("--dtypes", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--models", nargs="+", default=["ViT-B-32", "mini", "text"])
    return parser.parse_args()


def _rows(name: str, scratch: Path, threads: int, options: argparse.Namespace) -> Iterator[Row]:
    if name == "text":
        yield _text_row(threads, options)
        return
    try:
        found = find("mini") if name == "mini" else find(f"open_clip:{_random_folder(name, scratch)}")
    except ModelNotFoundError as error:
        print(f"{name:<34} skipped: {error}")
        return
    jpegs = _jpegs(options.images)
    for dtype in options.dtypes:
        settings = EmbedderSettings(dtype=Dtype(dtype), threads=threads, batch_size=options.batch)
        yield _image_row(name, OpenClipEmbedder(found, settings), jpegs, options)
        if name != "mini":
            yield from _tower_rows(name, OpenClipEmbedder(found, settings), options)


def _image_row(name: str, embedder: OpenClipEmbedder, jpegs: Sequence[bytes], options: argparse.Namespace) -> Row:
    import torch

    assets = [Asset(data=data, media_type="image/jpeg") for data in jpegs]
    embedder.embed_media(MediaKind.IMAGE, assets[: options.batch])  # loads and warms up
    model = embedder._ready()
    pixels = [model.preprocessing(data) for data in jpegs]
    tensors = [normalised(model, pixels[n : n + options.batch]) for n in range(0, len(pixels), options.batch)]

    def bare() -> None:
        with torch.inference_mode():
            for batch in tensors:
                model.network.encode_image(batch)

    times = _in_turns(bare, lambda: embedder.embed_media(MediaKind.IMAGE, assets), options.rounds)
    return _row(f"{name}, JPEG {SIZE[0]}x{SIZE[1]}", model.image_dtype, len(jpegs), times)


def _tower_rows(name: str, embedder: OpenClipEmbedder, options: argparse.Namespace) -> Iterator[Row]:
    """The text tower: beside the bare network on the adapter's own batches, and beside what a plain script does."""
    import torch

    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS, rng.integers(4, 60))) for _ in range(4 * options.images)]
    embedder.load()
    model = embedder._ready()
    tokens = [model.tokenizer(texts[n : n + options.batch]) for n in range(0, len(texts), options.batch)]
    ordered = sorted(texts, key=lambda text: -len(text.split()))
    batches = [model.tokenizer(ordered[n : n + options.batch]) for n in range(0, len(ordered), options.batch)]
    trimmed = [batch[:, : int((batch != model.pad).any(dim=0).nonzero().max()) + 1] for batch in batches]

    def bare() -> None:
        with torch.inference_mode():
            for batch in trimmed:
                with shortened(model.network, batch.shape[1]):
                    model.network.encode_text(batch)

    def plain() -> None:
        with torch.inference_mode():
            for batch in tokens:
                exact.encode_text(batch)

    def adapter() -> None:
        embedder.embed_texts(texts, Role.DOCUMENT)

    yield _row(f"{name}, 4-60 words", model.image_dtype, len(texts), _in_turns(bare, adapter, options.rounds))
    exact = copy.deepcopy(model.network).float()
    times = _in_turns(plain, adapter, options.rounds)
    yield _row("… a plain script in bare's place", model.image_dtype, len(texts), times)


def _text_row(threads: int, options: argparse.Namespace) -> Row:
    """The bare model gets sentence-transformers' own batches: sorted by length, already tokenised."""
    import torch

    settings = EmbedderSettings(threads=threads, batch_size=options.batch)
    embedder = SentenceTransformerEmbedder(find("st:all-MiniLM-L6-v2"), settings)
    rng = np.random.default_rng(0)
    texts = [
        " ".join(f"word{rng.integers(0, 9_999)}" for _ in range(rng.integers(4, 60))) for _ in range(options.images)
    ]
    embedder.embed_texts(texts[: options.batch], Role.DOCUMENT)
    model = embedder._ready()
    ordered = sorted(texts, key=len, reverse=True)
    batches = [model.preprocess(ordered[n : n + options.batch]) for n in range(0, len(ordered), options.batch)]

    def bare() -> None:
        with torch.inference_mode():
            for batch in batches:
                model.forward(dict(batch))

    times = _in_turns(bare, lambda: embedder.embed_texts(texts, Role.DOCUMENT), options.rounds)
    return _row("all-MiniLM-L6-v2, 4-60 words", model.dtype, len(texts), times)


def _row(what: str, dtype: Any, inputs: int, times: tuple[float, float]) -> Row:
    import torch

    short = str(dtype).removeprefix("torch.")
    threads = torch.get_num_threads()
    return Row(what=what, dtype=short, threads=threads, bare=inputs / times[0], adapter=inputs / times[1])


def _in_turns(first: Callable[[], object], second: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median wall-clock seconds of each."""
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for run, times in zip((first, second), taken, strict=True):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
    return statistics.median(taken[0]), statistics.median(taken[1])


def _jpegs(count: int) -> list[bytes]:
    """Pictures with detail at every scale, about 60 kB each."""
    from PIL import Image

    rng = np.random.default_rng(0)
    encoded = []
    for _ in range(min(count, 64)):
        coarse = Image.fromarray(rng.integers(0, 255, (31, 41, 3), dtype=np.uint8)).resize(
            SIZE, Image.Resampling.BICUBIC
        )
        noise = rng.normal(0, 6, (SIZE[1], SIZE[0], 3))
        picture = Image.fromarray(np.clip(np.asarray(coarse) + noise, 0, 255).astype(np.uint8))
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=88)
        encoded.append(out.getvalue())
    return [encoded[n % len(encoded)] for n in range(count)]


def _random_folder(name: str, scratch: Path) -> Path:
    """Speed does not depend on what the weights have learnt."""
    import open_clip
    from safetensors.torch import save_file

    folder = scratch / name
    if not folder.exists():
        folder.mkdir()
        config = open_clip.get_model_config(name)
        model = open_clip.create_model(name)
        (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": {}}))
        state = {key: value.contiguous().clone() for key, value in model.state_dict().items()}
        save_file(state, folder / "open_clip_model.safetensors")
    return folder


if __name__ == "__main__":
    main()
