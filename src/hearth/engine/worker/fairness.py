"""Who gives way to whom, so that nobody has everything for asking for everything.

Owners are equal, however many requests each has. What gives way goes on later where it stopped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence as Seq

from hearth.engine.worker.sequences import Sequence


def who_gives_way(running: Seq[Sequence]) -> Sequence:
    """Return the youngest request of the owner who runs most.

    The eldest of all never is, so that somebody always gets on.

    Args:
        running: Requests that have a place, the eldest first.
    """
    places = Counter(sequence.owner for sequence in running)
    most = max(places.values())
    return next(each for each in reversed(running) if places[each.owner] == most)


def who_makes_room(running: Seq[Sequence], owner: str) -> Sequence | None:
    """Return who gives a place to an owner who has none; None if nobody has to.

    Args:
        running: Requests that have a place, the eldest first; all places are taken.
        owner: Whose request waits. Who has a place already takes none from others, and nobody gives
            an only place away.
    """
    places = Counter(sequence.owner for sequence in running)
    if owner in places or max(places.values()) == 1:
        return None
    return who_gives_way(running)
