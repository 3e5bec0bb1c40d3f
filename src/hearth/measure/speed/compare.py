"""Compare two targets side by side: who is faster, and is it sure?

Both are asked in turn, in blocks of four: A B B A, or B A A B by the toss of a coin. What drifts in
time (heat, another program) then slows both alike, and a target that is compared with itself gives
ratios above and below 1 with equal chance, whatever disturbs the machine. A block gives one ratio
for each quantity; all of them give a verdict, by a test that supposes no more than that.

The level is that of all verdicts at all looks together: each has its share (Bonferroni).
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from hearth.config import Config
from hearth.errors import InvalidRequest
from hearth.measure.evidence import Draft, Figure, Progress, watch
from hearth.measure.speed.commands import bench_command
from hearth.measure.speed.findings import Findings, figure_of
from hearth.measure.speed.measure import note_count, subject_of_target, target_settings
from hearth.measure.speed.plan import ComparePlan
from hearth.measure.speed.prompts import Prompts, count_words
from hearth.measure.speed.target import Request, Target, TargetFacts, TimedAnswer
from hearth.measure.statistics import Ratio, Verdict, median_interval, paired_ratio

COMPARE = "compare"
SIDES = ("a", "b")
RUNS = 2  # of each side in a block


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What is compared.

    Args:
        name: As figures are called.
        unit: Of one run.
        is_time: Whether less of it is faster.
        of: Returns it for an answer; None where the answer does not tell.
    """

    name: str
    unit: str
    is_time: bool
    of: Callable[[TimedAnswer], float | None]


QUANTITIES = (
    Quantity(
        name="time to first token", unit="s", is_time=True, of=lambda answer: answer.first_token_s
    ),
    Quantity(
        name="decode",
        unit="tokens/s",
        is_time=False,
        of=lambda answer: answer.decode_tokens_per_s,
    ),
)


async def compare(
    a: Target,
    b: Target,
    plan: ComparePlan,
    report: Progress,
    *,
    config: Config,
    key_from: Sequence[str] = (),
) -> Draft:
    """Compare two targets; cancelling ends it within a request.

    Args:
        a: Open, as `b` is; one and the same may be given twice.
        b: The other one.
        plan: What is asked, and how often.
        report: Told how far it is.
        config: Says where this machine's figures are.
        key_from: Where the targets' keys came from, for the record.

    Raises:
        InvalidRequest: Both do not fit into memory at once.
        HearthError: A target cannot be reached, or failed.
    """
    findings = Findings()
    with watch(config) as watched:
        report(0, plan.blocks, "getting ready")
        facts = [await target.prepare() for target in (a, b)]
        await _require_ready(a, facts[0])
        await ask_in_turn(a, b, plan, findings, report)
    subjects = [
        await asyncio.to_thread(subject_of_target, config, each, role)
        for each, role in zip(facts, SIDES, strict=True)
    ]
    settings = [target_settings(each, role) for each, role in zip(facts, SIDES, strict=True)]
    return Draft(
        kind=COMPARE,
        subjects=tuple(subjects),
        circumstances=watched.circumstances(),
        summary=findings.summary,
        repeats=findings.repeats,
        items=findings.items,
        settings={**asdict(plan), **settings[0], **settings[1], "key_from": list(key_from)},
        seed=plan.seed,
        command=bench_command("compare", [each.name for each in facts], plan, key_from),
        notes=tuple(findings.notes),
    )


async def ask_in_turn(
    a: Target, b: Target, plan: ComparePlan, findings: Findings, report: Progress
) -> None:
    """Ask two targets until the plan is done, and take in their figures and the ratios of these.

    Args:
        a: Is ready.
        b: Is ready; may be the same.
        plan: What is asked, and how often.
        findings: Take the figures.
        report: Told how far it is.
    """
    sides = [
        await _Side.of(target, side, plan, findings)
        for target, side in zip((a, b), SIDES, strict=True)
    ]
    await _run_blocks(sides, plan, findings, report)
    _add_figures(findings, sides, plan)


def ratios_of(repeats: Mapping[str, Sequence[float]], plan: ComparePlan) -> dict[str, Ratio]:
    """Return how many times faster A was than B, by quantity; `MORE` means that A is faster.

    Args:
        repeats: Of a record, in the order in which they were taken: "a: decode" and so on.
        plan: That of the comparison; `plan_of` returns a record's.
    """
    share = (1 - plan.level) / len(QUANTITIES) / len(plan.looks)
    found: dict[str, Ratio] = {}
    for quantity in QUANTITIES:
        a, b = (repeats.get(f"{side}: {quantity.name}", ()) for side in SIDES)
        if a and b:
            ratio = paired_ratio(_by_block(a), _by_block(b), level=1 - share)
            found[quantity.name] = ratio.inverse if quantity.is_time else ratio
    return found


