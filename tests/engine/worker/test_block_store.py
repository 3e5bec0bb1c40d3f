"""The block store against a list of texts that remembers everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearth.engine.prefixes.access import BLOCK_TOKENS, Access, common_prefix
from hearth.engine.worker.block_store import BlockStore
from hearth.errors import EngineError

ANYBODY = Access()

TEXTS = st.builds(
    lambda stem, length, tail: [stem] * length + tail,
    st.integers(0, 2),
    st.integers(0, 3 * BLOCK_TOKENS),
    st.lists(st.integers(0, 2), max_size=8),
)


@st.composite
def owned_texts(draw: st.DrawFn) -> tuple[list[int], Access]:
    """Return a text and its access: what the settings share depends on its beginning alone."""
    text = draw(TEXTS)
    stem = text[0] if text else 0
    shared = common_prefix([stem] * (90 * stem), text)
    return text, Access(owner=draw(st.sampled_from("ab")), shared=shared)


def park(store: BlockStore, text: list[int], access: Access = ANYBODY) -> None:
    """Add a text block by block, one byte for each token that says which it is."""
    while (start := store.missing(text, access)) is not None:
        end = store.end(start, len(text), access)
        if not store.add(text[:end], np.array(text[start:end], np.uint8), access):
            return


@given(st.lists(owned_texts(), max_size=8), owned_texts())
def test_without_a_limit_it_knows_the_longest_common_beginning_that_may_be_used(
    texts, asked
) -> None:
    store = BlockStore(10**9)
    for text, access in texts:
        park(store, text, access)
        store.check_integrity()
    wanted, asker = asked
    match = store.match(wanted, asker)
    assert match.length == max(
        (asker.common(access, common_prefix(text, wanted)) for text, access in texts), default=0
    )
    states = np.concatenate([block.state for block in match.blocks]) if match.blocks else []
    assert list(states[: match.length]) == wanted[: match.length]


@given(st.lists(TEXTS, max_size=12), st.integers(0, 4 * BLOCK_TOKENS))
def test_within_a_limit_it_is_whole_and_small(texts, budget_bytes) -> None:
    store = BlockStore(budget_bytes)
    for text in texts:
        park(store, text)
        store.check_integrity()
        match = store.match(text, ANYBODY)
        assert [t for block in match.blocks for t in block.tokens][: match.length] == (
            text[: match.length]
        )


@given(st.lists(TEXTS, max_size=8), TEXTS)
def test_whole_states_serve_only_texts_that_go_on_with_them(texts, asked) -> None:
    store = BlockStore(10**9, whole=True)
    for text in texts:
        park(store, text)
        store.check_integrity()
    lengths = [len(text) for text in texts if asked[: len(text)] == text]
    match = store.match(asked, ANYBODY)
    assert match.length == max(lengths, default=0)
    assert len(match.blocks) == (1 if match.length else 0)


@given(st.lists(owned_texts(), max_size=6))
def test_every_block_is_written_once_and_comes_back_as_it_was(texts) -> None:
    store, copy = BlockStore(10**9), BlockStore(10**9)
    for text, access in texts:
        park(store, text, access)
    while (unsaved := store.next_unsaved()) is not None:
        assert len(unsaved.tokens) == unsaved.start + len(unsaved.block.tokens)
        copy.add(unsaved.tokens, unsaved.block.state, unsaved.access, saved=True)
        store.mark_saved(unsaved.block)
        store.check_integrity()
    assert copy.next_unsaved() is None
    for text, access in texts:
        assert copy.match(text, access).length == store.match(text, access).length == len(text)


def test_what_was_needed_longest_ago_leaves_first() -> None:
    store = BlockStore(2 * BLOCK_TOKENS)
    one, two, three = ([n] * BLOCK_TOKENS for n in (1, 2, 3))
    park(store, one)
    park(store, two)
    store.use(store.match(one, ANYBODY))
    park(store, three)
    assert [store.match(text, ANYBODY).length for text in (one, two, three)] == [128, 0, 128]


def test_a_longer_end_takes_the_place_of_its_beginning() -> None:
    store = BlockStore(10**6)
    park(store, [1] * 30)
    park(store, [1] * 60)
    assert len(store) == 1
    park(store, [1] * 40)
    assert len(store) == 1


def test_nobody_may_use_what_another_had_computed_but_for_what_is_shared() -> None:
    store = BlockStore(10**6)
    text = [1] * 400
    park(store, text, Access(owner="a", shared=300))
    lengths = [
        store.match(text, Access(owner=owner, shared=shared)).length
        for owner, shared in (("a", 300), ("b", 300), ("b", 0))
    ]
    assert lengths == [400, 300, 0]


def test_a_request_that_stays_out_leaves_nothing() -> None:
    store = BlockStore(10**6)
    park(store, [1] * 400, Access(cached=False))
    assert len(store) == 0


def test_a_block_without_those_before_it_is_refused() -> None:
    store = BlockStore(10**6)
    with pytest.raises(EngineError, match="cannot be kept"):
        store.add([1] * (BLOCK_TOKENS + 5), np.zeros(5, np.uint8), ANYBODY)
