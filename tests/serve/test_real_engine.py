"""The API over the real engine with a pico model: what only the two together can show."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
import pytest_asyncio

from hearth.config import Config
from hearth.core import Delta, GenerateEvent, GenerateRequest, Message, Role, SamplingParams
from hearth.engine.local import LocalEngine
from hearth.engine.remote import RemoteEngine
from hearth.serve.app import create_api
from support.live import TOKEN, live

pytestmark = [pytest.mark.tiny, pytest.mark.asyncio(loop_scope="module")]

GREEDY = {"model": "pico", "temperature": 0, "max_tokens": 24, "ignore_eos": True}
MESSAGES = [{"role": "user", "content": "Tell me about the 漢字 and 👩‍👩‍👧, please."}]


class House:
    """An engine with a pico model, and the address at which it is served."""

    def __init__(self, engine: LocalEngine, url: str) -> None:
        self.engine = engine
        self.url = url
        self.client = httpx.AsyncClient(base_url=url, timeout=60)

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        return (await self.client.post(path, json=body)).json()

    async def until_busy(self, *, busy: bool) -> None:
        """Wait until the engine computes something, or nothing."""
        async with asyncio.timeout(30):
            while await self._is_busy() != busy:  # noqa: ASYNC110 - the engine sets no event
                await asyncio.sleep(0.02)

    async def _is_busy(self) -> bool:
        return any(status.running or status.waiting for status in await self.engine.status())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory, pico_path: Path) -> AsyncIterator[House]:
    config = Config(home=tmp_path_factory.mktemp("home"), queue_limit=8)
    config.models_dir.mkdir(parents=True)
    (config.models_dir / "pico.gguf").symlink_to(pico_path)
    engine = LocalEngine(config)
    async with live(create_api(engine, config, local_token=TOKEN), config) as url:
        house = House(engine, url)
        yield house
        await house.client.aclose()
    await engine.close()


async def test_stream_is_the_whole_answer(house: House) -> None:
    async with openai.AsyncOpenAI(base_url=f"{house.url}/v1", api_key="none") as client:
        fields: dict[str, Any] = {
            "model": "pico",
            "messages": MESSAGES,
            "temperature": 0,
            "max_tokens": 48,
            "logprobs": True,
            "top_logprobs": 3,
        }
        whole = await client.chat.completions.create(**fields)
        chunks = [
            chunk
            async for chunk in await client.chat.completions.create(
                **fields, stream=True, stream_options={"include_usage": True}
            )
        ]
    pieces = [choice for chunk in chunks for choice in chunk.choices]
    assert "".join(p.delta.content or "" for p in pieces) == whole.choices[0].message.content
    assert pieces[-1].finish_reason == whole.choices[0].finish_reason
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens
    streamed = [entry for p in pieces if p.logprobs for entry in p.logprobs.content]
    assert [e.token for e in streamed] == [e.token for e in whole.choices[0].logprobs.content]
    assert all(len(entry.top_logprobs) == 3 for entry in streamed)


async def test_choices_share_the_prompt(house: House) -> None:
    prompt = "the same long prompt in every choice " * 8
    answer = await house.post("/v1/completions", prompt=prompt, n=4, **GREEDY)
    texts = [choice["text"] for choice in answer["choices"]]
    assert len(texts) == 4
    assert len(set(texts)) == 1  # greedy
    prompt_tokens = answer["choices"][0]["hearth"]["usage"]["prompt_tokens"]
    cached = [choice["hearth"]["usage"]["cached_tokens"] for choice in answer["choices"]]
    assert sum(tokens > prompt_tokens // 2 for tokens in cached) >= 3


async def test_clients_that_leave_free_their_sequences(house: House) -> None:
    long = {**GREEDY, "prompt": "x", "max_tokens": 100_000}
    for body in ({**long, "stream": True}, {**long, "n": 4}):
        async with httpx.AsyncClient(base_url=house.url) as client:
            asking = asyncio.create_task(client.post("/v1/completions", json=body, timeout=60))
            await house.until_busy(busy=True)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        await house.until_busy(busy=False)


async def test_remote_engine_gives_what_the_local_one_gives(house: House) -> None:
    request = GenerateRequest(
        model="pico",
        messages=(Message(role=Role.USER, content="hi"),),
        sampling=SamplingParams(temperature=0.0),
        max_tokens=16,
        top_logprobs=2,
        ignore_eos=True,
    )
    remote = RemoteEngine(house.url, TOKEN)
    there = [event async for event in remote.generate(request)]
    here = [event async for event in house.engine.generate(request)]
    assert [type(event) for event in there] == [type(event) for event in here]
    assert ids_of(there) == ids_of(here)
    assert there[0].prompt_tokens == here[0].prompt_tokens
    for ask in (
        lambda e: e.render("pico", request.messages, "So"),
        lambda e: e.tokenize("pico", "<|im_start|> 漢字", add_special=True),
        lambda e: e.tokenize("pico", "<|im_start|>", parse_special=False),
        lambda e: e.detokenize("pico", [65, 66]),
        lambda e: e.next_tokens("pico", "x", 5),
    ):
        assert await ask(remote) == await ask(house.engine)
    (status,) = await remote.status()
    assert status.name == "pico"
    assert status.choices
    await remote.unload("pico")
    assert await remote.status() == []
    await remote.close()


def ids_of(events: list[GenerateEvent]) -> list[int]:
    return [trace.id for event in events if isinstance(event, Delta) for trace in event.traces]


async def test_full_queue_says_when_to_come_back(house: House) -> None:
    """N4: what the queue cannot hold is answered at once; everything else is answered in full."""
    await house.engine.load("pico")
    # So long that all are asked before the first is answered, however the cores are shared.
    body = {**GREEDY, "prompt": "x", "max_tokens": 200}
    answers = await asyncio.gather(
        *(house.client.post("/v1/completions", json=body) for _ in range(100))
    )
    refused = [answer for answer in answers if answer.status_code == 503]
    served = [answer for answer in answers if answer.status_code == 200]
    assert len(refused) + len(served) == len(answers)
    assert refused
    assert all("retry-after" in answer.headers for answer in refused)
    assert len({answer.json()["choices"][0]["text"] for answer in served}) == 1


async def test_prompt_over_the_context(house: House) -> None:
    status = await house.engine.load("pico")
    prompt = "z" * (status.context + 5)
    refused = await house.client.post("/v1/completions", json={"model": "pico", "prompt": prompt})
    assert refused.status_code == 400
    assert str(status.context) in refused.json()["error"]["message"]
    messages = [{"role": "user", "content": "y" * (status.context // 2)}] * 3
    cut = await house.post(
        "/v1/chat/completions", messages=messages, context_policy="drop_oldest", **GREEDY
    )
    receipt = cut["choices"][0]["hearth"]["receipt"]
    assert receipt["policy"] == "drop_oldest"
    assert receipt["prompt_tokens_after"] < receipt["prompt_tokens_before"]
    assert receipt["dropped_messages"]


@pytest.mark.parametrize(
    "fields",
    [
        {"stop": ["a", "e", "\n"]},
        {"temperature": 1.5, "seed": 1, "top_k": 3, "min_p": 0.0},
        {"temperature": 1.0, "seed": 2, "mirostat": 2},
        {"temperature": 1.0, "seed": 3, "presence_penalty": 2, "frequency_penalty": -2},
        {"temperature": 1.0, "seed": 4, "repeat_penalty": 1.3, "typical_p": 0.5},
        {"logit_bias": {"5": 100}},
        {"prompt": "a\0b"},
        {"prompt": "á" * 100},
    ],
)
async def test_seeded_answers_repeat(house: House, fields: dict[str, Any]) -> None:
    body = {**GREEDY, "prompt": "once", "max_tokens": 12, **fields}
    first = await house.post("/v1/completions", **body)
    again = await house.post("/v1/completions", **body)
    assert "error" not in first, first
    assert first["choices"][0]["text"] == again["choices"][0]["text"]
