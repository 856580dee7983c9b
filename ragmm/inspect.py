"""What was seen in one file: its items as data, and as an HTML page that draws each item's box on its page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

from ragmm.isolation.limits import Limits
from ragmm.loaders.parser import ParserPool
from ragmm.loaders.settings import LoaderSettings, PageImages
from ragmm.render.body import table_html
from ragmm.render.text import safe
from ragmm.types import Asset, Item, Modality

__all__ = ["Inspection", "inspect_file", "inspection_html"]

_LONGEST_TEXT = 1_200
_MOST_PAGES = 200
_KEPT = {
    PageImages.ALL: {"all", "pictures", "scanned"},
    PageImages.SCANNED: {"pictures", "scanned"},
    PageImages.NEVER: set[str](),
}
_STYLE = """
:root { color-scheme: light dark; --passage: #2563eb; --table: #15803d; --figure: #dc2626; --photo: #c2410c;
  --page: #7c3aed; --line: rgb(128 128 128 / .35); --lit: rgb(250 204 21 / .28); }
@media (prefers-color-scheme: dark) { :root { --passage: #7aa2ff; --table: #4ade80; --figure: #f87171;
  --photo: #fb923c; --page: #c4b5fd; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 1500px; padding: 1.2rem; }
h1 { font-size: 1.35rem; margin: 0 0 .6rem; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 2.2rem 0 .6rem; padding-top: .8rem; border-top: 1px solid var(--line); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0; font-size: .9em; }
dt { opacity: .7; } dd { margin: 0; overflow-wrap: anywhere; }
.key { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; margin: .9rem 0 0; padding: 0; list-style: none; }
.key li { border: 0; margin: 0; padding: 0; background: none; }
.key li::before { content: ""; display: inline-block; width: .8em; height: .8em; margin-right: .4em;
  border: 2px solid var(--kind); border-radius: 2px; }
nav { display: flex; flex-wrap: wrap; gap: .15rem .6rem; margin-top: .8rem; font-size: .9em; }
section { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 1.4rem; align-items: start; }
section.bare { grid-template-columns: minmax(0, 1fr); }
.sheet { position: sticky; top: .8rem; }
svg { display: block; width: 100%; max-height: 94vh; background: white; outline: 1px solid var(--line); }
rect { fill: var(--kind); fill-opacity: .05; stroke: var(--kind); stroke-width: 1.4; }
rect { vector-effect: non-scaling-stroke; }
svg .tag { fill-opacity: 1; stroke: none; } svg text { font: 700 8px system-ui, sans-serif; fill: white; }
svg { --passage: #2563eb; --table: #15803d; --figure: #dc2626; --photo: #c2410c; --page: #7c3aed; }
a:hover rect, a:focus-visible rect { fill-opacity: .3; stroke-width: 3; } svg a { outline: none; }
ol { list-style: none; margin: 0; padding: 0; }
li { border-left: 4px solid var(--kind); border-radius: 3px; padding: .25rem .8rem; margin: 0 0 .8rem;
  scroll-margin-top: 1rem; }
li:target { background: var(--lit); } li p { margin: .2rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.table p { font: 12.5px/1.45 ui-monospace, monospace; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .85em; margin: .3rem 0; }
th, td { border: 1px solid var(--line); padding: .15rem .5rem; text-align: left; vertical-align: top; }
.facts { opacity: .75; font-size: .85em; } .facts a { color: inherit; } li img { max-width: 100%; max-height: 240px; }
li img { display: block; margin: .3rem 0; background: white; }
.passage { --kind: var(--passage); } .table { --kind: var(--table); } .figure { --kind: var(--figure); }
.photo { --kind: var(--photo); } .page { --kind: var(--page); }
.note { color: #b45309; } @media (prefers-color-scheme: dark) { .note { color: #fbbf24; } }
@media (max-width: 800px) { section { grid-template-columns: 1fr; } .sheet { position: static; } }
@media print { :root { color-scheme: light; } nav { display: none; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  h2 { break-before: page; border: 0; } h2:first-of-type { break-before: auto; } .sheet { position: static; }
  li, img { break-inside: avoid; } svg { max-height: 240mm; } * { print-color-adjust: exact; } }
"""


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """A file as its loader sees it."""

    name: str
    sha256: str
    size: int
    media_type: str
    loader: str
    items: tuple[Item, ...]
    """Those that the settings ask for, in reading order."""
    pages: dict[int, Item]
    """Pictures of pages to draw on, whether or not the settings ask for them."""
    warnings: tuple[str, ...]
    cpu_seconds: float

    def as_dict(self) -> dict[str, Any]:
        """JSON-able: everything but the pictures themselves."""
        facts = {
            name: getattr(self, name) for name in ("name", "sha256", "size", "media_type", "loader", "cpu_seconds")
        }
        return {**facts, "warnings": list(self.warnings), "items": [_row(item) for item in self.items]}


def inspect_file(
    file: Path, settings: LoaderSettings | None = None, limits: Limits | None = None, *, pictures: bool = True
) -> Inspection:
    """Parse one file as ingest would, in a worker of its own; with `pictures` of its pages, to draw on.

    Raises DocumentError for what cannot be read.
    """
    settings = settings or LoaderSettings()
    shown = replace(settings, page_images=PageImages.ALL) if pictures else settings
    with ParserPool(shown, limits, 1) as pool, pool.parse(file) as document:
        found = list(document.items)
    kept = _KEPT[settings.page_images]
    return Inspection(
        name=document.name,
        sha256=document.sha256,
        size=document.size,
        media_type=document.media_type,
        loader=document.loader,
        items=tuple(item for item in found if item.metadata.get("page_image", "scanned") in kept or not _is_page(item)),
        pages={item.locator.page: item for item in found if _is_page(item) and item.locator.page is not None},
        warnings=document.warnings,
        cpu_seconds=document.cpu_seconds,
    )


def inspection_html(found: Inspection) -> str:
    """One file without scripts or remote references: each page with its items' boxes, and beside it the items."""
    title = escape(safe(found.name))
    groups = _by_page(found)
    body = "\n".join(_page(found, page, items) for page, items in groups[:_MOST_PAGES])
    left = f'<p class="note">Only the first {_MOST_PAGES} of {len(groups)} pages are drawn.</p>'
    policy = (
        f"default-src 'none'; img-src data:; style-src 'sha256-{_digest(_STYLE)}'; base-uri 'none'; form-action 'none'"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{_summary(found)}\n{_contents(groups)}\n"
        f"{body}\n{left if len(groups) > _MOST_PAGES else ''}\n</body>\n</html>\n"
    )


def _is_page(item: Item) -> bool:
    return item.modality is Modality.PAGE


def _row(item: Item) -> dict[str, Any]:
    where, asset = item.locator, item.asset
    return {
        "modality": str(item.modality),
        "page": where.page,
        "box": where.box,
        "section": list(where.section),
        "start": where.start,
        "end": where.end,
        "text": item.text,
        "context": item.context,
        "asset": asset
        and {"sha256": asset.sha256, "media_type": asset.media_type, "width": asset.width, "height": asset.height},
        "metadata": dict(item.metadata),
    }


def _by_page(found: Inspection) -> list[tuple[int | None, list[tuple[int, Item]]]]:
    pages: dict[int | None, list[tuple[int, Item]]] = {page: [] for page in sorted(found.pages)}
    for number, item in enumerate(found.items, start=1):
        pages.setdefault(item.locator.page, []).append((number, item))
    return list(pages.items())


def _summary(found: Inspection) -> str:
    counts = ", ".join(
        f"{count} {modality}"
        for modality in Modality
        if (count := sum(item.modality is modality for item in found.items))
    )
    facts = {
        "kind": found.media_type,
        "loader": found.loader,
        "size": f"{found.size:,} bytes",
        "sha256": found.sha256,
        "items": counts or "none",
        "time": f"{found.cpu_seconds:.2f} CPU-seconds",
    }
    rows = "".join(f"<dt>{name}</dt><dd>{escape(safe(value))}</dd>" for name, value in facts.items())
    notes = "".join(f'<p class="note">{escape(safe(note))}</p>' for note in found.warnings)
    kinds = "".join(
        f'<li class="{kind}">{kind}</li>' for kind in Modality if any(item.modality is kind for item in found.items)
    )
    return f'<dl>{rows}</dl><ul class="key" aria-label="colours of the boxes">{kinds}</ul>{notes}'


def _contents(groups: Sequence[tuple[int | None, object]]) -> str:
    """Links to the pages, where there are several."""
    pages = [page for page, _ in groups[:_MOST_PAGES] if page is not None]
    links = "".join(f'<a href="#page-{page}">{page}</a>' for page in pages)
    return f'<nav aria-label="pages">{links}</nav>' if len(pages) > 1 else ""


def _page(found: Inspection, page: int | None, items: Sequence[tuple[int, Item]]) -> str:
    picture = found.pages.get(page) if page is not None else None
    heading = f'<h2 id="page-{page}">Page {page}</h2>' if page is not None else ""
    drawing = _drawing(picture, items) if picture is not None else ""
    entries = "".join(_entry(number, item) for number, item in items) or '<li class="note">Nothing was found here.</li>'
    kind = "" if drawing else ' class="bare"'
    return f"{heading}<section{kind}>{drawing}<ol>{entries}</ol></section>"


def _drawing(picture: Item, items: Sequence[tuple[int, Item]]) -> str:
    box, asset = picture.locator.box, picture.asset
    if box is None or asset is None:
        return ""
    width, height = box[2] - box[0], box[3] - box[1]
    marks = "".join(_marks(items))
    return (
        f'<div class="sheet"><svg viewBox="0 0 {width:.1f} {height:.1f}" role="group" aria-label="the page with its '
        f'items"><image href="{_data(asset)}" width="{width:.1f}" height="{height:.1f}"/>{marks}</svg></div>'
    )


def _marks(items: Sequence[tuple[int, Item]]) -> Iterator[str]:
    for number, item in items:
        box = item.locator.box
        if box is None or _is_page(item):
            continue
        x0, y0, x1, y1 = box
        place = f'x="{x0:.1f}" y="{y0:.1f}" width="{max(1.0, x1 - x0):.1f}" height="{max(1.0, y1 - y0):.1f}"'
        tag = 5.0 * len(str(number)) + 4
        left, top = max(0.0, x0 - tag), max(0.0, y0)
        yield (
            f'<a id="box-{number}" class="{item.modality}" href="#item-{number}" aria-label="{item.modality} {number}">'
            f'<rect {place}/><rect class="tag" x="{left:.1f}" y="{top:.1f}" width="{tag:.1f}" height="10"/>'
            f'<text x="{left + 2:.1f}" y="{top + 8:.1f}">{number}</text></a>'
        )


def _entry(number: int, item: Item) -> str:
    facts = [str(item.modality), *item.locator.section[-3:]]
    facts += [f"{name}: {item.metadata[name]}" for name in ("label", "confidence") if name in item.metadata]
    text = item.text if len(item.text) <= _LONGEST_TEXT else item.text[:_LONGEST_TEXT] + " …"
    shown = item.asset is not None and not _is_page(item)
    picture = f'<img src="{_data(item.asset)}" alt="">' if shown and item.asset is not None else ""
    back = f'<a href="#box-{number}">{number}</a>' if item.locator.box else str(number)
    return (
        f'<li id="item-{number}" class="{item.modality}"><span class="facts">{back} · '
        f"{escape(safe(' · '.join(facts)))}</span>{picture}{_text(item, text)}</li>"
    )


def _text(item: Item, text: str) -> str:
    table = table_html(text, lambda cell: escape(safe(cell))) if item.modality is Modality.TABLE else ""
    return f'<div class="wide">{table}</div>' if table else f"<p>{escape(safe(text))}</p>"


def _data(asset: Asset) -> str:
    return f"data:{asset.media_type};base64,{base64.standard_b64encode(asset.data).decode('ascii')}"


def _digest(style: str) -> str:
    return base64.standard_b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
