"""Judge a claim about how fast prompts are read, or how soon an answer begins."""

from __future__ import annotations

from hearth.plan.arithmetic import Step
from hearth.plan.claims.claim import Claim, Finding, Verdict
from hearth.plan.claims.hardware import hardware_of, with_usual_host
from hearth.plan.claims.subject import subject_of
from hearth.plan.placement import Placement, place
from hearth.plan.roofline import prompt_speed, work
from hearth.plan.units import digits, duration, scaled, tokens_per_s

USUAL_PROMPT_TOKENS = 512


def judge_prompt(claim: Claim) -> Finding:
    """Judge the prompt speed of a claim, or the one that its time to the first token needs."""
    about = "prompt speed" if claim.prompt_speed else "time to first token"
    tokens = claim.prompt_tokens or (USUAL_PROMPT_TOKENS if claim.prompt_speed else 0)
    speed = claim.prompt_speed or tokens / max(claim.first_token_s or 0.0, 1e-9)
    claimed = tokens_per_s(speed)
    if claim.first_token_s:
        claimed = f"{tokens:,} tokens in {duration(claim.first_token_s)}, {claimed}"
    subject, hardware = subject_of(claim), hardware_of(claim)
    flops = [device.flops for device in hardware.computer.devices] if hardware else []
    missing = [] if subject else ["how many weights the model has, such as `70B`, or its name"]
    if not tokens:
        missing.append("the length of the prompt, such as `2k prompt`")
    peaks = [peak for peak in flops if peak]
    if not peaks:
        missing.append("hardware whose operations per second are known, such as `RTX 4090`")
    if subject is None or hardware is None or missing:
        return Finding(
            about=about,
            verdict=Verdict.UNDECIDED,
            reason="Prompts are bound by operations per second: two for each weight and token.",
            claimed=claimed,
            unit="tokens/s",
            missing=tuple(missing),
        )
    host_free = [device for device in hardware.computer.devices if device.flops]
    todo = work(
        subject.least,
        Placement(device=host_free[0], parts=subject.least.layers),
        tokens=tokens,
        depth=tokens // 2,
    )
    each = todo.flops / tokens
    bound = sum(peaks) / each
    computer = with_usual_host(hardware.computer)
    usual = prompt_speed(
        subject.usual, computer, place(subject.usual, computer), tokens=tokens
    ).estimate
    verdict, reason = _verdict(speed, bound, usual.high if usual else None)
    return Finding(
        about=about,
        verdict=verdict,
        reason=reason,
        claimed=claimed,
        unit="tokens/s",
        bound=bound,
        estimate=usual,
        steps=(
            *subject.steps,
            Step(
                what="operations for each token",
                how="2 x weights used + attention",
                result=scaled(each, "FLOP"),
            ),
            Step(
                what="operations of all devices, in the fewest bits that any computes with",
                how="4 x those in 16 bits",
                result=scaled(sum(peaks), "FLOP/s"),
                source="; ".join(sorted({device.source for device in host_free})),
            ),
            Step(
                what="bound",
                how=f"{scaled(sum(peaks), 'FLOP/s')} / {scaled(each, 'FLOP')}",
                result=tokens_per_s(bound),
            ),
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
