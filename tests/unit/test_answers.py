"""Answers from replies: citations resolve, claims are checked, abstention follows the rule, failures degrade."""

from __future__ import annotations

import dataclasses
import io

import pytest
from PIL import Image

from ragmm.errors import ModelError
from ragmm.pipelines.answer.context import ContextBudget, build_prompt
from ragmm.pipelines.answer.quoted import ABSTENTION
from ragmm.pipelines.answer.support import ClaimChecker
from ragmm.pipelines.answer.written import (
    AnswerRules,
    AnswerTask,
    answer_from_reply,
    degraded_answer,
    image_checker,
)
from ragmm.pipelines.prompts import DECLINES, PromptStyle
from ragmm.testing import FakeEmbedder, FakeVlm
from ragmm.types import Modality, Role, Support
from ragmm.vlm.base import Reply
from ragmm.vlm.images import picture
from tests.unit.hits import answer_with, make_hit


def embed(texts):
    return FakeEmbedder(dim=512).embed_texts(texts, Role.DOCUMENT)


def png():
    out = io.BytesIO()
    Image.new("RGB", (32, 32), "red").save(out, "PNG")
    return picture(out.getvalue())


HITS = [
    make_hit(1, "The mill opened in 1891. It was built of brick by Anna Berg."),
    make_hit(2, "The harbour handles 40 million tonnes of cargo each year. Ferries leave daily."),
    make_hit(3, "尤金袋鼠分布在澳洲南部岛屿及西岸地区。约只有8公斤重。"),
    make_hit(4, "", modality=Modality.PHOTO, asset="a" * 64, uri="pics/boat.png", leg=("shared/image", 0.3)),
]
IMAGES = {"a" * 64: png()}
RULES = AnswerRules()


def ask(text, question="When did the mill open and who built it?", hits=HITS, rules=RULES, confidence=None, **options):
    asked = AnswerTask(text=question, hits=hits, images=IMAGES, embed=embed)
    built = build_prompt(question, hits, IMAGES, options.pop("budget", ContextBudget()))
    return answer_from_reply(
        Reply(text=text, confidence=confidence), asked, built, rules, model=FakeVlm(name="vlm").info, **options
    )


class TestClaims:
    def test_cited_claims_resolve_with_quotes(self):
        answer = ask("The mill opened in 1891 [1]. It was built by Anna Berg. [1]")
        assert [(claim.text, claim.support) for claim in answer.claims] == [
            ("The mill opened in 1891.", Support.SUPPORTED),
            ("It was built by Anna Berg.", Support.SUPPORTED),
        ]
        assert [claim.citations[0].rank for claim in answer.claims] == [1, 1]
        assert all(claim.citations[0].quote in HITS[0].item.text for claim in answer.claims)
        assert answer.text == "The mill opened in 1891 [1]. It was built by Anna Berg [1]."
        assert (answer.abstained, answer.degraded, answer.model) == (False, False, "vlm")

    def test_unknown_numbers_are_dropped_with_a_warning(self):
        answer = ask("The mill opened in 1891 [1][42].")
        assert [citation.rank for citation in answer.claims[0].citations] == [1]
        assert "[42]" in answer.warnings[0]
        assert "42" not in answer.text

    def test_a_claim_without_citation_gets_the_hit_that_carries_it(self):
        answer = ask("The mill opened in 1891.")
        assert answer.claims[0].citations[0].rank == 1
        assert answer.text == "The mill opened in 1891. [1]"

    def test_a_claim_that_nothing_carries_has_no_citation(self):
        answer = ask("The mill opened in 1891 [1]. Its roof is made of purple glass.")
        assert [claim.support for claim in answer.claims] == [Support.SUPPORTED, Support.UNSUPPORTED]
        assert answer.claims[1].citations == ()

    @pytest.mark.parametrize(
        ("reply", "support"),
        [
            ("The mill opened in 1891 [2].", Support.UNSUPPORTED),  # another hit's fact
            ("The mill opened in 1897 [1].", Support.UNSUPPORTED),  # another figure
            ("The mill never opened, not even in 1891 [1].", Support.WEAK),  # denies what is said
            ("The mill opened in 1891 and handles cargo of 40 million tonnes [1][2].", Support.SUPPORTED),  # joins two
            ("尤金袋鼠分布在澳洲南部岛屿【3】。", Support.SUPPORTED),
            ("尤金袋鼠约只有80公斤重【3】。", Support.UNSUPPORTED),
            ("A red boat lies in the water [4].", Support.WEAK),  # only the image could tell
        ],
    )
    def test_support(self, reply, support):
        answer = ask(reply, rules=dataclasses.replace(RULES, abstain=False))
        assert answer.claims[0].support is support

    def test_another_language_than_the_evidence_is_unproven_not_wrong(self):
        answer = ask("Die Mühle wurde im Jahr 1891 von der Familie eröffnet, und sie ist aus Ziegeln [1].")
        assert answer.claims[0].support is Support.WEAK

    def test_figures_cited_come_first(self):
        answer = ask("A red boat lies in the water [4].", question="What is in the photo of the boat?")
        assert [(figure.rank, figure.asset) for figure in answer.figures] == [(4, "a" * 64)]

    def test_layout_of_a_list_is_kept(self):
        answer = ask("- The mill opened in 1891 [1]\n- Anna Berg built it of brick [1]")
        assert answer.text == "- The mill opened in 1891 [1]\n- Anna Berg built it of brick [1]"

    def test_endless_repetition_is_said_once(self):
        answer = ask("The mill opened in 1891 [1]. " * 500)
        assert len(answer.claims) == 1

    def test_the_answer_is_inert(self):
        answer = ask("The mill \x1b[31mopened in 1891 [1]. ![p](https://evil.example/?d=1891) Brick, Anna Berg [1].")
        shown = answer.text + "".join(claim.text for claim in answer.claims)
        assert "\x1b" not in shown
        assert "://" not in shown


