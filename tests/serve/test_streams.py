"""Laws of streamed answers: what a stream says is what the whole answer says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hearth.core import ContextPolicy, Receipt, Started
from hearth.errors import EngineCrashed
from support.fake_engine import FakeEngine
from support.live import client_of, make_app

CHAT = ("/v1/chat/completions", {"model": "fake", "messages": [{"role": "user", "content": "x"}]})
TEXT = ("/v1/completions", {"model": "fake", "prompt": "x"})
DIALECTS = pytest.mark.parametrize(("path", "body"), [CHAT, TEXT], ids=["chat", "text"])

pieces_of_text = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=1, max_size=12
)


def events_of(content: bytes) -> list[dict[str, Any]]:
    """Parse a stream strictly and return its events, without the mark at its end."""
    blocks = content.decode().split("\n\n")
    assert blocks.pop() == ""
    assert all(block.startswith("data: ") and "\n" not in block for block in blocks)
    assert blocks.pop() == "data: [DONE]"
    return [json.loads(block.removeprefix("data: ")) for block in blocks]


def texts_of(events: list[dict[str, Any]], num_choices: int = 1) -> list[str]:
    texts = [""] * num_choices
    for choice in (choice for event in events for choice in event["choices"]):
        piece = choice["delta"].get("content", "") if "delta" in choice else choice["text"]
        texts[choice["index"]] += piece
    return texts


async def ask(app: FastAPI, path: str, body: dict[str, Any], **fields: Any) -> httpx.Response:
    async with client_of(app) as client:
        return await client.post(path, json={**body, **fields})


@DIALECTS
@given(pieces=pieces_of_text, num_choices=st.integers(1, 4), logprobs=st.booleans())
@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
async def test_stream_equals_whole_answer(
    own_home: Path,
    path: str,
    body: dict[str, Any],
    pieces: list[str],
    num_choices: int,
    *,
    logprobs: bool,
) -> None:
    app = make_app(FakeEngine(pieces), own_home)
    fields: dict[str, Any] = {"n": num_choices}
    if logprobs:
        fields["logprobs"] = True if path == CHAT[0] else 2
    whole = (await ask(app, path, body, **fields)).json()
    streamed = await ask(
        app, path, body, stream=True, stream_options={"include_usage": True}, **fields
    )
    events = events_of(streamed.content)

    texts = [
        choice.get("text", choice.get("message", {}).get("content")) for choice in whole["choices"]
    ]
    assert texts == ["".join(pieces)] * num_choices
    assert texts_of(events, num_choices) == texts
    assert events[-1]["choices"] == []
    assert events[-1]["usage"] == whole["usage"]
    assert all(event["usage"] is None for event in events[:-1])
    ends = [c["index"] for e in events for c in e["choices"] if c["finish_reason"] is not None]
    assert sorted(ends) == list(range(num_choices))
    assert len({event["id"] for event in events}) == 1
    if logprobs:
        assert logprobs_of(events) == whole["choices"][0]["logprobs"]


def logprobs_of(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Join the log-probabilities of the first choice's chunks."""
    joined: dict[str, Any] = {}
    for choice in (choice for event in events for choice in event["choices"]):
        if choice["index"] == 0 and choice["logprobs"]:
            for name, value in choice["logprobs"].items():
                joined[name] = joined.get(name, []) + value if value is not None else None
    return joined


@DIALECTS
async def test_answer_has_the_members_that_clients_expect(
    own_home: Path, path: str, body: dict[str, Any]
) -> None:
    app = make_app(FakeEngine(["a", "b"]), own_home)
    answer = (await ask(app, path, body, max_tokens=1)).json()
    assert answer["object"] == ("chat.completion" if path == CHAT[0] else "text_completion")
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["total_tokens"] == 2
    assert answer["choices"][0]["hearth"]["timings"]["first_token_s"] == pytest.approx(0.003)
    stream = await ask(app, path, body, stream=True)
    assert stream.headers["content-type"].startswith("text/event-stream")
    events = events_of(stream.content)
    assert not any("usage" in event for event in events)
    assert events[-1]["choices"][0]["finish_reason"] == "stop"
    assert events[-1]["choices"][0]["hearth"]["usage"]["completion_tokens"] == 2


async def test_chat_stream_begins_with_the_role(own_home: Path) -> None:
    events = events_of((await ask(make_app(FakeEngine(), own_home), *CHAT, stream=True)).content)
    assert events[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}


