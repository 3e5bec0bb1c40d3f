"""A real worker process: handshake, death, hanging, confinement, stopping."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import struct
import sys
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from hearth.core import SamplingParams
from hearth.engine import messages as wire
from hearth.engine.process import WorkerProcess
from hearth.errors import (
    EngineCrashed,
    EngineTimeout,
    InvalidRequest,
    LoadFailed,
    ModelFileChanged,
    ModelOutputsNan,
    QueueFull,
    RequestAborted,
)
from hearth.models.gguf.header import read_header
from support.pico import write_pico

pytestmark = pytest.mark.tiny


def load_message(path: Path, **changes) -> wire.Load:
    settings = {
        "path": str(path),
        "files": [str(path)],
        "cells": 512,
        "context": 512,
        "num_sequences": 4,
        "batch_tokens": 64,
        "micro_batch_tokens": 64,
        "threads": 1,
        "threads_batch": 1,
        "flash_attention": "auto",
        "kv_type": "f32",
        "gpu_layers": 0,
        "layout": "plain",
        "parked_bytes": 2**20,
        "queue_limit": 8,
        "confine": True,
    }
    return wire.Load(**(settings | changes))


@pytest.fixture
async def worker(pico_path: Path, tmp_path: Path):
    process = WorkerProcess(tmp_path / "worker.log")
    process.ready = await process.start(
        load_message(pico_path), timeout_s=60, on_progress=lambda part: None
    )
    yield process
    await process.stop()


def submit(tokens: list[int], max_tokens: int = 20, **changes):
    fields = {
        "owner": "",
        "sampling": SamplingParams(temperature=0.0),
        "max_tokens": max_tokens,
        "stop": [],
        "top_logprobs": None,
        "ignore_eos": True,
    } | changes
    return lambda request_id: wire.Submit(request_id=request_id, tokens=tokens, **fields)


async def collect(worker: WorkerProcess, message) -> tuple[str, wire.Done]:
    text = ""
    async with aclosing(worker.generate(message)) as stream:
        async for event in stream:
            if isinstance(event, wire.Done):
                return text, event
            text += event.text
    raise AssertionError("no end")


async def figures(worker: WorkerProcess) -> wire.Figures:
    return (await worker.call(wire.Ping)).figures


async def test_an_answer_and_its_figures(worker: WorkerProcess) -> None:
    text, done = await collect(worker, submit([65, 66, 67]))
    assert text
    assert (done.usage.prompt_tokens, done.usage.completion_tokens) == (3, 20)
    assert done.timings.decode_s > 0
    assert (await figures(worker)).generated_tokens == 20


@pytest.mark.skipif(sys.platform != "linux", reason="confinement is Linux's")
async def test_a_confined_worker_reaches_neither_files_nor_network(worker: WorkerProcess) -> None:
    assert worker.ready.confined
    proof = (await worker.call(wire.Prove)).proof
    assert len(proof.attempts) >= 4
    assert proof.confined, str(proof)


async def test_abort_frees_the_sequence(worker: WorkerProcess) -> None:
    async with aclosing(worker.generate(submit([65] * 10, max_tokens=400))) as stream:
        async for _ in stream:
            break
    for _ in range(3000):
        now = await figures(worker)
        if now.running == 0:
            break
        await asyncio.sleep(0.02)
    assert now.running == 0
    assert now.generated_tokens < 400


async def test_kill_in_mid_answer_is_an_error_not_a_hang(worker: WorkerProcess) -> None:
    async with aclosing(worker.generate(submit([65] * 10, max_tokens=400))) as stream:
        await anext(stream)
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(EngineCrashed, match="SIGKILL"):
            async for _ in stream:
                pass
    with pytest.raises(EngineCrashed):
        await collect(worker, submit([65]))


async def test_a_worker_that_hangs_is_noticed(worker: WorkerProcess) -> None:
    await asyncio.to_thread(_freeze, worker.pid)
    with pytest.raises(EngineTimeout):
        await worker.call(wire.Ping, timeout_s=0.3)
    await worker.kill()
    assert not worker.is_alive


def _freeze(pid: int) -> None:
    """Stop a process, and wait until all its threads have seen the signal."""
    os.kill(pid, signal.SIGSTOP)
    _, status = os.waitpid(pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


async def test_stop_ends_running_requests_and_the_process(worker: WorkerProcess) -> None:
    async with aclosing(worker.generate(submit([65] * 10, max_tokens=400))) as stream:
        await anext(stream)
        stopping = asyncio.create_task(worker.stop())
        with pytest.raises(RequestAborted):
            async for _ in stream:
                pass
        await stopping
    assert not psutil.pid_exists(worker.pid)


async def test_bad_ids_and_prompts_are_refused(worker: WorkerProcess) -> None:
    with pytest.raises(InvalidRequest, match="not in the vocabulary"):
        await collect(worker, submit([10**6]))
    with pytest.raises(InvalidRequest, match="0 tokens"):
        await collect(worker, submit([]))
    with pytest.raises(InvalidRequest, match="513 tokens"):
        await collect(worker, submit([65] * 513))
    sampling = SamplingParams(logit_bias={10**6: 1.0})
    with pytest.raises(InvalidRequest, match="logit_bias"):
        await collect(worker, submit([65], sampling=sampling))
    text, _ = await collect(worker, submit([65]))
    assert text


async def test_more_requests_than_may_wait(worker: WorkerProcess) -> None:
    tasks = [
        asyncio.create_task(collect(worker, submit([65 + i] * 9, max_tokens=60))) for i in range(20)
    ]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    refused = [r for r in results if isinstance(r, QueueFull)]
    assert 0 < len(refused) <= 12
    assert all(isinstance(r, QueueFull | tuple) for r in results)


async def test_a_file_that_llama_cpp_refuses(tmp_path: Path) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    process = WorkerProcess(tmp_path / "worker.log")
    with pytest.raises(LoadFailed, match="bad"):
        await process.start(load_message(path), timeout_s=60, on_progress=lambda part: None)
    assert not process.is_alive


async def test_a_load_that_takes_too_long_leaves_nothing_behind(
    pico_path: Path, tmp_path: Path
) -> None:
    process = WorkerProcess(tmp_path / "worker.log")
    with pytest.raises(EngineTimeout, match="not loaded within"):
        await process.start(load_message(pico_path), timeout_s=0.01, on_progress=lambda part: None)
    assert not psutil.pid_exists(process.pid)


async def test_a_worker_knows_no_secrets(worker: WorkerProcess, monkeypatch) -> None:
    environment = psutil.Process(worker.pid).environ()
    assert not any("KEY" in name or "TOKEN" in name for name in environment)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_a_worker_ends_with_its_parent(pico_path: Path, tmp_path: Path, how) -> None:
    program = tmp_path / "parent.py"
    load = load_message(pico_path)
    fields = {name: getattr(load, name) for name in load.__struct_fields__}
    program.write_text(
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from hearth.engine import messages as wire\n"
        "from hearth.engine.process import WorkerProcess\n"
        f"load = wire.Load(**{fields!r})\n"
        "async def main():\n"
        f"    process = WorkerProcess(Path({str(tmp_path / 'w.log')!r}))\n"
        "    await process.start(load, timeout_s=60, on_progress=lambda part: None)\n"
        "    print(process.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, str(program), stdout=asyncio.subprocess.PIPE
    )
    pid = int(await parent.stdout.readline())
    assert psutil.pid_exists(pid)
    parent.send_signal(how)
    await parent.wait()
    for _ in range(3000):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the worker outlived its parent")


async def test_g21_weights_that_are_no_numbers(tmp_path: Path) -> None:
    path = write_pico(tmp_path / "nan.gguf")
    header = read_header(path)
    norm = next(each for each in header.tensors if each.name == "output_norm.weight")
    with path.open("r+b") as file:
        file.seek(header.data_start + norm.offset)
        file.write(struct.pack("<f", math.nan) * norm.num_elements)
    process = WorkerProcess(tmp_path / "worker.log")
    with pytest.raises(ModelOutputsNan, match=r"nan\.gguf computes no numbers: 267 of its first"):
        await process.start(load_message(path), timeout_s=60, on_progress=lambda part: None)
    assert not process.is_alive


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a file in use cannot be cut")
async def test_g23_file_that_is_cut_while_it_is_in_use(tmp_path: Path) -> None:
    path = write_pico(tmp_path / "cut.gguf", feed_forward=4096)
    process = WorkerProcess(tmp_path / "worker.log")
    await process.start(load_message(path), timeout_s=60, on_progress=lambda part: None)
    os.truncate(path, 4096)
    with pytest.raises(ModelFileChanged, match="no longer in its file"):
        await collect(process, submit([1, 2, 3]))
    await process.kill()
