"""The command `ragmm`: assembles the commands."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated

import typer

from ragmm import __version__
from ragmm.commands.shared import failures

__all__ = ["app", "main"]

# In the order of the help; each is a file of `ragmm.commands`.
_COMMANDS = (
    "init", "ingest", "rm", "sync", "purge", "query", "ls", "show", "chat", "inspect", "info", "history", "diff",
    "rollback", "snapshot", "verify", "repair", "digest", "compact", "quarantine", "reembed", "runs", "eval", "models",
    "doctor", "demo",
)  # fmt: skip

app = typer.Typer(
    name="ragmm",
    help="Ask questions over a folder of mixed documents, and see the pages, figures and photos the answers rest on.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help takes half the time
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Show the version or the help where no command is named."""
    if version:
        sys.stdout.write(f"ragmm {__version__}\n")
        raise typer.Exit
    if context.invoked_subcommand is None:
        sys.stdout.write(context.get_help() + "\n")


for _name in _COMMANDS:
    import_module(f"ragmm.commands.{_name}").register(app)


def main() -> int:
    """Run the command line; returns its exit code."""
    return failures.run(app, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
