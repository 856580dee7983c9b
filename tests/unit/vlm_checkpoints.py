"""Tiny random checkpoints of many vision-language families, built offline in a fraction of a second each.

`build("llava", folder)` writes model, processor and tokenizer as a released model's folder holds them. The weights are
random: tests can see that the plumbing is right, not that the words are.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["CHAT", "RAW", "build"]

_SPECIAL_TOKENS = (
    "<pad> <s> </s> <unk> <image> <video> <|im_start|> <|im_end|> <|vision_start|> <|vision_end|> "
    "<|image_pad|> <|video_pad|> "
    "<fake_token_around_image> <global-img> <end_of_utterance> <start_of_image> <end_of_image> <image_soft_token> "
    "<img> </img> <IMG_CONTEXT> [IMG] [IMG_BREAK] [IMG_END] <|begin_of_image|> <|end_of_image|> <|begin_of_video|> "
    "<|end_of_video|> <grounding> <loc> </image> <object> </object> <phrase> </phrase> [CLS] [SEP] [PAD] [DEC]"
)
_SPECIAL = _SPECIAL_TOKENS.split()
_SENTENCES = (
    "a red circle left of a blue square",
    "the chart shows revenue by region",
    "what is in the image? yes no 1 2 3",
)
_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}IMAGE{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@functools.cache
def _vocabulary() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    grid = [f"<row_{row}_col_{column}>" for row in range(1, 5) for column in range(1, 5)]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=[*_SPECIAL, *grid], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(_SENTENCES, trainer)
    return tokenizer


def _tokenizer(**named: str) -> Any:
    """A fresh tokenizer; `named` are tokens that a processor reads as attributes (only "extra" ones survive saving)."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(_vocabulary().to_str()),
        padding_side="left",
        pad_token="<pad>",
        bos_token="<s>",
        eos_token="<|im_end|>",
        unk_token="<unk>",
        extra_special_tokens=named,
        model_max_length=2048,
    )


def _ids(*tokens: str) -> Any:
    found = [_vocabulary().token_to_id(token) for token in tokens]
    return found[0] if len(found) == 1 else found


VOCAB = 768
_ENDS = {"bos_token_id": 1, "eos_token_id": 7, "pad_token_id": 0}
_LLAMA = {
    "vocab_size": VOCAB,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
    **_ENDS,
}
_VIT = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 32,
    "patch_size": 8,
}


def _template(placeholder: str) -> str:
    return _TEMPLATE.replace("IMAGE", placeholder)


def _llava() -> tuple[Any, Any]:
    import transformers as t

    config = t.LlavaConfig(
        vision_config=t.CLIPVisionConfig(**_VIT),
        text_config=t.LlamaConfig(**_LLAMA),
        image_token_index=_ids("<image>"),
        image_token_id=_ids("<image>"),
        image_seq_length=16,
    )
    processor = t.LlavaProcessor(
        image_processor=t.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
        tokenizer=_tokenizer(image_token="<image>"),
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=_template("<image>"),
    )
    return t.LlavaForConditionalGeneration(config), processor


def _clip_images(**more: Any) -> Any:
    import transformers as t

    return t.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}, **more)


def _llava_next() -> tuple[Any, Any]:
    import transformers as t

    config = t.LlavaNextConfig(
        vision_config=t.CLIPVisionConfig(**_VIT),
        text_config=t.LlamaConfig(**_LLAMA),
        image_token_index=_ids("<image>"),
        image_token_id=_ids("<image>"),
        image_grid_pinpoints=[[32, 64], [64, 32]],
        image_seq_length=16,
    )
    processor = t.LlavaNextProcessor(
        image_processor=t.LlavaNextImageProcessor(
            size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}, image_grid_pinpoints=[[32, 64], [64, 32]]
        ),
        tokenizer=_tokenizer(image_token="<image>"),
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=_template("<image>"),
    )
    return t.LlavaNextForConditionalGeneration(config), processor


