"""The ledger beside real workers: what it notes, what it never notes, and that nobody waits."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
import threading
import time
from contextlib import aclosing, closing
from dataclasses import replace
from pathlib import Path

import pytest

from hearth.config import Config, load_config
from hearth.core import Finished, GenerateRequest, LoadOptions, SamplingParams
from hearth.engine.ledger.ledger import ANSWER_INTERVAL_S
from hearth.engine.ledger.load_facts import cached_share
from hearth.engine.ledger.writer import MAX_WAITING, LedgerWriter
from hearth.engine.llama.buffers import LoggedBuffer, logged_buffer, without_repeats
from hearth.engine.local import LocalEngine
from hearth.errors import StoreError
from hearth.machine.keep import keep_profile, this_machine
from hearth.machine.profile import BandwidthAt, Measured
from hearth.plan.accuracy import basis_of
from hearth.store.database import open_database
from hearth.store.predicted import Part, PredictionRecord, RecordKind
from hearth.store.predictions import Predictions

pytestmark = pytest.mark.tiny

SECRET = "zyxwvut"
TESTS = Path(__file__).parents[2]


def records(config: Config) -> list[PredictionRecord]:
    with closing(open_database(config)) as database:
        return Predictions(database).list()


def stored_bytes(home: Path) -> bytes:
    """Return all bytes of the database and of what SQLite keeps beside it."""
    return b"".join(file.read_bytes() for file in home.glob("hearth.db*"))


async def answers(config: Config, model: Path, *, times: int = 1, together: int = 1) -> list[str]:
    """Load a model, ask it, and close the engine; return the texts."""
    engine = LocalEngine(config)
    request = GenerateRequest(
        model=str(model),
        prompt=f"{SECRET} " * 8,
        sampling=SamplingParams(temperature=0.0),
        max_tokens=64,
        ignore_eos=True,
    )

    async def one() -> str:
        parts = []
        async with aclosing(engine.generate(request)) as events:
            async for event in events:
                parts.append(getattr(event, "text", ""))
        assert isinstance(event, Finished)
        return "".join(parts)

    try:
        found = []
        # What is guessed says nothing of how long a token takes, and such an answer is not noted.
        await engine.load(str(model), LoadOptions(speculation="off"))
        for _ in range(times):
            found += await asyncio.gather(*(one() for _ in range(together)))
        return found
    finally:
        await engine.close()


def measured_machine(config: Config) -> str:
    """Keep a profile of this machine as if it had been measured; return its basis."""
    speed = Measured(value=2e10, low=1e10, high=3e10, unit="B/s", how="measured", source="a test")
    facts = this_machine(config)
    at = BandwidthAt(num_threads=2, size_bytes=2**30, bandwidth=speed)
    measured = replace(facts, memory=replace(facts.memory, bandwidth_by_threads=(at,)))
    keep_profile(config, measured)
    return basis_of(measured)


async def test_a_load_is_noted_with_what_the_engine_allocated(own_home: Path, pico_path) -> None:
    config = load_config()
    await answers(config, pico_path)
    (load,) = records(config)
    assert load.kind is RecordKind.LOAD
    assert (load.architecture, load.quantization) == ("llama", "F32")
    assert (load.machine, load.basis) == (this_machine(config).fingerprint, "")
    assert len(load.identity) == 64
    assert load.engine.startswith("llama-cpp-python ")
    figures = {each.part: each for each in load.figures}
    # The engine tells hundredths of a MiB, and the pico model is not much more.
    for part in (Part.KV, Part.OUTPUT, Part.WEIGHTS):
        assert figures[part].measured == pytest.approx(figures[part].predicted, abs=2**15)
    assert figures[Part.COMPUTE].measured > 2**20
    assert load.conditions["kv_type"] == "f16"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
async def test_memory_is_read_by_the_confined_worker_and_after_the_first_answer(
    own_home: Path, pico_path
) -> None:
    config = load_config()
    await answers(config, pico_path)
    (load,) = records(config)
    assert load.conditions["confined"] is True
    figures = {each.part: each for each in load.figures}
    assert 2**24 < figures[Part.OVERHEAD].measured < 2**28
    parts = [each.measured for each in load.figures if each.part is not Part.TOTAL]
    assert figures[Part.TOTAL].measured == pytest.approx(sum(parts))
    observed = load.observed
    assert observed["answered_anonymous_bytes"] >= observed["anonymous_bytes"] * 0.9
    assert observed["peak_bytes"] >= observed["answered_anonymous_bytes"]
    assert observed["loading_s"] > 0


async def test_answers_are_noted_once_a_minute_where_the_machine_was_measured(
    own_home: Path, pico_path
) -> None:
    config = load_config()
    basis = measured_machine(config)
    began_s = time.monotonic()
    await answers(config, pico_path, times=3)
    noted = records(config)
    answer, load = noted[0], noted[-1]
    if time.monotonic() - began_s < ANSWER_INTERVAL_S:
        assert len(noted) == 2
    assert (answer.kind, load.kind) == (RecordKind.ANSWER, RecordKind.LOAD)
    assert answer.basis == basis
    assert answer.identity == load.identity
    figures = {each.part: each for each in answer.figures}
    assert figures[Part.DECODE].low <= figures[Part.DECODE].predicted
    assert figures[Part.DECODE].measured > 0
    assert answer.conditions["completion_tokens"] == 64
    assert answer.conditions["threads"] >= 1


async def test_no_word_of_a_conversation_gets_into_the_ledger(own_home: Path, pico_path) -> None:
    config = load_config()
    measured_machine(config)
    (text,) = await answers(config, pico_path)
    noted = repr(records(config))
    assert "completion_tokens" in noted
    assert SECRET not in noted
    assert text not in noted
    assert SECRET.encode() not in stored_bytes(own_home)


async def test_without_it_nothing_is_noted(own_home: Path, pico_path) -> None:
    config = load_config(predictions=False)
    await answers(config, pico_path)
    assert records(config) == []


async def test_a_database_that_cannot_be_opened_disturbs_nobody(
    own_home: Path, pico_path, caplog: pytest.LogCaptureFixture
) -> None:
    config = load_config()
    config.database_path.mkdir(parents=True)  # a folder in the way
    with caplog.at_level(logging.WARNING):
        texts = await answers(config, pico_path, times=2)
    assert len(texts) == 2
    said = [each for each in caplog.records if each.name == "hearth.engine.ledger.writer"]
    assert len(said) == 1  # for the load, the first answer and the second
    assert "not checked" in said[0].getMessage()


async def test_what_is_noted_outlives_a_kill(own_home: Path, pico_path) -> None:
    program = [sys.executable, "-c", KILLED, str(pico_path)]
    done = await asyncio.to_thread(
        subprocess.run, program, cwd=TESTS, timeout=100, stdout=subprocess.PIPE
    )
    assert done.returncode == -9
    (load,) = records(load_config())
    assert load.kind is RecordKind.LOAD


KILLED = """
import asyncio, os, signal, sys, time
from contextlib import closing
from hearth.config import load_config
from hearth.engine.local import LocalEngine
from hearth.store.database import open_database
from hearth.store.predictions import Predictions

