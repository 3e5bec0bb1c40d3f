"""How the next token is drawn: the settings and the ranges they are held to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from hearth.errors import InvalidRequest

MAX_LOGIT_BIAS = 1024

# Closed ranges, both ends allowed. The bounds keep native code away from values that it does not
# check itself (R-08, Q7).
SAMPLING_RANGES: dict[str, tuple[float, float]] = {
    "temperature": (0.0, 5.0),
    "top_k": (0, 1_000_000),
    "top_p": (0.0, 1.0),
    "min_p": (0.0, 1.0),
    "typical_p": (0.0, 1.0),
    "repeat_penalty": (0.01, 10.0),
    "repeat_last_n": (0, 65_536),
    "presence_penalty": (-2.0, 2.0),
    "frequency_penalty": (-2.0, 2.0),
    "mirostat": (0, 2),
    "mirostat_tau": (0.0, 100.0),
    "mirostat_eta": (0.0, 1.0),
    "seed": (0, 2**32 - 2),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingParams:
    """How the next token is drawn from the model's distribution.

    The defaults are llama.cpp's own; `temperature=0` means greedy. `seed=None` draws a fresh seed
    for each request; a fixed seed also asks for reproducible computation (see
    docs/explanation/determinism.md).

    Raises:
        InvalidRequest: A field is not finite or out of its closed range; the field is named.
    """

    temperature: float = 0.8
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    typical_p: float = 1.0
    repeat_penalty: float = 1.0
    repeat_last_n: int = 64
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    mirostat: int = 0
    mirostat_tau: float = 5.0
    mirostat_eta: float = 0.1
    seed: int | None = None
    logit_bias: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, (low, high) in SAMPLING_RANGES.items():
            check_range(name, getattr(self, name), low, high)
        if len(self.logit_bias) > MAX_LOGIT_BIAS:
            raise InvalidRequest(
                f"logit_bias has {len(self.logit_bias)} entries; "
                f"at most {MAX_LOGIT_BIAS} are allowed.",
                param="logit_bias",
            )
        for token, bias in self.logit_bias.items():
            check_range("logit_bias", bias, -100.0, 100.0)
            check_range("logit_bias", token, 0, 2**31 - 1)


def check_range(name: str, value: float | None, low: float, high: float) -> None:
    """Refuse a number that is not finite or lies outside `[low, high]`; None passes."""
    if value is None:
        return
    if isinstance(value, bool) or not math.isfinite(value) or not low <= value <= high:
        raise InvalidRequest(
            f"{name} is {value}; it must be a number from {low:g} to {high:g}.", param=name
        )
