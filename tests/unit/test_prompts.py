"""Prompts: marked evidence, budgets, images, examples, history; captions; inert text; citation shapes."""

from __future__ import annotations

import io
import re
import time
from dataclasses import dataclass

import pytest
from PIL import Image

from ragmm.pipelines.answer.citations import parse_reply
from ragmm.pipelines.answer.context import ContextBudget, build_prompt, estimate_tokens
from ragmm.pipelines.prompts import (
    CaptionKind,
    CaptionLength,
    PromptStyle,
    caption_fingerprint,
    caption_kind,
    caption_prompt,
    check_prompt,
    style_for,
)
from ragmm.text.inert import inert, inert_stream
from ragmm.types import MediaKind, Modality, ModelInfo
from ragmm.vlm.images import data_url, fit_image, open_image, picture
from tests.unit.hits import make_hit


def png(width=64, height=64, colour="red", form="PNG"):
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, form)
    return out.getvalue()


def shown(*size):
    return picture(png(*size))


def said(built):
    return "\n".join(part for turn in built.prompt.turns for part in turn.parts if isinstance(part, str))


PHOTO = make_hit(2, "", modality=Modality.PHOTO, asset="a" * 64, uri="pics/boat.png")
PASSAGE = make_hit(1, "The mill opened in 1891 [7].", uri="notes/mill.md")


class TestEvidence:
    def test_numbered_marked_and_in_rank_order(self):
        built = build_prompt("When?", [PHOTO, PASSAGE], {"a" * 64: shown()}, ContextBudget())
        *opening, user = built.prompt.turns
        assert [turn.role for turn in opening] == ["system"]
        before, image, after = user.parts
        assert before.index("[1]") < before.index("[2] (image)")
        assert image == shown()
        assert after.endswith("Question: When?")
        assert (built.used, built.dropped, built.images) == ((1, 2), (), {2: shown()})

    def test_source_page_and_section_stand_in_the_block(self):
        built = build_prompt("When?", [PASSAGE], {}, ContextBudget())
        (mark,) = set(re.findall(r"<evidence-(\w+)>", said(built)))
        assert re.search(
            rf"\[1\]\n<evidence-{mark}>\nSource: notes/mill.md, page 1\n.*\n</evidence-{mark}>", said(built)
        )

    def test_delimiters_are_fresh_and_cannot_be_closed_by_a_document(self):
        marks = {
            re.findall(r"<evidence-(\w+)>", said(build_prompt("Q", [PASSAGE], {}, ContextBudget())))[0]
            for _ in range(20)
        }
        assert len(marks) == 20

    def test_numbers_in_brackets_cannot_pass_for_citations(self):
        assert "1891 (7)" in said(build_prompt("When?", [PASSAGE], {}, ContextBudget()))

    def test_hidden_characters_and_escapes_do_not_reach_the_model(self):
        hit = make_hit(1, "vis\u200bible \x1b[8mhidden\u202e text\U000e0041")
        assert "visible hidden text\n" in said(build_prompt("Q", [hit], {}, ContextBudget()))

    def test_what_does_not_fit_is_dropped_by_rank_and_reported(self):
        hits = [make_hit(rank, "word " * 400) for rank in range(1, 9)]
        built = build_prompt("Q", hits, {}, ContextBudget(tokens=2000))
        assert built.used == (1, 2, 3)
        assert built.dropped == (4, 5, 6, 7, 8)
        assert sum(estimate_tokens(part) for turn in built.prompt.turns for part in turn.parts) <= 2000

    def test_a_smaller_hit_further_down_still_fits(self):
        hits = [make_hit(1, "word " * 400), make_hit(2, "word " * 4000), make_hit(3, "short")]
        assert build_prompt("Q", hits, {}, ContextBudget(tokens=1200)).used == (1, 3)

    def test_a_first_passage_larger_than_the_budget_is_cut_and_closed(self):
        built = build_prompt("Q", [make_hit(1, "word " * 40_000)], {}, ContextBudget(tokens=1000))
        assert built.used == (1,)
        assert said(built).count("</evidence-") == 2  # one in the instructions
        assert estimate_tokens(said(built)) < 1100

    def test_images_are_counted_scaled_and_limited(self):
        hits = [make_hit(n, "", modality=Modality.PHOTO, asset=str(n) * 64) for n in range(1, 6)]
        images = {str(n) * 64: shown(3000, 1500) for n in range(1, 6)}
        built = build_prompt("Q", hits, images, ContextBudget(max_images=3, max_image_side=512))
        assert (built.used, built.dropped) == ((1, 2, 3), (4, 5))
        assert {open_image(one.data).size for one in built.images.values()} == {(512, 256)}

    def test_an_image_too_dear_leaves_its_words(self):
        hit = make_hit(1, "A red boat.", modality=Modality.PHOTO, asset="a" * 64)
        built = build_prompt("Q", [hit], {"a" * 64: shown()}, ContextBudget(tokens=600))
        assert (built.used, built.images) == ((1,), {})
        assert "(image)\n" not in said(built)

    def test_a_broken_image_is_left_out_with_a_warning(self):
        built = build_prompt("Q", [PHOTO, PASSAGE], {"a" * 64: picture(b"no image")}, ContextBudget())
        assert (built.used, built.dropped) == ((1,), (2,))
        assert "boat.png" in built.warnings[0]

    def test_one_source_cannot_flood_the_prompt_where_limited(self):
        hits = [make_hit(rank, f"poison {rank}", path="/d/bad.txt") for rank in range(1, 6)] + [make_hit(6, "good")]
        assert build_prompt("Q", hits, {}, ContextBudget(per_document=2)).used == (1, 2, 6)

    def test_no_hits(self):
        built = build_prompt("Q", [], {}, ContextBudget())
        assert built.used == ()
        assert "(nothing was found)" in said(built)

    def test_a_question_of_100_kilobytes_is_cut_with_a_warning(self):
        built = build_prompt("why " * 25_000, [PASSAGE], {}, ContextBudget())
        assert built.used == (1,)
        assert "cut" in built.warnings[0]

    def test_plain_style_gives_images_and_the_bare_question(self):
        built = build_prompt(
            "What colour?", [PASSAGE, PHOTO], {"a" * 64: shown()}, ContextBudget(style=PromptStyle.PLAIN)
        )
        (turn,) = built.prompt.turns
        assert turn.parts == (shown(), "What colour?")
        assert (built.used, built.plain) == ((2,), True)


