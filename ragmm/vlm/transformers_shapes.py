"""The four ways transformers' vision-language models take a prompt and give a reply.

CHAT        the processor has a chat template: any number of images, several turns     LLaVA, Qwen-VL, Gemma 3 …
PREFIX      raw text that the decoder continues                                        BLIP, BLIP-2, GIT, PaliGemma …
ENCODED     raw text for the encoder, the reply comes from the decoder alone           BLIP VQA, Florence-2, Pix2Struct
IMAGE_ONLY  no text at all                                                             TrOCR, Donut
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ragmm.errors import ModelError
from ragmm.types import Asset, MediaKind
from ragmm.vlm.base import Part, Prompt, Turn, media_of
from ragmm.vlm.images import open_image
from ragmm.vlm.transformers_loading import LoadedParts

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

__all__ = ["KINDS", "Family", "PromptShape", "batch_key", "calm", "family_of", "image_count", "prepare", "reply_start"]

KINDS = frozenset({MediaKind.TEXT, MediaKind.IMAGE})
"""What prompts may hold."""


class PromptShape(StrEnum):
    """How a model takes a prompt."""

    CHAT = "chat"
    PREFIX = "prefix"
    ENCODED = "encoded"
    IMAGE_ONLY = "image-only"


@dataclass(frozen=True, kw_only=True)
class Family:
    """What is known of a model beyond its weights."""

    name: str
    """config.model_type."""
    shape: PromptShape
    least_images: int = 0
    most_images: int | None = None
    """None sets no limit."""


_CAPTION = re.compile(r"\s*(?:describe|caption|what (?:does|is) (?:the|this) (?:image|picture) show)", re.IGNORECASE)
_UNLIMITED = frozenset({"paligemma"})
_TEXT_ALONE = frozenset({"git"})
_IMAGE_ALONE = frozenset({"vision-encoder-decoder"})
_PROMPTS: Mapping[str, tuple[str, str]] = {
    # family: (for a caption, for a question); {} is the question
    "blip": ("", "{}"),
    "git": ("", "{}"),
    "blip-2": ("", "Question: {} Answer:"),
    "kosmos-2": ("An image of", "Question: {} Answer:"),
    "paligemma": ("caption en", "answer en {}"),
    "florence2": ("<CAPTION>", "{}"),
}


def family_of(config: Mapping[str, Any], parts: LoadedParts) -> Family:
    """Chooses the shape from what the processor and the config say."""
    name = str(config.get("model_type", ""))
    if name in _IMAGE_ALONE:
        return Family(name=name, shape=PromptShape.IMAGE_ONLY, least_images=1, most_images=1)
    if _adopt_template(parts):
        return Family(name=name, shape=PromptShape.CHAT)
    answers = any("QuestionAnswering" in str(architecture) for architecture in config.get("architectures") or ())
    encoded = answers or bool(config.get("is_encoder_decoder")) or not _takes_tokens(parts)
    return Family(
        name=name,
        shape=PromptShape.ENCODED if encoded else PromptShape.PREFIX,
        least_images=0 if name in _TEXT_ALONE else 1,
        most_images=None if name in _UNLIMITED else 1,
    )


def prepare(family: Family, parts: LoadedParts, prompts: Sequence[Prompt]) -> Any:
    """One padded batch of tensors for `generate`. Raises ModelError for images the family cannot take."""
    for prompt in prompts:
        _check_images(family, len(_media(family, prompt)))
    if family.shape is PromptShape.CHAT:
        return _chat_inputs(parts, prompts)
    if family.shape is PromptShape.IMAGE_ONLY:
        images = [_images(family, prompt)[0] for prompt in prompts]
        return parts.image_processor(images=images, return_tensors="pt")
    return _raw_inputs(family, parts, prompts)


def image_count(prompt: Prompt) -> int:
    """Images in all turns."""
    return sum(not isinstance(part, str) for turn in prompt.turns for part in turn.parts)


def batch_key(family: Family, prompt: Prompt) -> tuple[object, ...]:
    """Prompts of one key may share a batch: their rows share the limit and, in chat, the number of images.

    Raw texts are not padded, because some families place them by absolute position: only equal texts go together.
    """
    text = "" if family.shape is PromptShape.CHAT else _raw_text(family, prompt)
    return (image_count(prompt), prompt.max_tokens, text)


def reply_start(family: Family, given: torch.Tensor | None, made: torch.Tensor) -> int:
    """Where in the generated rows the reply begins. Raises ModelError when they begin as no known model's do.

    Shapes: (batch, prompt), (batch, output). Most decoders repeat the prompt; BLIP drops its last token and replaces
    the first; models that are given embeddings, and all encoder-decoders, return the reply alone.
    """
    if family.shape in {PromptShape.ENCODED, PromptShape.IMAGE_ONLY} or given is None:
        return 0
    length = given.shape[1]
    if made.shape[1] >= length and bool((made[:, :length] == given).all()):
        return length
    if family.name == "blip" and bool((made[:, 1 : length - 1] == given[:, 1:-1]).all()):
        return length - 1
    if family.shape is PromptShape.PREFIX and not bool((made[:, :2] == given[:, :2]).all()):
        return 0
    raise ModelError(
        f"the reply of this {family.name} model does not begin with its prompt, so it cannot be told apart from it; "
        "this version of transformers treats the family in a way ragmm does not know"
    )


def _adopt_template(parts: LoadedParts) -> bool:
    """Whether there is a chat template that knows images; one that only the tokenizer has is given to the processor."""
    if parts.processor is None:
        return False
    if getattr(parts.processor, "chat_template", None):
        return True
    template = getattr(parts.tokenizer, "chat_template", None)
    if isinstance(template, str) and "image" in template:
        parts.processor.chat_template = template
        return True
    return False


def _takes_tokens(parts: LoadedParts) -> bool:
    """Pix2Struct's image processor makes patches; its text, if any, is drawn into the picture."""
    return "flattened_patches" not in getattr(parts.image_processor, "model_input_names", ())


