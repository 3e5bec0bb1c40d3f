"""Judge a claim: every side of it that was stated, and the worst verdict for the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hearth.plan.claims.claim import Claim, Finding, Judgement, Record, Verdict
from hearth.plan.claims.memory import judge_context, judge_memory, room_of
from hearth.plan.claims.moving import judge_download, judge_load
from hearth.plan.claims.prompt import judge_prompt
from hearth.plan.claims.speed import judge_speed
from hearth.plan.claims.training import judge_training_memory, judge_training_time
from hearth.plan.units import tokens_per_s

ORDER = (
    Verdict.IMPOSSIBLE,
    Verdict.IMPLAUSIBLE,
    Verdict.UNDECIDED,
    Verdict.PLAUSIBLE,
    Verdict.MEASURED,
)
REPEATS = 0.95  # of the claimed speed: what a measurement may fall short by and still show it


def judge(claim: Claim, records: Sequence[Record] = ()) -> Judgement:
    """Judge every side of a claim.

    Args:
        claim: What is claimed.
        records: Measurements made on this machine, for a claim that speaks of this machine.
    """
    findings = [_with_records(finding, claim, records) for finding in _findings(claim)]
    verdicts = [finding.verdict for finding in findings]
    worst = min(verdicts, key=ORDER.index, default=Verdict.UNDECIDED)
    return Judgement(verdict=worst, findings=tuple(findings))


def _findings(claim: Claim) -> list[Finding]:
    found = _training_findings(claim) if claim.method is not None else []
    if claim.speed is not None:
        found.append(judge_speed(claim))
    if claim.prompt_speed is not None or claim.first_token_s is not None:
        found.append(judge_prompt(claim))
    if claim.is_download:
        found.append(judge_download(claim))
    if claim.is_load:
        found.append(judge_load(claim))
    if claim.context is not None:
        found.append(judge_context(claim))
    has_memory = claim.memory_bytes is not None or claim.ram_bytes is not None
    if (has_memory and claim.method is None) or not found:
        found.append(judge_memory(claim))
    return found


def _training_findings(claim: Claim) -> list[Finding]:
    found = []
    if claim.seconds is not None or claim.train_tokens is not None:
        found.append(judge_training_time(claim))
    if room_of(claim) is not None or not found:
        found.append(judge_training_memory(claim))
    return found


def _with_records(finding: Finding, claim: Claim, records: Sequence[Record]) -> Finding:
    """Let a measurement settle a speed: what was seen here is possible."""
    if finding.about != "speed" or claim.speed is None or claim.batch > 1:
        return finding
    for record in records:
        if not _same_model(claim, record) or record.speed < REPEATS * claim.speed:
            continue
        reason = (
            f"{tokens_per_s(record.speed)} were measured here on {record.date}; repeat it with "
            f"`{record.command}`."
        )
        return replace(finding, verdict=Verdict.MEASURED, reason=reason)
    return finding


def _same_model(claim: Claim, record: Record) -> bool:
    if claim.model is None or claim.quantization is None:
        return False
    names = {name.replace(" ", "-") for name in claim.model.names}
    same_name = record.model.casefold().replace(" ", "-") in names
    return same_name and record.quantization.casefold() == claim.quantization.name.casefold()
