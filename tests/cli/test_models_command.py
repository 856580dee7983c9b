"""models list, check, pull and path."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def test_the_list_names_what_a_profile_would_use(cli) -> None:
    entries = cli("models", "list", "--json").json
    assert {"mini", "standard", "max"} <= {profile for entry in entries for profile in entry["profiles"]}
    absent = [entry for entry in entries if not entry["present"]]
    assert all(entry["bytes"] > 0 for entry in absent)
    assert absent[0]["name"] in cli("models", "list").out


def _tiny(folder: Path) -> Path:
    """The files of a one-tensor BERT: sound as files, useless as a model."""
    folder.mkdir()
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\0\0\0\0")
    (folder / "config.json").write_text('{"model_type": "bert", "hidden_size": 8}', encoding="utf-8")
    return folder


def test_a_folder_is_found_and_hashed(cli, tmp_path: Path) -> None:
    folder = _tiny(tmp_path / "tiny")
    assert cli("models", "path", f"st:{folder}").out.strip() == str(folder)
    assert cli("models", "path", f"st:{folder}", "--json").json["path"] == str(folder)
    reply = cli("models", "check", f"st:{folder}", "--json").json
    assert "model.safetensors" in {file["name"] for file in reply["files"]}


def test_a_damaged_model_is_not_sound(cli, tmp_path: Path) -> None:
    folder = _tiny(tmp_path / "tiny")
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:-9])
    done = cli("models", "check", f"st:{folder}")
    assert done.code == 1
    assert "problem: " in done.out


@pytest.mark.parametrize("command", ["check", "path", "pull"])
def test_a_model_that_is_not_here_is_an_error_with_a_remedy(cli, command: str) -> None:
    done = cli("models", command, "st:nobody/nothing-like-this")
    assert done.code == 1
    assert "nobody/nothing-like-this" in done.err
    assert len(done.err.splitlines()) == 1


def test_a_mistyped_adapter_is_a_usage_error(cli) -> None:
    done = cli("models", "path", "openclip:x")
    assert done.code == 2
    assert "open_clip" in done.err
