"""From an answer to its figures: how fast its prompt was read and it was written, and was to be.

A figure is only taken where the conditions are those that it is predicted for: a prompt that was
read while nothing else was computed, an answer that was written beside the same number of others
all the time. Answers of a few tokens say little, and are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hearth.core import Timings, Usage
from hearth.engine.ledger.load_record import figure
from hearth.engine.ledger.traffic import Crowd
from hearth.plan.speeds import Speeds
from hearth.store.predicted import Condition, Figure, Part

MIN_TOKENS = 32  # of a prompt that was computed, or of an answer
# By how much of one request a mean number may differ from a whole one, and the guesses that may be
# computed with an answer for each of its tokens.
STRAY = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFacts:
    """An answer that was completed.

    Args:
        crowd: Who was computed beside it.
        number: Which answer it is since the model was loaded, from 1.
        load_average: Of the system when it ended.
    """

    usage: Usage
    timings: Timings
    crowd: Crowd
    number: int
    load_average: float | None

    @property
    def computed_tokens(self) -> int:
        """Tokens of the prompt that were not cached."""
        return self.usage.prompt_tokens - self.usage.cached_tokens

    @property
    def depth(self) -> int:
        """Tokens that stood before the answer's middle token."""
        return self.usage.prompt_tokens + self.usage.completion_tokens // 2

    @property
    def batch(self) -> int | None:
        """Answers that were written at once; None where their number changed meanwhile."""
        nearest = max(1, round(self.crowd.writing))
        is_steady = abs(self.crowd.writing - nearest) <= STRAY and self.crowd.reading <= STRAY
        return nearest if is_steady else None

    @property
    def tells_prompt_speed(self) -> bool:
        """Whether its prompt was long enough, and read alone."""
        is_alone = self.crowd.beside_prompt <= 1 + STRAY
        return is_alone and self.computed_tokens >= MIN_TOKENS and self.timings.prompt_s > 0

    @property
    def tells_decode_speed(self) -> bool:
        """Whether it was long enough, and written token by token in steady company."""
        usage = self.usage
        is_long = usage.completion_tokens >= MIN_TOKENS and self.timings.decode_s > 0
        is_plain = usage.drafted_tokens <= STRAY * usage.completion_tokens
        return is_long and is_plain and self.batch is not None


# What answers it: the length of a prompt, the tokens before it, and sequences at once.
Predict = Callable[[int, int, int], Speeds]


def answer_figures(facts: AnswerFacts, predict: Predict) -> tuple[Figure, ...]:
    """Return predicted against measured for the phases of an answer that tell something.

    Args:
        facts: The answer.
        predict: Predicts speeds for a prompt's length, the tokens before it, and a batch.
    """
    found: list[Figure] = []
    if facts.tells_prompt_speed:
        tokens = facts.computed_tokens
        speeds = predict(tokens, facts.usage.cached_tokens, 1)
        if speeds.prompt.estimate is not None:
            measured = tokens / facts.timings.prompt_s
            found.append(figure(Part.PROMPT, speeds.prompt.estimate, measured))
        if speeds.first_token_s is not None:
            first_s = facts.timings.first_token_s
            found.append(figure(Part.FIRST_TOKEN, speeds.first_token_s, first_s))
    if facts.tells_decode_speed and facts.batch is not None:
        speeds = predict(facts.computed_tokens, facts.depth, facts.batch)
        part = Part.DECODE if facts.batch == 1 else Part.DECODE_TOGETHER
        # The first token came with the prompt.
        own = (facts.usage.completion_tokens - 1) / facts.timings.decode_s
        if speeds.decode.estimate is not None:
            found.append(figure(part, speeds.decode.estimate, own * facts.batch))
    return tuple(found)


def answer_conditions(facts: AnswerFacts) -> dict[str, Condition]:
    """Return what the speeds of an answer depend on, besides its model's settings."""
    return {
        "prompt_tokens": facts.usage.prompt_tokens,
        "cached_tokens": facts.usage.cached_tokens,
        "completion_tokens": facts.usage.completion_tokens,
        "depth": facts.depth,
        "beside_prompt": facts.crowd.beside_prompt,
        "writing": facts.crowd.writing,
        "reading": facts.crowd.reading,
        "number": facts.number,
    }
