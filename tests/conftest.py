"""Every test runs without the outside world: no hub, no socket but loopback, no configuration of the user's."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

# Before anything imports a library that reads them.
os.environ.update(
    HF_HUB_OFFLINE="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    HF_HUB_DISABLE_PROGRESS_BARS="1",
    SCARF_NO_ANALYTICS="true",
    DO_NOT_TRACK="true",
    UNSTRUCTURED_DISABLE_NOTICE="1",
    TOKENIZERS_PARALLELISM="false",
    NO_COLOR="1",
)
for name in ("OPENAI_API_KEY", "HF_TOKEN", "FORCE_COLOR", "COLUMNS"):
    os.environ.pop(name, None)

LOOPBACK = ("127.", "::1", "localhost")
SEED = 20_240_229


class OutsideError(RuntimeError):
    """A test reached for the network."""


def _is_local(family: int, address: object) -> bool:
    if family not in {socket.AF_INET, socket.AF_INET6}:
        return True
    host = address[0] if isinstance(address, tuple) else ""
    return str(host).startswith(LOOPBACK) or not host


class GuardedSocket(socket.socket):
    """Connects to this machine only."""

    def connect(self, address: object) -> None:
        self._check(address)
        super().connect(address)

    def connect_ex(self, address: object) -> int:
        self._check(address)
        return super().connect_ex(address)

    def sendto(self, *args: object) -> int:
        self._check(args[-1])
        return super().sendto(*args)

    def _check(self, address: object) -> None:
        if not _is_local(self.family, address):
            raise OutsideError(f"a test tried to reach {address!r}; tests run without network")


_look_up = socket.getaddrinfo


def _guarded_look_up(host: object, *args: object, **kwargs: object) -> list[object]:
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    if name and not name.startswith(LOOPBACK) and name not in {"0.0.0.0", "::", socket.gethostname()}:
        raise OutsideError(f"a test tried to look up {name!r}; tests run without network")
    return _look_up(host, *args, **kwargs)


socket.socket = GuardedSocket
socket.getaddrinfo = _guarded_look_up


# Files whose tests load torch: all on one worker, since each process that imports it pays for many other tests.
WITH_MODELS = (
    "test_embedders.py", "test_vlms.py", "test_transformers_vlm.py", "test_numpy_bert.py", "test_numpy_clip.py",
    "test_open_clip.py", "test_models.py", "test_training_clip.py", "test_training_questions.py", "test_readme.py",
)  # fmt: skip
# Of training itself; there is none without torch.
collect_ignore = [] if find_spec("torch") else ["unit/test_training_reader.py"]
# What takes longest begins first, so that no worker is left with it in the end.
LONG = ("test_crash.py", "test_kill.py", "test_full_disk.py", "test_power_loss.py", "test_demo.py")


# Contracts run over every back end with `make test-slow`; the default tests leave out what only adds another model.
MORE_MODELS = {
    "test_vlms.py": ("llava", "blip"),
    "test_transformers_vlm.py": ("",),
    "test_embedders.py": ("st", "open_clip"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--at-least", type=int, default=0, metavar="N", help="Fail where fewer than N tests have passed.")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Tests that are skipped for want of a package must not be nearly all of them."""
    wanted, reporter = (
        session.config.getoption("--at-least"),
        session.config.pluginmanager.get_plugin("terminalreporter"),
    )
    if not wanted or reporter is None or hasattr(session.config, "workerinput"):
        return
    passed = len(reporter.stats.get("passed", ()))
    if passed < wanted and exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"only {passed:,} tests passed, of at least {wanted:,} that should", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _one_more_model(item: pytest.Item) -> bool:
    name = item.name.partition("[")[2]
    return any(name.startswith(model) for model in MORE_MODELS.get(item.path.name, ()))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say in which order the workers take the tests, and which are for `make test-slow`."""
    for item in items:
        if _one_more_model(item):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: (item.path.name not in WITH_MODELS, item.path.name not in LONG))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What a test needs and is not installed leaves it out."""
    for mark in item.iter_markers("needs"):
        for module in mark.args:
            if find_spec(module) is None:
                pytest.skip(f"{module} is not installed")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """A file's tests stay on one worker, and those of all files that load torch do."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "models" if Path(file).name in WITH_MODELS else file

    return ByFile(config, log)


@pytest.fixture(autouse=True)
def _no_user_configuration(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Collections, caches and settings of whoever runs the tests are neither read nor written."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("RAGMM_HOME", str(home / "ragmm"))
    for variable, folder in {"XDG_DATA_HOME": "data", "XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache"}.items():
        monkeypatch.setenv(variable, str(home / folder))


@pytest.fixture(autouse=True)
def _nothing_is_captioned_unasked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mini profile's captioner loads torch, for pictures that most tests only count."""
    if "captions" not in request.keywords:
        from ragmm.models.profiles import PROFILES

        mini = PROFILES["mini"]
        monkeypatch.setitem(PROFILES, "mini", replace(mini, caption=replace(mini.caption, name="none")))


@pytest.fixture(autouse=True)
def _same_seed_every_time() -> Iterator[None]:
    state = random.getstate()
    random.seed(SEED)
    yield
    random.setstate(state)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout's root."""
    return Path(__file__).resolve().parents[1]
