"""What a stranger trips over in the first hour; docs/guide/first-hour.md names each with its test."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

import ragmm
import ragmm.wiring
from ragmm.errors import UsageError
from ragmm.testing import FakeVlm

CHART = "charts/passengers-by-quarter.png"


def test_a_filter_may_be_one_text_or_several(sample: Path) -> None:
    with ragmm.open(sample) as docs:
        one = docs.search("crossing", where="type=md", k=20)
        assert one
        assert [hit.item.id for hit in one] == [hit.item.id for hit in docs.search("crossing", where=["type=md"], k=20)]
        assert {hit.item.uri for hit in docs.search("boat", where="notes/", k=20)} >= {"notes/maintenance.md"}


def test_a_picture_in_memory_finds_itself(sample: Path, corpus: Path) -> None:
    from PIL import Image

    with ragmm.open(sample) as docs, Image.open(corpus / CHART) as picture:
        for image in (picture, (corpus / CHART).read_bytes(), corpus / CHART, str(corpus / CHART)):
            assert docs.search(image=image, k=1)[0].item.uri == CHART


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"wher": "type=md"}, r"no part wher; there are: image, like, .*where"),
        ({"where": {"type": "md"}}, r"'type=pdf'.*or a list"),
        ({"where": ["type=md", Path("notes")]}, r"'type=pdf'.*or a list"),
        ({"modality": ["figure", "photo"]}, r"modality is a list.*modality=figure,photo"),
        ({"modality": "video"}, r"choose one of: passage, .*image"),
        ({"image": 3}, r"a file, its bytes, or a PIL image"),
        ({"where": "colour=red"}, r"known are path, type"),
    ],
)
def test_what_is_not_understood_names_the_choices(sample: Path, parts: dict[str, object], said: str) -> None:
    with ragmm.open(sample) as docs, pytest.raises(UsageError, match=said):
        docs.search("crossing", **parts)


def test_a_filter_that_nothing_fits_is_said(cli, sample: Path) -> None:
    said = "nothing in this collection fits the filters"
    for words in ([], ["--no-answer"]):
        done = cli("query", "crossing", "-c", sample, "--where", "type=pfd", *words)
        assert done.out.count(said) == 1


# A pipeline file for a collection that has one ------------------------------------------------------------------------

SERVER = "openai:big@http://192.0.2.7:8000/v1"


@pytest.fixture
def notes(cli, pipeline: Path) -> Path:
    """A folder of one note, and a collection of it."""
    Path("docs").mkdir()
    Path("docs/tea.md").write_text("# Tea\n\nGreen tea is steeped for two minutes.\n", encoding="utf-8")
    assert cli("ingest", "docs", "-c", "./notes", "-p", pipeline).code == 0
    return Path.cwd() / "notes"


def remote(pipeline: Path) -> Path:
    """The same pipeline with answers from a server."""
    file = pipeline.with_name("remote.toml")
    file.write_text(pipeline.read_text("utf-8").replace("[models]", f'[models]\nvlm = "{SERVER}"'), encoding="utf-8")
    return file


def test_another_pipeline_changes_a_collection_only_where_it_is_agreed_to(cli, notes: Path, pipeline: Path) -> None:
    words = ("ingest", "docs", "-c", "./notes", "-p", remote(pipeline))
    refused = cli(*words)
    assert refused.code == 2
    assert f"models.vlm: extractive becomes {SERVER}" in refused.err
    assert "from now on questions and what is found for them are sent to 192.0.2.7:8000" in refused.err
    assert "--yes" in refused.err
    with ragmm.open(notes) as docs:
        assert docs.pipeline.models.vlm == "extractive"
    agreed = cli(*words, "--yes")
    assert agreed.code == 0
    assert "are sent to 192.0.2.7:8000" in agreed.err
    with ragmm.open(notes) as docs:
        assert docs.pipeline.models.vlm == SERVER
    assert "changes" not in cli(*words).err


@pytest.mark.parametrize(("typed", "code"), [("y", 0), ("n", 2)])
def test_at_a_terminal_it_is_asked(
    cli, notes: Path, pipeline: Path, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(f"{typed}\n"))
    done = cli("ingest", "docs", "-c", "./notes", "-p", remote(pipeline))
    assert done.code == code, done.err
    with ragmm.open(notes) as docs:
        assert (docs.pipeline.models.vlm == SERVER) is (code == 0)


class Terminal(io.StringIO):
    """What somebody types."""

    def isatty(self) -> bool:
        return True


def test_a_night_says_that_a_server_is_new(cli, notes: Path, pipeline: Path) -> None:
    file = remote(pipeline)
    file.write_text(file.read_text("utf-8") + '[sources]\npaths = ["docs"]\n', encoding="utf-8")
    assert "are sent to 192.0.2.7:8000" in cli("sync", file, "-c", "./notes", "--dry-run").err


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server answers."""
    answer = "Green tea is steeped for two minutes [1]."
    made = lambda name, *_: FakeVlm(name=name, default=answer) if name == SERVER else None  # noqa: E731
    monkeypatch.setattr(ragmm.wiring, "build_vlm", made)


@pytest.mark.usefixtures("answering")
def test_a_question_may_have_a_model_or_a_pipeline_of_its_own(cli, notes: Path, pipeline: Path) -> None:
    for words in (["--model", SERVER], ["-p", remote(pipeline)]):
        done = cli("query", "How long is green tea steeped?", "-c", "./notes", "--json", *words)
        assert done.code == 0
        assert done.json["answer"]["model"] == SERVER, done.out
        assert "are sent to 192.0.2.7:8000" in done.err
    plain = cli("query", "How long is green tea steeped?", "-c", "./notes", "--json")
    assert plain.json["answer"]["model"] == "extractive"
    assert "sent to" not in plain.err
    assert cli("query", "tea", "-c", "./notes", "--model", "qwen").code == 2


@pytest.mark.usefixtures("answering")
def test_a_chat_too(cli, notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("How long is green tea steeped?\n"))
    done = cli("chat", "-c", "./notes", "--json", "--model", SERVER)
    assert done.json["answer"]["model"] == SERVER


def test_ingest_and_sync_of_a_file_fill_the_same_collection(
    cli, pipeline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAGMM_HOME", str(Path.cwd() / "indexes"))
    Path("docs").mkdir()
    Path("docs/tea.md").write_text("Green tea is steeped for two minutes.\n", encoding="utf-8")
    pipeline.write_text(pipeline.read_text("utf-8") + '[sources]\npaths = ["docs"]\n', encoding="utf-8")
    assert cli("ingest", "docs", "-p", pipeline).code == 0
    night = cli("sync", pipeline, "--json").json
    assert night["collection"] == "test"
    assert {state: count for state, count in night["documents"].items() if count} == {"unchanged": 1}
    assert not Path("indexes/default").exists()


def test_a_default_collection_of_before_goes_on(cli, pipeline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAGMM_HOME", str(Path.cwd() / "indexes"))
    Path("tea.md").write_text("Green tea is steeped for two minutes.\n", encoding="utf-8")
    assert cli("ingest", "tea.md", "-c", "default", "-p", pipeline).code == 0
    again = cli("ingest", "tea.md", "-p", pipeline, "--json")
    assert again.json["documents"]["unchanged"] == 1
    assert "-c test begins another" in again.err
