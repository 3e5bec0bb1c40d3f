"""What the outbox sends, and how seldom."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest

from hearth.core import FinishReason, Timings, Usage
from hearth.engine import messages as wire
from hearth.engine.frames import read_frame
from hearth.engine.worker.outbox import CROWDED, FREE, Outbox, Pace
from hearth.engine.worker.sequences import Ended, Grown

USAGE = Usage(prompt_tokens=1, completion_tokens=5)
TIMINGS = Timings(queue_s=0.0, prompt_s=0.0, decode_s=0.0)
SLOW = Pace(gather_s=1000.0, frames_per_s=1.0)
DONE = (FinishReason.STOP, None, USAGE, TIMINGS)


def sent(pipe: io.BytesIO) -> list[wire.FromWorker]:
    """Return the messages in the pipe, and empty it."""
    pipe.seek(0)
    decoder = wire.from_worker_decoder()
    messages = []
    while (body := read_frame(pipe)) is not None:
        messages.append(decoder.decode(body))
    pipe.seek(0)
    pipe.truncate()
    return messages


def test_the_first_token_goes_at_once_and_the_next_are_gathered() -> None:
    pipe = io.BytesIO()
    outbox = Outbox(pipe, SLOW)
    outbox.add([Grown(1, "a", None)])
    assert [message.text for message in sent(pipe)] == ["a"]
    for letter in "bcd":
        outbox.add([Grown(1, letter, None)])
    assert sent(pipe) == []
    outbox.add([Grown(1, "e", None), Ended(1, *DONE)])
    growth, done = sent(pipe)
    assert (growth.text, growth.num_tokens) == ("bcde", 4)
    assert isinstance(done, wire.Done)


def test_who_begins_waits_for_nobody_and_takes_the_others_along() -> None:
    pipe = io.BytesIO()
    outbox = Outbox(pipe, SLOW)
    outbox.add([Grown(1, "a", None)])
    outbox.add([Grown(1, "b", None)])
    sent(pipe)
    outbox.add([Grown(1, "c", None), Grown(2, "x", None)])
    assert {message.request_id: message.text for message in sent(pipe)} == {1: "bc", 2: "x"}


def test_flush_sends_what_was_gathered() -> None:
    pipe = io.BytesIO()
    outbox = Outbox(pipe, SLOW)
    outbox.add([Grown(1, "a", None)])
    outbox.add([Grown(1, "b", None)])
    sent(pipe)
    outbox.flush()
    assert [message.text for message in sent(pipe)] == ["b"]


def test_many_requests_share_the_frames_of_a_second() -> None:
    assert CROWDED.interval_s(1) == CROWDED.gather_s > FREE.gather_s
    assert CROWDED.interval_s(60) == 1.0
    assert FREE.interval_s(60) == 0.06


@pytest.mark.parametrize(
    ("step_s", "most_s"), [(0.02, 0.12), (0.06, 0.15), (0.09, 0.1), (0.2, 0.2)]
)
def test_no_text_is_kept_back_much_longer_than_the_pace(step_s: float, most_s: float) -> None:
    """Steps get longer while a prompt is computed; text does not wait for two of them."""
    pipe, now_s, sent_s = io.BytesIO(), 100.0, []
    outbox = Outbox(pipe, CROWDED, clock=lambda: now_s)
    for _ in range(100):
        now_s += step_s
        outbox.add([Grown(1, "a", None)])
        sent_s += [now_s] * len(sent(pipe))
    pauses = [late - early for early, late in pairwise(sent_s)]
    assert max(pauses) <= most_s + 0.001
