"""The report of a night for people: what changed, what failed and why, how long it took, and how the hits drift."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Final

import ragmm
from ragmm.operate.drift import Drift
from ragmm.operate.journal import Run, RunState
from ragmm.operate.page import Cell, fold, page, table, tiles
from ragmm.pipelines.sync.night import Night
from ragmm.pipelines.sync.plan import Change, Entry
from ragmm.render.text import safe_name, shorten
from ragmm.types import Failure

__all__ = ["NightFacts", "night_page"]

_MOST_SHOWN: Final = 500
_NIGHTS_DRAWN: Final = 30
_GOOD, _DOUBTFUL, _BAD = "good", "doubtful", "bad"
_KINDS: Final = {RunState.DONE: _GOOD, RunState.DOCUMENTS_FAILED: _DOUBTFUL, RunState.STOPPED: _DOUBTFUL}


@dataclass(frozen=True, kw_only=True)
class NightFacts:
    """Everything that a report tells."""

    collection: str
    runs: Sequence[Run]
    """Newest first: the one reported on, and those before it."""
    night: Night | None
    """None where the run failed before it could say what it did."""
    error: str = ""
    drift: Drift | None = None
    warnings: Sequence[str] = ()


def night_page(facts: NightFacts) -> str:
    """One HTML file."""
    run = facts.runs[0]
    when = _time(run.begun.started)
    heading = (
        f"{escape(safe_name(facts.collection))}, {when} "
        f'<span class="state {_KINDS.get(run.state, _BAD)}">{escape(run.state)}</span>'
    )
    return page(f"{facts.collection}, {when}", heading, _sections(facts, run))


def _sections(facts: NightFacts, run: Run) -> Iterator[str]:
    yield _head(run)
    if facts.error:
        yield f'<p class="error">{escape(safe_name(facts.error))}</p>'
    night = facts.night
    if night is not None:
        yield _refusal(night)
        yield _numbers(night)
    yield _warnings([*facts.warnings, *(night.report.warnings if night else ())])
    if night is not None:
        yield _failures(night.report.failures)
        yield _changes(night.plan.entries)
        yield _unlisted(night)
    if facts.drift is not None:
        yield _drift(facts.drift)
    if night is not None:
        yield _work(night)
    yield _before(facts.runs)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def _head(run: Run) -> str:
    ended = run.ended
    facts = [f"ragmm {run.begun.command}", f"run {run.begun.id} on {run.begun.host}"]
    if ended is not None:
        facts += [f"{_duration(run.seconds or 0)}", f"generation {ended.generation}", f"exit code {ended.exit_code}"]
    return f'<p class="facts">{escape(safe_name(" · ".join([*facts, f"ragmm {ragmm.__version__}"])))}</p>'


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 2:
        return f"{seconds:.1f} s"
    return f"{minutes} min {rest} s" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _refusal(night: Night) -> str:
    if not night.refused:
        return ""
    return f'<p class="error">Nothing was deleted: {escape(safe_name(night.refused))}</p>'


def _numbers(night: Night) -> str:
    report = night.report
    values = [(f"{count:,}", state) for state, count in report.documents.items() if count or state == "unchanged"]
    made = {"embedded": report.embedded, "captioned": report.captioned, "found again": report.reused}
    extra = {"re-hashed": night.rehashed, "changed unseen": night.changed_unseen, "left for next time": night.left}
    values += [(f"{count:,}", name) for name, count in {**made, **extra}.items() if count]
    return tiles(values)


def _warnings(warnings: Sequence[str]) -> str:
    return "".join(f'<p class="note">{escape(safe_name(warning))}</p>' for warning in warnings[:_MOST_SHOWN])


def _failures(failures: Sequence[Failure]) -> str:
    """Reasons first: a hundred files that fail alike are one thing to look into."""
    if not failures:
        return ""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for one in failures[: 10 * _MOST_SHOWN]:
        by_reason[one.reason].append(one.uri)
    ordered = sorted(by_reason.items(), key=lambda pair: -len(pair[1]))[:_MOST_SHOWN]
    parts = [
        fold(f"{len(uris):,}: {shorten(reason, 160)}", table(["document"], ([uri] for uri in uris[:_MOST_SHOWN])))
        for reason, uris in ordered
    ]
    return f"<section><h2>Not read ({len(failures):,})</h2>{''.join(parts)}</section>"


_TITLES: Final = {
    Change.NEW: "New",
    Change.CHANGED: "Changed",
    Change.MOVED: "Moved",
    Change.DELETED: "Deleted",
    Change.FAILED_BEFORE: "Tried again",
    Change.STALE: "Read again with today's settings",
}


def _changes(entries: Sequence[Entry]) -> str:
    parts = []
    for change, title in _TITLES.items():
        mine = [entry for entry in entries if entry.change is change]
        rows = [[entry.uri, entry.was or "", entry.size if entry.stamp else None] for entry in mine[:_MOST_SHOWN]]
        more = f'<p class="small">and {len(mine) - _MOST_SHOWN:,} more</p>' if len(mine) > _MOST_SHOWN else ""
        parts.append(fold(f"{title} ({len(mine):,})", table(["document", "was", "bytes"], rows) + more if rows else ""))
    found = "".join(parts)
    return f"<section><h2>What was to be done</h2>{found}</section>" if found else ""


def _unlisted(night: Night) -> str:
    plan = night.plan
    if not plan.unlisted and not plan.protected:
        return ""
    words = f"{plan.protected:,} documents stay: where they came from could not be listed, or holds nothing any more."
    folders = table(["folder"], ([one] for one in plan.unlisted))
    return f"<section><h2>Could not be listed</h2><p>{words}</p>{folders}</section>"


def _drift(drift: Drift) -> str:
    if not drift.compared:
        return f"<section><h2>Fixed questions</h2><p>{drift.questions:,} asked for the first time.</p></section>"
    words = (
        f"{drift.compared:,} questions against generation {drift.since}: {drift.overlap:.0%} of the hits are the same, "
        f"agreement in order {drift.agreement:.0%}."
    )
    rows: list[list[Cell]] = [
        [shorten(one.question, 200) or one.qid, one.overlap, ", ".join(one.came[:5]), ", ".join(one.went[:5])]
        for one in drift.changed[:50]
    ]
    changed = fold(f"Changed ({len(drift.changed):,})", table(["question", "same", "came", "went"], rows))
    near: list[list[Cell]] = [[hub.uri, hub.questions, f"{hub.share:.0%}", hub.before] for hub in drift.hubs[:50]]
    hubs = fold(
        f"Documents near many questions ({len(drift.hubs):,})",
        table(["document", "questions", "share", "before"], near),
    )
    return f"<section><h2>Fixed questions</h2><p>{words}</p>{changed}{hubs}</section>"


_RATES: Final = {
    "documents": "documents a second",
    "items": "items a second",
    "captions_a_document": "captions a document",
    "usd": "USD a caption",
}
"""What of a night's measures is shown, where there is any of it."""


