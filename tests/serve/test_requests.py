"""What the OpenAI dialect accepts and refuses (rows Q5 to Q9, Q14, Q17, N8)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from hearth.core import ContextPolicy, Role
from hearth.errors import EngineCrashed, QueueFull
from hearth.serve.limits import MAX_BODY_BYTES
from support.fake_engine import FakeEngine
from support.live import TOKEN, client_of, make_app

CHAT = "/v1/chat/completions"
TEXT = "/v1/completions"
USER = {"role": "user", "content": "hi"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> tuple[FakeEngine, FastAPI]:
    """Build one app for all tests of this file: most of them ask it a single question."""
    engine = FakeEngine()
    return engine, make_app(engine, tmp_path_factory.mktemp("home"))


@pytest.fixture
def engine(served: tuple[FakeEngine, FastAPI]) -> FakeEngine:
    engine, _ = served
    engine.requests.clear()
    return engine


@pytest.fixture
async def client(served: tuple[FakeEngine, FastAPI]) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(served[1]) as client:
        yield client


def chat(**fields: Any) -> dict[str, Any]:
    return {"model": "fake", "messages": [USER], **fields}


BAD_CHATS: dict[str, tuple[dict[str, Any], str]] = {
    "Q6 no messages": (chat(messages=[]), "messages"),
    "Q6 unknown role": (chat(messages=[{"role": "wizard", "content": "x"}]), "messages.0.role"),
    "Q6 tool": (chat(messages=[{"role": "tool", "content": "x"}]), "messages.0.role"),
    "Q6 null content": (chat(messages=[{"role": "user", "content": None}]), "messages.0.content"),
    "Q6 image": (chat(messages=[{"role": "user", "content": [{"type": "image_url"}]}]), "messages"),
    "Q6 part is no object": (chat(messages=[{"role": "user", "content": ["x"]}]), "messages"),
    "Q6 text part with more": (
        chat(messages=[{"role": "user", "content": [{"type": "text", "text": "x", "y": 1}]}]),
        "messages",
    ),
    "Q6 name": (chat(messages=[{**USER, "name": "x"}]), "messages.0.name"),
    "Q6 5,000 messages": (chat(messages=[USER] * 5000), "messages"),
    "Q7 temperature low": (chat(temperature=-1), "temperature"),
    "Q7 temperature high": (chat(temperature=1e9), "temperature"),
    "Q7 top_p": (chat(top_p=2), "top_p"),
    "Q7 top_k": (chat(top_k=-5), "top_k"),
    "Q7 min_p": (chat(min_p=2), "min_p"),
    "Q7 typical_p": (chat(typical_p=-0.1), "typical_p"),
    "Q7 repeat_penalty": (chat(repeat_penalty=0), "repeat_penalty"),
    "Q7 mirostat": (chat(mirostat=3), "mirostat"),
    "Q7 presence_penalty": (chat(presence_penalty=1e6), "presence_penalty"),
    "Q7 frequency_penalty": (chat(frequency_penalty=-1e6), "frequency_penalty"),
    "Q7 seed": (chat(seed=2**64), "seed"),
    "Q7 last seed with n": (chat(seed=2**32 - 2, n=2), "seed"),
    "Q7 max_tokens zero": (chat(max_tokens=0), "max_tokens"),
    "Q7 max_tokens negative": (chat(max_completion_tokens=-1), "max_tokens"),
    "Q7 max_tokens huge": (chat(max_tokens=2**40), "max_tokens"),
    "Q7 both max_tokens": (chat(max_tokens=1, max_completion_tokens=1), "max_tokens"),
    "Q7 n": (chat(n=10**6), "n"),
    "Q7 n zero": (chat(n=0), "n"),
    "Q7 logit_bias size": (chat(logit_bias={str(i): 1 for i in range(5000)}), "logit_bias"),
    "Q7 logit_bias range": (chat(logit_bias={"1": 101}), "logit_bias"),
    "Q7 top_logprobs": (chat(logprobs=True, top_logprobs=21), "top_logprobs"),
    "Q7 top_logprobs alone": (chat(top_logprobs=1), "top_logprobs"),
    "Q8 empty stop": (chat(stop=""), "stop"),
    "Q8 many stops": (chat(stop=["x"] * 10_000), "stop"),
    "Q8 long stop": (chat(stop="x" * 1_000_000), "stop"),
    "Q8 stop is a number": (chat(stop=1), "stop"),
    "Q9 stream": (chat(stream="yes"), "stream"),
    "Q9 stream_options": (chat(stream_options={"include_usage": True}), "stream_options"),
    "no messages": ({"model": "fake"}, "messages"),
    "no model": ({"messages": [USER]}, "model"),
    "tools": (chat(tools=[]), "tools"),
    "response_format": (chat(response_format={"type": "json_object"}), "response_format.type"),
    "context_policy": (chat(context_policy="shift"), "context_policy"),
    "unknown": (chat(temprature=1), "temprature"),
    "unknown with control characters": (chat(**{"a\x1b[2J": 1}), "a\\x1b[2J"),
}
BAD_TEXTS: dict[str, tuple[dict[str, Any], str]] = {
    "echo": ({"model": "fake", "prompt": "x", "echo": True}, "echo"),
    "suffix": ({"model": "fake", "prompt": "x", "suffix": "y"}, "suffix"),
    "best_of": ({"model": "fake", "prompt": "x", "best_of": 4}, "best_of"),
    "token ids": ({"model": "fake", "prompt": [1, 2]}, "prompt.0"),
    "no prompts": ({"model": "fake", "prompt": []}, "prompt"),
    "prompts times n": ({"model": "fake", "prompt": ["x", "y", "z"], "n": 3}, "prompt"),
    "logprobs": ({"model": "fake", "prompt": "x", "logprobs": 21}, "top_logprobs"),
}


@pytest.mark.parametrize(("body", "param"), BAD_CHATS.values(), ids=BAD_CHATS.keys())
async def test_bad_chat_is_refused_by_field(
    client: httpx.AsyncClient, engine: FakeEngine, body: dict[str, Any], param: str
) -> None:
    await assert_refused(client, engine, CHAT, body, param)


@pytest.mark.parametrize(("body", "param"), BAD_TEXTS.values(), ids=BAD_TEXTS.keys())
async def test_bad_completion_is_refused_by_field(
    client: httpx.AsyncClient, engine: FakeEngine, body: dict[str, Any], param: str
) -> None:
    await assert_refused(client, engine, TEXT, body, param)


async def assert_refused(
    client: httpx.AsyncClient, engine: FakeEngine, path: str, body: dict[str, Any], param: str
) -> None:
    response = await client.post(path, json=body)
    error = response.json()["error"]
    assert response.status_code == 400
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert not engine.requests


async def test_every_field_reaches_the_engine(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    sampling = {
        "temperature": 1,
        "top_p": 0.5,
        "presence_penalty": 0.1,
        "frequency_penalty": 0.2,
        "seed": 7,
        "top_k": 3,
        "min_p": 0.1,
        "typical_p": 0.9,
        "repeat_penalty": 1.1,
        "repeat_last_n": 9,
        "mirostat": 2,
        "mirostat_tau": 4,
        "mirostat_eta": 0.2,
    }
    messages = [{"role": "developer", "content": "be brief"}, {"role": "user", "content": "hi"}]
    body = chat(
        messages=messages,
        stop="END",
        max_completion_tokens=5,
        logit_bias={"12": -100},
        logprobs=True,
        top_logprobs=2,
        ignore_eos=True,
        context_policy="keep_ends",
        user="ann",
        **sampling,
    )
    assert (await client.post(CHAT, json=body)).status_code == 200
    (request,) = engine.requests
    assert {name: getattr(request.sampling, name) for name in sampling} == sampling
    assert request.sampling.logit_bias == {12: -100.0}
    assert [message.role for message in request.messages] == [Role.SYSTEM, Role.USER]
    assert (request.stop, request.max_tokens, request.top_logprobs) == (("END",), 5, 2)
    assert request.context_policy is ContextPolicy.KEEP_ENDS
    assert (request.ignore_eos, request.owner) == (True, "127.0.0.1 ann")


async def test_null_means_not_given_and_usual_values_pass(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    answer = {"role": "assistant", "content": "x", "refusal": None, "tool_calls": None}
    body = chat(
        messages=[answer, {"role": "user", "content": [{"type": "text", "text": "a"}] * 2}],
        temperature=None,
        stop=None,
        store=False,
        response_format={"type": "text"},
        n=None,
    )
    assert (await client.post(CHAT, json=body)).status_code == 200
    assert engine.requests[0].messages[1].content == "aa"
    assert engine.requests[0].sampling.temperature == 0.8


async def test_each_choice_has_a_seed_of_its_own(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    assert (await client.post(CHAT, json=chat(n=3, seed=5))).status_code == 200
    assert [request.sampling.seed for request in engine.requests] == [5, 6, 7]


async def test_prompt_over_the_context_is_refused_with_both_numbers(own_home: Path) -> None:
    async with client_of(make_app(FakeEngine(context=10), own_home)) as client:
        response = await client.post(TEXT, json={"model": "fake", "prompt": "word" + " word" * 49})
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "context_length_exceeded"
    assert "has 50 tokens" in response.json()["error"]["message"]
    assert "holds 10" in response.json()["error"]["message"]


async def test_prompt_of_ten_million_characters_is_refused(client: httpx.AsyncClient) -> None:
    response = await client.post(TEXT, json={"model": "fake", "prompt": "x" * 10_000_000})
    assert response.status_code == 413


@pytest.mark.parametrize("announce", [True, False])
async def test_body_over_the_limit_is_refused_while_it_comes(
    client: httpx.AsyncClient, *, announce: bool
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1024 * 1024
            yield b" " * 1024 * 1024

    headers = {"content-type": "application/json"}
    if announce:
        headers["content-length"] = str(10**12)
    response = await client.post(TEXT, content=endless(), headers=headers)
    assert response.status_code == 413
    assert response.headers["connection"] == "close"
    assert sent <= (0 if announce else MAX_BODY_BYTES + 2 * 1024 * 1024)


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
@pytest.mark.parametrize("path", [CHAT, TEXT, "/hearth/generate", "/hearth/load"])
async def test_other_content_types_are_refused(
    client: httpx.AsyncClient, headers: dict[str, str], path: str
) -> None:
    response = await client.post(path, content=b'{"model":"fake"}', headers=headers)
    assert response.status_code == 415


FOREIGN_NAMES = (
    "nothing",
    "../../x",
    "/etc/passwd",
    "fake.gguf",
    "f\0ake",
    "x" * 10_000,
    "fаke",  # noqa: RUF001 - a Cyrillic letter is the point
    "~/fake",
    "",
)


@pytest.mark.parametrize("name", FOREIGN_NAMES)
async def test_unknown_model_is_not_found(
    client: httpx.AsyncClient, engine: FakeEngine, name: str, tmp_path: Path
) -> None:
    for path, body in (
        (CHAT, chat(model=name)),
        ("/hearth/load", {"model": name}),
        ("/hearth/generate", {"model": name, "prompt": "x"}),
    ):
        response = await client.post(path, json=body)
        known_shape = 1 <= len(name) <= 512
        assert response.status_code == 404 if known_shape else response.status_code in (400, 404)
        assert response.json()["error"]["param"] == "model"
    assert not engine.requests
    assert not engine.loaded


async def test_path_is_for_the_users_own_programs(tmp_path: Path, own_home: Path) -> None:
    path = tmp_path / "own.gguf"
    path.touch()
    engine = FakeEngine(models=(str(path),))
    async with client_of(make_app(engine, own_home)) as client:
        body = {"model": str(path), "prompt": "x"}
        assert (await client.post(TEXT, json=body)).status_code == 404
        token = {"authorization": f"Bearer {TOKEN}"}
        assert (await client.post(TEXT, json=body, headers=token)).status_code == 200


async def test_models_are_listed_and_shown(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/v1/models")).json()["data"]
    assert "fake" in [model["id"] for model in listed]
    assert (await client.get("/v1/models/fake")).json()["id"] == "fake"
    missing = await client.get("/v1/models/fake1")
    assert missing.status_code == 404
    assert "fake" in missing.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/chat/completions", 405),
        ("PUT", "/hearth/generate", 405),
        ("DELETE", "/v1/models", 405),
        ("POST", "/v1/nothing", 404),
        ("GET", "/v1/", 404),
        ("GET", "/v1/models/", 404),
        ("POST", "/v1/completions/", 404),
        ("POST", "//v1//completions", 404),
        ("GET", "/hearth/none", 404),
        ("GET", "/none", 404),
    ],
)
async def test_wrong_methods_and_addresses(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    response = await client.request(method, f"http://localhost{path}")
    assert response.status_code == status
    assert response.json()["error"]["message"]


async def test_errors_keep_their_status_and_say_when_to_come_back(own_home: Path) -> None:
    for error, status, wait in ((QueueFull("full"), 503, "2"), (EngineCrashed("dead"), 503, "1")):
        for stream in (False, True):
            async with client_of(make_app(FakeEngine(error=error), own_home)) as client:
                response = await client.post(CHAT, json=chat(stream=stream))
            assert (response.status_code, response.headers["retry-after"]) == (status, wait)
            assert response.json()["error"]["code"] == error.code


async def test_unexpected_failure_is_answered_and_says_nothing_of_its_cause(
    own_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = FakeEngine(error=ValueError("secret detail"))  # type: ignore[arg-type]
    async with client_of(make_app(engine, own_home)) as client:
        for stream in (False, True):
            response = await client.post(CHAT, json=chat(stream=stream))
            assert response.status_code == 500
            assert response.json()["error"]["code"] == "engine_error"
            assert "secret" not in response.text
    assert caplog.text.count("ValueError: secret detail") >= 2
