"""What an answer costs here: energy, electricity and hardware, against a price in the cloud.

    energy of a token      watts / tokens per second                                joules
    electricity            joules / 3.6e6 x tariff, and what idling takes
    hardware               price / tokens written in its years
    break-even             price / (cloud price - electricity), in tokens and so in time

Prompts take time as well: with r prompt tokens for each answer token, a token of an answer takes
1 / speed + r / prompt speed, and the power drawn while reading may be another. Every figure is
entered or measured; nothing is looked up here, as tariffs and prices change. Money has no currency
in here; the caller names it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from hearth.errors import InvalidRequest
from hearth.plan.arithmetic import Range, Step
from hearth.plan.units import count, digits, duration

MILLION = 1e6
JOULES_PER_KWH = 3.6e6
DAYS_PER_YEAR = 365.25
HOURS_PER_DAY = 24.0
_HINT = "For example: hearth cost --speed 20 --watts 90 --tariff 0.30 --hardware 1500 --cloud 10"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How a machine is used.

    Args:
        speed: Tokens of answers per second.
        watts: Drawn while it computes; of the whole machine if money is to be reckoned.
        idle_watts: Drawn in the hours of a day in which it does not compute; 0 where it is off.
        hours_per_day: Hours of a day in which it computes.
        prompt_speed: Tokens of prompts per second; None leaves prompts out.
        prompt_watts: Drawn while it reads prompts; None takes it to be `watts`.
        prompt_ratio: Prompt tokens for each answer token.
    """

    speed: Range
    watts: Range
    idle_watts: float = 0.0
    hours_per_day: float = 2.0
    prompt_speed: float | None = None
    prompt_watts: Range | None = None
    prompt_ratio: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What things cost, all in one currency.

    Args:
        per_kwh: Electricity.
        hardware: What the machine cost, or what it cost more than the one that is there anyway.
        years: For how long it will serve.
        cloud: A million tokens of answers elsewhere; `cloud_prompt` of prompts.
    """

    per_kwh: float
    hardware: float = 0.0
    years: float = 4.0
    cloud: float | None = None
    cloud_prompt: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a million tokens of answers cost, with the prompts that belong to them.

    Args:
        joules_per_token: Energy of one token while the machine computes.
        electricity: Per million tokens; `idle_electricity` is the part of idling in it.
        hardware: Per million tokens.
        total: Electricity and hardware.
        cloud: The same million elsewhere; None where no price was entered.
        break_even_days: When the hardware is paid for by what the cloud would have cost; None
            where no price was entered, or where electricity alone costs more.
        steps: The arithmetic.
    """

    joules_per_token: Range
    tokens_per_joule: Range
    electricity: Range
    idle_electricity: Range
    hardware: Range
    total: Range
    cloud: float | None
    break_even_days: Range | None
    steps: tuple[Step, ...]


def reckon(usage: Usage, prices: Prices, currency: str = "") -> Cost:
    """Reckon what a million tokens cost.

    Args:
        usage: How the machine is used.
        prices: What things cost.
        currency: A word for the steps, such as "EUR".

    Raises:
        InvalidRequest: A figure is out of range.
    """
    _check(usage, prices)
    token_s = _seconds_per_token(usage)
    joules = _joules_per_token(usage)
    kwh = joules.times(MILLION / JOULES_PER_KWH)
    idle_kwh = _idle_joules(usage, token_s).times(MILLION / JOULES_PER_KWH)
    idle = idle_kwh.times(prices.per_kwh)
    electricity = kwh.times(prices.per_kwh).plus(idle)
    lifetime = token_s.dividing(usage.hours_per_day * 3600 * DAYS_PER_YEAR * prices.years)
    hardware = lifetime.dividing(prices.hardware * MILLION)
    cloud = (
        None if prices.cloud is None else prices.cloud + usage.prompt_ratio * prices.cloud_prompt
    )
    cost = Cost(
        joules_per_token=joules,
        tokens_per_joule=joules.dividing(1.0),
        electricity=electricity,
        idle_electricity=idle,
        hardware=hardware,
        total=electricity.plus(hardware),
        cloud=cloud,
        break_even_days=_break_even_days(usage, prices, token_s, electricity, cloud),
        steps=(),
    )
    return _with_steps(cost, usage, prices, lifetime, currency)


def _check(usage: Usage, prices: Prices) -> None:
    positive = {
        "speed": usage.speed.low,
        "watts": usage.watts.low,
        "hours_per_day": usage.hours_per_day,
        "years": prices.years,
    }
    if usage.prompt_ratio:
        positive["prompt_speed"] = usage.prompt_speed or 0.0
    for name, value in positive.items():
        if not 0 < value < math.inf:
            raise InvalidRequest(
                f"{name.replace('_', ' ')} is {digits(value)}; it must be more than 0, and finite.",
                param=name,
            )
    if usage.hours_per_day > HOURS_PER_DAY:
        raise InvalidRequest(
            f"{digits(usage.hours_per_day)} hours do not fit into a day.",
            param="hours_per_day",
            hint=_HINT,
        )
    amounts = {
        "idle_watts": usage.idle_watts,
        "prompt_ratio": usage.prompt_ratio,
        "tariff": prices.per_kwh,
        "hardware": prices.hardware,
        "cloud": prices.cloud or 0.0,
        "cloud_prompt": prices.cloud_prompt,
    }
    for name, value in amounts.items():
        if not 0 <= value < math.inf:
            raise InvalidRequest(
                f"{name.replace('_', ' ')} is {digits(value)}; 0 or more is allowed.",
                param=name,
                hint=_HINT,
            )


