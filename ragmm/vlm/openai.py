"""`openai:MODEL@URL` models behind any server that speaks OpenAI's chat protocol, on this machine or in a cloud."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

from ragmm.errors import ModelError
from ragmm.types import MediaKind, ModelInfo
from ragmm.vlm.base import Part, Piece, Prompt, Reply, Turn, media_of
from ragmm.vlm.images import data_url, fit_image
from ragmm.vlm.openai_connection import Connection, RefusedParameterError
from ragmm.vlm.openai_settings import OpenAiSettings, Usage, is_loopback

__all__ = ["OpenAiSettings", "OpenAiVlm", "Usage"]

_ADAPTER = "openai/1"


class OpenAiVlm:
    """Constructing opens no connection. Thread-safe; several prompts are asked at once, replies keep their order.

    Nothing but the prompts' texts and images is sent, to the one address given.
    """

    def __init__(self, model: str, base_url: str, settings: OpenAiSettings | None = None) -> None:
        self._model = model
        self._settings = settings or OpenAiSettings()
        self._connection = Connection(base_url, self._settings)
        self._bare = False
        """The server takes no max_tokens, temperature or seed, as the reasoning models of some clouds."""

    @cached_property
    def info(self) -> ModelInfo:
        """The server's weights cannot be seen, so the fingerprint is of the model's name and the address."""
        name = f"openai:{self._model}@{self._connection.url}"
        place = "stay on this machine" if is_loopback(self._connection.host) else f"are sent to {self._connection.host}"
        return ModelInfo(
            name=name,
            revision="served",
            fingerprint=hashlib.sha256(f"{_ADAPTER} {name}".encode()).hexdigest(),
            kinds=frozenset({MediaKind.TEXT, MediaKind.IMAGE}),
            max_tokens=self._settings.context_tokens,
            notice=f"questions, retrieved passages and images {place}",
        )

    @property
    def usage(self) -> Usage:
        """Since this object was made."""
        return self._connection.usage

    def close(self) -> None:
        """Closes the connections; the next request opens new ones."""
        self._connection.close()

    def generate(self, prompts: Sequence[Prompt]) -> list[Reply]:
        """One reply per prompt, in order. Raises ModelError with what the server did and what to do about it."""
        if len(prompts) < 2:
            return [self._ask(prompt) for prompt in prompts]
        with ThreadPoolExecutor(max(1, self._settings.concurrency), thread_name_prefix="ragmm-openai") as pool:
            return list(pool.map(self._ask, prompts))

    def stream(self, prompt: Prompt) -> Generator[Piece, None, None]:
        """The reply in pieces as they come. Raises ModelError when it is cut off; the pieces given until then stand."""
        ended = False
        for line in self._streamed(prompt):
            if not line.startswith("data:"):
                continue  # comments that keep the connection alive
            data = line.removeprefix("data:").strip()
            if data == "[DONE]":
                return
            chunk = self._parsed(data)
            self._connection.count(chunk.get("usage"))
            piece, finished = self._delta(chunk)
            ended = ended or finished
            if piece:
                yield Piece(text=piece)
        if not ended:
            raise ModelError(f"the reply of {self._connection.url} was cut off on the way; ask again")

    # ---------------------------------------------------------------------------------------------- requests

    def _ask(self, prompt: Prompt) -> Reply:
        try:
            body = self._connection.body(self._request(prompt))
        except RefusedParameterError:
            body = self._bared(prompt)
        completion = self._parsed(body)
        self._connection.count(completion.get("usage"))
        return self._reply(completion)

    def _bared(self, prompt: Prompt) -> bytes:
        self._bare = True
        try:
            return self._connection.body(self._request(prompt))
        except RefusedParameterError as error:
            raise ModelError(f"the server at {self._connection.url} refused the request: {error}") from error

    def _streamed(self, prompt: Prompt) -> Iterator[str]:
        try:
            yield from self._connection.lines({**self._request(prompt), "stream": True})
        except RefusedParameterError:
            self._bare = True
            yield from self._connection.lines({**self._request(prompt), "stream": True})

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        images = len(media_of(prompt, self.info.kinds, self._model))
        if images > self._settings.max_images:
            raise ModelError(
                f"the prompt has {images} images; {self._connection.host} is sent {self._settings.max_images} at most: "
                "lower answer.max_images"
            )
        limits: dict[str, Any] = {"max_tokens": prompt.max_tokens, "temperature": 0, "seed": 0}
        if self._bare:
            limits = {"max_completion_tokens": prompt.max_tokens}
        if self._settings.logprobs:
            limits["logprobs"] = True
        return {"model": self._model, "messages": [self._message(turn) for turn in prompt.turns], **limits}

    def _message(self, turn: Turn) -> dict[str, Any]:
        if all(isinstance(part, str) for part in turn.parts):
            return {"role": turn.role, "content": "".join(str(part) for part in turn.parts)}
        return {"role": turn.role, "content": [self._part(part) for part in turn.parts]}

    def _part(self, part: Part) -> dict[str, Any]:
        if isinstance(part, str):
            return {"type": "text", "text": part}
        fitted = fit_image(part.data, self._settings.max_image_side, self._settings.max_image_bytes)
        return {"type": "image_url", "image_url": {"url": data_url(fitted)}}

    # ----------------------------------------------------------------------------------------------- replies

    def _parsed(self, body: bytes | str) -> Mapping[str, Any]:
        try:
            value = json.loads(body)
        except ValueError as error:
            raise self._malformed(body) from error
        if not isinstance(value, dict):
            raise self._malformed(body)
        if value.get("error") and not value.get("choices"):
            raise ModelError(f"the server at {self._connection.url} reports an error: {str(value['error'])[:300]}")
        return value

    def _reply(self, completion: Mapping[str, Any]) -> Reply:
        try:
            choice = completion["choices"][0]
            text = choice["message"].get("content")
            tokens = (completion.get("usage") or {}).get("completion_tokens", 0)
            return Reply(text=_words(text), confidence=_confidence(choice), tokens=int(tokens or 0))
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise self._malformed(json.dumps(completion)) from error

    def _delta(self, chunk: Mapping[str, Any]) -> tuple[str, bool]:
        try:
            choices = chunk.get("choices") or []
            if not choices:
                return "", False
            return _words((choices[0].get("delta") or {}).get("content")), bool(choices[0].get("finish_reason"))
        except (LookupError, TypeError, AttributeError) as error:
            raise self._malformed(json.dumps(chunk)) from error

    def _malformed(self, body: bytes | str) -> ModelError:
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
        return ModelError(
            f"the server at {self._connection.url} did not answer as OpenAI's chat protocol does: {text[:120]!r}; "
            "check that the address ends where its API begins (mostly /v1)"
        )


def _words(content: Any) -> str:
    """The text of a message; some servers give it in parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content)
    return str(content or "")


def _confidence(choice: Mapping[str, Any]) -> float | None:
    logprobs = (choice.get("logprobs") or {}).get("content") or []
    values = [float(entry["logprob"]) for entry in logprobs]
    return math.exp(sum(values) / len(values)) if values else None
