"""`hearth cost`: what a million tokens cost here, against a price in the cloud."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console
from hearth.cli.options import AsJson
from hearth.errors import InvalidRequest

if TYPE_CHECKING:
    from hearth.plan.arithmetic import Range
    from hearth.plan.costs import Cost

_SPAN = re.compile(r"(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?")

Speed = Annotated[
    str, typer.Option("--speed", help="Answers, in tokens per second: 20, or 18-22.", metavar="N")
]
Watts = Annotated[
    str,
    typer.Option(
        "--watts", help="Drawn at the plug while it writes: 90, or 80-100.", metavar="WATTS"
    ),
]
Tariff = Annotated[float, typer.Option("--tariff", help="Price of a kWh of electricity.")]
IdleWatts = Annotated[
    float, typer.Option("--idle-watts", help="Drawn in the other hours; 0: it is switched off.")
]
Hours = Annotated[float, typer.Option("--hours", help="Hours a day in which it writes.")]
Hardware = Annotated[float, typer.Option("--hardware", help="What the machine cost.")]
Years = Annotated[float, typer.Option("--years", help="For how long it will serve.")]
PromptRatio = Annotated[
    float, typer.Option("--prompt-ratio", help="Prompt tokens for each token of an answer.")
]
PromptSpeed = Annotated[
    float | None, typer.Option("--prompt-speed", help="Prompts, in tokens per second.")
]
Cloud = Annotated[
    float | None, typer.Option("--cloud", help="Price of a million tokens of answers elsewhere.")
]
CloudPrompt = Annotated[
    float, typer.Option("--cloud-prompt", help="Price of a million tokens of prompts elsewhere.")
]
Currency = Annotated[str, typer.Option("--currency", help="The word for money.")]


def cost(
    *,
    speed: Speed,
    watts: Watts,
    tariff: Tariff,
    idle_watts: IdleWatts = 0.0,
    hours: Hours = 2.0,
    hardware: Hardware = 0.0,
    years: Years = 4.0,
    prompt_ratio: PromptRatio = 0.0,
    prompt_speed: PromptSpeed = None,
    cloud: Cloud = None,
    cloud_prompt: CloudPrompt = 0.0,
    currency: Currency = "EUR",
    as_json: AsJson = False,
) -> None:
    """Reckon energy and money per token here, from what you measured and what you pay.

    Nothing is looked up: a plug meter tells the watts, your bill the tariff, `hearth run` the
    speed. Hardware counts in full unless you enter what it cost beyond the computer you have.
    """
    from hearth.plan.costs import Prices, Usage, reckon

    found = reckon(
        Usage(
            speed=_range("speed", speed),
            watts=_range("watts", watts),
            idle_watts=idle_watts,
            hours_per_day=hours,
            prompt_speed=prompt_speed,
            prompt_ratio=prompt_ratio,
        ),
        Prices(
            per_kwh=tariff,
            hardware=hardware,
            years=years,
            cloud=cloud,
            cloud_prompt=cloud_prompt,
        ),
        currency,
    )
    if as_json:
        console.write_json({"currency": currency, "cost": found})
    else:
        _draw(found, currency)


def _range(name: str, text: str) -> Range:
    from hearth.plan.arithmetic import Range

    match = _SPAN.fullmatch(text.strip())
    low = float(match[1]) if match else 0.0
    high = float(match[2] or match[1]) if match else 0.0
    if not match or high < low:
        raise InvalidRequest(
            f"--{name} {text!r} is neither a number nor a range.",
            hint=f"For example --{name} 20, or --{name} 18-22.",
            param=name,
        )
    return Range(low=low, likely=(low + high) / 2, high=high)


def _draw(found: Cost, currency: str) -> None:
    out = console.out()
    money = console.literal(currency)
    shown = console.table("a million tokens", f">{money}")
    shown.add_row("electricity", _amount(found.electricity))
    shown.add_row("hardware", _amount(found.hardware))
    shown.add_row("[bold]here[/bold]", f"[bold]{_amount(found.total)}[/bold]")
    if found.cloud is not None:
        shown.add_row("in the cloud, as entered", f"{found.cloud:,.2f}")
    out.print(shown)
    out.print()
    for step in found.steps:
        out.print(console.literal(str(step)), style="dim")
    if found.cloud is not None and found.break_even_days is None:
        never = found.electricity.low >= found.cloud
        out.print(
            "Electricity alone costs as much as the cloud: the hardware never pays for itself."
            if never
            else "Electricity may cost as much as the cloud: whether the hardware pays is open."
        )


def _amount(value: Range) -> str:
    if value.low == value.high:
        return f"{value.likely:,.2f}"
    return f"{value.likely:,.2f} ({value.low:,.2f} to {value.high:,.2f})"
