"""What is measured: a text, a length of windows, and variants that differ in one setting each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from typing import Any

from hearth.core import check_range
from hearth.engine.scoring import ScoringSettings
from hearth.plan.rope import AS_FILE, RopeScaling

DEFAULT_CONTEXT = 512
MIN_CONTEXT = 16
MAX_TOKENS = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to load the model.

    Args:
        name: What tells it from the others, such as "kv q8_0" or "4,096 tokens, rope yarn:2".
    """

    name: str
    settings: ScoringSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class PerplexityPlan:
    """How perplexity is measured: every combination of contexts, formats and scalings.

    Args:
        model: A name of the library, or a path.
        text: Path of a text file; None: the prose of Hearth's guide.
        contexts: Lengths of windows, in tokens.
        kv_types: Number formats of keys and values.
        ropes: Scalings of positions such as "yarn:2", or "none" for what the model's file says.
        by_position: Score all of each window, and tell perplexity by the position in it, instead
            of scoring the second half alone.
        max_tokens: Most tokens of the text that are read; None: all.
        threads: Threads that compute; None: as the machine has them.
    """

    model: str
    text: str | None = None
    contexts: tuple[int, ...] = (DEFAULT_CONTEXT,)
    kv_types: tuple[str, ...] = ("f16",)
    ropes: tuple[str, ...] = (AS_FILE,)
    by_position: bool = False
    max_tokens: int | None = None
    threads: int | None = None

    def __post_init__(self) -> None:
        check_range("max_tokens", self.max_tokens, MIN_CONTEXT, MAX_TOKENS)
        for context in self.contexts:
            check_range("context", context, MIN_CONTEXT, MAX_TOKENS)
        for rope in self.ropes:
            RopeScaling.asked(rope)

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Every combination, named by what differs; the first is compared with the others."""
        return tuple(self._variants())

    def _variants(self) -> Iterator[Variant]:
        for context, kv_type, rope in product(self.contexts, self.kv_types, self.ropes):
            words = (
                (f"{context:,} tokens", self.contexts),
                (f"kv {kv_type}", self.kv_types),
                (f"rope {rope}", self.ropes),
            )
            yield Variant(
                name=", ".join(text for text, given in words if len(given) > 1) or "as it is",
                settings=ScoringSettings(
                    context=context,
                    kv_type=kv_type,
                    rope=RopeScaling.asked(rope),
                    threads=self.threads,
                ),
            )

    @property
    def command(self) -> tuple[str, ...]:
        """What to type to measure it so."""
        words = ["hearth", "bench", "perplexity", self.model]
        words += [word for context in self.contexts for word in ("--context", str(context))]
        words += [word for kv_type in self.kv_types for word in ("--kv-type", kv_type)]
        words += [word for rope in self.ropes for word in ("--rope", rope)]
        words += ["--by-position"] if self.by_position else []
        return (*words, *_shared_words(self.text, self.max_tokens, self.threads))

    def arguments(self) -> dict[str, Any]:
        """Return all of it as plain data, such as a job takes."""
        return asdict(self)

    def as_data(self) -> dict[str, Any]:
        """Return what was chosen, without the model and the text."""
        return {key: value for key, value in asdict(self).items() if key not in ("model", "text")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """How one of two models is loaded.

    Args:
        kv_type: Number format of keys and values.
        rope: Scaling of positions, or "none" for what the model's file says.
    """

    kv_type: str = "f16"
    rope: str = AS_FILE


@dataclass(frozen=True, slots=True, kw_only=True)
class DistancePlan:
    """How two models are compared.

    Args:
        reference: What counts as right: a name of the library, or a path.
        candidate: What is compared with it; it may be the same model, loaded otherwise.
        text: Path of a text file; None: the prose of Hearth's guide.
        context: Length of windows, in tokens.
        reference_side: How the reference is loaded; `candidate_side` the candidate.
        max_tokens: Most tokens of the text that are read; None: all.
        threads: Threads that compute; None: as the machine has them.
    """

    reference: str
    candidate: str
    text: str | None = None
    context: int = DEFAULT_CONTEXT
    reference_side: Side = field(default_factory=Side)
    candidate_side: Side = field(default_factory=Side)
    max_tokens: int | None = None
    threads: int | None = None

    def __post_init__(self) -> None:
        check_range("max_tokens", self.max_tokens, MIN_CONTEXT, MAX_TOKENS)
        check_range("context", self.context, MIN_CONTEXT, MAX_TOKENS)
        for side in (self.reference_side, self.candidate_side):
            RopeScaling.asked(side.rope)

    @property
    def settings(self) -> tuple[ScoringSettings, ScoringSettings]:
        """How the reference and the candidate are loaded."""
        shared = ScoringSettings(context=self.context, threads=self.threads)
        first, second = (
            replace(shared, kv_type=side.kv_type, rope=RopeScaling.asked(side.rope))
            for side in (self.reference_side, self.candidate_side)
        )
        return first, second

    @property
    def command(self) -> tuple[str, ...]:
        """What to type to compare them so."""
        words = ["hearth", "bench", "distance", self.reference, self.candidate]
        words += ["--context", str(self.context)]
        words += ["--kv-type", self.candidate_side.kv_type, "--rope", self.candidate_side.rope]
        words += ["--reference-kv-type", self.reference_side.kv_type]
        words += ["--reference-rope", self.reference_side.rope]
        return (*words, *_shared_words(self.text, self.max_tokens, self.threads))

    def arguments(self) -> dict[str, Any]:
        """Return all of it as plain data, such as a job takes."""
        return asdict(self)

    def as_data(self) -> dict[str, Any]:
        """Return what was chosen, without the models and the text."""
        left_out = ("reference", "candidate", "text")
        return {key: value for key, value in asdict(self).items() if key not in left_out}


def _shared_words(text: str | None, max_tokens: int | None, threads: int | None) -> list[str]:
    words = ["--text", text] if text is not None else []
    words += ["--max-tokens", str(max_tokens)] if max_tokens is not None else []
    return words + (["--threads", str(threads)] if threads is not None else [])