def _llava_onevision() -> tuple[Any, Any]:
    import transformers as t

    pinpoints = [[32, 32], [32, 64], [64, 32]]
    config = t.LlavaOnevisionConfig(
        vision_config=t.SiglipVisionConfig(**_VIT, vision_use_head=False),
        text_config=t.Qwen2Config(**_LLAMA),
        image_token_index=_ids("<image>"),
        image_token_id=_ids("<image>"),
        video_token_index=_ids("<video>"),
        video_token_id=_ids("<video>"),
        image_grid_pinpoints=pinpoints,
    )
    processor = t.LlavaOnevisionProcessor(
        image_processor=t.LlavaOnevisionImageProcessor(
            size={"height": 32, "width": 32}, image_grid_pinpoints=pinpoints
        ),
        video_processor=t.LlavaOnevisionVideoProcessor(size={"height": 32, "width": 32}),
        tokenizer=_tokenizer(image_token="<image>", video_token="<video>"),
        num_image_tokens=16,
        vision_feature_select_strategy="full",
        chat_template=_template("<image>"),
    )
    return t.LlavaOnevisionForConditionalGeneration(config), processor


def _vipllava() -> tuple[Any, Any]:
    import transformers as t

    config = t.VipLlavaConfig(
        vision_config=t.CLIPVisionConfig(**_VIT),
        text_config=t.LlamaConfig(**_LLAMA),
        image_token_index=_ids("<image>"),
        image_token_id=_ids("<image>"),
        vision_feature_layers=[-1, -2],
        image_seq_length=16,
    )
    return t.VipLlavaForConditionalGeneration(config), _llava()[1]


def _video_llava() -> tuple[Any, Any]:
    import transformers as t

    config = t.VideoLlavaConfig(
        vision_config=t.CLIPVisionConfig(**_VIT),
        text_config=t.LlamaConfig(**_LLAMA),
        image_token_index=_ids("<image>"),
        image_token_id=_ids("<image>"),
        video_token_index=_ids("<video>"),
        video_token_id=_ids("<video>"),
        image_seq_length=16,
        video_seq_length=17,
    )
    processor = t.VideoLlavaProcessor(
        image_processor=t.VideoLlavaImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
        video_processor=t.VideoLlavaVideoProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
        tokenizer=_tokenizer(image_token="<image>", video_token="<video>"),
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=_template("<image>"),
    )
    return t.VideoLlavaForConditionalGeneration(config), processor


def _idefics2() -> tuple[Any, Any]:
    import transformers as t

    config = t.Idefics2Config(
        vision_config=t.Idefics2VisionConfig(**_VIT),
        perceiver_config={
            "resampler_n_latents": 4,
            "resampler_depth": 1,
            "resampler_n_heads": 2,
            "resampler_head_dim": 16,
            "num_key_value_heads": 2,
            "hidden_size": 32,
        },
        text_config=t.MistralConfig(**_LLAMA),
        image_token_id=_ids("<image>"),
    )
    processor = t.Idefics2Processor(
        image_processor=t.Idefics2ImageProcessor(
            size={"longest_edge": 32, "shortest_edge": 32}, do_image_splitting=False
        ),
        tokenizer=_tokenizer(),
        image_seq_len=4,
        chat_template=_template("<image>"),
    )
    return t.Idefics2ForConditionalGeneration(config), processor


def _idefics3(name: str = "Idefics3") -> tuple[Any, Any]:
    import transformers as t

    config = getattr(t, f"{name}Config")(
        vision_config=getattr(t, f"{name}VisionConfig")(**_VIT),
        text_config=t.LlamaConfig(**_LLAMA),
        image_token_id=_ids("<image>"),
        scale_factor=2,
        pad_token_id=0,
    )
    images = getattr(t, f"{name}ImageProcessor")(size={"longest_edge": 64}, max_image_size={"longest_edge": 32})
    tokens = _tokenizer(
        image_token="<image>",
        fake_image_token="<fake_token_around_image>",
        global_image_token="<global-img>",
        end_of_utterance_token="<end_of_utterance>",
    )
    more = {"video_processor": t.SmolVLMVideoProcessor()} if name == "SmolVLM" else {}
    processor = getattr(t, f"{name}Processor")(
        image_processor=images, tokenizer=tokens, image_seq_len=4, chat_template=_template("<image>"), **more
    )
    return getattr(t, f"{name}ForConditionalGeneration")(config), processor


_ROPE = {"rope_parameters": {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0}}
_QWEN_MARK = "<|vision_start|><|image_pad|><|vision_end|>"


def _qwen_ids() -> dict[str, int]:
    return {
        "image_token_id": _ids("<|image_pad|>"),
        "video_token_id": _ids("<|video_pad|>"),
        "vision_start_token_id": _ids("<|vision_start|>"),
        "vision_end_token_id": _ids("<|vision_end|>"),
    }


