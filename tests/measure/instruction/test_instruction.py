"""Instructions: every one can be obeyed, right answers score all, and a run can be repeated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.errors import ControlFailed
from hearth.measure.arguments import ModelArguments
from hearth.measure.asking import Reply
from hearth.measure.checks import judge, self_test
from hearth.measure.evidence import open_ledger
from hearth.measure.instruction import bench_instruction, measure_instruction, read_items, replay
from hearth.measure.instruction.scoring import score


def test_the_instructions_pass_their_own_test() -> None:
    cases = read_items()
    assert len({case.id for case in cases}) == len(cases) >= 60
    controls = self_test("instruction", cases)
    assert all(control.has_passed for control in controls.controls)


def test_good_answers_score_all_and_empty_ones_nothing() -> None:
    cases = read_items()
    controls = self_test("instruction", cases)
    good = score(cases, [judge(case, Reply(text=case.good)) for case in cases], controls)
    none = score(cases, [judge(case, Reply(text="")) for case in cases], controls)
    assert good.strict.value == good.loose.value == 1.0
    assert all(share.value == 1.0 for share in good.groups.values())
    assert none.strict.value == 0.0
    assert good.chance.is_told
    assert set(good.groups) == {"language", "layout", "length", "structure", "wording"}


def test_answers_to_other_prompts_cannot_be_told_from_chance() -> None:
    cases = read_items()
    turned = cases[7:] + cases[:7]
    judged = [judge(case, Reply(text=o.good)) for case, o in zip(cases, turned, strict=True)]
    assert not score(cases, judged, self_test("instruction", cases)).chance.is_told


def test_swapped_answers_stop_the_score() -> None:
    first, second, *rest = read_items()
    swapped = [replace(first, good=second.good), replace(second, good=first.good), *rest]
    with pytest.raises(ControlFailed, match="good answers"):
        self_test("instruction", swapped)


@pytest.mark.tiny
def test_a_model_is_measured_and_measured_again_with_the_same_answers(pico_path: Path) -> None:
    config = load_config()
    cases = [replace(case, max_tokens=8) for case in read_items()[:6]]
    draft = measure_instruction(config, str(pico_path), cases=cases)
    assert draft.kind == "instruction"
    assert draft.summary["obeyed"].unit == "%"
    assert draft.subjects[0].digest
    assert draft.settings["controls"]
    with open_ledger(config) as ledger:
        record = ledger.get(ledger.add(draft).id)
        again = replay(record, config, lambda done, total, doing: None)
    assert again.items == record.items
    assert again.summary == record.summary


@pytest.mark.tiny
def test_a_job_measures_what_its_arguments_name(pico_path: Path) -> None:
    import threading

    from hearth.errors import RequestAborted

    cancelled = threading.Event()

    def stop(done: int, total: int, doing: str) -> None:
        if total:
            cancelled.set()

    with pytest.raises(RequestAborted):
        bench_instruction(ModelArguments(model=str(pico_path)), load_config(), stop, cancelled)
