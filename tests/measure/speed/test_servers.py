"""Servers of three dialects, asked over real sockets: what is timed, counted and refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.responses import StreamingResponse

from hearth.errors import HearthError, ModelNotFound, NotAuthorized, ServerError
from hearth.measure.speed import ComparePlan, Request, SpeedPlan, Target, run_compare, run_speed
from hearth.measure.speed.targets import ApiKeys, open_target
from support.fake_engine import FakeEngine
from support.live import live, make_app, make_config
from support.other_servers import KEY, other_servers

ASKED = Request(prompt="one two three four", max_tokens=16)
PIECES = tuple(f" word{number}" for number in range(40))


def silent(done: int, total: int, doing: str) -> None:
    """Take no notice of how far it is."""


@asynccontextmanager
async def serving(app: FastAPI, home: Path) -> AsyncIterator[str]:
    async with live(app, make_config(home)) as url:
        yield url


@asynccontextmanager
async def opened(home: Path, text: str) -> AsyncIterator[Target]:
    target = open_target(make_config(home), text, ApiKeys())
    try:
        yield target
    finally:
        await target.close()


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("KEY_OF_A_TEST", KEY)
    return ["KEY_OF_A_TEST"]


async def test_our_own_server_is_held_to_a_length(own_home) -> None:
    engine = FakeEngine(PIECES)
    async with (
        serving(make_app(engine, own_home), own_home) as url,
        opened(own_home, f"{url}#fake") as target,
    ):
        facts = await target.prepare()
        answer = await target.answer(ASKED)
    assert (facts.dialect, facts.is_here, facts.path) == ("openai", True, "")
    assert engine.requests[-1].ignore_eos
    assert engine.requests[-1].sampling.temperature == 0.0
    assert (answer.completion_tokens, len(answer.times_s), answer.is_counted) == (16, 16, True)
    assert answer.prompt_tokens == 4
    assert answer.first_token_s > 0
    assert list(answer.times_s) == sorted(answer.times_s)


@pytest.mark.parametrize("dialect", ["ollama", "anthropic"])
async def test_other_makes_are_measured_by_the_same_tool(dialect, own_home, key) -> None:
    plan = SpeedPlan(
        prompt_lengths=(40,), answer_tokens=8, repeats=3, clients=(3,), rates=(20.0,), load_s=1.0
    )
    async with serving(other_servers(FakeEngine(PIECES)), own_home) as url:
        target = f"{dialect}+{url}#fake"
        draft = await run_speed(make_config(own_home), target, plan, silent, key_from=key)
    assert draft.summary["prompt of 40: answer length"].value == 8
    assert draft.summary["3 at once: answered"].value == 100
    assert draft.summary["20 per second: all answers together"].value > 0
    assert draft.settings["dialect"] == dialect
    assert draft.subjects[0].name == target
    written = json.dumps([draft.settings, draft.command, draft.notes])
    assert KEY not in written
    assert "KEY_OF_A_TEST" in written


async def test_two_makes_are_compared(own_home, key) -> None:
    plan = ComparePlan(prompt_tokens=20, answer_tokens=6, blocks=2)
    async with serving(other_servers(FakeEngine(PIECES)), own_home) as url:
        draft = await run_compare(
            make_config(own_home),
            f"ollama+{url}#fake",
            f"anthropic+{url}#fake",
            plan,
            silent,
            key_from=[f"127.0.0.1={key[0]}"],
        )
    assert [len(draft.repeats[f"{side}: decode"]) for side in ("a", "b")] == [4, 4]
    assert draft.settings["a dialect"] == "ollama"


async def test_refusals_are_told_in_the_servers_words(own_home) -> None:
    async with serving(other_servers(FakeEngine(PIECES)), own_home) as url:
        async with opened(own_home, f"ollama+{url}#other") as target:
            with pytest.raises(ModelNotFound, match="model 'other' not found"):
                await target.prepare()
        async with opened(own_home, f"anthropic+{url}#fake") as target:
            with pytest.raises(NotAuthorized, match="invalid x-api-key"):
                await target.prepare()
        async with opened(own_home, f"{url}/nowhere#fake") as target:
            with pytest.raises(ModelNotFound, match="404"):
                await target.prepare()


async def test_a_server_that_is_not_there_is_said_to_be(own_home, unused_tcp_port) -> None:
    async with opened(own_home, f"http://127.0.0.1:{unused_tcp_port}#m") as target:
        with pytest.raises(ServerError, match="cannot be reached"):
            await target.prepare()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([b"data: <html>\n\n"], "no JSON"),
        ([b'data: {"error": {"message": "out of memory"}}\n\n'], "out of memory"),
        ([b'data: {"choices": []}\n\n', b"data: [DONE]\n\n"], "without any text"),
        ([b"data: [1]\n\n", b"data: 7\n\n"], "without any text"),
        ([b'data: {"choices": {"delta": 1}, "usage": "x"}\n\n'], "without any text"),
    ],
)
async def test_nonsense_is_an_error_and_no_figure(lines, said, own_home) -> None:
    async with (
        serving(_stream_app(lines), own_home) as url,
        opened(own_home, f"{url}#m") as target,
    ):
        with pytest.raises(HearthError, match=said):
            await target.answer(ASKED)


async def test_pieces_are_counted_where_the_server_does_not(own_home) -> None:
    piece = b'data: {"choices": [{"delta": {"reasoning_content": "hm"}}]}\r\n\r\n'
    async with (
        serving(_stream_app([piece] * 3), own_home) as url,
        opened(own_home, f"{url}#m") as target,
    ):
        answer = await target.answer(ASKED)
    assert (answer.completion_tokens, answer.is_counted, answer.prompt_tokens) == (3, False, None)
    assert answer.prompt_tokens_per_s is None


def _stream_app(lines: Sequence[bytes]) -> FastAPI:
    app = FastAPI()

    @app.post("/v1/chat/completions")
    async def chat() -> StreamingResponse:
        return StreamingResponse(iter(lines), media_type="text/event-stream")

    return app
