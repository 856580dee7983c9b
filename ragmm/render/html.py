"""A query's result as one HTML file: no script, no remote reference, pictures inside, fit for screen and paper."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence, Set
from html import escape
from importlib.resources import files
from itertools import zip_longest
from pathlib import Path

from ragmm.render.body import body, table_html
from ragmm.render.records import AssetPath
from ragmm.render.text import corrections_line, file_link, looks_like, place, places, read_as_line, safe, safe_name
from ragmm.types import Claim, Figure, Hit, QueryResult, StoredItem, Support

__all__ = ["html_report"]

_MOST_ALSO = 5
_MAGIC = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp", b"GIF8": "image/gif"}


def html_report(
    results: Iterable[QueryResult],
    asset_path: AssetPath,
    *,
    title: str = "",
    pictures: Sequence[bytes | None] = (),
) -> str:
    """Questions, answers, figures and sources, in that order, for each result; `pictures` are those asked with."""
    results = tuple(results)
    style = (files("ragmm.render") / "report.css").read_text(encoding="utf-8")
    heading = escape(safe(title or (results[0].question if results else "ragmm")))
    asked = zip_longest(results, pictures[: len(results)])
    body = "\n".join(
        _result(result, number, asset_path, picture) for number, (result, picture) in enumerate(asked, start=1)
    )
    policy = (
        f"default-src 'none'; img-src data:; style-src 'sha256-{_digest(style)}'; base-uri 'none'; form-action 'none'"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{heading}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _digest(style: str) -> str:
    return base64.standard_b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")


def _result(result: QueryResult, number: int, asset_path: AssetPath, picture: bytes | None) -> str:
    cited = result.cited
    sources = [hit for hit in result.hits if hit.rank in cited] or list(result.hits)
    others = [hit for hit in result.hits if hit not in sources]
    parts = [f'<article id="q{number}">', f"<h1>{escape(safe(result.question or 'What is like this picture?'))}</h1>"]
    parts += [f'<p class="asked">{_image(picture, "the picture asked with")}</p>' if picture else ""]
    parts += [f'<p class="note">{escape(read_as_line(result.read_as))}</p>' if result.read_as else ""]
    instead = escape(corrections_line(result.corrections))
    parts += [f'<p class="note">{instead}</p>' if instead else ""]
    parts += [_answer(result, number), _figures(result, number, asset_path)]
    # A picture is in the file once: among the figures, or else with its source.
    shown = {figure.asset for figure in _leading(result)}
    where = places([*sources, *others])
    parts += [_hits("Sources" if cited else "What was found", sources, number, asset_path, shown, where)]
    parts += [_hits("Also found", others, number, asset_path, shown, where), _footer(result), "</article>"]
    return "\n".join(part for part in parts if part)


def _answer(result: QueryResult, number: int) -> str:
    if result.answer is None:
        return ""
    kind = "answer abstained" if result.abstained else "answer"
    text = "".join(_claim(claim, number) for claim in result.claims) or f"<p>{_lines(result.answer.text)}</p>"
    notes = "".join(f'<p class="note">{_lines(warning)}</p>' for warning in dict.fromkeys(result.warnings))
    doubt = '<span class="doubt">perhaps</span> ' if result.answer.tentative else ""
    short = f'<p class="short">{doubt}{_lines(result.answer.short)}</p>' if result.answer.short else ""
    return f'<section class="{kind}">{short}{text}{notes}</section>'


def _claim(claim: Claim, number: int) -> str:
    ranks = dict.fromkeys(citation.rank for citation in claim.citations)
    marks = "".join(_mark(number, rank) for rank in ranks)
    doubt = "" if claim.support is Support.SUPPORTED else f'<span class="doubt">{claim.support.value}</span>'
    return f"<p>{_lines(claim.text)} {marks}{doubt}</p>"


def _mark(number: int, rank: int) -> str:
    return f'<a class="cite" href="#q{number}-{rank}">{rank}</a>'


def _leading(result: QueryResult) -> list[Figure]:
    """Pictures that stand above the sources: those the answer rests on, cited or of a cited document. Others stand with
    their hits."""
    paths = {hit.rank: hit.item.path for hit in result.hits}
    cited = {paths[rank] for rank in result.cited if rank in paths}
    return [figure for figure in result.figures if paths.get(figure.rank) in cited]


def _figures(result: QueryResult, number: int, asset_path: AssetPath) -> str:
    by_rank = {hit.rank: hit for hit in result.hits}
    shown = [(by_rank[figure.rank], figure.asset) for figure in _leading(result) if figure.rank in by_rank]
    frames = "".join(
        f"<figure>{_picture(asset_path(asset), hit)}<figcaption>{_mark(number, hit.rank)} "
        f"{escape(place(hit.item))}</figcaption></figure>"
        for hit, asset in shown
    )
    return f'<section class="figures">{frames}</section>' if frames else ""


def _hits(
    title: str, hits: Iterable[Hit], number: int, asset_path: AssetPath, shown: Set[str], where: Mapping[int, str]
) -> str:
    entries = "".join(_hit(hit, number, asset_path, shown, where[hit.rank]) for hit in hits)
    return f"<section><h2>{title}</h2><ol>{entries}</ol></section>" if entries else ""


def _also(hit: Hit) -> str:
    """The near-duplicates that share the hit's place."""
    places = [escape(place(item)) for item in hit.alternatives[:_MOST_ALSO]]
    more = f" and {len(hit.alternatives) - _MOST_ALSO} more" if len(hit.alternatives) > _MOST_ALSO else ""
    return f" · also at {', '.join(places)}{more}" if places else ""


