"""Questions as objects, answers while they are written, and models that many collections share."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

import ragmm
from ragmm.errors import UsageError
from ragmm.testing import FakeEmbedder, FakeVlm
from ragmm.vlm.base import Piece, Prompt

QUESTION = "When did the mill open?"
REPLY = "The mill opened in 1891 [1]."


def models(vlm: object = None) -> ragmm.Models:
    return ragmm.Models(embedders={"shared": FakeEmbedder(), "text": FakeEmbedder(name="words")}, vlm=vlm)


def filled(folder: Path, shared: ragmm.Models) -> ragmm.Collection:
    source = folder.with_name(folder.name + "-source")
    source.mkdir()
    (source / "mill.md").write_text("# The mill\n\nThe mill opened in 1891.\n", encoding="utf-8")
    (source / "boat.md").write_text("# Boats\n\nThe ferry crosses at nine.\n", encoding="utf-8")
    docs = ragmm.create(folder, models=shared)
    docs.ingest([source])
    return docs


class Endless(FakeVlm):
    """Writes until it is stopped."""

    def __init__(self) -> None:
        super().__init__({"mill": REPLY})
        self.written = 0
        self.closed = threading.Event()

    def stream(self, prompt: Prompt) -> Iterator[Piece]:
        try:
            yield Piece(text=REPLY)
            while True:
                self.written += 1
                yield Piece(text=" and so on")
        finally:
            self.closed.set()


@pytest.fixture
def docs(tmp_path: Path) -> ragmm.Collection:
    return filled(tmp_path / "c", models(FakeVlm({"mill": REPLY})))


def test_events_come_in_order_and_end_with_what_query_returns(docs: ragmm.Collection) -> None:
    events = list(docs.stream(QUESTION))
    kinds = [type(one).__name__ for one in events]
    assert kinds[0] == "HitsFound"
    assert kinds[-1] == "Done"
    assert "".join(one.text for one in events if isinstance(one, ragmm.TextWritten)) == REPLY
    claims = [one.claim for one in events if isinstance(one, ragmm.ClaimChecked)]
    result = events[-1].result
    assert list(result.answer.claims) == claims != []
    assert events[0].hits == result.hits
    asked = docs.query(QUESTION)
    assert (asked.answer, asked.hits) == (result.answer, result.hits)


def test_quotes_come_at_once(tmp_path: Path) -> None:
    with filled(tmp_path / "c", models()) as quoting:
        events = list(quoting.stream(QUESTION))
    assert not [one for one in events if isinstance(one, ragmm.TextWritten)]
    assert "1891" in events[-1].result.answer.text


def test_letting_go_stops_the_model(tmp_path: Path) -> None:
    vlm = Endless()
    with filled(tmp_path / "c", models(vlm)) as endless:
        events = endless.stream(QUESTION)
        assert isinstance(next(events), ragmm.HitsFound)
        next(events)
        events.close()
    assert vlm.closed.is_set()


def test_a_deadline_stops_the_model_and_the_answer_says_so(tmp_path: Path) -> None:
    vlm = Endless()
    with filled(tmp_path / "c", models(vlm)) as endless:
        answer = endless.query(ragmm.Question(QUESTION, deadline=0.05)).answer
    assert vlm.closed.is_set()
    assert answer.degraded
    assert any("its time was up" in warning for warning in answer.warnings)


def test_an_event_cancels_it(tmp_path: Path) -> None:
    vlm, cancel = Endless(), threading.Event()
    with filled(tmp_path / "c", models(vlm)) as endless:
        for event in endless.stream(QUESTION, cancel=cancel):
            if isinstance(event, ragmm.TextWritten):
                cancel.set()
        assert any("it was cancelled" in warning for warning in event.result.warnings)
    assert vlm.written < 3


def test_a_question_can_be_made_once_and_asked_twice(docs: ragmm.Collection) -> None:
    question = ragmm.Question(QUESTION, k=1, where=("mill.md",))
    first, second = docs.search(question), docs.search(question)
    assert [hit.item.uri for hit in first] == [hit.item.uri for hit in second] == ["mill.md"]
    assert docs.search(QUESTION, k=1, where=("mill.md",)) == first


def test_a_question_with_parts_beside_it_is_refused(docs: ragmm.Collection) -> None:
    with pytest.raises(UsageError, match="k: a Question has its own parts"):
        docs.search(ragmm.Question(QUESTION), k=3)


def test_every_part_can_be_given_without_a_question() -> None:
    from dataclasses import fields

    from ragmm.pipelines.query.question import Question, QuestionParts

    assert {one.name for one in fields(Question)} - {"text"} == set(QuestionParts.__annotations__)


@pytest.mark.parametrize("kind", ["path", "text", "bytes", "image"])
def test_a_picture_comes_in_any_form(docs: ragmm.Collection, tmp_path: Path, kind: str) -> None:
    picture = Image.new("RGB", (8, 8), "red")
    data = io.BytesIO()
    picture.save(data, format="PNG")
    file = tmp_path / "red.png"
    file.write_bytes(data.getvalue())
    given = {"path": file, "text": str(file), "bytes": data.getvalue(), "image": picture}[kind]
    assert docs.search(image=given, k=1)


def test_what_is_no_picture_is_said_so(docs: ragmm.Collection, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such image file"):
        docs.search(image=tmp_path / "none.png")
    with pytest.raises(UsageError, match="a int is no picture"):
        docs.search(image=7)


def test_words_are_never_a_file(docs: ragmm.Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mill.png").write_bytes(b"no picture at all")
    monkeypatch.chdir(tmp_path)
    assert docs.search("mill.png")


def test_collections_share_their_models(tmp_path: Path) -> None:
    """Named models are made once for any number of collections, and outlive each of them."""
    shared = ragmm.Models()
    one, other = (ragmm.create(tmp_path / name, models=shared) for name in "ab")
    made = one.embedders
    assert other.embedders == made
    one.close()
    assert other.embedders == made
    shared.close()
    assert other.embedders["text"] is not made["text"]


def test_of_many_threads_one_makes_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    begun = threading.Barrier(4)

    def build(name: str, _: object) -> FakeEmbedder:
        made.append(name)
        return FakeEmbedder(name=name)

    monkeypatch.setattr("ragmm.wiring.build_embedder", build)
    docs = ragmm.create(tmp_path / "c", models=ragmm.Models())

    def ask() -> None:
        begun.wait(10)
        assert docs.embedders

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(made) == len(set(made))
