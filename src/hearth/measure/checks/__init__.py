"""Checks that a program can make of an answer: lengths, words, layout, structure, language.

A check is written as one name with one value, in TOML or YAML alike: `max_words: 20`,
`contains: Paris`, `json_keys: [name, age]`. What follows instructions, what a user's own suite
demands and what counts as a refusal are all said in these names.
"""

from hearth.measure.checks.cases import Case, Judged, chance_of, judge, luck_of, self_test
from hearth.measure.checks.check import (
    Check,
    check_group,
    check_names,
    holds,
    holds_loosely,
    read_checks,
)
from hearth.measure.checks.refusal import is_refusal

__all__ = [
    "Case",
    "Check",
    "Judged",
    "chance_of",
    "check_group",
    "check_names",
    "holds",
    "holds_loosely",
    "is_refusal",
    "judge",
    "luck_of",
    "read_checks",
    "self_test",
]
