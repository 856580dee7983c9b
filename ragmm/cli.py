"""The command `ragmm`: puts the groups of commands together."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ragmm import __version__
from ragmm.commands import (
    asking,
    building,
    chatting,
    demo,
    doctoring,
    evaluating,
    failures,
    inspecting,
    keeping,
    models,
    purging,
    quarantining,
    reembedding,
    running,
    syncing,
)

__all__ = ["app", "main"]

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


building.register(app)
syncing.register(app)
purging.register(app)
asking.register(app)
chatting.register(app)
inspecting.register(app)
keeping.register(app)
quarantining.register(app)
reembedding.register(app)
running.register(app)
evaluating.register(app)
models.register(app)
doctoring.register(app)
demo.register(app)


def main() -> int:
    """Run the command line; returns its exit code."""
    return failures.run(app, sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
