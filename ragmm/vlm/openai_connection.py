"""The wire to an OpenAI-compatible server: bounded time, size and retries, and errors that say what to do."""

from __future__ import annotations

import dataclasses
import logging
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ragmm.errors import ModelError
from ragmm.optional import require
from ragmm.text.inert import without_controls
from ragmm.vlm.openai_settings import OpenAiSettings, Usage, check_url, is_loopback, read_key

if TYPE_CHECKING:
    from openai import OpenAI

__all__ = ["Connection", "RefusedParameterError"]

_T = TypeVar("_T")
_log = logging.getLogger(__name__)
_MAX_BODY = 8_000_000
"""Bytes of a reply; the longest real ones are a hundredth of it."""
_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_PARAMETERS = ("max_tokens", "max_completion_tokens", "temperature", "seed")


class RefusedParameterError(Exception):
    """The server does not take a sampling parameter; the caller leaves it out and asks again."""


class _PassingError(Exception):
    """What may be over in a while: worth another try."""

    def __init__(self, what: str, wait: float | None = None) -> None:
        super().__init__(what)
        self.wait = wait


class Connection:
    """Sends requests to one address; opens nothing before the first."""

    def __init__(self, base_url: str, settings: OpenAiSettings) -> None:
        self.url = base_url.rstrip("/")
        self.host = check_url(base_url)
        self._settings = settings
        self._lock = threading.Lock()
        self._client: OpenAI | None = None
        self._key = ""
        self._usage = Usage()

    @property
    def usage(self) -> Usage:
        with self._lock:
            return self._usage

    def close(self) -> None:
        """Closes what is open; the next request opens it again."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def body(self, request: Mapping[str, Any]) -> bytes:
        """The whole answer to a chat request."""
        until = time.monotonic() + self._settings.deadline

        def read() -> bytes:
            with self._response(request) as response:
                return b"".join(self._bounded(response.iter_bytes(), until))

        return self._with_retries(read, until)

    def lines(self, request: Mapping[str, Any]) -> Iterator[str]:
        """The lines of a streamed answer as they come; tried again only before the first one."""
        until = time.monotonic() + self._settings.deadline

        def begin() -> Iterator[str]:
            lines = self._lines(request, until)
            first = next(lines, "")
            return _chained(first, lines)

        yield from self._with_retries(begin, until)

    def count(self, used: Any) -> None:
        """Adds the token counts that a reply reports, whatever else it may hold."""
        if not isinstance(used, Mapping):
            return
        given, made = (_whole(used.get(key)) for key in ("prompt_tokens", "completion_tokens"))
        settings = self._settings
        usd = (given * settings.usd_per_million_in + made * settings.usd_per_million_out) / 1e6
        self._add(tokens_in=given, tokens_out=made, usd=usd)

    # ---------------------------------------------------------------------------------------------- requests

    def _lines(self, request: Mapping[str, Any], until: float) -> Iterator[str]:
        with self._response(request) as response:
            yield from self._bounded(response.iter_lines(), until)

    @contextmanager
    def _response(self, request: Mapping[str, Any]) -> Iterator[Any]:
        with self._opened().chat.completions.with_streaming_response.create(**request) as response:
            yield response

    def _bounded(self, pieces: Iterator[_T], until: float) -> Iterator[_T]:
        size = 0
        for piece in pieces:
            size += len(piece)  # type: ignore[arg-type]
            if time.monotonic() > until:
                raise ModelError(self._said(f"did not finish within {self._settings.deadline:g} seconds"))
            if size > _MAX_BODY:
                raise ModelError(self._said(f"sent more than {_MAX_BODY:,} bytes; it does not stop"))
            yield piece

    def _opened(self) -> OpenAI:
        with self._lock:
            if self._client is None:
                self._client = self._new_client()
            return self._client

    def _new_client(self) -> OpenAI:
        import openai

        settings = self._settings
        self._key = read_key(settings, self.url)
        http = openai.DefaultHttpxClient(
            follow_redirects=False,  # a redirect would carry questions and images to another place
            trust_env=not is_loopback(self.host),
            event_hooks={"request": [self._sent]},
        )
        return openai.OpenAI(
            api_key=self._key or "none", base_url=self.url, timeout=settings.timeout, max_retries=0, http_client=http
        )

    def _sent(self, request: Any) -> None:
        size = int(request.headers.get("content-length", 0))
        self._add(requests=1, bytes_sent=size)
        _log.info("sent %d bytes to %s", size, self.host)

    def _add(self, **amounts: float) -> None:
        with self._lock:
            known = dataclasses.asdict(self._usage)
            self._usage = dataclasses.replace(self._usage, **{key: known[key] + more for key, more in amounts.items()})

    # ---------------------------------------------------------------------------------------------- failures

    def _with_retries(self, call: Callable[[], _T], until: float) -> _T:
        for attempt in range(self._settings.max_retries + 1):
            try:
                return self._attempt(call)
            except _PassingError as again:
                wait = again.wait if again.wait is not None else 0.5 * 2**attempt * random.uniform(0.75, 1.25)
                last = attempt == self._settings.max_retries or time.monotonic() + wait > until
                if last or wait > self._settings.max_wait:
                    raise ModelError(self._said(f"{again} ({attempt + 1} tries)")) from again.__cause__
                self._add(retries=1)
                time.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, call: Callable[[], _T]) -> _T:
        """Runs a request; turns what may pass into _PassingError and what will not into ModelError."""
        require("openai", f"the model at {self.url}")
        import openai

        try:
            return call()
        except openai.APITimeoutError as error:
            raise ModelError(self._said(f"sent nothing for {self._settings.timeout:g} seconds")) from error
        except openai.APIStatusError as error:
            raise self._by_status(error.status_code, error) from error
        except openai.APIConnectionError as error:
            raise self._unreachable(error) from error
        except openai.OpenAIError as error:
            raise ModelError(self._said(f"failed: {_first_line(error)}")) from error
        except _http_errors() as error:
            raise _PassingError(f"broke off: {_first_line(error)}") from error

    def _by_status(self, status: int, error: Any) -> Exception:
        said = self._clean(_first_line(error))
        if status in _RETRIED and "insufficient_quota" not in said:
            return _PassingError(f"answered {status}: {said}", wait=_retry_after(error.response.headers))
        if status == 400 and any(name in said for name in _PARAMETERS):
            return RefusedParameterError(said)
        key = self._settings.api_key_file or f"${self._settings.api_key_env}"
        refused_key = f"refused the key ({status}); put a valid one into {key}"
        remedies = {
            401: refused_key,
            403: refused_key,
            404: f"knows no such model or address (404: {said}); see {self.url}/models",
            413: "found the request too large (413); lower answer.max_images",
        }
        if 300 <= status < 400:
            return ModelError(self._said(f"redirects ({status}), which is not followed; name its final address"))
        return ModelError(self._said(remedies.get(status, f"refused the request ({status}): {said}")))

    def _unreachable(self, error: BaseException) -> Exception:
        cause = error.__cause__ or error
        if "Connect" not in type(cause).__name__:
            return _PassingError(f"broke off: {_first_line(cause)}")
        return ModelError(
            f"no server answers at {self.url} ({_first_line(cause)}); start one there (for example: vllm serve MODEL, "
            "ollama serve, llamafile --server) or correct the address in the pipeline"
        )

    def _said(self, what: str) -> str:
        return f"the server at {self.url} {self._clean(what)}"

    def _clean(self, text: str) -> str:
        """Without the key, whatever a server echoes."""
        return text.replace(self._key, "***") if self._key else text


def _chained(first: str, rest: Iterator[str]) -> Iterator[str]:
    """A stream goes on after its first line; if it breaks now, what was shown cannot be taken back."""
    yield first
    try:
        yield from rest
    except _http_errors() as error:
        raise ModelError(f"the reply was cut off on the way: {_first_line(error)}") from error


def _http_errors() -> tuple[type[BaseException], ...]:
    """The transport's errors; the client's releases build on httpx or on httpx2."""
    loaded = [sys.modules[name] for name in ("httpx", "httpx2") if name in sys.modules]
    return tuple(kind for module in loaded for kind in (module.HTTPError, module.StreamError))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait; dates are left to the usual back-off."""
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return None


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _first_line(error: BaseException) -> str:
    lines = without_controls(str(error)).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:300]
