"""The `openai:` adapter against a real server on loopback: replies, streams, failures, keys, limits."""

from __future__ import annotations

import io
import logging
import math
import os
import socket
import time

import pytest
from PIL import Image

from ragmm.errors import ModelError, UsageError
from ragmm.pipelines.answer.context import ContextBudget
from ragmm.pipelines.answer.written import AnswerRules, AnswerTask
from ragmm.testing import picture_asset
from ragmm.types import Support
from ragmm.vlm.base import Prompt, Turn
from ragmm.vlm.images import picture
from ragmm.vlm.openai import OpenAiSettings, OpenAiVlm
from tests.unit.chat_server import chat_server, completion, event, hang, status
from tests.unit.hits import answer_with, make_hit

HELLO = Prompt.from_parts("hello", max_tokens=5)
RED = picture_asset(Image.new("RGB", (40, 20), "red"))


@pytest.fixture
def server():
    with chat_server() as running:
        yield running


@pytest.fixture
def connect(server):
    """Builds an adapter for the server and closes it afterwards."""
    made = []

    def make(**settings):
        made.append(OpenAiVlm("tiny", server.url, OpenAiSettings(**{"timeout": 5.0, "deadline": 20.0} | settings)))
        return made[-1]

    yield make
    for vlm in made:
        vlm.close()


class TestReplies:
    def test_plain(self, server, connect):
        vlm = connect()
        (reply,) = vlm.generate([HELLO])
        assert (reply.text, reply.tokens, reply.confidence) == ("You said: hello", 3, None)
        (request,) = server.requests
        assert (request["model"], request["max_tokens"], request["temperature"]) == ("tiny", 5, 0)

    def test_turns_and_images(self, server, connect):
        out = io.BytesIO()
        Image.new("RGB", (4000, 1000), "blue").save(out, "JPEG")
        turns = (
            Turn(role="system", parts=("be ", "brief")),
            Turn(role="user", parts=("[1] (image)", RED, picture(out.getvalue()), "what?")),
        )
        (reply,) = connect(max_image_side=800).generate([Prompt(turns=turns)])
        assert reply.text == "You said: [1] (image) (PNG 40x20) (JPEG 800x200) what?"
        assert server.requests[0]["messages"][0] == {"role": "system", "content": "be brief"}

    def test_heavy_images_are_sent_smaller(self, server, connect):
        noise = Image.effect_noise((900, 900), 90).convert("RGB")
        connect(max_image_bytes=60_000).generate([Prompt.from_parts(picture_asset(noise), "what?")])
        assert len(server.requests[0]["messages"][0]["content"][0]["image_url"]["url"]) < 81_000

    def test_many_prompts_keep_their_order(self, connect):
        prompts = [Prompt.from_parts(f"number {n}") for n in range(12)]
        assert [reply.text for reply in connect(concurrency=3).generate(prompts)] == [
            f"You said: number {n}" for n in range(12)
        ]

    def test_confidence_from_token_probabilities(self, server, connect):
        logprobs = {"content": [{"token": "a", "logprob": math.log(0.5)}, {"token": "b", "logprob": math.log(0.125)}]}
        server.scripts = [lambda handler, _: handler.reply(200, completion("ab", logprobs=logprobs))]
        (reply,) = connect(logprobs=True).generate([HELLO])
        assert reply.confidence == pytest.approx(0.25)
        assert server.requests[0]["logprobs"] is True

    def test_usage_is_counted(self, connect):
        vlm = connect(usd_per_million_in=2.0, usd_per_million_out=10.0)
        vlm.generate([HELLO, HELLO])
        usage = vlm.usage
        assert (usage.requests, usage.tokens_in, usage.tokens_out, usage.retries) == (2, 20, 6, 0)
        assert usage.bytes_sent > 200
        assert usage.usd == pytest.approx((20 * 2 + 6 * 10) / 1e6)

    def test_what_is_sent_where_is_logged(self, connect, caplog):
        with caplog.at_level(logging.INFO, "ragmm.vlm.openai_connection"):
            connect().generate([HELLO])
        assert any("bytes to 127.0.0.1" in message for message in caplog.messages)

    @pytest.mark.parametrize("content", [None, "", []])
    def test_nothing_said_is_an_empty_reply(self, server, connect, content):
        server.scripts = [lambda handler, _: handler.reply(200, completion(content))]
        assert connect().generate([HELLO])[0].text == ""

    def test_content_in_parts(self, server, connect):
        parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
        server.scripts = [lambda handler, _: handler.reply(200, completion(parts))]
        assert connect().generate([HELLO])[0].text == "ab"

    @pytest.mark.parametrize("streamed", [False, True])
    def test_a_server_without_max_tokens_or_temperature(self, server, connect, streamed):
        message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
        server.scripts = [status(400, message)]
        vlm = connect()
        said = "".join(piece.text for piece in vlm.stream(HELLO)) if streamed else vlm.generate([HELLO])[0].text
        assert said == "You said: hello"
        assert set(server.requests[-1]) - {"stream"} == {"model", "messages", "max_completion_tokens"}
        vlm.generate([HELLO])
        assert len(server.requests) == 3  # learnt once


