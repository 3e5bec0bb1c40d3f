"""Connections over real sockets: clients that leave, stall, drip or say nothing (rows N1 to N4)."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import httpx
import openai
import pytest

from hearth.config import Config
from hearth.serve.app import create_api
from hearth.serve.limits import MAX_SILENT_CONNECTIONS, Patience
from support.fake_engine import PIECES, FakeEngine
from support.live import live, make_config, until

CHAT = {"model": "fake", "messages": [{"role": "user", "content": "x"}]}
ENDLESS = ["token "] * 100_000


@asynccontextmanager
async def serving(engine: FakeEngine, home: Path, **patience: float) -> AsyncIterator[str]:
    config = make_config(home)
    limits = Patience(**patience)
    async with live(create_api(engine, config, patience=limits), config, limits) as url:
        yield url


async def connect(url: str, **options: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = url.removeprefix("http://").split(":")
    return await asyncio.open_connection(host, int(port), **options)


def post(path: str, body: object, *extra: str) -> bytes:
    """Return the bytes of a request."""
    content = json.dumps(body).encode()
    head = [
        f"POST {path} HTTP/1.1",
        "host: localhost",
        "content-type: application/json",
        f"content-length: {len(content)}",
        *extra,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + content


# --- leaving ----------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [CHAT, {**CHAT, "stream": True}, {**CHAT, "n": 3}])
async def test_client_that_leaves_frees_its_sequences(
    own_home: Path, body: dict[str, object]
) -> None:
    engine = FakeEngine(ENDLESS, delay_s=0.005)
    async with serving(engine, own_home) as url:
        _, writer = await connect(url)
        writer.write(post("/v1/chat/completions", body))
        await until(lambda: engine.open_answers == body.get("n", 1))
        writer.close()
        await until(lambda: engine.open_answers == 0)
    assert engine.aborted == body.get("n", 1)


async def test_client_that_leaves_before_the_first_token_frees_its_sequence(own_home: Path) -> None:
    engine = FakeEngine(ENDLESS, delay_s=60)
    async with serving(engine, own_home) as url:
        with pytest.raises(httpx.ReadTimeout):
            async with httpx.AsyncClient(base_url=url, timeout=0.3) as client:
                await client.post("/v1/chat/completions", json=CHAT)
        await until(lambda: engine.open_answers == 0)
    assert engine.aborted == 1


async def test_stopping_the_server_ends_what_runs(own_home: Path) -> None:
    engine = FakeEngine(ENDLESS, delay_s=0.01)
    async with serving(engine, own_home) as url:
        _, writer = await connect(url)
        writer.write(post("/v1/chat/completions", {**CHAT, "stream": True}))
        await until(lambda: engine.open_answers == 1)
    writer.close()
    await until(lambda: engine.open_answers == 0)


# --- reading slowly ---------------------------------------------------------------------------


async def test_client_that_stops_reading_is_cut_and_disturbs_nobody(own_home: Path) -> None:
    engine = FakeEngine(["x" * 100_000] * 1000)
    async with serving(engine, own_home, stalled_s=0.5) as url:
        stalled = await stalled_reader(url)
        await until(lambda: engine.open_answers == 1)
        healthy = FakeEngine()
        engine.pieces = healthy.pieces
        async with httpx.AsyncClient(base_url=url) as client:
            response = await client.post("/v1/chat/completions", json=CHAT)
        assert response.json()["choices"][0]["message"]["content"] == "".join(PIECES)
        await until(lambda: engine.open_answers == 0)
        assert engine.aborted == 1
        stalled.close()


async def test_client_that_reads_a_byte_at_a_time_is_cut(own_home: Path) -> None:
    engine = FakeEngine(["x" * 100_000] * 1000)
    async with serving(engine, own_home, stalled_s=0.5) as url:
        slow = await stalled_reader(url)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(60):
            while engine.aborted == 0:
                await loop.sock_recv(slow, 1)
                await asyncio.sleep(0.05)
        slow.close()


async def stalled_reader(url: str) -> socket.socket:
    """Ask for a stream on a socket with a small buffer, and read nothing of it."""
    host, port = url.removeprefix("http://").split(":")
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(reader, (host, int(port)))
    await loop.sock_sendall(reader, post("/v1/chat/completions", {**CHAT, "stream": True}))
    return reader


# --- sending slowly, or nothing ---------------------------------------------------------------


async def test_silent_connections_keep_nobody_out_and_are_closed(own_home: Path) -> None:
    async with serving(FakeEngine(), own_home, headers_s=1.0) as url:
        silent = [await connect(url) for _ in range(MAX_SILENT_CONNECTIONS + 44)]
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            assert (await client.post("/v1/chat/completions", json=CHAT)).status_code == 200
        async with asyncio.timeout(60):
            assert {await reader.read() for reader, _ in silent} <= {b""}
        for _, writer in silent:
            writer.close()


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"POST /v1/chat/compl", b"GET / HTTP/1.1\r\nx: "])
@pytest.mark.parametrize("kept_alive", [False, True])
async def test_dripping_headers_are_cut(own_home: Path, sent: bytes, *, kept_alive: bool) -> None:
    async with serving(FakeEngine(), own_home, headers_s=0.5) as url:
        reader, writer = await connect(url)
        if kept_alive:
            writer.write(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
            await reader.readuntil(b"}")
            sent = sent or b"\r\n"
        writer.write(sent)
        async with asyncio.timeout(60):
            while await asyncio.wait_for(anything(reader), 60):
                writer.write(b"x")
        writer.close()


async def anything(reader: asyncio.StreamReader) -> bool:
    """Wait for a while; say whether the connection is still open."""
    try:
        async with asyncio.timeout(0.1):
            return bool(await reader.read(1))
    except TimeoutError:
        return True
    except ConnectionError:
        return False


async def test_dripping_body_is_cut_and_told(own_home: Path) -> None:
    async with serving(FakeEngine(), own_home, body_s=0.5) as url:
        reader, writer = await connect(url)
        request = post("/v1/chat/completions", CHAT)
        writer.write(request[:-20])
        answer = asyncio.create_task(reader.readline())
        for byte in request[-20:-1]:
            await asyncio.wait([answer], timeout=0.1)
            if not answer.done():
                writer.write(bytes([byte]))
        assert (await answer).startswith(b"HTTP/1.1 408 ")
        writer.close()


@pytest.mark.parametrize(
    "head",
    [
        b"x: " + b"y" * 40_000 + b"\r\n\r\n",
        b"x: " + b"y" * 1_000_000,
        b"".join(b"x%d: y\r\n" % number for number in range(1000)) + b"\r\n",
    ],
)
async def test_headers_without_measure_are_refused(own_home: Path, head: bytes) -> None:
    async with serving(FakeEngine(), own_home) as url:
        reader, writer = await connect(url)
        writer.write(b"GET /health HTTP/1.1\r\nhost: localhost\r\n" + head)
        async with asyncio.timeout(60):
            assert (await reader.readline()).startswith(b"HTTP/1.1 431 ")
        writer.close()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /health HTTP/1.1\r\nhost: localhost\r\nbad header\r\n\r\n",
        b"POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\n"
        b"transfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
        b"POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
        b"GET http://evil.com/health HTTP/1.1\r\nhost: evil.com\r\n\r\n",
    ],
    ids=["long address", "TLS", "bad header", "smuggling", "negative length", "absolute address"],
)
async def test_malformed_http_is_refused(own_home: Path, request_bytes: bytes) -> None:
    async with serving(FakeEngine(), own_home) as url:
        reader, writer = await connect(url)
        writer.write(request_bytes)
        async with asyncio.timeout(60):
            status = int((await reader.readline()).split()[1])
        assert 400 <= status < 500
        writer.close()
        async with httpx.AsyncClient(base_url=url) as client:
            assert (await client.get("/health")).status_code == 200


# --- the official client ----------------------------------------------------------------------


async def test_openai_client_streaming_and_not(own_home: Path) -> None:
    async with (
        serving(FakeEngine(), own_home) as url,
        openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0) as client,
    ):
        messages = CHAT["messages"]
        whole = await client.chat.completions.create(
            model="fake", messages=messages, logprobs=True, top_logprobs=1
        )
        assert whole.choices[0].message.content == "".join(PIECES)
        assert len(whole.choices[0].logprobs.content) == len(PIECES)
        stream = await client.chat.completions.create(
            model="fake", messages=messages, stream=True, stream_options={"include_usage": True}
        )
        chunks = [chunk async for chunk in stream]
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        assert text == whole.choices[0].message.content
        assert chunks[-1].usage == whole.usage
        completed = await client.completions.create(model="fake", prompt="x", logprobs=1)
        assert completed.choices[0].text == text
        assert "fake" in [model.id async for model in client.models.list()]
        with pytest.raises(openai.NotFoundError) as missing:
            await client.chat.completions.create(model="none", messages=messages)
        assert missing.value.code == "model_not_found"
        with pytest.raises(openai.BadRequestError):
            await client.chat.completions.create(model="fake", messages=messages, tools=[])


async def test_each_piece_is_sent_when_it_exists(own_home: Path) -> None:
    gate = asyncio.Event()

    class Waiting(FakeEngine):
        async def _answer(self, request: object) -> AsyncIterator[object]:
            async with aclosing(super()._answer(request)) as events:
                async for event in events:
                    yield event
                    if getattr(event, "text", None) == "first":
                        await gate.wait()

    async with (
        serving(Waiting(["first", "second"]), own_home) as url,
        httpx.AsyncClient(base_url=url) as client,
        client.stream("POST", "/v1/chat/completions", json={**CHAT, "stream": True}) as response,
    ):
        seen = ""
        async with asyncio.timeout(60):
            async for piece in response.aiter_text():
                seen += piece
                if "first" in seen and not gate.is_set():
                    assert "second" not in seen
                    gate.set()
        assert "second" in seen


def test_default_patience_is_a_minute() -> None:
    assert Config().stalled_client_s == 60