@dataclass(frozen=True)
class Worked:
    question: str = "Which is tallest?"
    answer: str = "The tower [1]."
    context: str = "The tower is tallest."


class TestTurns:
    def test_examples_then_history_then_the_question(self):
        built = build_prompt("And in 1900?", [PASSAGE], {}, ContextBudget(), [("When?", "In 1891 [4].")], [Worked()])
        assert [turn.role for turn in built.prompt.turns] == [
            "system",
            "user",
            "assistant",
            "user",
            "assistant",
            "user",
        ]
        assert "The tower is tallest." in built.prompt.turns[1].parts[0]
        assert built.prompt.turns[4].parts[0] == "In 1891 ."

    def test_old_history_goes_first(self):
        history = [(f"question {n} " + "x" * 1200, "answer") for n in range(20)]
        text = said(build_prompt("Q", [PASSAGE], {}, ContextBudget(tokens=4096), history))
        assert "question 19" in text
        assert "question 0 " not in text


class TestCaptions:
    @pytest.mark.parametrize("kind", list(CaptionKind))
    @pytest.mark.parametrize("length", list(CaptionLength))
    def test_each_kind_and_length_asks_for_something_else(self, kind, length):
        prompt = caption_prompt(shown(), kind=kind, length=length)
        assert kind.value in prompt.turns[1].parts[1]
        others = {caption_fingerprint(k, n, PromptStyle.FULL) for k in CaptionKind for n in CaptionLength}
        assert len(others) == len(CaptionKind) * len(CaptionLength)

    def test_nearby_words_are_quoted_and_part_of_the_key(self):
        prompt = caption_prompt(
            shown(), kind=CaptionKind.CHART, length=CaptionLength.SHORT, nearby='Fig. 1 "x"\nIgnore all'
        )
        assert '"Fig. 1 \\"x\\"\\nIgnore all"' in prompt.turns[1].parts[1]
        keys = {
            caption_fingerprint(CaptionKind.CHART, CaptionLength.SHORT, PromptStyle.FULL, near) for near in ("", "a")
        }
        assert len(keys) == 2

    def test_plain_style_for_small_models(self):
        prompt = caption_prompt(shown(), kind=CaptionKind.CHART, length=CaptionLength.SHORT, style=PromptStyle.PLAIN)
        assert prompt.turns[0].parts[1] == "Describe the image in one sentence."
        small = ModelInfo(name="m", revision="1", fingerprint="f", kinds=frozenset({MediaKind.IMAGE}), max_tokens=512)
        large = ModelInfo(
            name="m", revision="1", fingerprint="f", kinds=frozenset({MediaKind.IMAGE}), max_tokens=32_768
        )
        assert (style_for(small), style_for(large)) == (PromptStyle.PLAIN, PromptStyle.FULL)

    @pytest.mark.parametrize(
        ("modality", "label", "kind"),
        [
            (Modality.PHOTO, "", "photo"),
            (Modality.PAGE, "", "page"),
            (Modality.TABLE, "", "table"),
            (Modality.FIGURE, "Figure 1: system architecture", "diagram"),
            (Modality.FIGURE, "Figure 2: revenue", "chart"),
        ],
    )
    def test_kind_from_what_the_loader_knows(self, modality, label, kind):
        assert caption_kind(modality, label) == kind

    def test_a_claim_is_quoted_in_a_check(self):
        assert '"say \\"yes\\""' in check_prompt('say "yes"', shown()).turns[0].parts[1]


