"""Texts longer than a model was trained for: a scaling of its rotary positions, asked for.

Positions that a model never saw turn its keys by angles that it never saw, and it writes nonsense.
A scaling maps the longer text onto angles that it knows. It changes every answer, short ones too,
so it is never chosen by itself; what it costs is measured by perplexity at each position.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hearth.core import Choice, LoadOptions
from hearth.errors import InvalidRequest
from hearth.models.gguf.info import ModelInfo

AS_FILE = "none"  # positions as the model's file has them
MAX_FACTOR = 64.0

RopeMethod = Literal["linear", "ntk", "yarn"]
ROPE_METHODS: tuple[RopeMethod, ...] = ("linear", "ntk", "yarn")


@dataclass(frozen=True, slots=True, kw_only=True)
class RopeScaling:
    """A way to read longer texts than a model was trained for.

    Args:
        method: "linear" divides positions by the factor, "ntk" stretches the long wavelengths alone
            by a larger base, "yarn" mixes both by wavelength.
        factor: How many times longer texts become.

    Source: Chen et al., "Extending Context Window of Large Language Models via Positional
    Interpolation" (arXiv 2306.15595); Peng et al., "YaRN" (arXiv 2309.00071), where NTK-aware
    scaling is equation 16.
    """

    method: RopeMethod
    factor: float

    @staticmethod
    def parse(text: str) -> RopeScaling:
        """Return the scaling that a text such as "yarn:2" names.

        Raises:
            InvalidRequest: It names none, or the factor is out of range.
        """
        method, _, factor = text.partition(":")
        try:
            value = float(factor)
        except ValueError:
            value = 0.0
        if method not in ROPE_METHODS or not 1.0 <= value <= MAX_FACTOR:
            raise InvalidRequest(
                f"{text!r} is no RoPE scaling: METHOD:FACTOR, with one of "
                f"{', '.join(ROPE_METHODS)} and a factor from 1 to {MAX_FACTOR:g}.",
                hint="For example yarn:2.",
                param="rope",
            )
        return RopeScaling(method=method, factor=value)

    @staticmethod
    def asked(text: str | None) -> RopeScaling | None:
        """Return the scaling that was asked for; None for "none", and where nobody asked.

        Raises:
            InvalidRequest: It is neither a scaling nor "none".
        """
        return None if text in (None, AS_FILE) else RopeScaling.parse(text)

    def __str__(self) -> str:
        return f"{self.method}:{self.factor:g}"


def choose_rope(info: ModelInfo, options: LoadOptions) -> Choice[str]:
    """Choose how positions are scaled: as was asked, else as the model's file says.

    Raises:
        InvalidRequest: It is no scaling, or one that this model cannot have.
    """
    scaling = RopeScaling.asked(options.rope)
    if scaling is None:
        return Choice(value=AS_FILE, reason=_as_file(info))
    if info.rotary is None:
        raise InvalidRequest(
            f"{info.name} ({info.architecture}) has no rotary positions that could be scaled.",
            hint=f"It reads {info.context_length:,} tokens, as it was trained for.",
            param="rope",
        )
    given = info.rotary.scaling
    if given not in (None, scaling.method):
        usable = given in ROPE_METHODS
        raise InvalidRequest(
            f"The file of {info.name} scales positions by {given} already, and {scaling} cannot be "
            "put on top of that.",
            hint=f"Use --rope {given}:{scaling.factor:g}."
            if usable
            else f"It reads {info.context_length:,} tokens without any.",
            param="rope",
        )
    more = f", beyond the {given}:{info.rotary.factor:g} of its file" if given else ""
    return Choice(value=str(scaling), reason=f"as asked{more}; it changes every answer")


def longest_context(info: ModelInfo, scaling: RopeScaling | None) -> int:
    """Return the longest text that a model reads, in tokens, with a scaling or without."""
    return int(info.context_length * scaling.factor) if scaling else info.context_length


def _as_file(info: ModelInfo) -> str:
    if info.rotary is None:
        return "it has no rotary positions"
    if info.rotary.scaling is None:
        return "positions as it was trained"
    return f"positions as its file scales them: {info.rotary.scaling}:{info.rotary.factor:g}"
