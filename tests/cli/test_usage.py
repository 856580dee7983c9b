"""What holds for every command: help with an example, errors as one line or one JSON value, no traceback."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

import ragmm
from ragmm.cli import assembled

EXPECTED = {
    "init", "ingest", "rm", "query", "ls", "show", "info", "history", "diff", "rollback", "snapshot", "verify",
    "repair", "digest", "compact", "models list", "models check", "models pull", "models path", "demo", "eval", "chat",
    "export", "import",
    "inspect", "doctor", "quarantine list", "quarantine retry", "quarantine clear",
    "reembed", "runs", "sync", "purge",
}  # fmt: skip


def _commands(group: Any = None, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in (group or typer.main.get_command(assembled())).commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before}{name} ")
        else:
            yield before + name, command


COMMANDS = dict(_commands())


def test_the_commands_are_those_that_are_tested() -> None:
    assert set(COMMANDS) == EXPECTED


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_has_an_example_that_parses(cli, name: str) -> None:
    done = cli(*name.split(), "--help")
    assert done.code == 0
    assert "Example: ragmm " + name in " ".join(re.sub(r"[│╭╰─╮╯]", " ", done.out).split())
    words = shlex.split(COMMANDS[name].epilog.removeprefix(f"Example: ragmm {name}"))
    COMMANDS[name].make_context(name, words)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_is_explained_and_json_is_there(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    assert [p.name for p in command.params if not p.help] == []
    assert "json" in {p.name for p in command.params}


def test_the_version(cli) -> None:
    assert cli("--version").out == f"ragmm {ragmm.__version__}\n"


def test_no_command_shows_the_help(cli) -> None:
    done = cli()
    assert done.code == 0
    assert "ingest" in done.out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["qury"], "Did you mean 'query'"),
        (["query", "--colection", "x"], "--colection"),
        (["ingest"], "PATH"),
        (["diff", "1"], "'B'"),
        (["rollback", "one"], "GENERATION"),
    ],
)
def test_a_wrong_call_is_one_line_or_one_value(cli, words: list[str], expected: str) -> None:
    done = cli(*words)
    assert done.code == 2
    assert done.out == ""
    assert len(done.err.splitlines()) == 1
    assert expected in done.err
    reply = cli(*words, "--json")
    assert (reply.code, reply.err) == (2, "")
    assert json.loads(reply.out)["error"]["exit_code"] == 2


def test_json_behind_dashes_is_a_word_like_others(cli) -> None:
    done = cli("query", "-c", "nothing", "--", "--json")
    assert done.out == ""
    assert done.err.startswith("ragmm: there is no collection")


def test_a_hostile_name_in_an_error_cannot_reach_the_terminal(cli) -> None:
    done = cli("info", "-c", "./\x1b[2Jevil\nname")
    assert "\x1b" not in done.err
    assert len(done.err.splitlines()) == 1


def test_a_reader_that_has_gone_ends_the_command_quietly() -> None:
    program = "import sys; sys.argv = ['ragmm', 'models', 'list']; from ragmm.cli import main; sys.exit(main())"
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False
    )
    os.close(writer)
    assert done.stderr == b""


def test_the_installed_command_and_the_module_are_the_same_program() -> None:
    done = subprocess.run([sys.executable, "-m", "ragmm.cli", "--version"], capture_output=True, timeout=60, check=True)
    assert done.stdout.decode().strip() == f"ragmm {ragmm.__version__}"
