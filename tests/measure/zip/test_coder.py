"""Arithmetic coding: any choices come back, at about the length that their surprise promises."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearth.errors import InvalidRequest
from hearth.measure.zip.coder import MAX_TOTAL, Decoder, Encoder
from hearth.measure.zip.frequencies import bounds_of, token_at

CHOICES = st.lists(
    st.lists(st.integers(1, 2**20), min_size=1, max_size=8).flatmap(
        lambda sizes: st.tuples(st.just(sizes), st.integers(0, len(sizes) - 1))
    ),
    max_size=60,
)


def encode(choices: list[tuple[list[int], int]]) -> bytes:
    encoder = Encoder()
    for sizes, index in choices:
        encoder.add(sum(sizes[:index]), sizes[index], sum(sizes))
    return encoder.finish()


def decode(payload: bytes, choices: list[tuple[list[int], int]]) -> list[int]:
    decoder, found = Decoder(payload), []
    for sizes, _ in choices:
        target = decoder.target(sum(sizes))
        index = int(np.searchsorted(np.cumsum(sizes), target, side="right"))
        decoder.take(sum(sizes[:index]), sizes[index])
        found.append(index)
    return found


@given(CHOICES)
def test_choices_come_back(choices: list[tuple[list[int], int]]) -> None:
    assert decode(encode(choices), choices) == [index for _, index in choices]


@pytest.mark.parametrize("index", [0, 1, 2])
def test_carries_run_through_long_rows(index: int) -> None:
    choices = [([1, MAX_TOTAL - 2, 1], index)] * 500 + [([1, 1], 1)] * 100
    assert decode(encode(choices), choices) == [choice for _, choice in choices]


def test_the_length_is_that_of_the_surprise() -> None:
    random = np.random.default_rng(0)
    sizes = [900, 90, 9, 1]
    chosen = random.choice(4, p=np.array(sizes) / 1000, size=5000).tolist()
    payload = encode([(sizes, index) for index in chosen])
    bits = -sum(math.log2(sizes[index] / 1000) for index in chosen)
    assert bits <= 8 * len(payload) <= bits + 16


def test_nothing_takes_no_bytes() -> None:
    assert encode([]) == b""
    assert encode([([1, 1], 0)] * 100) == b""  # all zeros are left out


@given(st.binary(max_size=40))
def test_damaged_data_are_refused_or_decoded_to_something(payload: bytes) -> None:
    choices = [([5, 1, 1000], 0)] * 50
    try:
        found = decode(payload, choices)
    except InvalidRequest:
        return
    assert len(found) == 50


@pytest.mark.parametrize("scale", [0.0, 1.0, 30.0, 1e4])
def test_every_token_has_an_interval(scale: float) -> None:
    logits = (np.random.default_rng(1).normal(size=50_000) * scale).astype(np.float32)
    bounds = bounds_of(logits)
    assert bounds[0] == 0
    assert bounds[-1] < MAX_TOTAL
    assert (np.diff(bounds) >= 1).all()
    for token in (0, 49_999, int(logits.argmax())):
        assert token_at(bounds, int(bounds[token])) == token
        assert token_at(bounds, int(bounds[token + 1]) - 1) == token


def test_intervals_are_as_long_as_tokens_are_likely() -> None:
    logits = np.array([0.0, math.log(3.0)], np.float32)
    first, second = np.diff(bounds_of(logits))
    assert second / first == pytest.approx(3.0)
