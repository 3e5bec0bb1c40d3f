"""From the joules of spans to the joules of a token, of an answer and of a prompt.

    answer token   joules / tokens of a span in which answers to prompts of a word were written
    prompt token   joules / tokens of a span in which prompts were read, with one token of answer

The first token of an answer comes out of the pass in which the prompt's last token is computed, so
a prompt answered with one token costs the prompt alone. What the machine draws at rest is in all of
them, as it is on the bill; it is stated beside.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from hearth.machine.power import Energy
from hearth.plan.arithmetic import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What was computed while the meter ran once.

    Args:
        prompt_tokens: Computed, without those that were taken from a cache.
    """

    prompt_tokens: int
    answer_tokens: int
    energy: Energy


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEnergy:
    """Energy and time of a token of one model on this machine.

    Args:
        answer_joules: Of each token that is written; `prompt_joules` of each that is read.
        answer_speed: Tokens per second, from request to answer; `prompt_speed` likewise.
        idle_watts: Drawn with the model loaded and nothing to do; None where it was entered and
            not measured.
        covers: The parts whose energy is in it; "machine" for the whole.
        method: How it was found.
        num_spans: How often each was measured; the ranges are over these.
    """

    model: str
    answer_joules: Range
    prompt_joules: Range
    answer_speed: Range
    prompt_speed: Range
    idle_watts: float | None
    covers: tuple[str, ...]
    method: str
    num_spans: int

    @property
    def answer_watts(self) -> Range:
        """Return the power drawn while answers are written."""
        return _power(self.answer_joules, self.answer_speed)

    @property
    def prompt_watts(self) -> Range:
        """Return the power drawn while prompts are read."""
        return _power(self.prompt_joules, self.prompt_speed)

    @property
    def is_whole(self) -> bool:
        """Return whether the whole machine's energy is in it."""
        return "machine" in self.covers

    def above_idle(self, joules: Range, speed: Range) -> Range | None:
        """Return what a token takes beyond what is drawn anyway; None where that is not known."""
        if self.idle_watts is None:
            return None
        idle = self.idle_watts / speed.likely
        return Range(
            low=max(0.0, joules.low - idle),
            likely=max(0.0, joules.likely - idle),
            high=max(0.0, joules.high - idle),
        )


def token_energy(
    model: str, answers: Sequence[Span], prompts: Sequence[Span], idle_watts: float | None
) -> TokenEnergy:
    """Reckon the energy of a token.

    Args:
        model: What was loaded.
        answers: Spans in which answers were written, with prompts of no weight.
        prompts: Spans in which long prompts were read, with answers of a token or so.
        idle_watts: Drawn with nothing to do.
    """
    energies = [span.energy for span in (*answers, *prompts)]
    off = max((energy.high - energy.low) / energy.joules / 2 for energy in energies)
    return TokenEnergy(
        model=model,
        answer_joules=_range([one.energy.joules / one.answer_tokens for one in answers], off),
        prompt_joules=_range([one.energy.joules / one.prompt_tokens for one in prompts], off),
        answer_speed=_range([one.answer_tokens / one.energy.seconds for one in answers]),
        prompt_speed=_range([one.prompt_tokens / one.energy.seconds for one in prompts]),
        idle_watts=idle_watts,
        covers=energies[0].covers,
        method=energies[0].method,
        num_spans=len(answers),
    )


def _range(values: Sequence[float], off: float = 0.0) -> Range:
    """Return the range of repeats, widened by how far each reading may be off."""
    return Range(
        low=min(values) * max(0.0, 1 - off),
        likely=statistics.median(values),
        high=max(values) * (1 + off),
    )


def _power(joules: Range, speed: Range) -> Range:
    """Return joules per token times tokens per second: slow spans are those that take more."""
    watts = sorted((joules.low * speed.high, joules.likely * speed.likely, joules.high * speed.low))
    return Range(low=watts[0], likely=joules.likely * speed.likely, high=watts[-1])
