"""How many cells the requests that run will need before the first of them have ended.

A request is admitted if at the worst moment to come its cells will be there: pre-empting somebody
later costs more than waiting a little now. How long an answer will be nobody knows, but answers
that ended lately tell; of those longer than this one is by now, the median. (The idea is that of
the Past-Future scheduler, arXiv 2507.10150, ASPLOS 2025.)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from collections.abc import Sequence as Seq

from hearth.engine.worker.sequences import Phase, Sequence

REMEMBERED_ANSWERS = 64
FIRST_GUESS = 128  # tokens of an answer, where none has ended yet


class Forecast:
    """Learns from answers that end, and tells what the others will need."""

    def __init__(self) -> None:
        self._lengths: deque[int] = deque(maxlen=REMEMBERED_ANSWERS)

    def note(self, num_generated: int) -> None:
        """Take the length of an answer that has ended by itself."""
        self._lengths.append(num_generated)

    def remaining(self, sequence: Sequence) -> int:
        """Return how many tokens an answer will probably still get."""
        so_far = sequence.num_generated
        longer = sorted(length for length in self._lengths if length > so_far)
        # What has outlived all others is expected to live as long again.
        expected = longer[len(longer) // 2] - so_far if longer else max(so_far, FIRST_GUESS)
        return min(expected, sequence.max_length - len(sequence.tokens))

    def spare_cells(self, running: Seq[Sequence], newcomer: Sequence) -> int:
        """Return how many cells beyond its prompt a newcomer must find, for all to go on.

        Args:
            running: Requests that have a place; prompts among them still need cells.
            newcomer: A request that waits.
        """
        if not running:
            return 1  # nobody will ever give cells back, so there is nothing to wait for
        unread = sum(each.remaining for each in running if each.phase is Phase.PROMPT)
        everybody = [*running, newcomer]
        growth = peak_growth(
            (self.remaining(each), len(each.tokens) - each.cached) for each in everybody
        )
        # At least one for each, or somebody would have to give way in the next step.
        return unread + max(growth, len(everybody))


def peak_growth(answers: Iterable[tuple[int, int]]) -> int:
    """Return how many cells answers need beyond what they have, at the worst moment to come.

    Args:
        answers: For each how many tokens it will still get, and how many cells it gives back then.
            Each grows by a token a step.
    """
    by_end = sorted(answers)
    peak = given_back = 0
    for ended, (remaining, cells) in enumerate(by_end):
        peak = max(peak, (len(by_end) - ended) * remaining - given_back)
        given_back += cells
    return peak
