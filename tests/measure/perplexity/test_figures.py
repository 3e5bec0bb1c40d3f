"""From tokens to figures: values, and intervals that hold the truth as often as they say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hearth.errors import InvalidRequest
from hearth.measure.arguments import read_arguments
from hearth.measure.perplexity.figures import bits_per_byte, by_group, perplexity, ratio_of_sums
from hearth.measure.perplexity.plan import DistancePlan, PerplexityPlan
from hearth.measure.perplexity.windows import cut


def test_perplexity_of_a_fair_coin_is_two() -> None:
    found = perplexity(np.full(30, math.log(2)), np.repeat(np.arange(3), 10))
    assert (found.value, found.low, found.high) == pytest.approx((2.0, 2.0, 2.0))


def test_bits_per_byte_counts_bytes_and_not_tokens() -> None:
    nats, num_bytes = np.full(4, math.log(2) * 8), np.array([1.0, 1.0, 2.0, 4.0])
    assert bits_per_byte(nats, num_bytes, np.array([0, 0, 1, 1])).value == pytest.approx(4.0)


def test_one_window_has_no_interval() -> None:
    found = perplexity(np.array([1.0, 2.0]), np.zeros(2, np.int64))
    assert found.level == 0
    assert found.value == pytest.approx(math.exp(1.5))


def test_the_interval_of_a_ratio_holds_the_truth_in_95_of_100() -> None:
    random, held = np.random.default_rng(3), 0
    for _ in range(400):
        below = random.uniform(50, 150, size=20)
        above = 2.0 * below + random.normal(scale=20.0, size=20)
        held += ratio_of_sums(above, below).holds(2.0)
    assert 0.92 <= held / 400 <= 0.98


def test_groups_are_summed_in_order() -> None:
    found = by_group(np.array([1.0, 2.0, 4.0, 8.0]), np.array([5, 2, 5, 9]))
    assert found.tolist() == [2.0, 5.0, 8.0]


def test_windows_are_those_of_llama_perplexity() -> None:
    windows = cut(list(range(100, 150)), 20, bos=None)
    assert [window.begin for window in windows] == [0, 20]
    assert windows[1].tokens == tuple(range(120, 140))
    # Of 20 tokens, those from the 12th on are scored, each with at least ten before it.
    assert (windows[0].start, windows[0].num_scored) == (11, 9)


def test_what_begins_a_text_begins_each_window() -> None:
    windows = cut(list(range(100, 140)), 20, bos=1)
    assert all(window.tokens[0] == 1 for window in windows)
    assert windows[1].tokens[1:] == tuple(range(121, 140))


def test_a_text_shorter_than_the_context_is_one_window() -> None:
    (window,) = cut(list(range(30)), 512, bos=None, whole=True)
    assert (len(window.tokens), window.start) == (30, 1)
    with pytest.raises(InvalidRequest, match="at least 16"):
        cut(list(range(15)), 512, bos=None)


def test_variants_are_all_combinations_named_by_what_differs() -> None:
    plan = PerplexityPlan(model="m", kv_types=("f16", "q8_0"), ropes=("none", "yarn:2"))
    names = [variant.name for variant in plan.variants]
    assert names == [
        "kv f16, rope none",
        "kv f16, rope yarn:2",
        "kv q8_0, rope none",
        "kv q8_0, rope yarn:2",
    ]
    assert PerplexityPlan(model="m").variants[0].name == "as it is"


def test_plans_come_back_from_their_data() -> None:
    plan = PerplexityPlan(model="m", contexts=(256, 512), by_position=True, max_tokens=999)
    assert read_arguments(plan.as_data() | {"model": "m"}, PerplexityPlan) == plan
    pair = DistancePlan(reference="a", candidate="b", context=64)
    data = pair.as_data() | {"reference": "a", "candidate": "b"}
    assert read_arguments(data, DistancePlan) == pair


@pytest.mark.parametrize("wrong", [{"contexts": (4,)}, {"ropes": ("warp:9",)}, {"max_tokens": 1}])
def test_what_cannot_be_planned_is_refused(wrong: dict) -> None:
    with pytest.raises(InvalidRequest):
        PerplexityPlan(model="m", **wrong)
