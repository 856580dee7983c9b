"""The demo, with fake models; the sample corpus it makes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from ragmm.sample import QUESTIONS, write_sample


def test_the_demo_asks_its_questions_and_writes_a_report(cli, pipeline: Path) -> None:
    done = cli("demo", "--out", "out", "-p", pipeline)
    assert done.code == 0
    for question in QUESTIONS:
        assert question.shows in done.out
    assert "takes 70 minutes" in done.out
    assert "Report with pictures: out/report.html" in done.out
    report = Path("out/report.html").read_text(encoding="utf-8")
    assert report.count("<article") == len(QUESTIONS)
    assert "data:image/png;base64," in report


@pytest.mark.slow
def test_the_demo_again_is_the_same_and_reads_nothing_anew(cli, pipeline: Path) -> None:
    first = cli("demo", "-p", pipeline, "--json").json
    second = cli("demo", "-p", pipeline, "--json").json
    assert second["ingest"]["embedded"] == 0
    assert [reply["answer"]["text"] for reply in first["queries"]] == [
        reply["answer"]["text"] for reply in second["queries"]
    ]


def test_the_sample_corpus_is_the_same_every_time_and_small(tmp_path: Path) -> None:
    first, second = (write_sample(tmp_path / name) for name in ("a", "b"))
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]
    assert sum(file.stat().st_size for file in first) < 2_000_000
    assert {question.expect for question in QUESTIONS} <= {str(file.relative_to(tmp_path / "a")) for file in first}


def test_the_pictures_of_the_sample_corpus_open(tmp_path: Path) -> None:
    pictures = [file for file in write_sample(tmp_path) if file.suffix in {".png", ".jpg"}]
    assert len(pictures) >= 9
    for file in pictures:
        with Image.open(file) as image:
            image.load()
            assert min(image.size) >= 400
