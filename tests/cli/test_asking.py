"""query, ls and show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

QUESTION = "How long does the crossing to Gull Rock take?"


def test_a_question_is_answered_with_its_source(cli, sample: Path) -> None:
    done = cli("query", QUESTION, "-c", sample)
    assert done.code == 0
    assert "takes 70 minutes" in done.out
    assert "Sources" in done.out
    assert "notes/crew-handbook.md · Crew handbook › Crossings" in done.out


def test_a_pipe_gets_neither_colours_nor_wrapped_lines(cli, sample: Path) -> None:
    done = cli("query", QUESTION, "-c", sample)
    assert "\x1b" not in done.out
    assert any(
        "takes 70 minutes, because the boat keeps outside the seal bank." in line for line in done.out.splitlines()
    )


def test_the_json_answers_the_same_and_its_citations_resolve(cli, sample: Path) -> None:
    reply = cli("query", QUESTION, "-c", sample, "--json").json
    assert (reply["question"], reply["collection"], reply["generation"]) == (QUESTION, "sample", 1)
    ranks = {hit["rank"]: hit for hit in reply["hits"]}
    cited = [rank for claim in reply["answer"]["claims"] for rank in claim["citations"]]
    assert cited
    assert set(cited) <= set(ranks)
    assert "notes/crew-handbook.md" in {ranks[rank]["uri"] for rank in cited}
    assert all(Path(hit["asset"]).is_file() for hit in reply["hits"] if hit["asset"])


def test_without_an_answer_only_hits(cli, sample: Path) -> None:
    reply = cli("query", QUESTION, "-c", sample, "--no-answer", "--json").json
    assert reply["answer"] is None
    assert reply["hits"]
    assert "Found" in cli("query", QUESTION, "-c", sample, "--no-answer").out


def test_as_many_hits_as_asked_for(cli, sample: Path) -> None:
    assert len(cli("query", "boat", "-c", sample, "-k", 2, "--json").json["hits"]) == 2


def test_only_one_kind(cli, sample: Path) -> None:
    hits = cli("query", "passengers by quarter", "-c", sample, "--modality", "figure", "--json").json["hits"]
    assert {hit["modality"] for hit in hits} == {"figure"}
    assert hits[0]["uri"] == "charts/passengers-by-quarter.png"


def test_only_within_some_places(cli, sample: Path) -> None:
    places = ("--where", "notes/maintenance.md", "--where", "signs")
    hits = cli("query", "boat", "-c", sample, *places, "--json").json["hits"]
    assert hits
    assert all(hit["uri"] == "notes/maintenance.md" or hit["uri"].startswith("signs/") for hit in hits)


def test_a_picture_finds_pictures(cli, sample: Path, corpus: Path) -> None:
    # The fake sees mean colours only, so that a picture of its own kind is another one on white.
    picture = corpus / "signs" / "gull-rock.png"
    reply = cli("query", "--image", picture, "-c", sample, "--modality", "photo", "--json").json
    assert reply["hits"]
    assert {hit["modality"] for hit in reply["hits"]} == {"photo"}


def test_the_report_is_one_file_with_the_answer(cli, sample: Path) -> None:
    done = cli("query", QUESTION, "-c", sample, "--html", "answer.html")
    assert done.code == 0
    assert "answer.html" in done.err
    page = Path("answer.html").read_text(encoding="utf-8")
    assert "takes 70 minutes" in page
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page


def test_a_report_that_cannot_be_written_is_an_error_of_the_disk(cli, sample: Path) -> None:
    done = cli("query", QUESTION, "-c", sample, "--html", "no/such/folder/a.html")
    assert done.code == 30
    assert "no/such/folder/a.html" in done.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["query"], "give a question, or a picture"),
        (["query", "  "], "give a question, or a picture"),
        (["query", "x", "--modality", "video"], "passage, table, figure"),
        (["query", "x", "--image", "none.png"], "none.png"),
        (["query", "x", "-k", "0"], "-k"),
        (["show", "999999"], "there is no item 999999"),
        (["show", "x"], "ITEM"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(cli, sample: Path, words: list[str], expected: str) -> None:
    done = cli(*words, "-c", sample)
    assert done.code == 2
    assert expected in done.err
    assert done.out == ""


def test_documents_are_listed_for_people_and_programs(cli, sample: Path, corpus: Path) -> None:
    files = {str(file.relative_to(corpus)) for file in corpus.rglob("*") if file.is_file()}
    assert {line.split("\t")[0] for line in cli("ls", "-c", sample).out.splitlines()} == files
    rows = [json.loads(line) for line in cli("ls", "-c", sample, "--json").out.splitlines()]
    assert {row["uri"] for row in rows} == files
    assert {row["state"] for row in rows} == {"indexed"}


def test_items_are_listed_of_all_or_of_one_document(cli, sample: Path) -> None:
    rows = [json.loads(line) for line in cli("ls", "-c", sample, "--items", "--json").out.splitlines()]
    one = [json.loads(line) for line in cli("ls", "timetable.csv", "-c", sample, "--json").out.splitlines()]
    assert {row["uri"] for row in one} == {"timetable.csv"}
    assert [row for row in rows if row["uri"] == "timetable.csv"] == one
    assert len(cli("ls", "-c", sample, "--items", "--limit", 3).out.splitlines()) == 3


def test_an_item_is_shown_in_full(cli, sample: Path) -> None:
    rows = [json.loads(line) for line in cli("ls", "notes/maintenance.md", "-c", sample, "--json").out.splitlines()]
    number = rows[0]["item"]
    assert cli("show", number, "-c", sample, "--json").json == rows[0]
    shown = cli("show", number, "-c", sample).out
    assert "notes/maintenance.md" in shown
    assert rows[0]["text"].splitlines()[-1] in shown


def uris(reply: dict) -> set[str]:
    return {hit["uri"] for hit in reply["hits"]}


def test_filters_compare_and_name_what_they_do_not_know(cli, sample: Path) -> None:
    found = cli("query", "crossing", "-c", sample, "--where", "type=md", "-k", 20, "--no-answer", "--json").json
    assert uris(found)
    assert all(uri.endswith(".md") for uri in uris(found))
    none = cli("query", "crossing", "-c", sample, "--where", "type=docx", "--no-answer", "--json").json
    assert none["hits"] == []
    wrong = cli("query", "crossing", "-c", sample, "--where", "colour=red")
    assert wrong.code == 2
    assert "path, type, modality, page, date, section" in wrong.err


def test_so_many_of_a_document(cli, sample: Path) -> None:
    reply = cli("query", "boat", "-c", sample, "--per-document", 1, "-k", 20, "--no-answer", "--json").json
    assert len(reply["hits"]) == len(uris(reply)) > 1


def test_the_like_of_an_item_is_found_without_it(cli, sample: Path) -> None:
    first = cli("query", QUESTION, "-c", sample, "--no-answer", "--json").json["hits"][0]
    reply = cli("query", "--like", first["item"], "-c", sample, "--no-answer", "--json").json
    assert reply["hits"]
    assert first["item"] not in {hit["item"] for hit in reply["hits"]}
    assert all(0 <= hit["relevance"] <= 1 for hit in reply["hits"])
    missing = cli("query", "--like", 999_999, "-c", sample)
    assert missing.code == 2
    assert "no item 999999" in missing.err


def test_a_picture_given_as_words_is_said_so(cli, sample: Path, tmp_path: Path) -> None:
    picture = tmp_path / "boat.png"
    picture.write_bytes(b"\x89PNG")
    done = cli("query", picture, "-c", sample)
    assert done.code == 2
    assert "--image" in done.err
