"""Filters: typed, bound, and naming what they do not know; over items as loaders describe them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import pytest

from ragmm.errors import UsageError
from ragmm.indexes.changes import PreparedDocument, PreparedItem
from ragmm.indexes.store.conditions import compiled
from ragmm.indexes.store.snapshot import Snapshot
from ragmm.indexes.store.store import Store
from ragmm.pipelines.query.filters import parse_filters, parse_modality
from ragmm.types import Item, Locator, Modality

PDF, DOCX = "application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True)
class Source:
    uri: str
    media_type: str
    items: list[tuple[str, int | None, dict[str, Any]]] = field(default_factory=list)
    """Name, page, metadata."""


SOURCES = [
    Source(
        "reports/a.pdf",
        PDF,
        [("a1", 1, {"document": {"author": "Ada", "created": "D:20230511093000+02'00'"}}), ("a2", 2, {"ocr": True})],
    ),
    Source("reports/b.docx", DOCX, [("b1", None, {"author": "Bo", "created": "2021-03-04T10:00:00Z"})]),
    Source("photos/c.jpg", "image/jpeg", [("c1", None, {"exif": {"date": "2022-07-14T09:30:00", "camera": "X100"}})]),
    Source("notes=old.txt", "text/plain", [("n1", None, {"pages_read": 7, "mentions": ["Figure 3", "Table 1"]})]),
]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    store = Store(tmp_path_factory.mktemp("filters") / "c")
    with store.writer("test", create=True) as writer:
        writer.commit([_document(source) for source in SOURCES])
    return store.snapshot()


def _document(source: Source) -> PreparedDocument:
    items = [
        PreparedItem(
            item=Item(
                modality=Modality.PHOTO if source.media_type.startswith("image") else Modality.PASSAGE,
                text=name,
                locator=Locator(page=page, section=("Results", "North 50%") if name == "a2" else ()),
                metadata=metadata,
            )
        )
        for name, page, metadata in source.items
    ]
    return PreparedDocument(
        path=f"/{source.uri}",
        uri=source.uri,
        size=1,
        sha256=hashlib.sha256(source.uri.encode()).hexdigest(),
        media_type=source.media_type,
        parser="test",
        items=items,
    )


def names(snapshot: Snapshot, *where: str) -> set[str]:
    condition = parse_filters(None, where, snapshot)
    assert condition is not None
    return {item.text for item in snapshot.fetch(snapshot.select(condition).tolist())}


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (["type=pdf"], {"a1", "a2"}),
        (["type=.PDF"], {"a1", "a2"}),
        (["type=docx"], {"b1"}),
        (["type=image"], {"c1"}),
        (["type=image/*"], {"c1"}),
        (["type=pdf,docx"], {"a1", "a2", "b1"}),
        (["type!=pdf"], {"b1", "c1", "n1"}),
        (["page=2"], {"a2"}),
        (["page<2", "type=pdf"], {"a1"}),
        (["page!=1", "reports/"], {"a2", "b1"}),
        (["date=2023"], {"a1", "a2"}),
        (["date=2023-05-11"], {"a1", "a2"}),
        (["date<=2021"], {"b1"}),
        (["date>2021", "date<2023-05-11T09"], {"c1"}),
        (["date>=2022-07-14T09:30"], {"a1", "a2", "c1"}),
        (["author=ada"], {"a1", "a2"}),
        (["author=b*"], {"b1"}),
        (["author!=Ada"], {"b1", "c1", "n1"}),
        (["exif.camera = x100"], {"c1"}),
        (["ocr=true"], {"a2"}),
        (["pages_read>=7"], {"n1"}),
        (["pages_read>7"], set()),
        (["mentions=figure 3"], {"n1"}),
        (["section=results"], {"a2"}),
        (["section=*50%"], {"a2"}),
        (["section!=results", "type=pdf"], {"a1"}),
        (["modality=photo"], {"c1"}),
        (["modality!=image"], {"a1", "a2", "b1", "n1"}),
        (["path=notes=old.txt"], {"n1"}),
        (["path!=reports"], {"c1", "n1"}),
        (["reports", "photos/*"], {"a1", "a2", "b1", "c1"}),
        (["reports", "photos", "date>=2022"], {"a1", "a2", "c1"}),
    ],
)
def test_found(snapshot: Snapshot, where: list[str], found: set[str]) -> None:
    assert names(snapshot, *where) == found


@pytest.mark.parametrize("where", ["colour=red", "notes=old.txt", "docs=1; DROP TABLE items", "a.b.c=1"])
def test_an_unknown_field_names_the_known_ones(snapshot: Snapshot, where: str) -> None:
    with pytest.raises(UsageError, match=r"path, type, modality, page, date, section.*author.*path=") as caught:
        names(snapshot, where)
    assert "pages_read" in str(caught.value)


@pytest.mark.parametrize(
    "where", ["page=two", "date=yesterday", "date=05/2023", "type>pdf", "type=,", "path>=a", "section<x"]
)
def test_a_value_of_the_wrong_kind(snapshot: Snapshot, where: str) -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        names(snapshot, where)


def test_an_unknown_modality(snapshot: Snapshot) -> None:
    with pytest.raises(UsageError, match="choose one of: passage"):
        names(snapshot, "modality=video")


ATTACK = "'; DROP TABLE items; --"


@pytest.mark.parametrize(
    "where", [ATTACK, f"type={ATTACK}", f"author={ATTACK}", f"section={ATTACK}", f"path!={ATTACK}"]
)
def test_no_value_reaches_the_sql(snapshot: Snapshot, where: str) -> None:
    only = parse_filters(parse_modality("image"), [where], snapshot)
    assert only is not None
    sql, values = compiled(only)
    assert "DROP" not in sql
    assert sql.count("?") == len(values)
    snapshot.select(only)


def test_no_condition_without_filters() -> None:
    assert parse_filters(None, []) is None
