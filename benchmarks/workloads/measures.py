"""How a side is measured: each function gives one figure, and counters that no noise can change.

A figure is a speed in tokens a second, or a time in seconds; which one a case says.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from workloads.answers import Answer, Stream
from workloads.sides import HearthSide, PeerSide, Side
from workloads.texts import Texts

VICTIM_TOKENS = 2000  # more than they answer until the long prompt is read
PROSE = {"temperature": 0.8}  # a seed would switch guessing off
SPECULATION_TOKENS = 192


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one side gave once.

    Args:
        value: The figure of the case.
        counters: What else was counted or timed.
    """

    value: float
    counters: dict[str, float] = field(default_factory=dict)


Measure = Callable[[Side, Texts], Sample]


def decode(*, depth: int = 24, num_tokens: int = 128) -> Measure:
    """Measure one answer's speed behind a prompt of so many words."""

    def measure(side: Side, texts: Texts) -> Sample:
        answer = one(side, texts.words(depth), num_tokens)
        return Sample(value=answer.tokens_per_s, counters=waits(answer))

    return measure


def prompt(num_words: int) -> Measure:
    """Measure the time to the first token of a prompt that is new."""

    def measure(side: Side, texts: Texts) -> Sample:
        answer = one(side, texts.words(num_words), 1)
        return Sample(value=answer.first_s, counters=work([answer]))

    return measure


def shared_prefix(users: int, *, prefix_words: int = 980, own_words: int = 12) -> Measure:
    """Measure when the last of some users, who come at once, has a first token."""

    def measure(side: Side, texts: Texts) -> Sample:
        prefix = texts.words(prefix_words)
        prompts = [f"{prefix} {texts.words(own_words)}" for _ in range(users)]
        answers = side.answers(prompts, 1)
        counters = work(answers)
        own = counters["prompt_tokens"] * own_words / (prefix_words + own_words)
        ideal = own + (counters["prompt_tokens"] - own) / users
        counters["over_ideal"] = counters["prefilled_tokens"] / ideal
        return Sample(value=max(answer.first_s for answer in answers), counters=counters)

    return measure


def conversations(chats: int = 8, turns: int = 6, *, edited: int = 2) -> Measure:
    """Measure the sum of times to a first token in chats that take turns, some of them edited.

    In the first `edited` chats the second question is written anew half way, as people do.
    """

    def measure(side: Side, texts: Texts) -> Sample:
        questions = [
            [texts.words(120 if not turn else 40) for turn in range(turns)] for _ in range(chats)
        ]
        rewritten = [texts.words(40) for _ in range(edited)]
        replies: list[list[str]] = [[] for _ in range(chats)]
        answers: list[Answer] = []
        for turn in range(turns):
            for chat in range(chats):
                if turn == turns // 2 and chat < edited:
                    questions[chat][1] = rewritten[chat]
                answer = one(side, history(questions[chat][: turn + 1], replies[chat]), 24)
                replies[chat].append(answer.text)
                answers.append(answer)
        firsts = [answer.first_s for answer in answers]
        counters = work(answers) | {"first_s_p95": quantile(firsts, 0.95)}
        return Sample(value=sum(firsts), counters=counters)

    return measure


def next_turn_after_restart(num_words: int = 2000) -> Measure:
    """Measure the first token of a conversation that goes on after the server was started anew."""

    def measure(side: Side, texts: Texts) -> Sample:
        assert isinstance(side, HearthSide)
        text = texts.words(num_words)
        said = one(side, text, 16)
        side.stop()
        began = time.perf_counter()
        side.start()
        ready_s = time.perf_counter() - began
        answer = one(side, f"{text}{said.text} {texts.words(20)}", 1)
        return Sample(value=answer.first_s, counters=work([answer]) | {"ready_s": ready_s})

    return measure


def streams(count: int, *, num_tokens: int = 64) -> Measure:
    """Measure how many tokens a second some answers, that begin at once, get together."""

    def measure(side: Side, texts: Texts) -> Sample:
        answers = side.answers([texts.words(12) for _ in range(count)], num_tokens)
        speed = statistics.mean(answer.tokens_per_s for answer in answers)
        return Sample(value=speed * count, counters={"step_s": 1 / speed})

    return measure


