"""What a person wants of a model on a machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from hearth.core import check_range
from hearth.errors import InvalidRequest
from hearth.plan.choices import MAX_SEQUENCES
from hearth.plan.memory import KV_TYPES
from hearth.plan.quantizations import quantization

Purpose = Literal["balanced", "fast", "long", "many", "quality"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
MEANINGS: dict[Purpose, str] = {
    "balanced": "good answers at a good speed",
    "fast": "the fastest answers that are still good",
    "long": "the longest context",
    "many": "the most tokens for many people at once",
    "quality": "the best answers that are fast enough to read along",
}
ANY = "any"  # as a quantization: choose one, also where a file has one already
MANY_USERS = 8
MAX_PROMPT = 2**24


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is asked for; None leaves a choice to the planner.

    Args:
        purpose: What the choices are ranked by.
        context: Tokens of one conversation.
        quantization: Name of a quantization, or "any".
        kv_type: A key of `KV_TYPES`.
        users: Conversations that are answered at once.
        prompt_tokens: Length of a prompt; answers are predicted behind it.
    """

    purpose: Purpose = "balanced"
    context: int | None = None
    quantization: str | None = None
    kv_type: str | None = None
    users: int | None = None
    prompt_tokens: int = 512

    @property
    def num_users(self) -> int:
        """Conversations at once, as asked or as the purpose has it."""
        if self.users is not None:
            return self.users
        return MANY_USERS if self.purpose == "many" else 1


def wishes_of(*, purpose: str | None = None, **wishes: Any) -> Wishes:
    """Return checked wishes from what a person typed.

    Args:
        purpose: One of `PURPOSES`; None: balanced.
        wishes: The other members of `Wishes` by name.

    Raises:
        InvalidRequest: A wish is unknown or out of range.
    """
    named = next((each for each in PURPOSES if each == (purpose or PURPOSES[0])), None)
    if named is None:
        raise InvalidRequest(
            f"There is no purpose {purpose!r}; {', '.join(PURPOSES)} are possible.",
            hint="For example --for fast.",
            param="purpose",
        )
    made = Wishes(purpose=named, **wishes)
    check_wishes(made)
    return made


def check_wishes(wishes: Wishes) -> None:
    """Refuse what no machine could be asked for.

    Raises:
        InvalidRequest: A wish is out of range, or no such type is known.
    """
    check_range("context", wishes.context, 16, 2**31 - 1)
    check_range("users", wishes.users, 1, MAX_SEQUENCES)
    check_range("prompt", wishes.prompt_tokens, 1, MAX_PROMPT)
    if wishes.kv_type is not None and wishes.kv_type not in KV_TYPES:
        raise InvalidRequest(
            f"The key-value type is {wishes.kv_type!r}; {', '.join(KV_TYPES)} are possible.",
            param="kv_type",
        )
    if wishes.quantization is not None and wishes.quantization != ANY:
        quantization(wishes.quantization)
