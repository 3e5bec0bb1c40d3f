"""What adapts by itself, and how it is switched off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hearth.core import LoadOptions
from hearth.engine.load_message import load_message
from hearth.errors import InvalidRequest
from hearth.models.gguf.layers import LayerCache
from hearth.plan.load import LoadPlan, plan_load
from support.shapes import SHAPE_1B, machine, shape

MODEL = shape(**SHAPE_1B, weight_bytes=600 * 2**20)
SWITCHES = ("padding", "live_threads")


def plan(**options: str) -> LoadPlan:
    return plan_load(MODEL, machine(), LoadOptions(**options))


@pytest.mark.parametrize("name", SWITCHES)
def test_it_is_on_unless_somebody_says_off_and_the_worker_is_told(name: str) -> None:
    for asked, is_on in ((None, True), ("auto", True), ("off", False)):
        found = plan(**({name: asked} if asked else {}))
        assert getattr(found, name).value == ("auto" if is_on else "off")
        message = load_message(found, MODEL, queue_limit=1, confine=True)
        assert getattr(message, name) is is_on


@pytest.mark.parametrize("name", SWITCHES)
def test_other_words_are_refused_with_what_to_type(name: str) -> None:
    with pytest.raises(InvalidRequest, match="auto and off are possible") as caught:
        plan(**{name: "yes"})
    assert f"--{name.replace('_', '-')} off" in caught.value.hint


def test_a_recurrent_model_is_not_padded() -> None:
    layer = LayerCache(key_width=0, value_width=0, state_bytes=1024)
    found = plan_load(replace(MODEL, layers=(layer,)), machine())
    assert found.padding.value == "off"
    assert "recurrent" in found.padding.reason
