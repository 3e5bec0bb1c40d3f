"""Answers as evidence, and two models on the same questions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hearth.errors import InvalidRequest
from hearth.measure.evidence import Circumstances, Draft, Ledger, Subject
from hearth.measure.statistics import Verdict
from hearth.measure.truth import QuestionSet, TruthPlan, answers_of, built_in, difference
from hearth.measure.truth.keeping import items_table, questions_of
from hearth.measure.truth.measuring import evaluate
from hearth.store.database import Database
from support.speakers import knowing

QUESTIONS = built_in().of(limit=60)
COMMAND = ("hearth", "eval", "truth", "a", "--against", "b")


def drafted(name: str, questions: QuestionSet = QUESTIONS, *, wrong: int = 0) -> Draft:
    plan = TruthPlan(model=name, questions=questions)
    pupil = knowing(questions.items, wrong=wrong)
    scores, answered = evaluate(pupil, plan, lambda done, total, doing: None)
    return Draft(
        kind="truth",
        subjects=(Subject(name=name, digest=name * 64),),
        circumstances=Circumstances(
            begun_at=datetime(2026, 11, 22, tzinfo=UTC), seconds=1.0, machine="m"
        ),
        summary=scores.figures(),
        items=items_table(answered),
        settings={
            "questions": questions.name,
            "questions_digest": questions.digest,
            "num_questions": len(answered),
            "engine": {"threads": 1},
        },
        seed=0,
    )


def test_a_record_holds_all_that_was_asked_and_answered(database: Database) -> None:
    draft = drafted("a", wrong=10)
    ledger = Ledger(database)
    record = ledger.get(ledger.add(draft).id)
    assert answers_of(record) == answers_of(draft)
    asked = questions_of(record)
    assert asked.items == QUESTIONS.items
    assert (asked.name, asked.digest) == (QUESTIONS.name, QUESTIONS.digest)


def test_the_better_model_is_told(database: Database) -> None:
    found, draft = difference(drafted("a", wrong=2), drafted("b", wrong=20), COMMAND)
    assert (found.only_a, found.only_b, found.neither) == (18, 0, 2)
    assert found.verdict is Verdict.MORE
    assert draft.summary["difference"].value == pytest.approx(30.0)
    assert [subject.role for subject in draft.subjects] == ["a", "b"]
    record = Ledger(database).add(draft)
    assert record.kind == "truth-difference"
    assert questions_of(draft).digest == QUESTIONS.digest


def test_two_that_are_the_same_cannot_be_told_apart() -> None:
    found, _ = difference(drafted("a", wrong=9), drafted("b", wrong=9), COMMAND)
    assert found.verdict is Verdict.CANNOT_TELL
    assert found.p == 1.0


def test_different_questions_are_not_compared() -> None:
    other = built_in().of(limit=30)
    with pytest.raises(InvalidRequest, match="different questions"):
        difference(drafted("a"), drafted("b", other), COMMAND)
