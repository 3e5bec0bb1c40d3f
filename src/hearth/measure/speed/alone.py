"""One request at a time: how long until the first token, and how fast from there."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from hearth.measure.speed.answers import add_alone
from hearth.measure.speed.findings import Findings
from hearth.measure.speed.plan import SpeedPlan
from hearth.measure.speed.prompts import Prompts
from hearth.measure.speed.target import Request, Target, TimedAnswer

CUT = 0.9  # a target that read a smaller part of a prompt than this cut it
REUSED = 0.5  # of a prefix, from which on it counts as known


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Prompts of one length, after as many tokens that the target knows already."""

    prompt_tokens: int
    depth: int

    @property
    def name(self) -> str:
        """What its figures are called by."""
        after = f" after {self.depth:,}" if self.depth else ""
        return f"prompt of {self.prompt_tokens:,}{after}"


def all_series(plan: SpeedPlan) -> list[Series]:
    """Return the series of a plan, the shallowest first."""
    return [
        Series(prompt_tokens=length, depth=depth)
        for depth in sorted(set(plan.depths))
        for length in sorted(set(plan.prompt_lengths))
    ]


async def measure_series(
    target: Target,
    series: Series,
    plan: SpeedPlan,
    prompts: Prompts,
    findings: Findings,
    tell: Callable[[str], None],
) -> None:
    """Measure one series; its first answer is not counted."""
    prefix = prompts.text(series.depth) if series.depth else ""
    if prefix:
        tell(f"{series.name}: reading what stands before")
        await target.answer(Request(prompt=prefix, max_tokens=2))
    began_s = time.perf_counter()
    answers: list[TimedAnswer] = []
    for number in range(plan.repeats + 1):
        tell(f"{series.name}: {number} of {plan.repeats}" if number else f"{series.name}: warm-up")
        tokens = series.prompt_tokens
        prompt = prompts.longer(prefix, tokens) if prefix else prompts.text(tokens)
        sent_s = time.perf_counter() - began_s
        answer = await target.answer(Request(prompt=prompt, max_tokens=plan.answer_tokens))
        if number:
            answers.append(answer)
            findings.add_answer(series.name, sent_s, answer)
    add_alone(findings, series.name, answers, plan.seed)
    _note_doubts(series, plan, answers, findings)


def _note_doubts(
    series: Series, plan: SpeedPlan, answers: list[TimedAnswer], findings: Findings
) -> None:
    """Note what a target did otherwise than it was asked."""
    wanted = series.prompt_tokens + series.depth
    counted = [answer.prompt_tokens for answer in answers if answer.prompt_tokens is not None]
    if counted and max(counted) < CUT * wanted:
        findings.note(
            f"Of prompts of {wanted:,} tokens it read {max(counted):,}: its context is smaller, "
            "and it cuts without a word."
        )
    cached = [answer.cached_tokens or 0 for answer in answers]
    if series.depth and max(cached) < REUSED * series.depth:
        findings.note(
            f"{series.name}: the {series.depth:,} tokens before the prompt were read again each "
            "time, or it does not tell; the time to the first token has them in it."
        )
    if not series.depth and min(cached) > CUT * series.prompt_tokens:
        findings.note(f"{series.name}: it took prompts for known that it had never seen.")
    lengths = [answer.completion_tokens for answer in answers]
    if min(lengths) < plan.answer_tokens:
        longest = f" to {max(lengths):,}" if max(lengths) > min(lengths) else ""
        findings.note(
            f"Answers ended by themselves, after {min(lengths):,}{longest} of "
            f"{plan.answer_tokens:,} tokens."
        )
    if not all(answer.is_counted for answer in answers):
        findings.note("It does not count the tokens of its answers: pieces are counted instead.")
