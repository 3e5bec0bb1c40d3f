"""How each kind of evidence is run again: one line for each measuring package.

They are imported when they are wanted, because statistics and their libraries are slow to come.
"""

from __future__ import annotations

from hearth.config import Config
from hearth.measure.evidence import Draft, Progress, Record, Replays


def _speed(record: Record, config: Config, progress: Progress) -> Draft:
    from hearth.measure.speed import replay_speed

    return replay_speed(record, config, progress)


def _compare(record: Record, config: Config, progress: Progress) -> Draft:
    from hearth.measure.speed import replay_compare

    return replay_compare(record, config, progress)


def _conversation(record: Record, config: Config, progress: Progress) -> Draft:
    from hearth.measure.conversation import replay

    return replay(record, config, progress)


def _harm(record: Record, config: Config, progress: Progress) -> Draft:
    from hearth.measure.harm import replay

    return replay(record, config, progress)


def _instruction(record: Record, config: Config, progress: Progress) -> Draft:
    from hearth.measure.instruction import replay

    return replay(record, config, progress)


def _language(record: Record, config: Config, progress: Progress) -> Draft:
    from hearth.measure.language import replay

    return replay(record, config, progress)


def _suite(record: Record, config: Config, progress: Progress) -> Draft:
    from hearth.measure.suites import replay

    return replay(record, config, progress)


def _suite_change(record: Record, config: Config, progress: Progress) -> Draft:
    from hearth.measure.suites import replay_change

    return replay_change(record, config, progress)


REPLAYS: Replays = {
    "speed": _speed,
    "compare": _compare,
    "conversation": _conversation,
    "harm": _harm,
    "instruction": _instruction,
    "language": _language,
    "suite": _suite,
    "suite-change": _suite_change,
}
