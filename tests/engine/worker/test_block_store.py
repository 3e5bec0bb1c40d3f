"""The block store against a list of texts that remembers everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearth.engine.worker.block_store import BLOCK_TOKENS, BlockStore
from hearth.engine.worker.cells import common_prefix
from hearth.errors import EngineError

TEXTS = st.builds(
    lambda stem, length, tail: [stem] * length + tail,
    st.integers(0, 2),
    st.integers(0, 3 * BLOCK_TOKENS),
    st.lists(st.integers(0, 2), max_size=8),
)


def park(store: BlockStore, text: list[int]) -> None:
    """Add a text block by block, one byte for each token that says which it is."""
    while (start := store.missing(text)) is not None:
        end = min(start + BLOCK_TOKENS, len(text))
        if not store.add(text[:end], np.array(text[start:end], np.uint8)):
            return


@given(st.lists(TEXTS, max_size=8), TEXTS)
def test_without_a_limit_it_knows_the_longest_common_beginning(texts, asked) -> None:
    store = BlockStore(10**9)
    for text in texts:
        park(store, text)
        store.check_integrity()
    match = store.match(asked)
    assert match.length == max((common_prefix(text, asked) for text in texts), default=0)
    states = np.concatenate([block.state for block in match.blocks]) if match.blocks else []
    assert list(states[: match.length]) == asked[: match.length]


@given(st.lists(TEXTS, max_size=12), st.integers(0, 4 * BLOCK_TOKENS))
def test_within_a_limit_it_is_whole_and_small(texts, budget_bytes) -> None:
    store = BlockStore(budget_bytes)
    for text in texts:
        park(store, text)
        store.check_integrity()
        match = store.match(text)
        assert [t for block in match.blocks for t in block.tokens][: match.length] == (
            text[: match.length]
        )


def test_what_was_needed_longest_ago_leaves_first() -> None:
    store = BlockStore(2 * BLOCK_TOKENS)
    one, two, three = ([n] * BLOCK_TOKENS for n in (1, 2, 3))
    park(store, one)
    park(store, two)
    store.use(store.match(one))
    park(store, three)
    assert [store.match(text).length for text in (one, two, three)] == [128, 0, 128]


def test_a_longer_end_takes_the_place_of_its_beginning() -> None:
    store = BlockStore(10**6)
    park(store, [1] * 30)
    park(store, [1] * 60)
    assert len(store) == 1
    park(store, [1] * 40)
    assert len(store) == 1


def test_a_block_without_those_before_it_is_refused() -> None:
    store = BlockStore(10**6)
    with pytest.raises(EngineError, match="cannot be kept"):
        store.add([1] * (BLOCK_TOKENS + 5), np.zeros(5, np.uint8))
