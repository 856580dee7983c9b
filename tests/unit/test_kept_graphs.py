"""Graphs kept in the cache folder: read again where they are whole, made anew where anything is wrong."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ragmm.graphs import kept
from ragmm.graphs.kept import kept_graph


def maker(graph: bytes) -> tuple[Callable[[], bytes], list[int]]:
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        return graph

    return make, made


def test_it_is_made_once(tmp_path: Path) -> None:
    make, made = maker(b"graph")
    assert [kept_graph(tmp_path / "kept", ["a", "b"], make) for _ in range(3)] == [b"graph"] * 3
    assert len(made) == 1
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_other_weights_and_other_code_have_graphs_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, made = maker(b"graph")
    kept_graph(tmp_path / "kept", ["a", "b"], make)
    kept_graph(tmp_path / "kept", ["a", "c"], make)
    monkeypatch.setattr(kept, "_code", lambda: "newer")
    kept_graph(tmp_path / "kept", ["a", "b"], make)
    assert len(made) == 3
    assert len(list((tmp_path / "kept").iterdir())) == 3


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[:-1], lambda whole: b"", lambda whole: whole[:9] + b"?" + whole[10:]]
)
def test_what_is_damaged_is_made_anew(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    make, made = maker(b"a graph of some length")
    kept_graph(tmp_path / "kept", ["a"], make)
    (file,) = (tmp_path / "kept").iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert kept_graph(tmp_path / "kept", ["a"], make) == b"a graph of some length"
    assert len(made) == 2
    assert kept_graph(tmp_path / "kept", ["a"], make) == b"a graph of some length"
    assert len(made) == 2


def test_a_folder_that_cannot_be_written_costs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file where the folder should be")
    make, made = maker(b"graph")
    assert [kept_graph(tmp_path / "kept", ["a"], make) for _ in range(2)] == [b"graph"] * 2
    assert len(made) == 2


def test_what_was_used_longest_ago_goes(tmp_path: Path) -> None:
    make, made = maker(b"graph")
    for number in range(6):
        kept_graph(tmp_path / "kept", [str(number)], make)
    for place, file in enumerate(sorted((tmp_path / "kept").iterdir())):
        os.utime(file, (1_000 + place, 1_000 + place))
    kept_graph(tmp_path / "kept", ["0"], make)  # used again, so it stays
    kept_graph(tmp_path / "kept", ["more"], make)
    assert len(list((tmp_path / "kept").iterdir())) == 6
    assert len(made) == 7
    kept_graph(tmp_path / "kept", ["0"], make)
    assert len(made) == 7
