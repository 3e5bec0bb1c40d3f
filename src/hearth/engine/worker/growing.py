"""From logits to an answer that grows: draw a token, make it text, see whether the answer ends.

A share may end with drafted tokens, guesses at how the answer goes on. They are verified by
drawing: the sampler draws from each row in turn as it would without drafts, and goes on to the next
row as long as the draft was what it drew. So an answer has the tokens that it would have without
drafts, from the same random numbers, and the sampler never sees a draft that was wrong.

This is speculative sampling (Leviathan et al., ICML 2023, arXiv 2211.17192) for drafts without a
distribution of their own: to accept x with probability p(x), and to draw from p without x
otherwise, is to draw from p and to compare.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from hearth.core import FinishReason, TokenTrace
from hearth.engine.llama.context import Context
from hearth.engine.llama.sampler import top_choices
from hearth.engine.worker.batching import Share
from hearth.engine.worker.sequences import Ended, Grown, Phase, Sequence, StepEvent


@dataclass(frozen=True, slots=True)
class Growth:
    """What came of a share: its events, the last one `Ended` where the answer is complete.

    Args:
        accepted: How many of the share's drafts were right and are now part of the sequence.
    """

    events: list[StepEvent]
    accepted: int

    @property
    def has_ended(self) -> bool:
        """True when the answer is complete."""
        return isinstance(self.events[-1], Ended)


class Grower:
    """Lets answers grow from the logits of the batch that was just computed.

    Args:
        context: Holds the logits.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._vocab = context.model.vocab

    def grow(self, share: Share, row: int) -> Growth:
        """Draw as many tokens as the share's rows allow.

        Args:
            share: One that has logits.
            row: Row of its last known token; those of its drafts follow.
        """
        sequence, before = share.sequence, share.sequence.accepted
        sequence.drafted += len(share.drafts)
        events: list[StepEvent] = []
        for offset, draft in enumerate((*share.drafts, None)):
            events += self._draw(sequence, row + offset, draft)
            if isinstance(events[-1], Ended) or sequence.tokens[-1] != draft:
                break
        return Growth(events, sequence.accepted - before)

    def _draw(self, sequence: Sequence, row: int, draft: int | None) -> list[StepEvent]:
        token = sequence.sampler.sample(self._context, row)
        now_s = time.monotonic()
        sequence.first_token_s = sequence.first_token_s or now_s
        sequence.last_token_s = now_s
        sequence.phase = Phase.ANSWER
        if self._vocab.is_end(token) and not sequence.ignore_eos:
            return _ended(sequence, FinishReason.STOP, sequence.text.finish())
        trace = self._trace(sequence, token, row)
        sequence.tokens.append(token)
        sequence.accepted += token == draft
        text = sequence.text.push(self._vocab.piece(token))
        if sequence.text.stopped_by is not None:
            return _ended(sequence, FinishReason.STOP, text, trace)
        if len(sequence.tokens) >= sequence.max_length:
            return _ended(sequence, FinishReason.LENGTH, text + sequence.text.finish(), trace)
        return [Grown(sequence.request_id, text, trace)]

    def _trace(self, sequence: Sequence, token: int, row: int) -> TokenTrace | None:
        if sequence.top_logprobs is None:
            return None
        raw = self._vocab.piece(token, special=True)
        logprob, alternatives = top_choices(
            self._context.logits(row), self._vocab, token, sequence.top_logprobs
        )
        return TokenTrace(
            id=token,
            text=raw.decode("utf-8", "replace"),
            raw=raw,
            logprob=logprob,
            alternatives=alternatives,
        )


def _ended(
    sequence: Sequence, reason: FinishReason, text: str, trace: TokenTrace | None = None
) -> list[StepEvent]:
    if sequence.text.stopped_by is not None:
        reason = FinishReason.STOP  # a stop string may complete in what was held back
    ended = Ended(
        sequence.request_id,
        reason,
        sequence.text.stopped_by,
        sequence.usage(),
        sequence.timings(),
    )
    if not text and trace is None:
        return [ended]
    return [Grown(sequence.request_id, text, trace), ended]
