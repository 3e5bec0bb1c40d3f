"""What the Measure and Evidence pages draw: rows, sheets, comparisons, plots."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hearth.measure.evidence import Figure, Ledger, Record, agree
from hearth.measure.statistics import wilson
from hearth.measure.truth import Bin
from hearth.store.database import Database
from hearth.store.jobs import JobRecord, JobState
from hearth.web.components.comparison import (
    compared_rows,
    draw_comparison,
    replay_words,
    verdict_words,
)
from hearth.web.components.evidence_figures import figure_rows
from hearth.web.components.job_line import draw_job
from hearth.web.components.pareto_chart import pareto_options
from hearth.web.components.quants_table import draw_quants
from hearth.web.components.record_sheet import draw_record
from hearth.web.components.record_table import choices_of, record_rows
from hearth.web.components.reliability_chart import Reliability, reliability_options
from hearth.web.components.whisker import Scale, scale_around, whisker
from hearth.web.parts import part
from support.measured import MADE_AT, SPEED, draft, items
from support.quantized import quant


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """Return an empty ledger."""
    return Ledger(database)


# --- whiskers ---------------------------------------------------------------------------------


def test_a_whisker_stands_where_its_figure_is() -> None:
    html = whisker(Scale(low=0, high=10), 5, 4, 7, marks=(2.5,), dots=(5, 6))
    assert "left:50.0%" in html
    assert "left:40.0%;width:30.0%" in html
    assert "left:25.0%" in html
    assert html.count("whisker-dot") == 2
    assert 'aria-hidden="true"' in html


def test_one_run_has_a_mark_and_no_line() -> None:
    assert "whisker-range" not in whisker(Scale(low=0, high=10), 5)


@pytest.mark.parametrize("values", [[3.0], [0.0], [-1.0, 4.0], [1e-12, 1e-12]])
def test_a_scale_holds_what_it_was_made_around(values: list[float]) -> None:
    scale = scale_around(values)
    assert scale.low < min(values)
    assert max(values) < scale.high
    assert all(0 < scale.share(value) < 100 for value in values)


def test_what_is_beyond_a_scale_stands_at_its_end() -> None:
    assert Scale(low=0, high=1).share(7) == 100
    assert Scale(low=0, high=1).share(-7) == 0


# --- records ----------------------------------------------------------------------------------


def test_figures_come_in_the_order_of_the_record(ledger: Ledger) -> None:
    rows = list(figure_rows(ledger.add(draft())))
    assert [row.name for row in rows] == ["answer tokens/s", "first token", "energy"]
    assert rows[0].between == "56.8 to 57.9"
    assert rows[0].drawing.count("whisker-dot") == 5
    assert rows[2].between == "one run"
    assert rows[2].drawing == ""


def test_a_row_names_two_figures_and_counts_the_others(ledger: Ledger) -> None:
    record = ledger.add(draft())
    (row,) = record_rows([record], picked=[record.id])
    assert row.picked
    assert row.num_more == 1
    assert [name for name, _, _ in row.results] == ["answer tokens/s", "first token"]
    assert "throttled" in row.disturbed
    html = part("records", rows=[row], more=False, searched=False, pick=True)
    assert "one run" not in html.partition("<tbody>")[2]
    assert f'value="{record.id}"' in html
    assert choices_of([record])[0][0] == record.id


def test_a_sheet_says_all_that_the_record_holds(ledger: Ledger) -> None:
    record = ledger.get(ledger.add(draft(items=items())).id)
    html = draw_record(record, can_replay=True)
    for words in (
        record.digest,
        record.previous,
        "hearth bench speed pico",
        f"hearth evidence replay {record.id}",
        "A processor of no make",
        "The prompts were made of made-up words.",
        "throttled",
        "answer tokens",
        "2 items",
        "Run it again",
    ):
        assert words in html, words
    assert "<b>" not in html.partition("Item by item")[2]
    assert "&lt;b&gt;" in html
    assert "Run it again" not in draw_record(record, can_replay=False)


# --- comparisons ------------------------------------------------------------------------------


def two(ledger: Ledger, **changes: Figure) -> tuple[Record, Record]:
    """Return a record and a later one with other figures."""
    old = ledger.add(draft())
    return old, ledger.add(draft(name="other", summary={**SPEED, **changes}, seed=8))


def test_more_of_what_should_be_more_is_better(ledger: Ledger) -> None:
    faster = replace(SPEED["answer tokens/s"], value=90.0, low=89.0, high=91.0)
    later = replace(SPEED["first token"], value=0.2, low=0.19, high=0.21)
    old, new = two(ledger, **{"answer tokens/s": faster, "first token": later})
    found = agree(old, new)
    rows = {row.name: row for row in compared_rows(found)}
    assert rows["answer tokens/s"].verdict == "B is better"
    assert rows["first token"].verdict == "B is worse"
    assert rows["energy"].verdict == "cannot tell"
    words = "B, other, is better in 1 and worse in 1 of 3 figures."
    assert verdict_words(found, new) == words
    html = draw_comparison(old, new, found)
    assert words in html
    assert "What else was not the same" in html


def test_what_chance_explains_is_no_difference(ledger: Ledger) -> None:
    old, new = two(ledger)
    assert verdict_words(agree(old, new), new) == "No difference seen in 2 of 3 figures."
    assert replay_words(agree(old, new)).kind == "good"


def test_lone_figures_cannot_be_compared(ledger: Ledger) -> None:
    lone = {"energy": Figure(value=3.0)}
    old = ledger.add(draft(summary=lone))
    new = ledger.add(draft(summary={"energy": Figure(value=4.0)}))
    found = agree(old, new)
    assert verdict_words(found, new).startswith("Cannot tell")
    assert replay_words(found).verdict == "cannot tell"


def test_a_replay_that_differs_names_its_figures(ledger: Ledger) -> None:
    old, new = two(
        ledger, **{"first token": replace(SPEED["first token"], value=9.0, low=8.0, high=10.0)}
    )
    words = replay_words(agree(old, new))
    assert words.sentence == "1 of 3 figures differ: first token."
    assert words.kind == "bad"


# --- plots ------------------------------------------------------------------------------------

QUANTS = (
    quant("q8_0", 8_000_000_000, 2.0, 0.0, reference=True, front=True),
    quant("q4_0", 4_000_000_000, 1.0, 0.01, front=True, choice=True, requantized=True),
    quant("q2_k", 3_900_000_000, 1.2, 0.4),
)


@pytest.mark.parametrize("against", ["size", "speed"])
def test_the_front_is_joined_and_intervals_are_drawn(against: Any) -> None:
    options = pareto_options(QUANTS, against)
    front, spans, drawn = options["baseOption"]["series"]
    assert len(front["data"]) == 2
    assert len(drawn["data"]) == 3
    assert len(spans["data"]) == 3 * len(QUANTS) * (1 if against == "size" else 2)
    choice = next(each for each in drawn["data"] if each["name"] == "q4_0")
    assert choice["symbolSize"] > drawn["data"][0]["symbolSize"]
    assert "nats" in options["baseOption"]["yAxis"]["name"]


def test_the_table_of_quantizations_marks_the_sensible_one() -> None:
    html = draw_quants(QUANTS)
    assert 'data-sensible="q4_0"' in html
    assert "The sensible one, on the front, made from quantized weights" in html
    assert "4 GB" in html


def _bin(number: int) -> Bin:
    low, true = number / 10, wilson(number, 10)
    return Bin(low=low, high=low + 0.1, said=low + 0.05, came_true=true, num_items=10)


def test_reliability_is_drawn_with_the_diagonal() -> None:
    bins = tuple(_bin(number) for number in (1, 5, 9))
    models = [
        Reliability(name="one", colour=0, bins=bins),
        Reliability(name="other", colour=1, bins=()),
    ]
    series = reliability_options(models)["baseOption"]["series"]
    assert series[0]["data"] == [[0, 0], [1, 1]]
    assert [len(each["data"]) for each in series[2:]] == [3, 0]
    assert series[2]["symbol"] != series[3]["symbol"]
    assert "10 questions" in series[2]["data"][0]["tip"]


# --- jobs -------------------------------------------------------------------------------------


def job(state: JobState, **changes: Any) -> JobRecord:
    """Return a measurement as a job."""
    values: dict[str, Any] = {
        "id": "7" * 32,
        "kind": "bench",
        "target": "quants pico",
        "arguments": {},
        "state": state,
        "created_at": MADE_AT,
        "updated_at": MADE_AT,
    }
    return JobRecord(**(values | changes))


def test_a_running_job_has_a_bar_and_a_way_to_stop_it() -> None:
    html = draw_job(job(JobState.RUNNING, done=1, total=4, doing="Quantizing", rate_per_s=0.1))
    assert 'aria-valuenow="25"' in html
    assert "Quantizing" in html
    assert "30 s left" in html
    assert 'data-do="job-stop"' in html


def test_a_failed_job_says_why() -> None:
    error = {"code": "disk_full", "message": "The disk is full.", "hint": "Free some space."}
    html = draw_job(job(JobState.FAILED, error=error))
    assert "The disk is full. Free some space." in html
    assert "job-stop" not in html