class TestStreams:
    def test_pieces_as_they_come(self, connect):
        assert [piece.text for piece in connect().stream(HELLO)] == ["You ", "said: ", "hello"]

    def test_first_piece_before_the_last_is_made(self, server, connect):
        def slow(handler, _):
            handler.begin()
            handler.write(": keep-alive\n\n" + event("first"))
            time.sleep(1)
            handler.write(event(" last", "stop") + "data: [DONE]\n\n")

        server.scripts = [slow]
        began = time.monotonic()
        stream = connect().stream(HELLO)
        assert next(stream).text == "first"
        assert time.monotonic() - began < 0.9
        assert [piece.text for piece in stream] == [" last"]

    def test_cut_in_the_middle(self, server, connect):
        def cut(handler, _):
            handler.begin()
            handler.write(event("half a"))

        server.scripts = [cut]
        stream = connect().stream(HELLO)
        assert next(stream).text == "half a"
        with pytest.raises(ModelError, match="cut off"):
            list(stream)
        assert len(server.requests) == 1  # what was shown is not asked for again

    def test_reset_in_the_middle(self, server, connect):
        def reset(handler, _):
            handler.begin("text/event-stream", length=10_000)
            handler.write(event("half a"))
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True

        server.scripts = [reset]
        stream = connect().stream(HELLO)
        assert next(stream).text == "half a"
        with pytest.raises(ModelError, match="cut off"):
            list(stream)

    def test_malformed_chunk(self, server, connect):
        def garbage(handler, _):
            handler.begin()
            handler.write("data: {not json\n\n")

        server.scripts = [garbage]
        with pytest.raises(ModelError, match="did not answer as OpenAI"):
            list(connect().stream(HELLO))

    def test_an_error_within_the_stream(self, server, connect):
        def fail(handler, _):
            handler.begin()
            handler.write('data: {"error": {"message": "CUDA out of memory"}}\n\n')

        server.scripts = [fail]
        with pytest.raises(ModelError, match="CUDA out of memory"):
            list(connect().stream(HELLO))

    def test_busy_before_the_first_piece_is_tried_again(self, server, connect):
        server.scripts = [status(503, retry_after="0")]
        assert "".join(piece.text for piece in connect().stream(HELLO)) == "You said: hello"

    def test_leaving_early_closes_the_connection(self, connect):
        stream = connect().stream(HELLO)
        next(stream)
        stream.close()


