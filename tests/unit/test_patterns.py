"""Patterns compiled when they are first used."""

from __future__ import annotations

import gc
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import ragmm.pipelines.answer
import ragmm.pipelines.query
import ragmm.text
from ragmm.text import patterns
from ragmm.text.patterns import late


def test_a_late_pattern_is_used_as_a_compiled_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    compiled = re.compile
    monkeypatch.setattr(patterns.re, "compile", lambda *given: made.append(given) or compiled(*given))
    pattern = late(r"(\d+) boats", re.IGNORECASE)
    assert made == []
    assert pattern.sub("many", "12 BOATS") == "many"
    match = pattern.search("some 12 Boats")
    assert match is not None
    assert match.group(1) == "12"
    assert pattern.search("no boats") is None
    assert len(made) == 2  # a method is looked up once
    assert pattern.pattern == r"(\d+) boats"


def test_every_late_pattern_can_be_compiled() -> None:
    for room in (ragmm.text, ragmm.pipelines.query, ragmm.pipelines.answer):
        for found in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
            importlib.import_module(found.name)
    waiting = [one for one in gc.get_objects() if type(one) is patterns._Late]
    assert len(waiting) > 150
    for one in waiting:
        assert isinstance(one.pattern, str)


def test_nothing_asks_which_pattern_matched() -> None:
    """A match knows the compiled pattern, which a late one is not."""
    asked = re.compile(r"\.re (?:is|==|in)\b")
    files = [
        file for file in Path(ragmm.__file__).parent.rglob("*.py") if asked.search(file.read_text(encoding="utf-8"))
    ]
    assert files == []
