"""Every filter, in every store, lets through what a plain reading of it in Python does."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import partial, reduce
from typing import Any

import pytest
from store_documents import LIBRARY

from ragmm.indexes.contracts import Snapshot
from ragmm.indexes.filters import (
    All,
    AnyOf,
    Dated,
    Field,
    Filter,
    Items,
    MediaType,
    Modalities,
    Not,
    OnPage,
    Operator,
    Section,
    Within,
)
from ragmm.types import Document, Modality, StoredItem

COMPARE: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: operator.eq,
    Operator.UNEQUAL: operator.ne,
    Operator.ABOVE: operator.gt,
    Operator.AT_LEAST: operator.ge,
    Operator.BELOW: operator.lt,
    Operator.AT_MOST: operator.le,
}
Whole = dict[str, Any]
"""What the first item says of the document as a whole."""


def holds(part: Filter, item: StoredItem, document: Document, whole: Whole) -> bool:  # noqa: C901
    match part:
        case All(parts):
            return all(holds(one, item, document, whole) for one in parts)
        case AnyOf(parts):
            return any(holds(one, item, document, whole) for one in parts)
        case Not(inner):
            return not holds(inner, item, document, whole)
        case Within(name):
            return _within(name.rstrip("/") or "/", document)
        case MediaType(name):
            return _of_type(name.lower(), document)
        case Modalities(kinds):
            return item.modality in kinds
        case OnPage(sign, number):
            return COMPARE[sign](item.locator.page or 0, number)
        case Dated(sign, date):
            stated = _date(item, whole)
            return stated is not None and COMPARE[sign](stated[: len(date)], date)
        case Section(words):
            return any(_under(words.lower(), heading.lower()) for heading in item.locator.section)
        case Items(ids):
            return item.id in ids
        case Field(name, sign, value):
            wanted = Operator.EQUAL if sign is Operator.UNEQUAL else sign
            said = any(_says(one, wanted, value) for one in _values(name, item.metadata, whole))
            return said is not (sign is Operator.UNEQUAL)
    raise AssertionError(part)


def _within(name: str, document: Document) -> bool:
    uri = document.uri
    return name in {uri, document.path} or fnmatchcase(uri, name) or uri.startswith(f"{name}/")


def _of_type(name: str, document: Document) -> bool:
    stated = document.media_type or ""
    if "/" in name:
        return fnmatchcase(stated, name)
    bare = name.removeprefix(".")
    return stated.startswith(f"{bare}/") or stated.endswith(f"/{bare}") or document.uri.lower().endswith(f".{bare}")


def _under(words: str, heading: str) -> bool:
    return fnmatchcase(heading, words) if "*" in words else words in heading


def _date(item: StoredItem, whole: Whole) -> str | None:
    facts = item.metadata
    stated = [facts.get("created"), facts.get("date"), facts.get("exif", {}).get("date")]
    stated += [whole.get("created"), whole.get("modified"), facts.get("modified")]
    first = next((one for one in stated if one is not None), None)
    if first is None or not first.startswith("D:"):
        return first
    day, time = (first[2:6], first[6:8], first[8:10]), (first[10:12], first[12:14], first[14:16])
    return f"{'-'.join(day)}T{':'.join(time)}"


def _values(name: str, *places: Any) -> Iterator[Any]:
    for place in places:
        stated = reduce(lambda at, step: at.get(step) if isinstance(at, dict) else None, name.split("."), place)
        yield from stated if isinstance(stated, list) else stated.values() if isinstance(stated, dict) else [stated]


def _says(stated: Any, sign: Operator, value: str) -> bool:
    if isinstance(stated, str):
        pattern = sign is Operator.EQUAL and "*" in value
        text, wanted = stated.lower(), value.lower()
        return fnmatchcase(text, wanted) if pattern else COMPARE[sign](text, wanted)
    flags = {"true": 1.0, "false": 0.0}
    number = flags.get(value.lower(), float(value) if value.replace(".", "").isdigit() else None)
    return isinstance(stated, (int, float)) and number is not None and COMPARE[sign](stated, number)


def expected(snapshot: Snapshot, only: Filter) -> list[int]:
    found = set[int]()
    for document in snapshot.documents():
        items = list(snapshot.items(document.path))
        whole = items[0].metadata.get("document", {}) if items else {}
        found |= {item.id for item in items if holds(only, item, document, whole)}
    return sorted(found)


def check(snapshot: Snapshot, *several: Filter, some: bool = True) -> None:
    """They and their opposites; `some`: each finds something, and not everything."""
    for only in several:
        ids = expected(snapshot, only)
        assert snapshot.select(only).tolist() == ids, only
        assert snapshot.select(Not(only)).tolist() == expected(snapshot, Not(only)), Not(only)
        assert bool(ids) is some, only
        assert not some or len(ids) < snapshot.item_count, only


def test_places(library: Snapshot) -> None:
    check(
        library,
        *(Within(one.uri) for one in LIBRARY),
        *(Within(one.path) for one in LIBRARY),
        *map(Within, ("reports", "reports/", "reports/old", "photos", "odd 1", "odd [1]", "odd [1]/")),
        *map(Within, ("*.txt", "reports/*", "*/fruit*", "photos/*.png", "photos/????.png", "*[1]*", "odd [[]1]/*")),
    )


def test_places_that_are_none(library: Snapshot) -> None:
    check(
        library,
        *map(Within, ("", "/", "report", "REPORTS", "/source", "reports/old/plums", "'; --", "old")),
        some=False,
    )


def test_places_whose_names_are_no_unicode(library: Snapshot) -> None:
    folder = os.fsdecode(b"odd [1]/caf\xe9")
    check(library, *map(Within, (folder, f"{folder}/due.txt", f"/source/{folder}/due.txt", "odd [[]1]/*/due.txt")))
    check(library, Within(os.fsdecode(b"odd [1]/caf\xe8")), some=False)


def test_media_types(library: Snapshot) -> None:
    check(
        library, *map(MediaType, ("pdf", ".PDF", "application", "application/pdf", "image", "image/*", "*/png", "png"))
    )
    check(library, *map(MediaType, ("txt", "md", "text", "plain", "TEXT/PLAIN")))
    check(library, *map(MediaType, ("docx", "p*f", "imag", "image/p")), some=False)


def test_modalities(library: Snapshot) -> None:
    check(library, *(Modalities(frozenset({one})) for one in (Modality.PHOTO, Modality.PASSAGE)))
    check(library, Modalities(frozenset({Modality.TABLE, Modality.PAGE})), Modalities(frozenset()), some=False)


@pytest.mark.parametrize("sign", Operator)
def test_pages(library: Snapshot, sign: Operator) -> None:
    check(library, *map(partial(OnPage, sign), (1, 2)))


@pytest.mark.parametrize("sign", Operator)
def test_dates(library: Snapshot, sign: Operator) -> None:
    for date in ("2021", "2022-07", "2022-07-14", "2023-05-11T09:30"):
        check(library, Dated(sign, date), some=bool(expected(library, Dated(sign, date))))
    check(library, Dated(Operator.EQUAL, "1999"), some=False)


def test_what_has_no_date_is_not_dated(library: Snapshot) -> None:
    """Neither before a date nor after it: the opposite of both."""
    (meeting,) = (item.id for item in library.items() if item.text == "会议纪要")
    for sign in Operator:
        assert meeting not in library.select(Dated(sign, "2022"))
        assert meeting in library.select(Not(Dated(sign, "2022")))


def test_sections(library: Snapshot) -> None:
    check(library, *map(Section, ("results", "north 50%", "*50%", "North*", "plum", "总结", "s")))
    check(library, *map(Section, ("south", "*north", "results%", "north_50")), some=False)


@pytest.mark.parametrize("sign", Operator)
def test_fields(library: Snapshot, sign: Operator) -> None:
    stated = {"author": "Ada", "exif.camera": "x100", "pages_read": "7", "mentions": "figure 3", "confidence": "0.75"}
    for name, value in stated.items():
        here = Field(name, sign, value)
        check(library, here, some=bool(expected(library, here)))


def test_fields_by_pattern_flag_and_what_is_not_there(library: Snapshot) -> None:
    equal = partial(Field, operator=Operator.EQUAL)
    check(library, equal("author", value="a*"), equal("author", value="B*"), equal("author", value="李"))
    check(library, equal("ocr", value="true"), equal("mentions", value="table*"), equal("exif", value="X100"))
    check(library, Field("pages_read", Operator.AT_LEAST, "6.5"), Field("confidence", Operator.BELOW, "1"))
    check(library, equal("author", value="'; --"), equal("ocr", value="false"), equal("lens.x", value="1"), some=False)


def test_items_by_id(library: Snapshot) -> None:
    first, *_, last = library.live_items().tolist()
    check(library, Items((last, first)), Items((first, 10**9)))
    check(library, Items(()), Items((10**9,)), some=False)


def test_all_any_and_not(library: Snapshot) -> None:
    pdf, photos, plums = MediaType("pdf"), Modalities(frozenset({Modality.PHOTO})), Section("plums")
    undated = Dated(Operator.ABOVE, "2022")
    check(
        library,
        All((pdf, photos)),
        AnyOf((pdf, plums)),
        AnyOf((undated, plums)),
        All((Not(photos), AnyOf((pdf, All((plums, Not(undated))))))),
        Not(AnyOf((pdf, undated))),
        AnyOf((Not(undated), photos)),
    )
    check(library, AnyOf(()), All((pdf, plums)), some=False)
    assert library.select(All(())).tolist() == library.live_items().tolist()