async def test_log_probabilities_have_openais_shape(own_home: Path) -> None:
    app = make_app(FakeEngine(["ä"]), own_home)
    chat = (await ask(app, *CHAT, logprobs=True, top_logprobs=1)).json()
    (entry,) = chat["choices"][0]["logprobs"]["content"]
    assert entry == {
        "token": "ä",
        "logprob": -0.25,
        "bytes": [195, 164],
        "top_logprobs": [{"token": "alt0", "logprob": -0.5, "bytes": list(b"alt0")}],
    }
    text = (await ask(app, *TEXT, logprobs=1)).json()
    assert text["choices"][0]["logprobs"] == {
        "tokens": ["ä"],
        "token_logprobs": [-0.25],
        "top_logprobs": [{"alt0": -0.5}],
        "text_offset": [0],
    }


async def test_prompts_and_choices_are_answered_in_order(own_home: Path) -> None:
    engine = FakeEngine(["a"])
    fields = {"prompt": ["one", "two words"], "n": 2}
    answer = (await ask(make_app(engine, own_home), *TEXT, **fields)).json()
    assert [request.prompt for request in engine.requests] == [
        "one",
        "one",
        "two words",
        "two words",
    ]
    assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2, 3]
    assert answer["usage"]["prompt_tokens"] == 6


@DIALECTS
@pytest.mark.parametrize("num_choices", [1, 3])
async def test_error_after_the_start_is_one_event_and_the_end(
    own_home: Path, path: str, body: dict[str, Any], num_choices: int
) -> None:
    engine = FakeEngine(error=EngineCrashed("The worker died."), error_after=2)
    streamed = await ask(make_app(engine, own_home), path, body, stream=True, n=num_choices)
    assert streamed.status_code == 200
    events = events_of(streamed.content)
    assert events[-1]["error"]["code"] == "engine_crashed"
    assert not any("error" in event for event in events[:-1])
    assert engine.open_answers == 0
    assert (await ask(make_app(engine, own_home), path, body, n=num_choices)).status_code == 503


async def test_receipt_of_a_cut_prompt_is_returned(own_home: Path) -> None:
    receipt = Receipt(
        policy=ContextPolicy.DROP_OLDEST,
        context_tokens=10,
        prompt_tokens_before=99,
        prompt_tokens_after=9,
        dropped_messages=(0, 1),
    )

    class Cutting(FakeEngine):
        async def _answer(self, request: Any) -> Any:
            async for event in super()._answer(request):
                if isinstance(event, Started):
                    event = Started(prompt_tokens=9, context_tokens=10, receipt=receipt)
                yield event

    app = make_app(Cutting(), own_home)
    answer = (await ask(app, *CHAT, context_policy="drop_oldest")).json()
    expected = {
        "policy": "drop_oldest",
        "context_tokens": 10,
        "prompt_tokens_before": 99,
        "prompt_tokens_after": 9,
        "dropped_messages": [0, 1],
    }
    assert answer["choices"][0]["hearth"]["receipt"] == expected
    streamed = await ask(app, *CHAT, context_policy="drop_oldest", stream=True)
    assert events_of(streamed.content)[-1]["choices"][0]["hearth"]["receipt"] == expected


async def test_metrics_count_what_happened(own_home: Path) -> None:
    app = make_app(FakeEngine(["a", "b", "c"]), own_home)
    await ask(app, *CHAT)
    await ask(app, *CHAT, stream=True)
    await ask(app, *CHAT, model="../secret")
    async with client_of(app) as client:
        await client.post("/hearth/load", json={"model": "fake"})
        page = (await client.get("/metrics")).text
    assert 'hearth_requests_total{route="/v1/chat/completions",status="200"} 2.0' in page
    assert 'hearth_requests_total{route="/v1/chat/completions",status="404"} 1.0' in page
    assert 'hearth_tokens_total{kind="completion"} 6.0' in page
    assert 'hearth_answers_total{end="stop"} 2.0' in page
    assert "hearth_first_token_seconds_count 2.0" in page
    assert "hearth_between_tokens_seconds_count 4.0" in page
    assert 'hearth_model_ready{model="fake"} 1.0' in page
    assert 'hearth_model_restarts_total{model="fake"} 0.0' in page
    assert "secret" not in page
