"""Glossaries: what the terms of a question mean, and that a search for it finds what the question's words do not."""

from __future__ import annotations

from pathlib import Path

import pytest

import ragmm
from ragmm.config import load_pipeline, parse_pipeline
from ragmm.errors import ConfigError
from ragmm.pipelines.query.glossary import bundled_glossaries, read_glossary
from ragmm.types import Item, Modality
from tests.unit.retrieval import fill_items

OURS = """
[[term]]
names = ["van count", "vans"]
means = ["delivery vehicles", "fleet"]

[[term]]
names = ["van"]
means = ["small lorry"]
"""


@pytest.mark.parametrize(
    ("question", "phrases"),
    [
        ("What was the Van Count in May?", '"delivery vehicles" "fleet"'),
        ("van, vans, van count", '"delivery vehicles" "fleet" "small lorry"'),
        ("How many vanes turn?", ""),
        ("", ""),
    ],
)
def test_the_longest_name_at_a_place_is_meant(tmp_path: Path, question: str, phrases: str) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(OURS)
    assert read_glossary((str(file),)).meant(question) == phrases


def test_those_that_ship_can_be_read_and_know_their_terms() -> None:
    assert bundled_glossaries() == ["finance"]
    meant = read_glossary(("finance",)).meant("Is the quick ratio healthy? And the R&D spending, the PP&E?")
    assert '"total current assets"' in meant
    assert '"research and development expenses"' in meant
    assert read_glossary(("finance",)).meant("How long does the crossing to Gull Rock take?") == ""


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read"),
        (b"[[term", "is no TOML"),
        (b"\xff", "is no TOML"),
        (b"", "no [[term]] entries"),
        (b"[[term]]\nnames = ['a']", "term 1"),
        (b"[[term]]\nnames = 'a'\nmeans = ['b']", "term 1"),
        (b"#" * 1_000_001, "1,000,001 bytes"),
    ],
)
def test_one_that_cannot_be_used_says_why(tmp_path: Path, content: bytes | None, told: str) -> None:
    file = tmp_path / "bad.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_glossary((str(file),))
    assert told in str(caught.value)
    assert "bad.toml" in str(caught.value)


def test_a_file_is_named_from_where_the_pipeline_stands(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('[query]\nglossary = ["finance", "ours.toml"]\n')
    assert load_pipeline(tmp_path / "p.toml").query.glossary == ("finance", str(tmp_path / "ours.toml"))


def test_what_is_meant_is_found_and_said_to_be(tmp_path: Path) -> None:
    statement = "Total current assets 5,308. Total current liabilities 4,476. Inventories 2,213."
    documents = {
        "statement.txt": [Item(modality=Modality.PASSAGE, text=statement)],
        **{f"{n}.txt": [Item(modality=Modality.PASSAGE, text=f"A ratio of {n} is quick to name.")] for n in range(30)},
    }
    folder = fill_items(tmp_path / "c", documents).folder
    question = "Is the quick ratio healthy?"

    def found(settings: str) -> ragmm.Hit | None:
        pipeline = parse_pipeline(f"[query]\nglossary = {settings}\n")
        docs = ragmm.open(folder, pipeline=pipeline, models=ragmm.Models(embedders={}))
        return next((hit for hit in docs.search(question, k=5) if hit.item.uri == "statement.txt"), None)

    hit = found('["finance"]')
    assert hit is not None
    assert {one.leg for one in hit.found_by} == {"meant:lexical", "meant:pages"}
    assert found("[]") is None


def test_a_glossary_that_is_missing_is_named_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('[query]\nglossary = ["finance", "ours.toml"]\n')
    with pytest.raises(ConfigError, match=r"ours\.toml.*cannot be read"):
        ragmm.create(tmp_path / "c", pipeline=tmp_path / "p.toml")
    assert not (tmp_path / "c").exists()


def test_a_question_is_asked_again_by_other_names_of_the_same_thing(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(OURS.replace('means = ["small lorry"]', 'means = ["small lorry"]\nsame = ["light lorry", "van"]'))
    ours = read_glossary((str(file),))
    again = ("What did the light lorry cost in May?", "light lorry")
    assert ours.reworded("What did the Van cost in May?") == [again]
    assert ours.reworded("What did the bus cost in May?") == []
    assert read_glossary(("finance",)).reworded("net PP&E of Selby?")[0][1] == "property, plant and equipment, net"


def test_a_value_is_found_by_the_name_that_the_documents_use(tmp_path: Path) -> None:
    report = tmp_path / "docs" / "selby-2023.md"
    report.parent.mkdir()
    report.write_text(
        "# Selby Mills, annual report\n\n| in millions | 2023 | 2022 |\n| --- | --- | --- |\n"
        "| Net sales | 812 | 790 |\n| Total cost of revenue | 327 | 330 |\n| Operating expenses | 90 | 88 |\n"
    )
    with ragmm.create(tmp_path / "c") as docs:
        docs.ingest(report.parent)
        assert docs.query("What was the total COGS of Selby Mills in 2023?").answer.short == "327"


def test_other_names_that_are_no_list_are_named(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(OURS + 'same = "lorry"\n')
    with pytest.raises(ConfigError, match="same of term 2 of the glossary"):
        read_glossary((str(file),))
