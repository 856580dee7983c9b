"""The tokenizer, the chat template and the processor."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

from training.vlm.concepts import words
from training.vlm.looks import sketch
from training.vlm.model import MEAN, STD, Shape
from training.vlm.questions import turns
from training.vlm.several import ORDINALS, compare, without_image

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from transformers import LlavaProcessor, PreTrainedTokenizerFast

PAD, END, USER, ASSISTANT, IMAGE = "<|pad|>", "<|end|>", "<|user|>", "<|assistant|>", "<image>"
SPECIAL: Final[tuple[str, ...]] = (PAD, END, USER, ASSISTANT, IMAGE)
# The trainer numbers the special tokens first, in their order.
SPECIAL_IDS: Final[dict[str, int]] = {"pad": 0, "end": 1, "user": 2, "assistant": 3, "image": 4}
# One user message: its images first, each behind its number in the conversation, then its text. A system message is
# left out: the model is too small to follow one.
TEMPLATE: Final[str] = (
    "{%- set seen = namespace(images=0) -%}"
    "{%- set ordinals = ['" + "', '".join(ORDINALS) + "'] -%}"
    "{%- for message in messages if message['role'] != 'system' -%}"
    "{{- '<|' + message['role'] + '|>' -}}"
    "{%- if message['content'] is string -%}{{- message['content'] | trim -}}{%- else -%}"
    "{%- for part in message['content'] if part['type'] == 'image' -%}"
    "{{- ordinals[[seen.images, 2] | min] + '<image>' -}}{%- set seen.images = seen.images + 1 -%}"
    "{%- endfor -%}"
    "{%- for part in message['content'] if part['type'] == 'text' -%}"
    "{{- ('' if loop.first else ' ') + part['text'] | trim -}}"
    "{%- endfor -%}{%- endif -%}"
    "{%- if message['role'] == 'assistant' -%}{{- '<|end|>' -}}{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}"
)


def make_tokenizer(shape: Shape, many: int = 4_000) -> PreTrainedTokenizerFast:
    """A byte-level BPE trained on `many` rounds of questions; the same in every run."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    # A leading space makes the first word of a text the same token as inside it.
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.Sequence([decoders.ByteLevel(), decoders.Strip(content=" ", left=1, right=0)])
    trainer = trainers.BpeTrainer(
        vocab_size=shape.vocabulary,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(many), trainer)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        bos_token=USER,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        model_max_length=shape.positions,
        extra_special_tokens={"image_token": IMAGE},
    )


def kept_tokenizer(work: Path, shape: Shape) -> Any:
    """The tokenizer of a training folder, made at the first call: weights and tokens must not part."""
    from transformers import PreTrainedTokenizerFast

    folder = work / "tokenizer"
    if not (folder / "tokenizer.json").is_file():
        make_tokenizer(shape).save_pretrained(folder)
    return PreTrainedTokenizerFast.from_pretrained(folder)


def _texts(many: int) -> Iterator[str]:
    """Questions and answers, and every word that the tower knows often enough to become a token."""
    yield from [f"{word} {word.lower()}" for word in words() for _ in range(60)]
    for seed in range(many):
        rng = random.Random(f"texts-{seed}")
        pictures = [sketch(seed * 3 + offset, 16) for offset in range(3)]
        asked = [*turns(pictures[0], rng, 4), *compare(pictures, rng, 1)]
        if seed % 20 == 0:
            asked.append(without_image(pictures[0], rng))
        for turn in asked:
            yield turn.question
            yield turn.answer


def make_processor(shape: Shape, tokenizer: Any) -> LlavaProcessor:
    """The processor: pads to a square, resizes, normalises, and numbers the images of a conversation."""
    from transformers import LlavaImageProcessor, LlavaProcessor

    side = {"height": shape.image, "width": shape.image}
    images = LlavaImageProcessor(
        do_pad=True,
        size=side,
        crop_size=side,
        do_center_crop=False,
        image_mean=list(MEAN),
        image_std=list(STD),
    )
    return LlavaProcessor(  # type: ignore[no-untyped-call]
        image_processor=images,
        tokenizer=tokenizer,
        patch_size=shape.patch,
        vision_feature_select_strategy="full",
        num_additional_image_tokens=0,
        chat_template=TEMPLATE,
    )
