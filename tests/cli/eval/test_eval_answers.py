"""`hearth eval` of answers in words: figures with their record, none from a broken suite."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import Hearth

SUITE = """
cases:
  - {name: boiling, prompt: "At how many degrees?", checks: [{number: 100}], good: "100",
     max_tokens: 8}
  - {name: tea, prompt: Say tea., checks: [{contains: tea}], good: Tea!, max_tokens: 8}
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "kitchen.yaml").write_text(SUITE, encoding="utf-8")
    return folder


@pytest.mark.tiny
def test_a_suite_is_run_and_compared_with_an_earlier_run(
    hearth: Hearth, suite: Path, pico_path: Path
) -> None:
    first = hearth("eval", "suite", str(pico_path), str(suite))
    assert first.status == 0, first.err
    assert "passed" in first.out
    assert "Failed: kitchen/tea (contains: tea)" in first.err
    evidence = first.out.rsplit("evidence ", 1)[1].strip()
    second = hearth("eval", "suite", str(pico_path), str(suite), "--before", evidence, "--json")
    assert second.status == 0, second.err
    record = json.loads(second.out)
    assert record["kind"] == "suite-change"
    assert record["summary"]["broken"]["value"] == 0


def test_a_suite_with_a_wrong_good_answer_prints_no_score(
    hearth: Hearth, suite: Path, pico_path: Path
) -> None:
    broken = SUITE.replace('good: "100"', "good: about a hundred")
    (suite / "kitchen.yaml").write_text(broken, encoding="utf-8")
    result = hearth("eval", "suite", str(pico_path), str(suite))
    assert result.status == 1
    assert result.out == ""
    assert "prints no score" in result.err
    assert "kitchen/boiling" in result.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("suite", "starter", "no-such-folder"), "holds no suite"),
        (("suite", "starter", ".", "--against", "a", "--before", "b"), "both given"),
        (("conversation", "starter", "--lengths", "many"), "no lengths"),
        (("conversation", "starter", "--facts", "1"), "facts"),
        (("language", "starter", "--samples", "1"), "samples"),
        (("harm", "starter", "--record", "abcd"), "either --sheet or --judged"),
        (("harm", "--sheet", "a.csv"), "either --sheet or --judged"),
        (("harm", "--record", "abcd1234", "--sheet", "a.csv"), "no record"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_measured(
    hearth: Hearth, words: tuple[str, ...], message: str
) -> None:
    result = hearth("eval", *words)
    assert result.status in (1, 2)
    assert message in result.err
    assert result.out == ""
