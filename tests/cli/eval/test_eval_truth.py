"""`hearth eval truth`, `choices`, `questions` and `leaks` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hearth.config import load_config
from hearth.measure.evidence import open_ledger
from support.command import Hearth

MINE = "statement,negation,answer\nFire is hot.,Fire is not hot.,yes\nIce is hot.,,no\n"
CHOICES = '{"question": "Which is hot?", "choices": ["fire", "ice"], "answer": 0}\n'


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text(MINE, encoding="utf-8")
    return path


@pytest.fixture
def mine_choices(tmp_path: Path) -> Path:
    path = tmp_path / "mine.jsonl"
    path.write_text(CHOICES, encoding="utf-8")
    return path


def test_a_dry_run_tells_what_would_be_asked(hearth: Hearth, mine: Path) -> None:
    shown = hearth("eval", "truth", "starter", "--dry-run")
    assert shown.status == 0, shown.err
    assert "450 questions of hearth, 450 of them asked negated too" in shown.out
    own = hearth("eval", "truth", "starter", "--questions", str(mine), "--dry-run")
    assert "2 questions of mine.csv, 1 of them asked negated too" in own.out


def test_the_questions_can_be_read_with_their_sources(hearth: Hearth) -> None:
    shown = hearth("eval", "questions", "--category", "physics", "--json")
    assert shown.status == 0, shown.err
    items = json.loads(shown.out)
    assert len(items) == 30
    assert {item["category"] for item in items} == {"physics"}
    assert all(item["source"].startswith("https://") for item in items)
    assert "30 statements" in hearth("eval", "questions", "--category", "physics").err


@pytest.mark.tiny
@pytest.mark.parametrize("evaluator", ["truth", "choices"])
def test_no_score_is_printed_of_a_model_that_answers_by_chance(
    hearth: Hearth, pico_path: Path, mine: Path, mine_choices: Path, evaluator: str
) -> None:
    asked = ("--questions", str(mine)) if evaluator == "truth" else (str(mine_choices),)
    refused = hearth("eval", evaluator, str(pico_path), *asked, "--threads", "1")
    assert (refused.status, refused.out) == (1, "")
    assert "prints no score: answers told in the prompt" in refused.err
    with open_ledger(load_config()) as ledger:
        assert ledger.list() == []


@pytest.mark.starter
@pytest.mark.timeout(300)  # sixty short prompts, on a machine that may be busy
def test_two_models_are_asked_the_same_and_compared(
    hearth: Hearth, starter_path: Path, mine: Path
) -> None:
    asked = ("--questions", str(mine), "--against", "starter", "--threads", "1")
    shown = hearth("eval", "truth", "starter", *asked)
    assert shown.status == 0, shown.err
    assert shown.out.count("evidence ") == 3
    assert "cannot tell yet which is right more often" in shown.out
    assert "balanced_accuracy" in shown.out
    with open_ledger(load_config()) as ledger:
        kinds = [record.kind for record in ledger.list()]
    assert sorted(kinds) == ["truth", "truth", "truth-difference"]


def test_leaks_are_listed(hearth: Hearth, mine: Path, tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    data.write_text(json.dumps({"text": "They say fire is hot."}), encoding="utf-8")
    found = hearth("eval", "leaks", str(data), "--questions", str(mine))
    assert found.status == 0, found.err
    assert "0 of 2 questions" in found.err  # three words stand anywhere by chance
    text = "Everybody knows: water boils at a lower temperature on a high mountain than at the sea"
    data.write_text(json.dumps({"text": text}), encoding="utf-8")
    rows = json.loads(hearth("eval", "leaks", str(data), "--json").out)
    assert [row["file"] for row in rows["leaks"]] == ["data.jsonl"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("truth", "starter", "--questions", "none.csv"), "none.csv cannot be read"),
        (("truth", "starter", "--category", "physiks"), "physiks"),
        (("truth", "starter", "--limit", "0"), "limit"),
        (("choices", "starter", "none.jsonl"), "none.jsonl cannot be read"),
        (("choices", "starter", "mine.jsonl", "--by", "colour"), "colour"),
        (("leaks", "none.txt"), "none.txt cannot be read"),
    ],
)
def test_what_is_wrong_is_refused(hearth: Hearth, words: tuple[str, ...], said: str) -> None:
    refused = hearth("eval", *words)
    assert (refused.status, refused.out) == (2, "")
    assert said in refused.err
