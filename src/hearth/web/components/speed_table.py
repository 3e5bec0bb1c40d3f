"""The speeds of the library's models as rows: what the roofline draws, and loading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hearth.plan.arithmetic import Range
from hearth.plan.roofline import Speed
from hearth.plan.units import digits, duration
from hearth.web.components.roofline_chart import ModelDots, colour_of, interval
from hearth.web.parts import part


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedCell:
    """One predicted speed as it is shown.

    Args:
        likely: Tokens per second; empty where it cannot be predicted.
        limit: What binds, and how much of it is used.
        measured: Tokens per second that were seen here; empty without any.
    """

    likely: str
    between: str
    bound: str
    limit: str
    measured: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedRow:
    """The speeds of one model as they are shown."""

    name: str
    quantization: str
    colour: str
    decode: SpeedCell
    prompt: SpeedCell
    first_token: str
    load_cold: str
    load_warm: str


def draw_speed_table(models: Sequence[ModelDots], prompt_tokens: int) -> Markup:
    """Return the speeds of models as a table."""
    return part("machine_speeds", rows=[speed_row(one) for one in models], tokens=prompt_tokens)


def speed_row(model: ModelDots) -> SpeedRow:
    """Return one model as it is shown."""
    speeds = model.speeds
    return SpeedRow(
        name=model.name,
        quantization=model.quantization,
        colour=colour_of(model.colour),
        decode=_cell(speeds.decode, model.measured.get("decode")),
        prompt=_cell(speeds.prompt, model.measured.get("prompt")),
        first_token=time_words(speeds.first_token_s),
        load_cold=time_words(speeds.load.cold_s),
        load_warm=time_words(speeds.load.warm_s),
    )


def time_words(time_s: Range | None) -> str:
    """Say a time; empty where it is not known."""
    return duration(time_s.likely) if time_s else ""


def limit_words(speed: Speed) -> str:
    """Say what binds, and how much of it is used."""
    if speed.limit_share is None:
        return speed.limit
    return f"{speed.limit}, {speed.limit_share:.0%} of it used"


def _cell(speed: Speed, measured: float | None) -> SpeedCell:
    estimate = speed.estimate
    return SpeedCell(
        likely=digits(estimate.likely) if estimate else "",
        between=interval(estimate) if estimate else "",
        bound=digits(speed.bound) if speed.bound else "",
        limit=limit_words(speed),
        measured=digits(measured) if measured else "",
    )
