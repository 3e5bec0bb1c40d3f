"""The prefix cache as faces see it, with real workers: restarts, owners, and how to stay out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from hearth.config import Config
from hearth.core import (
    Delta,
    Finished,
    GenerateRequest,
    LoadOptions,
    Message,
    Role,
    SamplingParams,
)
from hearth.engine.local import LocalEngine
from hearth.errors import InvalidRequest
from support.pico import write_pico
from support.prefixes import entries

pytestmark = pytest.mark.tiny

SYSTEM = "the rules of the house are in the kitchen " * 12
HISTORY = "an old king in a tower and another in the inn " * 45


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    return write_pico(folder / "long.gguf", num_layers=1, width=32, context=3072)


@asynccontextmanager
async def running(home: Path, path: Path, **settings) -> AsyncIterator[LocalEngine]:
    """Run an engine with the model in memory, and its prefix cache open."""
    engine = LocalEngine(Config(home=home, predictions=False, **settings))
    deadline, before = time.monotonic() + 60, opened(home)
    try:
        status = await engine.load(str(path))
        while status.choices["prefix_cache"].value == "disk" and opened(home) == before:
            assert time.monotonic() < deadline, "it was not opened in time"
            await asyncio.sleep(0.02)
        yield engine
    finally:
        await engine.close()


def opened(home: Path) -> list[int]:
    """Return when caches were opened: each writes a note about itself then."""
    return [note.stat().st_mtime_ns for note in (home / "prefixes").glob("*/about.json")]


async def ask(engine: LocalEngine, path: Path, *texts: str, system: str = "", **changes):
    """Return an answer's text and its token counts; `texts` are the turns so far."""
    roles = (Role.USER, Role.ASSISTANT)
    messages = [Message(role=Role.SYSTEM, content=system)] if system else []
    messages += [Message(role=roles[n % 2], content=text) for n, text in enumerate(texts)]
    fields = {"max_tokens": 6, "ignore_eos": True, "sampling": SamplingParams(temperature=0.0)}
    request = GenerateRequest(model=str(path), messages=tuple(messages), **(fields | changes))
    async with aclosing(engine.generate(request)) as stream:
        events = [event async for event in stream]
    assert isinstance(events[-1], Finished)
    text = "".join(event.text for event in events if isinstance(event, Delta))
    return text, events[-1].usage


async def test_a_conversation_goes_on_after_a_restart(own_home, path) -> None:
    turns = [HISTORY]
    async with running(own_home, path) as engine:
        text, first = await ask(engine, path, *turns)
        turns += [text, "And then?"]
    assert first.cached_tokens == 0
    assert first.prompt_tokens > 1000
    async with running(own_home, path) as engine:
        text, second = await ask(engine, path, *turns)
        (status,) = await engine.status()
    new = second.prompt_tokens - first.prompt_tokens
    assert second.cached_tokens >= first.prompt_tokens
    assert second.prompt_tokens - second.cached_tokens <= new
    assert status.restored_tokens >= first.prompt_tokens
    assert status.confined
    async with running(own_home, path, prefix_cache="off") as engine:
        computed, cold = await ask(engine, path, *turns)
    assert cold.cached_tokens == 0
    assert computed == text


async def test_what_is_private_stays_so_and_what_is_shared_is_computed_once(own_home, path) -> None:
    settings = {"shared_prompts": [SYSTEM]}
    async with running(own_home, path, **settings) as engine:
        _, first = await ask(engine, path, HISTORY, system=SYSTEM, owner="ann")
    async with running(own_home, path, **settings) as engine:
        _, bob = await ask(engine, path, HISTORY, system=SYSTEM, owner="bob")
        _, ann = await ask(engine, path, HISTORY, system=SYSTEM, owner="ann")
        _, eve = await ask(engine, path, HISTORY, system=SYSTEM + "!", owner="eve")
        shared = len(await engine.tokenize(str(path), SYSTEM, parse_special=True))
    assert first.cached_tokens == 0
    assert shared <= bob.cached_tokens <= shared + 40  # with what the template writes around it
    assert ann.cached_tokens == ann.prompt_tokens - 1
    assert eve.cached_tokens == 0


async def test_a_request_can_stay_out(own_home, path) -> None:
    async with running(own_home, path) as engine:
        await ask(engine, path, HISTORY, cache=False)
        _, after = await ask(engine, path, HISTORY, owner="somebody else")
        _, again = await ask(engine, path, HISTORY, owner="somebody else", cache=False)
    assert (after.cached_tokens, again.cached_tokens) == (0, 0)


@pytest.mark.parametrize(("mode", "expected"), [("memory", True), ("off", False)])
async def test_nothing_is_written_where_that_is_wanted(own_home, path, mode, expected) -> None:
    async with running(own_home, path, prefix_cache=mode) as engine:
        await ask(engine, path, HISTORY)
        _, again = await ask(engine, path, HISTORY)
    assert bool(again.cached_tokens) is expected
    assert not (own_home / "prefixes").exists()


async def test_a_load_can_choose_and_only_what_there_is(own_home, path) -> None:
    async with running(own_home, path) as engine:
        status = await engine.load(str(path), LoadOptions(prefix_cache="memory"))
        assert status.choices["prefix_cache"].value == "memory"
        with pytest.raises(InvalidRequest, match="disk, memory and off"):
            await engine.load(str(path), LoadOptions(prefix_cache="cloud"))


def damage(root: Path) -> None:
    """Change a byte of each block, every time in another place."""
    kept = entries(root)
    assert len(kept) > 5
    for number, entry in enumerate(kept):
        content = bytearray(Path(entry.path).read_bytes())
        content[len(content) * number // len(kept)] ^= 0xFF
        Path(entry.path).write_bytes(content)


async def test_what_is_damaged_changes_no_answer(own_home, path) -> None:
    async with running(own_home, path) as engine:
        text, _ = await ask(engine, path, HISTORY)
    damage(own_home / "prefixes")
    async with running(own_home, path) as engine:
        again, usage = await ask(engine, path, HISTORY)
    assert usage.cached_tokens == 0
    assert again == text
