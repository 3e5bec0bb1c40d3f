"""The controls of one evaluator: how many answers had to be right, and how many were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from hearth.errors import ControlFailed
from hearth.measure.controls.chance import likely_counts

Kind = Literal["planted", "opposite", "shuffled"]
NEEDED: tuple[Kind, ...] = ("planted", "shuffled")
_UNREAD_HINT = "The model gives no answers that can be read; `hearth doctor` looks further."
SURE = 0.999  # a sound evaluator fails a shuffled control once in a thousand times


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many answers were right.

    Args:
        right: Answers that were scored as right.
        total: All of them.
        unread: Answers of which the evaluator could make nothing, such as a log-probability that
            is no number. None of a control may be.
    """

    right: int
    total: int
    unread: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One trial of an evaluator on answers that are known.

    Args:
        kind: What was tried.
        name: What the answers were, in a few words.
        tally: What the evaluator made of them.
        fewest: Fewest that a sound evaluator scores as right.
        most: Most that it does.
    """

    kind: Kind
    name: str
    tally: Tally
    fewest: int
    most: int

    @property
    def has_passed(self) -> bool:
        """True where the evaluator scored what it had to."""
        tally = self.tally
        return tally.total > 0 and not tally.unread and self.fewest <= tally.right <= self.most

    def __str__(self) -> str:
        wanted = f"{self.fewest}" if self.fewest == self.most else f"{self.fewest} to {self.most}"
        unread = f", {self.tally.unread} unread" if self.tally.unread else ""
        return f"{self.name}: {self.tally.right} of {self.tally.total} right{unread} ({wanted})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """The controls that an evaluator passed; only `passed` makes one.

    Args:
        evaluator: What was tried, such as "truth".
        controls: All of them, each passed.
    """

    evaluator: str
    controls: tuple[Control, ...]

    def as_data(self) -> list[dict[str, Any]]:
        """Return what was tried and what came out, as plain data for a record."""
        return [asdict(control) for control in self.controls]

    def __str__(self) -> str:
        return "; ".join(str(control) for control in self.controls)


def planted(name: str, tally: Tally, *, least: float = 1.0) -> Control:
    """Return the control of right answers, which must score as right.

    Args:
        name: What the answers were.
        tally: What the evaluator made of them.
        least: Least part that must be right: 1 for answers that are put in the evaluator's hand,
            less where a model is only told them and has to say them.
    """
    fewest = _rounded_up(least * tally.total)
    return Control(kind="planted", name=name, tally=tally, fewest=fewest, most=tally.total)


def opposite(name: str, tally: Tally, *, most: float = 0.0) -> Control:
    """Return the control of wrong answers, which must score as wrong.

    Args:
        name: What the answers were.
        tally: What the evaluator made of them.
        most: Greatest part that may be right.
    """
    return Control(
        kind="opposite", name=name, tally=tally, fewest=0, most=int(most * tally.total + 1e-9)
    )


def shuffled(name: str, tally: Tally, *, chance: float) -> Control:
    """Return the control of answers dealt to other questions, which must score chance.

    Args:
        name: What the answers were.
        tally: What the evaluator made of them.
        chance: Part that is right by chance, 0 to 1.
    """
    fewest, most = likely_counts(tally.total, chance, sure=SURE)
    return Control(kind="shuffled", name=name, tally=tally, fewest=fewest, most=most)


def passed(evaluator: str, *controls: Control) -> Controls:
    """Return the controls where all of them passed; without them no score may be printed.

    Args:
        evaluator: What is tried, such as "truth".
        controls: At least one planted and one shuffled.

    Raises:
        ControlFailed: One failed, or a needed one was not run.
    """
    failed = [str(control) for control in controls if not control.has_passed]
    kinds = {control.kind for control in controls}
    failed += [f"no {kind} control was run" for kind in NEEDED if kind not in kinds]
    if failed:
        raise ControlFailed(
            f"The self-test of the evaluator `{evaluator}` failed, so it prints no score: "
            f"{'; '.join(failed)}.",
            hint=_hint(controls),
            details={"controls": [asdict(control) for control in controls]},
        )
    return Controls(evaluator=evaluator, controls=tuple(controls))


def require_read(evaluator: str, tally: Tally) -> None:
    """Refuse a score of which a part could not be read.

    Args:
        evaluator: What evaluates, such as "truth".
        tally: What it made of a model's own answers.

    Raises:
        ControlFailed: An answer could not be read.
    """
    if tally.unread:
        raise ControlFailed(
            f"Of {tally.total} answers, {tally.unread} could not be read, so the evaluator "
            f"`{evaluator}` prints no score.",
            hint=_UNREAD_HINT,
        )


def _hint(controls: Sequence[Control]) -> str:
    if any(control.tally.unread for control in controls):
        return _UNREAD_HINT
    return (
        "Either the evaluator is broken, or this model does not even repeat an answer that it is "
        "told: then a score would say nothing of what it knows."
    )


def _rounded_up(value: float) -> int:
    return -int(-value // 1)
