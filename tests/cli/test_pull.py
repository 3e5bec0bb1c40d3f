"""`hearth pull`, `hearth models search` and `hearth jobs`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hearth.cli.progress import duration
from support.command import Hearth
from support.hub_server import hub_server
from support.pulls import REPO, Rig, make_rig, some_bytes

NAME = "tiny-Q8_0.gguf"
REFERENCE = f"hf:{REPO}"


@pytest.fixture
def rig(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    with hub_server() as server:
        rig = make_rig(server, own_home, monkeypatch)
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("HEARTH_OTHER_PROGRAMS", "false")
        yield rig


def test_pull_writes_the_path_and_lists_the_model(
    rig: Rig, hearth: Hearth, pico_path: Path
) -> None:
    rig.server.add(REPO, {NAME: pico_path.read_bytes()})
    pulled = hearth("pull", REFERENCE)
    assert pulled.status == 0, pulled.err
    assert Path(pulled.out.strip()).read_bytes() == pico_path.read_bytes()
    assert "hearth run me/tiny-GGUF/tiny-Q8_0" in pulled.err
    assert "tiny-Q8_0" in hearth("models", "list").out
    again = hearth("models", "pull", REFERENCE, "--json")
    assert json.loads(again.out)["path"] == pulled.out.strip()
    assert rig.server.sent_bytes() == pico_path.stat().st_size
    assert "done" in hearth("jobs").out


def test_a_dry_run_fetches_nothing(rig: Rig, hearth: Hearth) -> None:
    rig.server.add(REPO, {NAME: some_bytes(5000)})
    shown = hearth("pull", REFERENCE, "--dry-run")
    assert (shown.status, rig.server.sent_bytes()) == (0, 0)
    assert "4.9 KiB to fetch" in shown.out
    plan = json.loads(hearth("pull", REFERENCE, "--dry-run", "--json").out)
    assert plan["to_fetch_bytes"] == 5000
    assert hearth("jobs").err.startswith("There is no long work")


def test_files_go_where_they_are_told_to(
    rig: Rig, hearth: Hearth, pico_path: Path, tmp_path: Path
) -> None:
    rig.server.add(REPO, {NAME: pico_path.read_bytes()})
    pulled = hearth("pull", REFERENCE, "--to", str(tmp_path / "mine"), "--limit-rate", "50M")
    assert pulled.status == 0, pulled.err
    assert pulled.out.strip() == str(tmp_path / "mine" / NAME)


@pytest.mark.parametrize("rate", ["fast", "0", "-1", "5X", ""])
def test_a_rate_that_is_none_is_refused(rig: Rig, hearth: Hearth, rate: str) -> None:
    refused = hearth("pull", REFERENCE, f"--limit-rate={rate}")
    assert refused.status == 2
    assert "500K" in refused.err


def test_failures_are_said_with_what_to_do(rig: Rig, hearth: Hearth) -> None:
    missing = hearth("pull", "hf:nobody/nothing")
    assert missing.status == 1
    assert "Error: The hub has no model 'nobody/nothing'" in missing.err
    assert "hearth models search" in missing.err
    rig.server.add(REPO, {NAME: some_bytes(5000)})
    rig.server.fail(path="/cdn/", times=None, corrupt=True)
    wrong = hearth("pull", REFERENCE)
    assert wrong.status == 1
    assert "arrived twice" in wrong.err
    assert "failed" in hearth("jobs").out


def test_ctrl_c_keeps_what_came_and_says_how_to_go_on(rig: Rig, hearth: Hearth) -> None:
    data = some_bytes(16 << 20)
    rig.server.add(REPO, {NAME: data})
    rig.server.bytes_per_s = 1 << 18  # of each connection: seconds are left when the signal comes
    program = subprocess.Popen(
        [sys.executable, "-m", "hearth", "pull", REFERENCE],
        env=os.environ.copy(),
        stderr=subprocess.PIPE,
        text=True,
        # A shell lets its background jobs ignore Ctrl-C, and their children with them.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline_s = time.monotonic() + 90
    while rig.server.sent_bytes() < 6 << 20:
        assert time.monotonic() < deadline_s
        time.sleep(0.02)
    program.send_signal(signal.SIGINT)
    _, said = program.communicate(timeout=60)
    assert program.returncode == 130
    assert f"Go on with: hearth pull {REFERENCE}" in said
    rig.server.bytes_per_s = None
    listed = json.loads(hearth("jobs", "list", "--json").out)
    assert [job["state"] for job in listed] == ["interrupted"]
    resumed = hearth("jobs", "resume", listed[0]["id"][:8])
    assert resumed.status == 0, resumed.err
    assert rig.server.sent_bytes() < len(data) + (4 << 20)
    ended = hearth("jobs", "cancel", listed[0]["id"])
    assert ended.status == 2
    assert "has ended already" in ended.err


def test_search_lists_what_can_be_pulled(rig: Rig, hearth: Hearth) -> None:
    facts = {"gguf": {"total": 135_000_000, "architecture": "llama", "context_length": 2048}}
    rig.server.add(REPO, {}, tags=["gguf", "license:mit"], facts=facts)
    found = hearth("models", "search", "tiny", "--format", "gguf", "--sort", "downloads")
    assert found.status == 0, found.err
    for part in (REFERENCE, "gguf", "135M", "2,048", "mit", "2026-01-02"):
        assert part in found.out
    (hit,) = json.loads(hearth("models", "search", "tiny", "--json").out)
    assert hit["reference"] == REFERENCE
    none = hearth("models", "search", "nothing", "like", "it")
    assert (none.status, none.out) == (0, "")
    assert "no such model" in none.err


def test_search_without_a_network_says_so(
    rig: Rig, hearth: Hearth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    refused = hearth("models", "search", "tiny")
    assert refused.status == 1
    assert "HF_HUB_OFFLINE" in refused.err


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.2, "0 s"), (59.4, "59 s"), (61, "1 min 01 s"), (7260, "2 h 01 min")]
)
def test_times_are_written_as_people_read_them(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
