"""Documents and pages that a question names: spellings of file names, and what names nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ragmm.indexes.store.snapshot import Snapshot
from ragmm.pipelines.query.named_places import named_documents, named_pages
from ragmm.types import Item, Modality
from tests.unit.retrieval import fill_items

NAMES = (
    "reports/BESTBUY_2017_10K.pdf",
    "reports/BESTBUY_2019_10K.pdf",
    "reports/AMERICANWATERWORKS_2021_10K.pdf",
    "reports/NIKE_2019_10K.pdf",
    "papers/internationalCooperation-final.pdf",
    "photos/2019/Überlingen harbour.jpg",
    "notes/会议纪要.txt",
    "scan-0001.pdf",
)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    return made(tmp_path_factory.mktemp("mentions"), NAMES)


def made(folder: Path, names: Sequence[str]) -> Snapshot:
    documents = {name: [Item(modality=Modality.PASSAGE, text=f"says {number}")] for number, name in enumerate(names)}
    return fill_items(folder / "c", documents).snapshot()


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What was Best Buy's revenue in 2019?", ["reports/BESTBUY_2019_10K.pdf"]),
        ("Inventories of Best Buy for FY2017, in millions", ["reports/BESTBUY_2017_10K.pdf"]),
        ("Best Buy's stores", ["reports/BESTBUY_2017_10K.pdf", "reports/BESTBUY_2019_10K.pdf"]),
        ("What did American Water Works pay out?", ["reports/AMERICANWATERWORKS_2021_10K.pdf"]),
        ("Who favours international cooperation?", ["papers/internationalCooperation-final.pdf"]),
        ("the harbour of Überlingen", ["photos/2019/Überlingen harbour.jpg"]),
        ("会议说了什么", ["notes/会议纪要.txt"]),
    ],
)
def test_named(snapshot: Snapshot, question: str, named: list[str]) -> None:
    found = named_documents(snapshot, question)
    assert found is not None
    assert sorted(one.uri for one in found.documents) == named
    assert 0.5 < found.confidence <= 1


def test_the_name_is_no_word_to_look_for_within_its_documents(snapshot: Snapshot) -> None:
    found = named_documents(snapshot, "Did NIKE's quick ratio improve in 2019?")
    assert found is not None
    assert found.other_words.split() == ["Did", "'s", "quick", "ratio", "improve", "in", "2019?"]
    alone = named_documents(snapshot, "Nike")
    assert alone is not None
    assert alone.other_words == "Nike"


@pytest.mark.parametrize(
    "question",
    ["What happened in 2019?", "How large is the fleet?", "", "the of and", "0001", "'; DROP TABLE documents; --"],
)
def test_nothing_is_named(snapshot: Snapshot, question: str) -> None:
    assert named_documents(snapshot, question) is None


def test_a_word_in_most_names_says_nothing(tmp_path: Path) -> None:
    snapshot = made(tmp_path, [f"quarterly report {number}.txt" for number in range(6)])
    assert named_documents(snapshot, "the quarterly report") is None


def test_a_single_document_needs_no_name(tmp_path: Path) -> None:
    assert named_documents(made(tmp_path, ["nike.pdf"]), "nike") is None


@pytest.mark.parametrize(
    ("question", "pages"),
    [
        ("the figure at the top of page 14", [14]),
        ("Pages 3 and slide 5", [3, 5]),
        ("Was steht auf Seite 7?", [7]),
        ("第 12 页", [12]),
        ("page 0, pages, in 2019", []),
    ],
)
def test_pages(question: str, pages: list[int]) -> None:
    assert named_pages(question) == pages
