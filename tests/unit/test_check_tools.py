"""The tools that print how well documents are read, and what an installation costs."""

from __future__ import annotations

import json
import os
import random
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.loaders import backends
from ragmm.loaders.settings import Tables
from tools import check_figures, check_ocr, check_tables, first_hour


def test_tables_of_every_kind_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_tables.main(["--tables", "2"]) == 0
    printed = capsys.readouterr().out
    assert all(kind in printed for kind in check_tables.KINDS)
    assert "pdfium" in printed


def test_a_cell_in_another_column_counts_as_wrong() -> None:
    truth = [[["place", "2021"], ["weir", "7"]]]
    assert check_tables.agreement(truth, truth) == (4, 4, 4)
    assert check_tables.agreement(truth, [[["place", "", "2021"], ["weir", "7", ""]]]) == (3, 4, 4)
    assert check_tables.agreement(truth, []) == (0, 4, 0)


def test_markdown_is_read_back_with_its_bars() -> None:
    assert list(check_tables.rows("| a \\| b | c |\n| --- | --- |\n| 1 |  |\n")) == [["a | b", "c"], ["1", ""]]


def test_generated_figures_are_found_with_their_captions(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_figures.main(["--pages", "4"]) == 0
    assert "together" in capsys.readouterr().out


def test_a_figure_elsewhere_or_without_its_caption_counts_as_wrong(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    ((page, (truth, *_)), *_) = check_figures.generated(file, 1).items()
    backend = next(backends())
    moved = check_figures.Truth(box=(400, 700, 500, 800), caption=truth.caption)
    bare = check_figures.Truth(box=truth.box, caption=None)
    for wrong in (moved, bare):
        tally = check_figures.Tally()
        assert check_figures.compare(file, {page: [wrong]}, backend, tally)
        assert (tally.figures, tally.captions) == (1, 0)


def test_the_truth_about_real_pages_is_boxes_alone() -> None:
    words = {key for one in read_truth() for key in one}
    assert words == {"box", "caption"}
    assert all(len(box) == 4 and box[0] < box[2] and box[1] < box[3] for one in read_truth() for box in one.values())


def read_truth() -> list[dict[str, list[float]]]:
    files = json.loads(check_figures.TRUTH.read_text(encoding="utf-8"))
    return [one for pages in files.values() for figures in pages.values() for one in figures]


@pytest.mark.slow
def test_the_layout_model_reads_tables_where_the_pipeline_asks_for_it(tmp_path: Path) -> None:
    """Through PyMuPDF, whose wheel holds the model; what it cannot tell apart the rules do."""
    pytest.importorskip("pymupdf.layout", reason="the extra [pymupdf] is not installed")
    (part,) = check_tables.ruled(random.Random(3))
    file = tmp_path / "a.pdf"
    check_tables.write(file, [part])
    settings = replace(check_tables.SETTINGS, tables=Tables.MODEL)
    (found,) = check_tables.read(file, next(backends()), settings)
    same, expected, seen = check_tables.agreement([part.cells], [found])
    assert 2 * same >= 0.95 * (expected + seen)


def plain_distance_within(expected: str, read: str) -> int:
    row = [0] * (len(read) + 1)
    for number, wanted in enumerate(expected, 1):
        above, row = row, [number]
        for column, seen in enumerate(read, 1):
            row.append(min(above[column] + 1, row[-1] + 1, above[column - 1] + (wanted != seen)))
    return min(row)


def test_errors_are_counted_as_edits_within_what_was_read() -> None:
    dice = random.Random(4)
    for _ in range(60):
        expected, read = ("".join(dice.choices("abc", k=dice.randrange(9))) for _ in range(2))
        assert check_ocr.distance_within(expected, read) == plain_distance_within(expected, read), (expected, read)
    assert check_ocr.distance_within("weir", "theweirat") == 0
    assert check_ocr.distance_within("weir", "") == 4


# The first hour


def test_a_requirement_is_its_name_and_its_extras() -> None:
    assert first_hour.parted("Open_CLIP.torch>=3 ; python_version < '4'") == ("open-clip-torch", [])
    assert first_hour.parted("ragmm[cpu, mini]") == ("ragmm", ["cpu", "mini"])


def test_what_a_requirement_brings_is_counted_once_and_only_where_it_is_asked_for() -> None:
    alone = first_hour.closure(["rich>=14", "rich"], {})
    assert {"rich", "pygments", "markdown-it-py"} <= set(alone)
    assert "pytest" not in alone
    assert set(first_hour.closure(["ragmm[svg]"], {"svg": ["rich"]})) == set(alone)
    assert first_hour.closure(["no-such-package-at-all"], {}) == {}
    assert first_hour.megabytes(alone) >= 1


def test_a_file_with_two_names_takes_its_place_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 1000)
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    assert first_hour.occupied(tmp_path) == 1000


def test_the_seconds_to_the_first_answer_are_those_of_the_line_behind_the_question() -> None:
    words = f"{sys.executable} -c \"import time; print('1. Who?'); time.sleep(0.3); print('Mira'); print('x')\""
    played = first_hour.play("it", words, dict(os.environ))
    assert played.ok
    assert played.first_answer is not None
    assert 0.3 <= played.first_answer <= played.seconds
    assert not first_hour.play("it", f"{sys.executable} -c 1/0", dict(os.environ)).ok
