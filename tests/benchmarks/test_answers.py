"""The client that times answers: what it reads of each server's events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import pytest

from workloads.answers import Answer, Client, parse

TEXT = {"choices": [{"index": 0, "text": "a"}]}
USAGE = {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 3}}
HEARTH_END = {
    "choices": [
        {
            "text": "",
            "hearth": {"usage": {"cached_tokens": 4, "drafted_tokens": 6, "accepted_tokens": 2}},
        }
    ]
}
LLAMA_END = {
    "choices": [{"text": ""}],
    "timings": {"cache_n": 4, "draft_n": 6, "draft_n_accepted": 2},
}


class EventServer:
    """Answers each request with the same bytes, and keeps what it was sent."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self.requests: list[dict[str, object]] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        self.requests.append(json.loads(await reader.readexactly(length)))
        writer.write(self._answer)
        await writer.drain()
        writer.close()


def events(*sent: object) -> bytes:
    lines = b"".join(b"data: " + encode(each) + b"\n\n" for each in sent)
    return b"HTTP/1.1 200 OK\r\n\r\n" + lines + b"data: [DONE]\n\n"


def encode(sent: object) -> bytes:
    return json.dumps(sent, separators=(",", ":")).encode()


async def ask(server: EventServer, prompts: Sequence[str]) -> list[Answer]:
    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        client = Client(f"http://127.0.0.1:{port}", "m", extra={"ignore_eos": True})
        return await asyncio.gather(*(client.read(prompt, 3, seed=1) for prompt in prompts))


@pytest.mark.parametrize("end", [HEARTH_END, LLAMA_END])
async def test_counters_of_each_server(end: object) -> None:
    server = EventServer(events(TEXT, TEXT, end, USAGE))
    (answer,) = await ask(server, ["Say"])
    assert (answer.prompt_tokens, answer.completion_tokens) == (9, 3)
    assert (answer.cached_tokens, answer.prefilled_tokens) == (4, 5)
    assert (answer.drafted_tokens, answer.accepted_tokens) == (6, 2)
    assert answer.text == "aa"


async def test_each_piece_and_the_end_have_a_time() -> None:
    server = EventServer(events(TEXT, TEXT, HEARTH_END, USAGE))
    (answer,) = await ask(server, ["Say"])
    assert len(answer.stamps) == 3
    assert list(answer.stamps) == sorted(answer.stamps)
    assert 0 < answer.first_s <= answer.last_s


async def test_prompts_go_at_once_with_the_fields_of_the_side() -> None:
    server = EventServer(events(TEXT, HEARTH_END, USAGE))
    await ask(server, ["one", "two"])
    assert {request["prompt"] for request in server.requests} == {"one", "two"}
    for request in server.requests:
        assert request["ignore_eos"] is True
        assert (request["seed"], request["max_tokens"], request["temperature"]) == (1, 3, 0)


async def test_an_error_is_an_error() -> None:
    server = EventServer(b"HTTP/1.1 404 Not Found\r\n\r\n" + b'{"error": "no such model"}')
    with pytest.raises(RuntimeError, match="no such model"):
        await ask(server, ["Say"])


def test_cached_tokens_of_a_server_that_speaks_openai_alone() -> None:
    usage = {**USAGE["usage"], "prompt_tokens_details": {"cached_tokens": 8}}  # type: ignore[dict-item]
    answer = parse([0.1, 0.2], [TEXT, {"choices": [], "usage": usage}])
    assert answer.cached_tokens == 8
    assert answer.tokens_per_s == pytest.approx(20.0)
