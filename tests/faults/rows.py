"""What ragmm promises to survive, and which tests hold it to that: the table that `make faults` ends with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest

MARK = "rows"
"""The property of a test's report that names its rows."""

PROMISES = {
    "R1": "the process dies at any I/O step",
    "R2": "kill -9 at random times, real parsers",
    "R3": "power loss after any operation",
    "R4": "full disk, quota, I/O errors",
    "R5": "read-only collection",
    "R6": "sources unreadable or vanished",
    "R7": "several writers at once",
    "R8": "readers while generations change",
    "R9": "a slow reader and collection of garbage",
    "R10": "damaged files",
    "R11": "repair, and a crash during it",
    "R12": "the cache lost, cut, overwritten or old",
    "R13": "clocks that jump, times that lie",
    "R14": "files that change while they are read",
    "R15": "a million items",
    "R16": "delete, add again, update, move",
    "R17": "purging content for good",
    "R18": "another model",
    "R19": "a model download that broke",
    "R20": "a worker or a model out of memory",
    "R21": "a parser that hangs",
    "R22": "a parser that crashes",
    "R23": "a poison document",
    "R25": "collections of other formats",
    "R26": "copies and rollback while writing",
    "R27": "SIGTERM and SIGINT",
    "R28": "months of nights",
}
"""By row."""

ELSEWHERE = {"R15": "measured by make bench BENCH=nightly"}

HELD_BY: dict[str, Sequence[str]] = {
    "tests/faults/test_crash.py::test_crash_at_every_step_of_a_repair": ("R1", "R11"),
    "tests/faults/test_crash.py": ("R1",),
    "tests/faults/test_kill.py::test_signals_stop_cleanly": ("R27",),
    "tests/faults/test_kill.py": ("R2",),
    "tests/faults/test_power_loss.py": ("R3",),
    "tests/faults/test_full_disk.py::test_read_only_folder_can_be_read_and_refuses_writes": ("R5",),
    "tests/faults/test_full_disk.py": ("R4",),
    "tests/faults/test_sharing.py::test_second_writer_is_refused_at_once_and_served_after_a_kill": ("R7",),
    "tests/faults/test_sharing.py::test_two_writers_in_one_process": ("R7",),
    "tests/faults/test_sharing.py::test_sigkill_leaves_no_lock": ("R7",),
    "tests/faults/test_sharing.py::test_a_writer_killed_in_the_midst_of_sqlites_commit": ("R1",),
    "tests/faults/test_sharing.py::test_reader_keeps_its_generation_through_compaction_and_collection": ("R9",),
    "tests/faults/test_sharing.py": ("R8",),
    "tests/faults/test_damage.py::test_damaged_vectors_are_repaired": ("R11",),
    "tests/faults/test_damage.py::test_lost_images_send_their_documents_back_to_ingest": ("R11",),
    "tests/faults/test_damage.py::test_damaged_database_is_salvaged_or_refused": ("R11",),
    "tests/faults/test_damage.py::test_altered_rows_send_their_document_back_to_ingest": ("R11",),
    "tests/faults/test_damage.py::test_files_are_private": (),
    "tests/faults/test_damage.py": ("R10",),
    "tests/faults/test_sync_faults.py::test_what_cannot_be_listed": ("R6",),
    "tests/faults/test_sync_faults.py::test_a_folder_that_vanishes": ("R6",),
    "tests/faults/test_sync_faults.py::test_a_file_whose_stamp_cannot_be_read": ("R6",),
    "tests/faults/test_sync_faults.py::test_a_missing_root": ("R6",),
    "tests/faults/test_sync_faults.py::test_no_root_at_all": ("R6",),
    "tests/faults/test_sync_faults.py::test_an_empty_root": ("R6",),
    "tests/faults/test_sync_faults.py::test_the_guard": ("R6",),
    "tests/faults/test_sync_faults.py::test_moves_are_no_deletions": ("R6", "R16"),
    "tests/faults/test_sync_faults.py::test_a_night_killed_at_any_step": ("R1",),
    "tests/faults/test_sync_faults.py::test_a_document_that_takes_the_night_down": ("R23",),
    "tests/faults/test_sync_faults.py::test_a_file_that_changes_while_it_is_read": ("R14",),
    "tests/faults/test_sync_faults.py::test_of_several_nights_at_once": ("R7",),
    "tests/faults/test_life.py": ("R16",),
    "tests/faults/test_sync_purge.py": ("R17",),
    "tests/faults/test_vector_model.py": ("R16",),
    "tests/unit/test_sync.py::test_clocks_may_jump": ("R13",),
    "tests/unit/test_sync.py::test_a_change_that": ("R13",),
    "tests/unit/test_sync.py::test_every_file_is_hashed_once_in_seven_nights": ("R13",),
    "tests/unit/test_sync.py::test_a_file_written_within_the_clocks_grain": ("R13",),
    "tests/unit/test_sync.py::test_a_touched_file": ("R13",),
    "tests/unit/test_sync.py::test_losing_the_cache": ("R12",),
    "tests/unit/test_sync.py::test_a_poison_document": ("R23",),
    "tests/unit/test_sync.py::test_a_random_life": ("R16",),
    "tests/unit/test_sync_upkeep.py": ("R9",),
    "tests/hostile/test_worker_hostile.py::test_violent_documents_are_strikes": ("R22",),
    "tests/hostile/test_worker_hostile.py::test_forged_replies_are_refused": ("R22",),
    "tests/hostile/test_worker_hostile.py::test_endless_items_end": ("R22",),
    "tests/hostile/test_worker_hostile.py::test_a_server_that_dies_while_it_parses_costs_one_more_try": ("R22",),
    "tests/hostile/test_worker_hostile.py::test_computing_without_end": ("R21",),
    "tests/hostile/test_worker_hostile.py::test_time_is_bounded": ("R21",),
    "tests/hostile/test_worker_hostile.py::test_hung_documents_do_not_stop_the_others": ("R21",),
    "tests/unit/test_store.py::test_collection_leaves": ("R9",),
    "tests/unit/test_store.py::test_another_model_is_refused_naming_both": ("R18",),
    "tests/unit/test_store.py::test_a_newer_format_is_refused_before_anything_is_touched": ("R25",),
    "tests/unit/test_store.py::test_history_rollback_and_old_generations": ("R26",),
    "tests/unit/test_store.py::test_a_document_that_comes_back": ("R16",),
    "tests/unit/test_ingest.py::test_only_what_changed_is_embedded": ("R16",),
    "tests/unit/test_ingest.py::test_the_same_file_twice": ("R16",),
    "tests/unit/test_ingest.py::test_another_model_is_refused_before_anything_is_read": ("R18",),
    "tests/unit/test_ingest.py::test_a_file_that_changes_while_it_is_read_is_one_whole_version": ("R14",),
    "tests/unit/test_ingest.py::test_three_strikes_and_quarantine": ("R23",),
    "tests/unit/test_ingest.py::test_a_document_under_which_runs_die_is_suspected": ("R23",),
    "tests/unit/test_ingest.py::test_losing_the_cache_loses_no_data": ("R12",),
    "tests/unit/test_batching.py::test_a_batch_too_large_for_memory": ("R20",),
    "tests/unit/test_batching.py::test_a_single_input_too_large_for_memory": ("R20",),
    "tests/unit/test_batching.py::test_running_out_of_memory": ("R20",),
    "tests/unit/test_worker.py::test_a_file_that_keeps_changing_is_unstable": ("R14",),
    "tests/unit/test_worker.py::test_a_file_just_written_is_waited_for": ("R14",),
    "tests/unit/test_worker.py::test_a_change_in_the_same_tick_of_the_clock_is_not_missed": ("R14",),
    "tests/unit/test_model_files.py::TestCachedFiles::test_a_flipped_byte": ("R19",),
    "tests/unit/test_model_files.py::TestDamage::test_damaged_weights": ("R19",),
    "tests/unit/test_models.py::TestFinding::test_other_weights_in_the_package": ("R19",),
    "tests/unit/test_models.py::TestFinding::test_a_snapshot_without_weights": ("R19",),
    "tests/unit/test_models.py::TestFinding::test_no_network": ("R19",),
}
"""Rows by the beginning of a test's name, the first that fits; a test's own marker `row` comes before."""


