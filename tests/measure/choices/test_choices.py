"""Multiple choice: reading, asking, scoring, and what fails the self-test."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.errors import ControlFailed, InvalidRequest
from hearth.measure.choices import (
    BY,
    By,
    Choice,
    ChoicesArguments,
    ChoiceSet,
    ChoicesPlan,
    Chosen,
    choose_all,
    measure_choices,
    plan_choices,
    read_choices,
    score,
)
from hearth.measure.choices.controls import try_evaluator
from hearth.measure.choices.keeping import items_table, questions_of
from hearth.measure.choices.measuring import evaluate
from hearth.measure.choices.weighing import Speaker
from hearth.measure.controls import Tally, passed, planted, shuffled
from hearth.measure.evidence import Ledger
from hearth.store.database import Database
from support.speakers import Cut, Guessing, Pupil, Swapped, WithoutNumbers

ITEMS = tuple(
    Choice(
        question=f"Which number comes after {number}?",
        answers=tuple(str(number + step) for step in (3, 1, 2, 7)),
        right=(1,),
    )
    for number in range(1000, 1040)
)
CONTROLS = passed(
    "choices",
    planted("key", Tally(right=2, total=2)),
    shuffled("others", Tally(right=1, total=2), chance=0.5),
)


class Lettered(Pupil):
    """Knows answers by their text, and finds the letter before them."""

    def _answer(self, prompt: str) -> str:
        known = super()._answer(prompt)
        letters = [line[0] for line in prompt.splitlines() if line[1:] == f". {known}"]
        return letters[0] if letters else known


def knowing(items: Sequence[Choice], by: By, *, wrong: int = 0) -> Pupil:
    book = {
        item.question: item.answers[(item.wrong if number < wrong else item.right)[0]]
        for number, item in enumerate(items)
    }
    return (Lettered if by == "letter" else Pupil)(book)


def quiet(done: int, total: int, doing: str) -> None:
    """Take progress, and tell nobody."""


def plan(by: By) -> ChoicesPlan:
    return ChoicesPlan(model="pupil", questions=ChoiceSet(name="mine", items=ITEMS), by=by)


@pytest.mark.parametrize("by", BY)
def test_a_sound_model_gets_its_score(by: By) -> None:
    scores, chosen = evaluate(knowing(ITEMS, by, wrong=10), plan(by), quiet)
    assert scores.accuracy.value == pytest.approx(30 / 40)
    assert scores.chance.is_told
    assert scores.probability_of_right.value == pytest.approx(0.7, abs=0.1)
    assert (scores.steady is None) == (by == "text")
    assert (scores.accuracy_per_byte is None) == (by == "letter")
    assert len(chosen) == 40


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("broken", [Swapped, WithoutNumbers, Cut, Guessing])
def test_a_scorer_that_is_broken_gets_none(broken: type, by: By) -> None:
    with pytest.raises(ControlFailed, match="answers told in the prompt"):
        evaluate(broken(knowing(ITEMS, by)), plan(by), quiet)


def off_by_one(speaker: Speaker, items: Sequence[Choice], by: By) -> Sequence[Chosen]:
    return [
        replace(each, scores=(*each.scores[1:], each.scores[0]))
        for each in choose_all(speaker, items, by)
    ]


def peeking(speaker: Speaker, items: Sequence[Choice], by: By) -> Sequence[Chosen]:
    return [
        Chosen(
            item=item,
            scores=tuple(-1.0 if place in item.right else -9.0 for place in range(4)),
        )
        for item in items
    ]


@pytest.mark.parametrize(
    ("evaluator", "said"),
    [(off_by_one, "answers from the key: 0 of 40"), (peeking, "answers drawn blindly: 40 of 40")],
)
def test_an_evaluator_that_is_broken_fails_a_control(evaluator, said: str) -> None:
    with pytest.raises(ControlFailed) as failed:
        try_evaluator(knowing(ITEMS, "letter"), ITEMS, "letter", choosing=evaluator)
    assert said in failed.value.message


def test_a_liking_for_a_letter_cancels() -> None:
    class AlwaysA(Pupil):
        def _answer(self, prompt: str) -> str:
            return "A"

    chosen = choose_all(AlwaysA({}), ITEMS, "letter")
    assert {each.best for each in chosen} == {None}  # each answer stood under A once
    assert not any(each.is_steady for each in chosen)
    assert score(chosen, CONTROLS).accuracy.value == 0.0


def test_several_right_answers_count_together() -> None:
    item = Choice(question="Which is even?", answers=("1", "2", "4"), right=(1, 2))
    scores = score([Chosen(item=item, scores=(-1.0, -2.0, -0.5))], CONTROLS)
    assert scores.accuracy.value == 1.0
    assert scores.probability_of_right.value == pytest.approx(0.6685, abs=0.0001)


CSV = 'question,A,B,C,answer,subject\nWhich is blue?,grass,"the sky, by day",,b,x\n'
ROWS = [
    {"question": "Which is a planet?", "choices": ["Vega", "Mars"], "answer": 1},
    {"question": "Which is a star?", "choices": ["Vega", "Mars"], "answer": "Vega"},
    {"question": "Which are stars?", "choices": ["Vega", "Mars", "Sun"], "answer": ["A", 2]},
]


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_questions_are_read_from_csv_and_jsonl(tmp_path: Path) -> None:
    found = read_choices(write(tmp_path, "mine.csv", CSV))
    assert found.items[0].answers == ("grass", "the sky, by day")
    assert found.items[0].right == (1,)
    assert found.notes == ("Columns that were not used: subject.",)
    lines = "\n".join(json.dumps(row) for row in ROWS)
    items = read_choices(write(tmp_path, "mine.jsonl", lines)).items
    assert [item.right for item in items] == [(1,), (0,), (0, 2)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"choices": ["a", "b"], "answer": 0}, "needs a `question`"),
        ({"question": "?", "choices": "ab", "answer": 0}, "no list"),
        ({"question": "?", "choices": ["a"], "answer": 0}, "1 answers; 2 to 26"),
        ({"question": "?", "choices": ["a", "a"], "answer": 0}, "there twice"),
        ({"question": "?", "choices": ["a", ""], "answer": 0}, "is empty"),
        ({"question": "?", "choices": ["a", 3], "answer": 0}, "no text"),
        ({"question": "?", "choices": ["x", "y"], "answer": "C"}, "a letter up to B"),
        ({"question": "?", "choices": ["x", "y"], "answer": 2}, "is '2'"),
        ({"question": "?", "choices": ["x", "y"], "answer": True}, "is 'True'"),
        ({"question": "?", "choices": ["x", "y"]}, "is 'None'"),
        ({"question": "?", "choices": ["x", "y"], "answer": [0, 1]}, "not all"),
        ({"question": "?", "choices": ["x", "y"], "answer": []}, "not all"),
    ],
)
def test_what_is_wrong_is_told_with_its_row(tmp_path: Path, row: dict, said: str) -> None:
    good = {"question": "first?", "choices": ["x", "y"], "answer": 0}
    path = write(tmp_path, "mine.jsonl", f"{json.dumps(good)}\n{json.dumps(row)}")
    with pytest.raises(InvalidRequest, match="row 2") as refused:
        read_choices(path)
    assert said in refused.value.message


def test_a_plan_tells_what_will_be_asked(tmp_path: Path) -> None:
    path = write(tmp_path, "mine.jsonl", "\n".join(json.dumps(row) for row in ROWS))
    made = plan_choices(ChoicesArguments(model="starter", file=path, limit=2))
    assert made.num_asked == 48 + 4
    assert "guessing has 50% right" in str(made)
    leaky = write(tmp_path, "data.txt", "he asked which is a planet? nobody knew")
    assert (
        len(
            plan_choices(
                ChoicesArguments(model="starter", file=path, training_data=(leaky,))
            ).questions.items
        )
        == 2
    )
    with pytest.raises(InvalidRequest, match="by letter or by text"):
        ChoicesArguments(model="starter", file=path, by="colour")


def test_a_record_holds_all_that_was_asked() -> None:
    chosen = choose_all(knowing(ITEMS, "text"), ITEMS, "text")
    table = items_table(chosen)
    assert table.column("is_right") == (True,) * 40
    assert json.loads(str(table.column("answers")[0])) == list(ITEMS[0].answers)


@pytest.mark.tiny
def test_a_model_of_random_numbers_gets_no_score(pico_path: Path, tmp_path: Path) -> None:
    path = write(tmp_path, "mine.jsonl", "\n".join(json.dumps(row) for row in ROWS))
    with pytest.raises(ControlFailed, match="answers told in the prompt"):
        measure_choices(
            plan_choices(ChoicesArguments(model=str(pico_path), file=path, threads=1)),
            load_config(),
            quiet,
        )


@pytest.mark.starter
@pytest.mark.timeout(300)  # fifty short prompts, on a machine that may be busy
def test_the_starter_has_a_score_with_its_evidence(
    database: Database, starter_path: Path, tmp_path: Path
) -> None:
    path = write(tmp_path, "mine.jsonl", "\n".join(json.dumps(row) for row in ROWS))
    made = plan_choices(ChoicesArguments(model="starter", file=path, by="text", threads=1))
    scores, draft = measure_choices(made, load_config(), quiet)
    record = Ledger(database).add(draft)
    assert questions_of(record).items == read_choices(path).items
    assert record.summary == scores.figures()
    assert record.settings["by"] == "text"
