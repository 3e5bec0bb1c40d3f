"""Figures of a text are what they say, loops are found, and a broken finder gives no score."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.errors import ControlFailed, InvalidRequest
from hearth.measure.evidence import open_ledger
from hearth.measure.language import (
    LanguagePlan,
    Written,
    loops,
    measure_language,
    read_prompts,
    read_texts,
    repetition,
    replay,
    sameness,
    score,
    self_test,
    vocabulary,
)


def test_repetition_is_the_share_of_ngrams_that_came_before() -> None:
    assert repetition("a b c d e f g") == 0.0
    assert repetition("a b c d a b c d") == pytest.approx(1 / 5)
    assert repetition("a " * 23) == pytest.approx(19 / 20)
    assert repetition("too short") == repetition("") == 0.0


def test_vocabulary_is_the_share_of_different_words_in_a_window() -> None:
    assert vocabulary("one two three") == 1.0
    assert vocabulary("One one ONE one") == 0.25
    assert vocabulary("x " * 100) == pytest.approx(1 / 50)
    assert vocabulary("...") == 0.0


def test_sameness_is_what_two_answers_share() -> None:
    assert sameness(["a b c d", "a b c d"]) == 1.0
    assert sameness(["a b c d", "w x y z"]) == 0.0
    assert sameness(["a b c d", "b c d e"]) == pytest.approx(1 / 3)
    assert sameness(["alone"]) == 0.0


@pytest.mark.parametrize(
    ("text", "is_loop"),
    [
        ("I went home. " + "And then we ate. " * 4, True),
        ("And then we ate. " * 4 + "And then", True),
        ("so " * 12, True),
        ("no, no, no", False),
        ("We ate. " * 2, False),
        ("And then we ate. " * 4 + "At last everybody went to bed and slept until noon.", False),
        ("", False),
    ],
)
def test_a_loop_is_at_the_end_and_long_enough(text: str, is_loop: bool) -> None:
    assert loops(text) is is_loop


def test_the_finder_of_loops_passes_its_own_test() -> None:
    assert [control.kind for control in self_test().controls] == [
        "planted", "opposite", "shuffled"
    ]  # fmt: skip


@pytest.mark.parametrize("finder", [lambda text: False, lambda text: not loops(text)])
def test_a_broken_finder_stops_the_score(finder) -> None:
    with pytest.raises(ControlFailed, match="language"):
        self_test(finder)


def written(texts: list[str]) -> list[Written]:
    return [
        Written(prompt=prompt, answer=texts[(place + sample) % len(texts)], is_cut=False)
        for place, prompt in enumerate(read_prompts())
        for sample in range(2)
    ]


def test_texts_by_a_person_score_as_a_person_does_and_loops_as_loops() -> None:
    person = score(written(list(read_texts())), self_test(), seed=0)
    loop = score(written(["and so on " * 30]), self_test(), seed=0)
    assert person.repetition.value == pytest.approx(person.person_repetition, abs=0.01)
    assert person.vocabulary.value == pytest.approx(person.person_vocabulary, abs=0.02)
    assert (person.looping.value, loop.looping.value) == (0.0, 1.0)
    assert loop.repetition.value > 0.9
    assert loop.sameness.value == 1.0
    assert person.ended.value == 1.0
    assert (person.empty, score(written([""]), self_test(), seed=0).empty) == (0, 40)


@pytest.mark.parametrize("wrong", [{"samples": 1}, {"max_tokens": 3}, {"temperature": 9.0}])
def test_a_plan_out_of_range_is_refused(wrong: dict) -> None:
    with pytest.raises(InvalidRequest):
        LanguagePlan(**wrong)


@pytest.mark.tiny
def test_a_model_is_measured_and_measured_again_with_the_same_answers(pico_path: Path) -> None:
    config = load_config()
    draft = measure_language(config, str(pico_path), LanguagePlan(max_tokens=16, seed=5))
    assert draft.items is not None
    assert len(draft.items.rows) == 40
    assert len(set(draft.items.column("answer"))) > 20  # seeds and prompts make a difference
    with open_ledger(config) as ledger:
        record = ledger.get(ledger.add(draft).id)
        again = replay(record, config, lambda done, total, doing: None)
    assert again.items == record.items
    assert again.command == draft.command