def rows_of(item: pytest.Item) -> tuple[str, ...]:
    """The rows that a test belongs to."""
    marker = item.get_closest_marker("row")
    if marker is not None:
        unknown = [name for name in marker.args if name not in PROMISES]
        if unknown:
            raise pytest.UsageError(f"{item.nodeid} is marked with rows that nobody promised: {', '.join(unknown)}")
        return tuple(marker.args)
    return next((tuple(rows) for start, rows in HELD_BY.items() if item.nodeid.startswith(start)), ())


@dataclass
class Row:
    """What became of the tests of one row."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def result(self) -> str:
        if self.failed:
            return f"BROKEN by {self.failed}"
        if not self.passed:
            return "not tried here"
        return "held" + (f" ({self.skipped} not tried here)" if self.skipped else "")

    @property
    def tried(self) -> str:
        tests = f"{self.passed + self.failed:,} test{'s' if self.passed + self.failed != 1 else ''}"
        return ", ".join([tests, *(f"{count:,} {what}" for what, count in self.counts.items())])


def gather(reports: Iterable[tuple[str, pytest.TestReport]]) -> dict[str, Row]:
    """`reports`: (outcome, report) of every test; its rows are among its properties."""
    found = {name: Row() for name in PROMISES}
    for outcome, report in reports:
        properties = dict(report.user_properties)
        for number, name in enumerate(str(properties.pop(MARK, "")).split()):
            row = found[name]
            setattr(row, outcome, getattr(row, outcome) + 1)
            if outcome == "passed" and number == 0:  # counted once, with the row that it is about first of all
                for what, count in properties.items():
                    row.counts[what] += int(str(count))
    return found


def lines(found: dict[str, Row]) -> Iterator[str]:
    yield f"{'row':<5}{'what happens':<42}{'result':<26}tried"
    for name, row in found.items():
        tried = row.tried if row.passed + row.failed else ELSEWHERE.get(name, row.tried)
        yield f"{name:<5}{PROMISES[name]:<42}{row.result:<26}{tried}"
