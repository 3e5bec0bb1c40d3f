"""What a turn of a conversation yields, in order.

    TurnStored  AnswerStarted?  (AnswerDelta | SaveFailing | SaveResumed)*  AnswerEnded

Nothing follows `AnswerEnded`. A turn that is stopped by closing its generator yields nothing more;
its answer is kept with status `stopped`.
"""

from __future__ import annotations

from dataclasses import dataclass

from hearth.core import Receipt, TokenTrace
from hearth.errors import HearthError
from hearth.store.records import StoredMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnStored:
    """The question is on disk, and the answer has its place.

    Args:
        question: The person's message if this turn added one (send, edit), else None.
        answer: The answer's record, status `streaming`; its content is what a fork has kept.
    """

    question: StoredMessage | None
    answer: StoredMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerStarted:
    """The engine accepted the prompt: its size, and what was cut from it (None: nothing)."""

    message_id: int
    prompt_tokens: int
    context_tokens: int
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDelta:
    """The next piece of the answer."""

    message_id: int
    text: str
    num_tokens: int
    traces: tuple[TokenTrace, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveFailing:
    """The answer could not be saved just now; it streams on, and saving is tried again."""

    message_id: int
    error: HearthError


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveResumed:
    """Saving works again; everything so far is on disk."""

    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerEnded:
    """The answer is complete or has failed.

    Args:
        message: The answer as it is now, status `complete` or `failed`.
        error: Why it failed; None when it is complete.
        saved: False when the disk did not take the end of it; the session keeps it in memory and
            tries again before the next turn (`ChatSession.save_pending`).
    """

    message: StoredMessage
    error: HearthError | None = None
    saved: bool = True


ChatEvent = TurnStored | AnswerStarted | AnswerDelta | SaveFailing | SaveResumed | AnswerEnded
