"""Questions that are awaited: the same answers, and a cancelled task stops the model."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from unit.test_streaming import QUESTION, REPLY, Endless, filled, models

import ragmm
from ragmm.errors import UsageError
from ragmm.testing import FakeVlm


@pytest.fixture
def docs(tmp_path: Path) -> ragmm.Collection:
    return filled(tmp_path / "c", models(FakeVlm({"mill": REPLY})))


@pytest.fixture
def endless(tmp_path: Path) -> tuple[ragmm.Collection, Endless]:
    vlm = Endless()
    return filled(tmp_path / "e", models(vlm)), vlm


def test_what_is_awaited_is_what_query_returns(docs: ragmm.Collection) -> None:
    async def ask() -> list[ragmm.QueryResult]:
        return await asyncio.gather(docs.aquery(QUESTION), docs.aquery(QUESTION, k=1, answer=False))

    answered, found = asyncio.run(ask())
    asked = docs.query(QUESTION)
    assert (answered.answer, answered.hits) == (asked.answer, asked.hits)
    assert len(found.hits) == 1
    assert found.answer is None


def test_events_are_those_of_stream(docs: ragmm.Collection) -> None:
    async def kinds() -> list[str]:
        return [type(event).__name__ async for event in docs.astream(ragmm.Question(QUESTION))]

    assert asyncio.run(kinds()) == [type(event).__name__ for event in docs.stream(QUESTION)]


def test_the_loop_goes_on_meanwhile(endless: tuple[ragmm.Collection, Endless]) -> None:
    docs, vlm = endless

    async def ticks() -> int:
        asking = asyncio.create_task(docs.aquery(QUESTION))
        seen = 0
        while vlm.written < 3:
            await asyncio.sleep(0.01)
            seen += 1
        asking.cancel()
        return seen

    assert asyncio.run(asyncio.wait_for(ticks(), 60)) > 0


def test_a_cancelled_task_stops_the_model(endless: tuple[ragmm.Collection, Endless]) -> None:
    docs, vlm = endless

    async def give_up() -> None:
        asking = asyncio.create_task(docs.aquery(QUESTION))
        while vlm.written == 0:
            await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await asyncio.to_thread(vlm.closed.wait, 30)

    asyncio.run(asyncio.wait_for(give_up(), 60))
    written = vlm.written
    assert vlm.closed.is_set()
    assert vlm.written == written


def test_a_timeout_and_letting_go_stop_it_too(endless: tuple[ragmm.Collection, Endless]) -> None:
    docs, vlm = endless

    async def first_words() -> str:
        events = docs.astream(QUESTION)
        async for event in events:
            if isinstance(event, ragmm.TextWritten):
                await events.aclose()
                return event.text
        return ""

    assert asyncio.run(first_words()).startswith("The mill")
    assert vlm.closed.wait(30)
    vlm.closed.clear()

    async def impatient() -> None:
        async with asyncio.timeout(0.5):
            await docs.aquery(QUESTION)

    with pytest.raises(TimeoutError):
        asyncio.run(impatient())
    assert vlm.closed.wait(30)


def test_ones_own_flag_still_ends_the_writing(endless: tuple[ragmm.Collection, Endless]) -> None:
    docs, vlm = endless
    flag = threading.Event()

    async def ask() -> ragmm.QueryResult:
        asking = asyncio.create_task(docs.aquery(QUESTION, cancel=flag))
        while vlm.written == 0:
            await asyncio.sleep(0.01)
        flag.set()
        return await asking

    assert any("cancelled" in warning for warning in asyncio.run(asyncio.wait_for(ask(), 60)).warnings)


def test_what_goes_wrong_is_raised_where_it_is_awaited(docs: ragmm.Collection) -> None:
    with pytest.raises(UsageError, match="there is nothing to look for"):
        asyncio.run(docs.aquery(""))
    with pytest.raises(UsageError, match="no modality 'sound'"):
        asyncio.run(docs.aquery(QUESTION, modality="sound"))
