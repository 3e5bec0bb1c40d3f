"""Sequences that grow side by side, a token each at a time: the parent's side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hearth.engine.scoring import messages as wire
from hearth.engine.scoring.process import ScoringProcess
from hearth.errors import EngineError


class Lanes:
    """Sequences that grow side by side; a new call of `Scorer.lanes` ends them."""

    def __init__(self, process: ScoringProcess, vocab_size: int) -> None:
        self._process = process
        self._vocab_size = vocab_size

    def step(self, tokens: dict[int, int]) -> NDArray[np.float32]:
        """Add a token to some lanes, and return what the model expects behind each.

        The same lanes and tokens, step by step, give the same logits bit by bit: on the same
        machine, with the same engine and settings.

        Args:
            tokens: By lane, in the order in which logits are wanted.

        Returns:
            Logits of shape (len(tokens), vocab_size).
        """
        (raw,) = self._process.numbers(wire.Step(list(tokens), list(tokens.values())))
        logits = np.frombuffer(raw, np.float32)
        if logits.size != len(tokens) * self._vocab_size:
            raise EngineError(f"{logits.size:,} logits came back for {len(tokens)} lanes.")
        return logits.reshape(len(tokens), self._vocab_size)
