"""What the template renderer and its child process say to each other: msgpack in frames."""

from __future__ import annotations

from typing import Any

import msgspec

from hearth.engine.frames import frame

# What to do about a template that cannot be used, for both sides' errors.
UNUSABLE_HINT = (
    "Send a prompt instead of messages, or use a copy of the model with another template."
)


class TemplateLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one rendering may cost.

    Args:
        cpu_s: Processor time; the system ends the child when it is used up.
        wall_s: Time on the clock, for systems without such a timer and for a starved machine.
        memory_bytes: Address space of the child.
        output_bytes: Longest text.
    """

    cpu_s: float = 2.0
    wall_s: float = 10.0
    memory_bytes: int = 1 << 30
    output_bytes: int = 16 << 20


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The child answers its limits with what confines it (each layer in words)."""

    confined: bool
    layers: tuple[str, ...]


class Render(msgspec.Struct, frozen=True):
    """One template with its variables."""

    template: str
    variables: dict[str, Any]


class Rendered(msgspec.Struct, frozen=True, tag=True):
    """The text."""

    text: str


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The error as data (`HearthError.as_data`)."""

    error: dict[str, Any]


def encode(message: msgspec.Struct) -> bytes:
    """Return a message as a frame.

    Raises:
        ValueError: It is longer than a frame may be, or not valid Unicode.
    """
    return frame(msgspec.msgpack.encode(message))
