"""Numbers as people read them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from hearth.core import Finished, FinishReason, Timings, Usage
from hearth.web import figures


@pytest.mark.parametrize(
    ("given", "shown"),
    [(0, "0 B"), (999, "999 B"), (98_300_000, "98 MB"), (999_700, "1 MB"), (5e9, "5.0 GB")],
)
def test_size(given: float, shown: str) -> None:
    assert figures.size(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [(0.003, "3 ms"), (0.21, "0.21 s"), (1.26, "1.3 s"), (42, "42 s"), (900, "15 min")],
)
def test_seconds(given: float, shown: str) -> None:
    assert figures.seconds(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [(0.34, "34 %"), (0.0512, "5.1 %"), (1, "100 %"), (0.0002, "< 0.1 %"), (0, "< 0.1 %")],
)
def test_percent(given: float, shown: str) -> None:
    assert figures.percent(given) == shown


def test_one_thing_is_not_many() -> None:
    assert figures.count(1, "token") == "1 token"
    assert figures.count(2048, "token") == "2,048 tokens"


def test_an_answer_has_its_figures() -> None:
    finished = Finished(
        reason=FinishReason.STOP,
        usage=Usage(prompt_tokens=40, completion_tokens=213, cached_tokens=39),
        timings=Timings(queue_s=0.01, prompt_s=0.2, decode_s=2.5),
    )
    assert figures.answer_figures(finished) == [
        "0.21 s to first token",
        "85 tok/s",
        "213 tokens",
        "prompt 40 tokens (39 kept) in 0.20 s",
    ]


def test_tokens_that_were_guessed_ahead_are_told() -> None:
    finished = Finished(
        reason=FinishReason.STOP,
        usage=Usage(prompt_tokens=4, completion_tokens=90, drafted_tokens=60, accepted_tokens=50),
        timings=Timings(queue_s=0, prompt_s=0.1, decode_s=1),
    )
    assert "90 tokens (50 guessed ahead)" in figures.answer_figures(finished)


def test_one_token_has_no_speed() -> None:
    finished = Finished(
        reason=FinishReason.LENGTH,
        usage=Usage(prompt_tokens=4, completion_tokens=1),
        timings=Timings(queue_s=0, prompt_s=0.1, decode_s=0),
    )
    assert not any("tok/s" in figure for figure in figures.answer_figures(finished))


@pytest.mark.parametrize(
    ("days", "heading"),
    [(0, "Today"), (1, "Yesterday"), (3, "This week"), (20, "This month"), (40, "October 2026")],
)
def test_conversations_are_grouped_by_day(days: int, heading: str) -> None:
    noon = datetime(2026, 11, 21, 12).astimezone()
    assert figures.day_group(noon - timedelta(days=days), date(2026, 11, 21)) == heading


NOW = datetime(2026, 5, 20, 12, 0).astimezone()


@pytest.mark.parametrize(
    ("ago", "shown"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=7), "7 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(hours=20), "yesterday"),
        (timedelta(days=4), "4 days ago"),
        (timedelta(days=60), "21 March"),
        (timedelta(days=400), "15 April 2025"),
    ],
)
def test_since(ago: timedelta, shown: str) -> None:
    assert figures.since(NOW - ago, NOW) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (109_000, "109,000"),
        (135_000_000, "135 million"),
        (8_030_000_000, "8.03 billion"),
        (1_040_000_000_000, "1.04 trillion"),
    ],
)
def test_parameters(given: int, shown: str) -> None:
    assert figures.parameters(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [(3, "3 s left"), (99.6, "2 min left"), (780, "13 min left"), (7500, "2 h 5 min left")],
)
def test_remaining(given: float, shown: str) -> None:
    assert figures.remaining(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"), [(7, "7"), (12_345, "12.3k"), (999_800, "1M"), (3_400_000, "3.4M")]
)
def test_short_count(given: int, shown: str) -> None:
    assert figures.short_count(given) == shown


def test_byte_rate() -> None:
    assert figures.byte_rate(12_300_000) == "12 MB/s"
