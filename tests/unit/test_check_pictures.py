"""The tool that says what the default profile makes of pictures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ragmm.config import parse_pipeline
from ragmm.models.weights_packages import PHOTOS
from ragmm.testing import captioned_picture, png_bytes
from tools import check_pictures
from tools.check_pictures import Row
from tools.picture_samples import Sample, is_held

WORDS = parse_pipeline('[pipeline]\nroutes = ["text"]\n[models]\ncaption = "none"\nphotos = "none"\n', source="test")


def a_set(folder: Path) -> Path:
    """Three texts, and a question about each; the last one's answer stands in another."""
    (folder / "files").mkdir(parents=True)
    texts = {"tern": "An arctic tern over the sea.", "weir": "A weir below the mill.", "oak": "An oak in the park."}
    rows, questions = [], []
    for name, text in texts.items():
        (folder / "files" / f"{name}.txt").write_text(text, encoding="utf-8")
        rows.append({"doc_id": name, "file": f"files/{name}.txt"})
        asked = "arctic tern" if name == "oak" else text
        questions.append({"question": asked, "relevant": [{"doc_id": name}]})
    for file, several in (("corpus.jsonl", rows), ("queries.jsonl", questions)):
        (folder / file).write_text("".join(json.dumps(row) + "\n" for row in several), encoding="utf-8")
    return folder


def test_files_lose_their_names_and_what_is_found_is_counted(tmp_path: Path) -> None:
    source = a_set(tmp_path / "set")
    with check_pictures.ingested(source, tmp_path / "work", WORDS).docs as docs:
        assert {item.uri for item in docs.items()} == {"00000.txt", "00001.txt", "00002.txt"}
    asked = check_pictures.ingested(source, tmp_path / "again", WORDS)
    assert asked.cpu_seconds > 0
    first, three = check_pictures.found(asked, source, (1, 3))
    assert first == pytest.approx(2 / 3)
    assert three >= first
    asked.docs.close()


def test_two_sets_share_a_collection(tmp_path: Path) -> None:
    sets = [a_set(tmp_path / name) for name in ("one", "other")]
    for file in ("corpus.jsonl", "queries.jsonl"):
        text = (sets[1] / file).read_text(encoding="utf-8")
        (sets[1] / file).write_text(text.replace('"doc_id": "', '"doc_id": "other '), encoding="utf-8")
    asked = check_pictures.ingested(sets[0], tmp_path / "work", WORDS, beside=sets[1])
    assert sorted(asked.names.values()) == [f"{number:05}.txt" for number in range(6)]
    asked.docs.close()


def test_a_row_says_whether_its_bar_is_met() -> None:
    assert [Row(name="a", value=0.5, bar=bar).met for bar in (0.4, 0.6, None)] == [True, False, True]
    assert [Row(name="a", value=0.5, bar=bar, most=True).met for bar in (0.4, 0.6)] == [False, True]
    assert str(Row(name="a", value=0.5, bar=0.6)).endswith("0.500   >= 0.60  MISSED")


def test_about_half_of_a_set_is_held_always_the_same(tmp_path: Path) -> None:
    samples = [Sample(name=f"set/{number}", kind="scan", file=tmp_path) for number in range(400)]
    held = [is_held(one) for one in samples]
    assert 160 < sum(held) < 240
    assert held == [is_held(one) for one in samples]


@pytest.mark.skipif(PHOTOS.folder() is None, reason="needs the extra photos")
def test_samples_are_looked_at(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    from tools import fit_picture_kinds

    file = tmp_path / "circle.png"
    file.write_bytes(png_bytes(captioned_picture("a red circle")))
    sample = Sample(name="own/circle", kind="drawing", file=file)
    ((found, (facts, sight)),) = fit_picture_kinds.looked_at(iter([sample]))
    assert found is sample
    assert facts.same > 0.5
    assert sight.scores.shape == (1000,)