def _qwen_images(patch: int = 8) -> Any:
    import transformers as t

    return t.Qwen2VLImageProcessor(
        patch_size=patch, merge_size=2, temporal_patch_size=2, size={"shortest_edge": 16 * 16, "longest_edge": 64 * 64}
    )


def _qwen_tokens() -> Any:
    return _tokenizer(
        image_token="<|image_pad|>",
        video_token="<|video_pad|>",
        vision_start_token="<|vision_start|>",
        vision_end_token="<|vision_end|>",
        vision_bos_token="<|vision_start|>",
        vision_eos_token="<|vision_end|>",
    )


def _qwen2_vl() -> tuple[Any, Any]:
    import transformers as t

    config = t.Qwen2VLConfig(
        vision_config={"depth": 2, "embed_dim": 32, "hidden_size": 32, "num_heads": 2, "mlp_ratio": 2, "patch_size": 8},
        text_config={**_LLAMA, **_ROPE},
        **_qwen_ids(),
    )
    processor = t.Qwen2VLProcessor(
        image_processor=_qwen_images(),
        video_processor=t.Qwen2VLVideoProcessor(patch_size=8),
        tokenizer=_qwen_tokens(),
        chat_template=_template(_QWEN_MARK),
    )
    return t.Qwen2VLForConditionalGeneration(config), processor


def _qwen2_5_vl() -> tuple[Any, Any]:
    import transformers as t

    config = t.Qwen2_5_VLConfig(
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_heads": 2,
            "patch_size": 8,
            "out_hidden_size": 32,
            "window_size": 32,
            "fullatt_block_indexes": [1],
        },
        text_config={**_LLAMA, **_ROPE},
        **_qwen_ids(),
    )
    processor = t.Qwen2_5_VLProcessor(
        image_processor=_qwen_images(),
        video_processor=t.Qwen2VLVideoProcessor(patch_size=8),
        tokenizer=_qwen_tokens(),
        chat_template=_template(_QWEN_MARK),
    )
    return t.Qwen2_5_VLForConditionalGeneration(config), processor


def _qwen3_vl() -> tuple[Any, Any]:
    import transformers as t

    rope = {"rope_parameters": {**_ROPE["rope_parameters"], "mrope_interleaved": True}}
    config = t.Qwen3VLConfig(
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_heads": 2,
            "patch_size": 8,
            "out_hidden_size": 32,
            "num_position_embeddings": 16,
            "deepstack_visual_indexes": [0],
        },
        text_config={**_LLAMA, "head_dim": 16, **rope},
        **_qwen_ids(),
    )
    processor = t.Qwen3VLProcessor(
        image_processor=_qwen_images(),
        video_processor=t.Qwen3VLVideoProcessor(patch_size=8),
        tokenizer=_qwen_tokens(),
        chat_template=_template(_QWEN_MARK),
    )
    return t.Qwen3VLForConditionalGeneration(config), processor


def _gemma3() -> tuple[Any, Any]:
    import transformers as t

    config = t.Gemma3Config(
        vision_config=t.SiglipVisionConfig(**_VIT, vision_use_head=False),
        text_config=t.Gemma3TextConfig(**_LLAMA, head_dim=16, sliding_window=64),
        mm_tokens_per_image=4,
        boi_token_index=_ids("<start_of_image>"),
        eoi_token_index=_ids("<end_of_image>"),
        image_token_index=_ids("<image_soft_token>"),
        image_token_id=_ids("<image_soft_token>"),
    )
    processor = t.Gemma3Processor(
        image_processor=t.Gemma3ImageProcessor(size={"height": 32, "width": 32}),
        tokenizer=_tokenizer(
            image_token="<image_soft_token>", boi_token="<start_of_image>", eoi_token="<end_of_image>"
        ),
        image_seq_length=4,
        chat_template=_template("<start_of_image>"),
    )
    return t.Gemma3ForConditionalGeneration(config), processor


