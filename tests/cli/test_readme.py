"""The README's commands and its Python run as they stand there."""

from __future__ import annotations

import re
import shlex
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

import ragmm
from ragmm.sample import write_sign_photo


@pytest.fixture
def blocks(repository: Path) -> dict[str, list[str]]:
    """The README's code blocks by language."""
    return _blocks_of(repository / "README.md")


def _blocks_of(page: Path) -> dict[str, list[str]]:
    if not page.exists():
        pytest.skip("run away from the checkout: no documents here")
    found: dict[str, list[str]] = {}
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for language, code in blocks:
        found.setdefault(language, []).append(code)
    return found


@pytest.fixture
def folder(cli, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with what the README takes for granted: some reports, a picture, and a place for collections."""
    # Reading text out of a picture takes a second: one picture is enough here.
    shutil.copytree(corpus / "notes", tmp_path / "reports" / "notes")
    shutil.copy(corpus / "charts" / "passengers-by-quarter.png", tmp_path / "reports")
    shutil.copytree(corpus / "notes", tmp_path / "documents")
    write_sign_photo(tmp_path / "sign.jpg")
    monkeypatch.delenv("RAGMM_HOME")
    (tmp_path / "indexes").mkdir()
    return tmp_path


def test_every_command_of_the_readme_works(cli, blocks: dict[str, list[str]], folder: Path) -> None:
    lines = [line for block in blocks["sh"] for line in block.splitlines() if line.startswith("ragmm ")]
    assert len(lines) >= 10
    for line in lines:
        words = shlex.split(line, comments=True)[1:]
        done = cli(*words)
        assert done.code == 0, (line, done.err)
    assert (folder / "answer.html").is_file()
    assert (folder / "indexes" / "nightly" / "collection.db").is_file()


@pytest.mark.slow
def test_the_python_of_the_readme_works(
    blocks: dict[str, list[str]], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (code,) = blocks["python"]
    exec(compile(code, "README.md", "exec"), {})  # the reader would run it too
    printed = capsys.readouterr().out
    assert "added" in printed
    assert "supported" in printed or "weak" in printed


def test_the_python_of_the_guide_works(repository: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("reports", "letters"):
        with ragmm.create(name) as docs:
            docs.ingest([folder / "documents"])
    capsys.readouterr()
    blocks = _blocks_of(repository / "docs" / "guide" / "python.md")["python"]
    tables = find_spec("pyarrow") is not None and find_spec("pandas") is not None
    code = "\n".join(block for block in blocks if tables or not re.search(r"to_pandas|to_arrow|\.parquet", block))
    exec(compile(code, "python.md", "exec"), {})
    assert "places" in capsys.readouterr().out


def test_the_makefile_has_the_commands_the_readme_names(blocks: dict[str, list[str]], repository: Path) -> None:
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    targets = {line.split()[1] for block in blocks["sh"] for line in block.splitlines() if line.startswith("make ")}
    assert targets == {"demo", "test"}
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_every_link_of_the_documents_leads_somewhere(repository: Path) -> None:
    documents = [repository / "README.md", *(repository / "docs").rglob("*.md")]
    if not documents[0].exists():
        pytest.skip("run away from the checkout: no README here")
    link = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
    dead = [
        f"{document.relative_to(repository)}: {target}"
        for document in documents
        for target in link.findall(document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]
    assert dead == []
