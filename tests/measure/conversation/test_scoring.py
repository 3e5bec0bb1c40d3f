"""What is kept: answers by the values they name, controls, and how far it reaches."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.errors import ControlFailed
from hearth.measure.conversation import (
    ConversationPlan,
    FactAsked,
    Kept,
    measure_conversation,
    read_answer,
    replay,
    score,
)
from hearth.measure.conversation.scoring import chance_of, effective_length, self_test
from hearth.measure.evidence import open_ledger
from hearth.measure.statistics import wilson
from support.pico import write_pico

VALUES = ("attic", "cellar", "garage", "shed")


def facts(answers: dict[int, str], per_length: int = 20) -> list[FactAsked]:
    return [
        FactAsked(
            length=length,
            distance=length // 2,
            depth=(place % 2) * 1.0,
            question="Where is the key?",
            value="attic",
            former="cellar" if place % 2 else None,
            values=VALUES,
            answer=answer,
        )
        for length, answer in answers.items()
        for place in range(per_length)
    ]


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ("The Attic.", Kept.RIGHT),
        ("It is in the cellar", Kept.FORMER),
        ("garage", Kept.OTHER),
        ("It was in the cellar, now in the attic.", Kept.SEVERAL),
        ("I do not know", Kept.NONE),
        ("attics", Kept.NONE),
        ("", Kept.NONE),
    ],
)
def test_an_answer_is_read_by_the_values_that_it_names(answer: str, kept: Kept) -> None:
    assert read_answer(answer, "attic", "cellar", VALUES) is kept


def test_known_answers_pass_the_controls() -> None:
    controls = self_test(facts({512: ""}), seed=0)
    assert [control.kind for control in controls.controls] == ["planted", "opposite", "shuffled"]
    assert chance_of(facts({512: ""})) == 0.25


def test_a_wrong_key_stops_the_score() -> None:
    # The value that is said to be right is none that was mentioned: the key is broken.
    broken = [
        FactAsked(length=512, distance=9, depth=0, question="?", value="moon", former=None,
                  values=VALUES)
    ] * 40  # fmt: skip
    with pytest.raises(ControlFailed, match="right values"):
        self_test(broken, seed=0)


def test_scores_are_told_by_length_depth_and_kind() -> None:
    asked = facts({512: "attic", 1024: "cellar", 2048: "attic"})
    found = score(asked, self_test(asked, seed=0), needed=0.8)
    assert {length: share.value for length, share in found.by_length.items()} == {
        512: 1.0, 1024: 0.0, 2048: 1.0
    }  # fmt: skip
    assert found.effective.value == 512
    assert found.told_once.value == found.changed.value == pytest.approx(2 / 3)
    assert found.answers[Kept.RIGHT] == 40
    assert found.answers[Kept.FORMER] + found.answers[Kept.OTHER] == 20
    assert found.chance.is_told


def test_guessing_cannot_be_told_from_chance() -> None:
    asked = [
        one.answered(VALUES[place % 4], 512)
        for place, one in enumerate(facts({512: ""}, per_length=40))
    ]
    assert not score(asked, self_test(asked, seed=0), needed=0.8).chance.is_told


def test_the_effective_context_ends_before_the_first_length_that_keeps_too_little() -> None:
    shares = {512: wilson(30, 30), 1024: wilson(26, 30), 2048: wilson(15, 30), 4096: wilson(30, 30)}
    found = effective_length(shares, 0.8)
    assert (found.low, found.value, found.high) == (512, 1024, 1024)
    assert effective_length({512: wilson(0, 30)}, 0.8).value == 0


@pytest.mark.tiny
def test_a_model_is_measured_and_measured_again_with_the_same_answers(tmp_path: Path) -> None:
    model = write_pico(tmp_path / "long.gguf", context=4096)
    plan = ConversationPlan(lengths=(1200,), conversations=2, facts=2)
    draft = measure_conversation(load_config(), str(model), plan)
    assert draft.summary["effective context"].value == 0  # random weights keep nothing
    assert draft.items is not None
    assert all(900 < tokens <= 1200 for tokens in draft.items.column("tokens"))
    distances = draft.items.column("distance")
    assert all(distance >= 0 for distance in distances)
    assert min(distances) < max(distances)
    config = load_config()
    with open_ledger(config) as ledger:
        record = ledger.get(ledger.add(draft).id)
        again = replay(record, config, lambda done, total, doing: None)
    assert again.items == record.items
