"""The engine as faces see it, with real workers: loading, sharing, leaving, failing, cutting."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import aclosing, suppress
from pathlib import Path

import psutil
import pytest

from hearth.config import Config, load_config
from hearth.core import (
    ContextPolicy,
    Delta,
    Finished,
    GenerateRequest,
    LoadOptions,
    Message,
    ModelState,
    Role,
    SamplingParams,
    Started,
)
from hearth.engine.local import LocalEngine
from hearth.errors import (
    BadModelFile,
    ContextExceeded,
    EngineCrashed,
    InvalidRequest,
    LoadFailed,
    ModelNotFound,
    ModelTooLarge,
    RequestAborted,
    TemplateTimeout,
    TemplateUnsafe,
)
from hearth.machine.probe import read_machine
from hearth.models.gguf.info import inspect
from hearth.plan.load import plan_load
from support.pico import CHATML, write_pico

pytestmark = pytest.mark.tiny

GREEDY = SamplingParams(temperature=0.0)


@pytest.fixture
async def engine(own_home: Path):
    local = LocalEngine(load_config())
    yield local
    await local.close()


async def engine_with(**settings) -> LocalEngine:
    return LocalEngine(Config(**settings))


def ask(path: Path | str, text: str = "hello", **changes) -> GenerateRequest:
    fields = {
        "messages": (Message(role=Role.USER, content=text),),
        "sampling": GREEDY,
        "max_tokens": 8,
        "ignore_eos": True,
    }
    if "prompt" in changes:
        del fields["messages"]
    return GenerateRequest(model=str(path), **(fields | changes))


async def collect(engine: LocalEngine, request: GenerateRequest):
    """Return the events of an answer, checked for their order."""
    events = []
    async with aclosing(engine.generate(request)) as stream:
        async for event in stream:
            events.append(event)
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert all(isinstance(event, Delta) for event in events[1:-1])
    return events


def text_of(events) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


async def only_status(engine: LocalEngine):
    (status,) = await engine.status()
    return status


async def until(condition, timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not await condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.05)


async def test_an_answer_loads_the_model_and_counts(engine, pico_path) -> None:
    events = await collect(engine, ask(pico_path))
    usage = events[-1].usage
    assert usage.completion_tokens == 8
    assert events[0].prompt_tokens == usage.prompt_tokens
    assert sum(event.num_tokens for event in events[1:-1]) == 8
    status = await only_status(engine)
    assert status.state is ModelState.READY
    assert status.resident_bytes > 1e6
    assert status.choices["threads"].reason


async def test_progress_is_told_and_ten_who_load_share_one_worker(engine, pico_path) -> None:
    parts: list[float] = []
    loads = [engine.load(str(pico_path), on_progress=parts.append) for _ in range(10)]
    statuses = await asyncio.gather(*loads)
    assert len({status.pid for status in statuses}) == 1
    assert parts
    assert parts == sorted(parts)


async def test_other_options_reload_the_model(engine, pico_path) -> None:
    first = await engine.load(str(pico_path))
    second = await engine.load(str(pico_path), LoadOptions(context=256))
    assert second.context == 256
    assert second.pid != first.pid
    assert not psutil.pid_exists(first.pid)
    assert (await engine.load(str(pico_path))).pid == second.pid


async def test_unload_gives_the_memory_back_and_ends_requests(engine, pico_path) -> None:
    async with aclosing(engine.generate(ask(pico_path, max_tokens=400))) as stream:
        await anext(stream)
        pid = (await only_status(engine)).pid
        unloading = asyncio.create_task(engine.unload(str(pico_path)))
        with pytest.raises(RequestAborted):
            async for _ in stream:
                pass
        await unloading
    assert not psutil.pid_exists(pid)
    assert await engine.status() == []


async def test_kill_in_mid_answer_then_the_next_request_works(engine, pico_path) -> None:
    async with aclosing(engine.generate(ask(pico_path, max_tokens=400))) as stream:
        await anext(stream)
        pid = (await only_status(engine)).pid
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(EngineCrashed, match="SIGKILL"):
            async for _ in stream:
                pass
    await collect(engine, ask(pico_path))
    status = await only_status(engine)
    assert status.pid != pid
    assert status.restarts == 1


async def test_a_worker_that_dies_again_and_again_is_given_up(engine, pico_path) -> None:
    for _ in range(3):
        status = await engine.load(str(pico_path))
        os.kill(status.pid, signal.SIGKILL)
        await until(lambda pid=status.pid: _gone(engine, pid))
    with pytest.raises(LoadFailed, match="died 3 times"):
        await collect(engine, ask(pico_path))
    failed = await only_status(engine)
    assert failed.state is ModelState.FAILED
    assert "died 3 times" in failed.error


async def _gone(engine: LocalEngine, pid: int) -> bool:
    states = await engine.status()
    return all(s.pid != pid and s.state is not ModelState.LOADING for s in states)


def planned_gb(path: Path) -> float:
    """Return what a model needs by its plan."""
    return plan_load(inspect(path), read_machine(), LoadOptions()).total_bytes / 1e9


async def test_least_recently_used_leaves_first(tmp_path, own_home) -> None:
    paths = [write_pico(tmp_path / f"m{i}.gguf", seed=i) for i in range(3)]
    engine = await engine_with(memory_limit_gb=2.5 * planned_gb(paths[0]))
    try:
        await collect(engine, ask(paths[0]))
        await collect(engine, ask(paths[1]))
        await collect(engine, ask(paths[0]))
        await collect(engine, ask(paths[2]))
        assert {s.path for s in await engine.status()} == {str(paths[0]), str(paths[2])}
    finally:
        await engine.close()


async def test_a_model_in_use_is_not_sent_away(tmp_path, own_home) -> None:
    paths = [write_pico(tmp_path / f"m{i}.gguf", seed=i) for i in range(2)]
    engine = await engine_with(memory_limit_gb=1.5 * planned_gb(paths[0]))
    try:
        async with aclosing(engine.generate(ask(paths[0], max_tokens=400))) as stream:
            await anext(stream)
            with pytest.raises(ModelTooLarge, match="limit"):
                await collect(engine, ask(paths[1]))
            async for _ in stream:
                pass
        await collect(engine, ask(paths[1]))
    finally:
        await engine.close()


async def test_an_idle_model_is_unloaded(pico_path, own_home) -> None:
    engine = await engine_with(idle_unload_s=0.2)
    try:
        await collect(engine, ask(pico_path))
        await until(lambda: _empty(engine))
        await collect(engine, ask(pico_path))
    finally:
        await engine.close()


async def _empty(engine: LocalEngine) -> bool:
    return not await engine.status()


async def test_who_stops_waiting_for_an_unload_does_not_stop_it(pico_path, own_home) -> None:
    engine = await engine_with()
    before = set(psutil.Process().children())
    status = await engine.load(str(pico_path))
    children = set(psutil.Process().children()) - before
    os.kill(status.pid, signal.SIGSTOP)  # so that it is still there when nobody waits any more
    unloading = asyncio.create_task(engine.unload(str(pico_path)))
    await asyncio.sleep(0.2)
    unloading.cancel()
    os.kill(status.pid, signal.SIGCONT)
    await engine.close()
    assert children
    assert not [child for child in children if child.is_running()]


@pytest.mark.parametrize("after_s", [0.0, 0.01, 0.05, 0.1])
async def test_closing_is_done_even_if_whoever_waits_is_cancelled(
    after_s, pico_path, own_home
) -> None:
    engine = await engine_with()
    before = set(psutil.Process().children())
    await engine.load(str(pico_path))
    children = set(psutil.Process().children()) - before
    closing = asyncio.create_task(engine.close())
    await asyncio.sleep(after_s)
    closing.cancel()
    await asyncio.wait([closing])
    assert children
    assert after_s == 0.0 or not [child for child in children if child.is_running()]
    await engine.close()
    assert not [child for child in children if child.is_running()]


@pytest.mark.parametrize("after_s", [0.0, 0.2, 0.4, 0.6, 0.8])
async def test_closing_ends_a_load_that_is_under_way(after_s, pico_path, own_home) -> None:
    engine = await engine_with()
    before = set(psutil.Process().children())
    loading = asyncio.create_task(engine.load(str(pico_path)))
    await asyncio.sleep(after_s)
    await engine.close()
    assert loading.done() or after_s == 0.0
    with suppress(RequestAborted):  # it may have been ready before
        await loading
    with pytest.raises(RequestAborted, match="stopping"):
        await engine.load(str(pico_path))
    assert set(psutil.Process().children()) <= before


async def test_a_model_that_leaves_while_it_is_asked_is_no_error(engine, pico_path) -> None:
    status = await engine.load(str(pico_path))
    os.kill(status.pid, signal.SIGSTOP)  # so that it cannot answer before it leaves
    asked = asyncio.create_task(engine.status())
    await asyncio.sleep(0.2)
    unloading = asyncio.create_task(engine.unload(str(pico_path)))
    await asyncio.sleep(0.2)
    os.kill(status.pid, signal.SIGCONT)
    await unloading
    # It may answer before it reads that it is to leave, or be gone: both are right.
    assert {s.path for s in await asked} <= {str(pico_path)}
    assert await engine.status() == []


async def test_what_is_no_model_is_named(engine, tmp_path) -> None:
    with pytest.raises(ModelNotFound):
        await collect(engine, ask("no-such-model"))
    page = tmp_path / "page.gguf"
    page.write_text("<!DOCTYPE html><html>404</html>")
    with pytest.raises(BadModelFile):
        await collect(engine, ask(page))
    half = tmp_path / "half.gguf"
    whole = write_pico(tmp_path / "whole.gguf").read_bytes()
    half.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadModelFile, match="needs"):
        await collect(engine, ask(half))


async def test_a_model_larger_than_memory_is_refused_with_numbers(tmp_path, own_home) -> None:
    engine = await engine_with(memory_limit_gb=0.001)
    try:
        with pytest.raises(ModelTooLarge, match="GB"):
            await collect(engine, ask(write_pico(tmp_path / "m.gguf")))
    finally:
        await engine.close()


async def test_a_prompt_over_the_context_is_refused_with_both_numbers(engine, pico_path) -> None:
    with pytest.raises(ContextExceeded, match=r"context holds 512"):
        await collect(engine, ask(pico_path, "x" * 900))
    with pytest.raises(ContextExceeded, match=r"characters"):
        await collect(engine, ask(pico_path, "x" * 1_000_000))
    await collect(engine, ask(pico_path))


def test_ten_million_characters_never_reach_the_engine() -> None:
    with pytest.raises(InvalidRequest, match="10,000,000 bytes"):
        ask("any", "x" * 10_000_000)


async def test_a_policy_cuts_and_gives_a_receipt(engine, pico_path) -> None:
    history = []
    for turn in range(8):
        history.append(Message(role=Role.USER, content=f"question {turn} " + "x" * 60))
        history.append(Message(role=Role.ASSISTANT, content=f"answer {turn}"))
    history.append(Message(role=Role.USER, content="the last question"))
    request = GenerateRequest(
        model=str(pico_path),
        messages=tuple(history),
        sampling=GREEDY,
        max_tokens=8,
        context_policy=ContextPolicy.DROP_OLDEST,
    )
    events = await collect(engine, request)
    receipt = events[0].receipt
    assert receipt.dropped_messages
    assert receipt.dropped_messages[0] == 0
    assert receipt.prompt_tokens_after == events[0].prompt_tokens < 512
    assert receipt.prompt_tokens_before > 512


async def test_continue_with_goes_on_from_there(engine, pico_path) -> None:
    whole = text_of(await collect(engine, ask(pico_path, max_tokens=10)))
    rendered = await engine.render(str(pico_path), [Message(role=Role.USER, content="hello")], "th")
    assert rendered.text.endswith("<|im_start|>assistant\nth")
    rest = await collect(engine, ask(pico_path, continue_with="th", max_tokens=4))
    assert rest[0].prompt_tokens > (await collect(engine, ask(pico_path)))[0].prompt_tokens
    assert whole


async def test_tokens_there_and_back(engine, pico_path) -> None:
    tokens = await engine.tokenize(str(pico_path), "the 🔥 in 火")
    assert await engine.detokenize(str(pico_path), [t.id for t in tokens]) == "the 🔥 in 火"
    assert tokens[0].text == "the"
    with pytest.raises(InvalidRequest, match="vocabulary"):
        await engine.detokenize(str(pico_path), [-1])


async def test_next_tokens_are_sorted_and_likely(engine, pico_path) -> None:
    choices = await engine.next_tokens(str(pico_path), "the", top=5)
    assert [c.logprob for c in choices] == sorted((c.logprob for c in choices), reverse=True)
    assert len(choices) == 5


async def test_a_template_that_loops_for_ever(engine, tmp_path) -> None:
    endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    path = write_pico(tmp_path / "endless.gguf", chat_template=endless)
    with pytest.raises(TemplateTimeout):
        await collect(engine, ask(path))
    await collect(engine, ask(path, prompt="raw prompts still work"))


async def test_a_template_that_reaches_for_attributes(engine, tmp_path) -> None:
    path = write_pico(tmp_path / "evil.gguf", chat_template="{{ ''.__class__.__mro__ }}" + CHATML)
    with pytest.raises(TemplateUnsafe):
        await collect(engine, ask(path))


async def test_a_model_without_a_template_says_which_is_used(engine, tmp_path) -> None:
    path = write_pico(tmp_path / "bare.gguf", chat_template=None)
    await collect(engine, ask(path))
    assert "no template in the file" in " ".join((await only_status(engine)).notices)


async def test_a_seed_repeats_an_answer(engine, pico_path) -> None:
    def seeded(seed: int) -> GenerateRequest:
        return ask(pico_path, sampling=SamplingParams(seed=seed, temperature=1.5), max_tokens=24)

    first = text_of(await collect(engine, seeded(5)))
    await collect(engine, ask(pico_path, "something in between"))
    assert text_of(await collect(engine, seeded(5))) == first
    assert text_of(await collect(engine, seeded(6))) != first


async def test_a_model_in_parts_runs_confined(engine, tmp_path) -> None:
    write_pico(tmp_path / "split.gguf", tensors_per_file=8)
    first, *others = sorted(tmp_path.glob("split-*.gguf"))
    assert others
    await collect(engine, ask(first))
    assert (await only_status(engine)).confined