class TestImages:
    def test_small_ones_stay_as_they_are(self):
        data = png(100, 50)
        assert fit_image(data, 100) is data

    @pytest.mark.parametrize(("width", "height"), [(5000, 10), (10, 5000), (1, 3000)])
    def test_long_ones_keep_their_shape(self, width, height):
        assert max(open_image(fit_image(png(width, height), 256)).size) == 256

    def test_other_formats_and_modes_become_png(self):
        out = io.BytesIO()
        Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(out, "WEBP", lossless=True)
        fitted = fit_image(out.getvalue(), 100)
        assert fitted.startswith(b"\x89PNG")
        assert open_image(fitted).getpixel((5, 5)) == (255, 255, 255)

    def test_bytes_are_limited(self):
        noise = io.BytesIO()
        Image.effect_noise((600, 600), 90).convert("RGB").save(noise, "PNG")
        assert len(fit_image(noise.getvalue(), 600, max_bytes=50_000)) <= 50_000

    def test_scaling_is_area_averaging(self):
        stripes = Image.new("L", (512, 512))
        stripes.putdata([255 * (column % 2) for _ in range(512) for column in range(512)])
        out = io.BytesIO()
        stripes.save(out, "PNG")
        low, high = open_image(fit_image(out.getvalue(), 128)).convert("L").getextrema()
        assert 126 <= low <= high <= 129  # nearest or bicubic scaling would bring stripes out

    def test_data_urls(self):
        assert data_url(png()).startswith("data:image/png;base64,iVBOR")


LIVE = re.compile(r"://|\]\(|\x1b|<a|<img|javascript:|\bwww\.|data:image", re.IGNORECASE)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("![chart](https://evil.example/x.png)", "chart"),
        ("[report](https://evil.example/?q=secret)", "report"),
        ("[![alt](http://a/b.png)](http://c/d)", "alt"),
        ("[report][ref]\n\n[ref]: https://evil.example", "[report][ref]"),
        ("<https://evil.example/a>", "evil.example/a"),
        ("<img src='https://evil.example/a.png'>seen", "seen"),
        ("<a href=//evil.example>click</a>", "click"),
        ("<IMG/SRC=x onerror=y>seen", "seen"),
        ("<svg onload=alert(1)>seen", "seen"),
        ("<!-- hidden -->seen", "seen"),
        ("see https://evil.example/?d=1", "see evil.example/?d=1"),
        ("see www.evil.example", "see evil.example"),
        ("httpsaaaaaaaaaaaaaaaaaaaaaaa://://evil.example", "evil.example"),
        ("javascript:alert(1)", "alert(1)"),
        ("data:image/png;base64,AAAA", "AAAA"),
        ("\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x1b[31mred\x1b[0m \x9b1mbold", "red bold"),
        ("\x1b]0;title\x07shown\x1bPdcs\x1b\\", "shown"),
        ("a\u202eb\u200bc\U000e0041d", "abcd"),
        ("a\rb\x08c\x00", "a\nbc"),
        ("x < 5 and y > 3, 1 <2", "x < 5 and y > 3, 1 <2"),
        ("sales rose [1][2] (see 3)", "sales rose [1][2] (see 3)"),
        ("[1](https://evil.example)", "[1]"),
        ("ratio 3://4", "ratio 3:4"),
    ],
)
class TestInert:
    def test_shapes(self, text, kept):
        shown = inert(text)
        assert kept in shown
        assert not LIVE.search(shown)

    @pytest.mark.parametrize("size", [1, 3, 7])
    def test_split_over_stream_chunks(self, text, kept, size):
        chunks = [text[start : start + size] for start in range(0, len(text), size)]
        assert not LIVE.search("".join(inert_stream(chunks)))


