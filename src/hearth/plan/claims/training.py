"""Judge a claim about training: the operations against the hardware, and the memory it takes.

    pre-training, full fine-tuning   6 operations per weight and token: 2 forward, 4 backward
    LoRA, QLoRA                      4: the frozen weights need no gradient of their own

Memory per weight, in bytes: 16 for mixed precision with Adam (weights 2, gradients 2, and in
float32 weights, mean and variance 12); 6 with everything in 16 bits and 8-bit Adam; 2 for weights
in 16 bits alone, below which nothing trains them. Source: ZeRO, arXiv:1910.02054; 8-bit optimizers,
arXiv:2110.02861; QLoRA, arXiv:2305.14314; activations, arXiv:2205.05198.
"""

from __future__ import annotations

from hearth.plan.arithmetic import Range, Step
from hearth.plan.claims.claim import Claim, Finding, Method, Verdict
from hearth.plan.claims.hardware import hardware_of
from hearth.plan.claims.memory import Room, room_of
from hearth.plan.claims.subject import subject_of
from hearth.plan.known import KnownModel
from hearth.plan.quantizations import Quantization, quantization
from hearth.plan.units import count, digits, duration, num_bytes, scaled

FLOPS_PER_WEIGHT = {"pre-training": 6, "full fine-tuning": 6, "LoRA": 4, "QLoRA": 4}
FLOPS_SOURCE = "Kaplan et al., arXiv:2001.08361"
MEMORY_SOURCE = "ZeRO, arXiv:1910.02054"
USUAL_SHARE = Range(low=0.15, likely=0.35, high=0.62)  # of the peak in 16 bits
SHARE_SOURCE = "of the peak in 16 bits: 38 to 43 % for Llama 3.1 405B, arXiv:2407.21783; 57 % best"
SEQUENCE_TOKENS = 512
USUAL_RANK = 16
ADAM_BYTES = 16
LOW_BYTES = 6
PROGRAM_BYTES = 0.5e9


def judge_training_time(claim: Claim) -> Finding:
    """Judge how long a claim says that training takes."""
    subject, hardware = subject_of(claim), hardware_of(claim)
    peaks = [d.flops_f16 for d in hardware.computer.devices if d.flops_f16] if hardware else []
    claimed = duration(claim.seconds) if claim.seconds else "no time"
    missing = [] if subject else ["how many weights the model has"]
    if not claim.train_tokens:
        missing.append("how many tokens are seen, such as `on 10B tokens`")
    if not peaks:
        missing.append("hardware whose operations per second are known, such as `8x RTX 4090`")
    if not claim.seconds:
        missing.append("how long it takes, such as `in 3 days`")
    if subject is None or hardware is None or missing or not claim.seconds:
        return _undecided("training time", claimed, "s", missing)
    factor = FLOPS_PER_WEIGHT[claim.method or "pre-training"]
    used = subject.least.used_parameters
    flops = factor * used * (claim.train_tokens or 0.0)
    peak = sum(peaks)
    most = peak * 4.0
    bound = flops / most
    usual = USUAL_SHARE.times(peak).dividing(
        factor * subject.usual.used_parameters * (claim.train_tokens or 0.0)
    )
    verdict, reason = _time_verdict(claim.seconds, bound, usual, flops / claim.seconds / peak)
    return Finding(
        about="training time",
        verdict=verdict,
        reason=reason,
        claimed=claimed,
        unit="s",
        bound=bound,
        estimate=usual,
        steps=(
            Step(
                what="operations",
                how=f"{factor} x {count(used)} weights x {count(claim.train_tokens or 0)} tokens",
                result=scaled(flops, "FLOP"),
                source=FLOPS_SOURCE,
            ),
            Step(
                what="operations per second in 16 bits, all devices",
                how="",
                result=scaled(peak, "FLOP/s"),
                source="; ".join(sorted({d.source for d in hardware.computer.devices})),
            ),
            Step(
                what="least time, with all done in the fewest bits that any device computes with",
                how=f"{scaled(flops, 'FLOP')} / (4 x {scaled(peak, 'FLOP/s')})",
                result=duration(bound),
            ),
            Step(
                what="usual time",
                how=f"{digits(100 * USUAL_SHARE.low)} to {digits(100 * USUAL_SHARE.high)} % of it",
                result=f"{duration(usual.low)} to {duration(usual.high)}",
                source=SHARE_SOURCE,
            ),
        ),
    )


