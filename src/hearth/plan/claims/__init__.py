"""Judge what people say about models and machines: read a sentence, do the arithmetic, say so."""

from hearth.plan.claims.claim import Claim, Finding, Judgement, Record, Verdict
from hearth.plan.claims.judge import judge
from hearth.plan.claims.reading import Reading, read_claim

__all__ = [
    "Claim",
    "Finding",
    "Judgement",
    "Reading",
    "Record",
    "Verdict",
    "judge",
    "read_claim",
]
