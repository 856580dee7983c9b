"""The command `ragmm init`: a pipeline file to edit, and what its models need."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ragmm.commands.shared.opening import announce_profile
from ragmm.commands.shared.options import JsonOption, command
from ragmm.commands.shared.output import emit, show
from ragmm.errors import StorageError, UsageError
from ragmm.render.text import safe_name

if TYPE_CHECKING:
    from ragmm.config import Pipeline
    from ragmm.config.needs import ModelNeed

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    command(app, "init", example="ragmm init pipelines/reports.toml --starter both")(init)


def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")] = Path("ragmm.toml"),
    starter: Annotated[str, typer.Option("--starter", metavar="NAME", help="both, shared, text or nightly.")] = "both",
    profile: Annotated[str, typer.Option("--profile", metavar="NAME", help="mini, standard or max.")] = "mini",
    sample: Annotated[
        Path | None,
        typer.Option("--sample", metavar="FOLDER", help="Look at a few documents there: which languages are they in?"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
    json: JsonOption = False,
) -> None:
    """Write a pipeline file to edit, and say what its models need."""
    from ragmm.config import default_pipeline, parse_pipeline, starter_for
    from ragmm.config.needs import model_needs

    default_pipeline(profile)
    text = starter_for(file, starter, profile)
    pipeline = parse_pipeline(text, source=str(file))
    spoken = _languages(sample, pipeline) if sample is not None else {}
    _write_new(file, text, force=force)
    needs = model_needs(pipeline)
    if json:
        languages = {"languages": spoken} if sample is not None else {}
        emit({"file": file, "starter": starter, "profile": profile, "models": needs, **languages})
        return
    written = safe_name(str(file))
    show(f"Wrote {written}. Its models:")
    for need in needs:
        size = f" ({need.download_mb:,} MB, {need.licence})" if need.download_mb and not need.present else ""
        show(f"  {need.role:<8} {need.name}: {need.state}{size}")
    _show_missing(needs, written)
    _propose(spoken, pipeline, written)
    announce_profile(pipeline)
    first = "Next" if all(need.ready for need in needs) else "Then"
    if starter == "nightly":
        show(f"{first}: ragmm sync {written} --dry-run, once its [sources] name your folders")
    else:
        show(f'{first}: ragmm ingest FOLDER -p {written}, and ask: ragmm query "…" -c {safe_name(pipeline.name)}')


def _languages(folder: Path, pipeline: Pipeline) -> dict[str, int]:
    """Documents of a sample by their language, the most frequent first."""
    from ragmm.loaders.sampling import languages_in
    from ragmm.wiring import build_parser

    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder} to look at; --sample takes the folder of your documents")
    with build_parser(pipeline) as pool:
        return dict(languages_in(folder, pool).most_common())


def _is_one_of_sixteen(language: str) -> bool:
    """Whether the model multilingual knows a language or script, as `languages_in` names them."""
    return language.islower() or language in {"ARABIC", "CJK", "CYRILLIC", "HANGUL", "KANA", "THAI"}


def _propose(spoken: dict[str, int], pipeline: Pipeline, written: str) -> None:
    """The multilingual text model, where the sample is in languages that it knows and the profile's does not."""
    from ragmm.optional import MEGABYTES

    others = [language for language in spoken if language != "en"]
    if pipeline.profile != "mini" or "text" not in pipeline.routes or not any(map(_is_one_of_sixteen, others)):
        return
    count = sum(spoken[one] for one in others)
    show(f"Of {sum(spoken.values())} documents looked at, {count} are not English ({', '.join(others)}).")
    show("mini's text model knows English. One for sixteen languages, which also finds across them:")
    show(f"  ragmm models pull multilingual ({MEGABYTES['multilingual']} MB)")
    show(f'  and in {written}, under [models]: text = "multilingual"')


def _show_missing(needs: Sequence[ModelNeed], written: str) -> None:
    """What is to be installed and fetched before anything can be read, with its size, and what would do instead."""
    from ragmm.optional import with_size

    for extra in dict.fromkeys(need.extra for need in needs if need.extra):
        show(f"What runs them is not installed: {with_size(extra)}")
    missing = {need.name: need for need in needs if not need.present}
    if not missing:
        return
    show(f"First fetch what is not here, {sum(need.download_mb for need in missing.values()):,} MB:")
    for remedy in dict.fromkeys(need.remedy for need in missing.values()):
        show(f"  {safe_name(remedy)}")
    show(f"Or name a model's folder, or a server such as Ollama, in {written}: the lines are there to uncomment.")


def _write_new(file: Path, text: str, *, force: bool) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w" if force else "x", encoding="utf-8") as target:
            target.write(text)
    except FileExistsError:
        raise UsageError(f"{file} is there already; choose another name, or overwrite it with --force") from None
    except OSError as error:
        raise StorageError(f"{file}: the pipeline file cannot be written ({error.strerror})") from error
