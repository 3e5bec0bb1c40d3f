"""Several chunks coded side by side: each step of the model predicts a token of each.

Both directions take the very same steps, one token per chunk at a time: a batch of another shape
would compute other last bits, and one bit changes everything behind it. Chunks take turns in groups
as large as the number of lanes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hearth.engine.scoring import Scorer

# Given the number of a chunk and what the model expects next in it: the token that comes next.
Visit = Callable[[int, NDArray[np.float32]], int]


def walk(
    scorer: Scorer,
    lengths: Sequence[int],
    num_lanes: int,
    visit: Visit,
    report: Callable[[int], None] = lambda num_tokens: None,
) -> None:
    """Let the model predict every token of every chunk, given those before it in the chunk.

    Args:
        scorer: The model.
        lengths: Tokens of each chunk, at most the model's context.
        num_lanes: Chunks at a time.
        visit: Called once for each token.
        report: Told after each step how many tokens it had.
    """
    first = start_token(scorer)
    for begin in range(0, len(lengths), num_lanes):
        group = range(begin, min(begin + num_lanes, len(lengths)))
        lanes = scorer.lanes(num_lanes, scorer.context)
        latest = {chunk - begin: first for chunk in group}
        for step in range(max(lengths[chunk] for chunk in group)):
            live = {lane: token for lane, token in latest.items() if step < lengths[begin + lane]}
            logits = lanes.step(live)
            for row, lane in enumerate(live):
                latest[lane] = visit(begin + lane, logits[row])
            report(len(live))


def start_token(scorer: Scorer) -> int:
    """Return what stands before each chunk: what begins or ends a text, where there is either."""
    return next((token for token in (scorer.bos, scorer.eos) if token is not None), 0)
