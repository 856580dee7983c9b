"""Telling somebody that a run failed: a command of the owner's, a web address of the owner's. Each is tried once."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from ragmm.config import OperateSettings
from ragmm.errors import UsageError
from ragmm.render.records import to_json

if TYPE_CHECKING:
    from urllib.request import OpenerDirector

__all__ = ["Told", "tell", "webhook_address"]

_SAID: Final = 2000
"""Characters of a command's messages that are kept."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """Whom a failure was told, and whether they took it."""

    whom: str
    """"command" or the webhook's host: its path may be a secret."""
    ok: bool
    detail: str


def webhook_address(settings: OperateSettings) -> str:
    """The address, from the pipeline file or the environment; "" where none is set. UsageError for no web address."""
    named = os.environ.get(settings.webhook_env, "").strip() if settings.webhook_env else ""
    address = settings.webhook or named
    if not address:
        return ""
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError("operate.webhook is no web address; write https://host/path, or leave it empty")
    return address


def tell(settings: OperateSettings, what: Mapping[str, Any]) -> list[Told]:
    """Run the command and post to the webhook, as far as they are set."""
    message = to_json(what).encode("utf-8")
    told = []
    if settings.on_failure:
        told.append(_run(settings.on_failure, message, settings.hook_seconds))
    if address := webhook_address(settings):
        told.append(_post(address, message, settings.hook_seconds))
    return told


def _run(command: tuple[str, ...], message: bytes, seconds: float) -> Told:
    """No shell: the words are the command's own. What it started goes with it when its time is over."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the owner's own words
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
    except OSError as error:
        return Told(whom="command", ok=False, detail=f"{command[0]}: {error.strerror}")
    try:
        said, _ = process.communicate(message, timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return Told(whom="command", ok=False, detail=f"{command[0]}: not done after {seconds:g} s, stopped")
    words = said.decode("utf-8", "replace")[-_SAID:].strip()
    code = process.returncode
    return Told(
        whom="command", ok=code == 0, detail=f"{command[0]}: exit code {code}" + (f": {words}" if words else "")
    )


def _opener() -> OpenerDirector:
    """One that follows no redirection: nothing is sent anywhere but to the address that the owner named."""
    from urllib import request

    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _post(address: str, message: bytes, seconds: float) -> Told:
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request

    host = urlsplit(address).hostname or ""
    request = Request(  # noqa: S310 - the scheme is checked
        address, data=message, method="POST", headers={"Content-Type": "application/json", "User-Agent": "ragmm"}
    )
    try:
        with _opener().open(request, timeout=seconds) as reply:
            return Told(whom=host, ok=True, detail=f"status {reply.status}")
    except HTTPError as error:
        with error:
            return Told(whom=host, ok=False, detail=f"status {error.code}")
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or type(error).__name__
        return Told(whom=host, ok=False, detail=f"cannot be reached: {reason}")
