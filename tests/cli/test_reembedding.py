"""ragmm reembed: the model of a space exchanged, compared first, and taken back."""

from __future__ import annotations

import json
from pathlib import Path

import ragmm


def spaces(collection: Path) -> dict[str, str]:
    with ragmm.open(collection) as docs:
        return dict(docs.info().spaces)


def test_exchange_ask_and_go_back(cli, sample: Path, tmp_path: Path) -> None:
    before = spaces(sample)
    questions = tmp_path / "questions.jsonl"
    asked = {"qid": "1", "question": "How long is the crew's break?", "relevant": [{"uri": "crew-handbook.md"}]}
    questions.write_text(json.dumps(asked) + "\n", encoding="utf-8")
    held = cli("reembed", "--with", "st:other", "-c", sample, "--space", "text", "--no-switch", "--json")
    assert (held.code, held.json["switched"]) == (0, False)
    assert spaces(sample) == before
    done = cli("reembed", "--with", "st:other", "-c", sample, "--space", "text", "--questions", questions, "--json")
    assert (done.code, done.json["switched"]) == (0, True)
    assert done.json["staged"]["embedded"] == 0, "built by the first call"
    assert done.json["comparison"]["judged"] == 1
    assert spaces(sample) == {**before, "text": "st:other"}
    assert cli("query", "crew", "-c", sample, "--no-answer", "--json").json["hits"], "it follows by itself"
    assert cli("rollback", done.json["generation"] - 1, "-c", sample).code == 0
    assert spaces(sample) == before
    assert cli("query", "crew", "-c", sample, "--no-answer", "--json").json["hits"]


def test_words_for_people_and_a_change_of_mind(cli, sample: Path) -> None:
    assert "nothing was built" in cli("reembed", "--abandon", "-c", sample, "--space", "text").out
    done = cli("reembed", "--with", "st:other", "-c", sample, "--space", "text", "--no-switch")
    assert "goes on serving" in done.out
    assert "forgotten" in cli("reembed", "--abandon", "-c", sample, "--space", "text").out
    done = cli("reembed", "--with", "st:other", "-c", sample, "--space", "text")
    assert "answers with st:other" in done.out
    assert 'models.text = "st:other"' in done.err


def test_what_is_missing_is_said(cli, sample: Path) -> None:
    assert cli("reembed", "-c", sample).code == 2
    assert "--space" in cli("reembed", "--with", "st:other", "-c", sample).err
    refused = cli("reembed", "--with", "st:other", "-c", sample, "--space", "audio", "--json")
    assert refused.json["error"]["exit_code"] == 2
