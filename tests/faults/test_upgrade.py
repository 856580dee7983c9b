"""After an upgrade a night has nothing to do: what a released version read, embedded and captioned stays as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import ragmm
from ragmm.loaders.parser import ParserPool
from tests.faults.kept_nights import KeptNight, settled_in

FORMATS = Path(__file__).parents[1] / "data" / "formats"
NIGHTS = sorted(folder / "night" for folder in FORMATS.iterdir() if (folder / "night").is_dir())
"""Each made by `tools/keep_night.py` with the last version of its format that was kept, and said so by that version."""
UNREADABLE = ("data/archive.bin", "report/broken.pdf")

# With the models that users have by default: the pipeline facts of the old night name them.
pytestmark = [pytest.mark.row("R25"), pytest.mark.captions]


@pytest.fixture(params=NIGHTS, ids=lambda folder: f"format {folder.parent.name}")
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> KeptNight:
    facts = json.loads((request.param / "facts.json").read_text(encoding="utf-8"))
    return settled_in(request.param, tmp_path / "home", facts)


@pytest.fixture
def nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object, **__: object) -> None:
        raise AssertionError("a document was read again")

    monkeypatch.setattr(ParserPool, "parse", read)


def opened(kept: KeptNight) -> ragmm.Collection:
    return ragmm.open(kept.collection, pipeline=kept.pipeline)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_night_says_what_the_old_one_said(
    kept: KeptNight, nothing_is_read: None, record_property: Callable[[str, object], None]
) -> None:
    said = kept.facts["night"]
    database = (kept.collection / "collection.db").read_bytes()
    with opened(kept) as docs:
        night = docs.sync()
    record_property("stale documents", night.plan.stale)
    assert (night.plan.stale, list(night.plan.edited)) == (said["stale"], said["edited"])
    report = night.report
    assert (dict(report.documents), dict(report.items)) == (said["documents"], said["items"])
    assert (report.embedded, report.captioned, report.reused) == (0, 0, 0)
    assert [vars_of(failure) for failure in report.failures] == said["failures"]
    assert (night.exit_code, report.generation, night.number) == (
        said["exit_code"], said["generation"], said["night"] + 1,
    )  # fmt: skip
    assert (kept.collection / "collection.db").read_bytes() == database


def vars_of(failure: ragmm.types.Failure) -> dict[str, str]:
    return {"uri": failure.uri, "reason": failure.reason}


def test_where_nothing_fails_a_night_exits_0(kept: KeptNight, nothing_is_read: None) -> None:
    for name in UNREADABLE:
        (kept.sources / name).unlink()
    with opened(kept) as docs:
        night = docs.sync()
    report = night.report
    assert (night.exit_code, report.failures, night.plan.stale) == (0, (), 0)
    assert {name: count for name, count in report.documents.items() if count} == {"unchanged": 10, "deleted": 2}
    assert (report.embedded, report.captioned) == (0, 0)


def test_files_that_were_touched_are_hashed_and_no_more(kept: KeptNight, nothing_is_read: None) -> None:
    for file in kept.sources.rglob("*.*"):
        if str(file.relative_to(kept.sources)) not in UNREADABLE:
            file.touch()
    with opened(kept) as docs:
        night = docs.sync()
    assert (night.report.documents["unchanged"], night.report.documents["changed"]) == (10, 0)
    assert (night.report.embedded, night.report.captioned) == (0, 0)


def test_reading_answers_and_changes_no_byte(kept: KeptNight) -> None:
    before = content(kept.collection)
    with opened(kept) as docs:
        assert docs.verify(deep=True).ok
        assert (docs.digest(), docs.digest(vectors=True)) == (kept.facts["digest"], kept.facts["vectors"])
        found = docs.query("How long does the crossing to Gull Rock take in winter?")
        assert found.hits[0].item.uri == "notes/crossing.txt"
        assert "35 minutes" in found.text
        assert {Path(item.uri).name for item in docs.items() if item.asset} >= {"winter.png", "annual.pdf"}
        assert all(docs.asset_path(item.asset).read_bytes() for item in docs.items() if item.asset)
    assert content(kept.collection) == before


def test_the_models_of_today_fit_the_spaces_of_then(kept: KeptNight) -> None:
    with opened(kept) as docs:
        now = {name: embedder.info.fingerprint for name, embedder in docs.embedders.items()}
    assert now == kept.facts["spaces"]


def test_the_next_document_is_the_only_one_read(kept: KeptNight) -> None:
    (kept.sources / "notes" / "whale.txt").write_text("A whale was seen off Pine Point in June.", encoding="utf-8")
    with opened(kept) as docs:
        night = docs.sync()
        done = {name: count for name, count in night.report.documents.items() if count}
        assert done == {"added": 1, "unchanged": 10, "failed": 2}
        assert (night.report.embedded, night.report.captioned) == (2, 0)
        assert docs.search("whale")[0].item.uri == "notes/whale.txt"
        assert docs.verify(deep=True).ok
        docs.rollback(kept.facts["night"]["generation"])
        assert docs.digest(vectors=True) == kept.facts["vectors"]
