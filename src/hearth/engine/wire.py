"""Engine events as lines of JSON: what a Hearth server writes and a `RemoteEngine` reads.

A line is an object with exactly one member, named after what it carries.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import msgspec

from hearth.core import (
    Delta,
    Finished,
    GenerateEvent,
    ModelStatus,
    Started,
    TokenChoice,
    TokenTrace,
)
from hearth.errors import HearthError, ServerError

LEAST_LOGPROB = -9999.0  # stands for a probability of zero; JSON knows no infinity


class Line(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One line of an answer; the member that is set says what it is."""

    started: Started | None = None
    delta: Delta | None = None
    finished: Finished | None = None
    progress: float | None = None
    status: ModelStatus | None = None
    error: dict[str, Any] | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Line).decode


def write_event(event: GenerateEvent) -> bytes:
    """Return an event as one line."""
    if isinstance(event, Delta):
        if event.traces:
            event = replace(event, traces=tuple(_finite(trace) for trace in event.traces))
        return b'{"delta":' + _encode(event) + b"}\n"
    if isinstance(event, Started):
        return write_line(Line(started=event))
    return write_line(Line(finished=event))


def write_line(line: Line) -> bytes:
    """Return a line with its end."""
    return _encode(line) + b"\n"


def read_line(data: bytes) -> Line:
    """Read one line back.

    Raises:
        HearthError: The line carries an error; it is raised as it was on the other side.
        ServerError: The line is not one of Hearth's.
    """
    try:
        line = _decode(data)
    except msgspec.DecodeError as error:
        raise ServerError(f"The server sent something that is not Hearth's: {error}.") from error
    if line.error is not None:
        raise HearthError.from_data(line.error)
    return line


def event_of(line: Line) -> GenerateEvent:
    """Return the event that a line carries.

    Raises:
        ServerError: It carries none.
    """
    event = line.started or line.delta or line.finished
    if event is None:
        raise ServerError("The server sent a line without an event in an answer.")
    return event


def finite_logprob(value: float) -> float:
    """Return a log-probability that JSON can carry."""
    return max(value, LEAST_LOGPROB) if math.isfinite(value) else LEAST_LOGPROB


def _finite(trace: TokenTrace) -> TokenTrace:
    alternatives = tuple(_finite_choice(choice) for choice in trace.alternatives)
    return replace(trace, logprob=finite_logprob(trace.logprob), alternatives=alternatives)


def _finite_choice(choice: TokenChoice) -> TokenChoice:
    return replace(choice, logprob=finite_logprob(choice.logprob))
