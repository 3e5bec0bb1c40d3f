"""What is measured: something that answers a prompt, piece by piece, while a clock runs.

A model of one's own, a server of a peer and a cloud are all targets, so that they are measured by
the same tool. Nothing here knows how a target is reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One prompt to be answered, with no randomness and to a fixed length where that is possible.

    Args:
        prompt: The words of the one who asks.
        max_tokens: Most tokens of the answer; those who can, write exactly as many.
    """

    prompt: str
    max_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedAnswer:
    """When each piece of an answer came, on the clock of the one who asked.

    Args:
        times_s: Seconds from sending the request to the arrival of each piece; at least one.
        first_tokens: Tokens of the first piece; None where the target does not say.
        prompt_tokens: As the target counted them; None where it does not say.
        cached_tokens: The part of the prompt that was not computed; None where it does not say.
        completion_tokens: As the target counted them, else the number of pieces.
        is_counted: Whether the target counted the tokens of the answer.
    """

    times_s: tuple[float, ...]
    first_tokens: int | None
    prompt_tokens: int | None
    cached_tokens: int | None
    completion_tokens: int
    is_counted: bool

    @property
    def first_token_s(self) -> float:
        """Seconds from sending the request to the first piece of the answer."""
        return self.times_s[0]

    @property
    def total_s(self) -> float:
        """Seconds from sending the request to the last piece of the answer."""
        return self.times_s[-1]

    @property
    def prompt_tokens_per_s(self) -> float | None:
        """Tokens of the prompt that were computed, by the time to the first piece."""
        if self.prompt_tokens is None:
            return None
        computed = self.prompt_tokens - (self.cached_tokens or 0)
        return computed / self.first_token_s if computed > 0 else None

    @property
    def decode_tokens_per_s(self) -> float | None:
        """Tokens after the first piece, by the time from it to the last; None for one piece.

        Where the target does not say, the first piece is taken to have as many as the others.
        """
        passed_s = self.total_s - self.first_token_s
        first = self.first_tokens
        after_first = self.completion_tokens - (
            self.completion_tokens / len(self.times_s) if first is None else first
        )
        return after_first / passed_s if after_first > 0 and passed_s > 0 else None

    @property
    def gaps_s(self) -> tuple[float, ...]:
        """Seconds between each piece and the one before it."""
        later = zip(self.times_s, self.times_s[1:], strict=False)
        return tuple(after - before for before, after in later)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetFacts:
    """What a target is, as its record tells.

    Args:
        name: As a person typed it, without any secret.
        model: What the target calls the model.
        dialect: How it is spoken to.
        is_here: Whether it computes on this machine, so that its energy can be read here.
        identities: Digests by what they are of: model, template.
        engine: What computes, with its version or build; empty where it does not say.
        settings: How the model was loaded, where that is known.
        path: The model's file, where it lies here.
    """

    name: str
    model: str
    dialect: str
    is_here: bool
    identities: Mapping[str, str] = field(default_factory=dict)
    engine: str = ""
    settings: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    path: str = ""


class Target(Protocol):
    """Answers requests, several at once if it is asked to."""

    async def prepare(self) -> TargetFacts:
        """Get ready, loading a model where one is to be loaded, and tell what this is.

        Raises:
            HearthError: It cannot be reached, or has no such model.
        """
        ...

    async def answer(self, request: Request) -> TimedAnswer:
        """Answer, and tell when each piece came; cancelling gives the request up.

        Raises:
            HearthError: It refused, failed, or sent no piece.
        """
        ...

    async def is_ready(self) -> bool:
        """Return whether it could answer at once, without loading a model first."""
        ...

    async def close(self) -> None:
        """Give back what was opened."""
        ...
