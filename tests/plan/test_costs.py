"""Energy and money, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hearth.errors import InvalidRequest
from hearth.plan.arithmetic import Range
from hearth.plan.costs import Prices, Usage, reckon

USAGE = Usage(speed=Range.exactly(20.0), watts=Range.exactly(72.0), hours_per_day=2.0)
PRICES = Prices(per_kwh=0.30, hardware=1461.0, years=4.0, cloud=10.0)


def test_energy_of_a_token_is_power_by_speed() -> None:
    found = reckon(USAGE, PRICES)
    assert found.joules_per_token.likely == pytest.approx(3.6)
    assert found.tokens_per_joule.likely == pytest.approx(1 / 3.6)
    assert found.electricity.likely == pytest.approx(0.30)  # a million x 3.6 J = 1 kWh


def test_hardware_is_spread_over_what_it_will_write() -> None:
    # 2 h x 3,600 s x 20 tokens/s x 1,461 days = 210.4 M tokens.
    found = reckon(USAGE, PRICES)
    assert found.hardware.likely == pytest.approx(1461 / 210.384)
    assert found.total.likely == pytest.approx(0.30 + 1461 / 210.384)


def test_it_has_paid_when_the_cloud_would_have_cost_as_much() -> None:
    found = reckon(USAGE, PRICES)
    # 1,461 / (10 - 0.30) = 150.6 M tokens at 144,000 a day.
    assert found.break_even_days is not None
    assert found.break_even_days.likely == pytest.approx(150.619 / 0.144, rel=1e-4)
    assert "years" in found.steps[-1].result


def test_it_never_pays_where_electricity_costs_more() -> None:
    assert reckon(USAGE, replace(PRICES, cloud=0.2)).break_even_days is None
    assert reckon(USAGE, replace(PRICES, cloud=None)).break_even_days is None


def test_idling_is_shared_by_the_tokens_of_the_day() -> None:
    # 22 h at 10 W for 144,000 tokens: 0.22 kWh, 1.528 kWh a million.
    found = reckon(replace(USAGE, idle_watts=10.0), PRICES)
    assert found.idle_electricity.likely == pytest.approx(0.30 * 0.22 / 0.144)
    assert found.electricity.likely == pytest.approx(0.30 + 0.30 * 0.22 / 0.144)


def test_prompts_take_time_here_and_money_there() -> None:
    usage = replace(USAGE, prompt_speed=200.0, prompt_ratio=10.0)
    found = reckon(usage, replace(PRICES, cloud_prompt=0.5))
    assert found.joules_per_token.likely == pytest.approx(72 * (1 / 20 + 10 / 200))
    assert found.cloud == pytest.approx(10 + 10 * 0.5)


def test_ranges_stay_ranges() -> None:
    usage = replace(USAGE, speed=Range(low=18, likely=20, high=24))
    found = reckon(usage, PRICES)
    assert found.joules_per_token == Range(low=3.0, likely=3.6, high=4.0)
    assert found.total.low < found.total.likely < found.total.high
    assert found.break_even_days is not None
    assert found.break_even_days.low < found.break_even_days.high


@pytest.mark.parametrize(
    ("usage", "prices", "param"),
    [
        ({"speed": Range.exactly(0.0)}, {}, "speed"),
        ({"watts": Range.exactly(0.0)}, {}, "watts"),
        ({"hours_per_day": 25.0}, {}, "hours_per_day"),
        ({"hours_per_day": 0.0}, {}, "hours_per_day"),
        ({"prompt_ratio": 3.0}, {}, "prompt_speed"),
        ({"idle_watts": -1.0}, {}, "idle_watts"),
        ({}, {"years": 0.0}, "years"),
        ({}, {"per_kwh": -0.1}, "tariff"),
        ({}, {"cloud": -1.0}, "cloud"),
        ({"speed": Range.exactly(float("nan"))}, {}, "speed"),
        ({}, {"per_kwh": float("nan")}, "tariff"),
        ({}, {"hardware": float("inf")}, "hardware"),
    ],
)
def test_impossible_figures_are_refused(
    usage: dict[str, float], prices: dict[str, float], param: str
) -> None:
    with pytest.raises(InvalidRequest) as error:
        reckon(replace(USAGE, **usage), replace(PRICES, **prices))
    assert error.value.param == param
