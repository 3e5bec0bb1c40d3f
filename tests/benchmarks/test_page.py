"""From blocks to rows, verdicts and the page; and that the page in docs/ is fresh."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from workloads.cases import TIME, Case, Workload, hearth
from workloads.gates import Gate
from workloads.measures import Sample
from workloads.page import render, rows_of
from workloads.pairing import Block
from workloads.results import Conditions, Results
from workloads.summary import KEPT, MISSED, OPEN, Row, allowed_gain, summarize
from workloads.table import workloads

ROOT = Path(__file__).parents[2]
QUIET = Gate(passed=True, others=0, slowdown=0.0, load=0.1, attempts=1)
CASE = Case(name="a case", measure=lambda side, texts: Sample(value=1.0), target=1.5)
WORKLOAD = Workload(
    number="W1",
    title="a title",
    model="starter",
    subject=hearth("new"),
    baseline=hearth("old"),
    cases=(CASE,),
)
CONDITIONS = Conditions(
    hearth="1",
    commit="abc",
    engine="engine",
    processor="made up",
    cores=2,
    memory_gb=8.0,
    system="Linux",
    tolerance=0.03,
)


def blocks(
    *ratios: float, case: Case = CASE, gate: Gate = QUIET, workload: Workload = WORKLOAD
) -> list[Block]:
    return [
        Block(
            key=workload.key(case),
            number=number,
            subject=(Sample(value=10.0 * ratio, counters={"work": 1.2}),) * 2,
            baseline=(Sample(value=10.0, counters={"work": 3.0, "step_s": 0.1}),) * 2,
            gates=(gate,) * 4,
            began_s=0.0,
        )
        for number, ratio in enumerate(ratios)
    ]


def row(*ratios: float, case: Case = CASE) -> Row:
    found = summarize(WORKLOAD, case, blocks(*ratios, case=case))
    assert found is not None
    return found


def test_a_row_holds_medians_and_the_interval_of_ratios() -> None:
    found = row(1.6, 1.7, 1.8)
    assert found.ratio is not None
    assert found.ratio.value == pytest.approx(1.7)
    assert (found.ratio.low, found.ratio.high) == (pytest.approx(1.6), pytest.approx(1.8))
    assert (found.subject, found.baseline) == (pytest.approx(17.0), 10.0)
    assert found.best_ratio == pytest.approx(1.8)
    assert found.counters == {"work": 1.2}


@pytest.mark.parametrize(
    ("ratios", "verdict"),
    [((1.6, 1.7, 1.8), KEPT), ((1.1, 1.2, 1.3), MISSED), ((1.2, 1.6, 1.9), OPEN)],
)
def test_a_target_is_reached_only_by_the_whole_interval(
    ratios: tuple[float, ...], verdict: str
) -> None:
    assert row(*ratios).verdict == verdict


def test_a_counter_over_its_limit_is_a_target_missed() -> None:
    assert row(1.6, 1.6, case=replace(CASE, counter=("work", 1.05))).verdict == MISSED
    assert row(1.6, 1.6, case=replace(CASE, counter=("work", 1.25))).verdict == KEPT


def test_a_counter_is_judged_where_there_is_no_baseline() -> None:
    alone = replace(WORKLOAD, baseline=None)
    case = replace(CASE, target=None, counter=("work", 1.25), unit=TIME)
    found = [replace(block, baseline=()) for block in blocks(1.0, 1.1)]
    summary = summarize(alone, case, found)
    assert summary is not None
    assert (summary.verdict, summary.ratio, summary.baseline) == (KEPT, None, None)
    assert summary.target == "work <= 1.25"


def test_what_was_measured_on_a_busy_machine_is_counted_apart() -> None:
    busy = blocks(9.0, gate=replace(QUIET, passed=False))
    found = summarize(WORKLOAD, CASE, [*blocks(1.6, 1.7), *busy])
    assert found is not None
    assert (found.num_counted, found.num_left_out) == (2, 1)
    assert found.ratio is not None
    assert found.ratio.high < 2
    assert summarize(WORKLOAD, CASE, busy) is None


def test_filling_up_is_judged_by_what_the_steps_allow(tmp_path: Path) -> None:
    assert allowed_gain({3: 0.040, 4: 0.028, 6: 0.05}, 3) == pytest.approx(0.040 / 0.028)
    assert allowed_gain({3: 0.040, 4: 0.028, 6: 0.05}, 4) == 1.0
    cases = tuple(
        Case(name=f"{count} streams", measure=CASE.measure, streams=count) for count in (3, 4)
    )
    workload = replace(WORKLOAD, cases=cases)
    results = Results(tmp_path / "r.jsonl")
    for case, step_s, ratio in zip(cases, (0.14, 0.1), (1.1, 0.99), strict=True):
        for block in blocks(ratio, ratio, case=case, workload=workload):
            counters = {"step_s": step_s}
            results.add(replace(block, baseline=(Sample(value=10.0, counters=counters),) * 2))
    three, four = rows_of(results, [workload])
    assert (three.verdict, four.verdict) == (MISSED, KEPT)  # 1.1 is less than 0.9 of 1.4
    assert "1.26 times; its steps allow 1.4" in three.target


def test_the_page_shows_every_row_and_names_those_that_lose(tmp_path: Path) -> None:
    results = Results(tmp_path / "r.jsonl")
    results.begin(CONDITIONS)
    for block in blocks(1.1, 1.2):
        results.add(block)
    page = render([results], [WORKLOAD])
    assert "## made up, 2 cores" in page
    assert "0 of 1 targets are reached, 1 are missed" in page
    assert "- Missed: W1, starter, a case (>= 1.5 times)" in page
    assert page.count("| starter | a case |") == 2


def test_every_row_has_a_key_of_its_own() -> None:
    keys = [each.key(case) for each in workloads() for case in each.cases]
    assert len(keys) == len(set(keys))
    assert {key.split(" ")[0] for key in keys} == {f"W{number}" for number in range(1, 11)}


def test_another_server_is_compared_where_it_can_be() -> None:
    peer = hearth("somebody's")
    own, found = workloads(), workloads([("starter", peer)])
    added = found[len(own) :]
    assert {each.number for each in added} == {"W1", "W3", "W4", "W6", "W7", "W8"}
    assert all(each.baseline is peer for each in added)


def test_the_page_in_docs_is_fresh() -> None:
    page, figures = ROOT / "docs" / "benchmarks.md", ROOT / "benchmarks" / "results"
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), "--page"]
    done = subprocess.run(
        [*command, *map(str, sorted(figures.glob("*.jsonl")))], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert page.read_text("utf-8") == done.stdout, "write it with `python benchmarks/run.py --page`"
