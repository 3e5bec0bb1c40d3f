"""Values of saved states, turned from one order to the other, against contexts of either."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hearth.engine.llama.context import Context, ContextSettings, DecodeResult
from hearth.engine.llama.model import Model
from hearth.engine.llama.values import turned
from hearth.errors import EngineError

pytestmark = pytest.mark.tiny

FULL = ContextSettings(
    cells=512,
    sequences=3,
    batch_tokens=128,
    micro_batch_tokens=128,
    threads=1,
    threads_batch=1,
    flash_attention="off",
)
TOKENS = [(7 * place * place + 3) % 250 for place in range(90)]
Both = tuple[Context, Context]


@contextmanager
def filled(path: Path, settings: ContextSettings) -> Iterator[Context]:
    """Open a context that holds the tokens."""
    with closing(Model(path)) as model, closing(Context(model, settings)) as context:
        context.batch.fill(0, TOKENS, 0, 0, 0)
        assert context.decode(len(TOKENS)) is DecodeResult.OK
        yield context


@pytest.fixture(scope="module", params=["f16", "f32"])
def both(request: pytest.FixtureRequest, pico_path: Path) -> Iterator[Both]:
    """Two contexts: with the full matrix, and with flash attention."""
    full = replace(FULL, kv_type=request.param)
    flash = replace(full, flash_attention="on")
    with filled(pico_path, full) as first, filled(pico_path, flash) as second:
        yield first, second


def test_a_state_that_is_turned_is_one_of_the_other_context(both: Both) -> None:
    for one, other in (both, both[::-1]):
        state = one.save(0, 10, 80)
        there = turned(state)
        assert not np.array_equal(there, state)
        assert other.load(1, there)
        assert np.array_equal(other.save(1, 10, 80), there)
        other.trim(1, 0)
        assert np.array_equal(turned(there), state)


def test_a_context_takes_states_of_its_own_order_alone(both: Both) -> None:
    for one, other in (both, both[::-1]):
        assert not other.load(1, one.save(0, 0, 50))


def test_an_empty_state_stays_as_it_is(both: Both) -> None:
    empty = both[0].save(2, 0, 5)
    assert np.array_equal(turned(empty), empty)


def test_what_is_not_laid_out_so_is_refused(both: Both) -> None:
    state = both[1].save(0, 0, 50)
    with pytest.raises(EngineError, match="too early"):
        turned(state[:-1])
    with pytest.raises(EngineError, match="behind their end"):
        turned(np.concatenate([state, state[:1]]))
    streams = state.copy()
    streams[8] = 2
    with pytest.raises(EngineError, match="2 streams"):
        turned(streams)


def test_packed_values_cannot_be_turned() -> None:
    rows = struct.pack("<IQ34x", 8, 34)  # of one cell, in Q8_0
    state = struct.pack("<8x2I12x2I", 1, 1, 0, 1) + rows + rows
    with pytest.raises(EngineError, match="type 8 are packed"):
        turned(np.frombuffer(state, np.uint8))
