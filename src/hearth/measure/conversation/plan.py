"""What lengths are tried, and how many conversations of each."""

from __future__ import annotations

from dataclasses import dataclass

from hearth.core import check_range
from hearth.errors import InvalidRequest

SHORTEST = 512
LONGEST_BY_ITSELF = 4096  # longer lengths are tried where they are asked for: they take long
MAX_FACTS = 7  # each needs a value and maybe a former one, of sixteen
ANSWER_TOKENS = 24  # the longest value takes four


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationPlan:
    """How a conversation is measured.

    Args:
        lengths: Tokens of the conversations; empty: doubling from 512 up to what the model holds,
            at most 4,096.
        conversations: How many of each length.
        facts: Facts in each, evenly spread over it.
        seed: Of what is drawn.
        needed: Share of the facts that must be kept for a length to count as usable.
    """

    lengths: tuple[int, ...] = ()
    conversations: int = 6
    facts: int = 5
    seed: int = 0
    needed: float = 0.8

    def __post_init__(self) -> None:
        check_range("conversations", self.conversations, 1, 1000)
        check_range("facts", self.facts, 2, MAX_FACTS)
        for length in self.lengths:
            check_range("lengths", length, SHORTEST, 2**31 - 1)
        if not 0.0 < self.needed < 1.0:
            raise InvalidRequest(f"needed is {self.needed:g}; a share between 0 and 1 is allowed.")

    def lengths_within(self, context: int) -> tuple[int, ...]:
        """Return the lengths to try with a model whose context is so long.

        Raises:
            InvalidRequest: A length that was asked for does not fit, or none does.
        """
        room = context - ANSWER_TOKENS
        too_long = [length for length in self.lengths if length > room]
        if too_long or room < SHORTEST:
            given = f"{too_long[0]:,} tokens" if too_long else f"Even {SHORTEST} tokens"
            raise InvalidRequest(
                f"{given} do not fit: the model is loaded with a context of {context:,} tokens, "
                f"of which {ANSWER_TOKENS} are left for the answer.",
                hint="Choose shorter --lengths, or load it with a longer context: --context.",
                param="lengths",
            )
        if self.lengths:
            return tuple(sorted(set(self.lengths)))
        longest = min(room, LONGEST_BY_ITSELF)
        return tuple(SHORTEST * 2**step for step in range(16) if SHORTEST * 2**step <= longest)