def stall(
    *, victims: int = 4, num_words: int = 8000, victim_tokens: int = VICTIM_TOKENS
) -> Measure:
    """Measure the longest wait for text in answers beside which a long prompt is read."""

    async def watch(side: HearthSide | PeerSide, texts: Texts) -> Sample:
        opened = [await side.client.open(texts.words(12), victim_tokens) for _ in range(victims)]
        reading = [asyncio.create_task(stream.read()) for stream in opened]
        await asyncio.gather(*(stream.flows.wait() for stream in opened))
        began = time.perf_counter()
        long = await side.client.read(texts.words(num_words), 1)
        ended = time.perf_counter()
        if any(task.done() for task in reading):
            raise RuntimeError(
                "An answer ended before the long prompt was read: its waits tell nothing."
            )
        for task, stream in zip(reading, opened, strict=True):
            task.cancel()
            stream.close()
        await asyncio.gather(*reading, return_exceptions=True)
        gaps = [gap for stream in opened for gap in gaps_between(stream, began, ended)]
        counters = {}
        if long.granted_s:  # a peer does not tell
            counters = {"granted_s": long.granted_s, "over_granted": max(gaps) / long.granted_s}
        return Sample(
            value=max(gaps),
            counters=counters
            | {
                "gap_s_p50": statistics.median(gaps),
                "gap_s_p99": quantile(gaps, 0.99),
                "num_gaps": len(gaps),
                "long_first_s": long.first_s,
                "long_prefilled_tokens": long.prefilled_tokens,
            },
        )

    def measure(side: Side, texts: Texts) -> Sample:
        assert isinstance(side, HearthSide | PeerSide)
        return asyncio.run(watch(side, texts))

    return measure


def edit(side: Side, texts: Texts) -> Sample:
    """Measure the speed of an answer that copies most of its prompt."""
    return guessed(one(side, texts.edit(), SPECULATION_TOKENS))


def prose(side: Side, texts: Texts) -> Sample:
    """Measure the speed of an answer that copies nothing."""
    return guessed(one(side, texts.story(), SPECULATION_TOKENS, **PROSE))


def cold_start(*, cached: bool) -> Measure:
    """Measure from starting the server to the first token of an answer of eight.

    Args:
        cached: False: the model's file is put out of the page cache before.
    """

    def measure(side: Side, texts: Texts) -> Sample:
        assert isinstance(side, HearthSide)
        if not cached:
            side.forget_file()
        began = time.perf_counter()
        side.start_server()
        server_s = time.perf_counter() - began
        side.load()
        answer = one(side, texts.words(8), 8)
        total_s = time.perf_counter() - began - (answer.last_s - answer.first_s)
        counters = {"server_s": server_s, "memory_mb": side.memory_mb()}
        side.stop()  # whoever comes next shall find nothing in memory
        return Sample(value=total_s, counters=counters)

    return measure


# -- parts --


def one(side: Side, text: str, num_tokens: int, **fields: float) -> Answer:
    """Return the answer to one prompt."""
    return side.answers([text], num_tokens, **fields)[0]


def history(questions: Sequence[str], replies: Sequence[str]) -> str:
    """Return a conversation as text: each reply stands behind its question."""
    parts = [f"Question: {questions[0]}\nAnswer:"]
    for reply, question in zip(replies, questions[1:], strict=True):
        parts.append(f"{reply}\nQuestion: {question}\nAnswer:")
    return "".join(parts)


def work(answers: Sequence[Answer]) -> dict[str, float]:
    """Return how many tokens of prompts came, and how many were computed."""
    return {
        "prompt_tokens": sum(answer.prompt_tokens for answer in answers),
        "prefilled_tokens": sum(answer.prefilled_tokens for answer in answers),
    }


def waits(answer: Answer) -> dict[str, float]:
    """Return how long a reader waits for the next piece of text."""
    gaps = [late - early for early, late in pairwise(answer.stamps)]
    return {
        "pieces": float(len(answer.stamps)),
        "gap_s_p50": statistics.median(gaps),
        "gap_s_p99": quantile(gaps, 0.99),
        "gap_s_max": max(gaps),
    }


def quantile(values: Sequence[float], part: float) -> float:
    """Return the value that a part of all values does not exceed."""
    return float(np.quantile(values, part))


def gaps_between(stream: Stream, began: float, ended: float) -> list[float]:
    """Return a stream's waits between two moments of the clock.

    The first counts from the last piece before, and the last one, which has not ended, as it is.
    """
    moments = [stream.began + stamp for stamp in stream.stamps]
    before = [moment for moment in moments if moment < began]
    inside = [moment for moment in moments if began <= moment < ended]
    return [late - early for early, late in pairwise([*before[-1:], *inside, ended])]


def guessed(answer: Answer) -> Sample:
    """Return an answer's speed, with what was drafted for it."""
    steps = answer.completion_tokens - answer.accepted_tokens
    return Sample(
        value=answer.tokens_per_s,
        counters={
            "drafted_tokens": answer.drafted_tokens,
            "accepted_tokens": answer.accepted_tokens,
            "tokens_per_step": answer.completion_tokens / max(1, steps),
        },
    )
