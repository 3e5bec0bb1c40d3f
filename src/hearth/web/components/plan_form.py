"""What a person wants of a plan, as a form whose sliders answer while they move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hearth.errors import InvalidRequest
from hearth.plan.choose import MEANINGS, PURPOSES, Purpose, Subject, Wishes
from hearth.plan.choose.search import KV_LADDER, LADDER
from hearth.plan.choose.wishes import ANY
from hearth.web.commands import Command, number
from hearth.web.parts import part

CHOSEN = 0  # on a slider: the plan chooses
CONTEXTS = (CHOSEN, *(2**power for power in range(9, 21)))
USERS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)
CHOOSE = ""  # in a list: the plan chooses


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of a plan; the defaults leave everything to it.

    Args:
        model: Name of one of the models that the form offers.
        context: Tokens, or 0 for what the plan chooses.
        quantization: Name of one, "any", or empty for a file as it is.
    """

    model: str = ""
    purpose: Purpose = "balanced"
    context: int = CHOSEN
    users: int = 1
    quantization: str = CHOOSE
    kv_type: str = CHOOSE

    @staticmethod
    def of(command: Command) -> Asked:
        """Return what a form asks; its sliders give places in their lists.

        Raises:
            InvalidRequest: A value is not one of the form.
        """
        purpose = command.get("purpose", PURPOSES[0])
        if purpose not in PURPOSES:
            raise InvalidRequest(f"There is no purpose {purpose!r}.", param="purpose")
        return Asked(
            model=command.get("model", ""),
            purpose=purpose,
            context=_at(CONTEXTS, command, "context"),
            users=_at(USERS, command, "users"),
            quantization=command.get("quantization", CHOOSE),
            kv_type=command.get("kv_type", CHOOSE),
        )

    def wishes(self, subject: Subject) -> Wishes:
        """Return the wishes for a model; no context is longer than it was trained for."""
        context = min(self.context, subject.info.context_length) or None
        return Wishes(
            purpose=self.purpose,
            context=context,
            users=None if self.users == 1 else self.users,
            quantization=self.quantization or None,
            kv_type=self.kv_type or None,
        )


def draw_form(asked: Asked, subject: Subject, names: Mapping[str, Sequence[str]]) -> Markup:
    """Return the form.

    Args:
        asked: What is asked now.
        subject: The model that is asked about.
        names: The models that can be planned, by where they are.
    """
    contexts = contexts_of(subject)
    own = f"as the file is: {subject.quantization}" if subject.is_file else "as suits best"
    return part(
        "machine_plan_form",
        asked=asked,
        names=names,
        purposes=MEANINGS,
        contexts=contexts,
        context_at=_place(contexts, min(asked.context, contexts[-1])),
        users=USERS,
        users_at=_place(USERS, asked.users),
        quantizations=[(CHOOSE, own), *_others(subject)],
        kv_types=[(CHOOSE, "as suits best"), *((name, name) for name in KV_LADDER)],
    )


def contexts_of(subject: Subject) -> tuple[int, ...]:
    """Return the contexts to choose from, up to what a model was trained for."""
    trained = subject.info.context_length
    return (*(one for one in CONTEXTS if one < trained), trained)


def _others(subject: Subject) -> list[tuple[str, str]]:
    any_one = [(ANY, "as suits best")] if subject.is_file else []
    return [*any_one, *((name, name) for name in LADDER)]


def _place(values: Sequence[int], wanted: int) -> int:
    return max(at for at, value in enumerate(values) if value <= wanted)


def _at(values: Sequence[int], command: Command, name: str) -> int:
    """Return the value at the place that a slider stands at; past the end it is the last."""
    if name not in command:
        return values[0]
    at = number(command, name)
    if at < 0:
        raise InvalidRequest(f"{name} is {at}; it must not be negative.", param=name)
    return values[min(at, len(values) - 1)]