class _Side:
    """One of two targets, with prompts of its own and what it has answered.

    Args:
        target: Is ready.
        prompts: To ask.
        plan: What is asked.
    """

    def __init__(self, target: Target, prompts: Prompts, plan: ComparePlan) -> None:
        self.answers: list[TimedAnswer] = []
        self._target = target
        self._prompts = prompts
        self._plan = plan

    @classmethod
    async def of(cls, target: Target, side: str, plan: ComparePlan, findings: Findings) -> _Side:
        """Return a side that has been warmed up."""
        count = await count_words(target)
        note_count(count, findings)
        made = cls(target, Prompts(count, f"{plan.seed} {side}"), plan)
        await made.ask()
        made.answers.clear()
        return made

    async def ask(self) -> TimedAnswer:
        """Ask once, and keep the answer."""
        prompt = self._prompts.text(self._plan.prompt_tokens)
        request = Request(prompt=prompt, max_tokens=self._plan.answer_tokens)
        answer = await self._target.answer(request)
        self.answers.append(answer)
        return answer


async def _require_ready(a: Target, facts: TargetFacts) -> None:
    if not await a.is_ready():
        raise InvalidRequest(
            f"{facts.name} left memory when the other model was loaded: both do not fit at once.",
            hint="Measure them one after the other with `hearth bench speed`, or let each run in a "
            "server of its own.",
        )


async def _run_blocks(
    sides: Sequence[_Side], plan: ComparePlan, findings: Findings, report: Progress
) -> None:
    """Ask in blocks until the verdicts are there, or the last look has been taken."""
    toss = random.Random(f"{plan.seed} order")
    began_s = time.perf_counter()
    num_done = 0
    for look in plan.looks:
        while num_done < look:
            report(num_done, look, f"block {num_done + 1} of {look}")
            first = toss.randrange(2)
            for index in (first, 1 - first, 1 - first, first):
                sent_s = time.perf_counter() - began_s
                findings.add_answer(SIDES[index], sent_s, await sides[index].ask())
            num_done += 1
        ratios = ratios_of(_runs(sides), plan).values()
        if all(ratio.verdict is not Verdict.CANNOT_TELL for ratio in ratios):
            return


def _runs(sides: Sequence[_Side]) -> dict[str, list[float]]:
    """Return each quantity of each side, where all of its answers tell it."""
    found: dict[str, list[float]] = {}
    for name, side in zip(SIDES, sides, strict=True):
        for quantity in QUANTITIES:
            values = [quantity.of(answer) for answer in side.answers]
            known = [value for value in values if value is not None]
            if len(known) == len(values):
                found[f"{name}: {quantity.name}"] = known
    return found


def _add_figures(findings: Findings, sides: Sequence[_Side], plan: ComparePlan) -> None:
    runs = _runs(sides)
    for quantity in QUANTITIES:
        for side in SIDES:
            name = f"{side}: {quantity.name}"
            if name not in runs:
                findings.note(f"Not all answers of {side} tell of {quantity.name}: too short.")
                continue
            higher_is = "worse" if quantity.is_time else "better"
            what = f"median of {len(runs[name])} runs"
            figure = figure_of(median_interval(runs[name]), quantity.unit, what, higher_is)
            findings.add(name, figure, runs[name])
    for name, ratio in ratios_of(runs, plan).items():
        findings.add(f"{name}: times faster", _ratio_figure(ratio))


def _ratio_figure(ratio: Ratio) -> Figure:
    """Return a ratio as a record keeps it; its verdict follows from the interval."""
    return Figure(
        value=ratio.value,
        low=ratio.low,
        high=ratio.high,
        unit="x",
        how=f"a over b, {ratio.num_pairs} blocks, {ratio.level:.4g}; Hodges-Lehmann, exact signed "
        f"ranks, p {ratio.p:.2g}",
    )


def _by_block(runs: Sequence[float]) -> list[float]:
    """Return the geometric mean of the runs of each block."""
    logs = [math.log(run) for run in runs]
    return [math.exp(sum(logs[begin : begin + RUNS]) / RUNS) for begin in range(0, len(logs), RUNS)]
