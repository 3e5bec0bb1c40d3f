"""What the quantizing child is asked, and what it says: JSON, one message a line."""

from __future__ import annotations

from typing import Any

import msgspec


class Wanted(msgspec.Struct, frozen=True):
    """What tensors shall become.

    Args:
        file_type: A mix by its number in llama.h.
        is_pure: Whether its base type is used throughout, without exceptions for single tensors.
    """

    file_type: int
    is_pure: bool = False


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """The question.

    Args:
        files: The model's files, the first one first; all that the child may read.
        wanted: Without a target, what each would do to every tensor is told; with one, the only
            one is carried out.
        target: The file to write, which is there and empty; the only one that may be changed.
        threads: Threads that compute.
        allow_requantize: Whether weights that are quantized already may be quantized again.
        metadata: Texts to put into the new file's header.
        confine: Whether the child is shut off from other files, the network and other programs.
    """

    files: list[str]
    wanted: list[Wanted]
    target: str | None = None
    threads: int = 1
    allow_requantize: bool = False
    metadata: dict[str, str] = {}
    confine: bool = True


class Decided(msgspec.Struct, frozen=True, tag=True):
    """What becomes of one tensor; `number` says by which of those that are wanted, from 0 on."""

    number: int
    name: str
    old: str
    new: str


class Begun(msgspec.Struct, frozen=True, tag=True):
    """A tensor is being quantized, the first one being number 1."""

    number: int
    count: int
    name: str


class Done(msgspec.Struct, frozen=True, tag=True):
    """All is done; `confined` says whether the child was shut off, `confinement` from what."""

    confined: bool
    confinement: str


class Failed(msgspec.Struct, frozen=True, tag=True):
    """It failed; the error as `HearthError.as_data`."""

    error: dict[str, Any]


Reply = Decided | Begun | Done | Failed


def encode(message: Ask | Reply) -> bytes:
    """Return a message as one line."""
    return msgspec.json.encode(message) + b"\n"


def decode_ask(line: bytes) -> Ask:
    """Return the question."""
    return msgspec.json.decode(line, type=Ask)


def decode_reply(line: bytes) -> Reply:
    """Return what the child says."""
    reply: Reply = msgspec.json.decode(line, type=Reply)
    return reply
