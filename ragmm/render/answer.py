"""A query's result on a terminal: the answer, then its numbered sources with page, section, quotation and link."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import PurePath
from typing import TYPE_CHECKING

from ragmm.render.body import body, row_text
from ragmm.render.records import AssetPath
from ragmm.render.terminal_images import Protocol, encode, protocol_of, thumbnail
from ragmm.render.text import (
    corrections_line,
    file_link,
    looks_like,
    places,
    quoted,
    read_as_line,
    safe,
    safe_name,
    short_path,
)
from ragmm.types import Answer, Claim, Hit, QueryResult, Support

if TYPE_CHECKING:
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

__all__ = ["print_hits", "print_result"]

_INDENT = "      "
_FAINT = "not bold dim"


def print_result(result: QueryResult, asset_path: AssetPath, console: Console, *, pictures: bool = True) -> None:
    """The answer and its sources; without an answer, what was found."""
    from rich.text import Text

    cited = result.cited
    if result.read_as:
        console.print(Text(read_as_line(result.read_as), style="dim"))
    if result.corrections:
        console.print(Text(corrections_line(result.corrections), style="yellow"))
    protocol = protocol_of(sys.stdout) if pictures else None
    for line in _answer(result):
        console.print(line)
    sources = [hit for hit in result.hits if hit.rank in cited]
    others = [hit for hit in result.hits if hit.rank not in cited]
    where = places([*sources, *others])
    if sources:
        console.print("Sources", style="bold")
        _print_sources(result, sources, asset_path, console, protocol, where)
    if others:
        console.print("Also found" if sources else "Found" if result.answer is None else "Nearest", style="bold")
        print_hits(others, asset_path, console, protocol, {figure.rank for figure in result.figures}, where)
    if not result.hits:
        console.print("Nothing was found.")
    console.print(_footer(result), style="dim")


def print_hits(
    hits: Iterable[Hit],
    asset_path: AssetPath,
    console: Console,
    protocol: Protocol | None = None,
    shown: Set[int] = frozenset(),
    where: Mapping[int, str] | None = None,
) -> None:
    """One hit after the other: where it is, and how it begins; with the pictures of the ranks that are `shown`."""
    hits = list(hits)
    where = where or places(hits)
    for hit in hits:
        console.print(_heading(hit, where[hit.rank]))
        if text := quoted(body(hit.item), 160):
            console.print(_indented(text))
        elif hit.item.asset:
            console.print(_file(asset_path, hit.item.asset))
        if seen := looks_like(hit.item):
            console.print(_indented(seen))
        if protocol and hit.item.asset and hit.rank in shown:
            _print_picture(asset_path, hit.item.asset, protocol)


def _answer(result: QueryResult) -> Iterator[Text]:
    from rich.text import Text

    answer = result.answer
    if answer is None:
        yield from _warnings(result)
        return
    if answer.short:
        yield _short(answer)
    if answer.claims:
        yield Text(" ").join(_claim(claim) for claim in answer.claims)
    else:
        yield Text(safe(answer.text), style="yellow" if answer.abstained else "")
    yield from _warnings(result)
    yield Text()


def _warnings(result: QueryResult) -> Iterator[Text]:
    from rich.text import Text

    for warning in dict.fromkeys(result.warnings):
        yield Text(safe_name(warning), style="yellow")


def _short(answer: Answer) -> Text:
    from rich.text import Text

    if answer.tentative:
        return Text("Perhaps ", style="yellow").append(safe(answer.short or ""), style="bold yellow")
    return Text(safe(answer.short or ""), style="bold green")


def _claim(claim: Claim) -> Text:
    from rich.text import Text

    line = Text(safe(claim.text))
    for rank in dict.fromkeys(citation.rank for citation in claim.citations):
        line.append(f" [{rank}]", style="cyan")
    if claim.support is not Support.SUPPORTED:
        line.append(f" ({claim.support.value})", style="yellow")
    return line


def _print_sources(
    result: QueryResult,
    hits: Iterable[Hit],
    asset_path: AssetPath,
    console: Console,
    protocol: Protocol | None,
    where: Mapping[int, str],
) -> None:
    quotes = _quotes(result)
    shown = {figure.asset for figure in result.figures}
    for hit in hits:
        console.print(_heading(hit, where[hit.rank]))
        for quote in quotes.get(hit.rank) or [body(hit.item)]:
            # A picture without words of its own is quoted by its name, which stands above.
            if quote != PurePath(hit.item.uri).name and (text := quoted(row_text(quote))):
                console.print(_indented(text))
        if seen := looks_like(hit.item):
            console.print(_indented(seen))
        if hit.item.asset:
            console.print(_file(asset_path, hit.item.asset))
            if protocol and hit.item.asset in shown:
                _print_picture(asset_path, hit.item.asset, protocol)


def _quotes(result: QueryResult) -> dict[int, list[str]]:
    """What each source is quoted with, in the order of the claims, nothing twice."""
    quotes: dict[int, list[str]] = {}
    for citation in (citation for claim in result.claims for citation in claim.citations):
        if citation.quote and citation.quote not in quotes.setdefault(citation.rank, []):
            quotes[citation.rank].append(citation.quote)
    return quotes


def _heading(hit: Hit, words: str) -> Table:
    """The rank, and beside it the place: a second line of it does not run under the rank."""
    from rich.style import Style
    from rich.table import Table
    from rich.text import Text

    link = Style(bold=True, link=file_link(hit.item.path, page=hit.item.locator.page))
    where = Text(words, style=link, overflow="fold").append(f"  {hit.item.modality.value}", style=_FAINT)
    if hit.relevance:
        where.append(f"  relevance {hit.relevance:.2f}", style=_FAINT)
    if hit.alternatives:
        where.append(f"  and {len(hit.alternatives)} like it", style=_FAINT)
    line = Table.grid(padding=(0, 1, 0, 0), pad_edge=False)
    line.add_row(Text(f"{f'[{hit.rank}]':>5}", style="cyan"), where)
    return line


def _indented(text: str) -> Padding:
    from rich.padding import Padding
    from rich.text import Text

    return Padding(Text(text), (0, 0, 0, len(_INDENT)), expand=False)


def _file(asset_path: AssetPath, asset: str) -> Text:
    from rich.style import Style
    from rich.text import Text

    file = asset_path(asset)
    return Text(_INDENT).append(short_path(file), style=Style(dim=True, link=file_link(file)))


def _print_picture(asset_path: AssetPath, asset: str, protocol: Protocol) -> None:
    image = thumbnail(asset_path(asset))
    if image is not None:
        sys.stdout.write(_INDENT + encode(image, protocol) + "\n")
        sys.stdout.flush()


def _footer(result: QueryResult) -> str:
    model = result.answer.model if result.answer else "search only"
    spent = result.timings_ms.get("total", sum(result.timings_ms.values()))
    parts = [safe(model), f"{safe_name(result.collection)}, generation {result.generation}"]
    if result.answer and result.answer.degraded:
        parts.append("degraded")
    return " · ".join([*parts, f"{spent:,.0f} ms"])
