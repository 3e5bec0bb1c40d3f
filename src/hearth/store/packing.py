"""Traces of tokens as compact bytes: msgpack arrays without names, deflated."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import msgspec

from hearth.core import TokenChoice, TokenTrace

# JSON, which traces are exported in, has no infinity; e^-10000 is as good as impossible.
MIN_LOGPROB = -1e4

# id, text, raw, logprob, alternatives as (id, text, logprob)
_Packed = tuple[int, str, bytes, float, tuple[tuple[int, str, float], ...]]


def pack_traces(traces: Sequence[TokenTrace]) -> bytes:
    """Return traces as bytes for `unpack_traces`."""
    rows: list[_Packed] = [
        (
            trace.id,
            trace.text,
            trace.raw,
            _finite(trace.logprob),
            tuple(
                (choice.id, choice.text, _finite(choice.logprob)) for choice in trace.alternatives
            ),
        )
        for trace in traces
    ]
    return zlib.compress(msgspec.msgpack.encode(rows), level=1)


def unpack_traces(data: bytes) -> list[TokenTrace]:
    """Return the traces that `pack_traces` packed."""
    rows = msgspec.msgpack.decode(zlib.decompress(data), type=list[_Packed])
    return [
        TokenTrace(
            id=id_,
            text=text,
            raw=raw,
            logprob=logprob,
            alternatives=tuple(TokenChoice(id=i, text=t, logprob=p) for i, t, p in alternatives),
        )
        for id_, text, raw, logprob, alternatives in rows
    ]


def _finite(logprob: float) -> float:
    return logprob if math.isfinite(logprob) else MIN_LOGPROB
