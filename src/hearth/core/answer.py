"""What comes back: tokens, text as it grows, the figures, and what was cut."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hearth.core.request import ContextPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One entry of the vocabulary as it stands in a text. `special` marks control tokens."""

    id: int
    text: str
    special: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenChoice:
    """A candidate for the next token with its natural log-probability before sampling."""

    id: int
    text: str
    logprob: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTrace:
    """The token that was generated, and what else the model considered (most likely first)."""

    id: int
    text: str
    raw: bytes
    logprob: float
    alternatives: tuple[TokenChoice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a context policy dropped from a prompt, so that nothing is ever cut silently."""

    policy: ContextPolicy
    context_tokens: int
    prompt_tokens_before: int
    prompt_tokens_after: int
    dropped_messages: tuple[int, ...] = ()  # indexes into the request's messages


class FinishReason(StrEnum):
    """Why an answer ended."""

    STOP = "stop"  # the model said it was done, or a stop string appeared
    LENGTH = "length"  # max_tokens or the end of the context


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one request.

    Args:
        prompt_tokens: Tokens of the prompt.
        completion_tokens: Tokens of the answer.
        cached_tokens: The part of the prompt that was not computed.
        drafted_tokens: Guesses at how the answer goes on that were computed along with it.
        accepted_tokens: Guesses that were right: tokens of the answer that took no step of their
            own.
    """

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    drafted_tokens: int = 0
    accepted_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Seconds of one request, taken in the worker.

    Args:
        queue_s: From arrival to the first computed prompt token.
        prompt_s: From the first computed prompt token to the first generated token.
        decode_s: From the first generated token to the last.
        step_granted_s: The longest that a step with a part of the prompt was granted while other
            answers grew, which waited for it; 0 where none did.
    """

    queue_s: float
    prompt_s: float
    decode_s: float
    step_granted_s: float = 0.0

    @property
    def first_token_s(self) -> float:
        """Time from arrival to the first generated token."""
        return self.queue_s + self.prompt_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The prompt was accepted: its size, and what was cut to make it fit (None: nothing)."""

    prompt_tokens: int
    context_tokens: int
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """The next piece of the answer. Text never ends inside a character."""

    text: str
    num_tokens: int
    traces: tuple[TokenTrace, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The last event of a successful request."""

    reason: FinishReason
    usage: Usage
    timings: Timings
    stop_text: str | None = None  # the stop string that ended the answer, if one did


GenerateEvent = Started | Delta | Finished


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPrompt:
    """The exact prompt that the model reads, with its token borders."""

    text: str
    tokens: tuple[Token, ...]
