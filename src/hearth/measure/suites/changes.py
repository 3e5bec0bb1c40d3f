"""A change between two runs of a suite as evidence of its own, which can be run again."""

from __future__ import annotations

from dataclasses import replace

from hearth.config import Config
from hearth.errors import InvalidRequest
from hearth.measure.asking import Progress, table
from hearth.measure.checks.records import case_cells, recorded_cases, recorded_passes
from hearth.measure.evidence import Cell, Draft, Figure, Record, find_subject
from hearth.measure.statistics import Verdict
from hearth.measure.suites.comparing import Change, Ran, compare
from hearth.measure.suites.measuring import KIND, measure_suite
from hearth.measure.suites.reading import Suite

CHANGE_KIND = "suite-change"


def compare_records(before: Draft, after: Draft, command: tuple[str, ...]) -> tuple[Change, Draft]:
    """Return what is different in the later of two runs of a suite, and the evidence of it.

    Args:
        before: Evidence of the kind "suite", with its items.
        after: Likewise.
        command: What was typed to compare them.

    Raises:
        InvalidRequest: One of them is no run of a suite, or they have no case in common.
    """
    for draft in (before, after):
        if draft.kind != KIND:
            raise InvalidRequest(
                f"Evidence of the kind {draft.kind!r} is no run of a suite.",
                hint=f"`hearth evidence list --kind {KIND}` shows those.",
            )
    was, now = _ran(before), _ran(after)
    change = compare(was, now)
    passed_before = {ran.id: ran.has_passed for ran in was}
    rows: list[dict[str, Cell]] = [
        {**case_cells(case), "before": passed_before[case.id], "after": ran.has_passed}
        for case, ran in zip(recorded_cases(after), now, strict=True)
        if case.id not in change.left_out
    ]
    return change, Draft(
        kind=CHANGE_KIND,
        subjects=(
            replace(before.subjects[0], role="before"),
            replace(after.subjects[0], role="after"),
        ),
        circumstances=after.circumstances,
        summary=_figures(change),
        items=table(rows),
        settings={"suite": after.settings["suite"], "left_out": list(change.left_out)},
        seed=after.seed,
        command=command,
        notes=_notes(change),
    )


def replay_change(record: Record, config: Config, progress: Progress) -> Draft:
    """Run the cases of a change again, with both models.

    Raises:
        ModelNotFound: The bytes of one that was measured are not here.
    """
    suite = Suite(name=str(record.settings["suite"]), cases=recorded_cases(record))
    before, after = (
        measure_suite(config, str(find_subject(config, subject)), suite, progress=progress)
        for subject in record.subjects
    )
    return compare_records(before, after, record.command)[1]


def _ran(draft: Draft) -> list[Ran]:
    return [
        Ran(id=case.id, digest=case.digest, has_passed=passed)
        for case, passed in zip(recorded_cases(draft), recorded_passes(draft), strict=True)
    ]


def _figures(change: Change) -> dict[str, Figure]:
    outcomes = change.outcomes
    apart = outcomes.difference
    return {
        "change": Figure(
            value=100 * apart.value,
            low=100 * apart.low,
            high=100 * apart.high,
            unit="%",
            how=apart.how,
            higher_is="better",
        ),
        "broken": Figure(value=len(change.broken), unit="cases", higher_is="worse"),
        "mended": Figure(value=len(change.mended), unit="cases", higher_is="better"),
        "p": Figure(value=outcomes.p, how="McNemar, exact"),
    }


def _notes(change: Change) -> tuple[str, ...]:
    outcomes = change.outcomes
    if outcomes.verdict is Verdict.CANNOT_TELL:
        notes = ["Whether the suite passes more or less than before cannot be told yet."]
    else:
        notes = [f"The suite passes {outcomes.verdict.value} than before."]
    if outcomes.more_needed is not None:
        notes.append(f"About {outcomes.more_needed:,} more cases would tell.")
    if change.left_out:
        notes.append(f"Not the same in both runs, and left out: {', '.join(change.left_out)}.")
    return tuple(notes)
