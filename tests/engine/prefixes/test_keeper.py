"""The keeper believes a worker nothing, and a full disk costs a warning and no answer."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from hearth.engine.frames import frame
from hearth.engine.prefixes.block_file import MAX_STATE_BYTES
from hearth.engine.prefixes.channel import (
    Busy,
    Found,
    Full,
    Keep,
    Opened,
    Over,
    Want,
    receive_from_keeper,
    send,
)
from hearth.engine.prefixes.keeper import HASHING
from hearth.errors import BadModelFile, RequestAborted
from support.disks import small_disk
from support.prefixes import entries, keeper_of, shelf_in, state_of

TEXT = list(range(200))


class Worker:
    """The other end of a keeper's pipes."""

    def __init__(self, *how) -> None:
        self.keeper = keeper_of(*how)
        source, target = (os.dup(end) for end in self.keeper.pipes.theirs)
        self.source, self.target = os.fdopen(source, "rb"), os.fdopen(target, "wb")
        self.keeper.start("test")

    def hear(self):
        received = receive_from_keeper(self.source)
        return None if received is None else received[0]

    def keep(self, tokens: list[int], start: int = 0, **changes) -> None:
        state = state_of(tokens[start:])
        fields = {
            "owner": "ann",
            "shared": 0,
            "tokens": tokens,
            "start": start,
            "whole": False,
            "size_bytes": len(state),
        }
        send(self.target, Keep(**(fields | changes)), memoryview(state))

    def want(self, tokens: list[int], ticket: int = 1, **changes) -> list:
        """Return what is said to a question, without its end."""
        fields = {"owner": "ann", "shared": 0, "tokens": tokens, "have": 0, "whole": False}
        send(self.target, Want(ticket=ticket, **(fields | changes)))
        said = []
        while not isinstance(message := self.hear(), Over):
            assert message is not None
            said.append(message)
        assert message.ticket == ticket
        return said

    def close(self) -> None:
        with suppress(BrokenPipeError):  # the keeper may have ended the talk
            self.target.close()
        self.keeper.close()
        assert self.hear() is None
        self.source.close()


@pytest.fixture
def worker(tmp_path: Path):
    made = Worker(lambda: shelf_in(tmp_path / "prefixes"))
    assert isinstance(made.hear(), Opened)
    yield made
    made.close()


def test_what_is_handed_over_comes_back(worker, tmp_path) -> None:
    worker.keep(TEXT[:128])
    worker.keep(TEXT, 128)
    said = worker.want(TEXT)
    assert len(entries(tmp_path / "prefixes")) == 2
    assert [(each.start, each.tokens) for each in said] == [(0, TEXT[:128]), (128, TEXT[128:])]
    assert all(isinstance(each, Found) and each.ticket == 1 for each in said)
    assert worker.want(TEXT, ticket=2, have=128)[0].start == 128
    assert worker.want(TEXT, ticket=3, owner="bob") == []
    assert worker.keeper.restored_tokens == 272


@pytest.mark.parametrize(
    "said",
    [
        frame(b"no msgpack"),
        b"\xff\xff\xff\xff",
        frame(b"\x93\xa5Want?\x01\x02"),
    ],
)
def test_what_makes_no_sense_ends_the_talk(worker, tmp_path, caplog, said) -> None:
    worker.target.write(said)
    worker.target.flush()
    assert worker.hear() is None
    assert "not listened to any more" in caplog.text
    assert entries(tmp_path / "prefixes") == []


@pytest.mark.parametrize(
    "changes",
    [
        {"size_bytes": MAX_STATE_BYTES + 1},
        {"size_bytes": -1},
        {"tokens": []},
        {"tokens": [1, -1, 2]},
        {"tokens": [2**40]},
        {"start": 200},
        {"start": -1},
        {"shared": -5},
        {"owner": "x" * 5000},
    ],
)
def test_a_block_that_cannot_be_ends_the_talk(worker, tmp_path, caplog, changes) -> None:
    with suppress(BrokenPipeError):  # it need not listen to the end
        worker.keep(**({"tokens": TEXT} | changes))
    assert worker.hear() is None
    assert "not listened to any more" in caplog.text
    assert entries(tmp_path / "prefixes") == []


def test_a_worker_that_dies_in_the_middle_of_a_block_leaves_nothing(worker, tmp_path) -> None:
    keep = Keep(owner="", shared=0, tokens=TEXT, start=0, whole=False, size_bytes=10**6)
    send(worker.target, keep, memoryview(b"only the beginning"))
    worker.target.close()
    assert worker.hear() is None
    worker.keeper.close()
    assert [path for path in (tmp_path / "prefixes").rglob("*.*") if "about" not in path.name] == []


def test_a_full_disk_is_told_once_and_what_is_there_is_still_read(tmp_path, caplog) -> None:
    with small_disk(tmp_path / "disk", size_kb=256) as disk:
        worker = Worker(lambda: shelf_in(disk.path / "prefixes"))
        assert isinstance(worker.hear(), Opened)
        worker.keep(TEXT[:128])
        assert worker.want(TEXT, ticket=1)
        disk.fill()
        with caplog.at_level(logging.WARNING):
            for start in (128, 128, 128):
                worker.keep(TEXT, start)
            assert isinstance(worker.hear(), Full)
            assert [each.start for each in worker.want(TEXT, ticket=2)] == [0]
        assert len(caplog.records) == 1
        assert "No space left" in caplog.text
        assert "not written to the disk any more" in worker.keeper.problem
        disk.free()
        worker.close()


def test_a_model_that_cannot_be_read_has_no_prefix_cache(tmp_path, caplog) -> None:
    def cannot(is_cancelled: Callable[[], bool]) -> str:
        raise BadModelFile("The file is gone.")

    worker = Worker(lambda: shelf_in(tmp_path), cannot)
    assert worker.hear() is None
    assert "The file is gone" in worker.keeper.problem
    worker.close()


def test_hashing_a_model_is_given_up_when_it_is_unloaded(tmp_path, caplog) -> None:
    def slowly(is_cancelled: Callable[[], bool]) -> str:
        while not is_cancelled():
            time.sleep(0.01)
        raise RequestAborted("The hashing was cancelled.")

    worker = Worker(lambda: shelf_in(tmp_path), slowly)
    assert isinstance(worker.hear(), Busy)  # requests need not wait for it
    assert worker.keeper.notice == HASHING
    worker.close()
    assert worker.keeper.problem is None
    assert caplog.records == []


def test_a_keeper_that_was_never_needed_leaves_no_pipe_open() -> None:
    keeper = keeper_of(lambda: shelf_in(Path()))
    ends = [*keeper.pipes.theirs, keeper.pipes.source.fileno(), keeper.pipes.target.fileno()]
    keeper.close()
    for end in ends:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(end)