class TestFailures:
    def test_busy_then_well(self, server, connect):
        server.scripts = [status(429, retry_after="0.1"), status(503, retry_after="0")]
        vlm, began = connect(), time.monotonic()
        assert vlm.generate([HELLO])[0].text == "You said: hello"
        assert time.monotonic() - began >= 0.1
        assert vlm.usage.retries == 2

    def test_failing_always(self, server, connect):
        server.scripts = [status(500, "boom", retry_after="0")] * 9
        with pytest.raises(ModelError, match=r"answered 500: .*boom.* \(3 tries\)"):
            connect(max_retries=2).generate([HELLO])
        assert len(server.requests) == 3

    def test_asked_to_wait_too_long(self, server, connect):
        server.scripts = [status(429, "slow down", retry_after="3600")]
        began = time.monotonic()
        with pytest.raises(ModelError, match="429"):
            connect().generate([HELLO])
        assert time.monotonic() - began < 2

    def test_no_quota_is_not_tried_again(self, server, connect):
        server.scripts = [status(429, "insufficient_quota")]
        with pytest.raises(ModelError, match="insufficient_quota"):
            connect().generate([HELLO])
        assert len(server.requests) == 1

    def test_hanging(self, server, connect):
        server.scripts = [hang(3)]
        began = time.monotonic()
        with pytest.raises(ModelError, match=r"sent nothing for 0\.3 seconds"):
            connect(timeout=0.3).generate([HELLO])
        assert time.monotonic() - began < 2

    def test_dripping(self, server, connect):
        def drip(handler, _):
            handler.begin("application/json", length=1000)
            for _ in range(40):
                handler.write(" ")
                time.sleep(0.1)

        server.scripts = [drip]
        began = time.monotonic()
        with pytest.raises(ModelError, match="did not finish within 1 seconds"):
            connect(deadline=1.0).generate([HELLO])
        assert time.monotonic() - began < 3

    @pytest.mark.parametrize("streamed", [False, True])
    def test_endless(self, server, connect, streamed):
        def endless(handler, _):
            handler.begin()
            line = event("x" * 100_000)
            for _ in range(1000):
                handler.write(line)

        server.scripts = [endless]
        with pytest.raises(ModelError, match="does not stop"):
            list(connect().stream(HELLO)) if streamed else connect().generate([HELLO])

    def test_broken_off_then_well(self, server, connect):
        def broken(handler, _):
            handler.begin("application/json", length=1000)
            handler.write('{"choices": [')
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True

        server.scripts = [broken]
        assert connect().generate([HELLO])[0].text == "You said: hello"

    @pytest.mark.parametrize(
        "body",
        [b"{not json", b"[]", b"{}", b'{"choices": []}', b'{"choices": [{}]}', b"<html>login</html>", b"\xff\xfe", b""],
    )
    def test_malformed(self, server, connect, body):
        server.scripts = [lambda handler, _: handler.reply(200, body)]
        with pytest.raises(ModelError, match="did not answer as OpenAI's chat protocol"):
            connect().generate([HELLO])

    @pytest.mark.parametrize(
        ("code", "remedy"),
        [
            (401, "valid one into"),
            (403, "valid one into"),
            (404, "/models"),
            (413, "max_images"),
            (422, "refused the request"),
            (307, "not followed"),
        ],
    )
    def test_refusals_say_what_to_do(self, server, connect, code, remedy):
        server.scripts = [status(code, "no such thing", location="http://127.0.0.1:1/elsewhere")]
        with pytest.raises(ModelError, match=remedy):
            connect().generate([HELLO])
        assert len(server.requests) == 1

    def test_nobody_there(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{probe.getsockname()[1]}/v1"
        began = time.monotonic()
        with pytest.raises(ModelError, match=f"no server answers at {url} .*start one there"):
            OpenAiVlm("tiny", url).generate([HELLO])
        assert time.monotonic() - began < 10

    def test_too_many_images(self, server, connect):
        with pytest.raises(ModelError, match=r"3 images; 127\.0\.0\.1 is sent 2 at most"):
            connect(max_images=2).generate([Prompt.from_parts(RED, RED, RED, "what?")])
        assert server.requests == []

    def test_an_answer_degrades_to_quotes(self, server, connect):
        server.scripts = [status(500, retry_after="0")] * 9
        asked = AnswerTask(text="When did the mill open?", hits=[make_hit(1, "The mill opened in 1891.")])
        answer = answer_with(connect(max_retries=1), asked, ContextBudget(), AnswerRules())
        assert answer.degraded
        assert answer.claims[0].support is Support.SUPPORTED
        assert "answered 500" in answer.warnings[-1]


class TestKeys:
    def test_from_the_environment(self, server, connect, monkeypatch):
        monkeypatch.setenv("MY_KEY", "sk-canary")
        connect(api_key_env="MY_KEY").generate([HELLO])
        assert server.headers[0]["authorization"] == "Bearer sk-canary"

    def test_none_needed(self, server, connect):
        connect().generate([HELLO])
        assert server.headers[0]["authorization"] == "Bearer none"

    def test_from_a_private_file(self, server, connect, tmp_path):
        file = tmp_path / "key"
        file.write_text("sk-file\n")
        file.chmod(0o600)
        connect(api_key_file=file).generate([HELLO])
        assert server.headers[0]["authorization"] == "Bearer sk-file"

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
    def test_a_file_that_others_can_read_is_refused(self, server, connect, tmp_path, mode):
        file = tmp_path / "key"
        file.write_text("sk-file")
        file.chmod(mode)
        with pytest.raises(ModelError, match="chmod 600"):
            connect(api_key_file=file).generate([HELLO])
        assert server.requests == []

    @pytest.mark.parametrize("content", ["", "  \n", None])
    def test_a_file_without_a_key(self, connect, tmp_path, content):
        file = tmp_path / "key"
        if content is not None:
            file.write_text(content)
            file.chmod(0o600)
        with pytest.raises(ModelError, match=r"is empty|cannot be read"):
            connect(api_key_file=file).generate([HELLO])

    def test_a_key_is_in_no_error_and_no_log(self, server, connect, monkeypatch, caplog):
        monkeypatch.setenv("MY_KEY", "sk-canary")
        server.scripts = [status(422, "bad request with sk-canary in it")]
        with caplog.at_level(logging.DEBUG), pytest.raises(ModelError) as caught:
            connect(api_key_env="MY_KEY").generate([HELLO])
        assert "***" in str(caught.value)
        assert "sk-canary" not in str(caught.value) + repr(connect().info)
        assert not any("sk-canary" in message for message in caplog.messages)

    def test_a_key_does_not_travel_unencrypted(self, monkeypatch):
        monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
        with pytest.raises(ModelError, match="unencrypted"):
            OpenAiVlm("tiny", "http://models.example.org/v1").generate([HELLO])


class TestConstruction:
    def test_opens_no_connection(self, server):
        vlm = OpenAiVlm("tiny", server.url)
        assert vlm.info.name == f"openai:tiny@{server.url}"
        assert "stay on this machine" in vlm.info.notice
        assert server.requests == []

    def test_needs_no_server_and_says_where_data_goes(self):
        info = OpenAiVlm("gpt", "https://api.example.org/v1/").info
        assert info.notice.endswith("are sent to api.example.org")
        assert info.fingerprint != OpenAiVlm("gpt", "https://other.example.org/v1").info.fingerprint

    @pytest.mark.parametrize(
        "url", ["", "example.org", "file:///etc/passwd", "http://", "ftp://x/v1", "http://u:p@x/v1"]
    )
    def test_addresses_that_are_none(self, url):
        with pytest.raises(UsageError):
            OpenAiVlm("tiny", url)

    def test_proxies_are_not_used_for_this_machine(self, server, connect, monkeypatch):
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        assert connect().generate([HELLO])[0].text == "You said: hello"
        assert os.environ["HTTP_PROXY"]
