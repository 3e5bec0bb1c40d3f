"""One request as the scheduler sees it: its tokens, how far they are computed, its figures."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import Enum

from hearth.core import FinishReason, Timings, TokenTrace, Usage
from hearth.engine.llama.sampler import Sampler
from hearth.engine.prefixes.access import Access
from hearth.engine.worker.speculation.copying import CopyGuesser
from hearth.engine.worker.text import TextStream


class Phase(Enum):
    """Where a request is: `WAITING` for a place, `PROMPT` being computed, or `ANSWER` growing."""

    WAITING = "waiting"
    PROMPT = "prompt"
    ANSWER = "answer"


@dataclass(slots=True, eq=False)
class Sequence:
    """A request with its tokens.

    Invariant: `computed` tokens are in the key/value memory; in phase ANSWER exactly the last
    token is not.

    Args:
        tokens: The prompt, then what was generated.
        num_prompt: Tokens of the prompt.
        max_length: Most tokens in all; the answer ends there.
        top_logprobs: None for no traces, else how many alternatives each trace has.
        reproducible: The request fixed its seed, so its computation must be repeatable.
        access: What of the prefix cache it may use.
        guesser: Guesses how the answer goes on; made when the first guess is wanted.
        drafted: Guesses that were computed; `accepted` of them were right.
        granted_s: The longest that a step with a part of the prompt was granted beside answers.
    """

    request_id: int
    owner: str
    tokens: list[int]
    num_prompt: int
    max_length: int
    sampler: Sampler
    text: TextStream
    top_logprobs: int | None = None
    reproducible: bool = False
    access: Access = field(default_factory=Access)
    ignore_eos: bool = False
    phase: Phase = Phase.WAITING
    sequence_id: int = -1
    computed: int = 0
    cached: int = 0
    guesser: CopyGuesser | None = None
    drafted: int = 0
    accepted: int = 0
    granted_s: float = 0.0
    arrived_s: float = field(default_factory=time.monotonic)
    started_s: float = 0.0
    first_token_s: float = 0.0
    last_token_s: float = 0.0

    @property
    def remaining(self) -> int:
        """Tokens that are not computed yet."""
        return len(self.tokens) - self.computed

    @property
    def num_generated(self) -> int:
        """Tokens of the answer so far."""
        return len(self.tokens) - self.num_prompt

    def usage(self) -> Usage:
        """Return the token counts."""
        return Usage(
            prompt_tokens=self.num_prompt,
            completion_tokens=self.num_generated,
            cached_tokens=self.cached,
            drafted_tokens=self.drafted,
            accepted_tokens=self.accepted,
        )

    def timings(self) -> Timings:
        """Return the seconds spent waiting, on the prompt and on the answer."""
        return Timings(
            queue_s=self.started_s - self.arrived_s,
            prompt_s=self.first_token_s - self.started_s,
            decode_s=self.last_token_s - self.first_token_s,
            step_granted_s=self.granted_s,
        )


@dataclass(frozen=True, slots=True)
class Grown:
    """A request produced a token; `text` may be empty while characters are held back."""

    request_id: int
    text: str
    trace: TokenTrace | None


@dataclass(frozen=True, slots=True)
class Ended:
    """A request is complete."""

    request_id: int
    reason: FinishReason
    stop_text: str | None
    usage: Usage
    timings: Timings


StepEvent = Grown | Ended
