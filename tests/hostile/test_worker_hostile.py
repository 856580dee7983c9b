"""Documents that attack the process that parses them: the parent goes on, and nothing is left running."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from parser_bombs import FORGERIES, bomb_loaders

from ragmm.errors import DocumentError, LimitError, UnsupportedError
from ragmm.isolation.limits import Limits
from ragmm.isolation.sandbox import LayerName, layers
from ragmm.loaders.parser import Death, ParsedDocument, ParserPool, WorkerDiedError, WorkerLimitError

LIMITS = Limits(memory_mb=400, cpu_seconds=2, wall_seconds=3.0, file_mb=16, scratch_mb=64, items=500, assets=50)

Parse = Callable[[str], ParsedDocument]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ParserPool]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        patch.setenv("RAGMM_TEST_SECRET", "hunter2")
        with ParserPool(limits=LIMITS, workers=2, loaders=bomb_loaders) as pool:
            yield pool


@pytest.fixture
def parse(pool: ParserPool, tmp_path: Path) -> Parse:
    def parse(command: str) -> ParsedDocument:
        file = tmp_path / "bomb.txt"
        file.write_text(command, encoding="utf-8")
        return pool.parse(file)

    return parse


def active(name: LayerName) -> bool:
    return next(layer.active for layer in layers() if layer.name is name)


def descendants() -> list[psutil.Process]:
    return [child for child in psutil.Process().children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]


def wait_until(done: Callable[[], bool], seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.02)
    return done()


def texts(document: ParsedDocument) -> list[str]:
    return [item.text for item in document.items]


@pytest.fixture(autouse=True)
def nothing_left(pool: ParserPool) -> Iterator[None]:
    yield
    # The server may stay; its workers may not.
    assert wait_until(lambda: len(descendants()) <= 1), descendants()
    assert pool.parse(Path(__file__).with_name("good.txt")).count == 2


@pytest.mark.parametrize(
    ("command", "death"),
    [
        ("segfault", Death.CRASH),
        ("abort", Death.CRASH),
        ("leave", Death.SILENT),
        ("leave_with_status", Death.SILENT),
        ("half", Death.SILENT),
        ("allocate", Death.MEMORY),
        ("stubborn", Death.WALL),
        ("endless_disk", Death.SCRATCH),
    ],
)
def test_violent_documents_are_strikes(parse: Parse, command: str, death: Death) -> None:
    with pytest.raises(WorkerDiedError, match=r"bomb\.txt") as caught:
        parse(command)
    assert caught.value.death is death
    assert isinstance(caught.value, WorkerLimitError) == (death not in {Death.CRASH, Death.SILENT})


def test_computing_without_end_is_ended_even_when_it_ignores_the_warning(tmp_path: Path) -> None:
    (tmp_path / "bomb.txt").write_text("busy", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        limits = Limits(cpu_seconds=1, wall_seconds=2)
        with ParserPool(limits=limits, loaders=bomb_loaders) as pool, pytest.raises(WorkerLimitError) as caught:
            pool.parse(tmp_path / "bomb.txt")
    assert caught.value.death in {Death.CPU, Death.WALL}


def test_computing_without_end_is_ended_by_the_processor_limit(tmp_path: Path) -> None:
    (tmp_path / "bomb.txt").write_text("compute", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        limits = Limits(cpu_seconds=1, wall_seconds=60)
        with ParserPool(limits=limits, loaders=bomb_loaders) as pool, pytest.raises(WorkerLimitError) as caught:
            pool.parse(tmp_path / "bomb.txt")
    assert caught.value.death is Death.CPU


def test_time_is_bounded(parse: Parse) -> None:
    start = time.monotonic()
    with pytest.raises(LimitError, match="longer than 3 s"):
        parse("stubborn")
    assert time.monotonic() - start < LIMITS.wall_seconds + 2


def test_slow_work_counts_step_by_step_and_is_bounded_in_all(tmp_path: Path) -> None:
    """Four seconds of pages are read, a page that never ends is not, nor are pages without end."""
    source = tmp_path / "bomb.txt"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        limits = Limits(wall_seconds=1.5, slow_seconds=6.0)
        with ParserPool(limits=limits, loaders=bomb_loaders) as pool:
            source.write_text("scan 8", encoding="utf-8")
            assert pool.parse(source).count == 8
            for command, seconds in (("scan_and_hang", 3.5), ("scan 100", 8.0)):
                source.write_text(command, encoding="utf-8")
                start = time.monotonic()
                with pytest.raises(WorkerLimitError, match="with OCR than 6 s in all"):
                    pool.parse(source)
                assert time.monotonic() - start < seconds
            assert time.monotonic() - start > 5.5


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_replies_are_refused(parse: Parse, forgery: str) -> None:
    with pytest.raises(WorkerDiedError, match="cannot be used") as caught:
        parse(f"forge {forgery}")
    assert caught.value.death is Death.SILENT


@pytest.mark.parametrize("command", ["lying_image", "not_an_image"])
def test_images_are_what_they_say(parse: Parse, command: str) -> None:
    with pytest.raises(WorkerDiedError, match="is not a image/png"):
        parse(command)


def test_an_image_of_too_many_pixels_is_refused_by_its_header(parse: Parse) -> None:
    with pytest.raises(LimitError, match="50000 x 50000"):
        parse("pixel_bomb")


def test_a_file_beyond_the_limit_is_an_error(parse: Parse) -> None:
    with pytest.raises(DocumentError, match="File too large"):
        parse("large_file")


def test_endless_items_end(parse: Parse) -> None:
    with pytest.raises(LimitError, match="goes on giving items"):
        parse("endless_items")


def test_beyond_the_item_limits_the_rest_is_left_out_and_said_so(parse: Parse) -> None:
    document = parse("many 520")
    assert document.count == LIMITS.items
    assert sum(item.asset is not None for item in document.items) == LIMITS.assets
    assert "left out" in document.warnings[0]


def test_nothing_survives_its_worker(parse: Parse) -> None:
    orphan = int(texts(parse("leave_a_child pid"))[0])
    assert wait_until(lambda: not psutil.pid_exists(orphan) or psutil.Process(orphan).status() == psutil.STATUS_ZOMBIE)


def test_there_is_no_network(parse: Parse) -> None:
    if not active(LayerName.NETWORK):
        pytest.skip("this machine gives no network namespace")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.5)
        assert texts(parse(f"connect {listener.getsockname()[1]}")) != ["connect_ex 0"]
        with pytest.raises(TimeoutError):
            listener.accept()
    with socket.socket(type=socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(0.5)
        assert texts(parse(f"send {listener.getsockname()[1]}"))[-1] == "done"
        with pytest.raises(TimeoutError):
            listener.recv(100)


def test_files_of_the_user_are_out_of_reach(parse: Parse, tmp_path: Path) -> None:
    if not active(LayerName.FILES):
        pytest.skip("this machine gives no Landlock")
    secret = tmp_path / "secret"
    secret.write_text("hunter2", encoding="utf-8")
    assert texts(parse(f"read_file {secret}")) == ["refused PermissionError"]
    assert texts(parse(f"write_file {tmp_path / 'new'}")) == ["refused PermissionError"]
    assert not (tmp_path / "new").exists()
    parent = Path(f"/proc/{os.getpid()}/environ")
    assert texts(parse(f"read_file {parent}")) == ["refused PermissionError"]


def test_the_worker_cannot_end_its_server(parse: Parse, pool: ParserPool) -> None:
    if not active(LayerName.FILES):
        pytest.skip("this machine gives no Landlock")
    server = [child.pid for child in descendants()]
    texts(parse("kill_server"))
    assert [child.pid for child in descendants()] == server


def test_the_worker_knows_no_secrets_and_has_no_torch(parse: Parse) -> None:
    variables, rest = texts(parse("environment"))
    assert "hunter2" not in variables
    assert f"HOME={Path.home()}\n" not in variables
    assert "torch None" in rest
    if sys.platform == "linux":
        status = dict(line.split(":\t", 1) for line in rest.splitlines() if ":\t" in line)
        assert status["NoNewPrivs"] == "1"
        assert int(status["CapEff"], 16) == 0
        assert status["Threads"] == "1"


def test_a_program_may_be_run_but_not_kept(parse: Parse) -> None:
    assert texts(parse("run_program")) == [str(os.getuid())]


@pytest.mark.parametrize(
    ("kind", "error", "message"),
    [
        ("document", DocumentError, "bomb.txt: page 3 is broken"),
        ("limit", LimitError, "bomb.txt: 5,001 pages"),
        ("unsupported", UnsupportedError, "bomb.txt: nothing reads this"),
        ("missing", UnsupportedError, "pip install 'ragmm[pymupdf]'"),
        ("bug", DocumentError, "bomb.txt: its loader failed with ZeroDivisionError"),
        ("recursion", DocumentError, "bomb.txt: it is nested too deeply"),
    ],
)
def test_what_a_loader_raises_arrives(parse: Parse, kind: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        parse(f"raise_error {kind}")
    assert message in str(caught.value)
    assert not isinstance(caught.value, WorkerDiedError)


def test_hung_documents_do_not_stop_the_others(pool: ParserPool, tmp_path: Path) -> None:
    files = []
    for number in range(12):
        files.append(tmp_path / f"{number}.txt")
        files[-1].write_text("stubborn" if number % 6 == 0 else f"good {number}", encoding="utf-8")

    def outcome(file: Path) -> str:
        try:
            return texts(pool.parse(file))[0]
        except WorkerLimitError as error:
            return error.death

    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(outcome, files))
    assert found == [Death.WALL if number % 6 == 0 else str(number) for number in range(12)]


def test_a_dead_server_is_started_again(pool: ParserPool, parse: Parse) -> None:
    (server,) = descendants()
    server.send_signal(signal.SIGKILL)
    server.wait(5)
    assert texts(parse("good again"))[0] == "again"


def test_a_server_that_dies_while_it_parses_costs_one_more_try(pool: ParserPool, parse: Parse) -> None:
    assert texts(parse("good start"))[0] == "start"
    (server,) = descendants()
    timer = threading.Timer(0.5, lambda: server.send_signal(signal.SIGKILL))
    timer.start()
    with pytest.raises(WorkerLimitError):
        parse("stubborn")
    timer.join()
    assert not server.is_running()


ORPHAN = """
import sys, threading, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from parser_bombs import bomb_loaders
from ragmm.loaders.parser import ParserPool
pool = ParserPool(workers=4, loaders=bomb_loaders, scratch=Path(sys.argv[2]))
pool.parse(Path(sys.argv[3]) / "good.txt")
for _ in range(3):
    threading.Thread(target=pool.parse, args=(Path(sys.argv[3]) / "stubborn.txt",), daemon=True).start()
time.sleep(1.0)
print("ready", flush=True)
time.sleep(60)
"""


def test_no_worker_outlives_a_killed_parent(tmp_path: Path) -> None:
    (tmp_path / "good.txt").write_text("good x", encoding="utf-8")
    (tmp_path / "stubborn.txt").write_text("stubborn", encoding="utf-8")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", ORPHAN, here, str(scratch), str(tmp_path)]
    environ = {**os.environ, "PYTHONPATH": here}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        below = psutil.Process(parent.pid).children(recursive=True)
        assert len(below) == 4
        parent.send_signal(signal.SIGKILL)
    gone = [child.pid for child in below]
    assert wait_until(lambda: not any(map(psutil.pid_exists, gone))), gone
    assert wait_until(lambda: not list(scratch.iterdir())), "the scratch folder stays behind"