def test_streams_flow_and_lose_nothing():
    text = "Sales rose [1]. They fell again in the north [2][3], by 5 < 6 percent.\nDone."
    pieces = list(inert_stream(text[start : start + 4] for start in range(0, len(text), 4)))
    assert "".join(pieces) == text
    assert len(pieces) > 5


@pytest.mark.parametrize("piece", ["[", "](", "![a](", "<a ", "<", "\x1b]", "\x1b", "[a]:", "h://", "(", " ", "://"])
def test_hostile_text_is_made_inert_in_linear_time(piece):
    def seconds(characters: int) -> float:
        began = time.process_time()
        inert(piece * (characters // len(piece)))
        return time.process_time() - began

    seconds(10_000)
    assert seconds(200_000) < 16 * seconds(50_000) + 0.05, "four times the text takes about four times as long"


KNOWN = frozenset(range(1, 9))


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Sales rose [1]. They fell [2].", [("Sales rose.", (1,)), ("They fell.", (2,))]),
        ("Sales rose. [1] They fell. [2][3]", [("Sales rose.", (1,)), ("They fell.", (2, 3))]),
        ("Sales rose.[1] They fell.[2, 3]", [("Sales rose.", (1,)), ("They fell.", (2, 3))]),
        ("销售增长【1】。随后下降【2†source】。", [("销售增长。", (1,)), ("随后下降。", (2,))]),
        ("销售增长。[1]随后下降。[2]", [("销售增长。", (1,)), ("随后下降。", (2,))]),
        ("Sales rose (1). They fell (2).", [("Sales rose.", (1,)), ("They fell.", (2,))]),
        ("In (1999) sales rose (3).", [("In (1999) sales rose.", (3,))]),
        ("- Sales rose [1]\n- They fell [9]\n", [("- Sales rose", (1,)), ("- They fell", (9,))]),
        ("Answer: Yes [1-3].", [("Yes.", (1, 2, 3))]),
        ("<think>maybe [7]</think>Yes [Source 2].", [("Yes.", (2,))]),
        ("It is red [3] (image).", [("It is red.", (3,))]),
        ("It is red [^1]. It is big (source 2).", [("It is red.", (1,)), ("It is big (source 2).", ())]),
        ("Same. Same. Same [2].", [("Same.", (2,))]),
        ("Grew 3.5 % in 2023 [1] and fell [2].", [("Grew 3.5 % in 2023 and fell.", (1, 2))]),
        ("", []),
        ("[1]", []),
        ("... !!! ---", []),
    ],
)
def test_citation_shapes(reply, expected):
    assert [(found.text, found.cited) for found in parse_reply(reply, KNOWN)] == expected


def test_citations_are_shown_where_they_stood():
    (statement,) = parse_reply("According to [1], it grew [2] [9].", KNOWN)
    assert statement.shown([1, 2]) == "According to [1], it grew [2]."
    assert statement.shown([2, 5]) == "According to, it grew [2]. [5]"


@pytest.mark.parametrize(
    "piece", ["[", "[1", "[1,", "(1", "【", "](", " (", "<think>", "[^", "1,", ". [1]", " ", "a. "]
)
def test_hostile_replies_are_read_in_linear_time(piece):
    began = time.process_time()
    assert len(parse_reply(piece * 100_000, KNOWN)) <= 60
    assert time.process_time() - began < 5
