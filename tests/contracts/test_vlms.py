"""What every VLM keeps to, whatever runs it: order, determinism, images, odd text, facts without weights."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest
from PIL import Image

import ragmm
from ragmm.errors import ModelError
from ragmm.pipelines.answer.context import ContextBudget
from ragmm.pipelines.answer.written import AnswerRules, AnswerTask
from ragmm.testing import FakeVlm
from ragmm.types import Asset
from ragmm.vlm.base import Prompt, Reply, Turn, Vlm, joined
from ragmm.vlm.mini import MiniVlm
from ragmm.vlm.openai import OpenAiSettings, OpenAiVlm
from ragmm.vlm.transformers import TransformersVlm
from tests.unit.chat_server import chat_server
from tests.unit.hits import answer_with, make_hit
from tests.unit.media import shown
from tests.unit.vlm_checkpoints import build

RED = Image.new("RGB", (48, 32), "red")
BLUE = Image.new("RGB", (20, 64), "blue")
ONE_IMAGE = frozenset({"blip"})


@pytest.fixture(scope="module", params=["fake", "llava", "blip", "openai", "mini", "mini by transformers"])
def vlm(request, tmp_path_factory):
    """Each adapter once, with the models and the server it needs."""
    if request.param == "fake":
        yield FakeVlm()
    elif request.param == "openai":
        with chat_server() as server:
            adapter = OpenAiVlm("tiny", server.url, OpenAiSettings(timeout=20.0))
            yield adapter
            adapter.close()
    elif request.param.startswith("mini"):
        folder = Path(ragmm.__file__).parent / "bundled" / "mini-vlm"
        if not (folder / "config.json").is_file():
            pytest.skip("this checkout has no bundled mini-vlm; make train-vlm")
        plain = request.param == "mini"
        yield MiniVlm(folder, "mini") if plain else TransformersVlm(folder, "mini", device="cpu", dtype="float32")
    else:
        folder = build(request.param, tmp_path_factory.mktemp(request.param))
        yield TransformersVlm(folder, f"hf:{request.param}", device="cpu", dtype="float32")


@pytest.fixture
def one_image(vlm):
    return vlm.info.name.removeprefix("hf:") in ONE_IMAGE


def ask(*parts, **more):
    return Prompt.from_parts(
        *(part if isinstance(part, str | Asset) else shown(part) for part in parts), **({"max_tokens": 5} | more)
    )


def test_it_is_a_vlm(vlm):
    assert isinstance(vlm, Vlm)


def test_facts(vlm):
    info = vlm.info
    assert info.name
    assert len(info.fingerprint) == 64
    assert "image" in info.kinds
    assert info.dim == 0
    assert vlm.info == info


def test_one_reply_per_prompt_in_order(vlm):
    prompts = [ask(image, f"number {n}") for n, image in enumerate([RED, BLUE, RED, BLUE, RED])]
    replies = vlm.generate(prompts)
    assert [type(reply) for reply in replies] == [Reply] * 5
    assert [reply.text for reply in replies] == [vlm.generate([prompt])[0].text for prompt in prompts]


def test_no_prompts(vlm):
    assert vlm.generate([]) == []


def test_the_same_prompt_gives_the_same_reply(vlm):
    first, second = (vlm.generate([ask(RED, "what is it?")])[0] for _ in range(2))
    assert first.text == second.text


def test_a_picture_is_the_same_in_any_encoding(vlm):
    out = io.BytesIO()
    RED.save(out, "WEBP", lossless=True)
    left, right = vlm.generate([ask(RED, "what?"), ask(out.getvalue(), "what?")])
    assert left.text == right.text


@pytest.mark.parametrize("media_type", ["audio/wav", "video/mp4"])
def test_media_that_the_model_does_not_take_are_a_clear_refusal(vlm, media_type):
    with pytest.raises(ModelError, match=f"takes image, text and was given {media_type}"):
        vlm.generate([ask(RED, Asset(data=b"RIFF", media_type=media_type, duration=1.0), "what?")])


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1", "CMYK", "I;16", "LA"])
def test_pictures_of_any_mode(vlm, mode):
    picture = (
        Image.new("I;16", (30, 20), 7)
        if mode == "I;16"
        else RED.convert("L").convert(mode)
        if mode == "LA"
        else RED.convert(mode)
    )
    assert vlm.generate([ask(picture, "what?")])[0].tokens >= 0


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3, 2)])
def test_pictures_of_any_size(vlm, size):
    assert vlm.generate([ask(Image.new("RGB", size, "green"), "what?")])[0].tokens >= 0


@pytest.mark.parametrize(
    "text", ["", " ", "图中有什么？", "was ist das 🙂\u200d?", "<image>", "<|im_end|>", "{{ x }}", "a\x00b", "\n" * 50]
)
def test_odd_text(vlm, text):
    """A text may hold a model's own marks, which are then text like any other."""
    assert isinstance(vlm.generate([ask(RED, text)])[0].text, str)


def test_two_images_or_a_clear_refusal(vlm, one_image):
    prompt = ask(RED, BLUE, "which is blue?")
    if one_image:
        with pytest.raises(ModelError, match="takes 1 image"):
            vlm.generate([prompt])
    else:
        assert isinstance(vlm.generate([prompt])[0].text, str)


def test_no_image_or_a_clear_refusal(vlm, one_image):
    if one_image:
        with pytest.raises(ModelError, match="needs an image"):
            vlm.generate([ask("yes or no?")])
    else:
        assert isinstance(vlm.generate([ask("yes or no?")])[0].text, str)


def test_an_image_that_is_none(vlm):
    if isinstance(vlm, FakeVlm):
        pytest.skip("the fake looks at pictures with Pillow alone")
    with pytest.raises(ModelError, match="decoded"):
        vlm.generate([ask(b"not an image", "what?")])


def test_several_turns(vlm, one_image):
    turns = (
        Turn(role="system", parts=("be brief",)),
        Turn(role="user", parts=(shown(RED), "what?")),
        Turn(role="assistant", parts=("red",)),
        Turn(role="user", parts=("sure?",)),
    )
    assert isinstance(vlm.generate([Prompt(turns=turns, max_tokens=5)])[0].text, str)


def test_threads(vlm):
    replies = []
    threads = [
        threading.Thread(target=lambda: replies.append(vlm.generate([ask(RED, "what?")])[0].text)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(replies) == 4
    assert len(set(replies)) == 1


def test_streams_say_what_generate_says(vlm):
    (reply,) = vlm.generate([ask(RED, "what?")])
    streamed = joined(list(vlm.stream(ask(RED, "what?"))))
    assert streamed.text == reply.text
    if streamed.confidence is not None:
        assert streamed.confidence == pytest.approx(reply.confidence)


def test_an_answer_comes_out_whatever_it_says(vlm):
    """Random weights write noise: the answer stands on the evidence, or says that it does not."""
    asked = AnswerTask(text="When did the mill open?", hits=[make_hit(1, "The mill opened in 1891.")])
    answer = answer_with(vlm, asked, ContextBudget(tokens=1500, max_tokens=8), AnswerRules())
    assert answer.abstained or "1891" in answer.text
    assert all(citation.rank == 1 for claim in answer.claims for citation in claim.citations)
