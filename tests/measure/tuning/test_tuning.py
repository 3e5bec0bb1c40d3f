"""Tuning a pico model, from its name to what is used afterwards."""

from __future__ import annotations

import threading
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from hearth.config import Config, ensure_home, load_config
from hearth.engine.local import LocalEngine
from hearth.errors import InvalidRequest, ModelNotFound
from hearth.measure.evidence import Record, open_ledger
from hearth.measure.tuning import (
    TuningPlan,
    apply_tuning,
    last_tuning,
    measure_tuning,
    points_of,
    replay_tuning,
    with_candidates,
)
from hearth.models.library import Library
from hearth.plan.layouts import LAYOUTS
from support.pico import write_pico

pytestmark = pytest.mark.tiny

QUICK = {
    "rounds": 3,
    "prompt_tokens": 16,
    "answer_tokens": 4,
    "context": 128,
    "max_tokens": 1024,
    "limit": 100.0,
}


def ignore(done: int, total: int, doing: str) -> None:
    pass


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with a model that is the default one."""
    home = tmp_path_factory.mktemp("tuned") / "home"
    config = load_config(home=home)
    ensure_home(config)
    write_pico(config.models_dir / "pico.gguf", context=2048)
    return home


@pytest.fixture(scope="module")
def config(home: Path) -> Config:
    return load_config(home=home, model="pico")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> TuningPlan:
    text = tmp_path_factory.mktemp("texts") / "text.txt"
    text.write_text("The lamp stood by the window. " * 50)
    return TuningPlan(model="pico", candidates=("Q4_0",), text=str(text), **QUICK)


@pytest.fixture(scope="module")
def record(config: Config, plan: TuningPlan) -> Record:
    with open_ledger(config) as ledger:
        added = ledger.add(measure_tuning(plan, config, ignore, threading.Event()))
        return ledger.get(added.id)


def test_each_format_is_measured_in_each_layout(record: Record, config: Config) -> None:
    points = points_of(record)
    shipped = points[0]
    assert (shipped.model, shipped.quantization, shipped.is_shipped) == ("pico", "F32", True)
    assert {point.model for point in points} == {"pico", "pico-Q4_0"}
    assert len({point.name for point in points}) == len(points)
    assert all(point.layout in LAYOUTS for point in points)
    assert sum(point.is_choice for point in points) == 1
    for model in ("pico", "pico-Q4_0"):
        measured = [one for one in points if one.model == model and one.distance is not None]
        assert measured, model
    assert record.command[:2] == ("hearth", "tune")
    assert [subject.role for subject in record.subjects] == ["reference", "candidate"]
    assert str(config.home) not in str(record.settings)
    assert {"prompt, times as fast", "decode, times as fast", "divergence"} <= set(record.summary)


def test_copies_that_are_not_proposed_are_removed(record: Record, config: Config) -> None:
    here = {entry.name for entry in Library(config).list()}
    chosen = next(point for point in points_of(record) if point.is_choice)
    assert here & {"pico", "pico-Q4_0"} == {"pico", chosen.model}


def test_the_last_tuning_is_found_again(record: Record, plan: TuningPlan, config: Config) -> None:
    with open_ledger(config) as ledger:
        found = last_tuning(plan, ledger, config)
        assert found is not None
        assert found.id == record.id
        assert last_tuning(replace(plan, rounds=4), ledger, config) is None


def chosen(record: Record, name: str) -> Record:
    """Return a record that proposes another entrant, of which only the mark is changed."""
    assert record.items is not None
    columns = record.items.columns
    at, mark = columns.index("name"), columns.index("is_choice")
    rows = tuple(
        tuple(row[at] == name if number == mark else cell for number, cell in enumerate(row))
        for row in record.items.rows
    )
    return replace(record, items=replace(record.items, rows=rows))


async def test_a_layout_that_is_applied_is_used_from_then_on(
    record: Record, config: Config
) -> None:
    first = points_of(record)[0]
    done = apply_tuning(chosen(record, first.name), config)
    assert (done.model, done.layout, done.path) == ("pico", first.layout, None)
    engine = LocalEngine(config)
    try:
        status = await engine.load("pico")
        assert status.choices["layout"].value == first.layout
        assert record.id in status.choices["layout"].reason
    finally:
        await engine.close()


def copy_of(record: Record, config: Config) -> str:
    """Return the name of an entrant that is the copy; bring the copy back if it is gone."""
    if "pico-Q4_0" not in {entry.name for entry in Library(config).list()}:
        Library(config).restore("pico-Q4_0")
    return next(point.name for point in points_of(record) if point.model == "pico-Q4_0")


def test_a_format_that_is_applied_becomes_the_default(record: Record, config: Config) -> None:
    done = apply_tuning(chosen(record, copy_of(record, config)), config)
    assert (done.model, done.default_before) == ("pico-Q4_0", "pico")
    settings = tomllib.loads((config.home / "config.toml").read_text())
    assert settings == {"model": "pico-Q4_0"}
    elsewhere = config.model_copy(update={"model": "starter"})
    assert apply_tuning(chosen(record, copy_of(record, config)), elsewhere).path is None


def test_what_was_measured_elsewhere_is_not_applied(record: Record, config: Config) -> None:
    elsewhere = replace(record.circumstances, machine="another")
    with pytest.raises(InvalidRequest, match="another machine"):
        apply_tuning(replace(record, circumstances=elsewhere), config)


def test_a_format_that_is_gone_is_not_applied(record: Record, config: Config) -> None:
    name = copy_of(record, config)
    Library(config).remove("pico-Q4_0")
    with pytest.raises(ModelNotFound):
        apply_tuning(chosen(record, name), config)


def test_it_can_be_measured_again(record: Record, config: Config) -> None:
    again = replay_tuning(record, config, ignore)
    assert {name for name in again.summary if name.endswith(": request")} == {
        name for name in record.summary if name.endswith(": request")
    }


def test_without_candidates_those_that_memory_has_plenty_for_are_tried(
    record: Record, config: Config, monkeypatch
) -> None:
    def named() -> tuple[str, ...]:
        return with_candidates(TuningPlan(model="pico-Q4_0", **QUICK), config).candidates

    copy_of(record, config)
    assert set(named()) == {"Q8_0", "Q4_K_M", "IQ4_NL", "IQ4_NL_PURE", "Q4_0_PURE"}
    monkeypatch.setattr("hearth.measure.tuning.plan.MEMORY_SHARE", 0.0)
    assert "Q8_0" not in named()


def test_whoever_names_candidates_gets_those(config: Config) -> None:
    again = with_candidates(TuningPlan(model="pico", candidates=("Q6_K",), **QUICK), config)
    assert again.candidates == ("Q6_K",)
