"""Write the generated pages of docs/reference from the program itself, or check that they are in step with it."""

from __future__ import annotations

import argparse
import ast
import difflib
import inspect
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer.main

from ragmm import errors
from ragmm.cli import assembled
from ragmm.commands.shared import failures
from ragmm.config.names import MODEL_ROLES
from ragmm.config.reading import PIPELINE_KEYS
from ragmm.config.settings import Pipeline

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
NOTE = "<!-- Written by `make docs`; edit the program, not this page. -->\n\n"


def main() -> int:
    """Write, or with --check compare and say what differs."""
    parser = argparse.ArgumentParser(prog="python -m tools.make_reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where a page is out of step")
    wanted = parser.parse_args()
    pages = {"cli.md": cli_page(), "pipeline.md": pipeline_page(), "errors.md": errors_page()}
    if wanted.check:
        return check(pages)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"wrote {', '.join(pages)} in {FOLDER}")
    return 0


def check(pages: Mapping[str, str]) -> int:
    """Print the first differing lines of each page that is out of step."""
    stale = 0
    for name, text in pages.items():
        file = FOLDER / name
        found = file.read_text(encoding="utf-8") if file.is_file() else ""
        if found != text:
            stale += 1
            changes = difflib.unified_diff(found.splitlines(), text.splitlines(), f"docs/reference/{name}", "now", n=0)
            print("\n".join(list(changes)[:20]))
    if stale:
        print(f"{stale} generated pages are out of step; write them with: make docs")
    return int(stale > 0)


# The command line


def cli_page() -> str:
    """Every command with its arguments, options and example."""
    root = typer.main.get_command(assembled())
    parts = [f"# The command line\n\n{NOTE}{root.help}\n"]
    parts.append("`ragmm COMMAND --help` says the same. Results go to standard output, all else to standard error.\n")
    for name, command in commands(root):
        parts.append(f"## ragmm {name}\n\n{command.help}\n")
        parts.append(usage(name, command))
        parts.append(parameters(command))
        if command.epilog:
            parts.append(f"```sh\n{command.epilog.removeprefix('Example: ')}\n```\n")
    return "\n".join(parts).rstrip() + "\n"


def commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Names and commands, those of groups included."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name, command


def usage(name: str, command: Any) -> str:
    """The line that shows which words are needed."""
    words = [p.metavar if p.required else f"[{p.metavar}]" for p in command.params if p.param_type_name == "argument"]
    return f"`ragmm {' '.join([name, *words, '[OPTIONS]'])}`\n"


def parameters(command: Any) -> str:
    """A table of arguments and options."""
    rows = [[spelled(p), cell(p.help or ""), default_of(p)] for p in command.params if p.name != "help"]
    return table(["", "", "default"], rows) if rows else ""


