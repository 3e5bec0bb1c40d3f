"""Figures in words: no more digits than the interval allows, and never none."""

from __future__ import annotations

import pytest

from hearth.measure.evidence import Figure
from hearth.measure.evidence.wording import figure_text, number_text


@pytest.mark.parametrize(
    ("value", "low", "high", "unit", "words"),
    [
        (57.3456, 56.8123, 57.9456, "tokens/s", "57.3 tokens/s (56.8 to 57.9)"),
        (1464.3, 1420.0, 1508.0, "tokens/s", "1,464 tokens/s (1,420 to 1,508)"),
        (38.95, 12.43, 121.6, "", "39.0 (12.4 to 122)"),
        (0.00123, 0.0011, 0.00136, "nats", "0.00123 nats (0.00110 to 0.00136)"),
        (0.9, 0.5, 1.0, "", "0.900 (0.500 to 1.00)"),
        (-2.5, -3.5, -1.5, "", "-2.50 (-3.50 to -1.50)"),
        (0.0, 0.0, 0.0, "", "0 (0 to 0)"),
        (0.2345678, None, None, "s", "0.2346 s (one run)"),
        (500.0, None, None, "", "500 (one run)"),
        (3e-9, None, None, "", "3.00e-09 (one run)"),
    ],
)
def test_a_figure_in_a_line(
    value: float, low: float | None, high: float | None, unit: str, words: str
) -> None:
    assert figure_text(Figure(value=value, low=low, high=high, unit=unit)) == words


def test_a_number_alone() -> None:
    assert number_text(123456.789) == "123,457"
    assert number_text(0.0) == "0"
