"""`hearth arena`: votes from the keyboard, the board, files and judges."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import Hearth

KEYS = "1\n2\n3\n4\nx\n1\ns\nq\n"
pytestmark = pytest.mark.tiny


@pytest.fixture
def both(pico_path: Path) -> tuple[str, str]:
    """Two contestants of one model that answer in a few tokens."""
    return f"{pico_path}?max_tokens=4&name=usual", f"{pico_path}?max_tokens=4&temperature=0"


def test_votes_board_and_export(hearth: Hearth, both: tuple[str, str], tmp_path: Path) -> None:
    voted = hearth("arena", "vote", *both, "--prompt", "Hello?", stdin=KEYS)
    assert voted.status == 0, voted.err
    assert voted.out.count("Prompt: Hello?") == 7
    assert voted.out.count("\nLeft:\n") == 7
    assert voted.err.count("Left: ") == 5, "one was skipped, and one was left"
    assert "'x' is none of the keys" in voted.err
    assert "too early to say" in voted.out
    evidence = voted.out.split("evidence ")[1].split()[0]

    board = hearth("arena", "board", "--json")
    found = json.loads(board.out)
    assert (found["num_votes"], found["num_ties"], found["num_both_bad"]) == (4, 1, 1)
    assert found["evidence"] == evidence, "the board has not changed, nor has its record"
    names = {each["contestant"]["name"] for each in found["standings"]}
    assert "usual" in names
    listed = hearth("arena", "contestants")
    assert "usual" in listed.out

    out = tmp_path / "votes.jsonl"
    assert hearth("arena", "export", "--out", str(out)).status == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert lines[0] == {"format": "hearth-votes", "version": 1}
    assert sum("vote" in line for line in lines) == 5
    exported = hearth("arena", "export", "--preferences")
    assert exported.status == 0
    for line in exported.out.splitlines():
        assert json.loads(line)["prompt"][-1]["content"] == "Hello?"

    judged = hearth("arena", "judge", both[0], "--limit", "2")
    assert judged.status == 0, judged.err
    assert "The judge usual agrees with you on" in judged.out
    assert "of 2 pairs" in judged.out


def test_prompts_are_drawn(hearth: Hearth, both: tuple[str, str]) -> None:
    voted = hearth("arena", "vote", *both, "--votes", "1", stdin="t\n")
    assert voted.status == 0, voted.err
    assert "Prompt: " in voted.out
    assert "Votes that count: 1" in voted.out


def test_the_end_of_the_input_leaves(hearth: Hearth, both: tuple[str, str]) -> None:
    voted = hearth("arena", "vote", *both, "--prompt", "Hello?", stdin="")
    assert voted.status == 0
    assert "evidence" not in voted.out


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("vote", "{0}"), 2, "two contestants or more"),
        (("vote", "{0}", "no-such-model"), 1, "no-such-model"),
        (("vote", "{0}", "{0}?warmth=1"), 2, "'warmth' is no setting"),
        (("vote", "{0}", "{0}?temperature=9"), 2, "temperature is 9"),
        (("vote", "{0}", "{0}", "--from", "typed"), 2, "Prompts can be drawn from"),
        (("board",), 2, "hearth arena vote"),
        (("board", "nobody", "else"), 1, "names none"),
    ],
)
def test_what_cannot_be_done_is_refused(
    hearth: Hearth, pico_path: Path, words: tuple[str, ...], status: int, said: str
) -> None:
    refused = hearth("arena", *(word.format(pico_path) for word in words))
    assert refused.status == status, refused.err
    assert said in refused.err


def test_own_conversations_without_a_question_have_no_prompt(
    hearth: Hearth, both: tuple[str, str]
) -> None:
    refused = hearth("arena", "vote", *both, "--from", "conversation")
    assert refused.status == 2
    assert "no prompt to draw" in refused.err
