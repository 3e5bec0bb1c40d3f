"""Traces of tokens as compact bytes: msgpack arrays without names, deflated."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import msgspec

from hearth.core import TokenChoice, TokenTrace

# id, text, raw, logprob, alternatives as (id, text, logprob)
_Packed = tuple[int, str, bytes, float, tuple[tuple[int, str, float], ...]]


def pack_traces(traces: Sequence[TokenTrace]) -> bytes:
    """Return traces as bytes for `unpack_traces`."""
    rows: list[_Packed] = [
        (
            trace.id,
            trace.text,
            trace.raw,
            trace.logprob,
            tuple((choice.id, choice.text, choice.logprob) for choice in trace.alternatives),
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
