"""The lines that stand beside an answer, and whether a browser would be seen."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from hearth.cli.answer import Answer, figures_line, receipt_line, tokens_per_s
from hearth.cli.options import SAMPLING_HELP
from hearth.cli.server import has_display
from hearth.core import (
    SAMPLING_RANGES,
    ContextPolicy,
    Delta,
    Finished,
    FinishReason,
    Receipt,
    Started,
    Timings,
    Usage,
)


def _finished(*, num_tokens: int = 11, cached: int = 0, decode_s: float = 2.0) -> Finished:
    return Finished(
        reason=FinishReason.STOP,
        usage=Usage(prompt_tokens=40, completion_tokens=num_tokens, cached_tokens=cached),
        timings=Timings(queue_s=0.25, prompt_s=0.5, decode_s=decode_s),
    )


def test_the_first_token_does_not_count_towards_the_speed() -> None:
    assert tokens_per_s(_finished()) == 5.0


@pytest.mark.parametrize("event", [_finished(num_tokens=1), _finished(decode_s=0.0)])
def test_an_answer_can_be_too_short_for_a_speed(event: Finished) -> None:
    assert tokens_per_s(event) is None
    assert "too short" in figures_line(event)


def test_figures() -> None:
    assert figures_line(_finished(cached=30)) == (
        "first token 0.75 s · 5.0 tokens/s · prompt 40 tokens (30 from the cache) · "
        "answer 11 tokens, ended by stop"
    )


def test_tokens_that_took_no_step_of_their_own_are_told() -> None:
    finished = _finished()
    usage = replace(finished.usage, drafted_tokens=9, accepted_tokens=7)
    line = figures_line(replace(finished, usage=usage))
    assert line.endswith("answer 11 tokens (7 guessed ahead), ended by stop")


def test_a_receipt_says_what_was_cut() -> None:
    receipt = Receipt(
        policy=ContextPolicy.DROP_OLDEST,
        context_tokens=512,
        prompt_tokens_before=900,
        prompt_tokens_after=256,
        dropped_messages=(1, 2),
    )
    assert receipt_line(receipt) == (
        "The prompt was cut (drop_oldest): 900 tokens to 256, context 512, 2 messages left out."
    )


def test_an_answer_is_collected_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    answer = Answer(quiet=False, streams=True)
    events = [Started(prompt_tokens=40, context_tokens=512), Delta(text="Hi", num_tokens=11)]
    for event in [*events, _finished()]:
        answer.take(event)
    captured = capsys.readouterr()
    assert captured.out == "Hi\n"
    assert captured.err.startswith("first token 0.75 s")
    assert answer.as_data("m")["tokens_per_s"] == 5.0


def test_every_sampling_setting_is_explained() -> None:
    assert SAMPLING_HELP.keys() == SAMPLING_RANGES.keys()


@pytest.mark.skipif(sys.platform != "linux", reason="displays are told apart on Linux only")
@pytest.mark.parametrize(
    ("environment", "seen"),
    [({}, False), ({"DISPLAY": ":0"}, True), ({"DISPLAY": ":0", "SSH_CONNECTION": "x"}, False)],
)
def test_a_browser_opens_only_where_it_is_seen(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], seen: bool
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert has_display() is seen
