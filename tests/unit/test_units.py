"""The files in docs/operate run what they say: the command line of each is taken out of it and run."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import ragmm
from ragmm.testing import FakeEmbedder

UNITS = Path(__file__).parents[2] / "docs" / "operate"


def of_systemd(text: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    return line.removeprefix("ExecStart=")


def of_cron(text: str) -> str:
    line = text.splitlines()[-1]
    assert line.split()[:6] == ["0", "2", "*", "*", "*", "ragmm"]
    return line.split("ragmm", 1)[1].strip()


def of_kubernetes(text: str) -> str:
    job = next(iter(yaml.safe_load_all(text)))
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["/bin/sh", "-c"]
    return str(container["args"][0])


def of_airflow(text: str) -> str:
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.keyword)]
    (command,) = [one.value for one in calls if one.arg == "bash_command"]
    return str(ast.literal_eval(command))


COMMANDS: dict[str, Callable[[str], str]] = {
    "ragmm-nightly.service": of_systemd,
    "ragmm-nightly.cron": of_cron,
    "cronjob.yaml": of_kubernetes,
    "airflow_dag.py": of_airflow,
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the files take for granted, below a folder of our own, after one night."""
    root = tmp_path_factory.mktemp("root")
    for folder in ("opt/ragmm/bin", "etc/ragmm", "var/lib/ragmm", "srv/documents"):
        (root / folder).mkdir(parents=True)
    program = root / "opt/ragmm/bin/ragmm"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m ragmm "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    (root / "srv/documents/a.txt").write_text("A document.", encoding="utf-8")
    pipeline = root / "etc/ragmm/nightly.toml"
    pipeline.write_text(
        f'[pipeline]\nname = "nightly"\n[sources]\npaths = ["{root}/srv/documents"]\n[models]\ncaption = "none"\n',
        encoding="utf-8",
    )
    models = ragmm.Models(embedders={"shared": FakeEmbedder(), "text": FakeEmbedder(name="words")})
    with ragmm.create(root / "var/lib/ragmm/nightly", pipeline=pipeline, models=models) as docs:
        assert docs.sync().report.documents["added"] == 1
    return root


def run(command: str, root: Path) -> subprocess.CompletedProcess[str]:
    """The command as it stands, but that /opt, /etc, /var and /srv lie below a folder of ours."""
    for folder in ("/opt/ragmm", "/etc/ragmm", "/var/lib/ragmm", "/srv/documents"):
        command = command.replace(folder, f"{root}{folder}")
    environment = {**os.environ, "RAGMM_HOME": str(root / "var/lib/ragmm"), "HF_HUB_OFFLINE": "1"}
    return subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, text=True, env=environment, cwd=root, timeout=100, check=False
    )


@pytest.mark.parametrize("name", [pytest.param(name, marks=[] if name.endswith("cron") else pytest.mark.slow)
                                  for name in COMMANDS])  # fmt: skip
def test_the_command_line_runs(name: str, installed: Path) -> None:
    done = run(COMMANDS[name]((UNITS / name).read_text(encoding="utf-8")), installed)
    assert done.returncode == 0, done.stderr
    out = done.stdout or (installed / "var/lib/ragmm/last-night.json").read_text(encoding="utf-8")
    night = json.loads(out.splitlines()[-1])
    assert (night["collection"], night["documents"]["unchanged"], night["exit_code"]) == ("nightly", 1, 0)


def test_all_run_the_same_night() -> None:
    words = "/opt/ragmm/bin/ragmm sync /etc/ragmm/nightly.toml --json"
    for name, command in COMMANDS.items():
        assert words in command((UNITS / name).read_text(encoding="utf-8")), name
    assert {path.name for path in UNITS.iterdir()} == {*COMMANDS, "ragmm-nightly.timer", "README.md", "promises.md"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_systemd_understands_the_unit_and_finds_it_confined(tmp_path: Path) -> None:
    for name in ("ragmm-nightly.service", "ragmm-nightly.timer"):
        text = (UNITS / name).read_text(encoding="utf-8").replace("/opt/ragmm/bin/ragmm", "/bin/true")
        (tmp_path / name).write_text(text, encoding="utf-8")
    files = [str(tmp_path / "ragmm-nightly.service"), str(tmp_path / "ragmm-nightly.timer")]
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True, check=False, timeout=60
    )
    complaints = [line for line in verified.stderr.splitlines() if "ragmm-nightly" in line]
    assert (verified.returncode, complaints) == (0, []), verified.stderr
    rated = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=20", files[0]],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    if "Unknown" in rated.stderr or "unrecognized" in rated.stderr:
        pytest.skip("this systemd-analyze rates no files")
    assert rated.returncode == 0, rated.stdout[-300:]


def test_the_unit_lets_parsers_lock_themselves_up() -> None:
    """What the parser's sandbox asks of the kernel is not forbidden; what it does not need is."""
    text = (UNITS / "ragmm-nightly.service").read_text(encoding="utf-8")
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    assert set(values["RestrictNamespaces"].split()) == {"user", "net", "ipc"}
    assert {"@system-service", "landlock_restrict_self"} <= set(values["SystemCallFilter"].split())
    expected = {
        "ProtectSystem": "strict", "PrivateTmp": "yes", "NoNewPrivileges": "yes", "ReadOnlyPaths": "/srv/documents",
        "User": "ragmm", "CapabilityBoundingSet": "", "SuccessExitStatus": "10",
    }  # fmt: skip
    assert {name: values[name] for name in expected} == expected
    assert "MemoryMax" in values


def test_the_pod_is_confined_and_its_documents_are_read_only() -> None:
    job, policy = yaml.safe_load_all((UNITS / "cronjob.yaml").read_text(encoding="utf-8"))
    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    security = container["securityContext"]
    assert (security["readOnlyRootFilesystem"], security["allowPrivilegeEscalation"]) == (True, False)
    assert pod["securityContext"]["runAsNonRoot"]
    mounts = {mount["name"]: mount.get("readOnly", False) for mount in container["volumeMounts"]}
    assert mounts["documents"]
    assert mounts.keys() == {volume["name"] for volume in pod["volumes"]}
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert "egress" not in policy["spec"]
