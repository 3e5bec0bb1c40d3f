"""Traces as bytes and back."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from hearth.core import TokenChoice, TokenTrace
from hearth.store.packing import MIN_LOGPROB, pack_traces, unpack_traces

TEXT = st.text(st.characters(codec="utf-8"), max_size=5)
LOGPROB = st.floats(allow_nan=False, allow_infinity=False)
CHOICES = st.builds(TokenChoice, id=st.integers(0, 2**31 - 1), text=TEXT, logprob=LOGPROB)
TRACES = st.builds(
    TokenTrace,
    id=st.integers(0, 2**31 - 1),
    text=TEXT,
    raw=st.binary(max_size=5),
    logprob=LOGPROB,
    alternatives=st.lists(CHOICES, max_size=3).map(tuple),
)


@given(st.lists(TRACES, max_size=5))
def test_what_is_packed_returns_exactly(traces: list[TokenTrace]) -> None:
    assert unpack_traces(pack_traces(traces)) == traces


def test_impossible_is_a_finite_number() -> None:
    impossible = [
        TokenTrace(id=1, text="a", raw=b"a", logprob=logprob) for logprob in (-math.inf, math.nan)
    ]
    assert [trace.logprob for trace in unpack_traces(pack_traces(impossible))] == [MIN_LOGPROB] * 2
