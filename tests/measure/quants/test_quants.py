"""Quantizations side by side, on a pico model and on the starter: from names to evidence."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hearth.config import Config, ensure_home, load_config
from hearth.engine.quantizing import quantize_file
from hearth.engine.quantizing.messages import Ask, Wanted
from hearth.errors import InvalidRequest, RequestAborted
from hearth.forge.quantize import QuantizeOptions, quantize
from hearth.measure.arguments import read_arguments
from hearth.measure.evidence import Record, open_ledger
from hearth.measure.quants import (
    QuantsPlan,
    measure_quants,
    points_of,
    replay_quants,
)
from hearth.measure.quants.siblings import find_siblings
from hearth.models.library import Library
from support.pico import write_pico

QUICK = {
    "rounds": 3,
    "prompt_tokens": 16,
    "answer_tokens": 4,
    "context": 128,
    "max_tokens": 1024,
}


@pytest.fixture
def config() -> Config:
    found = load_config()
    ensure_home(found)
    return found


@pytest.fixture(scope="module")
def pico_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a pico model with room for prompts of words, of which each letter is a token."""
    return write_pico(tmp_path_factory.mktemp("models") / "pico.gguf", context=2048)


def ignore(done: int, total: int, doing: str) -> None:
    pass


@pytest.fixture(scope="module")
def base_path(pico_path: Path) -> Path:
    """Quantize the pico model once: a reference whose weights are quantized already."""
    path = pico_path.with_name("base.gguf")
    path.touch()
    ask = Ask(files=[str(pico_path)], wanted=[Wanted(7)], target=str(path))
    quantize_file(ask, lambda begun: None, threading.Event())
    return path


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Return the settings of a home that several tests look at."""
    found = load_config(home=tmp_path_factory.mktemp("shared") / "home")
    ensure_home(found)
    return found


@pytest.fixture(scope="module")
def text_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("texts") / "text.txt"
    path.write_text("The lamp stood by the window. " * 50)
    return path


@pytest.fixture(scope="module")
def record(shared: Config, base_path: Path, text_path: Path) -> Record:
    """Measure a sibling that is made for it, and keep the record."""
    asked = {"model": str(base_path), "candidates": ("Q4_0",), "text": str(text_path), **QUICK}
    plan = QuantsPlan(**asked, allow_requantize=True)
    with open_ledger(shared) as ledger:
        added = ledger.add(measure_quants(plan, shared, ignore, threading.Event()))
        return ledger.get(added.id)


@pytest.mark.tiny
def test_a_sibling_is_made_measured_and_kept(
    record: Record, shared: Config, base_path: Path
) -> None:
    reference, small = points_of(record)
    assert reference.is_reference
    assert (small.name, small.is_requantized) == ("base-Q4_0", True)
    assert reference.size_bytes == base_path.stat().st_size
    assert reference.distance.value == 0.0 < small.distance.value
    assert small.same_top.value <= 1.0 == reference.same_top.value
    assert small.size_bytes < reference.size_bytes
    assert sum(one.is_choice for one in (reference, small)) == 1
    assert small.is_on_front
    assert [subject.role for subject in record.subjects] == ["reference", "candidate"]
    assert all(subject.digest for subject in record.subjects)
    assert len(record.repeats["base-Q4_0: request"]) == QUICK["rounds"]
    assert record.command[:3] == ("hearth", "bench", "quants")
    assert str(base_path.parent) not in str(record.settings)
    said = " ".join(record.notes)
    assert "Made for this: base-Q4_0" in said
    assert "from weights that were quantized already (Q8_0)" in said
    assert "what that lost before is not in them" in said
    # Without candidates, all that were made before are compared.
    later = QuantsPlan(model=str(base_path))
    found = find_siblings(later, shared, ignore, threading.Event())
    assert [one.name for one in found] == ["base", "base-Q4_0"]
    assert [one.is_requantized for one in found] == [False, True]


@pytest.mark.tiny
def test_a_pure_copy_is_told_from_the_usual_one(base_path: Path, config: Config) -> None:
    again = QuantizeOptions(allow_requantize=True)
    for name in ("Q4_0_PURE", "Q4_0"):
        quantize(str(base_path), name, config, again)
    plan = QuantsPlan(model=str(base_path), candidates=("q4_0", "q4_0_pure"))
    found = find_siblings(plan, config, ignore, threading.Event())
    assert [one.name for one in found] == ["base", "base-Q4_0", "base-Q4_0_PURE"]
    assert not any(one.is_made for one in found)
    assert found[2].info.file_bytes < found[1].info.file_bytes


@pytest.mark.tiny
def test_it_can_be_measured_again(record: Record, shared: Config, text_path: Path) -> None:
    again = replay_quants(record, shared, ignore)
    assert again.summary.keys() == record.summary.keys()
    for name in ("base-Q4_0: distance", "base-Q4_0: same top"):
        assert again.summary[name].value == pytest.approx(record.summary[name].value, rel=1e-4)
    assert not any("Made for this" in note for note in again.notes)
    text_path.write_text("The lamp stood by the door. " * 50)
    with pytest.raises(InvalidRequest, match="text has changed"):
        replay_quants(record, shared, ignore)


@pytest.mark.tiny
def test_weights_are_not_quantized_twice_without_asking(base_path: Path, config: Config) -> None:
    plan = QuantsPlan(model=str(base_path), candidates=("Q4_0",), **QUICK)
    with pytest.raises(InvalidRequest, match="quantized already"):
        measure_quants(plan, config, ignore, threading.Event())


@pytest.mark.tiny
def test_there_must_be_something_to_compare(pico_path: Path, config: Config) -> None:
    with pytest.raises(InvalidRequest, match="no candidate is named") as refused:
        measure_quants(QuantsPlan(model=str(pico_path), **QUICK), config, ignore, threading.Event())
    assert "hearth bench quants" in str(refused.value.hint)
    same = QuantsPlan(model=str(pico_path), candidates=(str(pico_path),), **QUICK)
    with pytest.raises(InvalidRequest, match="the reference itself"):
        measure_quants(same, config, ignore, threading.Event())


@pytest.mark.tiny
def test_a_stopped_one_ends_and_keeps_the_models(pico_path: Path, config: Config) -> None:
    cancelled = threading.Event()

    def stop(done: int, total: int, doing: str) -> None:
        if doing.startswith("Round"):
            cancelled.set()

    plan = QuantsPlan(model=str(pico_path), candidates=("Q8_0",), **QUICK)
    with pytest.raises(RequestAborted):
        measure_quants(plan, config, stop, cancelled)
    assert Library(config).resolve("pico-Q8_0").quantization == "Q8_0"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rounds": 2}, "--rounds is 2"),
        ({"answer_tokens": 1}, "--answer is 1"),
        ({"limit": -0.1}, "--limit is -0.1"),
        ({"candidates": ("Q4_0", "Q4_0")}, "named twice"),
    ],
)
def test_a_plan_out_of_range_is_refused(changes: dict, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        QuantsPlan(model="starter", **changes)


def test_a_plan_is_the_command_that_makes_it_again() -> None:
    plan = QuantsPlan(
        model="starter", candidates=("Q8_0",), rounds=5, limit=0.2, allow_requantize=True
    )
    assert plan.command == (
        *("hearth", "bench", "quants", "starter", "Q8_0"),
        *("--rounds", "5", "--limit", "0.2", "--allow-requantize"),
    )
    assert read_arguments(plan.arguments(), QuantsPlan) == plan
    with pytest.raises(InvalidRequest, match="model"):
        read_arguments({"candidates": ["Q8_0"]}, QuantsPlan)
