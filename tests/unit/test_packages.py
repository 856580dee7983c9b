"""What is imported is declared, what may be absent stands in one table, lists of tests name tests that are there."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from ragmm.errors import UnsupportedError
from ragmm.loaders.base import Probe
from ragmm.loaders.registry import default_loaders, loader_for
from ragmm.loaders.settings import LoaderSettings
from ragmm.models.weights_packages import PACKAGES
from ragmm.optional import MEGABYTES, OPTIONAL, extra_for, missing

APART = {"gpu", "multilingual", "remote"}
"""Extras that no lock holds and that `all` leaves out."""
BY_NAME = {"find_spec", "import_module"}


def normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def named(requirement: str) -> str:
    return normal(re.split(r"[\[<>=!~;\s]", requirement, maxsplit=1)[0])


@pytest.fixture(scope="module")
def project(repository: Path) -> dict:
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def imports(file: Path) -> Iterator[str]:
    """Modules by their first name, those imported inside functions and those named in strings included."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in BY_NAME:
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant):
                yield str(first.value).partition(".")[0]


def undeclared(folder: Path, declared: set[str]) -> set[str]:
    known = packages_distributions() | {one.module: [one.distribution] for one in OPTIONAL if not one.installed}
    found = {name for file in folder.rglob("*.py") for name in imports(file)}
    outside = found - sys.stdlib_module_names - {"ragmm", "_typeshed"}
    return {name for name in outside if not declared & {normal(one) for one in known.get(name, [name])}}


def test_every_imported_package_is_declared(repository: Path, project: dict) -> None:
    extras = project["optional-dependencies"]
    lists = [project["dependencies"], *(names for extra, names in extras.items() if extra != "dev")]
    declared = {named(requirement) for names in lists for requirement in names}
    # FAISS comes as either of two distributions; only one can be installed here.
    assert undeclared(repository / "ragmm", declared) == set()


def test_an_undeclared_import_is_found_wherever_it_stands(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f():\n    import numpy, nowhere.to.find\n    find_spec('olefile')\n", "utf-8")
    assert undeclared(tmp_path, {"numpy"}) == {"nowhere", "olefile"}


def test_every_declared_package_is_locked(repository: Path, project: dict) -> None:
    lock = (repository / "requirements.lock").read_text(encoding="utf-8")
    locked = {normal(name) for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)}
    extras = {name: one for name, one in project["optional-dependencies"].items() if name not in APART}
    wanted = {named(one) for names in (project["dependencies"], *extras.values()) for one in names} - {"ragmm"}
    assert wanted - locked == set()


@pytest.mark.parametrize("package", OPTIONAL, ids=lambda package: package.module)
def test_an_optional_package_is_in_its_extra(package, project: dict) -> None:
    names = {named(requirement) for requirement in project["optional-dependencies"][package.extra]}
    assert normal(package.distribution) in names
    said = str(missing(package.module, "This"))
    assert f"install it with: pip install 'ragmm[{package.extra}]'" in said
    assert package.distribution in said


