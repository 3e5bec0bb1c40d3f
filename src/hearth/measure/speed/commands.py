"""The command that measures again, made from what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from hearth.measure.evidence import kept_command
from hearth.measure.speed.plan import ComparePlan, SpeedPlan

_OPTIONS = {
    "prompt_lengths": "--prompt",
    "prompt_tokens": "--prompt",
    "depths": "--depth",
    "answer_tokens": "--answer",
    "repeats": "--repeats",
    "clients": "--clients",
    "rates": "--rate",
    "load_s": "--load-seconds",
    "sustained_s": "--sustained",
    "blocks": "--blocks",
    "max_blocks": "--max-blocks",
    "level": "--level",
    "seed": "--seed",
}


def bench_command(
    verb: str, targets: Sequence[str], plan: SpeedPlan | ComparePlan, key_from: Sequence[str]
) -> tuple[str, ...]:
    """Return what to type to measure again.

    Args:
        verb: "speed" or "compare".
        targets: As they were typed.
        plan: What is left as it is by default is left out.
        key_from: Names of variables, never a key.
    """
    words = ["hearth", "bench", verb, *targets]
    usual = type(plan)()
    for each in fields(plan):
        value = getattr(plan, each.name)
        if value != getattr(usual, each.name):
            listed = value if isinstance(value, tuple) else (value,)
            words += [word for one in listed for word in (_OPTIONS[each.name], f"{one:g}")]
    words += [word for spec in key_from for word in ("--key-from", spec)]
    return kept_command(words)
