"""Contestants on servers: each dialect as it is asked and read, and what goes wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr

from hearth.core import Delta, Finished, FinishReason, GenerateEvent, Message, Role, SamplingParams
from hearth.errors import HearthError, ModelNotFound, NotAuthorized, ServerError
from hearth.measure.arena.remote import Servers
from hearth.measure.speed.targets import ApiKeys
from hearth.store.voted import Contestant

MESSAGES = (
    Message(role=Role.SYSTEM, content="Be brief."),
    Message(role=Role.USER, content="Hello?"),
)
PATHS = {
    "openai": "/v1/chat/completions",
    "ollama": "/api/chat",
    "anthropic": "/v1/messages",
}
STREAMS = {
    "openai": [
        ": keep-alive",
        'data: {"choices":[{"delta":{"role":"assistant"}}]}',
        'data: {"choices":[{"delta":{"content":"Grü"}}]}',
        'data: {"choices":[{"delta":{"content":"ße."},"finish_reason":"length"}]}',
        'data: {"choices":[],"usage":{"completion_tokens":5}}',
        "data: [DONE]",
    ],
    "ollama": [
        '{"message":{"role":"assistant","content":"Grü"},"done":false}',
        '{"message":{"content":"ße."},"done":false}',
        '{"message":{"content":""},"done":true,"done_reason":"length","eval_count":5}',
    ],
    "anthropic": [
        "event: message_start",
        'data: {"type":"message_start","message":{"usage":{"output_tokens":1}}}',
        'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Grü"}}',
        'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"ße."}}',
        'data: {"type":"message_delta","delta":{"stop_reason":"max_tokens"},'
        '"usage":{"output_tokens":5}}',
        'data: {"type":"message_stop"}',
    ],
}


class Peer:
    """A server that answers every request with the same lines, and remembers what it was asked."""

    def __init__(self) -> None:
        self.status = 200
        self.lines: list[str] = []
        self.path = ""
        self.body: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                peer.path = self.path
                peer.headers = {name.lower(): value for name, value in self.headers.items()}
                length = int(self.headers["content-length"])
                peer.body = json.loads(self.rfile.read(length))
                self.send_response(peer.status)
                self.end_headers()
                self.wfile.write("\n\n".join(peer.lines).encode())

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join(60)
    made.server.server_close()


def contestant(peer: Peer, dialect: str) -> Contestant:
    return Contestant(name="peer", model="big", url=peer.url, dialect=dialect, max_tokens=7)


async def answered(asked: Contestant, key: str | None = None) -> list[GenerateEvent]:
    keys = ApiKeys(by_host={"127.0.0.1": SecretStr(key)} if key else {})
    async with aclosing(Servers(keys).answer(asked, MESSAGES, seed=3)) as events:
        return [event async for event in events]


@pytest.mark.parametrize("dialect", PATHS)
async def test_each_dialect_is_asked_and_read(peer: Peer, dialect: str) -> None:
    peer.lines = STREAMS[dialect]
    *deltas, finished = await answered(contestant(peer, dialect), key="secret-key")
    assert "".join(each.text for each in deltas if isinstance(each, Delta)) == "Grüße."
    assert isinstance(finished, Finished)
    assert finished.reason is FinishReason.LENGTH
    assert finished.usage.completion_tokens == 5
    assert peer.path == PATHS[dialect]
    assert (peer.body["model"], peer.body["stream"]) == ("big", True)
    assert "secret-key" in str(peer.headers)


async def test_what_openai_servers_are_sent(peer: Peer) -> None:
    peer.lines = STREAMS["openai"]
    tuned = replace(contestant(peer, "openai"), sampling=SamplingParams(temperature=0.1))
    await answered(tuned)
    assert (peer.body["temperature"], peer.body["seed"], peer.body["max_tokens"]) == (0.1, 3, 7)
    assert [turn["role"] for turn in peer.body["messages"]] == ["system", "user"]
    assert "authorization" not in peer.headers


async def test_what_anthropics_servers_are_sent(peer: Peer) -> None:
    peer.lines = STREAMS["anthropic"]
    asked = contestant(peer, "anthropic")
    await answered(replace(asked, sampling=SamplingParams(temperature=0.5)))
    assert peer.body["system"] == "Be brief."
    assert [turn["role"] for turn in peer.body["messages"]] == ["user"]
    assert (peer.body["temperature"], peer.body["max_tokens"]) == (0.5, 7)
    await answered(asked)
    assert "temperature" not in peer.body, "some models take none"


async def test_what_ollamas_servers_are_sent(peer: Peer) -> None:
    peer.lines = STREAMS["ollama"]
    await answered(replace(contestant(peer, "ollama"), sampling=SamplingParams(min_p=0.2)))
    assert peer.body["options"] == {"num_predict": 7, "seed": 3, "min_p": 0.2}


@pytest.mark.parametrize(
    ("status", "error"), [(401, NotAuthorized), (404, ModelNotFound), (500, ServerError)]
)
async def test_a_refusal_is_an_error(peer: Peer, status: int, error: type[HearthError]) -> None:
    peer.status, peer.lines = status, ['{"error":"no such thing"}']
    with pytest.raises(error, match="no such thing"):
        await answered(contestant(peer, "openai"))


@pytest.mark.parametrize(
    ("dialect", "line", "said"),
    [
        ("openai", 'data: {"error":{"message":"overloaded"}}', "overloaded"),
        ("ollama", '{"error":"out of memory"}', "out of memory"),
        ("anthropic", 'data: {"type":"error","error":{"message":"busy"}}', "busy"),
        ("openai", "<html>", "no JSON"),
    ],
)
async def test_an_error_within_an_answer_is_told(
    peer: Peer, dialect: str, line: str, said: str
) -> None:
    peer.lines = [line]
    with pytest.raises(ServerError, match=said):
        await answered(contestant(peer, dialect))


async def test_a_server_that_is_not_there_is_told(peer: Peer) -> None:
    gone = replace(contestant(peer, "openai"), url="http://127.0.0.1:9")
    with pytest.raises(ServerError, match="cannot be reached"):
        await answered(gone)
