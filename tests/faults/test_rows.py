"""The table of promises is honest: a broken one is shown as broken, and every name in it is a test that is there."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace

from tests.faults import rows

HERE = Path(__file__).parents[2]


def report(named: str, **counts: int) -> SimpleNamespace:
    return SimpleNamespace(user_properties=[(rows.MARK, named), *counts.items()])


def test_what_fails_is_shown_as_broken_and_counts_add_up() -> None:
    outcomes = [("passed", report("R1", kills=3)), ("passed", report("R1 R18", kills=2)), ("skipped", report("R3"))]
    found = rows.gather(outcomes)  # type: ignore[arg-type]
    assert (found["R1"].result, found["R1"].tried) == ("held", "2 tests, 5 kills")
    assert found["R3"].result == found["R9"].result == "not tried here"
    found = rows.gather([*outcomes, ("failed", report("R1", kills=9)), ("passed", report(""))])  # type: ignore[arg-type]
    assert found["R1"].result == "BROKEN by 1"
    assert found["R1"].counts["kills"] == 5, "what broke proves nothing"
    assert sum(line.startswith("R1 ") and "BROKEN" in line for line in rows.lines(found)) == 1


def test_every_test_that_the_table_names_is_there() -> None:
    stale = [start for start in rows.HELD_BY if not _there(start)]
    assert stale == []


def _there(start: str) -> bool:
    file, _, name = start.partition("::")
    name = name.rpartition("::")[2]
    found = list((HERE / file).parent.glob(f"{Path(file).name}*"))
    return any(not name or _has(path, name) for path in found)


def _has(path: Path, start: str) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef) and node.name.startswith(start) for node in ast.walk(tree))
