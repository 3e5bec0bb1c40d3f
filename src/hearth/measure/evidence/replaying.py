"""Run a measurement again, and say whether it comes out as before.

Who measures knows how to repeat it: each measuring package offers a function for its kind, and the
faces hand the mapping in. The replay becomes a record of its own, which names the one it repeats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from hearth.config import Config
from hearth.errors import InvalidRequest
from hearth.measure.evidence.agreement import Comparison, agree
from hearth.measure.evidence.ledger import Ledger
from hearth.measure.evidence.record import Draft, Record

Progress = Callable[[int, int, str], None]  # units done, units in all (0: unknown), what goes on
Replay = Callable[[Record, Config, Progress], Draft]
Replays = Mapping[str, Replay]  # by the kind of record


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A record, the one that repeated it, and how they compare."""

    old: Record
    new: Record
    comparison: Comparison


def replay(
    ledger: Ledger, record: Record, config: Config, replays: Replays, progress: Progress
) -> Replayed:
    """Run a record's measurement again with its own settings and seed, and note what comes out.

    Args:
        ledger: Takes the new record.
        record: With its items (`Ledger.get`); a card from elsewhere will do.
        config: Where to look for the models, and how to run them.
        replays: How each kind is repeated.
        progress: Told how far it is.

    Raises:
        InvalidRequest: Nothing here can repeat this kind of measurement.
        ModelNotFound: The bytes that were measured are not here.
    """
    draft = way_to_replay(record, replays)(record, config, progress)
    new = ledger.add(replace(draft, replay_of=record.digest))
    return Replayed(old=record, new=new, comparison=agree(record, new))


def way_to_replay(record: Record, replays: Replays) -> Replay:
    """Return what runs a record's measurement again.

    Raises:
        InvalidRequest: Nothing here can repeat this kind of measurement.
    """
    if record.kind not in replays:
        raise InvalidRequest(
            f"Evidence of the kind {record.kind!r} cannot be replayed; these kinds can: "
            f"{', '.join(sorted(replays)) or 'none'}.",
            hint=f"`hearth evidence show {record.id}` tells the command that made it.",
        )
    return replays[record.kind]
