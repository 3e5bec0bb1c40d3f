"""Blocks of samples: their order, their texts, what counts, and what is kept on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workloads.answers import Answer
from workloads.cases import SPEED, TIME, Case
from workloads.gates import Gate, Gatekeeper, running_processes
from workloads.measures import Sample
from workloads.pairing import Block, measure_block
from workloads.results import Conditions, Results
from workloads.sides import Setup, Side
from workloads.texts import Texts

QUIET = Gate(passed=True, others=0, slowdown=0.0, load=0.1, attempts=1)
BUSY = replace(QUIET, passed=False, others=3)
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


class KnownSide:
    """A side of a known speed that keeps the prompts it was given."""

    def __init__(self, name: str, speed: float) -> None:
        self.setup = Setup(label=name)
        self.speed = speed
        self.prompts: list[str] = []

    def answers(self, prompts: list[str], num_tokens: int, **_: Any) -> list[Answer]:
        self.prompts += prompts
        stamps = (1.0, 1.0 + (num_tokens - 1) / self.speed)
        return [
            Answer(stamps=stamps, prompt_tokens=5, completion_tokens=num_tokens) for _ in prompts
        ]

    def start(self) -> None: ...

    def stop(self) -> None: ...


def speed(side: Side, texts: Texts) -> Sample:
    return Sample(value=side.answers([texts.words(5)], 11)[0].tokens_per_s, counters={"one": 1.0})


CASE = Case(name="speed", measure=speed)


def block_of(number: int, *gates: Gate) -> Block:
    looks = iter(gates or (QUIET,) * 4)
    return measure_block(
        "key", CASE, number, KnownSide("A", 20.0), KnownSide("B", 10.0), lambda: next(looks)
    )


def test_each_side_is_first_in_every_other_block() -> None:
    order: list[str] = []

    def told(side: Side, texts: Texts) -> Sample:
        order.append(side.setup.label)
        return Sample(value=1.0)

    case = Case(name="order", measure=told)
    for number in (0, 1):
        measure_block("key", case, number, KnownSide("A", 1), KnownSide("B", 1), lambda: QUIET)
    assert "".join(order) == "ABBABAAB"


def test_both_sides_get_the_same_texts_and_no_text_twice() -> None:
    ours, theirs = KnownSide("A", 1.0), KnownSide("B", 1.0)
    for number in (0, 1):
        measure_block("key", CASE, number, ours, theirs, lambda: QUIET)
    assert ours.prompts == theirs.prompts
    assert len(set(ours.prompts)) == 4


def test_a_ratio_says_how_many_times_better() -> None:
    block = block_of(0)
    assert block.ratio(SPEED) == pytest.approx(2.0)
    assert block.ratio(TIME) == pytest.approx(0.5)


def test_without_a_baseline_the_subject_is_measured_twice() -> None:
    block = measure_block("key", CASE, 0, KnownSide("A", 20.0), None, lambda: QUIET)
    assert (len(block.subject), block.baseline) == (2, ())


def test_one_busy_sample_leaves_a_block_out() -> None:
    assert block_of(0).counts
    assert not block_of(0, QUIET, BUSY, QUIET, QUIET).counts


def test_results_are_kept_and_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    results = Results(path)
    results.begin(CONDITIONS)
    results.add(block_of(0))
    again = Results(path)
    again.begin(CONDITIONS)
    assert again.conditions == [CONDITIONS]
    assert again.of("key") == results.blocks
    assert again.of("another") == []


def test_another_machine_needs_another_file(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    Results(path).begin(CONDITIONS)
    with pytest.raises(SystemExit, match="choose another --out"):
        Results(path).begin(replace(CONDITIONS, cores=4))


def test_another_commit_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    for commit in ("abc", "def", "def"):
        Results(path).begin(replace(CONDITIONS, commit=commit))
    assert [each.commit for each in Results(path).conditions] == ["abc", "def"]


def test_the_gate_looks_again_until_it_gives_up() -> None:
    gate = Gatekeeper(attempts=2, pause_s=0.0).look()
    assert gate.attempts in (1, 2)
    assert gate.passed or gate.attempts == 2
    assert running_processes() >= 1


def test_texts_repeat_by_seed_alone() -> None:
    assert Texts("a").words(9) == Texts("a").words(9) != Texts("b").words(9)
    text = Texts(1).edit(num_lines=20, num_edits=3)
    assert text.count(" = ") == 20 + 3 + 4
