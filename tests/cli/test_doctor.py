"""doctor, quarantine and inspect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ragmm.doctor as doctor_module
from ragmm.doctor import FLOORS, State, exit_code, version_findings
from ragmm.errors import NewerFormatError
from ragmm.indexes.store.cache import Cache
from ragmm.indexes.store.lock import writer_lock
from ragmm.isolation.sandbox import Layer, LayerName
from ragmm.operate import journal
from ragmm.operate.fitness import file_system_checks
from ragmm.operate.journal import Begun, Ended
from ragmm.optional import OptionalPackage

# doctor


@pytest.fixture(autouse=True)
def _models_are_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ragmm.config.needs._present", lambda role, name: name != "st:absent")


def states(reply) -> dict[tuple[str, str], str]:
    return {(one["area"], one["name"]): one["state"] for one in reply["findings"]}


def test_a_sound_collection_is_no_problem(cli, sample: Path) -> None:
    reply = cli("doctor", "-c", sample, "--json")
    assert reply.code == 0
    assert reply.json["ok"]
    seen = states(reply.json)
    assert seen["collection", "sample"] == "ok"
    assert seen["models", "vlm"] == "ok"
    assert {name for area, name in seen if area == "sandbox"} == {str(name) for name in LayerName}
    assert {area for area, _ in seen} == {"environment", "packages", "sandbox", "models", "disk", "collection"}
    assert "0 problem" in cli("doctor", "-c", sample).out


def test_what_a_night_needs_is_looked_at(cli, sample: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.txt").write_text("a", encoding="utf-8")
    file = tmp_path / "p.toml"
    file.write_text(
        '[sources]\npaths = ["full", "empty", "gone", "s3://bucket/x"]\n[models]\ncaption = "none"\n'
        '[operate]\nreports = "reports"\nlog = "full/a.txt/log"\nquestions = "none.jsonl"\nwebhook = "ftp://x"\n'
        'on_failure = ["/no/such/program"]\n',
        encoding="utf-8",
    )
    found = cli("doctor", "-c", sample, "-p", file, "--json")
    assert found.code == 0, "what makes a night less is a warning"
    seen = states(found.json)
    assert {name.rpartition("/")[2]: state for (area, name), state in seen.items() if area == "sources"} == {
        "full": "ok", "empty": "warning", "gone": "warning",
    }  # fmt: skip
    assert {name: state for (area, name), state in seen.items() if area == "operate"} == {
        "reports": "ok", "log": "warning", "questions": "warning", "webhook": "warning", "on_failure": "warning",
    }  # fmt: skip
    assert "unmounted" in cli("doctor", "-c", sample, "-p", file).out


def test_a_last_run_that_failed_and_staged_vectors_are_said(cli, sample: Path) -> None:
    journal.begin(sample, Begun(id="1", command="sync n.toml", started=1.0))
    journal.end(sample, Ended(id="1", ended=2.0, exit_code=31, error="9 of 10 documents are gone"))
    journal.begin(sample, Begun(id="2", command="sync n.toml", started=1.5))
    journal.end(sample, Ended(id="2", ended=1.6, exit_code=75, error="another process is writing"))
    assert cli("reembed", "--with", "st:other", "-c", sample, "--space", "text", "--no-switch").code == 0
    done = cli("doctor", "-c", sample)
    assert "9 of 10 documents are gone" in done.out
    assert "--abandon" in done.out
    seen = states(cli("doctor", "-c", sample, "--json").json)
    assert (seen["collection", "last run"], seen["collection", "staged text"]) == ("warning", "note")


@pytest.mark.parametrize(("kind", "complaints"), [("ext4", 0), ("nfs4", 1), ("fuse.sshfs", 1)])
def test_a_collection_on_a_network_file_system_is_a_risk(kind: str, complaints: int, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"x / ext4 rw 0 0\nserver:/x {tmp_path} {kind} rw 0 0\nx /proc proc rw 0 0\n", encoding="utf-8")
    assert len(list(file_system_checks(tmp_path / "docs", mounts))) == complaints
    assert not list(file_system_checks(tmp_path, tmp_path / "no such file"))


def test_without_a_collection_there_is_only_a_note(cli) -> None:
    reply = cli("doctor", "--json")
    assert reply.code == 0
    assert states(reply.json)["collection", "default"] == "note"


def test_a_collection_that_was_asked_for_and_is_not_there_is_a_problem(cli) -> None:
    reply = cli("doctor", "-c", "nothing", "--json")
    assert reply.code == 1
    assert states(reply.json)["collection", "nothing"] == "problem"


def test_damage_exits_with_its_own_code(cli, sample: Path) -> None:
    block = next((sample / "blocks").rglob("*.npy"))
    block.chmod(0o600)
    block.write_bytes(block.read_bytes()[:-7])
    done = cli("doctor", "-c", sample)
    assert done.code == 20
    assert block.name in done.out
    assert "ragmm repair" in done.out


def test_an_absent_model_is_a_problem_with_its_remedy(cli, tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text('[pipeline]\nroutes = ["text"]\n[models]\ntext = "st:absent"\ncaption = "none"\n', encoding="utf-8")
    done = cli("doctor", "-p", file)
    assert done.code == 1
    assert "ragmm models pull st:absent" in done.out


def test_a_layout_model_that_is_asked_for_and_not_there_is_said(
    cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "p.toml"
    file.write_text('[loaders]\ntables = "model"\n', encoding="utf-8")
    there = {"layout": True}
    monkeypatch.setattr(OptionalPackage, "installed", property(lambda one: there.get(one.extra, True)))
    assert "layout model" not in cli("doctor", "-p", file).out
    there["layout"] = False
    found = states(cli("doctor", "-p", file, "--json").json)
    assert found["models", "tables"] == "warning"
    assert "pip install 'ragmm[layout]'" in cli("doctor", "-p", file).out
    assert ("models", "tables") not in states(cli("doctor", "--json").json)


def test_a_pipeline_with_another_model_than_the_collections_is_said(cli, sample: Path, tmp_path: Path) -> None:
    file = tmp_path / "p.toml"
    file.write_text('[models]\ntext = "st:another"\ncaption = "none"\n', encoding="utf-8")
    seen = states(cli("doctor", "-c", sample, "-p", file, "--json").json)
    assert seen["collection", "space text"] == "warning"
    assert ("collection", "space shared") not in seen
    assert "ragmm reembed --with st:another --space text" in cli("doctor", "-c", sample, "-p", file).out


@pytest.mark.parametrize("floor", FLOORS, ids=lambda floor: floor.package)
def test_an_older_version_is_named_with_its_hole(floor) -> None:
    older = {"pillow": "12.2.9", "torch": "2.5.1+cpu", "pdfminer.six": "20251107"}.get(floor.package, "0.9")
    (found,) = version_findings(lambda name: older if name == floor.package else None)
    assert found.state is State.WARNING
    assert floor.hole in found.detail
    assert floor.version in found.remedy
    (fine,) = version_findings(lambda name: f"{floor.version}.1+cu132" if name == floor.package else None)
    assert (fine.state, fine.remedy) == (State.OK, "")


def test_both_faiss_packages_are_one_too_many() -> None:
    def faiss(*here: str):
        return list(doctor_module._faiss(lambda name: "1.15" if name in here else None))

    assert faiss("faiss-cpu") == []
    assert faiss("faiss-cpu", "faiss-gpu")[0].state is State.WARNING
    assert faiss()[0].state is State.NOTE


def test_a_missing_layer_is_a_warning_and_not_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    off = Layer(name=LayerName.NETWORK, active=False, detail="no network namespace: not permitted")
    monkeypatch.setattr("ragmm.isolation.sandbox.layers", lambda: [off])
    (found,) = doctor_module._sandbox()
    assert found.state is State.WARNING
    assert exit_code([found]) == 0


def test_a_full_disk_is_a_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor_module.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 50_000_000}))
    found = list(doctor_module._disk(str(tmp_path / "c")))
    assert {one.state for one in found} == {State.PROBLEM}
    assert exit_code(found) == 1


def test_the_worst_problem_decides_the_exit_code() -> None:
    problem = doctor_module._problem("c", NewerFormatError("newer"))
    assert exit_code([problem, *doctor_module._environment()]) == 22


# quarantine


def strike(sample: Path, path: str, times: int) -> None:
    with Cache(sample / "cache.db") as cache:
        for _ in range(times):
            cache.strike(path, path.encode().hex().ljust(64, "0")[:64], "parser", "it crashed", died=True)


def test_strikes_are_listed_forgiven_and_cleared(cli, sample: Path) -> None:
    for path, times in (("/in/bad.pdf", 3), ("/in/odd.pdf", 1), ("/in/worse.pdf", 3)):
        strike(sample, path, times)
    rows = {row["path"]: row for row in cli("quarantine", "list", "-c", sample, "--json").json}
    assert {path: (row["state"], row["deaths"]) for path, row in rows.items()} == {
        "/in/bad.pdf": ("out", 3),
        "/in/odd.pdf": ("tried again", 1),
        "/in/worse.pdf": ("out", 3),
    }
    assert "it crashed" in cli("quarantine", "list", "-c", sample).out
    retried = cli("quarantine", "retry", "bad.pdf", "-c", sample, "--json")
    assert retried.json == {"forgiven": ["/in/bad.pdf"]}
    assert "reads it again" in cli("quarantine", "clear", "-c", sample).out
    assert cli("quarantine", "list", "-c", sample, "--json").json == []
    assert "nothing is in quarantine" in cli("quarantine", "clear", "-c", sample).out


def test_only_whole_names_are_forgiven(cli, sample: Path) -> None:
    strike(sample, "/in/bad.pdf", 3)
    done = cli("quarantine", "retry", "ad.pdf", "-c", sample)
    assert done.code == 2
    assert "ragmm quarantine list" in done.err
    assert len(cli("quarantine", "list", "-c", sample, "--json").json) == 1


def test_forgiving_waits_for_no_writer_and_listing_needs_none(cli, sample: Path) -> None:
    strike(sample, "/in/bad.pdf", 3)
    with writer_lock(sample / "writer.lock"):
        assert cli("quarantine", "clear", "-c", sample).code == 75
        assert len(cli("quarantine", "list", "-c", sample, "--json").json) == 1


def test_listing_makes_and_changes_no_cache(cli, sample: Path) -> None:
    (sample / "cache.db").unlink(missing_ok=True)
    assert cli("quarantine", "list", "-c", sample, "--json").json == []
    assert not (sample / "cache.db").exists()
    (sample / "cache.db").write_bytes(b"not a database at all, but long enough to be looked at" * 40)
    assert cli("quarantine", "list", "-c", sample, "--json").json == []
    assert (sample / "cache.db").read_bytes().startswith(b"not a database")


# inspect


def test_inspect_lists_what_is_seen_and_draws_it(cli, corpus: Path) -> None:
    file = corpus / "notes" / "crew-handbook.md"
    done = cli("inspect", file, "--html", "seen.html")
    assert done.code == 0
    assert "passage" in done.out
    assert "70 minutes" in Path("seen.html").read_text(encoding="utf-8")
    reply = cli("inspect", file, "--json").json
    assert {"passage"} <= {item["modality"] for item in reply["items"]}


def test_inspect_says_why_a_file_cannot_be_read(cli) -> None:
    Path("broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    done = cli("inspect", "broken.pdf", "--json")
    assert done.code == 1
    assert "broken.pdf" in json.loads(done.out)["error"]["message"]
    assert cli("inspect", "none.pdf").code in {1, 2}