def _internvl() -> tuple[Any, Any]:
    import transformers as t

    config = t.InternVLConfig(
        vision_config=t.InternVLVisionConfig(**{**_VIT, "image_size": [32, 32], "patch_size": [8, 8]}),
        text_config=t.Qwen2Config(**_LLAMA),
        image_token_id=_ids("<IMG_CONTEXT>"),
        image_seq_length=4,
        downsample_ratio=0.5,
    )
    tokens = _tokenizer(
        start_image_token="<img>", end_image_token="</img>", context_image_token="<IMG_CONTEXT>", video_token="<video>"
    )
    processor = t.InternVLProcessor(
        image_processor=t.GotOcr2ImageProcessor(size={"height": 32, "width": 32}, crop_to_patches=False),
        video_processor=t.InternVLVideoProcessor(size={"height": 32, "width": 32}),
        tokenizer=tokens,
        image_seq_length=4,
        chat_template=_template("<IMG_CONTEXT>"),
    )
    return t.InternVLForConditionalGeneration(config), processor


def _mistral3() -> tuple[Any, Any]:
    import transformers as t

    config = t.Mistral3Config(
        vision_config=t.PixtralVisionConfig(**{**_VIT, "image_size": 64}, head_dim=16),
        text_config=t.MistralConfig(**_LLAMA, head_dim=16),
        image_token_index=_ids("[IMG]"),
        image_token_id=_ids("[IMG]"),
        spatial_merge_size=2,
    )
    processor = t.PixtralProcessor(
        image_processor=t.PixtralImageProcessor(size={"longest_edge": 64}, patch_size=8),
        tokenizer=_tokenizer(image_token="[IMG]", image_break_token="[IMG_BREAK]", image_end_token="[IMG_END]"),
        patch_size=8,
        spatial_merge_size=2,
        chat_template=_template("[IMG]"),
    )
    return t.Mistral3ForConditionalGeneration(config), processor


def _pixtral() -> tuple[Any, Any]:
    import transformers as t

    config = t.LlavaConfig(
        vision_config=t.PixtralVisionConfig(**{**_VIT, "image_size": 64}, head_dim=16),
        text_config=t.MistralConfig(**_LLAMA, head_dim=16),
        image_token_index=_ids("[IMG]"),
        image_token_id=_ids("[IMG]"),
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
    )
    processor = t.PixtralProcessor(
        image_processor=t.PixtralImageProcessor(size={"longest_edge": 64}, patch_size=8),
        tokenizer=_tokenizer(image_token="[IMG]", image_break_token="[IMG_BREAK]", image_end_token="[IMG_END]"),
        patch_size=8,
        spatial_merge_size=1,
        chat_template=_template("[IMG]"),
    )
    return t.LlavaForConditionalGeneration(config), processor


def _glm4v() -> tuple[Any, Any]:
    import transformers as t

    config = t.Glm4vConfig(
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "num_heads": 2,
            "patch_size": 8,
            "image_size": 32,
            "out_hidden_size": 32,
            "intermediate_size": 64,
            "spatial_merge_size": 2,
        },
        text_config={
            **_LLAMA,
            "rope_parameters": {
                "rope_type": "default",
                "mrope_section": [2, 3, 3],
                "rope_theta": 10000.0,
                "partial_rotary_factor": 1.0,
            },
        },
        image_token_id=_ids("<|image_pad|>"),
        video_token_id=_ids("<|video_pad|>"),
        image_start_token_id=_ids("<|begin_of_image|>"),
        image_end_token_id=_ids("<|end_of_image|>"),
        video_start_token_id=_ids("<|begin_of_video|>"),
        video_end_token_id=_ids("<|end_of_video|>"),
    )
    processor = t.Glm4vProcessor(
        image_processor=t.Glm4vImageProcessor(patch_size=8, size={"shortest_edge": 256, "longest_edge": 64 * 64 * 2}),
        video_processor=t.Glm4vVideoProcessor(patch_size=8),
        tokenizer=_tokenizer(image_token="<|image_pad|>", video_token="<|video_pad|>"),
        chat_template=_template("<|begin_of_image|><|image_pad|><|end_of_image|>"),
    )
    return t.Glm4vForConditionalGeneration(config), processor


