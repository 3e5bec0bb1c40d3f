"""Own suites: read strictly, tried on their good answers, compared case by case."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.core import Role
from hearth.errors import ControlFailed, InvalidRequest
from hearth.measure.evidence import open_ledger
from hearth.measure.statistics import Verdict
from hearth.measure.suites import (
    compare,
    compare_records,
    measure_suite,
    read_suite,
    replay,
    replay_change,
)
from hearth.measure.suites.comparing import Ran

KITCHEN = """
system: Answer briefly.
cases:
  - name: boiling
    prompt: At how many degrees Celsius does water boil? A number only.
    checks:
      - number: 100
    good: "100"
    max_tokens: 8
  - name: salt
    messages:
      - {role: user, content: I like salt.}
      - {role: assistant, content: Noted.}
      - {role: user, content: "What do I like? One word."}
    checks:
      - contains: salt
      - max_words: 3
    good: Salt.
    max_tokens: 8
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "mine"
    (path / "more").mkdir(parents=True)
    (path / "kitchen.yaml").write_text(KITCHEN, encoding="utf-8")
    (path / "more" / "tea.yml").write_text(
        "cases: [{name: tea, prompt: Say tea., checks: [{contains: tea}], good: Tea!, "
        "max_tokens: 8}]",
        encoding="utf-8",
    )
    (path / "readme.txt").write_text("no suite")
    return path


def test_a_folder_is_read_with_its_folders(folder: Path) -> None:
    suite = read_suite(folder)
    assert suite.name == "mine"
    assert [case.id for case in suite.cases] == ["kitchen/boiling", "kitchen/salt", "more/tea/tea"]
    boiling, salt, tea = suite.cases
    assert [message.role for message in boiling.messages] == [Role.SYSTEM, Role.USER]
    assert len(salt.messages) == 4
    assert len(tea.messages) == 1
    assert [case.id for case in read_suite(folder / "kitchen.yaml").cases] == [
        "kitchen/boiling", "kitchen/salt"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cases: []", "cases"),
        ("[1, 2]", "the top"),
        ("cases: [{name: a, prompt: b, checks: [{words: 1}]}]", "good"),
        ("cases: [{name: a, prompt: b, checks: [{words: 1}], good: c, extra: 1}]", "extra"),
        ("cases: [{name: a, prompt: b, checks: [], good: c}]", "no checks"),
        ("cases: [{name: a, checks: [{words: 1}], good: c}]", "prompt or messages"),
        ("cases: [{name: a, prompt: b, checks: [{word: 1}], good: c}]", "no check 'word'"),
        (
            "cases: [{name: a, messages: [{role: cook, content: b}], checks: [{words: 1}],"
            " good: c}]",
            "'cook'",
        ),
        (
            "cases: [{name: a, prompt: b, checks: [{words: 1}], good: c},"
            " {name: a, prompt: d, checks: [{words: 1}], good: e}]",
            "more than once",
        ),
        ("cases: [", "YAML"),
        ("a: !!python/object/apply:os.getcwd []", "YAML"),
    ],
)
def test_a_file_that_is_not_as_it_must_be_is_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "bad.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidRequest, match=message):
        read_suite(tmp_path)


def test_a_folder_without_a_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="holds no suite"):
        read_suite(tmp_path)


def ran(**outcomes: bool) -> list[Ran]:
    return [Ran(id=name, digest=name, has_passed=passed) for name, passed in outcomes.items()]


def test_two_runs_are_compared_case_by_case() -> None:
    before = ran(a=True, b=False, c=True, gone=True)
    after = [*ran(a=False, b=True, c=True), Ran(id="new", digest="new", has_passed=True)]
    change = compare(before, after)
    assert (change.broken, change.mended) == (("a",), ("b",))
    assert change.left_out == ("gone", "new")
    assert change.outcomes.verdict is Verdict.CANNOT_TELL


def test_a_case_that_was_edited_is_another() -> None:
    with pytest.raises(InvalidRequest, match="no case in common"):
        compare(ran(a=True), [Ran(id="a", digest="edited", has_passed=True)])


def test_many_broken_cases_are_told_from_chance() -> None:
    names = [f"case{number}" for number in range(12)]
    change = compare(ran(**dict.fromkeys(names, True)), ran(**dict.fromkeys(names, False)))
    assert change.outcomes.verdict is Verdict.LESS
    assert len(change.broken) == 12


def test_a_suite_whose_good_answer_fails_gives_no_score(folder: Path) -> None:
    path = folder / "kitchen.yaml"
    path.write_text(KITCHEN.replace('good: "100"', 'good: "99"'), encoding="utf-8")
    with pytest.raises(ControlFailed, match="kitchen/boiling"):
        measure_suite(load_config(), "no-model-is-asked", read_suite(folder))


@pytest.mark.tiny
def test_a_suite_is_run_compared_and_run_again(folder: Path, pico_path: Path) -> None:
    def silent(done: int, total: int, doing: str) -> None:
        """Take no notice."""

    config = load_config()
    draft = measure_suite(config, str(pico_path), read_suite(folder), folder="mine")
    assert draft.summary["passed"].value == 0.0  # random weights know nothing of kitchens
    assert draft.command == ("hearth", "eval", "suite", draft.subjects[0].name, "mine")
    with open_ledger(config) as ledger:
        record = ledger.get(ledger.add(draft).id)
        again = replay(record, config, silent)
        assert again.items == record.items
        change, told = compare_records(record, ledger.get(ledger.add(again).id), ("hearth",))
        assert (change.broken, change.mended, change.left_out) == ((), (), ())
        kept = ledger.get(ledger.add(told).id)
        assert [subject.role for subject in kept.subjects] == ["before", "after"]
        assert replay_change(kept, config, silent).summary == kept.summary


def test_other_evidence_is_no_run_of_a_suite(folder: Path) -> None:
    from dataclasses import replace
    from datetime import UTC, datetime

    from hearth.measure.evidence import Circumstances, Draft, Figure, Subject

    now = datetime(2026, 11, 22, tzinfo=UTC)
    other = Draft(
        kind="speed",
        subjects=(Subject(name="a"),),
        circumstances=Circumstances(begun_at=now, seconds=1.0, machine="m"),
        summary={"x": Figure(value=1.0)},
    )
    with pytest.raises(InvalidRequest, match="no run of a suite"):
        compare_records(other, replace(other, kind="suite"), ())