async def main():
    engine = LocalEngine(load_config())
    await engine.load(sys.argv[1])
    with closing(open_database(load_config())) as database:
        ledger = Predictions(database)
        deadline_s = time.monotonic() + 60
        while not await asyncio.to_thread(ledger.count):
            assert time.monotonic() < deadline_s
            await asyncio.sleep(0.05)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_a_queue_that_is_full_drops_and_never_waits(own_home: Path) -> None:
    own_home.mkdir(mode=0o700)
    writer, go_on, done = LedgerWriter(load_config()), threading.Event(), []

    def wait(_predictions: Predictions) -> None:
        assert go_on.wait(60)
        done.append(True)

    taken = [writer.submit(wait) for _ in range(2 * MAX_WAITING)]
    assert taken == [True] * MAX_WAITING + [False] * MAX_WAITING
    go_on.set()
    writer.close()
    assert len(done) == MAX_WAITING
    assert not writer.submit(wait)


def test_a_failure_is_logged_once_and_does_not_end_it(
    own_home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own_home.mkdir(mode=0o700)
    writer, done = LedgerWriter(load_config()), []

    def fail(_predictions: Predictions) -> None:
        raise StoreError("The disk is full.")

    for job in (fail, fail, lambda predictions: done.append(predictions.count())):
        writer.submit(job)
    writer.close()
    assert done == [0]
    assert [each.levelname for each in caplog.records] == ["WARNING"]


def test_lines_of_the_log_become_buffers() -> None:
    lines = (
        "load_tensors:   CPU_Mapped model buffer size =    92.10 MiB",
        "load_tensors:   CPU_REPACK model buffer size =    10.00 MiB",
        "llama_kv_cache:        CPU KV buffer size =    22.50 MiB",
        "llama_memory_recurrent:      CUDA0 RS buffer size =     1.25 MiB",
        "llama_context:        CPU  output buffer size =     3.75 MiB",
        "sched_reserve:        CPU compute buffer size =    99.00 MiB",
        "sched_reserve:        CPU compute buffer size =    14.74 MiB",
        "llama_kv_cache: size =   22.50 MiB (  1024 cells,  30 layers, 20/1 seqs)",
        "print_info: file size   = 92.10 MiB (5.74 BPW)",
    )
    found = without_repeats(each for line in lines if (each := logged_buffer(line)))
    assert [(each.part, each.place, each.size_bytes) for each in found] == [
        ("weights", "CPU_Mapped", int(92.1 * 2**20)),
        ("weights", "CPU_REPACK", 10 * 2**20),
        ("kv", "CPU", int(22.5 * 2**20)),
        ("state", "CUDA0", int(1.25 * 2**20)),
        ("output", "CPU", int(3.75 * 2**20)),
        ("compute", "CPU", int(14.74 * 2**20)),
    ]
    assert isinstance(found[0], LoggedBuffer)


@pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="the system does not tell")
def test_a_file_just_written_is_cached(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(2**20))
    assert cached_share([path]) in (None, 1.0)  # None: this file system cannot tell
    assert cached_share([path, tmp_path / "missing"]) is None
