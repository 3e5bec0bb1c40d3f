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


def _harness(record: Record, config: Config, progress: Progress) -> Draft:
    from hearth.measure.harness import replay

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


def _truth(record: Record, config: Config, progress: Progress) -> Draft:
    from hearth.measure.truth import replay_truth

    return replay_truth(record, config, progress)


def _truth_difference(record: Record, config: Config, progress: Progress) -> Draft:
    from hearth.measure.truth import replay_difference

    return replay_difference(record, config, progress)


def _choices(record: Record, config: Config, progress: Progress) -> Draft:
    from hearth.measure.choices import replay_choices

    return replay_choices(record, config, progress)


def _arena(record: Record, config: Config, progress: Progress) -> Draft:
    from hearth.measure.arena import replay_board

    return replay_board(record, config, progress)


def _quants(record: Record, config: Config, progress: Progress) -> Draft:
    from hearth.measure.quants import replay_quants

    return replay_quants(record, config, progress)


def _tuning(record: Record, config: Config, progress: Progress) -> Draft:
    from hearth.measure.tuning import replay_tuning

    return replay_tuning(record, config, progress)


def _perplexity(record: Record, config: Config, progress: Progress) -> Draft:
    from hearth.measure.perplexity import replay_perplexity

    return replay_perplexity(record, config, progress)


def _distance(record: Record, config: Config, progress: Progress) -> Draft:
    from hearth.measure.perplexity import replay_distance

    return replay_distance(record, config, progress)


REPLAYS: Replays = {
    "perplexity": _perplexity,
    "distance": _distance,
    "quants": _quants,
    "tuning": _tuning,
    "speed": _speed,
    "compare": _compare,
    "conversation": _conversation,
    "harm": _harm,
    "harness": _harness,
    "instruction": _instruction,
    "language": _language,
    "suite": _suite,
    "suite-change": _suite_change,
    "truth": _truth,
    "truth-difference": _truth_difference,
    "choices": _choices,
    "arena": _arena,
}