def _seconds_per_token(usage: Usage) -> Range:
    return usage.speed.dividing(1.0).plus(Range.exactly(_prompt_seconds(usage)))


def _prompt_seconds(usage: Usage) -> float:
    """Return the time in which the prompt of one answer token is read."""
    return usage.prompt_ratio / usage.prompt_speed if usage.prompt_speed else 0.0


def _joules_per_token(usage: Usage) -> Range:
    reading_watts = usage.prompt_watts or usage.watts
    writing = _product(usage.watts, usage.speed.dividing(1.0))
    return writing.plus(reading_watts.times(_prompt_seconds(usage)))


def _idle_joules(usage: Usage, token_s: Range) -> Range:
    """Return the energy of idling that falls to one token."""
    per_busy_hour = usage.idle_watts * (HOURS_PER_DAY - usage.hours_per_day) / usage.hours_per_day
    return token_s.times(per_busy_hour)


def _product(one: Range, other: Range) -> Range:
    return Range(
        low=one.low * other.low, likely=one.likely * other.likely, high=one.high * other.high
    )


def _break_even_days(
    usage: Usage, prices: Prices, token_s: Range, electricity: Range, cloud: float | None
) -> Range | None:
    """Return the days until what is saved has paid for the hardware, if that ever comes."""
    if cloud is None or electricity.high >= cloud:
        return None

    def days(seconds: float, cost: float) -> float:
        tokens = prices.hardware * MILLION / (cloud - cost)
        return tokens * seconds / (usage.hours_per_day * 3600)

    return Range(
        low=days(token_s.low, electricity.low),
        likely=days(token_s.likely, electricity.likely),
        high=days(token_s.high, electricity.high),
    )


def _with_steps(cost: Cost, usage: Usage, prices: Prices, lifetime: Range, money: str) -> Cost:
    """Return the cost with its arithmetic, at the likely figures."""
    joules = cost.joules_per_token.likely
    kwh = joules * MILLION / JOULES_PER_KWH
    steps = [
        Step(
            what="energy of a token",
            how=_token_energy(usage),
            result=f"{digits(joules)} J, {digits(1 / joules)} tokens per joule",
        ),
        Step(
            what="energy of a million tokens",
            how=f"{digits(joules)} J x 1,000,000 / 3,600,000",
            result=f"{digits(kwh)} kWh",
        ),
        Step(
            what="electricity of a million tokens",
            how=f"{digits(kwh)} kWh x {digits(prices.per_kwh)} {money}"
            + (f" + {digits(cost.idle_electricity.likely)} idling" if usage.idle_watts else ""),
            result=f"{digits(cost.electricity.likely)} {money}",
        ),
    ]
    if prices.hardware:
        steps += [
            Step(
                what="tokens in its life",
                how=f"{digits(usage.hours_per_day)} h x 365.25 x {digits(prices.years)} years / "
                f"{_token_time(usage)}",
                result=count(lifetime.likely),
            ),
            Step(
                what="hardware of a million tokens",
                how=f"{digits(prices.hardware)} {money} / {count(lifetime.likely)}",
                result=f"{digits(cost.hardware.likely)} {money}",
            ),
        ]
    if cost.cloud is not None:
        steps.append(_cloud_step(cost, usage, prices, money))
    if cost.break_even_days is not None and prices.hardware:
        saved = (cost.cloud or 0.0) - cost.electricity.likely
        steps.append(
            Step(
                what="the hardware has paid for itself",
                how=f"{digits(prices.hardware)} {money} / {digits(saved)} saved per million tokens",
                result=f"after {duration(cost.break_even_days.likely * 86400)}",
            )
        )
    return replace(cost, steps=tuple(steps))


def _cloud_step(cost: Cost, usage: Usage, prices: Prices, money: str) -> Step:
    how = f"{digits(prices.cloud or 0.0)}"
    if usage.prompt_ratio:
        how += f" + {digits(usage.prompt_ratio)} x {digits(prices.cloud_prompt)} for prompts"
    result = f"{digits(cost.cloud or 0.0)} {money}"
    return Step(what="the same million in the cloud", how=how, result=result, source="as entered")


def _token_energy(usage: Usage) -> str:
    watts = digits(usage.watts.likely)
    if usage.prompt_watts is None or not _prompt_seconds(usage):
        return f"{watts} W x {_token_time(usage)}"
    reading = f"{digits(usage.prompt_ratio)} s / {digits(usage.prompt_speed or 0.0)}"
    writing = f"1 s / {digits(usage.speed.likely)}"
    return f"{watts} W x {writing} + {digits(usage.prompt_watts.likely)} W x {reading}"


def _token_time(usage: Usage) -> str:
    writing = f"1 s / {digits(usage.speed.likely)}"
    if not usage.prompt_speed or not usage.prompt_ratio:
        return f"({writing})"
    return f"({writing} + {digits(usage.prompt_ratio)} s / {digits(usage.prompt_speed)})"
