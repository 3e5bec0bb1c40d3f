"""Requests that come when they come: what a server gives in time when nobody waits for others.

Requests arrive as a Poisson process, whose rate is a share of what the first side to be measured
can do when all of them come at once. Good are the tokens of answers that keep a reader's patience:
a first token within 2 s, and hardly a piece later than 200 ms behind the one before. Source of the
measure: "goodput" in DistServe, Zhong et al. 2024.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Sequence
from itertools import pairwise

from workloads.answers import Answer, Client
from workloads.measures import Measure, Sample, quantile
from workloads.sides import HearthSide, PeerSide, Side
from workloads.texts import Texts

FIRST_S, GAP_S = 2.0, 0.2
GAP_PART = 0.99  # of the pieces that have to keep the gap
FEWEST_WORDS, MOST_WORDS = 64, 2000
NUM_TOKENS = 48


def open_loop(share: float, *, requests: int = 24, most_words: int = MOST_WORDS) -> Measure:
    """Measure tokens of good answers a second, at so much of what can be done.

    Args:
        share: Rate of requests as a part of the capacity.
        requests: How many come.
        most_words: In the longest prompt; their lengths are spread evenly on a log scale.
    """
    capacity: list[float] = []

    def measure(side: Side, texts: Texts) -> Sample:
        assert isinstance(side, HearthSide | PeerSide)
        if not capacity:
            capacity.append(_capacity(side, _prompts(texts, requests, most_words)))
        moments = _moments(requests, share * capacity[0], seed=requests)
        prompts = _prompts(texts, requests, most_words)
        began = time.perf_counter()
        answers = asyncio.run(_arrive(side.client, prompts, moments))
        return _sample(answers, time.perf_counter() - began)

    return measure


def is_good(answer: Answer) -> bool:
    """Tell whether a reader did not have to wait."""
    gaps = [late - early for early, late in pairwise(answer.stamps)]
    return answer.first_s <= FIRST_S and (not gaps or quantile(gaps, GAP_PART) <= GAP_S)


def _prompts(texts: Texts, count: int, most_words: int) -> list[str]:
    """Return prompts of all lengths, the short and the long ones mixed."""
    spread = math.log(most_words / FEWEST_WORDS) / max(1, count - 1)
    lengths = [round(FEWEST_WORDS * math.exp(spread * index)) for index in range(count)]
    random.Random(count).shuffle(lengths)
    return [texts.words(length) for length in lengths]


def _capacity(side: HearthSide | PeerSide, prompts: list[str]) -> float:
    """Return requests a second when all are there from the beginning."""
    began = time.perf_counter()
    side.answers(prompts, NUM_TOKENS)
    return len(prompts) / (time.perf_counter() - began)


def _moments(count: int, rate: float, seed: int) -> list[float]:
    """Return when each request comes, the same for every side and block."""
    drawn = random.Random(seed)
    moments, now = [], 0.0
    for _ in range(count):
        moments.append(now)
        now += drawn.expovariate(rate)
    return moments


async def _arrive(client: Client, prompts: Sequence[str], moments: Sequence[float]) -> list[Answer]:
    async def one(prompt: str, moment: float) -> Answer:
        await asyncio.sleep(moment)
        return await client.read(prompt, NUM_TOKENS)

    return await asyncio.gather(*(one(*each) for each in zip(prompts, moments, strict=True)))


def _sample(answers: Sequence[Answer], total_s: float) -> Sample:
    """Return the speed of good answers, and how the others fared."""
    good = [answer for answer in answers if is_good(answer)]
    tokens = sum(answer.completion_tokens for answer in answers)
    return Sample(
        # A ratio of speeds needs one: a side that kept nobody's patience gave less than a token.
        value=max(1.0, sum(answer.completion_tokens for answer in good)) / total_s,
        counters={
            "in_time": len(good) / len(answers),
            "first_s_p50": quantile([answer.first_s for answer in answers], 0.5),
            "first_s_p95": quantile([answer.first_s for answer in answers], 0.95),
            "tokens_per_s": tokens / total_s,
            "fairness": fairness([answer.tokens_per_s for answer in answers]),
        },
    )


def fairness(speeds: Sequence[float]) -> float:
    """Return Jain's index of how evenly speeds are shared: 1 is even, 1/n is all for one.

    Source: Jain, Chiu and Hawe, "A quantitative measure of fairness", DEC TR-301, 1984.
    """
    return sum(speeds) ** 2 / (len(speeds) * sum(speed**2 for speed in speeds))
