"""Truth of real models, from end to end."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.errors import ControlFailed, InvalidRequest, RequestAborted
from hearth.measure.evidence import Ledger, agree
from hearth.measure.evidence.agreement import Agreement
from hearth.measure.truth import (
    TruthArguments,
    TruthPlan,
    answers_of,
    bench_truth,
    built_in,
    measure_truth,
    plan_truth,
    replay_truth,
)
from hearth.store.database import Database


def quiet(done: int, total: int, doing: str) -> None:
    """Take progress, and tell nobody."""


def test_a_plan_tells_what_will_be_asked() -> None:
    plan = plan_truth(
        TruthArguments(model="starter", category=("physics",), limit=10, seed=3, threads=2)
    )
    assert plan.num_asked == 24 + 20
    assert plan.command == (
        *("hearth", "eval", "truth", "starter", "--category", "physics"),
        *("--limit", "10", "--seed", "3", "--threads", "2"),
    )
    text = str(plan)
    assert "10 questions of hearth" in text
    assert "true: 5 of 10" in text


def test_questions_that_stand_in_the_training_data_are_left_out(tmp_path: Path) -> None:
    data = tmp_path / "data.txt"
    leaked = built_in().items[0].text
    data.write_text(f"Some say: {leaked.upper()} Others do not.", encoding="utf-8")
    plan = plan_truth(TruthArguments(model="starter", training_data=(data,)))
    assert len(plan.questions.items) == len(built_in().items) - 1
    assert "1 of 450 questions stand in the training data" in plan.questions.notes[0]
    assert "--training-data" in plan.command


def test_what_cannot_be_asked_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="limit"):
        plan_truth(TruthArguments(model="starter", limit=0))
    with pytest.raises(InvalidRequest, match="seed"):
        plan_truth(TruthArguments(model="starter", seed=-1))
    path = tmp_path / "mine.csv"
    path.write_text("statement,answer\nThis will be leaked.,yes\n", encoding="utf-8")
    data = tmp_path / "data.txt"
    data.write_text("this will be leaked", encoding="utf-8")
    with pytest.raises(InvalidRequest, match=r"No question of mine\.csv is left"):
        plan_truth(TruthArguments(model="starter", file=path, training_data=(data,)))


def test_a_plan_counts_what_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("statement,answer\nWater is wet.,yes\n", encoding="utf-8")
    plan = plan_truth(TruthArguments(model="starter", file=path))
    assert plan.num_asked == 24 + 3 + 1  # the self-test, nothing at all, and the question
    assert plan_truth(TruthArguments(model="starter")).questions == built_in().of()


@pytest.mark.tiny
def test_a_model_of_random_numbers_gets_no_score(pico_path: Path) -> None:
    plan = plan_truth(TruthArguments(model=str(pico_path), limit=4, threads=1))
    with pytest.raises(ControlFailed, match="answers told in the prompt"):
        measure_truth(plan, load_config(), quiet)


@pytest.mark.tiny
def test_it_stops_when_it_is_told_to(pico_path: Path) -> None:
    cancelled = threading.Event()
    cancelled.set()
    arguments = TruthArguments(model=str(pico_path), limit=4)
    with pytest.raises(RequestAborted):
        bench_truth(arguments, load_config(), quiet, cancelled)


@pytest.mark.starter
@pytest.mark.timeout(300)  # sixty short prompts, on a machine that may be busy
def test_the_starter_has_a_score_that_replays(database: Database, starter_path: Path) -> None:
    plan = TruthPlan(model="starter", questions=built_in().of(limit=2), threads=1)
    scores, draft = measure_truth(plan, load_config(), quiet)
    assert scores.accuracy.value == scores.figures()["accuracy"].value / 100
    ledger = Ledger(database)
    record = ledger.get(ledger.add(draft).id)
    assert record.subjects[0].digest
    assert record.subjects[0].template
    assert [control["kind"] for control in record.settings["controls"]] == [
        *("planted", "opposite", "shuffled", "planted")
    ]
    again = ledger.add(replay_truth(record, load_config(), quiet))
    assert agree(record, again).verdict is Agreement.AGREES
    assert answers_of(ledger.get(again.id)) == answers_of(record)
