"""The traps of this repository's layout: what git keeps, what the wheel holds, what an import loads, what agrees."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import ragmm
from ragmm.config import STARTERS, starter

HEAVY = (
    "torch", "torchvision", "faiss", "transformers", "unstructured", "open_clip", "sentence_transformers",
    "huggingface_hub", "pymupdf", "pypdfium2", "onnxruntime", "openai", "PIL",
)  # fmt: skip


def _project(repository: Path) -> dict[str, object]:
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))


def _loaded_by(statement: str) -> set[str]:
    """The heavy libraries in sys.modules after a fresh interpreter has run the statement."""
    program = f"import sys\n{statement}\nprint('\\nLOADED', *(m for m in {HEAVY} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.rsplit("LOADED", 1)[1].split())


def test_the_probe_sees_a_heavy_import() -> None:
    assert _loaded_by("import PIL") == {"PIL"}


@pytest.mark.parametrize(
    "statement",
    [
        "import ragmm",
        "from ragmm.cli import assembled; assembled()(['--help'], standalone_mode=False)",
        "from ragmm.cli import assembled; assembled()(['query', '--help'], standalone_mode=False)",
        "from ragmm.config import default_pipeline; default_pipeline().to_toml()",
        "import ragmm.render.answer, ragmm.render.html, ragmm.render.records",
    ],
)
def test_looking_around_loads_nothing_heavy(statement: str) -> None:
    assert _loaded_by(statement) == set()


def test_every_public_name_of_the_package_is_there() -> None:
    assert len(set(ragmm.__all__)) == len(ragmm.__all__)
    assert [name for name in ragmm.__all__ if not hasattr(ragmm, name)] == []


def _modules() -> list[str]:
    # Modules that begin with an underscore run on import.
    found = pkgutil.walk_packages(ragmm.__path__, "ragmm.")
    return [module.name for module in found if not module.name.rpartition(".")[2].startswith("_")]


@pytest.mark.parametrize("name", _modules())
def test_what_a_module_says_it_offers_is_there_and_it_says_what_it_is(name: str) -> None:
    module = importlib.import_module(name)
    offered = getattr(module, "__all__", [])
    assert [public for public in offered if not hasattr(module, public)] == []
    assert module.__doc__


def test_the_version_is_stated_once_and_known_to_the_installer(repository: Path) -> None:
    assert "version" in _project(repository)["project"]["dynamic"]
    assert importlib.metadata.version("ragmm") == ragmm.__version__


def test_the_changelog_knows_the_version(repository: Path) -> None:
    text = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{ragmm.__version__}]" in text
    assert text.index("## [Unreleased]") < text.index(f"## [{ragmm.__version__}]")


def test_python_versions_agree(repository: Path) -> None:
    project = _project(repository)
    assert project["project"]["requires-python"] == ">=3.11,<3.14"
    assert "Python 3.11 to 3.13" in (repository / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", STARTERS)
def test_the_pipelines_to_copy_equal_those_in_the_package(repository: Path, name: str) -> None:
    assert (repository / "pipelines" / f"{name}.toml").read_text(encoding="utf-8") == starter(name)


def test_there_is_no_pipeline_to_copy_that_the_package_lacks(repository: Path) -> None:
    assert {file.stem for file in (repository / "pipelines").glob("*.toml")} == set(STARTERS)


def _ignored(repository: Path, path: str) -> bool:
    git = shutil.which("git")
    if git is None or not (repository / ".git").exists():
        pytest.skip("not a git checkout")
    done = subprocess.run([git, "check-ignore", "-q", path], cwd=repository, check=False, timeout=20)
    return done.returncode == 0


@pytest.mark.parametrize(
    "path", ["indexes/reports/collection.db", ".venv/bin/python", "demo-output/report.html", "uv.lock"]
)
def test_git_ignores_what_is_built(repository: Path, path: str) -> None:
    assert _ignored(repository, path)


@pytest.mark.parametrize(
    "path",
    [
        "ragmm/indexes/store/store.py",
        "ragmm/pipelines/ingest/run.py",
        "indexes/README.md",
        "ragmm/bundled/m/model.safetensors",
    ],
)
def test_git_keeps_the_sources_that_look_like_what_is_built(repository: Path, path: str) -> None:
    assert not _ignored(repository, path)


def test_the_wheel_names_its_package_and_the_archive_is_limited(repository: Path) -> None:
    targets = _project(repository)["tool"]["hatch"]["build"]["targets"]
    assert targets["wheel"]["packages"] == ["ragmm"]
    assert not {"/indexes", "/.venv", "/demo-output"} & set(targets["sdist"]["include"])


def test_the_checkout_launcher_is_the_command(repository: Path) -> None:
    scripts = _project(repository)["project"]["scripts"]
    assert scripts == {"ragmm": "ragmm.cli:main"}
    assert "from ragmm.cli import main" in (repository / "cli.py").read_text(encoding="utf-8")


def test_the_lock_files_name_hashes_and_no_host(repository: Path) -> None:
    for lock in repository.glob("requirements*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|--index-url|--extra-index-url|--find-links|@ file", text), lock.name


def test_every_requirement_of_the_default_set_is_locked(repository: Path) -> None:
    project = _project(repository)["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (repository / "requirements.lock").read_text("utf-8"), re.MULTILINE))
    names = {re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower() for requirement in wanted}
    assert names - locked == set()


def _sources(repository: Path) -> list[Path]:
    return sorted((repository / "ragmm").rglob("*.py"))


def test_source_files_stay_small(repository: Path) -> None:
    long = {
        str(file.relative_to(repository)): n
        for file in _sources(repository)
        if (n := len(file.read_text("utf-8").splitlines())) > 400
    }
    assert long == {}


def test_functions_stay_small(repository: Path) -> None:
    long = {}
    for file in _sources(repository):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 60:
                long[f"{file.relative_to(repository)}:{node.name}"] = (node.end_lineno or 0) - node.lineno + 1
    assert long == {}


def test_pickles_are_read_in_two_places_that_admit_tensors_or_documents_alone(repository: Path) -> None:
    """What they admit is tested in tests/contracts/test_photo_net.py and tests/unit/test_importing.py."""
    reading = re.compile(
        r"^\s*(import|from) (pickle|joblib|dill|cloudpickle|marshal|shelve)\b|allow_pickle=True", re.MULTILINE
    )
    found = [file for file in _sources(repository) if reading.search(file.read_text(encoding="utf-8"))]
    names = sorted(file.relative_to(repository).as_posix() for file in found)
    assert names == ["ragmm/exchange/docstore_pickle.py", "ragmm/models/torch_file.py"]
    assert all("def find_class" in file.read_text(encoding="utf-8") for file in found)


def test_the_optional_packages_that_messages_name_exist(repository: Path) -> None:
    extras = set(_project(repository)["project"]["optional-dependencies"])
    named = set()
    for file in _sources(repository):
        named |= set(re.findall(r"ragmm\[([a-z,]+)\]", file.read_text(encoding="utf-8")))
    assert {extra for group in named for extra in group.split(",")} - extras == set()