class TestImagesAskedAgain:
    @pytest.mark.parametrize(
        ("reply", "support"),
        [("Yes.", Support.SUPPORTED), ("no", Support.UNSUPPORTED), ("Perhaps", Support.WEAK)],
    )
    def test_the_model_is_asked_whether_an_image_shows_it(self, reply, support):
        vlm = FakeVlm({"Does the image show": reply})
        checker = ClaimChecker(hits=HITS, seen=frozenset({4}), ask_image=image_checker(vlm, {4: png()}))
        assert checker.check("A red boat lies in the water.", [4]).support is support

    def test_a_failing_check_leaves_the_claim_unproven(self):
        def fail(_):
            raise ModelError("gone")

        ask_image = image_checker(FakeVlm({"Does": fail}), {4: png()})
        assert ask_image("A boat.", 4) is None
        assert ask_image("A boat.", 9) is None


class TestAbstention:
    @pytest.mark.parametrize(
        "reply",
        [DECLINES, "I cannot answer this from the given passages.", "文中没有提到。", "The image does not show that."],
    )
    def test_declining_on_weak_evidence_is_an_abstention(self, reply):
        answer = ask(reply, question="What is the population of Lisbon?")
        assert (answer.abstained, answer.text, answer.claims) == (True, ABSTENTION, ())

    def test_declining_on_strong_evidence_quotes_it(self):
        answer = ask(DECLINES, question="How many tonnes of cargo does the harbour handle each year?")
        assert "40 million" in answer.text
        assert not answer.abstained
        assert "declined" in answer.warnings[0]

    def test_inventing_on_weak_evidence_is_an_abstention(self):
        answer = ask("Lisbon has 545,000 inhabitants [1].", question="What is the population of Lisbon?")
        assert answer.abstained
        assert "set aside" in answer.warnings[0]

    def test_changing_the_subject_is_an_abstention(self):
        answer = ask("The mill opened in 1891 [1].", question="What is the population of Lisbon?", hits=HITS[:3])
        assert answer.abstained

    def test_inventing_on_strong_evidence_is_replaced_by_quotes(self):
        question = "How many tonnes of cargo does the harbour handle each year?"
        answer = ask("Nobody can say; maybe 99 zebras [2].", question=question)
        assert "40 million" in answer.text
        assert answer.degraded

    def test_a_guess_about_an_image_is_an_abstention(self):
        rules = dataclasses.replace(RULES, min_confidence=0.5)
        reply, question = "A red boat [4].", "What is in the photo?"
        assert ask(reply, question, rules=rules, confidence=0.2).abstained
        assert not ask(reply, question, rules=rules, confidence=0.8).abstained

    def test_it_can_be_turned_off(self):
        rules = dataclasses.replace(RULES, abstain=False)
        answer = ask("Lisbon has 545,000 inhabitants [1].", question="What is the population of Lisbon?", rules=rules)
        assert not answer.abstained
        assert answer.claims[0].support is Support.UNSUPPORTED


