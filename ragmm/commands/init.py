"""The command `ragmm init`: a pipeline file to edit, and what its models need."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ragmm.commands.shared.opening import announce_profile
from ragmm.commands.shared.options import JsonOption, command
from ragmm.commands.shared.output import emit, show
from ragmm.errors import StorageError, UsageError
from ragmm.render.text import safe_name

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "init", example="ragmm init pipelines/reports.toml --starter both")(init)


def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")] = Path("ragmm.toml"),
    starter: Annotated[str, typer.Option("--starter", metavar="NAME", help="both, shared, text or nightly.")] = "both",
    profile: Annotated[str, typer.Option("--profile", metavar="NAME", help="mini, standard or max.")] = "mini",
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
    json: JsonOption = False,
) -> None:
    """Write a pipeline file to edit, and say what its models need."""
    from ragmm.config import default_pipeline, parse_pipeline
    from ragmm.config import starter as starter_text
    from ragmm.config.needs import model_needs
    from ragmm.optional import with_size

    default_pipeline(profile)
    text = starter_text(starter).replace('profile = "mini" ', f'profile = "{profile}" ')
    pipeline = parse_pipeline(text, source=str(file))
    _write_new(file, text, force=force)
    needs = model_needs(pipeline)
    if json:
        emit({"file": file, "starter": starter, "profile": profile, "models": needs})
        return
    show(f"Wrote {safe_name(str(file))}. Its models:")
    for need in needs:
        size = f" ({need.download_mb:,} MB, {need.licence})" if need.download_mb and not need.present else ""
        show(f"  {need.role:<8} {need.name}: {'here' if need.present else 'not here'}{size}")
    for extra in dict.fromkeys(need.extra for need in needs if need.extra):
        show(f"What runs them is not installed: {with_size(extra)}")
    for name in dict.fromkeys(need.pull for need in needs if not need.present):
        show(f"Fetch with: ragmm models pull {safe_name(name)}")
    announce_profile(pipeline)
    written = safe_name(str(file))
    followed = f"ragmm sync {written} --dry-run, once its [sources] name your folders"
    show(f"Next: {followed if starter == 'nightly' else f'ragmm ingest FOLDER -p {written}'}")


def _write_new(file: Path, text: str, *, force: bool) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w" if force else "x", encoding="utf-8") as target:
            target.write(text)
    except FileExistsError:
        raise UsageError(f"{file} is there already; choose another name, or overwrite it with --force") from None
    except OSError as error:
        raise StorageError(f"{file}: the pipeline file cannot be written ({error.strerror})") from error
