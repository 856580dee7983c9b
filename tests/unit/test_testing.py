"""The public fakes: vectors a reader can check, pictures that speak, failures on demand."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ragmm.embedders.base import Embedder
from ragmm.errors import ModelError
from ragmm.testing import (
    COLOURS,
    FakeEmbedder,
    FakeVlm,
    LimitedEmbedder,
    SlowEmbedder,
    captioned_picture,
    describe_picture,
    picture_asset,
    planted_word,
    sample_corpus,
)
from ragmm.types import MediaKind, Role
from ragmm.vlm.base import Prompt, Vlm


def test_a_vector_is_the_signed_sum_of_its_words() -> None:
    expected = np.zeros(16, np.float32)
    for word in ("red", "apple", "red"):
        crc = zlib.crc32(word.encode())
        expected[crc % 16] += -1 if crc >> 31 else 1
    np.testing.assert_array_equal(FakeEmbedder(16).embed_texts(["Red apple, RED!"], Role.QUERY)[0], expected)


def test_texts_that_share_words_are_near() -> None:
    rows = FakeEmbedder(512).embed_texts(["the red apple tree", "red apple", "blue submarine"], Role.DOCUMENT)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert rows[0] @ rows[1] > 0.6 > 0.3 > abs(rows[0] @ rows[2])


@pytest.mark.parametrize("colour", COLOURS)
def test_a_picture_without_caption_is_its_colour(colour: str) -> None:
    embedder = FakeEmbedder()
    rows = embedder.embed_media(MediaKind.IMAGE, [picture_asset(Image.new("RGB", (30, 20), COLOURS[colour]))])
    np.testing.assert_array_equal(rows, embedder.embed_texts([colour], Role.QUERY))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_caption_survives_encoding(kind: str) -> None:
    out = io.BytesIO()
    captioned_picture("a harbour 港口 at night", colour="blue").save(out, kind, quality=75)
    assert describe_picture(out.getvalue()) == "a harbour 港口 at night"


def test_the_vlm_replies_by_rule_else_by_what_it_sees() -> None:
    vlm = FakeVlm({"how many": "three", "upper": lambda prompt: str(prompt.turns[-1].parts[0]).upper()})
    picture = picture_asset(captioned_picture("two dogs"))
    asked = [
        Prompt.from_parts("how many?", picture),
        Prompt.from_parts("upper"),
        Prompt.from_parts("Describe.", picture),
    ]
    assert [reply.text for reply in vlm.generate(asked)] == ["three", "UPPER", "A picture of two dogs."]
    assert vlm.prompts == asked
    assert vlm.generate([Prompt.from_parts("hello")])[0].text == "I do not know."


def test_fakes_go_through_the_real_seams() -> None:
    assert isinstance(FakeEmbedder(), Embedder)
    assert isinstance(SlowEmbedder(FakeEmbedder(), seconds=0), Embedder)
    assert isinstance(LimitedEmbedder(FakeEmbedder(), calls=1), Embedder)
    assert isinstance(FakeVlm(), Vlm)


def test_failures_come_on_demand() -> None:
    limited = LimitedEmbedder(FakeEmbedder(), calls=1)
    limited.embed_texts(["a"], Role.QUERY)
    with pytest.raises(ModelError):
        limited.embed_texts(["a"], Role.QUERY)
    with pytest.raises(MemoryError):
        FakeVlm(fail_above=1).generate([Prompt.from_parts("a"), Prompt.from_parts("b")])


def test_fakes_of_another_kind_have_another_fingerprint() -> None:
    prints = {
        FakeEmbedder(8).info.fingerprint,
        FakeEmbedder(16).info.fingerprint,
        FakeEmbedder(8, {"text"}).info.fingerprint,
    }
    assert len(prints) == 3
    assert FakeEmbedder(8).info == FakeEmbedder(8).info


def test_a_corpus_is_the_same_for_a_seed_and_each_document_holds_its_word(tmp_path: Path) -> None:
    first = sample_corpus(tmp_path / "a", 10, seed=3)
    second = sample_corpus(tmp_path / "b", 10, seed=3)
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    assert {p.suffix for p in first} == {".md", ".txt", ".csv", ".json", ".png"}
    for index, path in enumerate(first):
        data = path.read_bytes()
        shown = describe_picture(data) if path.suffix == ".png" else data.decode()
        assert planted_word(index, 3) in shown
        assert planted_word(index + 1, 3) not in shown
