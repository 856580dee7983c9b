"""Captions a CPU-second and the first piece of an answer through `hf:`, beside a bare batched `generate`.

    python -m bench.captions [--images 16] [--tokens 24] [--rounds 3] [--large]

A tiny LLaVA with random weights shows what the adapter costs beside the model; `--large` takes one of half a billion
weights, as people run. Both sides get the same pictures and words, in batches of the same size, and write the same
tokens: what they wrote is compared.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.embedders import _jpegs
from ragmm.types import Asset
from ragmm.vlm.base import Prompt
from ragmm.vlm.transformers import TransformersVlm
from tests.unit.vlm_checkpoints import build

_ASKED = "what is in the image?"
_BATCH = 8
_LARGE_WORDS = {
    "hidden_size": 896,
    "intermediate_size": 4864,
    "num_hidden_layers": 24,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
    "head_dim": 64,
}
_LARGE_EYES = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}
_LINE = "{:<14}{:<14}{:>16}{:>18}{:>10}"


def enlarged(folder: Path) -> None:
    """The same model with the sizes of one of half a billion weights."""
    import transformers

    config = transformers.AutoConfig.from_pretrained(folder)
    for part, sizes in ((config.text_config, _LARGE_WORDS), (config.vision_config, _LARGE_EYES)):
        for name, size in sizes.items():
            setattr(part, name, size)
    transformers.LlavaForConditionalGeneration(config).save_pretrained(folder)


class Bare:
    """What one writes with transformers alone."""

    def __init__(self, folder: Path) -> None:
        import transformers

        self._processor = transformers.AutoProcessor.from_pretrained(folder)
        self._model = transformers.LlavaForConditionalGeneration.from_pretrained(folder).eval()

    def captions(self, files: Sequence[Path], tokens: int) -> list[str]:
        import torch

        found: list[str] = []
        for start in range(0, len(files), _BATCH):
            inputs = self._inputs(files[start : start + _BATCH])
            with torch.inference_mode():
                made = self._model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
            replies = made[:, inputs["input_ids"].shape[1] :]
            found += self._processor.batch_decode(replies, skip_special_tokens=True)
        return found

    def first(self, file: Path) -> float:
        import transformers

        began = time.process_time()
        streamer = transformers.TextIteratorStreamer(
            self._processor.tokenizer, skip_prompt=True, skip_special_tokens=True
        )
        options = {**self._inputs([file]), "max_new_tokens": _BATCH, "do_sample": False, "streamer": streamer}
        thread = threading.Thread(target=self._model.generate, kwargs=options)
        thread.start()
        return _until_first(iter(streamer), thread.join, began)

    def _inputs(self, files: Sequence[Path]) -> Any:
        from PIL import Image

        pictures = [Image.open(file).convert("RGB") for file in files]
        said = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": _ASKED}]}]
        text = self._processor.apply_chat_template(said, add_generation_prompt=True)
        return self._processor(text=[text] * len(files), images=pictures, padding=True, return_tensors="pt")


class Ours:
    """The adapter, as ingest and answers use it."""

    def __init__(self, folder: Path) -> None:
        self._vlm = TransformersVlm(folder, "hf:bench", device="cpu", max_batch=_BATCH)
        self._vlm.load()

    def captions(self, files: Sequence[Path], tokens: int) -> list[str]:
        return [reply.text for reply in self._vlm.generate([_prompt(file, tokens) for file in files])]

    def first(self, file: Path) -> float:
        began = time.process_time()
        pieces = self._vlm.stream(_prompt(file, _BATCH))
        return _until_first((piece.text for piece in pieces), pieces.close, began)


def _until_first(pieces: Iterator[str], close: Callable[[], None], began: float) -> float:
    """CPU seconds until a word is there."""
    next(filter(None, pieces), "")
    spent = time.process_time() - began
    close()
    return spent


def _prompt(file: Path, tokens: int) -> Prompt:
    return Prompt.from_parts(Asset(data=file.read_bytes(), media_type="image/jpeg"), _ASKED, max_tokens=tokens)


def in_turns(first: Callable[[], float], second: Callable[[], float], rounds: int) -> tuple[float, float]:
    """The least CPU seconds of each, after once to warm up."""
    spent = [(first(), second()) for _ in range(rounds + 1)][1:]
    return min(one for one, _ in spent), min(other for _, other in spent)


def _timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def rows(name: str, folder: Path, files: Sequence[Path], tokens: int, rounds: int) -> Iterator[tuple[str, ...]]:
    """Two lines of the table."""
    bare, ours = Bare(folder), Ours(folder)
    wrote, said = bare.captions(files, tokens), ours.captions(files, tokens)
    same = sum(one.strip() == other for one, other in zip(wrote, said, strict=True))
    plain, mine = in_turns(
        lambda: _timed(lambda: bare.captions(files, tokens)),
        lambda: _timed(lambda: ours.captions(files, tokens)),
        rounds,
    )
    rates = f"{len(files) / mine:.2f}", f"{len(files) / plain:.2f}"
    yield name, "captions", f"{rates[0]} a CPU-s", f"{rates[1]} a CPU-s", f"{plain / mine:.2f}"
    yield name, "same words", f"{same} of {len(files)}", "", ""
    plain, mine = in_turns(lambda: bare.first(files[0]), lambda: ours.first(files[0]), rounds)
    yield name, "first piece", f"{mine * 1000:.0f} CPU-ms", f"{plain * 1000:.0f} CPU-ms", f"{plain / mine:.2f}"


def main() -> None:
    """Prints the table, a row at a time."""
    import torch

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", action="store_true")
    options = parser.parse_args()
    # A second thread would wait for the first in so small a model, and its waiting is counted.
    torch.set_num_threads(1)
    print(_LINE.format("model", "what", "ragmm", "bare generate", "ratio"))
    with tempfile.TemporaryDirectory(prefix="ragmm-bench-") as temporary:
        pictures = Path(temporary)
        files = [pictures / f"{number}.jpg" for number in range(options.images)]
        for file, data in zip(files, _jpegs(options.images), strict=True):
            file.write_bytes(data)
        folder = pictures / "model"
        build("llava", folder)
        if options.large:
            enlarged(folder)
        name = "large LLaVA" if options.large else "tiny LLaVA"
        for row in rows(name, folder, files, options.tokens, options.rounds):
            print(_LINE.format(*row), flush=True)


if __name__ == "__main__":
    main()
