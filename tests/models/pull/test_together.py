"""Several at once, and ends in the middle (row D4, kill -9): one download, and no byte lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hearth.errors import RequestAborted
from hearth.models.pull.steps import NUM_CONNECTIONS
from support import pull_program
from support.pulls import REPO, Rig, some_bytes

MIB = 1 << 20
DATA = some_bytes(24 * MIB)
NAME = "tiny-Q8_0.gguf"
CHUNK_BYTES = MIB  # of a file of this size: see journal.chunk_bytes_of

Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def start(rig: Rig) -> Iterator[Start]:
    """Start programs that pull the model, and end them with the test."""
    rig.server.add(REPO, {NAME: DATA})
    environment = {
        **os.environ,
        "HEARTH_HOME": str(rig.config.home),
        "HEARTH_OTHER_PROGRAMS": "false",
        "HF_ENDPOINT": rig.server.url,
    }
    started: list[subprocess.Popen[bytes]] = []

    def start_one() -> subprocess.Popen[bytes]:
        command = [sys.executable, pull_program.__file__, f"hf:{REPO}"]
        started.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE))
        return started[-1]

    yield start_one
    for program in started:
        program.kill()
        program.communicate()


def until(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline_s, "it did not happen"
        time.sleep(0.02)


def test_killed_pulls_go_on_with_the_bytes_that_had_come(rig: Rig, start: Start) -> None:
    """Each kill costs less than a chunk of each connection, counted on the server."""
    rig.server.bytes_per_s = 4 * MIB
    num_kills = 2
    for number in range(1, num_kills + 1):
        program = start()
        until(lambda goal=number * 8 * MIB: rig.server.sent_bytes() >= goal)
        program.send_signal(signal.SIGKILL)
        program.wait()
        assert 0 < rig.plan(f"hf:{REPO}").files[0].kept_bytes < len(DATA)
    rig.server.bytes_per_s = None
    last = start()
    path = Path(last.communicate(timeout=90)[0].decode().strip())
    assert last.returncode == 0
    assert path.read_bytes() == DATA
    twice = rig.server.sent_bytes() - len(DATA)
    assert twice < num_kills * NUM_CONNECTIONS * CHUNK_BYTES
    assert rig.leftovers() == []


def test_ten_programs_and_threads_share_one_download(rig: Rig, start: Start) -> None:
    rig.server.bytes_per_s = 4 * MIB
    programs = [start() for _ in range(2)]
    with ThreadPoolExecutor(8) as threads:
        entries = list(threads.map(lambda _: rig.pull(f"hf:{REPO}"), range(8)))
        outputs = [program.communicate(timeout=90)[0].decode() for program in programs]
    paths = {str(entry.path) for entry in entries} | {output.strip() for output in outputs}
    assert len(paths) == 1
    assert rig.server.sent_bytes() == len(DATA)
    waiting = [seen for seen in rig.seen if seen.doing.startswith("another program")]
    assert any(0 < seen.done_bytes < len(DATA) for seen in waiting)


def test_one_who_gives_up_does_not_stop_the_others(rig: Rig, start: Start) -> None:
    rig.server.bytes_per_s = 4 * MIB
    program = start()
    until(lambda: rig.server.sent_bytes() > MIB)
    cancelled = threading.Event()
    rig_waits = threading.Thread(target=cancelled_pull, args=(rig, cancelled))
    rig_waits.start()
    until(lambda: bool(rig.seen))
    cancelled.set()
    rig_waits.join()
    assert program.communicate(timeout=90)[0]
    assert program.returncode == 0
    assert rig.server.sent_bytes() == len(DATA)


def cancelled_pull(rig: Rig, cancelled: threading.Event) -> None:
    with pytest.raises(RequestAborted):
        rig.pull(f"hf:{REPO}", cancelled=cancelled)


def test_what_was_cancelled_goes_on_where_it_stopped(rig: Rig) -> None:
    rig.server.add(REPO, {NAME: DATA})
    rig.server.bytes_per_s = 4 * MIB
    cancelled = threading.Event()
    thread = threading.Thread(target=cancelled_pull, args=(rig, cancelled))
    thread.start()
    until(lambda: rig.server.sent_bytes() >= 8 * MIB)
    cancelled.set()
    thread.join()
    rig.server.bytes_per_s = None
    assert rig.pull(f"hf:{REPO}").path.read_bytes() == DATA
    assert rig.server.sent_bytes() - len(DATA) < NUM_CONNECTIONS * CHUNK_BYTES


def test_the_bandwidth_limit_holds_over_all_connections(rig: Rig) -> None:
    rig.server.add(REPO, {NAME: DATA[: 4 * MIB]})
    begun_s = time.monotonic()
    rig.pull(f"hf:{REPO}", max_bytes_per_s=4 * MIB)
    # It may be slower on a busy machine, never faster than the limit and its burst allow.
    assert time.monotonic() - begun_s >= 0.7


def test_progress_goes_up_to_the_end(rig: Rig) -> None:
    rig.server.add(REPO, {NAME: DATA})
    rig.server.fail(path="/cdn/", truncate_after=MIB // 2, times=4)
    rig.pull(f"hf:{REPO}")
    done = [seen.done_bytes for seen in rig.seen]
    assert done == sorted(done)
    assert done[-1] == rig.seen[-1].total_bytes == len(DATA)


def test_a_commit_that_is_pushed_meanwhile_changes_nothing(rig: Rig) -> None:
    """D11: what is fetched is of one commit, whatever the branch says later."""
    first = rig.server.add(REPO, {NAME: DATA})
    plan = rig.plan(f"hf:{REPO}")
    rig.server.add(REPO, {NAME: DATA[::-1]})
    assert plan.commit == first
    assert first in plan.files[0].url
    assert rig.plan(f"hf:{REPO}").commit != first
    assert rig.pull(f"hf:{REPO}@{first}").path.read_bytes() == DATA