def _aya_vision() -> tuple[Any, Any]:
    import transformers as t

    config = t.AyaVisionConfig(
        vision_config=t.SiglipVisionConfig(**_VIT, vision_use_head=False),
        text_config=t.Cohere2Config(**_LLAMA, sliding_window=64),
        image_token_index=_ids("<image>"),
        image_token_id=_ids("<image>"),
        downsample_factor=2,
        adapter_layer_norm_eps=1e-6,
    )
    processor = t.AyaVisionProcessor(
        image_processor=t.GotOcr2ImageProcessor(size={"height": 32, "width": 32}, crop_to_patches=False),
        tokenizer=_tokenizer(image_token="<image>"),
        patch_size=8,
        img_size=32,
        image_token="<image>",
        downsample_factor=2,
        start_of_img_token="<img>",
        end_of_img_token="</img>",
        img_patch_token="<image>",
        img_line_break_token="[IMG_BREAK]",
        tile_token="<loc>",
        tile_global_token="<global-img>",
        chat_template=_template("<image>"),
    )
    return t.AyaVisionForConditionalGeneration(config), processor


def _mllama() -> tuple[Any, Any]:
    import transformers as t

    config = t.MllamaConfig(
        vision_config=t.MllamaVisionConfig(
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_global_layers=1,
            attention_heads=2,
            image_size=32,
            patch_size=8,
            vision_output_dim=64,
            intermediate_layers_indices=[0],
            max_num_tiles=2,
            supported_aspect_ratios=[[1, 1], [1, 2], [2, 1]],
        ),
        text_config=t.MllamaTextConfig(
            **{**_LLAMA, "num_hidden_layers": 3},
            cross_attention_layers=[1],
            rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        ),
        image_token_index=_ids("<image>"),
        image_token_id=_ids("<image>"),
    )
    processor = t.MllamaProcessor(
        image_processor=t.MllamaImageProcessor(size={"height": 32, "width": 32}, max_image_tiles=2),
        tokenizer=_tokenizer(image_token="<image>"),
        chat_template=_template("<image>"),
    )
    return t.MllamaForConditionalGeneration(config), processor


def _video_llama3() -> tuple[Any, Any]:
    import transformers as t

    config = t.VideoLlama3Config(
        vision_config={**_VIT, "patch_size": 8},
        text_config=t.Qwen2Config(**_LLAMA),
        image_token_id=_ids("<image>"),
        video_token_id=_ids("<video>"),
    )
    processor = t.VideoLlama3Processor(
        image_processor=t.VideoLlama3ImageProcessor(patch_size=8, size={"shortest_edge": 256, "longest_edge": 64 * 64}),
        video_processor=t.VideoLlama3VideoProcessor(patch_size=8),
        tokenizer=_tokenizer(image_token="<image>", video_token="<video>"),
        chat_template=_template("<image>"),
    )
    return t.VideoLlama3ForConditionalGeneration(config), processor


def _lfm2_vl() -> tuple[Any, Any]:
    import transformers as t

    config = t.Lfm2VlConfig(
        vision_config=t.Siglip2VisionConfig(
            **{k: v for k, v in _VIT.items() if k != "image_size"}, num_patches=16, vision_use_head=False
        ),
        text_config=t.Lfm2Config(
            **_LLAMA, layer_types=["full_attention", "conv"], conv_L_cache=3, block_auto_adjust_ff_dim=False
        ),
        image_token_id=_ids("<image>"),
        projector_hidden_size=32,
        downsample_factor=2,
    )
    tokens = _tokenizer(
        image_token="<image>",
        image_start_token="<|vision_start|>",
        image_end_token="<|vision_end|>",
        image_thumbnail="<global-img>",
    )
    processor = t.Lfm2VlProcessor(
        image_processor=t.Lfm2VlImageProcessor(
            encoder_patch_size=8,
            tile_size=32,
            max_num_patches=16,
            min_image_tokens=2,
            max_image_tokens=4,
            do_image_splitting=False,
            downsample_factor=2,
        ),
        tokenizer=tokens,
        chat_template=_template("<image>"),
    )
    return t.Lfm2VlForConditionalGeneration(config), processor


def _chameleon() -> tuple[Any, Any]:
    import transformers as t

    names = [f"IMGIMG{chr(65 + n)}Z" for n in range(8)]
    vocabulary = {**{f"w{n}": n for n in range(VOCAB) if not 700 <= n < 708}, "<image>": _ids("<image>")}
    vocabulary.update({name: 700 + n for n, name in enumerate(names)})
    config = t.ChameleonConfig(
        **_LLAMA,
        vq_config={
            "embed_dim": 8,
            "num_embeddings": 8,
            "double_latent": False,
            "latent_channels": 8,
            "resolution": 32,
            "in_channels": 3,
            "base_channels": 32,
            "channel_multiplier": [1, 1, 1],
            "num_res_blocks": 1,
            "attn_resolutions": [],
            "attn_type": "vanilla",
        },
        vocabulary_map=vocabulary,
        image_token_id=_ids("<image>"),
    )
    processor = t.ChameleonProcessor(
        image_processor=t.ChameleonImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}),
        tokenizer=_tokenizer(image_token="<image>", boi_token="<img>", eoi_token="</img>"),
        image_seq_length=64,
        image_token="<image>",
    )
    processor.chat_template = _template("<image>")
    return t.ChameleonForConditionalGeneration(config), processor


