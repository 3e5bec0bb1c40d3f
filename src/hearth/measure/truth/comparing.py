"""Two models on the same questions: who is right where the other is wrong (McNemar)."""

from __future__ import annotations

from dataclasses import replace

from hearth.config import Config
from hearth.errors import InvalidRequest
from hearth.measure.evidence import Draft, Figure, Progress, Record, Table
from hearth.measure.statistics import Outcomes, mcnemar
from hearth.measure.truth.keeping import ITEM_COLUMNS, answers_of, item_cells
from hearth.measure.truth.measuring import measure_again

KIND = "truth-difference"


def difference(a: Draft, b: Draft, command: tuple[str, ...]) -> tuple[Outcomes, Draft]:
    """Compare two models that were asked the same questions.

    Args:
        a: Evidence of the kind "truth", with its items.
        b: Likewise.
        command: What was typed to get both.

    Returns:
        The outcome, and the evidence of it.

    Raises:
        InvalidRequest: They were asked different questions, or something else was measured.
    """
    asked = [draft.settings.get("questions_digest") for draft in (a, b)]
    if asked[0] != asked[1]:
        raise InvalidRequest(
            "The two were asked different questions, so they cannot be compared.",
            hint="`hearth eval truth MODEL --against OTHER` asks both the same.",
        )
    of_a, of_b = answers_of(a), answers_of(b)
    right_a, right_b = ([each.is_right for each in answers] for answers in (of_a, of_b))
    found = mcnemar(right_a, right_b)
    draft = Draft(
        kind=KIND,
        subjects=(replace(a.subjects[0], role="a"), replace(b.subjects[0], role="b")),
        circumstances=b.circumstances,
        summary=_figures(found),
        items=Table(
            columns=(*ITEM_COLUMNS, "right_a", "right_b"),
            rows=tuple(
                (*item_cells(each.item), *right)
                for each, *right in zip(of_a, right_a, right_b, strict=True)
            ),
        ),
        settings={
            name: a.settings[name]
            for name in ("questions", "questions_digest", "num_questions", "engine")
        },
        seed=a.seed,
        command=command,
    )
    return found, draft


def replay_difference(record: Record, config: Config, progress: Progress) -> Draft:
    """Ask both models of a record the same questions again.

    Raises:
        ModelNotFound: The bytes of one that was measured are not here.
        ControlFailed: As `measure_truth`.
    """
    a, b = (
        measure_again(record, replace(subject, role=""), config, progress)
        for subject in record.subjects
    )
    return difference(a, b, record.command)[1]


def _figures(found: Outcomes) -> dict[str, Figure]:
    apart = found.difference
    return {
        "difference": Figure(
            value=100 * apart.value,
            low=100 * apart.low,
            high=100 * apart.high,
            unit="%",
            how=apart.how,
        ),
        "only_a_right": Figure(value=found.only_a, how="questions"),
        "only_b_right": Figure(value=found.only_b, how="questions"),
        "p": Figure(value=found.p, how="McNemar, exact"),
    }