def _work(night: Night) -> str:
    stages = table(["stage", "seconds"], ([name, float(spent)] for name, spent in night.stages.items()))
    rates = table(
        ["measured", ""], ([words, float(night.rates[name])] for name, words in _RATES.items() if night.rates.get(name))
    )
    return f"<section><h2>Where the time went</h2>{stages}{rates}</section>" if stages or rates else ""


# The runs before -------------------------------------------------------------------------------------------------


def _before(runs: Sequence[Run]) -> str:
    shown = list(runs[:_NIGHTS_DRAWN])
    rows = [
        [
            _time(run.begun.started),
            run.state,
            _duration(run.seconds) if run.seconds is not None else "",
            *([run.ended.documents.get(name, 0) for name in _COUNTED] if run.ended else [None] * len(_COUNTED)),
        ]
        for run in shown
    ]
    drawn = _drawing([run for run in reversed(shown) if run.state != RunState.RUNNING])
    listed = fold("As a table", table(["begun", "state", "took", *_COUNTED], rows))
    return f"<section><h2>Runs</h2>{drawn}{listed}</section>"


_COUNTED: Final = ("added", "changed", "moved", "deleted", "failed")


def _drawing(runs: Sequence[Run]) -> str:
    """How long each took, oldest first, coloured by how it ended."""
    if len(runs) < 2:
        return ""
    longest = max(run.seconds or 0.0 for run in runs) or 1.0
    width, height = max(18 * len(runs), 120), 80
    bars = "".join(_bar(run, number, longest, height) for number, run in enumerate(runs))
    return (
        f'<svg viewBox="0 -16 {width} {height + 18}" width="{width}" height="{height + 18}" role="img" '
        'aria-label="duration of each run">'
        f'<text x="0" y="-3">{_duration(longest)}</text><line class="grid" x1="0" y1="0" x2="{width}" y2="0"/>'
        f'<line class="grid" x1="0" y1="{height}" x2="{width}" y2="{height}"/>{bars}</svg>'
    )


def _bar(run: Run, number: int, longest: float, height: int) -> str:
    size = max(2.0, height * (run.seconds or 0.0) / longest)
    words = f"{_time(run.begun.started)}: {run.state}" + (
        f", {_duration(run.seconds)}" if run.seconds is not None else ""
    )
    return (
        f'<rect class="{_KINDS.get(run.state, _BAD)}" x="{18 * number + 2}" y="{height - size:.1f}" width="14" '
        f'height="{size:.1f}" rx="2"><title>{escape(words)}</title></rect>'
    )