# -------------------------------------------------------------------------------------------------- raw text

_BERT = {
    "vocab_size": VOCAB,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 128,
}


def _blip_config() -> Any:
    import transformers as t

    ids = {
        "bos_token_id": _ids("[DEC]"),
        "sep_token_id": _ids("[SEP]"),
        "pad_token_id": 0,
        "eos_token_id": _ids("[SEP]"),
    }
    return t.BlipConfig(
        vision_config=t.BlipVisionConfig(**_VIT).to_dict(),
        text_config=t.BlipTextConfig(**_BERT, encoder_hidden_size=32, **ids).to_dict(),
        projection_dim=16,
        image_text_hidden_size=16,
    )


def _bert_tokens() -> Any:
    from tokenizers.processors import TemplateProcessing

    tokens = _tokenizer()
    ends = [("[CLS]", _ids("[CLS]")), ("[SEP]", _ids("[SEP]"))]
    tokens.backend_tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    tokens.cls_token, tokens.sep_token, tokens.eos_token = "[CLS]", "[SEP]", "[SEP]"
    return tokens


def _blip_processor() -> Any:
    import transformers as t

    return t.BlipProcessor(
        image_processor=t.BlipImageProcessor(size={"height": 32, "width": 32}), tokenizer=_bert_tokens()
    )


def _blip_caption() -> tuple[Any, Any]:
    import transformers as t

    return t.BlipForConditionalGeneration(_blip_config()), _blip_processor()


def _blip_vqa() -> tuple[Any, Any]:
    import transformers as t

    return t.BlipForQuestionAnswering(_blip_config()), _blip_processor()


def _q_former(name: str) -> dict[str, Any]:
    del name
    return {**_BERT, "encoder_hidden_size": 32, "cross_attention_frequency": 1}


def _blip2() -> tuple[Any, Any]:
    import transformers as t

    config = t.Blip2Config(
        vision_config=t.Blip2VisionConfig(**_VIT).to_dict(),
        qformer_config=t.Blip2QFormerConfig(**_q_former("blip2")).to_dict(),
        text_config=t.OPTConfig(
            vocab_size=VOCAB,
            hidden_size=32,
            ffn_dim=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=512,
            word_embed_proj_dim=32,
            **_ENDS,
        ).to_dict(),
        num_query_tokens=4,
        image_token_index=_ids("<image>"),
        image_token_id=_ids("<image>"),
    )
    processor = t.Blip2Processor(
        image_processor=t.BlipImageProcessor(size={"height": 32, "width": 32}),
        tokenizer=_tokenizer(),
        num_query_tokens=4,
    )
    return t.Blip2ForConditionalGeneration(config), processor


def _instructblip() -> tuple[Any, Any]:
    import transformers as t

    config = t.InstructBlipConfig(
        vision_config=t.InstructBlipVisionConfig(**_VIT).to_dict(),
        qformer_config=t.InstructBlipQFormerConfig(**_q_former("instruct")).to_dict(),
        text_config=t.OPTConfig(
            vocab_size=VOCAB,
            hidden_size=32,
            ffn_dim=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=512,
            word_embed_proj_dim=32,
            **_ENDS,
        ).to_dict(),
        num_query_tokens=4,
        image_token_index=_ids("<image>"),
        image_token_id=_ids("<image>"),
    )
    processor = t.InstructBlipProcessor(
        image_processor=t.BlipImageProcessor(size={"height": 32, "width": 32}),
        tokenizer=_tokenizer(),
        qformer_tokenizer=_bert_tokens(),
        num_query_tokens=4,
    )
    return t.InstructBlipForConditionalGeneration(config), processor


