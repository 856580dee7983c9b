"""How to reach a server that speaks OpenAI's chat protocol: limits, retries, prices, and where its key is kept."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ragmm.errors import ModelError, UsageError

__all__ = ["OpenAiSettings", "Usage", "check_url", "read_key"]

_LOOPBACK = ("localhost", "127.", "::1")


@dataclass(frozen=True, kw_only=True)
class OpenAiSettings:
    """Everything about a server but its address and the model's name."""

    api_key_env: str = "OPENAI_API_KEY"
    """The environment variable that holds the key; servers on this machine mostly need none."""
    api_key_file: Path | None = None
    """Read instead, where given; nobody but its owner may have access to it."""
    timeout: float = 60.0
    """Seconds between two pieces of a reply before the server counts as hung."""
    deadline: float = 300.0
    """Seconds for one reply in all, with its retries."""
    max_retries: int = 4
    """After 429, 5xx and broken connections; a refused connection is not tried again."""
    max_wait: float = 60.0
    """Seconds between two tries at most, also where the server asks for more."""
    concurrency: int = 4
    """Requests at once."""
    max_image_side: int = 1536
    max_image_bytes: int = 4_000_000
    """Of one image as a file; heavier ones are sent smaller."""
    max_images: int = 16
    """In one request."""
    context_tokens: int = 0
    """Of the model, where known: ragmm's budget for prompts."""
    logprobs: bool = False
    """Asks for token probabilities, which become the reply's confidence; not every server gives them."""
    usd_per_million_in: float = 0.0
    usd_per_million_out: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a server was asked to do so far, and what it says it did."""

    requests: int = 0
    retries: int = 0
    bytes_sent: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0
    """From the prices in the settings; 0 where none are set."""


def check_url(base_url: str) -> str:
    """The host of a base URL. Raises UsageError for what is no plain http(s) address."""
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"{base_url!r} is no server address; write openai:MODEL@http://host:port/v1")
    if parts.username or parts.password:
        raise UsageError(
            f"the address of {parts.hostname} holds a password; addresses are stored with the collection: "
            "put the key into the environment or a file instead"
        )
    return parts.hostname


def read_key(settings: OpenAiSettings, base_url: str) -> str:
    """The key from its file or the environment; "" where there is none.

    Raises ModelError where a key would be readable by others, on this machine or on the way.
    """
    key = (
        _from_file(settings.api_key_file) if settings.api_key_file else os.environ.get(settings.api_key_env, "").strip()
    )
    host = check_url(base_url)
    if key and not base_url.startswith("https:") and not is_loopback(host):
        raise ModelError(
            f"the key for {host} would travel unencrypted over {base_url}; use https, or unset {settings.api_key_env} "
            "if the server needs no key"
        )
    return key


def is_loopback(host: str) -> bool:
    """Whether a host name can only mean this machine."""
    return host.startswith(_LOOPBACK)


def _from_file(file: Path) -> str:
    try:
        facts = file.stat()
        if not stat.S_ISREG(facts.st_mode) or facts.st_mode & 0o077:
            mode = stat.S_IMODE(facts.st_mode)
            raise ModelError(f"the key file {file} has mode {mode:04o}; others could read it: chmod 600 {file}")
        key = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"the key file {file} cannot be read: {error}") from error
    if not key:
        raise ModelError(f"the key file {file} is empty; write the key into it, alone")
    return key
