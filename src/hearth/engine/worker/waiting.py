"""The waiting room: owners take turns, and each owner's requests keep their order."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator

from hearth.engine.worker.sequences import Sequence
from hearth.errors import QueueFull


class WaitingRoom:
    """Requests that wait for a place.

    Args:
        limit: Most requests that may wait.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lines: OrderedDict[str, deque[Sequence]] = OrderedDict()

    def __len__(self) -> int:
        return sum(len(line) for line in self._lines.values())

    @property
    def is_empty(self) -> bool:
        """True when nobody waits."""
        return not self._lines

    @property
    def owners(self) -> frozenset[str]:
        """Everybody who waits."""
        return frozenset(self._lines)

    def __iter__(self) -> Iterator[Sequence]:
        """Yield in the order of admission: the first of each owner, then the second of each."""
        longest = max((len(line) for line in self._lines.values()), default=0)
        for turn in range(longest):
            for line in list(self._lines.values()):
                if turn < len(line):
                    yield line[turn]

    def add(self, sequence: Sequence) -> None:
        """Put a request at the end of its owner's line.

        Raises:
            QueueFull: As many requests wait as may.
        """
        if len(self) >= self.limit:
            raise QueueFull(
                f"{len(self)} requests wait already; at most {self.limit} may.",
                hint="Try again shortly, or raise the setting `queue_limit`.",
            )
        self._lines.setdefault(sequence.owner, deque()).append(sequence)

    def put_back(self, sequence: Sequence) -> None:
        """Put a pre-empted request first in everybody's order; it had a place before."""
        self._lines.setdefault(sequence.owner, deque()).appendleft(sequence)
        self._lines.move_to_end(sequence.owner, last=False)

    def admit(self, sequence: Sequence) -> None:
        """Take a request out; its owner's next one waits behind the other owners'."""
        line = self._lines[sequence.owner]
        line.remove(sequence)
        if line:
            self._lines.move_to_end(sequence.owner)
        else:
            del self._lines[sequence.owner]

    def find(self, request_id: int) -> Sequence | None:
        """Return a waiting request."""
        return next((s for s in self if s.request_id == request_id), None)
