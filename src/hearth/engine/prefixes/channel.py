"""What a worker and the keeper of its blocks say to each other, over two pipes of their own.

A worker may open no file, so its parent does that for it. The pipes are apart from those of the
requests: a block of 40 MB must delay no word of an answer. A message is a frame of msgpack; keys
and values follow it as they are.

The parent believes a worker nothing but its own model's blocks: it makes all names itself, from
tokens, and every size is checked before memory is taken for it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO

import msgspec

from hearth.engine.frames import frame, read_frame
from hearth.engine.prefixes.access import Access
from hearth.engine.prefixes.block_file import MAX_STATE_BYTES

MAX_TOKENS = 1 << 22
MAX_OWNER_CHARS = 4096
PIPE_BYTES = 1 << 20


class Words(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Base of all messages; the class name is the tag on the wire."""


class Want(Words, frozen=True):
    """A worker asks for the blocks that follow the first `have` tokens of a text.

    Args:
        ticket: Number of the question, for the answers.
        whole: The model's states cannot be taken apart.
    """

    ticket: int
    owner: str
    shared: int
    tokens: list[int]
    have: int
    whole: bool


class Keep(Words, frozen=True):
    """A worker hands over the last block of a text; `size_bytes` of state follow."""

    owner: str
    shared: int
    tokens: list[int]
    start: int
    whole: bool
    size_bytes: int


class Opened(Words, frozen=True):
    """The keeper is ready."""


class Busy(Words, frozen=True):
    """The keeper will be ready, but not soon: the model has to be hashed."""


class Full(Words, frozen=True):
    """The keeper takes no more blocks."""


class Found(Words, frozen=True):
    """A block of a text; `size_bytes` of state follow."""

    ticket: int
    start: int
    tokens: list[int]
    size_bytes: int


class Over(Words, frozen=True):
    """There is no more to a question."""

    ticket: int


FromWorker = Want | Keep
FromKeeper = Opened | Busy | Full | Found | Over

_encode = msgspec.msgpack.Encoder().encode
_from_worker = msgspec.msgpack.Decoder(FromWorker).decode
_from_keeper = msgspec.msgpack.Decoder(FromKeeper).decode


def access_of(message: Want | Keep) -> Access:
    """Return whose text a message is about."""
    return Access(owner=message.owner, shared=message.shared)


def send(target: BinaryIO, message: Words, state: memoryview | None = None) -> None:
    """Write a message, and the state that belongs to it.

    Raises:
        OSError: The other side is gone.
    """
    target.write(frame(_encode(message)))
    if state is not None:
        target.write(state)
    target.flush()


def receive_from_worker(source: BinaryIO) -> tuple[FromWorker, bytearray] | None:
    """Read what a worker says; None at the end.

    Raises:
        ValueError: It makes no sense.
    """
    body = read_frame(source)
    if body is None:
        return None
    message = _from_worker(body)
    start = message.start if isinstance(message, Keep) else message.have
    _check(message.tokens, start, message.shared)
    if len(message.owner) > MAX_OWNER_CHARS:
        raise ValueError(f"an owner of {len(message.owner):,} characters")
    if isinstance(message, Keep) and start == len(message.tokens):
        raise ValueError("a block without tokens")
    state = _receive_state(source, message.size_bytes) if isinstance(message, Keep) else bytearray()
    return None if state is None else (message, state)


def receive_from_keeper(source: BinaryIO) -> tuple[FromKeeper, bytearray] | None:
    """Read what the keeper says; None at the end.

    Raises:
        ValueError: It makes no sense.
    """
    body = read_frame(source)
    if body is None:
        return None
    message = _from_keeper(body)
    state: bytearray | None = bytearray()
    if isinstance(message, Found):
        state = _receive_state(source, message.size_bytes)
    return None if state is None else (message, state)


def widen(pipe: int) -> None:
    """Let more wait in a pipe than it holds by default, where the system can."""
    if sys.platform == "linux":
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


class Pipes:
    """The two pipes between a keeper and its worker."""

    def __init__(self) -> None:
        their_source, our_target = os.pipe()
        our_source, their_target = os.pipe()
        self.theirs = (their_source, their_target)
        self._has_theirs = True
        self.source = os.fdopen(our_source, "rb")
        self.target = os.fdopen(our_target, "wb")
        for end in (their_source, our_source):
            widen(end)

    def leave_to_worker(self) -> None:
        """Close the worker's ends in this process, once the worker has them."""
        if self._has_theirs:
            self._has_theirs = False
            for descriptor in self.theirs:
                os.close(descriptor)

    def close(self) -> None:
        """Close all ends that this process has."""
        self.leave_to_worker()
        self.source.close()
        with suppress(OSError):  # what was not sent has nobody to read it
            self.target.close()


def _check(tokens: Sequence[int], start: int, shared: int) -> None:
    if not 0 < len(tokens) <= MAX_TOKENS or not 0 <= start <= len(tokens) or shared < 0:
        raise ValueError(
            f"a text of {len(tokens):,} tokens from {start:,}, {shared:,} of it shared"
        )
    if not 0 <= min(tokens) <= max(tokens) < 2**31:
        raise ValueError("a token that is none")


def _receive_state(source: BinaryIO, size_bytes: int) -> bytearray | None:
    """Read a state; None where it ends too early."""
    if not 0 <= size_bytes <= MAX_STATE_BYTES:
        raise ValueError(f"a state of {size_bytes:,} bytes; at most {MAX_STATE_BYTES:,} are taken")
    state = bytearray(size_bytes)
    rest = memoryview(state)
    while rest:
        count = source.readinto(rest)  # type: ignore[attr-defined]
        if not count:
            return None
        rest = rest[count:]
    return state
