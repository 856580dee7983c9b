"""The layers a machine can give, and what passes through to a parser process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ragmm.errors import ConfigError
from ragmm.isolation import landlock
from ragmm.isolation.limits import Limits
from ragmm.isolation.sandbox import LayerName, confine_server, layers, scrubbed_environment
from ragmm.loaders.parser import ParserPool


def test_every_layer_is_reported_with_its_reason() -> None:
    found = layers()
    assert {layer.name for layer in found} == set(LayerName)
    assert all(layer.detail for layer in found)
    limits = next(layer for layer in found if layer.name is LayerName.LIMITS)
    assert limits.active == (sys.platform == "linux")


def test_the_environment_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "hunter2")
    monkeypatch.setenv("LANG", "C.UTF-8")
    environment = scrubbed_environment()
    assert "hunter2" not in environment.values()
    assert environment["LANG"] == "C.UTF-8"
    assert "HOME" not in environment
    assert Path(environment["PYTHONPATH"].split(os.pathsep)[0], "ragmm", "types.py").is_file()


def test_a_layer_that_is_required_and_absent_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    every = layers()
    absent = [type(layer)(name=layer.name, active=False, detail="not here") for layer in every]
    monkeypatch.setattr("ragmm.isolation.sandbox.layers", lambda: absent)
    with pytest.raises(ConfigError, match="no-network is required and this machine has it not: not here"):
        ParserPool(require=[LayerName.NETWORK])


def test_a_layer_that_is_there_satisfies_the_requirement() -> None:
    there = [layer.name for layer in layers() if layer.active]
    ParserPool(require=there).close()


def test_another_system_gives_fewer_layers_and_does_not_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    found = confine_server()
    assert [layer.active for layer in found] == [False] * len(found)
    assert landlock.abi() == 0


def test_limits_never_raise_what_the_user_set() -> None:
    code = (
        "import resource\n"
        "from ragmm.isolation.limits import Limits\n"
        "from ragmm.isolation.sandbox import _limit_resources\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (30, 30))\n"
        "_limit_resources(Limits())\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(30, 30)"


@pytest.mark.skipif(landlock.abi() == 0, reason="this kernel has no Landlock")
def test_landlock_leaves_what_is_named_and_no_more(tmp_path: Path) -> None:
    for name in ("open", "closed", "scratch"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name, encoding="utf-8")
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from ragmm.isolation import landlock\n"
        "root = Path(sys.argv[1])\n"
        "landlock.restrict([root / 'open', root / 'absent'], [root / 'scratch'])\n"
        "def works(action):\n"
        "    try:\n"
        "        action()\n"
        "        return True\n"
        "    except PermissionError:\n"
        "        return False\n"
        "print([works((root / name / 'file').read_text) for name in ('open', 'closed', 'scratch')])\n"
        "print([works(lambda: (root / name / 'new').write_text('x')) for name in ('open', 'closed', 'scratch')])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[True, False, True]", "[False, False, True]"]


def test_limits_are_those_of_the_safety_plan() -> None:
    limits = Limits()
    assert (limits.memory_mb, limits.cpu_seconds, limits.wall_seconds, limits.file_mb) == (2048, 60, 120.0, 256)
    assert limits.slow_seconds == 1800.0
    assert (limits.items, limits.text_bytes, limits.assets, limits.asset_bytes) == (50_000, 50_000_000, 2_000, 10**9)
