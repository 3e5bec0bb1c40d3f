"""Does a model keep track of a conversation, and over what length?

Facts are told in a conversation, some are replaced later, small talk fills the space between, and
at the end each fact is asked for. All that was said is given, the model's own turns too, so that
the answers depend on what it keeps and not on what it happened to say; and so that they repeat.

The figure that comes out is the *effective context*: the greatest length up to which at least four
of five facts are kept. A context of a million tokens is a claim; this is what can be used of it.

Sources of the ideas: Hsieh et al. 2024, "RULER", https://arxiv.org/abs/2404.06654 (effective
context); Liu et al. 2023, "Lost in the Middle", https://arxiv.org/abs/2307.03172 (depth).
"""

from hearth.measure.conversation.conversation import Dialogue, Fact, compose
from hearth.measure.conversation.measuring import (
    bench_conversation,
    measure_conversation,
    parse_lengths,
    replay,
)
from hearth.measure.conversation.plan import ConversationPlan
from hearth.measure.conversation.scoring import (
    ConversationScores,
    FactAsked,
    Kept,
    read_answer,
    score,
)

__all__ = [
    "ConversationPlan",
    "ConversationScores",
    "Dialogue",
    "Fact",
    "FactAsked",
    "Kept",
    "bench_conversation",
    "compose",
    "measure_conversation",
    "parse_lengths",
    "read_answer",
    "replay",
    "score",
]
