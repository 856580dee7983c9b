"""What is said of models that are not here, and that every advice can be followed."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
import typer

import ragmm
import ragmm.wiring
from ragmm.cli import assembled
from ragmm.config import load_pipeline

# Models that are not here ---------------------------------------------------------------------------------------------


def test_a_new_pipeline_file_names_itself_and_what_is_missing(cli) -> None:
    done = cli("init", "jobs/letters.toml", "--profile", "standard")
    said = done.out
    text = Path("jobs/letters.toml").read_text(encoding="utf-8")
    assert 'ragmm ingest FOLDER -p jobs/letters.toml, then: ragmm query "…" -c letters' in text
    assert "pipelines/" not in text
    assert load_pipeline("jobs/letters.toml").name == "letters"
    needs = {need["name"]: need for need in cli("init", "x.toml", "--profile", "standard", "--json").json["models"]}
    missing = [need for need in needs.values() if not need["present"]]
    assert missing
    assert f"First fetch what is not here, {sum(need['download_mb'] for need in missing):,} MB:" in said
    assert all(said.count(f"ragmm models pull {need['name']}\n") == 1 for need in missing)
    assert "a model's folder, or a server such as Ollama" in said
    assert "Then: ragmm ingest FOLDER" in said
    assert "Next: " not in said


def test_the_list_of_models_has_a_head_and_says_what_fits(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ragmm.models.catalogue.memory_bytes", lambda: 6_000_000_000)
    head, *rows = cli("models", "list").out.splitlines()
    assert head.split("\t")[:5] == ["model", "here", "MB", "memory", "fits"]
    fit = {cells[0]: cells[4] for row in rows if len(cells := row.split("\t")) > 4}
    assert fit["hf:Qwen/Qwen3-VL-2B-Instruct"] == "yes"
    assert fit["hf:Qwen/Qwen3-VL-8B-Instruct"] == "no"
    assert any("GB of memory" in row for row in rows[-3:])


def test_the_doctor_looks_for_sources_where_a_night_does(cli, pipeline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = Path("jobs/nightly.toml").absolute()
    (job.parent / "docs").mkdir(parents=True)
    (job.parent / "docs/tea.md").write_text("Green tea.\n", encoding="utf-8")
    job.write_text(pipeline.read_text("utf-8") + '[sources]\npaths = ["docs"]\n', encoding="utf-8")
    assert cli("sync", job, "-c", "./nightly").code == 0
    found = {one["name"]: one for one in cli("doctor", "-c", "./nightly", "--json").json["findings"]}
    assert found[str(job.parent / "docs")]["state"] == "ok"
    with ragmm.open("./nightly") as docs:
        assert not docs.plan_sync().failures


def test_a_folder_that_holds_no_model_is_not_here(cli, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/config.json").write_text("{}", encoding="utf-8")
    file = tmp_path / "p.toml"
    for folder in ("./empty", "./nowhere"):
        file.write_text(f'[models]\nvlm = "hf:{folder}"\n', encoding="utf-8")
        done = cli("doctor", "-p", file, "--json")
        (vlm,) = [one for one in done.json["findings"] if (one["area"], one["name"]) == ("models", "vlm")]
        assert (vlm["state"], vlm["detail"].split(";")[0]) == ("problem", f"hf:{folder}: no model is in that folder")
        assert "correct the path" in vlm["remedy"]
        assert "models pull" not in vlm["remedy"]


@pytest.mark.parametrize(
    ("written", "fetched"),
    [
        ("Qwen/Qwen3-VL-2B-Instruct", "Qwen/Qwen3-VL-2B-Instruct"),
        ("hf:Qwen/Qwen3-VL-2B-Instruct", "Qwen/Qwen3-VL-2B-Instruct"),
        ("nobody/nothing-like-this", "nobody/nothing-like-this"),
    ],
)
def test_what_an_error_says_to_pull_can_be_pulled(
    cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: str, fetched: str
) -> None:
    advised = cli("models", "pull", written).err
    (advice,) = re.findall(r"run: ragmm (models pull \S+),", advised)
    asked: list[str] = []

    def download(repository: str, revision: str | None = None) -> Path:
        asked.append(repository)
        (tmp_path / "config.json").write_text('{"model_type": "bert", "hidden_size": 8}', encoding="utf-8")
        return tmp_path

    monkeypatch.setattr("ragmm.models.hub.download", download)
    assert cli(*advice.split()).code == 0
    assert asked == [fetched]


def _advised() -> list[str]:
    """Every command that ragmm's own messages name, with X for what is filled in."""
    found = set()
    for file in sorted(Path(ragmm.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [part.value if isinstance(part, ast.Constant) else "X" for part in node.values]
                text = "".join(map(str, parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
            else:
                continue
            found.update(re.findall(r"(?<![\w.])ragmm ([a-z]+(?: (?:-?-?[\w./…-]+|\"[^\"]*\"))*)", text))
    return sorted(found)


COMMANDS = typer.main.get_command(assembled())


@pytest.mark.parametrize("words", [one for one in _advised() if one.split()[0] in COMMANDS.commands])
def test_every_advised_command_and_option_exists(words: str) -> None:
    first, *rest = words.split()
    command = COMMANDS.commands[first]
    if rest and hasattr(command, "commands"):
        assert rest[0] in command.commands, words
        command = command.commands[rest[0]]
    known = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in rest if re.match(r"--?[a-z]", word)} <= known, words


def test_there_is_advice_to_look_at() -> None:
    assert len([one for one in _advised() if one.split()[0] in COMMANDS.commands]) > 40


def test_every_advised_extra_exists(repository: Path) -> None:
    extras = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    text = "".join(file.read_text("utf-8") for file in Path(ragmm.__file__).parent.rglob("*.py"))
    named = set(re.findall(r"ragmm\[(\w+)\]", text))
    assert {"torch", "photos"} & named
    assert named <= {*extras}
