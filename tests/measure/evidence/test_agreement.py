"""When two records agree: computed figures to the last digits, timed ones within their spread."""

from __future__ import annotations

import random
import statistics
from dataclasses import replace
from typing import Any

import pytest

from hearth.measure.evidence import Agreement, Figure, Ledger, Record, agree
from hearth.measure.evidence.agreement import WITHIN_ELSEWHERE
from hearth.store.database import Database
from support.evidence import PICO, circumstances, draft

NUM_PAIRS = 800


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


def record(ledger: Ledger, number: int = 0, **figures: Any) -> Record:
    return ledger.add(draft(number, summary=figures, settings={}))


def timed(value: float, low: float, high: float) -> Figure:
    return Figure(value=value, low=low, high=high)


def test_timed_figures_agree_within_their_intervals(ledger: Ledger) -> None:
    old = record(ledger, speed=timed(100, 98, 103))
    for value, expected in ((100.0, "agrees"), (104.0, "agrees"), (107.0, "differs")):
        new = record(ledger, speed=timed(value, value - 3, value + 3))
        comparison = agree(old, new)
        assert comparison.verdict == expected, value
        (figure,) = comparison.figures
        assert figure.change == pytest.approx(value / 100 - 1)
        assert "apart" in figure.why


def test_the_side_that_faces_the_other_counts(ledger: Ledger) -> None:
    """Skewed intervals, as times have them: |a - b| is held against the ends between a and b."""
    low, high = record(ledger, t=timed(10, 9.9, 14)), record(ledger, t=timed(13, 12.9, 17))
    assert agree(low, high).verdict == "agrees"
    low, high = record(ledger, t=timed(10, 6, 10.1)), record(ledger, t=timed(13, 12.9, 17))
    assert agree(low, high).verdict == "differs"


def test_computed_figures_agree_to_their_last_digits(ledger: Ledger) -> None:
    def perplexity(value: float) -> Record:
        return record(ledger, ppl=Figure(value=value, low=10, high=20, within=1e-6))

    old = perplexity(15.0)
    assert agree(old, perplexity(15.0 + 1e-5)).verdict == "agrees"
    # Both intervals hold both values; but the text was the same, so that chance has no part.
    assert agree(old, perplexity(15.01)).verdict == "differs"


def test_computed_figures_may_be_rounded_otherwise_elsewhere(ledger: Ledger) -> None:
    figures = {"ppl": Figure(value=15.0, within=1e-6)}
    old = record(ledger, **figures)
    other = circumstances(machine="another")
    for change, expected in ((0.5, "agrees"), (2.0, "differs")):
        value = 15.0 * (1 + change * WITHIN_ELSEWHERE)
        made = draft(summary={"ppl": Figure(value=value, within=1e-6)}, circumstances=other)
        comparison = agree(old, ledger.add(made))
        assert comparison.verdict == expected
        assert comparison.differences["machine"] == ("0123456789abcdef", "another")


def test_one_run_tells_nothing(ledger: Ledger) -> None:
    old, new = record(ledger, t=Figure(value=1.0)), record(ledger, t=Figure(value=9.0))
    comparison = agree(old, new)
    assert comparison.verdict is Agreement.CANNOT_TELL
    assert "one run" in comparison.figures[0].why


def test_a_figure_that_only_one_has_tells_nothing(ledger: Ledger) -> None:
    old, new = record(ledger, a=timed(1, 1, 1)), record(ledger, b=timed(1, 1, 1))
    comparison = agree(old, new)
    assert comparison.verdict is Agreement.CANNOT_TELL
    assert [(each.name, each.old is None) for each in comparison.figures] == [
        ("a", False),
        ("b", True),
    ]


def test_one_figure_that_differs_is_enough(ledger: Ledger) -> None:
    old = record(ledger, a=timed(1, 0.9, 1.1), b=timed(1, 0.9, 1.1), c=Figure(value=1))
    new = record(ledger, a=timed(1, 0.9, 1.1), b=timed(5, 4.9, 5.1), c=Figure(value=1))
    verdicts = [each.verdict.value for each in agree(old, new).figures]
    assert verdicts == ["agrees", "differs", "cannot tell"]
    assert agree(old, new).verdict == "differs"


def test_what_was_not_the_same_is_named(ledger: Ledger) -> None:
    old = ledger.add(draft(settings={"kv_type": "f16", "threads": 2}, seed=1))
    new = ledger.add(
        draft(
            settings={"kv_type": "q8_0", "threads": 2, "depth": 5},
            seed=2,
            subjects=(replace(PICO, digest="00" * 32), PICO),
            circumstances=circumstances(engine="llama-cpp-python 0.4"),
        )
    )
    found = agree(old, new).differences
    assert set(found) == {"engine", "seed", "kv_type", "depth", "subject 1", "subject 2"}
    assert found["kv_type"] == ("f16", "q8_0")
    assert found["subject 1"] == ("pico abababababab", "pico 000000000000")
    assert found["subject 2"] == ("", "pico abababababab")


def test_a_setting_named_as_something_else_hides_nothing(ledger: Ledger) -> None:
    old = ledger.add(draft(settings={"machine": "a"}))
    new = ledger.add(draft(settings={"machine": "a"}, circumstances=circumstances(machine="b")))
    assert agree(old, new).differences["machine"] == ("0123456789abcdef", "b")


@pytest.mark.parametrize("num_figures", [1, 4])
def test_sound_replays_are_seldom_called_different(ledger: Ledger, num_figures: int) -> None:
    """Of equal speeds, each with its own spread, at most one pair in twenty may differ."""
    drawn = random.Random(num_figures)
    template = record(ledger, a=timed(1, 1, 1))

    def measure(true: float) -> Figure:
        values = [drawn.gauss(true, 2.0) for _ in range(30)]
        half = 1.96 * statistics.stdev(values) / len(values) ** 0.5
        mean = statistics.fmean(values)
        return timed(mean, mean - half, mean + half)

    def verdict(change: float) -> str:
        names = [f"f{number}" for number in range(num_figures)]
        old = replace(template, summary={name: measure(100) for name in names})
        new = replace(template, summary={name: measure(100 + change) for name in names})
        return agree(old, new).verdict.value

    false = sum(verdict(0) == "differs" for _ in range(NUM_PAIRS)) / NUM_PAIRS
    assert false < 0.08  # 5 %, three standard errors, and that 30 repeats are not endless
    found = sum(verdict(3) == "differs" for _ in range(200)) / 200
    assert found > 0.95
