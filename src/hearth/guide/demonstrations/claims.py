"""A claim that arithmetic refutes."""

from __future__ import annotations

from hearth.guide.demonstrations.parts import Demonstration, Holds, Verdict
from hearth.guide.demonstrations.surroundings import Surroundings
from hearth.plan.claims import Finding, judge, read_claim
from hearth.plan.claims import Verdict as Found

BIG = "70B at Q4_K_M, 50 tok/s, dual-channel DDR5-5600"
SMALL = "8B at Q4_K_M, 8 tok/s, dual-channel DDR5-5600"
HOLDS: dict[Found, Holds] = {
    Found.IMPOSSIBLE: "does not hold",
    Found.IMPLAUSIBLE: "does not hold",
    Found.UNDECIDED: "not decided here",
    Found.PLAUSIBLE: "holds",
    Found.MEASURED: "holds",
}


async def show_claim_refuted(_around: Surroundings) -> Demonstration:
    """Judge one claim that nobody can meet and one that is ordinary, with the arithmetic."""
    return Demonstration(
        name="claim-refuted",
        title="Two claims, and a division",
        says="Weights divided by bandwidth is the least time that a token takes. A claim beyond it "
        "needs no benchmark to be refuted.",
        parts=tuple(
            _verdict(claim, finding)
            for claim in (BIG, SMALL)
            for finding in judge(read_claim(claim).claim).findings
        ),
    )


def _verdict(claim: str, finding: Finding) -> Verdict:
    return Verdict(
        claim=f"{claim} ({finding.about})",
        holds=HOLDS[finding.verdict],
        figures=finding.reason,
        steps=tuple(map(str, finding.steps)),
    )
