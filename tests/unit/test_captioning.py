"""The text route: images in words, paid for once, within a budget; and answers by a model that sees them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

import ragmm
from ragmm.config import AnswerSettings, CaptionSettings
from ragmm.indexes.records import CachedCaption
from ragmm.loaders.parser import ParserPool
from ragmm.pipelines.ingest.captioning import _described
from ragmm.pipelines.ingest.run import IngestPlan, ingest
from ragmm.pipelines.prompts import CaptionLength
from ragmm.pipelines.stopping import StopFlag
from ragmm.testing import FakeEmbedder, FakeReadings, FakeVlm, captioned_picture, png_bytes
from ragmm.types import Asset, Item, Modality, Report, Support
from ragmm.vlm.trust import Trust

PICTURES = {f"picture{n}.png": f"a {colour} {thing}" for n, (colour, thing) in enumerate(
    [("red", "bicycle"), ("blue", "bridge"), ("green", "harbour"), ("white", "lighthouse")])}  # fmt: skip


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    with ParserPool(workers=2) as pool:
        yield pool


class Desk:
    """Four pictures and a note, a model that sees, and a space of words only."""

    def __init__(self, root: Path, pool: ParserPool) -> None:
        self.source = root / "source"
        self.source.mkdir()
        for name, caption in PICTURES.items():
            (self.source / name).write_bytes(png_bytes(captioned_picture(caption)))
        (self.source / "note.txt").write_text("A note about nothing in particular.", encoding="utf-8")
        self.vlm = FakeVlm()
        self.models = {"text": FakeEmbedder(kinds=["text"], name="words")}
        self.docs = ragmm.create(
            root / "collection", models=ragmm.Models(embedders=self.models, vlm=FakeVlm(), caption=self.vlm)
        )
        self.plan = IngestPlan(
            embedders=self.models, parser=pool, readings=FakeReadings("p"), caption_vlm=self.vlm, commit_items=2
        )

    def ingest(self, stop: StopFlag | None = None, vlm: FakeVlm | None = None, **captions: object) -> Report:
        settings = CaptionSettings(**captions)  # type: ignore[arg-type]
        plan = dataclasses.replace(self.plan, captions=settings, caption_vlm=vlm or self.vlm)
        return ingest(self.docs.store, [self.source], plan, stop=stop)


@pytest.fixture
def desk(tmp_path: Path, pool: ParserPool) -> Desk:
    return Desk(tmp_path, pool)


@pytest.mark.parametrize(("short", "long", "text"), [
    ("a red boat", "A red boat in a harbour.", "A red boat in a harbour."),
    ("a boat.", "Something else.", "a boat.\nSomething else."),
    ("a boat", "A boathouse by the sea.", "a boat\nA boathouse by the sea."),
    ("a boat", "", "a boat"), ("", "A boat.", "A boat."),
])  # fmt: skip
def test_what_the_long_caption_says_again_is_written_once(short: str, long: str, text: str) -> None:
    said = partial(CachedCaption, confidence=None)
    captions = {CaptionLength.SHORT: said(text=short), CaptionLength.LONG: said(text=long)}
    described = _described(Item(modality=Modality.PHOTO), captions, "mini")
    assert described.text == text
    assert described.metadata["described"] == {"model": "mini", "short": short, "long": long, "confidence": None}


def test_pictures_are_found_by_words(desk: Desk) -> None:
    report = desk.ingest()
    assert report.captioned == 8, "a short and a long caption each"
    hit = desk.docs.search("blue bridge")[0]
    assert hit.item.uri == "picture1.png"
    assert "blue bridge" in hit.item.text
    assert hit.item.metadata["generated_by"] == "fake-vlm"
    assert {found.leg for found in hit.found_by} >= {"text/image", "lexical"}


def test_a_second_run_captions_nothing(desk: Desk) -> None:
    desk.ingest()
    asked = len(desk.vlm.prompts)
    report = desk.ingest()
    assert (report.captioned, report.documents["unchanged"]) == (0, 5)
    assert len(desk.vlm.prompts) == asked


def test_a_lost_collection_is_rebuilt_from_the_cache(desk: Desk, tmp_path: Path) -> None:
    desk.ingest()
    asked = len(desk.vlm.prompts)
    (tmp_path / "again").mkdir()
    (desk.docs.path / "cache.db").rename(tmp_path / "again" / "cache.db")
    other = ragmm.create(tmp_path / "again", models=ragmm.Models(embedders=desk.models))
    report = ingest(other.store, [desk.source], desk.plan)
    assert (report.captioned, report.documents["added"]) == (0, 5)
    assert len(desk.vlm.prompts) == asked
    assert other.digest(vectors=True) == desk.docs.digest(vectors=True)


def test_another_model_captions_exactly_the_pictures(desk: Desk) -> None:
    desk.ingest()
    other = FakeVlm(name="other-vlm", default="nothing")
    report = desk.ingest(vlm=other)
    assert report.documents["changed"] == 4
    assert report.documents["unchanged"] == 1
    assert len(other.prompts) == 8
    assert {item.metadata.get("generated_by") for item in desk.docs.items()} == {"other-vlm", None}


def test_one_length(desk: Desk) -> None:
    assert desk.ingest(long=False).captioned == 4


def test_a_budget_stops_cleanly_and_the_next_run_goes_on(desk: Desk) -> None:
    report = desk.ingest(max_captions=3, batch=1)
    assert report.captioned == 3
    assert any("5 captions are left" in warning for warning in report.warnings)
    assert report.documents["added"] == 5, "what lacks a caption is indexed all the same"
    report = desk.ingest(max_captions=3, batch=1)
    assert report.captioned == 3
    report = desk.ingest()
    assert report.captioned == 2
    assert len(desk.vlm.prompts) == 8
    assert desk.ingest().documents["unchanged"] == 5
    assert all("described" in item.metadata for item in desk.docs.items() if item.asset)


def test_a_stop_loses_at_most_one_batch(desk: Desk) -> None:
    flag = StopFlag()

    class StopAfterThree(FakeVlm):
        def generate(self, prompts):  # type: ignore[no-untyped-def]
            replies = super().generate(prompts)
            if len(self.prompts) == 3:
                flag.set()
            return replies

    vlm = StopAfterThree()
    assert desk.ingest(stop=flag, vlm=vlm, batch=1).interrupted
    assert len(vlm.prompts) == 3
    flag.__init__()  # type: ignore[misc]
    report = desk.ingest(vlm=vlm, batch=1)
    assert report.captioned == 5
    assert len(vlm.prompts) == 8


def test_an_unsure_caption_is_not_used(desk: Desk) -> None:
    desk.ingest(vlm=FakeVlm(confidence=0.2), min_confidence=0.5)
    assert all("described" not in item.metadata for item in desk.docs.items())
    assert not any("bridge" in item.text for item in desk.docs.items())


class Doubting(FakeVlm):
    """A model whose card says how sure it must be, or what it says of pictures it does not know."""

    trust = Trust()


@pytest.mark.parametrize("trust", [Trust(least_confidence=1.1), Trust(admissions=("a picture of a red", "a red"))])
def test_what_a_model_does_not_know_is_no_caption(desk: Desk, trust: Trust) -> None:
    vlm = Doubting()
    vlm.trust = trust
    assert desk.ingest(vlm=vlm).captioned == 8
    texts = " ".join(item.text for item in desk.docs.items())
    assert "bicycle" not in texts
    assert ("bridge" in texts) is bool(trust.admissions)


def test_a_caption_cannot_carry_a_link_or_an_escape(desk: Desk) -> None:
    vlm = FakeVlm({"Describe": "", "": "See ![x](http://evil.example/leak) \x1b[31mnow"})
    desk.ingest(vlm=vlm)
    texts = " ".join(item.text for item in desk.docs.items())
    assert "http" not in texts
    assert "\x1b" not in texts


# Answers ---------------------------------------------------------------------------------------------------------


def answering(desk: Desk, vlm: FakeVlm, **answer: object) -> ragmm.Collection:
    pipeline = dataclasses.replace(desk.docs.pipeline, answer=AnswerSettings(**answer))  # type: ignore[arg-type]
    return ragmm.open(desk.docs.path, pipeline=pipeline, models=ragmm.Models(embedders=desk.models, vlm=vlm))


def test_a_model_answers_from_the_images_it_is_shown(desk: Desk) -> None:
    desk.ingest()
    vlm = FakeVlm({"Question:": "It is a blue bridge [1]."})
    result = answering(desk, vlm).query("blue bridge picture?")
    assert result.hits[0].item.uri == "picture1.png"
    assert result.text == "It is a blue bridge [1].", result.warnings
    assert result.claims[0].support is Support.SUPPORTED
    assert result.figures[0].asset == result.hits[0].item.asset
    shown = [part for turn in vlm.prompts[0].turns for part in turn.parts if isinstance(part, Asset)]
    assert shown, "the image itself was given to the model"


def test_a_model_that_fails_is_replaced_and_the_answer_says_so(desk: Desk) -> None:
    desk.ingest()
    result = answering(desk, FakeVlm(fail_above=0)).query("note about nothing in particular")
    assert result.answer is not None
    assert result.answer.degraded
    assert any("fake-vlm failed" in warning for warning in result.warnings)
    assert "note about nothing" in result.text


def test_a_follow_up_is_searched_with_the_question_before_it(desk: Desk) -> None:
    desk.ingest()
    vlm = FakeVlm({"Question:": "A harbour [1]."})
    docs = answering(desk, vlm)
    result = docs.query("And what else?", history=[("Where is the green harbour?", "In the picture [1].")])
    assert result.hits[0].item.uri == "picture2.png"
    assert "green harbour" in str(vlm.prompts[0].turns)
