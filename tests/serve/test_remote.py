"""`RemoteEngine` over a real socket gives what the engine behind the server gives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hearth.config import Config
from hearth.core import (
    Delta,
    GenerateEvent,
    GenerateRequest,
    LoadOptions,
    Message,
    Role,
    SamplingParams,
    TokenChoice,
    TokenTrace,
)
from hearth.engine.connect import connect, find_server
from hearth.engine.remote import RemoteEngine
from hearth.engine.server_info import (
    ServerInfo,
    read_server_info,
    remove_server_info,
    write_server_info,
)
from hearth.engine.wire import LEAST_LOGPROB, event_of, read_line, write_event
from hearth.errors import (
    EngineCrashed,
    HearthError,
    InvalidRequest,
    ModelNotFound,
    NotAuthorized,
    ServerError,
)
from hearth.serve.app import create_api
from support.fake_engine import PIECES, FakeEngine
from support.live import TOKEN, live, make_config, until

REQUEST = GenerateRequest(model="fake", prompt="one two", top_logprobs=1)
MESSAGES = (
    Message(role=Role.SYSTEM, content="be\u2028brief"),
    Message(role=Role.USER, content="x"),
)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine(delay_s=0.001)


@pytest.fixture
async def remote(engine: FakeEngine, own_home: Path) -> AsyncIterator[RemoteEngine]:
    config = make_config(own_home)
    async with live(create_api(engine, config, local_token=TOKEN), config) as url:
        opened = RemoteEngine(url, TOKEN)
        yield opened
        await opened.close()


async def events_of(engine: FakeEngine | RemoteEngine) -> list[GenerateEvent]:
    return [event async for event in engine.generate(REQUEST)]


async def test_answer_is_the_same(engine: FakeEngine, remote: RemoteEngine) -> None:
    assert await events_of(remote) == await events_of(engine)
    assert engine.requests[0].prompt == REQUEST.prompt


async def test_request_arrives_whole(engine: FakeEngine, remote: RemoteEngine) -> None:
    request = GenerateRequest(
        model="fake",
        messages=MESSAGES,
        continue_with="So",
        sampling=SamplingParams(temperature=0.0, seed=3, logit_bias={5: -1.0}),
        max_tokens=4,
        stop=("a", "b"),
        owner="me",
    )
    assert [event async for event in remote.generate(request)]
    (arrived,) = engine.requests
    for name in GenerateRequest.__dataclass_fields__:
        if name not in ("messages", "sampling"):
            assert getattr(arrived, name) == getattr(request, name)
    assert [(m.role, m.content) for m in arrived.messages] == [
        (m.role, m.content) for m in MESSAGES
    ]
    assert arrived.sampling.logit_bias == {5: -1.0}


async def test_other_questions_are_the_same(engine: FakeEngine, remote: RemoteEngine) -> None:
    seen: list[float] = []
    assert await remote.status() == []
    status = await remote.load("fake", LoadOptions(context=99), seen.append)
    assert (status.context, seen) == (99, [0.0, 0.5, 1.0])
    assert await remote.status() == await engine.status() == [status]
    for ask in (
        lambda e: e.render("fake", MESSAGES, "So"),
        lambda e: e.tokenize("fake", "a\u2028b c", add_special=True),
        lambda e: e.detokenize("fake", [228, 0x4E2D]),
        lambda e: e.next_tokens("fake", "x", 3),
    ):
        assert await ask(remote) == await ask(engine)
    await remote.unload("fake")
    assert engine.loaded == {}


async def test_closing_the_answer_frees_it_there(engine: FakeEngine, remote: RemoteEngine) -> None:
    engine.pieces = ("x",) * 100_000
    answer = remote.generate(REQUEST)
    while not isinstance(await anext(answer), Delta):
        pass
    assert engine.open_answers == 1
    await answer.aclose()
    await until(lambda: engine.open_answers == 0)


@pytest.mark.parametrize("error_after", [0, 2])
async def test_errors_are_raised_as_they_were(
    engine: FakeEngine, remote: RemoteEngine, error_after: int
) -> None:
    engine.error = EngineCrashed("The worker died.", hint="Try again.", param="model")
    engine.error_after = error_after
    with pytest.raises(EngineCrashed) as caught:
        await events_of(remote)
    assert caught.value.as_data() == engine.error.as_data()


async def test_refusals_are_raised_as_they_were(remote: RemoteEngine) -> None:
    with pytest.raises(ModelNotFound):
        await remote.load("none")
    with pytest.raises(InvalidRequest) as caught:
        await remote.detokenize("fake", [-1])
    assert caught.value.param == "token_ids"
    with pytest.raises(InvalidRequest, match="surrogate"):
        await remote.tokenize("fake", "\ud800")


async def test_wrong_key_is_refused(own_home: Path) -> None:
    config = make_config(own_home, api_key="a-key-of-sufficient-length")
    async with live(create_api(FakeEngine(), config), config) as url:
        stranger = RemoteEngine(url, "wrong")
        with pytest.raises(NotAuthorized):
            await stranger.status()
        await stranger.close()


async def test_absent_and_foreign_servers_are_named() -> None:
    absent = RemoteEngine("http://127.0.0.1:9")
    with pytest.raises(ServerError, match=r"127\.0\.0\.1:9 cannot be reached"):
        await absent.status()
    with pytest.raises(ServerError, match="cannot be reached"):
        await events_of(absent)
    await absent.close()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        foreign = RemoteEngine(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        with pytest.raises(ServerError):
            await foreign.status()
        with pytest.raises(ServerError, match=r"not Hearth's|middle"):
            await events_of(foreign)
        await foreign.close()


async def test_connect_prefers_a_server_that_lives(own_home: Path) -> None:
    config = make_config(own_home)
    assert await find_server(config) is None
    async with live(create_api(FakeEngine(), config, local_token=TOKEN), config) as url:
        write_server_info(
            config.server_info_path, ServerInfo(pid=1, url=url, token=TOKEN, version="0")
        )
        engine = await connect(config)
        assert isinstance(engine, RemoteEngine)
        assert len(await events_of(engine)) == len(PIECES) + 2
        await engine.close()
    assert await find_server(config) is None  # the file is still there, the server is not


@pytest.mark.parametrize("content", [b"", b"{", b'{"pid":"x"}', b'{"pid":1,"url":"x"}', b"\xff"])
def test_damaged_server_file_counts_as_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "server.json"
    path.write_bytes(content)
    assert read_server_info(path) is None
    assert find_nothing(tmp_path) is None


def find_nothing(home: Path) -> ServerInfo | None:
    return asyncio.run(find_server(Config(home=home)))


@pytest.mark.parametrize("url", ["", "nonsense", "http://", "http://127.0.0.1:99999", "http://[::"])
async def test_nonsense_address_counts_as_none(tmp_path: Path, url: str) -> None:
    config = Config(home=tmp_path)
    write_server_info(config.server_info_path, ServerInfo(pid=1, url=url, token="t", version="0"))
    assert await find_server(config) is None


def test_server_file_is_private_and_only_its_writer_removes_it(tmp_path: Path) -> None:
    path = tmp_path / "server.json"
    info = ServerInfo(pid=1, url="http://x", token="secret", version="0")
    write_server_info(path, info)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_server_info(path) == info
    assert "secret" not in repr(info)
    remove_server_info(path)
    assert path.exists()
    assert [file.name for file in tmp_path.iterdir()] == ["server.json"]


def test_wire_carries_bytes_and_impossible_tokens() -> None:
    trace = TokenTrace(
        id=1,
        text="\ufffd",
        raw=b"\xff\n",
        logprob=0.0,
        alternatives=(TokenChoice(id=2, text="\u2028", logprob=float("-inf")),),
    )
    line = write_event(Delta(text="", num_tokens=1, traces=(trace,)))
    assert line.count(b"\n") == 1
    back = event_of(read_line(line))
    assert isinstance(back, Delta)
    assert back.traces[0].raw == b"\xff\n"
    assert back.traces[0].alternatives[0].logprob == LEAST_LOGPROB


def test_line_with_an_error_raises_it() -> None:
    with pytest.raises(HearthError, match="dead"):
        read_line(b'{"error":{"code":"engine_crashed","message":"dead"}}')
    with pytest.raises(ServerError):
        event_of(read_line(b'{"progress":0.5}'))
