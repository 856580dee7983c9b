"""A model folder asked the way any user of transformers asks it: processor, chat template, generate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PIL import Image

    from training.pictures import Picture
    from training.vlm.wordings import Turn


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A test question with its pictures and the answer that is right."""

    pictures: tuple[Picture, ...]
    turn: Turn


@dataclass(frozen=True, kw_only=True)
class Said:
    """What the model said, and the geometric mean probability of its tokens, the end included."""

    text: str
    confidence: float


class Answerer:
    """A loaded model; deterministic."""

    def __init__(self, folder: Path, dtype: str = "float32", device: str | None = None) -> None:
        import torch
        from transformers import AutoModelForImageTextToText, AutoProcessor

        self.device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.processor: Any = AutoProcessor.from_pretrained(folder, local_files_only=True)  # type: ignore[no-untyped-call]
        model: Any = AutoModelForImageTextToText.from_pretrained(
            folder, dtype=getattr(torch, dtype), local_files_only=True
        )
        self.model = model.to(self.device).eval()

    def ask(self, probes: Sequence[Probe], batch: int = 32, longest: int = 48) -> list[Said]:
        """One answer for each probe, in order."""
        requests = [([p.image for p in probe.pictures], probe.turn.question) for probe in probes]
        return self.answer(requests, batch, longest)

    def answer(
        self, requests: Sequence[tuple[list[Image.Image], str]], batch: int = 32, longest: int = 48
    ) -> list[Said]:
        """One answer for each pair of images and question, in order."""
        # Alike in length, so that little is padded.
        order = sorted(range(len(requests)), key=lambda index: (len(requests[index][0]), len(requests[index][1])))
        said: dict[int, Said] = {}
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            answers = self._batch([requests[index] for index in chosen], longest)
            said.update(zip(chosen, answers, strict=True))
        return [said[index] for index in range(len(requests))]

    def _batch(self, requests: list[tuple[list[Image.Image], str]], longest: int) -> list[Said]:
        import torch

        inputs = self.processor.apply_chat_template(
            [_messages(images, question) for images, question in requests],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            processor_kwargs={"padding": True},
        ).to(self.device)
        if "pixel_values" in inputs:
            inputs["pixel_values"] = inputs["pixel_values"].to(self.model.dtype)
        with torch.inference_mode():
            made = self.model.generate(
                **inputs, max_new_tokens=longest, do_sample=False, output_logits=True, return_dict_in_generate=True
            )
        tokens = made.sequences[:, inputs["input_ids"].shape[1] :]
        chances = torch.stack(made.logits, 1).float().log_softmax(-1).gather(2, tokens[..., None])[..., 0]
        return [self._said(row, chance) for row, chance in zip(tokens, chances, strict=True)]

    def _said(self, tokens: Any, chances: Any) -> Said:
        ends = (tokens == self.model.generation_config.eos_token_id).nonzero()
        length = int(ends[0]) + 1 if len(ends) else len(tokens)
        text = self.processor.tokenizer.decode(tokens[:length], skip_special_tokens=True).strip()
        return Said(text=text, confidence=float(chances[:length].mean().exp()))


def _messages(images: list[Image.Image], question: str) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [{"type": "image", "image": image} for image in images]
    return [{"role": "user", "content": [*parts, {"type": "text", "text": question}]}]
