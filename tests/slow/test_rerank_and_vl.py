"""Rerankers and embedders that see, named in a pipeline file and nothing else: tiny local checkpoints, made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import ragmm
from ragmm.embedders.settings import Device, Dtype, EmbedderSettings
from ragmm.errors import ModelError
from ragmm.models import find
from ragmm.rerankers.base import Candidate, Reranker
from ragmm.rerankers.cross_encoder import CrossEncoderReranker
from ragmm.testing import captioned_picture, picture_asset, png_bytes
from tests.contracts.embedder_folders import seeing_sentence_model

pytestmark = pytest.mark.slow

SETTINGS = EmbedderSettings(device=Device.CPU, dtype=Dtype.FLOAT32, batch_size=2)
PAIRS = [Candidate(text="a harbour in the north"), Candidate(text="revenue grew"), Candidate(text="")]


def cross_encoder(folder: Path, labels: int = 1) -> Path:
    """A BERT with a head for one score, its words MiniLM's."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    tokenizer = AutoTokenizer.from_pretrained(find("st:all-MiniLM-L6-v2").folder)
    torch.manual_seed(4)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        num_labels=labels,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_scores_are_the_librarys_own(tmp_path: Path) -> None:
    from sentence_transformers import CrossEncoder

    folder = cross_encoder(tmp_path / "ce")
    model = CrossEncoderReranker(find(f"st:{folder}"), SETTINGS)
    assert isinstance(model, Reranker)
    found = model.score("which harbour?", PAIRS)
    expected = CrossEncoder(str(folder), device="cpu").predict([("which harbour?", pair.text) for pair in PAIRS])
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert model.score("?", []).shape == (0,)
    picture = picture_asset(captioned_picture("a harbour"))
    seen = model.score("which harbour?", [Candidate(text=PAIRS[0].text, image=picture)])
    assert seen[0] == pytest.approx(found[0], abs=1e-5), "a model of words reads the words"


def test_a_model_without_one_score_is_refused(tmp_path: Path) -> None:
    model = CrossEncoderReranker(find(f"st:{cross_encoder(tmp_path / 'ce', labels=3)}"), SETTINGS)
    with pytest.raises(ModelError, match="one label"):
        model.score("?", PAIRS)


def test_pickles_are_refused(tmp_path: Path) -> None:
    folder = cross_encoder(tmp_path / "ce")
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(ModelError):
        CrossEncoderReranker(find(f"st:{folder}"), SETTINGS)


def test_a_pipeline_file_alone_brings_both(tmp_path: Path) -> None:
    vl, ce = seeing_sentence_model(tmp_path / "vl"), cross_encoder(tmp_path / "ce")
    source = tmp_path / "in"
    source.mkdir()
    (source / "notes.txt").write_text("The harbour was rebuilt in 2019.", encoding="utf-8")
    (source / "harbour.png").write_bytes(png_bytes(captioned_picture("a harbour", colour="blue")))
    (tmp_path / "p.toml").write_text(
        f'[pipeline]\nroutes = ["shared"]\n[models]\nshared = "st:{vl}"\nrerank = "st:{ce}"\nvlm = "extractive"\n'
        '[loaders]\nocr = "never"\n',
        encoding="utf-8",
    )
    with ragmm.create(tmp_path / "c", pipeline=tmp_path / "p.toml") as docs:
        assert not docs.ingest([source]).failures
        result = docs.query("harbour", answer=False)
        assert {hit.item.uri.rsplit("/", 1)[-1] for hit in result.hits} == {"notes.txt", "harbour.png"}
        legs = {found.leg for hit in result.hits for found in hit.found_by}
        assert {"shared/image", "shared/text", "rerank"} <= legs
        alike = docs.search(image=source / "harbour.png", k=1)
        assert alike[0].item.asset is not None
        assert docs.search(like=alike[0].item.id)[0].item.uri.endswith("notes.txt")
