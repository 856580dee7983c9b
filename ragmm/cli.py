"""The command `ragmm`: assembles the commands."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from ragmm import __version__
from ragmm.commands.shared import failures

__all__ = ["assembled", "main"]

# In the order of the help; each is a file of `ragmm.commands`.
_COMMANDS = (
    "init", "ingest", "rm", "sync", "purge", "query", "ls", "show", "chat", "inspect", "info", "history", "diff",
    "rollback", "snapshot", "export", "import", "verify", "repair", "digest", "compact", "quarantine", "reembed",
    "runs", "eval", "models", "doctor", "demo",
)  # fmt: skip


_HELP = "Ask questions over a folder of mixed documents, and see the pages, figures and photos the answers rest on."


def assembled(names: Sequence[str] = _COMMANDS) -> typer.Typer:
    """The command line with these commands: each costs an import, and its options' types are looked into."""
    made = typer.Typer(
        name="ragmm",
        help=_HELP,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # plain help takes half the time
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback(invoke_without_command=True)(_start)
    for name in names:
        import_module(f"ragmm.commands.{name}").register(made)
    return made


def _start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Show the version or the help where no command is named."""
    if version:
        sys.stdout.write(f"ragmm {__version__}\n")
        raise typer.Exit
    if context.invoked_subcommand is None:
        sys.stdout.write(context.get_help() + "\n")


def main() -> int:
    """Run the command line; returns its exit code."""
    arguments = sys.argv[1:]
    named = [name for name in arguments[:1] if name in _COMMANDS]
    return failures.run(assembled(named or _COMMANDS), arguments)


if __name__ == "__main__":
    sys.exit(main())
