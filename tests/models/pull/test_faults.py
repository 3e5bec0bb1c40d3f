"""Servers and networks that misbehave (rows D2, D3, R-26): right bytes, or none."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from hearth.errors import (
    AccessDenied,
    AddressRefused,
    ChecksumMismatch,
    HearthError,
    ModelNotFound,
    RequestAborted,
    SourceError,
)
from hearth.models.pull.requests import MAX_RETRY_AFTER_S
from support.pulls import REPO, Rig, some_bytes

MIB = 1 << 20
DATA = some_bytes(5 * MIB + 123)
NAME = "tiny-Q8_0.gguf"


@pytest.fixture
def offered(rig: Rig) -> Rig:
    rig.server.add(REPO, {NAME: DATA})
    return rig


PASSING: dict[str, list[dict[str, Any]]] = {
    "the server fails for a while": [{"status": 503, "times": 3}],
    "every kind of failure": [{"status": code, "times": 2} for code in (500, 502, 504, 408, 429)],
    "it asks to wait": [{"status": 429, "headers": {"retry-after": "0"}, "times": 2}],
    "connections end early": [{"truncate_after": 300_000, "times": 6}],
    "a connection ends before the first byte": [{"truncate_after": 0, "times": 2}],
    "a part stalls": [{"stall_after": 200_000}],
    "another part comes": [{"shift_range": -1, "skip": 1}],
    "no part is named": [{"headers": {"content-range": "bytes */*"}, "times": 2}],
    "ranges are ignored": [{"ignore_range": True, "times": None}],
    "ranges are ignored, and the body ends early": [
        {"ignore_range": True, "truncate_after": MIB, "times": 3, "skip": 5},
        {"ignore_range": True, "times": None},
    ],
    "ranges are ignored by one of several servers": [{"ignore_range": True, "skip": 2}],
    "wrong bytes come once": [{"corrupt": True}],
}


@pytest.mark.parametrize("faults", PASSING.values(), ids=PASSING)
def test_what_passes_is_overcome(offered: Rig, faults: list[dict[str, Any]]) -> None:
    for fault in faults:
        offered.server.fail(path="/cdn/", **fault)
    entry = offered.pull(f"hf:{REPO}", silence_s=1.0)
    assert entry.path.read_bytes() == DATA
    assert offered.leftovers() == []


FINAL: dict[str, tuple[dict[str, Any], type[HearthError]]] = {
    "it never recovers": ({"status": 503}, SourceError),
    "it refuses": ({"status": 403}, AccessDenied),
    "it wants a login": ({"status": 401}, AccessDenied),
    "the file is gone": ({"status": 404}, ModelNotFound),
    "an odd status": ({"status": 418}, SourceError),
    "the range is beyond its end": ({"status": 416}, SourceError),
    "it became another length": ({"headers": {"content-range": "bytes 0-9/10"}}, SourceError),
    "it comes compressed": ({"headers": {"content-encoding": "gzip"}}, SourceError),
    "it never ends": ({"endless": True}, SourceError),
    "it never goes on": ({"stall_after": 0}, SourceError),
    "it always ends at once": ({"truncate_after": 0}, SourceError),
    "it redirects to elsewhere": ({"redirect_to": "http://169.254.169.254/x"}, AddressRefused),
    "it redirects to a file": ({"redirect_to": "file:///etc/passwd"}, AddressRefused),
}


@pytest.mark.parametrize(("fault", "error"), FINAL.values(), ids=FINAL)
def test_what_does_not_pass_is_named(
    offered: Rig, fault: dict[str, Any], error: type[HearthError]
) -> None:
    offered.server.fail(path="/cdn/", times=None, **fault)
    with pytest.raises(error) as raised:
        offered.pull(f"hf:{REPO}", silence_s=0.2)
    assert "secret" not in raised.value.message  # signatures of addresses are nobody's business
    assert not list(offered.settings.cache_dir.rglob(NAME))


def test_a_circle_of_redirects_is_left(offered: Rig) -> None:
    there = f"{offered.server.url}/{REPO}/resolve/main/{NAME}"
    offered.server.fail(path="/resolve/", times=None, redirect_to=there)
    with pytest.raises(SourceError, match="circle"):
        offered.pull(f"hf:{REPO}")


def test_wrong_bytes_are_put_aside_after_one_more_try(offered: Rig) -> None:
    """R-26: a size that fits proves nothing."""
    offered.server.fail(path="/cdn/", times=None, corrupt=True)
    with pytest.raises(ChecksumMismatch, match="arrived twice"):
        offered.pull(f"hf:{REPO}")
    assert offered.server.sent_bytes() == 2 * len(DATA)
    assert [name.rpartition(".hearth.")[2] for name in offered.leftovers()] == ["quarantine"]
    offered.server.faults.clear()
    assert offered.pull(f"hf:{REPO}").path.read_bytes() == DATA
    assert offered.leftovers() == []


def test_nothing_is_sent_twice_when_connections_end_early(offered: Rig) -> None:
    offered.server.fail(path="/cdn/", truncate_after=512 * 1024, times=8)
    offered.pull(f"hf:{REPO}")
    assert offered.server.sent_bytes() == len(DATA)


def test_the_wait_that_a_server_asks_for_is_honoured_within_reason(offered: Rig) -> None:
    offered.server.fail(path="/cdn/", status=429, headers={"retry-after": "1"}, times=4)
    begun_s = time.monotonic()
    offered.pull(f"hf:{REPO}")
    assert time.monotonic() - begun_s >= 1.0
    assert MAX_RETRY_AFTER_S < 3600


def test_a_wait_without_end_can_be_cancelled(offered: Rig) -> None:
    fault = offered.server.fail(
        path="/cdn/", status=429, headers={"retry-after": "100000"}, times=100
    )
    assert cancel_once(offered, lambda: fault.times is not None and fault.times < 100) < 30


def test_a_silent_server_does_not_keep_a_cancelled_pull(offered: Rig) -> None:
    offered.server.fail(path="/cdn/", stall_after=64 * 1024, times=None)
    took_s = cancel_once(
        offered, lambda: offered.server.sent_bytes() >= 4 * 64 * 1024, silence_s=600.0
    )
    assert took_s < 60


def test_a_server_that_accepts_and_says_nothing_does_not_keep_it_either(offered: Rig) -> None:
    offered.server.fail(path="/cdn/", mute=True, times=None)
    took_s = cancel_once(
        offered,
        lambda: any("/cdn/" in path for _, path, _ in offered.server.asked),
        silence_s=600.0,
    )
    assert took_s < 60


def cancel_once(rig: Rig, condition: Any, **options: Any) -> float:
    """Cancel a pull as soon as something is so; return how long it took to end then."""
    cancelled, ended = threading.Event(), []

    def work() -> None:
        with pytest.raises(RequestAborted, match="what has come is kept"):
            rig.pull(f"hf:{REPO}", cancelled=cancelled, **options)
        ended.append(time.monotonic())

    thread = threading.Thread(target=work)
    thread.start()
    deadline_s = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
    begun_s = time.monotonic()
    cancelled.set()
    thread.join()
    return ended[0] - begun_s


def test_a_file_that_changes_between_two_attempts_begins_anew(rig: Rig) -> None:
    """D3: another ETag, another file: nothing of the one is joined to the other."""
    url = f"{rig.server.url}/files/notes.bin"
    rig.server.files["notes.bin"] = DATA
    rig.server.fail(path="/files/", status=403, skip=2, times=None)
    with pytest.raises(AccessDenied):
        rig.pull(url, num_connections=1)
    rig.server.faults.clear()
    assert rig.plan(url).files[0].kept_bytes > 0
    other = some_bytes(len(DATA), seed=1)
    rig.server.files["notes.bin"] = other
    assert rig.plan(url).files[0].kept_bytes == 0


def test_a_file_that_changes_while_it_comes_is_noticed(rig: Rig) -> None:
    rig.server.files["notes.gguf"] = DATA
    rig.server.fail(path="/files/", headers={"etag": '"another"'}, skip=2, times=None)
    with pytest.raises(SourceError, match="became another file"):
        rig.pull(f"{rig.server.url}/files/notes.gguf")


def test_an_address_without_a_length_is_refused(rig: Rig) -> None:
    rig.server.files["notes.gguf"] = DATA
    rig.server.fail(path="/files/", ignore_range=True, no_length=True, times=None)
    with pytest.raises(SourceError, match="how long"):
        rig.plan(f"{rig.server.url}/files/notes.gguf")


def test_a_corrupt_journal_costs_only_what_it_noted(offered: Rig) -> None:
    """D7: what cannot be read says nothing; the pull begins at the beginning."""
    offered.server.fail(path="/cdn/", status=403, skip=1, times=None)
    with pytest.raises(AccessDenied):
        offered.pull(f"hf:{REPO}", num_connections=1)
    journal = next(offered.blobs.glob(".*.hearth.journal"))
    for text in (b"", b"\xff\xfe{", b"[]\n1\n", b'{"version": 99}\n', b"9" * 100_000):
        journal.write_bytes(text)
        assert offered.plan(f"hf:{REPO}").files[0].kept_bytes == 0
    offered.server.faults.clear()
    assert offered.pull(f"hf:{REPO}").path.read_bytes() == DATA
