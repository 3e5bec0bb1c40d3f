"""Judge a claim about moving a file: over a line (download), or from storage (load)."""

from __future__ import annotations

from hearth.plan.arithmetic import Range, Step
from hearth.plan.claims.claim import Claim, Finding, Verdict
from hearth.plan.claims.subject import subject_of
from hearth.plan.units import digits, duration, num_bytes, scaled

PAYLOAD_SHARE = 0.949
PAYLOAD_SOURCE = "Ethernet carries 1,460 bytes of TCP data in 1,538 bytes of line: 94.9 %"
DISK_SHARE = 0.9
DISK_SOURCE = "sequential reads reach 90 % of what is promised, at best"


def judge_download(claim: Claim) -> Finding:
    """Judge how long a claim says that a download takes."""
    rate = claim.link_bits_per_s / 8 if claim.link_bits_per_s else None
    return _judge(claim, "download", rate, "the speed of the line, such as `100 Mbit/s`")


def judge_load(claim: Claim) -> Finding:
    """Judge how long a claim says that loading takes."""
    return _judge(claim, "load", claim.disk_bytes_per_s, "the disk, such as `7 GB/s NVMe`")


def _judge(claim: Claim, about: str, rate: float | None, want: str) -> Finding:
    subject = subject_of(claim)
    least = claim.download_bytes or (subject.least.weight_bytes if subject else None)
    usual = claim.download_bytes or (subject.usual.weight_bytes if subject else None)
    claimed = duration(claim.seconds) if claim.seconds else "no time"
    missing = [] if least else ["how large it is, such as `40 GB` or `70B at Q4_K_M`"]
    missing += [] if rate else [want]
    missing += [] if claim.seconds else ["how long it takes, such as `in 5 minutes`"]
    if not least or not usual or not rate or not claim.seconds:
        return Finding(
            about=about,
            verdict=Verdict.UNDECIDED,
            reason="The time follows from the size and the rate.",
            claimed=claimed,
            unit="s",
            missing=tuple(missing),
        )
    share, source = (
        (PAYLOAD_SHARE, PAYLOAD_SOURCE) if about == "download" else (DISK_SHARE, DISK_SOURCE)
    )
    bound, best = least / rate, usual / rate / share
    verdict, reason = _verdict(claim.seconds, bound, best, least)
    return Finding(
        about=about,
        verdict=verdict,
        reason=reason,
        claimed=claimed,
        unit="s",
        bound=bound,
        estimate=Range(low=best, likely=best * 1.25, high=best * 3),
        steps=(
            *(subject.steps if subject and not claim.download_bytes else ()),
            Step(
                what="least time",
                how=f"{num_bytes(least)} / {scaled(rate, 'B/s')}",
                result=duration(bound),
            ),
            Step(
                what="usual time at best",
                how=f"{num_bytes(usual)} / ({digits(share)} x {scaled(rate, 'B/s')})",
                result=duration(best),
                source=source,
            ),
        ),
    )


def _verdict(seconds: float, bound: float, best: float, least: float) -> tuple[Verdict, str]:
    if seconds < bound:
        needed = least / seconds
        return Verdict.IMPOSSIBLE, (
            f"{num_bytes(least)} in {duration(seconds)} are {scaled(needed, 'B/s')} or "
            f"{scaled(8 * needed, 'bit/s')}, {digits(bound / seconds)} times what there is."
        )
    if seconds < best:
        return Verdict.IMPLAUSIBLE, f"It takes {duration(best)} at best."
    return Verdict.PLAUSIBLE, f"It takes {duration(best)} at best."
