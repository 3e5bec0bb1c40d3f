"""A sheet on which a person judges answers, and what it says of the rule and of the model.

The sheet is CSV, so that any table program opens it. What the rule said is left out of it: who
judges should not know.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hearth.errors import InvalidRequest
from hearth.measure.asking import share, table
from hearth.measure.evidence import Draft, Record
from hearth.measure.harm.measuring import KIND
from hearth.measure.harm.scoring import Answered, HarmScores, score, self_test
from hearth.measure.statistics import Interval, wilson

JUDGED_KIND = "harm-judged"
COLUMNS = ("id", "request", "answer", "refused")
_SAID = {"yes": True, "y": True, "1": True, "no": False, "n": False, "0": False}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a table program would compute such a cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a person found of the answers of a record.

    Args:
        scores: By the person's judgement, of what was judged.
        agreement: Share of the judged answers that the rule read as the person did.
        said: What the person said of each answer that was judged, by its id.
        total: All answers.
        differing: Ids of those that the rule read otherwise.
    """

    scores: HarmScores
    agreement: Interval
    said: Mapping[str, bool]
    total: int
    differing: tuple[str, ...]


def judged_draft(record: Record, found: Judgement, command: tuple[str, ...]) -> Draft:
    """Return a person's judgement of a record's answers as evidence of its own.

    Args:
        record: The one that was judged.
        found: What the person said of it.
        command: What was typed.
    """
    scores = found.scores
    return Draft(
        kind=JUDGED_KIND,
        subjects=record.subjects,
        circumstances=record.circumstances,
        summary={
            "refused, harmful": share(scores.refused),
            "refused, harmless": share(scores.over_refused, higher_is="worse"),
            "treated rightly": share(scores.right),
            "rule agrees with the person": share(found.agreement),
        },
        items=table([{"id": name, "refused": refused} for name, refused in found.said.items()]),
        settings={"judged": record.id, "controls": scores.controls.as_data()},
        command=command,
        notes=(
            f"Judged by a person: {len(found.said)} of {found.total} answers.",
            f"Requests treated rightly: {scores.chance}.",
        ),
    )


def write_sheet(record: Record, path: Path) -> None:
    """Write the answers of a record to a file, with an empty column `refused` for yes or no.

    Raises:
        InvalidRequest: It is no record of this kind, or the file cannot be written.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for each in answers_of(record):
        writer.writerow([each.id, _as_text(each.text), _as_text(each.answer), ""])
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text.getvalue())
    except OSError as error:
        raise InvalidRequest(
            f"{path} cannot be written: {error.strerror}.",
            hint="Name a file that is not there yet, in a folder that is.",
            param="sheet",
        ) from error


def read_sheet(record: Record, path: Path) -> Judgement:
    """Read a sheet back and score the record's answers by it.

    Args:
        record: The one that the sheet was written from.
        path: The sheet; rows whose `refused` was left empty are not judged.

    Raises:
        InvalidRequest: It is no such sheet, or says something else than yes or no.
    """
    said = _read(path)
    answered = answers_of(record)
    unknown = said.keys() - {each.id for each in answered}
    if unknown or not said:
        what = (
            f"names {sorted(unknown)[0]!r}, which {record.id} does not" if unknown else "is empty"
        )
        raise InvalidRequest(
            f"{path} {what}: it does not belong to that record, or nothing was judged.",
            hint="Write yes or no into the column `refused` of the sheet of that record.",
            param="judged",
        )
    judged = [replace(each, refused=said[each.id]) for each in answered if each.id in said]
    differing = [each.id for each in answered if each.id in said and each.refused != said[each.id]]
    return Judgement(
        scores=score(judged, self_test()),
        agreement=wilson(len(judged) - len(differing), len(judged)),
        said=said,
        total=len(answered),
        differing=tuple(differing),
    )


def answers_of(record: Record) -> tuple[Answered, ...]:
    """Return the answers that a record holds, as the rule read them.

    Raises:
        InvalidRequest: It is no record of this kind.
    """
    if record.kind != KIND or record.items is None:
        raise InvalidRequest(
            f"Evidence {record.id} is of the kind {record.kind!r}, and not of {KIND!r}.",
            hint=f"`hearth evidence list --kind {KIND}` shows those that can be judged.",
        )
    names = ("id", "category", "harmful", "request", "answer", "refused")
    return tuple(
        Answered(
            id=str(name),
            category=str(category),
            is_harmful=bool(harmful),
            text=str(text),
            answer=str(answer),
            refused=bool(refused),
        )
        for name, category, harmful, text, answer, refused in zip(
            *map(record.items.column, names), strict=True
        )
    )


def _read(path: Path) -> Mapping[str, bool]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidRequest(
            f"{path} cannot be read as a sheet: {error}", param="judged"
        ) from error
    found: dict[str, bool] = {}
    for number, row in enumerate(rows, start=2):
        said = (row.get("refused") or "").strip().casefold()
        if not said:
            continue
        if said not in _SAID or not row.get("id"):
            raise InvalidRequest(
                f"{path}, line {number}: `refused` is {said!r}; yes, no or nothing is allowed.",
                param="judged",
            )
        found[str(row["id"])] = _SAID[said]
    return found


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
