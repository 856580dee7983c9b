"""What is said of how to answer is no part of what is asked."""

from __future__ import annotations

import pytest

from ragmm.pipelines.query.instructions import without_instructions


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("What did the boats cost in 2023? Answer in USD millions.", "What did the boats cost in 2023?"),
        (
            "What is the fee? Please give the answer in one sentence. Base your judgments on the statutes.",
            "What is the fee?",
        ),
        (
            "Assume that you are a harbour analyst. Answer the following question from the balance sheet: what are the "
            "boats worth? Round your answer to two decimal places.",
            "what are the boats worth?",
        ),
        ("Who opens the pier? Use no more than ten words.", "Who opens the pier?"),
    ],
)
def test_the_question_is_what_is_left(text: str, bare: str) -> None:
    assert without_instructions(text) == bare


@pytest.mark.parametrize(
    "text",
    [
        "What does rule 4 say? Boats may not be kept on the pier.",
        "Give the address of the club.",
        "Please answer in English.",
        "State the answer to question 4.",
        "How do I use the mooring? Is a permit needed?",
        "Membership fee: what is it?",
        "Who opens\n the pier?\nAnd who closes it?",
        "fees 2023",
        "",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert without_instructions(text) == text
