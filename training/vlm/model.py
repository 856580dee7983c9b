"""The model: a small residual network, a two-layer projector and a Llama decoder, put together as FastVLM does it.

FastVLM is LLaVA with a convolutional tower; processor, prompts and generation are LLaVA's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from transformers import FastVlmForConditionalGeneration

MEAN: Final[tuple[float, float, float]] = (0.5, 0.5, 0.5)
STD: Final[tuple[float, float, float]] = (0.25, 0.25, 0.25)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The sizes of the model; the defaults are those of the bundled one."""

    image: int = 128
    patch: int = 16
    stem: int = 16
    channels: tuple[int, ...] = (32, 64, 128, 192)
    width: int = 160
    hidden: int = 448
    layers: int = 4
    heads: int = 4
    vocabulary: int = 1600
    positions: int = 1024

    @property
    def grid(self) -> int:
        """Patches along one side."""
        return self.image // self.patch

    @property
    def image_tokens(self) -> int:
        """Tokens of one picture: one for each patch."""
        return self.grid**2


def build(shape: Shape, special: dict[str, int]) -> FastVlmForConditionalGeneration:
    """A freshly initialised model; `special` holds the ids of "image", "pad", "end" and "user"."""
    from transformers import FastVlmConfig, FastVlmForConditionalGeneration, LlamaConfig, TimmWrapperConfig

    # Convolutions learn shapes from a thirtieth of the pictures that a plain vision transformer needs.
    vision = TimmWrapperConfig(  # type: ignore[call-arg]
        architecture="resnet10t",
        model_args={
            "layers": [1] * len(shape.channels),
            "channels": list(shape.channels),
            "stem_width": shape.stem,
            "stem_type": "deep_tiered",
            # The last stage dilates instead of halving, which keeps a token for every 16 pixels.
            "output_stride": shape.patch,
        },
        hidden_size=shape.channels[-1],
        initializer_range=0.02,
        do_pooling=False,
    )
    text = LlamaConfig(
        vocab_size=shape.vocabulary,
        hidden_size=shape.width,
        intermediate_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        max_position_embeddings=shape.positions,
        tie_word_embeddings=True,
        # Sequences are short: slow waves would tell neighbouring patches apart too weakly.
        rope_parameters={"rope_type": "default", "rope_theta": 500.0},
        bos_token_id=special["user"],
        eos_token_id=special["end"],
        pad_token_id=special["pad"],
    )
    config = FastVlmConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=special["image"],
        vision_feature_layer=-1,
        vision_feature_select_strategy="full",
        image_seq_length=shape.image_tokens,
        tie_word_embeddings=True,
    )
    config._attn_implementation = "eager"
    model = FastVlmForConditionalGeneration(config)
    _start_evenly(model)
    model.generation_config.eos_token_id = special["end"]
    model.generation_config.pad_token_id = special["pad"]
    return model


def _start_evenly(model: FastVlmForConditionalGeneration) -> None:
    """Initialise tower and projector by fan, which transformers' single width for all layers is far from."""
    from torch import nn

    model.model.vision_tower.timm_model.init_weights(zero_init_last=False)
    for layer in (model.model.multi_modal_projector.linear_1, model.model.multi_modal_projector.linear_2):
        nn.init.xavier_uniform_(layer.weight)


def normalised(pixels: Any, dtype: Any) -> Any:
    """uint8 pictures as the tower takes them. Shapes: (n, size, size, 3) to (n, 3, size, size)."""
    import torch

    mean, std = (torch.tensor(value, dtype=torch.float32, device=pixels.device) for value in (MEAN, STD))
    scaled = (pixels.float() / 255 - mean) / std
    # Stored channels last already, which convolutions on a CPU like best.
    return scaled.permute(0, 3, 1, 2).to(dtype)


def see(model: FastVlmForConditionalGeneration, pixels: Any) -> Any:
    """The projected features of normalised pictures. Shape: (n, image tokens, width)."""
    seen = model.model.vision_tower(pixels).last_hidden_state
    return model.model.multi_modal_projector(seen.flatten(2).transpose(1, 2))
