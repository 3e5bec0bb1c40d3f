"""What is compared, on which text, with which requests, and how far off is too far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

from hearth.errors import InvalidRequest
from hearth.measure.evidence import kept_command
from hearth.measure.quants.choice import DEFAULT_LIMIT

_OPTIONS = {
    "text": "--text",
    "max_tokens": "--max-tokens",
    "context": "--context",
    "prompt_tokens": "--prompt",
    "answer_tokens": "--answer",
    "rounds": "--rounds",
    "limit": "--limit",
    "seed": "--seed",
}
_RANGES: Mapping[str, tuple[float, float]] = {
    "max_tokens": (1024, 10_000_000),
    "context": (64, 1_048_576),
    "prompt_tokens": (16, 1_048_576),
    "answer_tokens": (4, 65_536),
    "rounds": (3, 1000),
    "limit": (0.0, 100.0),
    "seed": (0, 2**32 - 1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantsPlan:
    """What `hearth bench quants` measures.

    Args:
        model: The reference: a name of the library, or a path.
        candidates: Quantizations of it ("Q4_K_M"), which are made where they are missing, or models
            that are here already; none: all that were made of it before.
        text: Path of the text that distances are measured on; None: Hearth's guide.
        max_tokens: Most tokens of the text.
        context: Tokens of each window of the text.
        prompt_tokens: Of the prompt of each request; `answer_tokens` of its answer.
        rounds: How often each model answers; in each round all get the same prompt.
        limit: Most distance that the sensible choice may have, in nats per token.
        allow_requantize: Whether siblings may be made from weights that are quantized already.
        seed: Of prompts and orders.

    Raises:
        InvalidRequest: A figure is out of its range.
    """

    verb: ClassVar[tuple[str, ...]] = ("hearth", "bench", "quants")

    model: str
    candidates: tuple[str, ...] = ()
    text: str | None = None
    max_tokens: int = 16_384
    context: int = 512
    prompt_tokens: int = 256
    answer_tokens: int = 64
    rounds: int = 8
    limit: float = DEFAULT_LIMIT
    allow_requantize: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise InvalidRequest(
                    f"{_OPTIONS[name]} is {value:g}; {low:g} to {high:,g} are allowed.", param=name
                )
        if len(set(self.candidates)) != len(self.candidates):
            raise InvalidRequest(
                f"A candidate is named twice: {', '.join(self.candidates)}.", param="candidates"
            )

    @property
    def command(self) -> tuple[str, ...]:
        """What to type to measure it again."""
        words = [*self.verb, self.model, *self.candidates]
        usual = type(self)(model=self.model)
        for name, option in _OPTIONS.items():
            value = getattr(self, name)
            if value != getattr(usual, name):
                words += [option, value if isinstance(value, str) else f"{value:g}"]
        if self.allow_requantize and not usual.allow_requantize:
            words.append("--allow-requantize")
        return kept_command(words)

    def arguments(self) -> dict[str, Any]:
        """Return it as plain data, for a job."""
        return asdict(self) | {"candidates": list(self.candidates)}

    def kept(self) -> dict[str, Any]:
        """Return it as a record keeps it: without folders, which the subjects make up for."""
        names = [Path(name).name for name in (self.model, *self.candidates)]
        text = None if self.text is None else Path(self.text).name
        return self.arguments() | {"model": names[0], "candidates": names[1:], "text": text}