def _hit(hit: Hit, number: int, asset_path: AssetPath, shown: Set[str], where: str) -> str:
    item = hit.item
    link = escape(file_link(item.path, page=item.locator.page))
    picture = _picture(asset_path(item.asset), hit) if item.asset and item.asset not in shown else ""
    text = f'<div class="text">{_text(item)}</div>' if item.text.strip() else ""
    legs = ", ".join(f"{leg.leg} {leg.rank}" for leg in hit.found_by)
    seen = f"{looks_like(item)} · " if item.metadata.get("looks_like") else ""
    return (
        f'<li id="q{number}-{hit.rank}" value="{hit.rank}"><p class="place"><a href="{link}">{escape(where)}</a> '
        f'<span class="kind">{item.modality.value}</span></p>{text}{picture}'
        f'<p class="small">{escape(seen)}relevance {hit.relevance:.2f} · score {hit.score:.3f} · '
        f"found by {escape(safe(legs))}{_also(hit)}</p></li>"
    )


def _text(item: StoredItem) -> str:
    return table_html(item.text, _lines) or _lines(body(item))


def _picture(file: Path, hit: Hit) -> str:
    words = str(hit.item.metadata.get("caption") or hit.item.text or looks_like(hit.item) or place(hit.item))[:300]
    return _image(file.read_bytes(), words) or f'<p class="small">{escape(safe_name(str(file)))}</p>'


def _image(data: bytes, words: str) -> str:
    """The picture itself; empty where a browser would not show it."""
    kind = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), None)
    packed = base64.standard_b64encode(data).decode("ascii")
    return f'<img alt="{escape(safe(words))}" src="data:{kind};base64,{packed}">' if kind else ""


def _footer(result: QueryResult) -> str:
    model = result.answer.model if result.answer else "search only"
    spent = result.timings_ms.get("total", sum(result.timings_ms.values()))
    return (
        f'<p class="small">{escape(safe(model))} · collection {escape(safe_name(result.collection))}, '
        f"generation {result.generation} · {spent:,.0f} ms</p>"
    )


def _lines(text: str) -> str:
    return escape(safe(text)).replace("\n", "<br>")
