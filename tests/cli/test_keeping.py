"""info, history, diff, rollback, snapshot, verify, repair, digest and compact."""

from __future__ import annotations

import json
from pathlib import Path

from ragmm.indexes.store.lock import writer_lock


def test_info_says_what_it_is_made_of(cli, sample: Path, corpus: Path) -> None:
    facts = cli("info", "-c", sample, "--json").json
    assert facts["documents"] == sum(file.is_file() for file in corpus.rglob("*"))
    assert facts["generation"] == 1
    assert facts["routes"] == ["shared", "text"]
    assert "generation" in cli("info", "-c", sample).out


def test_history_diff_and_rollback_tell_one_story(cli, sample: Path) -> None:
    before = cli("digest", "-c", sample).out
    assert cli("rm", "timetable.csv", "-c", sample).code == 0
    assert cli("digest", "-c", sample).out != before
    assert cli("diff", 1, 2, "-c", sample, "--json").json["removed"] == ["timetable.csv"]
    assert cli("rollback", 1, "-c", sample, "--json").json == {"generation": 3, "restored": 1}
    assert cli("digest", "-c", sample).out == before
    assert len(cli("history", "-c", sample, "--json").json) == 3
    assert len(cli("history", "-c", sample).out.splitlines()) == 3


def test_rollback_to_nothing_is_an_error(cli, sample: Path) -> None:
    done = cli("rollback", 77, "-c", sample)
    assert done.code != 0
    assert "77" in done.err


def test_a_snapshot_is_a_collection_with_the_same_content(cli, sample: Path) -> None:
    done = cli("snapshot", "copy", "-c", sample, "--json")
    assert done.code == 0
    assert Path(done.json["path"]).name == "copy"
    assert (
        cli("digest", "-c", "./copy", "--json").json["digest"] == cli("digest", "-c", sample, "--json").json["digest"]
    )
    assert cli("verify", "-c", "./copy", "--deep").code == 0


def test_verify_finds_damage_and_repair_mends_it(cli, sample: Path) -> None:
    assert cli("verify", "-c", sample, "--deep", "--json").json["ok"]
    digest = cli("digest", "-c", sample, "--vectors").out
    block = next(file for file in (sample / "blocks").rglob("*.npy") if file.is_file())
    data = bytearray(block.read_bytes())
    data[-8] ^= 0xFF
    block.chmod(0o600)
    block.write_bytes(bytes(data))
    damaged = cli("verify", "-c", sample, "--deep")
    assert damaged.code == 20
    assert block.name in damaged.out
    reply = cli("verify", "-c", sample, "--deep", "--json")
    assert reply.code == 20
    assert not reply.json["ok"]
    assert {"file", "kind", "generation", "remedy"} <= set(reply.json["problems"][0])
    assert cli("repair", "-c", sample).code == 0
    assert cli("verify", "-c", sample, "--deep").code == 0
    assert cli("digest", "-c", sample, "--vectors").out == digest


def test_compact_keeps_the_content(cli, sample: Path) -> None:
    cli("rm", "timetable.csv", "-c", sample)
    digest = cli("digest", "-c", sample).out
    assert cli("compact", "-c", sample, "--json").code == 0
    assert cli("digest", "-c", sample).out == digest


def test_a_second_writer_is_sent_away(cli, sample: Path) -> None:
    Path("a.md").write_text("x y z\n", encoding="utf-8")
    with writer_lock(sample / "writer.lock"):
        done = cli("ingest", "a.md", "-c", sample)
    assert done.code == 75
    assert str(sample) in done.err or "sample" in done.err


def test_a_collection_that_is_not_there_is_named_with_the_remedy(cli) -> None:
    for command in ("info", "history", "verify", "repair", "digest", "compact", "ls"):
        done = cli(command, "-c", "nothing")
        assert done.code == 1, command
        assert "ragmm ingest" in done.err, command
        reply = cli(command, "-c", "nothing", "--json")
        assert json.loads(reply.out)["error"]["type"] == "CollectionNotFoundError", command
