"""The yardstick of answers: what its questions rest on, and how answers are judged and counted."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hits import make_hit

from ragmm.evaluation.answers import contains
from ragmm.evaluation.questions import EvalQuestion, Relevant
from ragmm.evaluation.values import likeness
from ragmm.types import Answer, Citation, Claim, QueryResult, Support
from tools import check_answers
from tools.answer_documents import answer_document_texts, write_answer_documents
from tools.answer_judging import Asked, Verdict, said_first, verdict
from tools.answer_sets import OWN_QUESTIONS, own_asked, set_asked
from tools.answer_tables import by_document, changes, groups, shares
from tools.eval_sets import lines

OWN = lines(OWN_QUESTIONS)
WHERE = Relevant(uri="doc1.md", page=1)


def asked(text: str = "How many came?", *answers: str, answerable: bool = True, relevant: bool = True) -> Asked:
    question = EvalQuestion(
        qid="q", text=text, answers=answers, answerable=answerable, relevant=(WHERE,) if relevant else ()
    )
    return Asked(question=question, set="made", kind="text", document="doc1.md")


def result(*claims: str, rank: int = 1, abstained: bool = False, degraded: bool = False, hits: int = 5) -> QueryResult:
    made = tuple(Claim(text=text, citations=(Citation(rank=rank),), support=Support.SUPPORTED) for text in claims)
    answer = Answer(text=" ".join(claims), claims=made, abstained=abstained, degraded=degraded)
    found = tuple(make_hit(place, "…") for place in range(1, hits + 1))
    return QueryResult(question="", collection="c", generation=1, hits=found, answer=answer, timings_ms={"all": 12.0})


# Questions ---------------------------------------------------------------------------------------------------------


def test_there_are_enough_of_each_kind() -> None:
    kinds = Counter(row["kind"] for row in OWN)
    assert len(OWN) >= 150
    assert min(kinds.values()) >= 8, kinds
    assert len({row["qid"] for row in OWN}) == len(OWN)


@pytest.mark.parametrize("row", OWN, ids=lambda row: row["qid"])
def test_each_answer_stands_in_its_document(row: dict[str, object]) -> None:
    text = answer_document_texts()[str(row["document"])]
    answers = row["answers"]
    assert isinstance(answers, list)
    assert row["answerable"] == bool(answers) == bool(row["relevant"])
    evidence = [str(row["evidence"])] if "evidence" in row else answers
    assert not answers or any(contains(text, one) for one in evidence)


@pytest.mark.parametrize("row", [row for row in OWN if row["answers"]], ids=lambda row: row["qid"])
def test_each_answer_is_right_and_alone_by_itself(row: dict[str, object]) -> None:
    answers, question = row["answers"], str(row["question"])
    assert isinstance(answers, list)
    for one in answers:
        found = likeness(one, answers, question)
        assert found.right
        assert found.alone


def test_documents_are_written_as_they_are_described(tmp_path: Path) -> None:
    written = {file.relative_to(tmp_path).as_posix() for file in write_answer_documents(tmp_path)}
    assert written | {"tables/boats.xlsx"} == set(answer_document_texts())
    assert {row["document"] for row in OWN} <= set(answer_document_texts())


def test_our_own_set_asks_about_the_sample_too() -> None:
    everything = own_asked()
    assert {one.kind for one in everything} >= {"sample", "absent in sample", "follow-up", "absent"}
    assert all(one.after for one in everything if one.kind == "follow-up")
    assert {one.fold for one in everything} == {"fit", "hold"}


def test_a_development_set_is_read_with_its_kinds(tmp_path: Path) -> None:
    folder = tmp_path / "mmlongbench"
    folder.mkdir()
    (folder / "corpus.jsonl").write_text('{"doc_id": "d", "file": "files/d.pdf"}\n', encoding="utf-8")
    rows = [
        {"qid": "1", "evidence_sources": ["Table"], "relevant": [{"doc_id": "d", "page": 2}], "answers": ["4"]},
        {
            "qid": "2",
            "evidence_sources": ["Table", "Chart"],
            "relevant": [{"doc_id": "d", "page": 2}],
            "answers": ["4"],
        },
        {
            "qid": "3",
            "evidence_sources": ["Chart"],
            "relevant": [{"doc_id": "d", "page": 2}, {"doc_id": "d", "page": 3}],
        },
        {"qid": "4", "evidence_sources": [], "answerable": False, "relevant": []},
    ]
    common = {"question": "What?", "document": "d", "scope": "document"}
    (folder / "queries.jsonl").write_text("\n".join(json.dumps(row | common) for row in rows), encoding="utf-8")
    read = set_asked(folder)
    assert [one.kind for one in read] == ["table", "several", "several", "unanswerable"]
    assert {one.document for one in read} == {"d"}
    assert read[0].question.scope == "d.pdf"


def test_questions_about_given_charts_are_freed_of_their_frame(tmp_path: Path) -> None:
    folder = tmp_path / "multichart_answering"
    folder.mkdir()
    (folder / "corpus.jsonl").write_text('{"doc_id": "g__a.png", "file": "files/g__a.png"}\n', encoding="utf-8")
    row = {
        "qid": "1",
        "question": "The first chart is <image>. Question: How many bars?\nNote that your answer format should be: x",
        "answers": ["4"],
        "images": ["g__a.png"],
        "relevant": [{"doc_id": "g__a.png", "page": None}],
        "task": "Direct_Questions/Content",
    }
    (folder / "queries.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (one,) = set_asked(folder)
    assert (one.question.text, one.where, one.document) == ("How many bars?", ("g__a.png",), "g")


# Judging -----------------------------------------------------------------------------------------------------------


def test_right_and_alone() -> None:
    found = verdict(asked("How many came?", "38"), result("Thirty-eight members came."))
    assert found.values == {
        "right": 1,
        "alone": 1,
        "wrong": 0,
        "answered": 1,
        "anywhere": 1,
        "sure": 1,
        "needless": 0,
        "cited": 1,
    }
    assert found.milliseconds == 12


def test_a_second_value_beside_it_is_not_alone() -> None:
    found = verdict(asked("How many came?", "38"), result("38 or 40 came."))
    assert (found.values["right"], found.values["alone"]) == (1, 0)


def test_another_value_is_wrong_without_a_mark() -> None:
    found = verdict(asked("How many came?", "38"), result("Forty came."))
    assert (found.values["right"], found.values["wrong"], found.values["sure"]) == (0, 1, 0)


def test_a_degraded_answer_is_marked() -> None:
    found = verdict(asked("How many came?", "38"), result("Forty came.", degraded=True))
    assert (found.values["wrong"], found.values["answered"]) == (0, 0)
    assert "sure" not in found.values


def test_silence_with_the_right_page_on_top_is_needless() -> None:
    found = verdict(asked("How many came?", "38"), result(abstained=True))
    assert (found.values["needless"], found.values["wrong"], found.values["right"]) == (1, 0, 0)
    assert found.values["refusal.precision"] == 0
    assert "needless" not in verdict(asked("How many came?", "38"), result(abstained=True, hits=0)).values


def test_silence_is_right_where_there_is_no_answer() -> None:
    question = asked("How many horses came?", answerable=False, relevant=False)
    assert verdict(question, result(abstained=True)).values == {"refusal.precision": 1, "refusal.recall": 1}
    assert verdict(question, result("Forty came.")).values == {"refusal.recall": 0, "sure": 0}


def test_a_citation_of_another_page_is_seen() -> None:
    assert verdict(asked("How many came?", "38"), result("38 came.", rank=2)).values["cited"] == 0
    assert "cited" not in verdict(asked("How many came?", "38"), result("38 came.", hits=0)).values


def test_a_long_first_claim_is_no_answer_but_is_seen() -> None:
    found = verdict(asked("How many came?", "38"), result("38 came, and " + "it rained on all of them " * 10))
    assert (found.values["right"], found.values["alone"], found.values["anywhere"]) == (0, 0, 1)


def test_only_the_first_claim_counts() -> None:
    found = verdict(asked("How many came?", "38"), result("The club met in March.", "38 came."))
    assert (found.values["right"], found.values["anywhere"]) == (0, 1)


def test_the_short_answer_goes_first_where_there_is_one() -> None:
    assert said_first(Answer(text="Forty came, and 38 stayed.", short="38")) == ("38", True)
    assert said_first(Answer(text="Forty came. [1]")) == ("Forty came.", True)


# Counting ----------------------------------------------------------------------------------------------------------


def made(qid: str, document: str, right: float, kind: str = "text") -> Verdict:
    return Verdict(
        qid=qid, set="s", kind=kind, document=document, fold="hold", question="", answers=(), values={"right": right}
    )


def test_questions_of_one_document_are_one_draw() -> None:
    values = [1.0] * 20 + [0.0] * 20
    apart = by_document(values, [str(number) for number in range(40)])
    together = by_document(values, ["a"] * 20 + ["b"] * 20)
    assert apart.mean == together.mean == 0.5
    assert together.high - together.low > apart.high - apart.low
    assert by_document(values, ["a"] * 40).low < 0.5


def test_groups_and_changes() -> None:
    before = [made("1", "a", 0), made("2", "b", 0), made("3", "b", 1, "chart")]
    after = [made("1", "a", 1), made("2", "b", 1), made("3", "b", 1, "chart")]
    assert list(groups(after)) == [("s", "all"), ("s", "chart"), ("s", "text")]
    assert shares(before)["right"].mean == pytest.approx(1 / 3)
    assert changes({(one.set, one.qid): one for one in before}, after)["right"].mean == pytest.approx(2 / 3)


def test_the_whole_way_with_a_folder_of_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [one for one in own_asked() if one.document == "notices/water-main.txt"][:2]
    monkeypatch.setattr("tools.answer_sets.own_asked", lambda: kept)
    monkeypatch.setattr("tools.answer_sets.write_sample", lambda folder: folder.mkdir(parents=True))

    def write_one(folder: Path) -> None:
        file = folder / "notices" / "water-main.txt"
        file.parent.mkdir(parents=True)
        file.write_text(answer_document_texts()["notices/water-main.txt"], encoding="utf-8")

    monkeypatch.setattr("tools.answer_sets.write_answer_documents", write_one)
    saved = tmp_path / "run.json"
    arguments = ["--collections", str(tmp_path / "c"), "--json", str(saved), "--width", "200"]
    assert check_answers.main(arguments) == 0
    assert check_answers.main([*arguments, "--against", str(saved)]) == 0
    printed = capsys.readouterr().out
    assert "value right" in printed
    assert "change" in printed
    record = json.loads(saved.read_text(encoding="utf-8"))
    assert len(record["questions"]) == len(kept)
    assert {"said", "values", "document", "fold"} <= set(record["questions"][0])
