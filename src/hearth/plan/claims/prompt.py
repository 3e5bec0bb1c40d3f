"""Judge a claim about how fast prompts are read, or how soon an answer begins."""

from __future__ import annotations

from collections.abc import Sequence

from hearth.plan.arithmetic import Step
from hearth.plan.claims.claim import Claim, Finding, Verdict
from hearth.plan.claims.hardware import hardware_of, with_usual_host
from hearth.plan.claims.subject import Subject, subject_of
from hearth.plan.devices import Device
from hearth.plan.placement import Placement, place
from hearth.plan.roofline import prompt_speed
from hearth.plan.units import digits, duration, scaled, tokens_per_s
from hearth.plan.work import work

USUAL_PROMPT_TOKENS = 512


def judge_prompt(claim: Claim) -> Finding:
    """Judge the prompt speed of a claim, or the one that its time to the first token needs."""
    tokens = claim.prompt_tokens or (USUAL_PROMPT_TOKENS if claim.prompt_speed else 0)
    speed = claim.prompt_speed or tokens / max(claim.first_token_s or 0.0, 1e-9)
    subject, hardware = subject_of(claim), hardware_of(claim)
    devices = hardware.computer.devices if hardware else ()
    computing = [device for device in devices if device.flops]
    if subject is None or hardware is None or not tokens or not computing:
        return _undecided(claim, tokens, speed, subject, computing)
    parts = subject.least.layers  # only the last token of a prompt needs the output matrix
    everything = Placement(device=computing[0], parts=parts)
    todo = work(subject.least, everything, tokens=tokens, depth=tokens // 2)
    each, peak = todo.flops / tokens, sum(device.flops or 0.0 for device in computing)
    computer = with_usual_host(hardware)
    placed = place(subject.usual, computer)
    usual = prompt_speed(subject.usual, computer, placed, tokens=tokens).estimate
    verdict, reason = _verdict(speed, peak / each, usual.high if usual else None)
    return Finding(
        about=_about(claim),
        verdict=verdict,
        reason=reason,
        claimed=_claimed(claim, tokens, speed),
        unit="tokens/s",
        bound=peak / each,
        estimate=usual,
        steps=(*subject.steps, *_steps(each, peak, computing)),
    )


def _undecided(
    claim: Claim,
    tokens: int,
    speed: float,
    subject: Subject | None,
    computing: Sequence[Device],
) -> Finding:
    missing = [] if subject else ["how many weights the model has, such as `70B`, or its name"]
    if not tokens:
        missing.append("the length of the prompt, such as `2k prompt`")
    if not computing:
        missing.append("hardware whose operations per second are known, such as `RTX 4090`")
    return Finding(
        about=_about(claim),
        verdict=Verdict.UNDECIDED,
        reason="Prompts are bound by operations per second: two for each weight and token.",
        claimed=_claimed(claim, tokens, speed),
        unit="tokens/s",
        missing=tuple(missing),
    )


def _about(claim: Claim) -> str:
    return "prompt speed" if claim.prompt_speed else "time to first token"


def _claimed(claim: Claim, tokens: int, speed: float) -> str:
    if claim.first_token_s and tokens:
        took = duration(claim.first_token_s)
        return f"{tokens:,} tokens in {took}, {tokens_per_s(speed)}"
    return duration(claim.first_token_s) if claim.first_token_s else tokens_per_s(speed)


def _steps(each: float, peak: float, computing: Sequence[Device]) -> tuple[Step, ...]:
    return (
        Step(
            what="operations for each token",
            how="2 x weights used + attention",
            result=scaled(each, "FLOP"),
        ),
        Step(
            what="operations of all devices, in the fewest bits that any computes with",
            how="4 x those in 16 bits",
            result=scaled(peak, "FLOP/s"),
            source="; ".join(sorted({device.source for device in computing})),
        ),
        Step(
            what="bound",
            how=f"{scaled(peak, 'FLOP/s')} / {scaled(each, 'FLOP')}",
            result=tokens_per_s(peak / each),
        ),
    )


def _verdict(speed: float, bound: float, high: float | None) -> tuple[Verdict, str]:
    if speed > bound:
        return Verdict.IMPOSSIBLE, (
            f"{digits(speed / bound)} times the operations per second that there are."
        )
    if high is not None and speed > high:
        return Verdict.IMPLAUSIBLE, (
            f"The bound is {tokens_per_s(bound)}, but engines reach at most {tokens_per_s(high)}."
        )
    return Verdict.PLAUSIBLE, f"The bound is {tokens_per_s(bound)}."
