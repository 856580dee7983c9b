"""A chat server on loopback that checks requests strictly and misbehaves as told."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

__all__ = ["ChatServer", "chat_server", "completion", "event"]

Script = Callable[["Handler", dict[str, Any]], None]
_KNOWN = {
    "model", "messages", "max_tokens", "max_completion_tokens", "temperature", "seed", "stream", "logprobs",
}  # fmt: skip


def completion(text: Any, **more: Any) -> dict[str, Any]:
    """A chat completion as the published schema has it."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "tiny",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop", **more}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13},
    }


def event(text: str | None, finish: str | None = None) -> str:
    """One streamed chunk."""
    choice = {"index": 0, "delta": {"content": text} if text is not None else {}, "finish_reason": finish}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "tiny", "choices": [choice]}
    return f"data: {json.dumps(chunk)}\n\n"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ChatServer

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["content-length"]))
        request = json.loads(raw)
        with self.server.lock:
            self.server.requests.append(request)
            self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
            script = self.server.scripts.pop(0) if self.server.scripts else self.server.default
        problem = _problem(self.path, request)
        if problem:
            self.reply(400, {"error": {"message": problem, "type": "invalid_request_error"}})
        else:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                script(self, request)

    def reply(self, status: int, body: Any, **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def begin(self, kind: str = "text/event-stream", length: int | None = None) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        if length is not None:
            self.send_header("content-length", str(length))
        else:
            self.send_header("connection", "close")
            self.close_connection = True
        self.end_headers()

    def write(self, text: str) -> None:
        self.wfile.write(text.encode())
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Quiet."""


class ChatServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.scripts: list[Script] = []
        """What to do with the next requests, in order; afterwards `default`."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    @staticmethod
    def default(handler: Handler, request: dict[str, Any]) -> None:
        """Says what it was asked last, in words or as a stream."""
        content = request["messages"][-1]["content"]
        said = content if isinstance(content, str) else " ".join(_described(part) for part in content)
        if not request.get("stream"):
            handler.reply(200, completion(f"You said: {said}"))
            return
        handler.begin()
        for piece in ("You ", "said: ", said):
            handler.write(event(piece))
        handler.write(event(None, "stop") + "data: [DONE]\n\n")

    def handle_error(self, *_: Any) -> None:
        """A client that goes away in mid-reply is part of the tests."""


@contextlib.contextmanager
def chat_server() -> Iterator[ChatServer]:
    server = ChatServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def hang(seconds: float) -> Script:
    return lambda _handler, _request: time.sleep(seconds)


def status(code: int, message: str = "no", **headers: str) -> Script:
    return lambda handler, _: handler.reply(code, {"error": {"message": message, "type": "x", "code": None}}, **headers)


def _described(part: dict[str, Any]) -> str:
    if part["type"] == "text":
        return str(part["text"])
    image = Image.open(io.BytesIO(base64.b64decode(part["image_url"]["url"].partition("base64,")[2])))
    return f"({image.format} {image.width}x{image.height})"


def _problem(path: str, request: dict[str, Any]) -> str:
    """What the published schema would refuse."""
    if path != "/v1/chat/completions":
        return f"no such path {path}"
    if set(request) - _KNOWN:
        return f"unknown keys {set(request) - _KNOWN}"
    problems = [_problem_of_message(message) for message in request["messages"]]
    return next(filter(None, problems), "")


def _problem_of_message(message: dict[str, Any]) -> str:
    content = message["content"]
    if message["role"] not in {"system", "user", "assistant"}:
        return f"unknown role {message['role']}"
    if isinstance(content, str):
        return ""
    if any(set(part) != {"type", part["type"]} for part in content):
        return "a part holds its type and what it is, no more"
    urls = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
    return "" if all(url.startswith("data:image/") for url in urls) else "images must be data URLs"
