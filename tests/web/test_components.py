"""What components draw: escaped, complete, and with words beside every colour."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from jinja2 import UndefinedError

from hearth.core import (
    ContextPolicy,
    ModelState,
    ModelStatus,
    Receipt,
    RenderedPrompt,
    Role,
    Started,
    Token,
    TokenChoice,
    TokenTrace,
)
from hearth.errors import InvalidRequest
from hearth.store.records import ChatSettings, MessageStatus, StoredMessage
from hearth.web.components import lens, sampling
from hearth.web.components.announcer import Announcer
from hearth.web.components.message import answer_line, branch_switch
from hearth.web.components.meter import Fill, fill_after, ring
from hearth.web.components.prompt import MAX_SHOWN, prompt_dialog
from hearth.web.components.receipt import receipt_line, receipt_words
from hearth.web.components.status import (
    confinement_panel,
    offline_chip,
    status_chips,
    waiting_words,
)
from hearth.web.parts import part

EVIL = '"><script>alert(1)</script>'

ANSWER = StoredMessage(
    id=7,
    conversation_id="c",
    parent_id=6,
    role=Role.ASSISTANT,
    content="Hello",
    status=MessageStatus.COMPLETE,
    created_at=datetime.now(UTC),
)
READY = ModelStatus(
    name="starter", path="/m.gguf", state=ModelState.READY, progress=1, confined=True
)


def trace(text: str, logprob: float, *others: tuple[str, float]) -> TokenTrace:
    alternatives = tuple(
        TokenChoice(id=i, text=other, logprob=p) for i, (other, p) in enumerate(others)
    )
    return TokenTrace(
        id=99, text=text, raw=text.encode(), logprob=logprob, alternatives=alternatives
    )


# --- parts ------------------------------------------------------------------------------------


def test_parts_escape_what_they_are_given() -> None:
    html = part("top", title=EVIL, exportable=False)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        part("top", title="x")


# --- lens -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("logprob", "expected"),
    [(0.0, 0.0), (math.log(1 / 16), 0.5), (math.log(1 / 256), 1.0), (-100.0, 1.0)],
)
def test_surprise_is_counted_in_bits(logprob: float, expected: float) -> None:
    assert lens.surprise(logprob) == pytest.approx(expected)


@pytest.mark.parametrize("logprob", [math.inf, -math.inf, math.nan])
def test_surprise_survives_any_number(logprob: float) -> None:
    assert 0.0 <= lens.surprise(logprob) <= 1.0


def test_the_lens_escapes_and_names_tokens() -> None:
    html = lens.token_lens(7, [trace(EVIL, -1.0), trace("\n", -0.1), trace("", -0.1)])
    assert "<script>" not in html
    assert 'aria-label="line break' in html
    assert html.count('role="button"') == 3
    assert html.count('tabindex="0"') == 1  # one stop of the Tab key


def test_the_chosen_token_stands_among_its_alternatives() -> None:
    html = lens.alternatives_panel(7, 0, trace("rare", -9.0, ("the", -0.1), ("a", -2.5)))
    assert html.count("<li>") == 3
    assert html.count('data-do="fork"') == 2
    assert "chosen" in html


def test_only_what_was_considered_can_be_chosen() -> None:
    traces = [trace("x", -1.0, ("the", -0.1))]
    assert lens.find_choice(traces, 0, 0).text == "the"
    for index, token_id in ((0, 5), (1, 0), (-1, 0)):
        with pytest.raises(InvalidRequest):
            lens.find_choice(traces, index, token_id)


def test_a_part_of_a_character_is_shown_as_its_bytes() -> None:
    half = TokenTrace(id=1, text="\ufffd", raw=b"\xf0\x9f", logprob=-1.0)
    html = lens.token_lens(7, [half])
    assert "\\xF0\\x9F" in html
    assert "part of a character" in html


def test_a_leading_space_can_be_seen() -> None:
    assert lens.with_space(" the") == "␣the"
    assert lens.with_space("\x00") == "\ufffd"


# --- prompt, receipt, meter -------------------------------------------------------------------


def test_a_very_long_prompt_shows_both_ends_and_says_so() -> None:
    tokens = tuple(Token(id=i, text=f"t{i} ") for i in range(2 * MAX_SHOWN + 500))
    html = prompt_dialog(RenderedPrompt(text="x", tokens=tokens))
    assert html.count("<span class") == 2 * MAX_SHOWN
    assert "500 tokens not shown" in html


def test_nothing_cut_has_no_receipt() -> None:
    assert receipt_line(None) == ""


def test_a_receipt_says_what_was_cut() -> None:
    receipt = Receipt(
        policy=ContextPolicy.DROP_OLDEST,
        context_tokens=2048,
        prompt_tokens_before=3000,
        prompt_tokens_after=1700,
        dropped_messages=(0, 1, 2),
    )
    words = receipt_words(receipt)
    assert "3 messages from the beginning" in words
    assert "3,000 tokens" in words
    assert "1,700" in words


def test_the_ring_says_its_share() -> None:
    assert "50 % full" in ring(Fill(used=1024, context=2048))
    assert 'class="ring bad"' in ring(Fill(used=5000, context=2048))
    assert Fill(used=1, context=0).share == 0.0


def test_the_fill_of_an_answer_is_prompt_and_answer() -> None:
    started = Started(prompt_tokens=40, context_tokens=2048)
    assert fill_after(replace(ANSWER, started=started, num_tokens=60)) == Fill(
        used=100, context=2048
    )
    assert fill_after(ANSWER) is None
    assert fill_after(None) is None


# --- status -----------------------------------------------------------------------------------


def test_the_chip_says_each_state_in_words() -> None:
    assert "confined, offline" in status_chips([READY], "starter", speed=None, fill=None)
    open_one = replace(READY, confined=False)
    assert "not confined" in status_chips([open_one], "starter", speed=None, fill=None)
    assert "not loaded" in status_chips([], "starter", speed=None, fill=None)
    assert "not reachable" in offline_chip()
    assert "84 tok/s" in status_chips([READY], "/m.gguf", speed=84.2, fill=None)


def test_confinement_lists_what_was_refused() -> None:
    html = confinement_panel([replace(READY, confinement="refused open a file\nallowed a socket")])
    assert "Refused: open a file" in html
    assert "Not refused: a socket" in html


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (None, "Loading the model"),
        (replace(READY, state=ModelState.LOADING, progress=0.456), "Loading the model, 46%"),
        (replace(READY, waiting=2), "Waiting; 2 in the queue"),
        (READY, "Reading the prompt"),
    ],
)
def test_waiting_has_a_reason(status: ModelStatus | None, words: str) -> None:
    assert waiting_words(status) == words


# --- messages ---------------------------------------------------------------------------------


def test_an_only_child_has_no_branches() -> None:
    assert branch_switch(replace(ANSWER, siblings=(7,))) == ""


def test_branches_lead_to_their_neighbours() -> None:
    html = branch_switch(replace(ANSWER, siblings=(5, 7, 9)))
    assert "2/3" in html
    assert 'data-id="5"' in html
    assert 'data-id="9"' in html


@pytest.mark.parametrize(
    ("status", "words"),
    [(MessageStatus.STOPPED, "stopped by you"), (MessageStatus.INTERRUPTED, "cut off")],
)
def test_an_unfinished_answer_says_why(status: MessageStatus, words: str) -> None:
    line = answer_line(replace(ANSWER, status=status, num_tokens=12))
    assert words in line[0]
    assert line[1] == "12 tokens"


# --- sampling ---------------------------------------------------------------------------------


SETTINGS = ChatSettings(model="starter")


def test_a_changed_field_changes_only_itself() -> None:
    changed = sampling.changed(SETTINGS, "temperature", "0.3")
    assert changed.sampling.temperature == 0.3
    assert replace(changed, sampling=SETTINGS.sampling) == SETTINGS


def test_empty_means_no_limit_and_a_new_seed() -> None:
    limited = sampling.changed(sampling.changed(SETTINGS, "max_tokens", "64"), "seed", "7")
    assert (limited.max_tokens, limited.sampling.seed) == (64, 7)
    assert sampling.changed(limited, "max_tokens", "").max_tokens is None
    assert sampling.changed(limited, "seed", " ").sampling.seed is None


def test_a_conversation_can_be_kept_out_of_the_cache() -> None:
    changed = sampling.changed(SETTINGS, "cache", "off")
    assert not changed.cache
    assert 'value="off" selected' in sampling.sampling_panel(changed)
    assert sampling.reset(changed).cache


def test_the_context_policy_is_a_choice() -> None:
    changed = sampling.changed(SETTINGS, "context_policy", "keep_ends")
    assert changed.context_policy is ContextPolicy.KEEP_ENDS


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("temperature", "nan"),
        ("temperature", "-1"),
        ("temperature", "1e9"),
        ("temperature", ""),
        ("top_k", "1.5"),
        ("top_k", "forty"),
        ("seed", "-1"),
        ("context_policy", "silently"),
        ("cache", "perhaps"),
        ("model", "other"),
        ("__class__", "x"),
    ],
)
def test_what_is_not_allowed_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        sampling.changed(SETTINGS, name, text)
    assert name in caught.value.message


def test_the_popover_shows_the_values_and_reset_brings_defaults() -> None:
    changed = sampling.changed(SETTINGS, "temperature", "0.35")
    assert 'value="0.35"' in sampling.sampling_panel(changed)
    assert sampling.reset(changed) == SETTINGS


# --- what a screen reader is told -------------------------------------------------------------


def test_sentences_are_said_once_and_whole() -> None:
    announcer = Announcer()
    assert announcer.newly_complete("The sky is") == ""
    assert announcer.newly_complete("The sky is blue. And the") == "The sky is blue."
    assert announcer.newly_complete("The sky is blue. And the sea too") == ""
    text = "The sky is blue. And the sea too"
    assert announcer.newly_complete(text, ended=True) == "And the sea too"


def test_marks_of_markdown_are_not_said() -> None:
    assert Announcer().newly_complete("**Bold** `code`. Next") == "Bold code."


def test_full_width_sentences_need_no_space() -> None:
    assert Announcer().newly_complete("你好。再") == "你好。"
