"""What the validator and its child say to each other: one question, one answer, in msgpack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from hearth.models.gguf.info import ModelInfo


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What checking one model may cost.

    Args:
        memory_bytes: Address space, the Python interpreter's own 40 to 100 MB included.
        cpu_s: Processor time; the system rounds it up to whole seconds.
        wall_s: Time until the child is ended.
    """

    memory_bytes: int = 256 << 20
    cpu_s: float = 10.0
    wall_s: float = 60.0


class Check(msgspec.Struct, frozen=True):
    """The question: is the model at this path what it claims?"""

    path: str
    limits: Limits


class Passed(msgspec.Struct, frozen=True, tag=True):
    """It is; this is what it is."""

    info: ModelInfo


class Refused(msgspec.Struct, frozen=True, tag=True):
    """It is not; the error as `HearthError.as_data`."""

    error: dict[str, Any]


def encode(message: Check | Passed | Refused) -> bytes:
    """Return a message as bytes."""
    return msgspec.msgpack.encode(message, enc_hook=str)  # only paths are not plain data


def decode_check(payload: bytes) -> Check:
    """Return the question."""
    return msgspec.msgpack.decode(payload, type=Check)


def decode_reply(payload: bytes) -> Passed | Refused:
    """Return the answer."""
    return msgspec.msgpack.decode(payload, type=Passed | Refused, dec_hook=_as_path)


def _as_path(kind: type, value: Any) -> Any:
    return kind(value) if kind is Path else value
