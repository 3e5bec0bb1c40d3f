"""`hearth cost`: what a million tokens cost here, against a price in the cloud.

Speed and watts are entered, or measured on a model of one's own with `--measure`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from hearth.cli import console, door
from hearth.cli.options import AsJson
from hearth.errors import InvalidRequest

if TYPE_CHECKING:
    from hearth.measure.energy import TokenEnergy
    from hearth.plan.arithmetic import Range
    from hearth.plan.costs import Cost, Usage

_SPAN = re.compile(r"(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?")

Measure = Annotated[
    str | None,
    typer.Option(
        "--measure",
        help="Measure speed and energy on this model, in some 20 seconds.",
        metavar="MODEL",
    ),
]
Speed = Annotated[
    str | None,
    typer.Option("--speed", help="Answers, in tokens per second: 20, or 18-22.", metavar="N"),
]
Watts = Annotated[
    str | None,
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
    tariff: Tariff,
    measure: Measure = None,
    speed: Speed = None,
    watts: Watts = None,
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
    speed; --measure measures both where the machine tells its energy, and the speed alone beside
    --watts. Hardware counts in full unless you enter what it cost beyond the computer you have.
    """
    from hearth.plan.costs import Prices, reckon

    usage, energy = _usage(measure, speed, watts, prompt_speed)
    found = reckon(
        replace(usage, idle_watts=idle_watts, hours_per_day=hours, prompt_ratio=prompt_ratio),
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
        console.write_json({"currency": currency, "cost": found, "energy": energy})
        return
    if energy:
        _draw_energy(energy)
    _draw(found, currency)


def _usage(
    model: str | None, speed: str | None, watts: str | None, prompt_speed: float | None
) -> tuple[Usage, TokenEnergy | None]:
    """Return speed and watts, as entered or as measured."""
    from hearth.plan.costs import Usage

    if model is None:
        entered = Usage(
            speed=_range("speed", speed), watts=_range("watts", watts), prompt_speed=prompt_speed
        )
        return entered, None
    if speed is not None or prompt_speed is not None:
        raise InvalidRequest(
            "--measure measures the speed; it cannot be entered as well.",
            hint="Leave out --speed and --prompt-speed, or --measure.",
            param="speed",
        )
    entered_watts = _range("watts", watts) if watts is not None else None
    energy = _measured(model, entered_watts.likely if entered_watts else None)
    measured = Usage(
        speed=energy.answer_speed,
        watts=entered_watts or energy.answer_watts,
        prompt_speed=energy.prompt_speed.likely,
        prompt_watts=None if entered_watts else energy.prompt_watts,
    )
    return measured, energy


def _measured(model: str, watts: float | None) -> TokenEnergy:
    from hearth.measure.energy import measure_energy, require_meter

    sources = require_meter(watts)
    found: list[TokenEnergy] = []

    async def measure() -> None:
        async with door.engine(door.settings()) as engine:
            found.append(
                await measure_energy(
                    engine,
                    model,
                    sources,
                    watts=watts,
                    progress=lambda what: console.note(f"Measuring: {what}"),
                )
            )

    door.run(measure())
    return found[0]


def _range(name: str, text: str | None) -> Range:
    from hearth.plan.arithmetic import Range

    if text is None:
        raise InvalidRequest(
            f"--{name} is missing.",
            hint=f"Enter it, for example --{name} 20, or let it be measured: --measure MODEL.",
            param=name,
        )
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


def _draw_energy(energy: TokenEnergy) -> None:
    out = console.out()
    shown = console.table("a token", ">joules", ">above idle", ">tokens/s", ">watts")
    answer = (energy.answer_joules, energy.answer_speed, energy.answer_watts)
    prompt = (energy.prompt_joules, energy.prompt_speed, energy.prompt_watts)
    for name, (joules, speed, watts) in (("of an answer", answer), ("of a prompt", prompt)):
        above = energy.above_idle(joules, speed)
        shown.add_row(
            name,
            _figure(joules),
            _figure(above) if above else "—",
            _figure(speed),
            _figure(watts),
        )
    out.print(shown)
    whole = "" if energy.is_whole else "; the rest of the machine is not in it, --watts enters that"
    idle = f" At rest: {energy.idle_watts:.1f} W." if energy.idle_watts else ""
    covers = "the whole machine" if energy.is_whole else " and ".join(energy.covers)
    words = f"{energy.method}, {energy.num_spans} spans each. Covers {covers}{whole}.{idle}"
    out.print(console.literal(words), style="dim")
    out.print()


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
    """Return money, in hundredths."""
    return _spread(value, ",.2f")


def _figure(value: Range) -> str:
    return _spread(value, ",.3g")


def _spread(value: Range, form: str) -> str:
    if value.low == value.high:
        return f"{value.likely:{form}}"
    return f"{value.likely:{form}} ({value.low:{form}} to {value.high:{form}})"