def versions(lock: Path) -> dict[str, set[str]]:
    """By package; there may be one for each Python."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", lock.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(normal(name), set()).add(version)
    return found


def test_the_light_lock_holds_the_default_profile_and_none_of_the_models(repository: Path, project: dict) -> None:
    light, whole = (versions(repository / f"requirements{kind}.lock") for kind in ("-light", ""))
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    extras = re.search(r"^LIGHT_EXTRAS := (.+)$", makefile, re.MULTILINE)[1].split()
    lists = [project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras)]
    wanted = {named(requirement) for names in lists for requirement in names}
    excludes = (repository / "requirements-light.excludes").read_text(encoding="utf-8").splitlines()[1:]
    assert wanted - set(light) == set()
    assert set(light) & {"torch", "transformers", "triton", *excludes} == set()
    assert not [name for name in light if name.startswith(("nvidia", "cuda"))]
    assert {name: light[name] for name in light if light[name] != whole.get(name)} == {}, "two locks, two versions"


def test_the_other_locks_agree_with_the_whole_one_and_name_no_place(repository: Path) -> None:
    whole = versions(repository / "requirements.lock")
    for lock in repository.glob("requirements*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text, lock.name
        entries = re.findall(r"^\S+==[^\n]*(?:\n    --hash[^\n]*)*", text, re.MULTILINE)
        assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
        both = {name: seen for name, seen in versions(lock).items() if name in whole}
        assert both == {name: whole[name] for name in both}, lock.name


def test_the_locks_hold_on_to_what_the_constraints_say(repository: Path) -> None:
    held = versions(repository / "requirements.constraints")
    whole = versions(repository / "requirements.lock")
    assert len(held) >= 4
    assert {name: whole[name] for name in held} == held


def test_what_is_installed_by_itself_is_the_version_of_the_locks(repository: Path) -> None:
    light = versions(repository / "requirements-light.lock")
    alone = {one.distribution: {one.alone} for one in OPTIONAL if one.alone}
    assert alone == {name: light[name] for name in alone}
    text = (repository / "requirements-light.lock").read_text(encoding="utf-8")
    for package in PACKAGES.values():
        assert f"{package.requirement} " in text
        assert f"--hash=sha256:{package.wheel_sha256}" in text


def test_every_advice_names_an_extra_that_there_is(repository: Path, project: dict) -> None:
    extras = set(project["optional-dependencies"])
    assert set(MEGABYTES) == extras - {"all", "dev"}
    assert {one.extra for one in OPTIONAL} <= extras
    texts = [*repository.glob("*.md"), *(repository / "docs").rglob("*.md"), *repository.glob("*/**/*.py")]
    named_extras = [
        (extra, file.name)
        for file in texts
        if not any(part.startswith(".venv") for part in file.parts)
        for group in re.findall(r"ragmm\[(\w[\w,]*)\]", file.read_text(encoding="utf-8"))
        for extra in group.split(",")
    ]
    assert len(named_extras) > 5
    assert [found for found in named_extras if found[0] not in extras] == []


def test_all_is_everything_on_a_cpu(project: dict) -> None:
    (all_of_them,) = project["optional-dependencies"]["all"]
    assert set(re.split(r"[\[\],]", all_of_them)[1:-1]) == set(MEGABYTES) - APART


def test_what_a_user_asks_for_by_name_is_in_some_extra(project: dict) -> None:
    extras = project["optional-dependencies"]
    reachable = {named(one) for names in (project["dependencies"], *extras.values()) for one in names}
    wanted = {"torch", "open-clip-torch", "faiss-cpu", "faiss-gpu", "transformers", "unstructured", "pymupdf"}
    assert {*wanted, "sentence-transformers", "typer", "pytest"} - reachable == set()


def test_what_is_in_no_extra_comes_with_ragmm(project: dict) -> None:
    assert "lxml" in {named(one) for one in project["dependencies"]}
    assert str(missing("PIL.Image", "This")).endswith("install it with: pip install --upgrade ragmm")


def test_what_no_loader_reads_is_said_with_its_extra() -> None:
    kinds = [kind for package in OPTIONAL for kind in package.media_types]
    assert len(set(kinds)) == len(kinds)
    for kind in kinds:
        with pytest.raises(UnsupportedError, match=rf"ragmm\[{extra_for(kind).extra}\]"):
            loader_for(Probe(name="a", media_type=kind, size=1, head=b"a"), [])


def test_each_kind_in_the_table_is_read_by_some_loader() -> None:
    loaders = default_loaders(LoaderSettings())
    for kind in (kind for package in OPTIONAL if package.installed for kind in package.media_types):
        loader_for(Probe(name="a", media_type=kind, size=1, head=b"a"), loaders)


# Lists of tests


def test_every_test_file_that_a_list_names_is_there(repository: Path, request: pytest.FixtureRequest) -> None:
    conftest = request.config.pluginmanager.get_plugin(str(repository / "tests" / "conftest.py"))
    here = {file.name for file in (repository / "tests").rglob("test_*.py")}
    assert {*conftest.WITH_MODELS, *conftest.LONG, *conftest.MORE_MODELS} - here == set()


def test_every_test_that_holds_a_promise_is_there(repository: Path) -> None:
    makefile = (repository / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    holding = re.search(r"^HOLDING = (.*)$", makefile, re.MULTILINE)
    assert holding is not None
    names = holding[1].split()
    assert len(names) > 5
    assert [name for name in names if not (repository / name).is_file()] == []
