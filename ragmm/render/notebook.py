"""Values as a notebook shows them: HTML with its pictures inside, and Markdown; text of documents is inert in both."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterable
from html import escape

from ragmm.render.blocks import FactsBlock, ListBlock, PictureBlock, Shown, WordsBlock
from ragmm.render.terminal_images import thumbnail
from ragmm.render.text import safe
from ragmm.text.inert import inert

__all__ = ["html_of", "markdown_of"]

_FAINT = "opacity:.65;font-size:.9em"
_CELL = "text-align:left;padding:.1em .8em .1em 0"
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~$!&])")


def html_of(shown: Iterable[Shown]) -> str:
    """Without scripts, styles of the page or anything remote."""
    return f'<div style="line-height:1.45;max-width:60em">{"".join(map(_html, shown))}</div>'


def markdown_of(shown: Iterable[Shown]) -> str:
    """The same where HTML is not shown; a picture is named by its words."""
    return "\n\n".join(part for one in shown if (part := _markdown(one))) + "\n"


def _html(one: Shown) -> str:
    match one:
        case WordsBlock(text=text, strong=strong, faint=faint):
            words = escape(safe(text)).replace("\n", "<br>")
            return (
                f'<div style="{_FAINT}">{words}</div>'
                if faint
                else f"<div>{f'<b>{words}</b>' if strong else words}</div>"
            )
        case FactsBlock(rows=rows):
            cells = "".join(
                f'<tr><td style="{_CELL};opacity:.65">{_words(name)}</td><td style="{_CELL}">{_words(value)}</td></tr>'
                for name, value in rows.items()
            )
            return f"<table>{cells}</table>"
        case ListBlock(title=title, entries=entries, most=most):
            lines = "".join(f"<li>{_words(entry)}</li>" for entry in entries[:most])
            return f'<div>{_words(title)}</div><ul style="margin:0">{lines}</ul>{_left(one)}'
        case PictureBlock(words=words):
            data = _packed(one)
            return f'<img alt="{_words(words)}" src="data:image/png;base64,{data}">' if data else ""


def _markdown(one: Shown) -> str:
    match one:
        case WordsBlock(text=text, strong=strong, faint=faint):
            return _plain(text) if not (strong or faint) else f"**{_plain(text)}**" if strong else f"*{_plain(text)}*"
        case FactsBlock(rows=rows):
            lines = [f"| {_plain(name)} | {_plain(str(value))} |" for name, value in rows.items()]
            return "\n".join(["| | |", "| --- | --- |", *lines]) if lines else ""
        case ListBlock(title=title, entries=entries, most=most):
            return "\n".join([f"{_plain(title)}\n", *(f"- {_plain(entry)}" for entry in entries[:most]), _left(one)])
        case PictureBlock(words=words):
            return f"*Picture: {_plain(words)}*"


def _left(one: ListBlock) -> str:
    return f"and {len(one.entries) - one.most:,} more" if len(one.entries) > one.most else ""


def _words(value: object) -> str:
    return escape(safe(f"{value:,}" if isinstance(value, int) else str(value)))


def _plain(text: str) -> str:
    """On one line, with nothing that Markdown or the HTML in it would take for its own."""
    return _MARKS.sub(r"\\\1", " ".join(inert(text).split()))


def _packed(one: PictureBlock) -> str:
    image = thumbnail(one.file)
    if image is None:
        return ""
    target = io.BytesIO()
    image.save(target, "PNG")
    return base64.standard_b64encode(target.getvalue()).decode("ascii")