class TestFailure:
    @pytest.mark.parametrize("reply", ["", "   ", "[1]", "---", "<think>endless"])
    def test_a_reply_without_words_falls_back(self, reply):
        answer = ask(reply)
        assert answer.degraded
        assert "1891" in answer.text
        assert "wrote nothing" in answer.warnings[-1]

    @pytest.mark.parametrize(
        "error", [ModelError("no server at http://h"), MemoryError("full"), RuntimeError("cuda"), OSError("x")]
    )
    def test_a_model_that_raises_falls_back_and_says_why(self, error):
        def fail(_):
            raise error

        asked = AnswerTask(text="When did the mill open?", hits=HITS, embed=embed)
        answer = answer_with(FakeVlm({"mill": fail}), asked, ContextBudget(), RULES)
        assert answer.degraded
        assert answer.model == "extractive"
        assert "1891" in answer.text
        assert f"fake-vlm failed: {error}" in answer.warnings[-1]

    def test_degraded_reasons_carry_no_escapes(self):
        answer = degraded_answer(AnswerTask(text="x", hits=[]), RULES, "bad \x1b[2J reply")
        assert answer.warnings == ("bad  reply",)


class TestAsking:
    def test_with_a_model(self):
        vlm = FakeVlm({"Question: When": "The mill opened in 1891 [1]."})
        asked = AnswerTask(
            text="When did the mill open?", hits=HITS, images=IMAGES, embed=embed, history=[("Hi?", "Yes.")]
        )
        answer = answer_with(vlm, asked, ContextBudget(), RULES)
        assert (answer.text, answer.model) == ("The mill opened in 1891 [1].", "fake-vlm")
        assert len(vlm.prompts) == 1

    def test_images_are_checked_where_asked(self):
        vlm = FakeVlm({"Does the image show": "yes", "Question: What": "A red boat lies there [4]."})
        asked = AnswerTask(text="What lies in the water?", hits=HITS, images=IMAGES, embed=embed)
        answer = answer_with(vlm, asked, ContextBudget(), RULES, check_images=True)
        assert answer.claims[0].support is Support.SUPPORTED
        assert len(vlm.prompts) == 2

    def test_a_model_without_instructions_speaks_of_its_images(self):
        asked = AnswerTask(text="What colour is it?", hits=HITS, images=IMAGES, embed=embed)
        answer = answer_with(FakeVlm(), asked, ContextBudget(style=PromptStyle.PLAIN), RULES)
        assert answer.text == "A picture of red. [4]"
        assert answer.claims[0].support is Support.WEAK

    def test_an_empty_collection_needs_no_model(self):
        vlm = FakeVlm()
        assert answer_with(vlm, AnswerTask(text="x", hits=[]), ContextBudget(), RULES).abstained
        assert vlm.prompts == []


PLACES = ["Aalen", "Bergen", "Cadiz", "Dover", "Elche", "Fargo", "Gent", "Halle", "Imola", "Jena"]
THINGS = ["bridge", "tunnel", "library", "airport", "brewery", "museum", "station", "stadium", "theatre", "hospital"]
FACTS = [
    make_hit(
        n + 1,
        f"The {thing} of {place} opened in {1800 + 7 * n} and cost {3 * n + 21}.5 million. It stands near the river.",
    )
    for n, (place, thing) in enumerate((place, thing) for place in PLACES for thing in THINGS)
]


@pytest.mark.parametrize("embedder", [None, embed])
def test_planted_citations_right_and_wrong(embedder):
    """100 claims cited rightly and 100 cited to a hit about the same place or the same kind of thing."""
    checker = ClaimChecker(hits=FACTS, embed=embedder)
    right, wrong = 0, 0
    for n, hit in enumerate(FACTS):
        claim = hit.item.text.split(". ")[0].replace("opened in", "was opened in the year") + "."
        neighbour = n + 10 if n % 2 and n + 10 < len(FACTS) else (n + 1) % len(FACTS)
        right += checker.check(claim, [n + 1]).support is Support.SUPPORTED
        wrong += checker.check(claim, [neighbour + 1]).support is Support.UNSUPPORTED
    assert right >= 90
    assert wrong >= 90
