"""Sequences that grow side by side, a token each at a time: the child's side.

Every step is one batch with one row for each lane, in the order in which they are named. So what is
computed depends on nothing but the steps before it, and can be computed again bit by bit.
"""

from __future__ import annotations

from collections.abc import Sequence

from hearth.engine.scoring.model import ScoringModel
from hearth.engine.scoring.rows import Logits
from hearth.errors import InvalidRequest


class GrowingLanes:
    """Empty sequences in a model's memory.

    Args:
        model: Its memory is used, and emptied before.
        count: How many lanes.
        length: Most tokens of each.

    Raises:
        InvalidRequest: They do not fit.
    """

    def __init__(self, model: ScoringModel, count: int, length: int) -> None:
        most, cells = min(model.num_branches, model.rows), model.context.cells
        if not 1 <= count <= most or not 1 <= length <= min(cells // count, model.longest):
            raise InvalidRequest(
                f"{count:,} lanes of {length:,} tokens were asked for; {most:,} lanes of at most "
                f"{model.longest:,}, and {cells:,} tokens in all, are possible here.",
                param="lanes",
            )
        self._model = model
        self._longest = length
        self._lengths = [0] * count
        model.context.clear()

    def step(self, lanes: Sequence[int], tokens: Sequence[int]) -> Logits:
        """Add a token to each of some lanes; return a view of the logits behind them.

        Raises:
            InvalidRequest: A lane is none, is full, or is named twice; or a token is none.
        """
        self._model.context.model.vocab.check_ids(tokens)
        if not lanes or len(set(lanes)) != len(tokens) or len(lanes) != len(tokens):
            raise InvalidRequest(f"{len(tokens)} tokens for the lanes {list(lanes)}: one for each.")
        for row, (lane, token) in enumerate(zip(lanes, tokens, strict=True)):
            self._model.context.batch.fill(row, [token], self._length_of(lane), lane, True)
        self._model.decode(len(lanes))
        for lane in lanes:
            self._lengths[lane] += 1
        return self._model.context.all_logits(len(lanes))

    def _length_of(self, lane: int) -> int:
        if not 0 <= lane < len(self._lengths):
            raise InvalidRequest(f"There is no lane {lane}.", param="lanes")
        if self._lengths[lane] == self._longest:
            raise InvalidRequest(f"Lane {lane} has {self._longest:,} tokens and is full.")
        return self._lengths[lane]
