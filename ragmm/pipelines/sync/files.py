"""A plan as a file: looked at in the evening, carried out at night, refused where the sources moved on."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from ragmm.errors import NewerFormatError, StorageError, UsageError
from ragmm.pipelines.sync.plan import Change, Entry, Estimate, Plan
from ragmm.types import Failure

__all__ = ["FORMAT", "check_plan", "plan_record", "read_plan", "write_plan"]

FORMAT = 1
_MAX_BYTES = 1 << 30


def plan_record(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values; names that are not valid UTF-8 hold lone surrogates."""
    record = asdict(plan)
    record["entries"] = [{key: value for key, value in entry.items() if value} for entry in record["entries"]]
    return {"format": FORMAT, "counts": dict(plan.counts), **record}


def write_plan(plan: Plan, path: Path) -> None:
    """Written whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_text(json.dumps(plan_record(plan)), encoding="ascii")
        partial.replace(path)
    except OSError as error:
        raise StorageError(f"{path}: the plan cannot be written ({error.strerror})") from error


def read_plan(path: Path) -> Plan:
    """What `write_plan` wrote."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise UsageError(f"{path}: more than {_MAX_BYTES:,} bytes; a plan is smaller. Is it another file?")
        record = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: the plan cannot be read ({error.strerror}); name one that --plan wrote") from error
    except ValueError as error:
        raise UsageError(f"{path}: not a plan ({error}); make one with: ragmm sync PIPELINE --plan {path}") from error
    if isinstance(record, dict) and isinstance(record.get("format"), int) and record["format"] > FORMAT:
        raise NewerFormatError(
            f"{path}: plan format {record['format']}, this ragmm reads {FORMAT}; make the plan with this ragmm"
        )
    try:
        return _plan(record)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{path}: not a plan ({error!r}); make one with: ragmm sync PIPELINE --plan {path}") from error


def _plan(record: Mapping[str, Any]) -> Plan:
    values = {member.name: record[member.name] for member in fields(Plan) if member.name in record}
    entries = tuple(
        Entry(**{**entry, "change": Change(entry["change"]), "stamp": _stamp(entry.get("stamp"))})
        for entry in values.pop("entries")
    )
    failures = tuple(Failure(**one) for one in values.pop("failures"))
    estimate = Estimate(**values.pop("estimate"))
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return Plan(**{**values, **lists}, entries=entries, failures=failures, estimate=estimate)


def _stamp(values: Any) -> tuple[int, int, int, int] | None:
    if values is None:
        return None
    size, mtime_ns, ctime_ns, inode = (int(value) for value in values)
    return size, mtime_ns, ctime_ns, inode


def check_plan(given: Plan, now: Plan) -> None:
    """Raises UsageError where a plan does not hold any more: it is carried out as it was read, or not at all."""
    again = "make a new plan with --plan, and look at it"
    if given.collection != now.collection:
        raise UsageError(f"the plan is for {given.collection}, not for {now.collection}; {again}")
    if given.state != now.state:
        raise UsageError(f"{now.collection} changed since the plan was made for generation {given.generation}; {again}")
    if given.pipeline != now.pipeline:
        raise UsageError(f"the pipeline was edited since the plan was made; {again}")
    before, after = _work(given), _work(now)
    differing = sorted(before ^ after)
    if differing:
        raise UsageError(
            f"the sources do not match the plan any more: {len({one[1] for one in differing}):,} documents differ, "
            f"{differing[0][1]!r} among them; {again}"
        )


def _work(plan: Plan) -> set[tuple[str, str, str, str]]:
    return {(str(entry.change), entry.path, repr(entry.stamp), entry.was or "") for entry in plan.entries}
