"""The walls stand: no circle, no SQL outside the store, no name twice; and the tool that says so sees what is wrong."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.house import House, Source, circles, measure, read_sources, sql_in


@pytest.fixture(scope="module")
def house(repository: Path) -> House:
    if not (repository / "pyproject.toml").exists() or not (repository / "ragmm").is_dir():
        pytest.skip("run away from the checkout: no house here")
    return measure(read_sources())


@pytest.mark.slow
def test_the_walls_stand(house: House) -> None:
    assert house.wrong == []
    assert house.sql_outside_the_store == []
    assert house.circles == []


def test_each_command_is_a_file_named_after_it(repository: Path) -> None:
    from ragmm.cli import assembled

    app = assembled()
    commands = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    files = {file.stem for file in (repository / "ragmm" / "commands").glob("*.py")} - {"__init__"}
    assert files == commands


@pytest.mark.parametrize(
    "code",
    [
        "import sqlite3",
        "from sqlite3 import connect",
        'def f(c):\n    c.execute("SELECT id FROM items")',
        'X = f"DELETE FROM {table}"',
    ],
)
def test_sql_outside_the_store_is_seen(code: str) -> None:
    assert list(sql_in(Source("ragmm.pipelines.x", "ragmm/pipelines/x.py", 1, ast.parse(code))))
    assert not list(sql_in(Source("ragmm.indexes.store.x", "ragmm/indexes/store/x.py", 1, ast.parse(code))))


def test_prose_is_no_sql() -> None:
    prose = 'X = "select a page from the list, or delete it from there"'
    assert not list(sql_in(Source("ragmm.x", "ragmm/x.py", 1, ast.parse(prose))))


def test_circles_are_found_each_once() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b"}, "b": set()}) == []
