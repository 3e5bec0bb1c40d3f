"""What many answers at once are measured with: W6, and W7, where a long prompt comes among them."""

from __future__ import annotations

from dataclasses import replace

from workloads.arrivals import open_loop
from workloads.cases import FLASH, TIME, WITH, Case, Workload, hearth
from workloads.measures import stall, streams
from workloads.models import SMALL, STARTER

OVER_GRANTED = 1.5  # longest wait, of what the scheduler grants a step with a part of a prompt
COUNTS = (1, 2, 3, 4, 6, 8, 13, 16, 32)


def many() -> tuple[Workload, ...]:
    """Return the workloads."""
    padded = Workload(
        number="W6",
        title="answers side by side: what filling up to a cheaper step brings",
        model=SMALL,
        subject=hearth("padded", padding="auto", speculation="off"),
        baseline=hearth("not padded", padding="off", speculation="off"),
        cases=tuple(
            Case(name=f"{count} streams", measure=streams(count), streams=count) for count in COUNTS
        ),
        for_peers=True,
    )
    stalled = Workload(
        number="W7",
        title="a long prompt comes while four answers grow: their longest wait",
        model=STARTER,
        subject=hearth(),
        baseline=None,
        cases=(
            Case(
                name="prompt of 8,000 tokens",
                measure=stall(num_words=7900),
                unit=TIME,
                counter=("over_granted", OVER_GRANTED),
                blocks=3,
                warm=False,
            ),
        ),
        for_peers=True,
    )
    arriving = Workload(
        number="W6",
        title="requests that come when they come: tokens a second of answers in time",
        model=STARTER,
        subject=hearth(),
        baseline=hearth("one after the other", num_sequences=1),
        cases=tuple(
            Case(
                name=f"requests at {share:.0%} of capacity",
                measure=open_loop(share),
                blocks=3,
                warm=False,
            )
            for share in (0.5, 0.8, 1.0)
        ),
        for_peers=True,
    )
    return padded, arriving, stalled, replace(stalled, subject=hearth(FLASH, **WITH))
