"""Walking the sources: everything is either a file, a recorded failure, or left out on purpose."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ragmm.config import SourceSettings
from ragmm.errors import UsageError
from ragmm.pipelines.ingest.sources import Walk


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")


def uris(walk: Walk, *paths: str | Path) -> list[str]:
    return [file.uri for file in walk.files(paths)]


def test_folders_in_order_relative_to_their_source(tmp_path: Path) -> None:
    make(tmp_path, "b.txt", "a.txt", "sub/c.txt", "sub/deep/d.txt")
    assert uris(Walk(), tmp_path) == ["a.txt", "b.txt", "sub/c.txt", "sub/deep/d.txt"]


def test_named_files_keep_the_name_they_were_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "sub/c.txt")
    monkeypatch.chdir(tmp_path)
    files = list(Walk().files(["sub/c.txt"]))
    assert [(file.uri, file.path) for file in files] == [("sub/c.txt", str(tmp_path / "sub/c.txt"))]


def test_each_file_once(tmp_path: Path) -> None:
    make(tmp_path, "a.txt", "sub/b.txt")
    assert uris(Walk(), tmp_path, tmp_path / "sub", tmp_path / "a.txt") == ["a.txt", "sub/b.txt"]


def test_a_misspelt_path_is_an_error_before_anything_else(tmp_path: Path) -> None:
    make(tmp_path, "a.txt")
    with pytest.raises(UsageError, match=r"nowhere: there is no such file or folder"):
        next(Walk().files([tmp_path, tmp_path / "nowhere"]))


def test_an_empty_folder_is_no_error(tmp_path: Path) -> None:
    assert uris(Walk(), tmp_path) == []


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        (("*.txt",), (), ["a.txt", "sub/b.txt", "sub/deep/c.txt"]),
        (("sub/*",), (), ["sub/b.txt", "sub/d.md"]),
        (("sub/**",), (), ["sub/b.txt", "sub/d.md", "sub/deep/c.txt"]),
        (("**/c.txt",), (), ["sub/deep/c.txt"]),
        ((), ("sub/",), ["a.txt"]),
        ((), ("deep/",), ["a.txt", "sub/b.txt", "sub/d.md"]),
        (("*.txt",), ("?.txt",), []),
        (("[ab].txt",), (), []),
    ],
)
def test_patterns(tmp_path: Path, include: tuple[str, ...], exclude: tuple[str, ...], expected: list[str]) -> None:
    make(tmp_path, "a.txt", "sub/b.txt", "sub/d.md", "sub/deep/c.txt")
    assert uris(Walk(SourceSettings(include=include, exclude=exclude)), tmp_path) == expected


def test_hidden_entries_are_left_out_and_counted(tmp_path: Path) -> None:
    make(tmp_path, "a.txt", ".git/config", ".DS_Store")
    walk = Walk()
    assert uris(walk, tmp_path) == ["a.txt"]
    assert walk.hidden == 2


def test_links_out_of_the_tree_are_reported_and_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "outside/secret.txt", "tree/a.txt")
    (tmp_path / "tree" / "out").symlink_to(tmp_path / "outside")
    (tmp_path / "tree" / "file").symlink_to(tmp_path / "outside" / "secret.txt")
    (tmp_path / "tree" / "nothing").symlink_to(tmp_path / "gone")
    (tmp_path / "tree" / "twin").symlink_to("a.txt")
    (tmp_path / "tree" / "loop").symlink_to(".")
    walk = Walk()
    assert uris(walk, tmp_path / "tree") == ["a.txt"]
    reasons = {failure.uri: failure.reason for failure in walk.failures}
    assert set(reasons) == {"out", "file", "nothing"}
    assert "link out of the source" in reasons["out"]
    assert "link to nothing" in reasons["nothing"]


def test_links_can_be_followed_without_running_in_circles(tmp_path: Path) -> None:
    make(tmp_path, "outside/one.txt", "tree/a.txt")
    (tmp_path / "outside" / "back").symlink_to(tmp_path / "tree")
    (tmp_path / "tree" / "out").symlink_to(tmp_path / "outside")
    found = uris(Walk(SourceSettings(follow_links=True)), tmp_path / "tree")
    assert "out/one.txt" in found
    assert found.count("a.txt") == 1


def test_what_is_no_regular_file_is_reported(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    make(tmp_path, "a.txt")
    walk = Walk()
    assert uris(walk, tmp_path) == ["a.txt"]
    assert [(one.uri, "named pipe" in one.reason) for one in walk.failures] == [("pipe", True)]


def test_too_large_a_file_is_reported(tmp_path: Path) -> None:
    with (tmp_path / "large.bin").open("wb") as file:
        file.truncate(2 << 20)
    walk = Walk(SourceSettings(max_file_mb=1))
    assert uris(walk, tmp_path) == []
    assert "sources.max_file_mb" in walk.failures[0].reason


def test_a_folder_that_vanishes_is_unlisted(tmp_path: Path) -> None:
    make(tmp_path, "a/one.txt", "b/two.txt")
    walk = Walk()
    files = walk.files([tmp_path])
    assert next(files).uri == "a/one.txt"
    (tmp_path / "b" / "two.txt").unlink()
    (tmp_path / "b").rmdir()
    assert list(files) == []
    assert walk.unlisted == [str(tmp_path / "b")]
    assert walk.failures[0].uri == "b/"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_cannot_be_read_is_unlisted(tmp_path: Path) -> None:
    make(tmp_path, "closed/one.txt", "b.txt")
    (tmp_path / "closed").chmod(0)
    walk = Walk()
    try:
        assert uris(walk, tmp_path) == ["b.txt"]
        assert walk.unlisted == [str(tmp_path / "closed")]
    finally:
        (tmp_path / "closed").chmod(0o700)


@pytest.mark.parametrize("name", [b"new\nline.txt", b"caf\xe9.txt", b"x" * 255, b"-rf", b"[a]*?.txt"])
def test_odd_names_round_trip(tmp_path: Path, name: bytes) -> None:
    path = os.fsencode(tmp_path) + b"/" + name
    with open(path, "wb") as file:
        file.write(b"content")
    assert [os.fsencode(one) for one in uris(Walk(), tmp_path)] == [name]
