"""eval: what it prints, saves and compares, and when it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

ROWS = [
    {
        "qid": "gull",
        "question": "How long does the crossing to Gull Rock take?",
        "relevant": [{"uri": "crew-handbook.md"}],
        "answers": ["70 minutes"],
        "tags": ["notes"],
    },
    {"qid": "oil", "question": "How often is the engine oil changed?", "relevant": [{"uri": "notes/maintenance.md"}]},
    {"qid": "no", "question": "Which xylophones do Martian glaciologists prefer?", "answerable": False},
]


@pytest.fixture
def questions(cli) -> Path:
    file = Path("questions.jsonl")  # the fixture cli has changed into an empty folder
    file.write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    return file


def test_the_metrics_are_printed_for_people_and_programs(cli, sample: Path, questions: Path) -> None:
    done = cli("eval", questions, "-c", sample)
    assert done.code == 0
    rows = {line.split("\t")[0]: line.split("\t") for line in done.out.splitlines() if "\t" in line}
    reply = cli("eval", questions, "-c", sample, "--json").json
    assert float(rows["document.hit@5"][1]) == reply["metrics"]["document.hit@5"]["mean"] == 1.0
    assert reply["format"] == "ragmm-eval-1"
    assert [one["qid"] for one in reply["results"]] == ["gull", "oil", "no"]
    assert {part["name"] for part in reply["by_leg"]} == {"shared", "text", "lexical"}
    assert [part["name"] for part in reply["by_tag"]] == ["notes"]
    assert "each leg alone" in done.out


def test_without_answers_only_the_search_is_judged(cli, sample: Path, questions: Path) -> None:
    reply = cli("eval", questions, "-c", sample, "--no-answer", "--limit", 2, "--k", 3, "--json").json
    assert set(reply["metrics"]) == {
        *("document.hit@1", "document.hit@3", "document.recall@1", "document.recall@3"),
        *("document.ndcg@3", "document.mrr", "document.map"),
    }
    assert reply["questions"] == 2


def test_a_saved_evaluation_is_compared_with(cli, sample: Path, questions: Path) -> None:
    assert cli("eval", questions, "-c", sample, "--save", "before.json", "--html", "eval.html").code == 0
    assert "<svg" in Path("eval.html").read_text(encoding="utf-8")
    done = cli("eval", questions, "-c", sample, "--legs", "lexical", "--against", "before.json", "--json")
    assert done.json["legs"] == ["lexical"]
    assert done.json["against"]["questions"] == 3
    assert all(change["p"] >= 0.05 for change in done.json["against"]["changes"])
    assert "against before.json" in cli("eval", questions, "-c", sample, "--against", "before.json").out


def test_routes_are_compared(cli, sample: Path, questions: Path) -> None:
    words = ("eval", questions, "-c", sample, "--no-answer", "--compare", "shared,text,both")
    assert "Best for these files by document.ndcg@10" in cli(*words).out
    reply = cli(*words, "--json").json
    assert [route["name"] for route in reply["routes"]] == ["shared", "text", "both"]
    assert reply["verdict"]["best"] in {"shared", "text", "both"}


def test_below_a_threshold_it_exits_with_one_and_says_why(cli, sample: Path, questions: Path) -> None:
    words = ("eval", questions, "-c", sample, "--fail-under", "hit@5=1", "--fail-under", "answer.exact=0.9")
    done = cli(*words)
    assert done.code == 1
    assert [line for line in done.err.splitlines() if "threshold" in line] == [
        "below the threshold: answer.exact is 0.0000; at least 0.9 was asked for"
    ]
    reply = cli(*words, "--json")
    assert reply.code == 1
    assert [one["metric"] for one in reply.json["failed"]] == ["answer.exact"]
    assert cli("eval", questions, "-c", sample, "--fail-under", "hit@5=1").code == 0


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--fail-under", "recal@5=1"], 2, "no metric 'recal@5'"),
        (["--fail-under", "recall@5"], 2, "METRIC=VALUE"),
        (["--fail-under", "recall@5=7"], 2, "from 0 to 1"),
        (["--against", "none.json"], 2, "none.json"),
        (["--compare", "seen"], 2, "no route 'seen'"),
        (["--legs", "eyes"], 2, "no leg 'eyes'"),
        (["--html", "no/such/eval.html"], 30, "no folder no/such"),
        (["--k", "0"], 2, "--k"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(cli, sample: Path, questions: Path, words, code: int, says: str) -> None:
    done = cli("eval", questions, "-c", sample, *words)
    assert (done.code, done.out) == (code, "")
    assert says in done.err


def test_what_is_wrong_in_the_file_is_named_with_its_line(cli, sample: Path, questions: Path) -> None:
    with questions.open("a", encoding="utf-8") as file:
        file.write('\n{"qid": "4", "question": "?", "relevent": []}\n')
    done = cli("eval", questions, "-c", sample)
    assert done.code == 2
    assert done.err.startswith("ragmm: questions.jsonl, line 4: has the key 'relevent'")


def test_questions_for_another_collection_are_refused(cli, sample: Path, questions: Path) -> None:
    row = {"qid": "1", "question": "?", "relevant": [{"uri": "elsewhere.pdf"}]}
    questions.write_text(json.dumps(row), encoding="utf-8")
    done = cli("eval", questions, "-c", sample)
    assert done.code == 2
    assert "'elsewhere.pdf'" in done.err
