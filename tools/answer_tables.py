"""Shares with their intervals, drawn by document: questions about one document stand or fall together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from rich.table import Table

from ragmm.evaluation.statistics import MeanEstimate, estimate
from tools.answer_judging import COLUMNS, Verdict

SEED = 20_240_229
ROUNDS = 2000
CHANGES = ("right", "alone", "wrong", "needless", "cited", "refusal.recall")
"""Metrics that two runs are compared by."""


def by_document(values: Sequence[float], documents: Sequence[str]) -> MeanEstimate:
    """The mean of at least one value and its 95 % interval, from whole documents drawn again and again, seeded.

    Where there is but one document, its questions are drawn.
    """
    if len(set(documents)) == 1:
        return estimate(values)
    names, places = np.unique(np.asarray(documents), return_inverse=True)
    sums = np.bincount(places, weights=np.asarray(values, dtype=np.float64))
    counts = np.bincount(places)
    drawn = np.random.default_rng(SEED).integers(0, len(names), size=(ROUNDS, len(names)))
    low, high = np.percentile(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1), [2.5, 97.5])
    return MeanEstimate(mean=float(np.mean(values)), low=float(low), high=float(high), questions=len(values))


def groups(verdicts: Iterable[Verdict]) -> dict[tuple[str, str], list[Verdict]]:
    """Each set whole ("all"), then by kind, in alphabetical order; where there are several sets, all of them last."""
    found: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for one in verdicts:
        found[one.set, "all"].append(one)
        found[one.set, one.kind].append(one)
    ordered = {key: found[key] for key in sorted(found, key=lambda key: (key[0], key[1] != "all", key[1]))}
    if len({name for name, _ in ordered}) > 1:
        ordered["all sets", "all"] = [one for (_, kind), row in ordered.items() if kind == "all" for one in row]
    return ordered


def shares(verdicts: Sequence[Verdict]) -> dict[str, MeanEstimate]:
    """Each metric over the questions that allow it."""
    found = {}
    for name in COLUMNS:
        rows = [one for one in verdicts if name in one.values]
        if rows:
            found[name] = by_document([one.values[name] for one in rows], [one.document for one in rows])
    return found


def shares_table(verdicts: Sequence[Verdict], title: str) -> Table:
    """A row a set and kind."""
    rows = {key: (len(row), shares(row)) for key, row in groups(verdicts).items()}
    return _table(title, COLUMNS.values(), rows, lambda found: [_share(found.get(name)) for name in COLUMNS])


def changes_table(before: Sequence[Verdict], after: Sequence[Verdict]) -> Table:
    """The differences over the questions that both runs asked and judged; an interval without 0 is marked."""
    known = {(one.set, one.qid): one for one in before}
    pairs = [one for one in after if (one.set, one.qid) in known]
    rows = {key: (len(row), changes(known, row)) for key, row in groups(pairs).items()}
    heads = [COLUMNS[name] for name in CHANGES]
    return _table("change", heads, rows, lambda found: [_change(found.get(name)) for name in CHANGES])


def changes(known: Mapping[tuple[str, str], Verdict], after: Sequence[Verdict]) -> dict[str, MeanEstimate]:
    """Each metric's mean change over the questions that allow it in both runs."""
    found = {}
    for name in CHANGES:
        rows = [one for one in after if name in one.values and name in known[one.set, one.qid].values]
        if rows:
            differences = [one.values[name] - known[one.set, one.qid].values[name] for one in rows]
            found[name] = by_document(differences, [one.document for one in rows])
    return found


def _table(
    title: str,
    heads: Iterable[str],
    rows: Mapping[tuple[str, str], tuple[int, Mapping[str, MeanEstimate]]],
    cells: Callable[[Mapping[str, MeanEstimate]], list[str]],
) -> Table:
    table = Table(title=title, title_justify="left")
    for head in ("set", "kind", "n"):
        table.add_column(head, justify="right" if head == "n" else "left", no_wrap=True)
    for head in heads:
        table.add_column(head, justify="right", no_wrap=False)
    for (name, kind), (count, found) in rows.items():
        table.add_row(name, kind, f"{count:,}", *cells(found), style="bold" if kind == "all" else None)
    return table


def _share(one: MeanEstimate | None) -> str:
    """The share, its interval, and over how many."""
    return f"{one.mean:.2f}\n{one.low:.2f}-{one.high:.2f}\nof {one.questions:,}" if one else ""


def _change(one: MeanEstimate | None) -> str:
    if one is None:
        return ""
    mark = "*" if one.low > 0 or one.high < 0 else ""
    return f"{one.mean:+.2f}{mark}\n{one.low:+.2f} {one.high:+.2f}\nof {one.questions:,}"