def judge_training_memory(claim: Claim) -> Finding:
    """Judge whether training fits into the memory that a claim names."""
    method: Method = claim.method or "full fine-tuning"
    bits = _bits(claim, method)
    subject, room = subject_of(claim, bits=bits), room_of(claim)
    if subject is None or room is None:
        missing = [] if subject else ["how many weights the model has"]
        missing += [] if room else ["how much memory, such as `24 GB`, or which GPU"]
        return _undecided("training memory", "it fits", "B", missing)
    known = subject.known
    adapter = _adapter_weights(known, claim.rank or USUAL_RANK) if "LoRA" in method else 0.0
    activations = _activation_bytes(known)
    least = subject.least.weight_bytes
    if "LoRA" in method:
        trained = ADAM_BYTES * adapter
        low = subject.usual.weight_bytes + trained + activations + PROGRAM_BYTES
        high = low * 1.5
        how = f"{num_bytes(subject.usual.weight_bytes)} + {ADAM_BYTES} x {count(adapter)}"
    else:
        low = LOW_BYTES * known.num_parameters + activations + PROGRAM_BYTES
        high = ADAM_BYTES * known.num_parameters + activations + PROGRAM_BYTES
        how = f"{LOW_BYTES} to {ADAM_BYTES} x {count(known.num_parameters)}"
    usual = Range(low=low, likely=(low + high) / 2, high=high)
    verdict, reason = _memory_verdict(room, least, usual)
    return Finding(
        about="training memory",
        verdict=verdict,
        reason=reason,
        claimed=num_bytes(room.least_bytes),
        unit="B",
        bound=least,
        estimate=usual,
        steps=(
            *subject.steps,
            Step(
                what=f"activations of {SEQUENCE_TOKENS} tokens, with checkpoints",
                how="2 B x layers x width + 34 B x width + 8 B x vocabulary, for each token",
                result=num_bytes(activations),
                source="arXiv:2205.05198",
            ),
            Step(
                what=f"{method}, weights with gradients and optimizer",
                how=f"{how} + activations + the program",
                result=f"{num_bytes(low)} to {num_bytes(high)}",
                source=MEMORY_SOURCE,
            ),
        ),
    )


def _undecided(about: str, claimed: str, unit: str, missing: list[str]) -> Finding:
    return Finding(
        about=about,
        verdict=Verdict.UNDECIDED,
        reason="Training is bound by operations per second, and by memory for each weight.",
        claimed=claimed,
        unit=unit,
        missing=tuple(missing),
    )


def _bits(claim: Claim, method: Method) -> Quantization:
    if method == "QLoRA":
        return claim.quantization or quantization("NF4")
    if method == "LoRA":
        return claim.quantization or quantization("FP16")
    return quantization("FP16")


def _adapter_weights(known: KnownModel, rank: int) -> float:
    """Return the weights of adapters of this rank on every matrix of every layer.

    Each matrix of m x n gets rank x (m + n): four of attention, three of the feed-forward.
    """
    wide = known.num_heads * known.head_size
    narrow = known.num_kv_heads * known.head_size
    inner = known.feed_forward or known.expert_feed_forward * known.num_experts
    attention = 2 * (known.width + wide) + 2 * (known.width + narrow)
    return float(rank * known.num_layers * (attention + 3 * (known.width + inner)))


def _activation_bytes(known: KnownModel) -> float:
    per_token = 2 * known.num_layers * known.width + 34 * known.width + 8 * known.vocab_size
    return float(SEQUENCE_TOKENS * per_token)


def _time_verdict(seconds: float, bound: float, usual: Range, share: float) -> tuple[Verdict, str]:
    if seconds < bound:
        return Verdict.IMPOSSIBLE, (
            f"It takes at least {duration(bound)}, {digits(bound / seconds)} times as long, even "
            "if every operation were done in the fewest bits."
        )
    part = f"{digits(100 * share)} % of the peak in 16 bits"
    if seconds < usual.low:
        return Verdict.IMPLAUSIBLE, (
            f"That would take {part}; usual are {digits(100 * USUAL_SHARE.low)} to "
            f"{digits(100 * USUAL_SHARE.high)} %, {duration(usual.low)} at best."
        )
    return Verdict.PLAUSIBLE, f"That uses {part}."


def _memory_verdict(room: Room, least: float, usual: Range) -> tuple[Verdict, str]:
    there = num_bytes(room.least_bytes)
    if least > room.most_bytes:
        return Verdict.IMPOSSIBLE, (
            f"The weights alone take {num_bytes(least)}, and there are {there}."
        )
    if usual.low > room.most_bytes:
        return Verdict.IMPLAUSIBLE, (
            f"It takes at least {num_bytes(usual.low)} in usual ways, and there are {there}; less "
            "only by moving weights in and out all the time."
        )
    return Verdict.PLAUSIBLE, (
        f"It takes {num_bytes(usual.low)} to {num_bytes(usual.high)}, and there are {there}."
    )