def spelled(parameter: Any) -> str:
    """How it is written on the command line."""
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar}`"
    spellings = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    flag = parameter.is_flag or parameter.metavar is None
    return spellings if flag else f"{spellings} {parameter.metavar}"


def default_of(parameter: Any) -> str:
    """Empty where there is none worth saying."""
    value = parameter.default
    return "" if value in (None, False, "", []) or callable(value) else f"`{value}`"


# Pipeline files


def pipeline_page() -> str:
    """Every section and key of a pipeline file."""
    parts = [
        f"# Pipeline files\n\n{NOTE}A pipeline file is TOML. Every key is optional; an unknown key or a wrong value is "
        "an error that names the file, the line, the key and what is allowed. `ragmm init` writes a starter to edit.\n"
    ]
    own = [f for f in fields(Pipeline) if f.name in PIPELINE_KEYS]
    parts.append("## [pipeline]\n\n" + keys(Pipeline, own))
    for member in fields(Pipeline):
        if member.name not in (*PIPELINE_KEYS, "origin"):
            kind = get_type_hints(Pipeline)[member.name]
            parts.append(f"## [{member.name}]\n\n{section(member.name, kind)}")
    parts.append(roles())
    return "\n".join(parts).rstrip() + "\n"


def section(name: str, kind: type[Any]) -> str:
    """What the section is for, its keys, and those of tables inside it."""
    about = inspect.getdoc(kind) or ""
    about = "" if about.endswith("section of a pipeline file.") else about.partition("section: ")[2] or about
    plain = [f for f in fields(kind) if not tables_in(kind, f)]
    text = (about[:1].upper() + about[1:] + "\n\n" if about else "") + keys(kind, plain)
    for member in fields(kind):
        if inner := tables_in(kind, member):
            text += f"\n### [[{name}.{member.name}]]\n\n{inspect.getdoc(inner)}\n\n" + keys(inner, fields(inner))
    return text


def tables_in(kind: type[Any], member: Field[Any]) -> type[Any] | None:
    """The dataclass of an array of tables; None for a plain key."""
    hint = get_type_hints(kind)[member.name]
    inner = get_args(hint)[0] if get_origin(hint) is tuple else None
    return inner if isinstance(inner, type) and is_dataclass(inner) else None


def keys(kind: type[Any], members: typing.Iterable[Field[Any]]) -> str:
    """A table of keys with what they may hold."""
    hints, notes = get_type_hints(kind, include_extras=True), notes_of(kind)
    rows = [[f"`{f.name}`", allowed(hints[f.name]), written(f), cell(notes.get(f.name, ""))] for f in members]
    return table(["key", "value", "default", ""], rows)


def allowed(hint: Any) -> str:
    """What a key may hold, in words."""
    if get_origin(hint) is Annotated:
        kind, bounds = get_args(hint)
        return f"{allowed(kind)}, {bounds}"
    if isinstance(hint, types.UnionType):
        return allowed(next(kind for kind in get_args(hint) if kind is not type(None)))
    if get_origin(hint) is tuple:
        return f"list of {allowed(get_args(hint)[0])}"
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return ", ".join(f"`{member}`" for member in hint)
    return {str: "text", Path: "path", int: "whole number", float: "number", bool: "true or false"}[hint]


def written(member: Field[Any]) -> str:
    """The default as the file would say it."""
    if member.default is MISSING:
        return "needed"
    if member.default is None:
        return ""
    value = list(map(str, member.default)) if isinstance(member.default, tuple) else member.default
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`".replace("'", '"')


def notes_of(kind: type[Any]) -> dict[str, str]:
    """The text below each field in the class's source."""
    (body,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(body, ast.ClassDef)
    notes = {}
    for field, note in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(note, ast.Expr) and isinstance(note.value, ast.Constant):
            notes[ast.unparse(field.target)] = str(note.value.value)
    return notes


def roles() -> str:
    """Which adapters each model role takes."""
    rows = [
        [f"`models.{role}`", ", ".join(f"`{scheme}`" for scheme in schemes)] for role, schemes in MODEL_ROLES.items()
    ]
    more = "\nBesides them the names of what other packages bring: see [extend.md](../guide/extend.md).\n"
    return "## Which models a role takes\n\n" + table(["role", "names that begin with, or are"], rows) + more


# Errors


def errors_page() -> str:
    """The error tree with exit codes, and the codes that are no errors."""
    rows = []
    for name in errors.__all__:
        kind = getattr(errors, name)
        rows.append(
            [f"`{name}`", f"`{kind.__mro__[1].__name__}`", str(kind.exit_code), cell(inspect.getdoc(kind) or "")]
        )
    codes = [
        ["0", "done"],
        ["1", "an error without a code of its own"],
        ["2", "the call or the pipeline file is wrong"],
        [str(failures.DOCUMENTS_FAILED), "committed, but some documents failed; the report names them"],
        ["20", "the collection is damaged; `ragmm repair`"],
        ["21", "a space was built with another model"],
        ["22", "a newer ragmm wrote the collection"],
        ["30", "disk full, or no permission"],
        ["31", "more documents would be deleted than the guard allows"],
        ["75", "another process is writing to the collection; try again later"],
        [str(failures.INTERRUPTED), "interrupted (Ctrl-C); what was committed stays"],
        [str(failures.TERMINATED), "terminated (SIGTERM); what was committed stays"],
    ]
    known = {getattr(errors, name).exit_code for name in errors.__all__}
    assert known <= {int(code) for code, _ in codes}, f"exit codes without a line here: {known}"
    return (
        f"# Errors and exit codes\n\n{NOTE}## Exit codes of `ragmm`\n\n{table(['code', 'meaning'], codes)}\n"
        "With `--json` an error is printed on standard output as "
        '`{"error": {"type": "…", "message": "…", "exit_code": 2}}`.\n\n'
        "## Classes of `ragmm.errors`\n\nEverything ragmm raises is a `RagmmError`.\n\n"
        + table(["class", "is a", "exit code", ""], rows)
    )


# Markdown


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def cell(text: str) -> str:
    """One line that does not end the cell."""
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
