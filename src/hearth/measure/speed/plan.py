"""What is asked of a target, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from hearth.errors import InvalidRequest

MAX_TOKENS = 10_000_000
MAX_CLIENTS = 1024
MAX_REPEATS = 1000
LEVEL = 0.99  # of a verdict: one that is wrong is worse than none


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedPlan:
    """What `hearth bench speed` measures.

    Args:
        prompt_lengths: Tokens of the prompts.
        depths: Tokens that stand before a prompt, and that the target has read already.
        answer_tokens: Length of each answer.
        repeats: How often each prompt is answered alone; a first one is not counted.
        clients: Closed loop: so many ask at once, each again as soon as it has its answer.
        rates: Open loop: requests per second that come at random, whether others have their answers
            or not.
        load_s: How long requests are sent in each closed or open loop, in seconds.
        sustained_s: How long answers are asked for one after the other, so that heat shows; 0 for
            not at all.
        seed: Of the words of the prompts, and of the moments at which requests come.

    Raises:
        InvalidRequest: A figure is out of its range.
    """

    prompt_lengths: tuple[int, ...] = (512,)
    depths: tuple[int, ...] = (0,)
    answer_tokens: int = 64
    repeats: int = 7
    clients: tuple[int, ...] = ()
    rates: tuple[float, ...] = ()
    load_s: float = 20.0
    sustained_s: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        _check("prompt", self.prompt_lengths, 1, MAX_TOKENS)
        _check("depth", self.depths, 0, MAX_TOKENS)
        _check("answer", [self.answer_tokens], 2, MAX_TOKENS)
        _check("repeats", [self.repeats], 1, MAX_REPEATS)
        _check("clients", self.clients, 1, MAX_CLIENTS)
        _check("rate", self.rates, 0.001, 10_000)
        _check("load-seconds", [self.load_s], 1, 86_400)
        _check("sustained", [self.sustained_s], 0, 86_400)
        _check("seed", [self.seed], 0, 2**32 - 1)
        if not self.prompt_lengths or not self.depths:
            raise InvalidRequest("There is no prompt to measure.", hint="For example --prompt 512.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparePlan:
    """What `hearth bench compare` measures.

    Args:
        prompt_tokens: Length of each prompt.
        answer_tokens: Length of each answer.
        blocks: In each, both are asked twice: A B B A, or B A A B by the toss of a coin.
        max_blocks: Where these do not tell, twice as many are tried, up to so many; each look has
            an equal share of the level. 0: what `blocks` tell is told.
        level: Of confidence in all verdicts together, 0.5 to 0.9999.
        seed: Of the words of the prompts, and of the tosses.

    Raises:
        InvalidRequest: A figure is out of its range.
    """

    prompt_tokens: int = 256
    answer_tokens: int = 64
    blocks: int = 20
    max_blocks: int = 0
    level: float = LEVEL
    seed: int = 0

    def __post_init__(self) -> None:
        _check("prompt", [self.prompt_tokens], 1, MAX_TOKENS)
        _check("answer", [self.answer_tokens], 2, MAX_TOKENS)
        _check("blocks", [self.blocks], 2, MAX_REPEATS)
        _check("max-blocks", [self.max_blocks], 0, MAX_REPEATS)
        _check("level", [self.level], 0.5, 0.9999)
        _check("seed", [self.seed], 0, 2**32 - 1)

    @property
    def looks(self) -> tuple[int, ...]:
        """Numbers of blocks after which the verdicts are looked at."""
        found = [self.blocks]
        while found[-1] * 2 <= self.max_blocks:
            found.append(found[-1] * 2)
        return tuple(found)


Plan = TypeVar("Plan", SpeedPlan, ComparePlan)


def _check(name: str, values: Sequence[float], low: float, high: float) -> None:
    for value in values:
        if not low <= value <= high:
            raise InvalidRequest(
                f"--{name} is {value:g}; {low:,g} to {high:,g} are allowed.", param=name
            )