def _paligemma() -> tuple[Any, Any]:
    import transformers as t

    config = t.PaliGemmaConfig(
        vision_config=t.SiglipVisionConfig(**_VIT, vision_use_head=False).to_dict(),
        text_config=t.GemmaConfig(**_LLAMA, head_dim=16).to_dict(),
        image_token_index=_ids("<image>"),
        image_token_id=_ids("<image>"),
        projection_dim=32,
    )
    images = t.SiglipImageProcessor(size={"height": 32, "width": 32})
    images.image_seq_length = 16
    processor = t.PaliGemmaProcessor(image_processor=images, tokenizer=_tokenizer(image_token="<image>"))
    return t.PaliGemmaForConditionalGeneration(config), processor


def _git() -> tuple[Any, Any]:
    import transformers as t

    config = t.GitConfig(
        vision_config=t.GitVisionConfig(**_VIT).to_dict(),
        **_BERT,
        bos_token_id=_ids("[CLS]"),
        eos_token_id=_ids("[SEP]"),
        pad_token_id=0,
    )
    processor = t.GitProcessor(image_processor=_clip_images(), tokenizer=_bert_tokens())
    return t.GitForCausalLM(config), processor


def _pix2struct() -> tuple[Any, Any]:
    import transformers as t

    config = t.Pix2StructConfig(
        vision_config=t.Pix2StructVisionConfig(
            hidden_size=32,
            patch_embed_hidden_size=768,
            d_ff=64,
            d_kv=16,
            num_hidden_layers=2,
            num_attention_heads=2,
        ).to_dict(),
        text_config=t.Pix2StructTextConfig(
            vocab_size=VOCAB,
            hidden_size=32,
            d_kv=16,
            d_ff=64,
            num_layers=2,
            num_heads=2,
            pad_token_id=0,
            eos_token_id=7,
            decoder_start_token_id=0,
        ).to_dict(),
    )
    processor = t.Pix2StructProcessor(
        image_processor=t.Pix2StructImageProcessor(max_patches=16), tokenizer=_tokenizer()
    )
    return t.Pix2StructForConditionalGeneration(config), processor


def _trocr() -> tuple[Any, Any]:
    import transformers as t

    encoder = t.ViTConfig(**_VIT)
    decoder = t.TrOCRConfig(
        vocab_size=VOCAB,
        d_model=32,
        decoder_layers=2,
        decoder_attention_heads=2,
        decoder_ffn_dim=64,
        max_position_embeddings=128,
        **_ENDS,
    )
    config = t.VisionEncoderDecoderConfig.from_encoder_decoder_configs(encoder, decoder)
    config.decoder_start_token_id, config.pad_token_id, config.eos_token_id = 1, 0, 7
    model = t.VisionEncoderDecoderModel(config=config)
    model.generation_config.decoder_start_token_id = 1
    processor = t.TrOCRProcessor(
        image_processor=t.ViTImageProcessor(size={"height": 32, "width": 32}), tokenizer=_tokenizer()
    )
    return model, processor


CHAT: dict[str, Callable[[], tuple[Any, Any]]] = {
    "llava": _llava,
    "llava_next": _llava_next,
    "llava_onevision": _llava_onevision,
    "vipllava": _vipllava,
    "video_llava": _video_llava,
    "idefics2": _idefics2,
    "idefics3": _idefics3,
    "smolvlm": functools.partial(_idefics3, "SmolVLM"),
    "qwen2_vl": _qwen2_vl,
    "qwen2_5_vl": _qwen2_5_vl,
    "qwen3_vl": _qwen3_vl,
    "gemma3": _gemma3,
    "internvl": _internvl,
    "mistral3": _mistral3,
    "pixtral": _pixtral,
    "glm4v": _glm4v,
    "aya_vision": _aya_vision,
    "mllama": _mllama,
    "video_llama3": _video_llama3,
    "lfm2_vl": _lfm2_vl,
    "chameleon": _chameleon,
}
RAW: dict[str, Callable[[], tuple[Any, Any]]] = {
    "blip": _blip_caption,
    "blip_vqa": _blip_vqa,
    "blip2": _blip2,
    "instructblip": _instructblip,
    "paligemma": _paligemma,
    "git": _git,
    "pix2struct": _pix2struct,
    "trocr": _trocr,
}


def build(family: str, folder: Path) -> Path:
    """Writes the family's checkpoint into the folder and returns it."""
    import torch

    torch.manual_seed(7)
    model, processor = (CHAT | RAW)[family]()
    model.generation_config.update(**_ENDS)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
