"""The command `ragmm import`: vectors that another program has made, into a collection."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ragmm.commands.shared.finish import finish
from ragmm.commands.shared.options import CollectionOption, JsonOption, command
from ragmm.commands.shared.progress import shown_progress

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "import", example="ragmm import faiss_index/ -c papers --model st:all-MiniLM-L6-v2")(import_)


def import_(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            help="A store of LangChain or LlamaIndex, clip-retrieval's output, or *.npy with a *.jsonl.",
        ),
    ],
    collection: CollectionOption = "default",
    model: Annotated[
        str, typer.Option("--model", metavar="NAME", help="What made the vectors, as a pipeline file names it.")
    ] = "",
    form: Annotated[
        str, typer.Option("--form", metavar="FORM", help="langchain, llama-index, clip-retrieval or npy; else seen.")
    ] = "",
    normalise: Annotated[
        bool, typer.Option("--normalise", help="Take vectors of several lengths: their neighbours may be others.")
    ] = False,
    check: Annotated[
        int, typer.Option("--check", metavar="N", min=0, help="Items to embed anew and compare; 0: trust the name.")
    ] = 8,
    json: JsonOption = False,
) -> None:
    """Take in items and vectors that another program has made. Nothing is embedded but a few to compare."""
    from ragmm.exchange.importing import ImportOptions
    from ragmm.importing import import_vectors

    with shown_progress() as progress:
        options = ImportOptions(form=form, sample=check, normalise=normalise)
        report = import_vectors(folder, collection, model=model, options=options, progress=progress)
    finish(report, json)
