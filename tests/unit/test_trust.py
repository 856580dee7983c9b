"""What a model's card says about when to believe it."""

from __future__ import annotations

import pytest

from ragmm.testing import FakeVlm
from ragmm.vlm.trust import Trust, trust_in

CARD = {
    "calibration": {"threshold": {"confidence": 0.8, "right_kept": 0.9, "wrong_kept": 0.2}},
    "replies": {"unfamiliar": "an unfamiliar picture", "no_image": "No image was given."},
}


@pytest.mark.parametrize(
    ("text", "confidence", "least", "holds"),
    [
        ("a red circle", 0.9, 0.0, True),
        ("a red circle", 0.7, 0.0, False),
        ("a red circle", 0.9, 0.95, False),
        ("a red circle", None, 0.95, True),
        ("An unfamiliar picture. I cannot tell.", 0.99, 0.0, False),
        (" no image was given.", None, 0.0, False),
    ],
)
def test_guesses_and_admissions_do_not_hold(text: str, confidence: float | None, least: float, holds: bool) -> None:
    assert Trust.of_card(CARD).holds(text, confidence, least) is holds


@pytest.mark.parametrize("card", [{}, {"calibration": None, "replies": None}, {"calibration": {"threshold": None}}])
def test_a_card_that_says_nothing_lets_every_reply_stand(card: dict[str, object]) -> None:
    assert Trust.of_card(card) == Trust()
    assert Trust.of_card(card).holds("anything", 0.01)


def test_a_model_without_a_card_is_believed() -> None:
    assert trust_in(FakeVlm()) == Trust()
