"""An evaluation as one HTML file: plots, tables, and the questions that failed; no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from typing import Final

from ragmm.evaluation.compare import RunComparison
from ragmm.evaluation.judging import EvalRun, Judged, JudgedPart
from ragmm.evaluation.plots import bars, changes_plot
from ragmm.evaluation.results import EvalReport, headline, verdict_words
from ragmm.render.text import safe, safe_name, shorten

__all__ = ["eval_html"]

_MOST_SHOWN: Final = 200


def eval_html(report: EvalReport) -> str:
    """The page."""
    run = report.run
    style = "".join(_css(*where) for where in (("ragmm.render", "report.css"), ("ragmm.evaluation", "evaluation.css")))
    digest = base64.standard_b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = escape(f"Evaluation of {safe_name(run.collection)}")
    sections = [_head(run), _metrics(run), _against(report.against), _routes(report), *_parts(run), _questions(run)]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        + "\n".join(section for section in sections if section)
        + "\n</main>\n</body>\n</html>\n"
    )


def _css(package: str, name: str) -> str:
    return (files(package) / name).read_text(encoding="utf-8")


def _head(run: EvalRun) -> str:
    models = ", ".join(f"{role} {name}" for role, name in run.models.items())
    facts = (
        f"{run.questions:,} questions · generation {run.generation} · k = {run.k} · legs {', '.join(run.legs)} · "
        f"{models} · ragmm {run.ragmm} · {run.created} · {run.seconds:,.0f} s"
    )
    warnings = "".join(f'<p class="note">{escape(safe(warning))}</p>' for warning in run.warnings)
    return f'<p class="facts">{escape(safe_name(facts))}</p>{warnings}'


def _metrics(run: EvalRun) -> str:
    rows = [
        [name, f"{one.mean:.3f}", f"{one.low:.3f} to {one.high:.3f}", f"{one.questions:,}"]
        for name, one in run.metrics.items()
    ]
    table = _table(["metric", "mean", "95 % interval", "questions"], rows)
    plot = bars(run.metrics, "every metric with its interval")
    return f"<section><h2>Metrics</h2>{plot}{_fold('As a table', table)}</section>"


def _against(comparison: RunComparison | None) -> str:
    if comparison is None:
        return ""
    rows = [
        [
            one.metric,
            f"{one.difference.before:.3f}",
            f"{one.difference.after:.3f}",
            f"{one.difference.change:+.3f}",
            f"{one.difference.low:+.3f} to {one.difference.high:+.3f}",
            f"{one.p:.3f}",
            f"{one.difference.questions:,}",
        ]
        for one in comparison.changes
    ]
    table = _table(["metric", "before", "now", "change", "95 % interval", "p", "questions"], rows)
    left = f" {comparison.left_out:,} questions of only one of the two are left out." if comparison.left_out else ""
    return (
        f"<section><h2>Against {escape(safe_name(comparison.source))}</h2>"
        f'<p class="small">{comparison.questions:,} questions that both asked.{left} A star marks changes beyond '
        "chance (paired permutation test, corrected for the number of metrics).</p>"
        f"{changes_plot(comparison.changes, 'change of every metric')}{_fold('As a table', table)}</section>"
    )


def _routes(report: EvalReport) -> str:
    if report.verdict is None:
        return ""
    names = headline(report.run)
    plots = "".join(
        f"<h2>{name}</h2>{bars({run.name: run.metrics[name] for run in report.routes if name in run.metrics}, name)}"
        for name in names
    )
    return (
        "<section><h2>Which route</h2>"
        f'<div class="answer"><p>{escape(safe_name(verdict_words(report.verdict)))}</p></div>{plots}</section>'
    )


def _parts(run: EvalRun) -> Iterable[str]:
    titles = {
        "What each leg finds alone": run.by_leg,
        "What texts and images give alone": run.by_kind,
        "By tag": run.by_tag,
    }
    for title, parts in titles.items():
        if parts:
            yield f"<section><h2>{title}</h2>{_part_table(run, parts)}{_part_plot(run, parts)}</section>"


def _part_table(run: EvalRun, parts: Sequence[JudgedPart]) -> str:
    worth = (*headline(run), "answer.token_f1", "answer.contains", "citation.if_found@5", "abstention.recall")
    shown = [name for name in worth if any(name in part.metrics for part in parts)]
    with_only = any(part.only for part in parts)
    rows = [
        [
            part.name,
            *(f"{part.metrics[name].mean:.3f}" if name in part.metrics else "" for name in shown),
            *([f"{part.only:,}"] if with_only else []),
        ]
        for part in parts
    ]
    return _table(["", *shown, *(["only this leg"] if with_only else [])], rows)


def _part_plot(run: EvalRun, parts: Sequence[JudgedPart]) -> str:
    name = headline(run)[-1]
    rows = {part.name: part.metrics[name] for part in parts if name in part.metrics}
    return bars(rows, name) if rows else ""


def _questions(run: EvalRun) -> str:
    missed = [one for one in run.results if one.expected and one.rank is None]
    late = sorted((one for one in run.results if (one.rank or 0) > 1), key=lambda one: -(one.rank or 0))
    parts = [
        _question_table(f"Not found within {run.k} ({len(missed):,})", missed),
        _question_table(f"Found, but not first ({len(late):,})", late),
    ]
    return "\n".join(part for part in parts if part)


def _question_table(title: str, results: Sequence[Judged]) -> str:
    if not results:
        return ""
    rows = [
        [
            shorten(safe_name(one.qid), 40),
            shorten(one.question, 300),
            str(one.rank or "–"),
            "; ".join(one.expected),
            "; ".join(one.found[:3]),
            ", ".join(f"{leg} {rank}" for leg, rank in one.leg_ranks.items() if rank) or "–",
            shorten(one.answer or "", 200),
        ]
        for one in results[:_MOST_SHOWN]
    ]
    more = f'<p class="small">and {len(results) - _MOST_SHOWN:,} more</p>' if len(results) > _MOST_SHOWN else ""
    head = ["qid", "question", "rank", "expected", "found first", "legs alone", "answer"]
    return _fold(title, _table(head, rows) + more)


def _fold(title: str, inner: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{inner}</details>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(safe(cell))}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{top}</tr>{body}</table></div>'


def _cell(text: str) -> str:
    number = text.replace(".", "", 1).replace(",", "").lstrip("+-").isdigit()
    kind = ' class="number"' if number else ""
    return f"<td{kind}>{escape(safe(text))}</td>"