def _check_images(family: Family, count: int) -> None:
    if count < family.least_images:
        raise ModelError(f"a {family.name} model needs an image in each prompt; this one has none")
    if family.most_images is not None and count > family.most_images:
        raise ModelError(
            f"a {family.name} model takes {family.most_images} image in a prompt and was given {count}; "
            "set answer.max_images = 1, or choose a model with a chat template"
        )


def _media(family: Family, prompt: Prompt) -> list[Asset]:
    return media_of(prompt, KINDS, f"a {family.name} model")


def _images(family: Family, prompt: Prompt) -> list[Image]:
    return [open_image(asset.data) for asset in _media(family, prompt)]


# ------------------------------------------------------------------------------------------------------ chat


def _chat_inputs(parts: LoadedParts, prompts: Sequence[Prompt]) -> Any:
    from jinja2.exceptions import TemplateError

    try:
        return _templated(parts, [_messages(prompt.turns, parts.controls) for prompt in prompts])
    except TemplateError:
        # Some templates know no system role: its words then open the first message of the user.
        return _templated(parts, [_messages(_without_system(prompt.turns), parts.controls) for prompt in prompts])


def _templated(parts: LoadedParts, conversations: list[list[dict[str, Any]]]) -> Any:
    return parts.processor.apply_chat_template(
        conversations,
        add_generation_prompt=True,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True},
    )


def _messages(turns: Sequence[Turn], controls: re.Pattern[str]) -> list[dict[str, Any]]:
    return [{"role": turn.role, "content": [_content(part, controls) for part in turn.parts]} for turn in turns]


def _content(part: Part, controls: re.Pattern[str]) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": calm(part, controls)}
    return {"type": "image", "image": open_image(part.data)}


def calm(text: str, controls: re.Pattern[str]) -> str:
    """Breaks up the model's own marks in a text: a document must not end a message or announce an image."""
    return controls.sub(lambda match: f"{match.group()[0]} {match.group()[1:]}", text)


def _without_system(turns: Sequence[Turn]) -> list[Turn]:
    head = tuple(part for turn in turns if turn.role == "system" for part in turn.parts)
    rest = [turn for turn in turns if turn.role != "system"]
    if not head or not rest:
        return rest
    return [Turn(role=rest[0].role, parts=(*head, "\n\n", *rest[0].parts)), *rest[1:]]


# ------------------------------------------------------------------------------------------------------- raw


def _raw_inputs(family: Family, parts: LoadedParts, prompts: Sequence[Prompt]) -> Any:
    texts = [_marks(family, prompt) + calm(_raw_text(family, prompt), parts.controls) for prompt in prompts]
    images = [_images(family, prompt) for prompt in prompts]
    process = parts.processor
    if process is None:
        raise ModelError(
            f"this {family.name} folder has no processor that joins images and text; it cannot be prompted"
        )
    if not _takes_tokens(parts):
        drawn = {"text": texts} if getattr(parts.image_processor, "is_vqa", False) else {}
        return process(images=[found[0] for found in images], return_tensors="pt", **drawn)
    if family.most_images is None:
        inputs = process(images=images, text=texts, return_tensors="pt", padding=True)
    elif any(images):
        inputs = process(images=[found[0] for found in images], text=texts, return_tensors="pt", padding=True)
    else:
        inputs = process(text=texts, return_tensors="pt", padding=True)
    inputs.pop("labels", None)  # PaliGemma's processor makes them for training
    return _open_ended(inputs, parts.tokenizer) if family.name == "git" else inputs


def _open_ended(inputs: Any, tokenizer: Any) -> Any:
    """GIT continues its text: the separator that ends it would end the reply, and no text is no input at all."""
    ids = inputs["input_ids"]
    if ids.shape[1] and bool((ids[:, -1] == tokenizer.sep_token_id).all()):
        for key in ("input_ids", "attention_mask"):
            inputs[key] = inputs[key][:, :-1]
    if inputs["input_ids"].shape[1] <= 1:
        del inputs["input_ids"], inputs["attention_mask"]
    return inputs


def _raw_text(family: Family, prompt: Prompt) -> str:
    """The last message in the words that the family was trained on; earlier turns and instructions mean nothing to it.

    Captioning models of the first generation take no instruction: asked to describe, they are given no text at all.
    """
    asked = " ".join(part.strip() for part in prompt.turns[-1].parts if isinstance(part, str)).strip()
    caption, question = _PROMPTS.get(family.name, ("{}", "{}"))
    return (caption if not asked or _CAPTION.match(asked) else question).replace("{}", asked)


def _marks(family: Family, prompt: Prompt) -> str:
    """Placeholders that a processor without a template does not write by itself."""
    return "<image>" * image_count(prompt) if family.name in _UNLIMITED else ""
