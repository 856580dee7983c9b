"""A package outside ragmm, made of the very blocks of docs/guide/extend.md: found, used, refused when broken."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import ragmm
from ragmm import extend, plugins
from ragmm.config import default_pipeline, parse_pipeline
from ragmm.errors import ConfigError, LimitError, ModelError, PluginError, UsageError
from ragmm.isolation.sandbox import LayerName, layers
from ragmm.loaders.fingerprints import Fingerprints
from ragmm.loaders.parser import ParserPool
from ragmm.loaders.registry import default_loaders
from ragmm.loaders.settings import LoaderSettings
from ragmm.models.names import ModelName
from ragmm.pipelines.sync.facts import facts_of
from ragmm.plugins import Group
from ragmm.rerankers.base import Candidate
from ragmm.testing import picture_asset
from ragmm.types import MediaKind, Role
from ragmm.vlm.base import Prompt
from ragmm.wiring import build_embedder, build_reranker, build_vlm

CALENDAR = """BEGIN:VCALENDAR
BEGIN:VEVENT
SUMMARY:The dentist
DTSTART:20260503
END:VEVENT
BEGIN:VEVENT
SUMMARY:A concert of kestrels
DTSTART:20260611
END:VEVENT
END:VCALENDAR
"""
ANSWER = "#!/bin/sh\ncat > asked.txt\necho 'The dentist begins on 20260503. [1]'\n"


@pytest.fixture(scope="module")
def page(repository: Path) -> dict[str, str]:
    """The page's blocks by the file that their first line names."""
    text = (repository / "docs" / "guide" / "extend.md").read_text(encoding="utf-8")
    found = re.findall(r"^```\w+\n# (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return dict(found)


def installed(folder: Path, points: dict[str, dict[str, str]], files: dict[str, str], name: str = "example") -> Path:
    """A folder as `pip install` leaves it: modules, and beside them what they bring."""
    facts = folder / f"{name}-1.0.dist-info"
    facts.mkdir(parents=True)
    text = "".join(f"[{group}]\n" + "".join(f"{n} = {v}\n" for n, v in made.items()) for group, made in points.items())
    (facts / "entry_points.txt").write_text(text, encoding="utf-8")
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    for file, code in files.items():
        (folder / file).write_text(code, encoding="utf-8")
    return folder


@pytest.fixture
def example(page: dict[str, str], tmp_path: Path) -> Path:
    project = tomllib.loads(page["pyproject.toml"])
    modules = {file: code for file, code in page.items() if file.endswith(".py")}
    assert sorted(f"{name}.py" for name in project["tool"]["setuptools"]["py-modules"]) == sorted(modules)
    return installed(tmp_path / "site", project["project"]["entry-points"], modules)


@pytest.fixture
def here(example: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The example, importable in this process and in those that it starts."""
    monkeypatch.syspath_prepend(example)
    monkeypatch.setenv("PYTHONPATH", str(example), prepend=os.pathsep)
    plugins.plugins.cache_clear()
    yield example
    plugins.plugins.cache_clear()
    for name in [name for name in sys.modules if name.startswith(("example_", "broken_"))]:
        del sys.modules[name]


def shell(folder: Path, site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return python(folder, site, "-m", "ragmm", *words)


def python(folder: Path, site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_example_is_short(page: dict[str, str]) -> None:
    lengths = {file: len(code.splitlines()) for file, code in page.items() if file.endswith(".py")}
    assert len(lengths) == 5
    assert {file: count for file, count in lengths.items() if count > 12 and file != "example_class.py"} == {}
    assert lengths["example_class.py"] < 30


@pytest.mark.slow
def test_the_page_works_in_a_shell(example: Path, page: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "days.ics").write_text(CALENDAR, encoding="utf-8")
    (tmp_path / "notes" / "other.txt").write_text("Herons stand in shallow water.", encoding="utf-8")
    (tmp_path / "pipeline.toml").write_text(page["pipeline.toml"], encoding="utf-8")
    script = tmp_path / "answer.sh"
    script.write_text(ANSWER, encoding="utf-8")
    script.chmod(0o755)

    looked = shell(tmp_path, example, "doctor", "--pipeline", "pipeline.toml", "--json")
    findings = {one["name"]: one for one in json.loads(looked.stdout)["findings"] if one["area"] == "plugins"}
    assert sorted(findings) == [
        "embedder hashing",
        "embedder length",
        "loader calendar",
        "reranker overlap",
        "vlm command",
    ]
    assert findings["loader calendar"]["detail"] == "example 1.0: example_loader:calendar"
    assert {one["state"] for one in findings.values()} == {"ok"}

    options = ("--collection", "notes-index", "--pipeline", "pipeline.toml", "--json")
    read = shell(tmp_path, example, "ingest", "notes", *options)
    assert read.returncode == 0, read.stdout + read.stderr
    assert json.loads(read.stdout)["items"] == {"passage": 3}

    asked = shell(tmp_path, example, "query", "When does the dentist begin?", "-c", "notes-index", "--json")
    assert asked.returncode == 0, asked.stdout + asked.stderr
    said = json.loads(asked.stdout)
    assert said["hits"][0]["text"] == "The dentist. It begins on 20260503."
    assert said["answer"]["model"] == "command:./answer.sh"
    assert said["answer"]["claims"][0]["citations"] == [1]
    assert "The dentist" in (tmp_path / "asked.txt").read_text(encoding="utf-8")

    gone = shell(tmp_path, tmp_path, "query", "When?", "-c", "notes-index")
    assert gone.returncode == 1
    assert "is built with command:./answer.sh, which the package example 1.0 brings" in gone.stderr
    assert "pip install 'example==1.0'" in gone.stderr


def test_nothing_is_looked_for_before_a_name_needs_it(example: Path, tmp_path: Path) -> None:
    program = (
        "import sys, importlib.metadata as m\n"
        "def never(**_): raise SystemExit('looked for plugins')\n"
        "m.entry_points = never\n"
        "import ragmm, ragmm.wiring, ragmm.config\n"
        "from ragmm.cli import assembled\n"
        "ragmm.config.parse_pipeline('[models]\\ntext = \"st:a/b\"')\n"
        "assert not any(name.startswith('example_') for name in sys.modules)\n"
        "try: assembled()(['--help'])\n"
        "except SystemExit as end: sys.exit(end.code)\n"
    )
    done = python(tmp_path, example, "-c", program)
    assert done.returncode == 0, done.stderr


def test_models_are_made_by_what_has_their_name(here: Path) -> None:
    models = parse_pipeline('[models]\ntext = "hashing:64"\nrerank = "overlap:"\nvlm = "command:cat"').models
    embedder, vlm, reranker = (
        build_embedder(models.text, models),
        build_vlm(models.vlm, models),
        build_reranker(models.rerank, models),
    )
    assert vlm is not None
    assert reranker is not None
    assert [embedder.info.dim, vlm.info.name, reranker.info.name] == [64, "command:cat", "overlap:"]
    assert str(ModelName.parse("hashing:64")) == "hashing:64"
    with pytest.raises(UsageError, match=r"hashing:64 does not write"):
        build_vlm("hashing:64", models)


def test_a_mistyped_name_is_told_those_of_plugins_too(here: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown adapter 'hashin'; did you mean hashing:64\? \(allowed: .*overlap"):
        parse_pipeline('[models]\ntext = "hashin:64"')
    with pytest.raises(ConfigError, match=r"this role takes mini, open_clip, st, multilingual, hashing"):
        parse_pipeline('[models]\ntext = "command:cat"')


def test_a_loader_is_asked_first_and_reads_in_the_confined_process(here: Path, tmp_path: Path) -> None:
    loaders = default_loaders(LoaderSettings())
    assert loaders[0].name == "calendar"
    file = tmp_path / "days.ics"
    file.write_text(CALENDAR, encoding="utf-8")
    with ParserPool(LoaderSettings(), workers=1) as pool, pool.parse(file) as document:
        assert document.loader == "calendar"
        assert [item.text for item in document.items][1] == "A concert of kestrels. It begins on 20260611."
    with ParserPool(LoaderSettings(max_text_bytes=10), workers=1) as pool, pytest.raises(LimitError):
        pool.parse(file)


LATE = """
from pathlib import Path
from ragmm.types import Item, Modality
class Late:
    name, version, reads = "late", 1, frozenset()
    def __init__(self, settings): pass
    def accepts(self, probe): return probe.name.endswith(".late")
    def load(self, file, probe):
        import late_words
        own = Path(late_words.__file__).with_name("words.txt").read_text()
        try:
            theirs = Path(%r).read_text()
        except OSError:
            theirs = "nothing"
        yield Item(modality=Modality.PASSAGE, text=f"{late_words.WORD} {own} {theirs}")
"""


def test_a_loader_reaches_its_own_package_and_no_file_of_the_user(tmp_path: Path) -> None:
    secret, file = tmp_path / "secret.txt", tmp_path / "a.late"
    secret.write_text("a secret", encoding="utf-8")
    file.write_text("anything", encoding="utf-8")
    files = {
        "late_loader.py": LATE % str(secret),
        "late_words.py": "WORD = 'imported late,'",
        "words.txt": "read late,",
    }
    site = installed(tmp_path / "late", {Group.LOADERS: {"late": "late_loader:Late"}}, files, "late")
    code = (
        "import sys\nfrom pathlib import Path\nfrom ragmm.loaders.parser import ParserPool\n"
        "with ParserPool(workers=1) as pool, pool.parse(Path(sys.argv[1])) as document:\n"
        "    print([item.text for item in document.items][0])\n"
    )
    done = python(tmp_path, site, "-c", code, str(file))
    assert done.stdout.startswith("imported late, read late, "), done.stderr
    if next(layer for layer in layers() if layer.name is LayerName.FILES).active:
        assert done.stdout.strip().endswith("nothing")


def test_an_installed_loader_is_another_reason_to_try_again(here: Path) -> None:
    now = facts_of(default_pipeline())
    assert now.settings["ragmm"].endswith(", calendar of example 1.0")
    prints = Fingerprints(default_loaders(LoaderSettings()), LoaderSettings())
    assert not prints.is_today(prints.reading("text", "text/plain"), "days.ics"), "it was a text, and is a calendar now"
    assert prints.is_today(prints.reading("text", "text/plain"), "days.txt")


BROKEN = {
    "absent": ({"x": "nowhere_at_all:X"}, "cannot be imported from nowhere_at_all:X"),
    "unnamed": ({"x": "broken_loader:Unnamed"}, "is no loader that can be used: it needs name = 'x'"),
    "taken": ({"text": "broken_loader:Text"}, "none of ragmm's own"),
    "odd": ({"a b": "broken_loader:Text"}, "names are letters, digits, - and _"),
}
CODE = """
class Unnamed:
    def __init__(self, settings): pass
class Text(Unnamed):
    name, version, reads = "text", 1, frozenset()
    def accepts(self, probe): return False
    def load(self, file, probe): return iter(())
"""


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_loader_is_named_with_its_package(
    here: Path, tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    points, said = BROKEN[case]
    site = installed(tmp_path / "broken", {Group.LOADERS: points}, {"broken_loader.py": CODE}, "broken")
    monkeypatch.syspath_prepend(site)
    plugins.plugins.cache_clear()
    with pytest.raises(PluginError, match=re.escape(said)) as raised:
        default_loaders(LoaderSettings())
    assert "broken 1.0" in str(raised.value)


def test_a_model_that_keeps_no_contract_is_refused(here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = "class Nothing:\n    def __init__(self, target, settings): pass\n"
    site = installed(
        tmp_path / "broken", {Group.EMBEDDERS: {"empty": "broken_model:Nothing"}}, {"broken_model.py": code}, "empty"
    )
    monkeypatch.syspath_prepend(site)
    plugins.plugins.cache_clear()
    models = parse_pipeline("").models
    with pytest.raises(PluginError, match=r"empty:x: its plugin makes a Nothing, which is no Embedder"):
        build_embedder("empty:x", models)


# Functions with a decorator ------------------------------------------------------------------------------------------


def test_a_collection_of_the_page_s_functions_answers_in_a_script_and_reopens_by_name(
    here: Path, page: dict[str, str], tmp_path: Path
) -> None:
    from example_embedder import hashing

    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "days.ics").write_text(CALENDAR, encoding="utf-8")
    pipeline = parse_pipeline(page["pipeline.toml"].replace("command:./answer.sh", "extractive"))
    own = ragmm.Models(embedders={"text": hashing("512")})
    with ragmm.create(tmp_path / "c", pipeline=pipeline, models=own) as docs:
        docs.ingest([tmp_path / "notes"])
        assert docs.search("When does the dentist begin?", k=1)[0].item.text == "The dentist. It begins on 20260503."
    with ragmm.open(tmp_path / "c") as again:
        assert again.search("a concert", k=1)[0].item.text == "A concert of kestrels. It begins on 20260611."
        assert again.info().spaces == {"text": "hashing:512"}


def test_the_script_of_the_page_runs(here: Path, repository: Path, tmp_path: Path) -> None:
    text = (repository / "docs" / "guide" / "extend.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(import ragmm\n.*?)^```$", text, re.MULTILINE | re.DOTALL)
    made: dict[str, Any] = {}
    exec(compile(code, "extend.md", "exec"), made)
    (tmp_path / "a.txt").write_text("The heron stands.", encoding="utf-8")
    made["docs"].ingest([tmp_path / "a.txt"])
    assert made["docs"].search("heron", k=1)[0].item.text == "The heron stands."


def test_what_is_missing_is_named_with_its_version(
    here: Path, page: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("The heron stands.", encoding="utf-8")
    pipeline = parse_pipeline('[pipeline]\nroutes = ["text"]\n[models]\ntext = "hashing:64"\ncaption = "none"\n')
    with ragmm.create(tmp_path / "c", pipeline=pipeline) as docs:
        docs.ingest([tmp_path / "notes"])
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(here)])
    plugins.plugins.cache_clear()
    with pytest.raises(PluginError, match=r"is built with hashing:64, which the package example 1\.0 brings"):
        ragmm.open(tmp_path / "c")


def test_a_function_sees_pictures_where_it_says_so() -> None:
    @extend.embedder("mean", dim=3, images=True)
    def mean(inputs: list[object], target: str) -> list[object]:
        return [np.asarray(one).mean(axis=(0, 1)) if isinstance(one, Image.Image) else [1, 2, 3] for one in inputs]

    made = mean("x")
    assert made.info.kinds == {MediaKind.TEXT, MediaKind.IMAGE}
    red = picture_asset(Image.new("RGB", (8, 8), (255, 0, 0)))
    assert made.embed_media(MediaKind.IMAGE, [red]).tolist() == [[255, 0, 0]]
    assert made.embed_texts(["a", "b"], Role.QUERY).shape == (2, 3)
    assert made.embed_texts([], Role.QUERY).shape == (0, 3)


def test_a_version_or_a_target_is_another_model() -> None:
    def make(version: int, target: str) -> str:
        return extend.embedder("e", dim=2, version=version)(lambda texts, _: [[1, 2]] * len(texts))(
            target
        ).info.fingerprint

    assert len({make(1, "a"), make(2, "a"), make(1, "b")}) == 3
    assert make(1, "a") == make(1, "a")


def test_what_is_written_in_pieces_is_streamed_and_closed() -> None:
    closed = []

    @extend.vlm("slow", images=True)
    def slow(prompt: str, images: list[Image.Image], target: str) -> Iterator[str]:
        try:
            yield f"{prompt}: "
            yield f"{len(images)} pictures of {images[0].size}"
            yield " and no more"
        finally:
            closed.append(target)

    prompt = Prompt.from_parts("Seen", picture_asset(Image.new("RGB", (5, 6))))
    assert slow("t").generate([prompt])[0].text == "Seen: 1 pictures of (5, 6) and no more"
    stream = slow("u").stream(prompt)
    assert next(stream).text == "Seen: "
    stream.close()
    assert closed == ["t", "u"]


def test_what_a_function_does_wrong_is_said_with_its_name() -> None:
    wide = extend.embedder("wide", dim=3)(lambda texts, _: np.ones((len(texts), 4)))("")
    with pytest.raises(ModelError, match=r"wide: made rows of the shape \(1, 4\), where \(1, 3\)"):
        wide.embed_texts(["a"], Role.DOCUMENT)
    with pytest.raises(ModelError, match="wide: embeds text only, and was given image"):
        wide.embed_media(MediaKind.IMAGE, [])
    broken = extend.vlm("broken")(lambda *_: 1 / 0)("x")
    with pytest.raises(ModelError, match="broken:x failed with ZeroDivisionError"):
        broken.generate([Prompt.from_parts("?")])
    few = extend.reranker("few")(lambda *_: [1.0])("")
    with pytest.raises(ModelError, match=r"few: gave \(1,\) scores for 2 candidates"):
        few.score("?", [Candidate(text="a"), Candidate(text="b")])


def test_the_class_of_the_page_is_an_embedder(here: Path) -> None:
    models = parse_pipeline('[models]\ntext = "length:x"').models
    assert build_embedder(models.text, models).embed_texts(["abc"], Role.QUERY).tolist() == [[4.0, 2.0]]
