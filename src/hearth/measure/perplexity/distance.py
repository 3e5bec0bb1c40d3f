"""How far a model is from a reference: both on the same text, side by side, token by token.

    divergence   sum over the vocabulary of p_ref (log p_ref - log p_cand): what is lost, in nats
    same top     how often both find the same token most likely
    shift        p_cand - p_ref of the token that really comes next

The figures are those of llama.cpp's perplexity tool, without its file of all logits: the two are
compared where they are computed. Source: tools/perplexity/README.md of llama.cpp.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hearth.config import Config
from hearth.engine.scoring import Comparison, ScoringSettings, open_pair
from hearth.errors import InvalidRequest
from hearth.measure.perplexity.figures import (
    Array,
    Groups,
    bits_per_byte,
    exponential,
    mean,
    perplexity,
    root,
)
from hearth.measure.perplexity.plan import DEFAULT_CONTEXT
from hearth.measure.perplexity.scoring import byte_lengths, window_numbers
from hearth.measure.perplexity.windows import windows_of
from hearth.measure.statistics import Interval

Report = Callable[[int, int, str], None]
QUANTILES = (0.5, 0.95, 0.99, 0.999, 1.0)
SHIFT_QUANTILES = (0.0, 0.01, 0.05, 0.5, 0.95, 0.99, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """What comparing found; every array has one entry per scored token.

    Args:
        settings: What the reference was loaded with; `candidate_settings` the candidate.
        reference_nats: -log p of the token by the reference; `candidate_nats` by the candidate.
        kl: Divergence of the candidate from the reference, in nats.
        same_top: 1 where both find the same token most likely, 0 elsewhere.
        num_bytes: Length of the token in UTF-8.
        windows: Number of the window that it was in.
    """

    settings: dict[str, Any]
    candidate_settings: dict[str, Any]
    reference_nats: Array
    candidate_nats: Array
    kl: Array
    same_top: Array
    num_bytes: Array
    windows: Groups

    @property
    def divergence(self) -> Interval:
        """Mean divergence in nats, with its interval over windows."""
        return mean(self.kl, self.windows)

    @property
    def top_agreement(self) -> Interval:
        """Share of tokens where both find the same one most likely."""
        found = mean(self.same_top, self.windows)
        return Interval(
            value=found.value,
            low=max(0.0, found.low),
            high=min(1.0, found.high),
            level=found.level,
            how=found.how,
        )

    @property
    def reference_perplexity(self) -> Interval:
        """Perplexity of the reference."""
        return perplexity(self.reference_nats, self.windows)

    @property
    def candidate_perplexity(self) -> Interval:
        """Perplexity of the candidate."""
        return perplexity(self.candidate_nats, self.windows)

    @property
    def perplexity_ratio(self) -> Interval:
        """How many times the reference's perplexity the candidate's is; paired by token."""
        return exponential(mean(self.candidate_nats - self.reference_nats, self.windows))

    @property
    def reference_bits_per_byte(self) -> Interval:
        """Bits per byte of the reference."""
        return bits_per_byte(self.reference_nats, self.num_bytes, self.windows)

    @property
    def candidate_bits_per_byte(self) -> Interval:
        """Bits per byte of the candidate."""
        return bits_per_byte(self.candidate_nats, self.num_bytes, self.windows)

    @property
    def shifts(self) -> Array:
        """What the candidate gives the right token more, or less, than the reference does."""
        return np.exp(-self.candidate_nats) - np.exp(-self.reference_nats)

    @property
    def mean_shift(self) -> Interval:
        """Mean of the shifts: below zero where the candidate became worse."""
        return mean(self.shifts, self.windows)

    @property
    def typical_shift(self) -> Interval:
        """Root of the mean square of the shifts."""
        return root(mean(self.shifts**2, self.windows))

    def divergence_quantiles(self) -> dict[float, float]:
        """Return quantiles of the divergence over tokens: how bad the worst ones are."""
        return _quantiles(self.kl, QUANTILES)

    def shift_quantiles(self) -> dict[float, float]:
        """Return quantiles of the shifts over tokens."""
        return _quantiles(self.shifts, SHIFT_QUANTILES)


def measure_distance(
    reference: str | Path,
    candidate: str | Path,
    text: str,
    settings: ScoringSettings,
    config: Config,
    *,
    candidate_settings: ScoringSettings | None = None,
    max_tokens: int | None = None,
    report: Report = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> Distance:
    """Compare two models on a text.

    Args:
        reference: What counts as right: a name of the library, or a path.
        candidate: What is compared with it; it may be the same model, loaded otherwise.
        text: At least some thousand tokens, for figures that tell anything.
        settings: How the reference is loaded; the context is the length of windows.
        config: Says where the library looks.
        candidate_settings: How the candidate is loaded; None: alike.
        max_tokens: Most tokens of the text that are read; None: all.
        report: Told windows done, windows in all, and what goes on.
        cancelled: Set to stop; RequestAborted is raised.

    Raises:
        InvalidRequest: They do not share a vocabulary.
    """
    report(0, 0, "Loading both models")
    with open_pair(
        reference,
        candidate,
        settings,
        candidate_settings,
        config=config,
        cancelled=cancelled,
    ) as pair:
        _check_same_tokens(pair.reference.tokenize(text), pair.candidate.tokenize(text))
        context = settings.context or DEFAULT_CONTEXT
        windows = windows_of(pair.reference, text, context, max_tokens=max_tokens)
        compared: list[Comparison] = []
        for index, window in enumerate(windows):
            report(index, len(windows), "Comparing")
            compared.append(pair.compare(window.tokens, start=window.start))
        return Distance(
            settings=pair.reference.settings,
            candidate_settings=pair.candidate.settings,
            reference_nats=-np.concatenate([each.reference for each in compared]),
            candidate_nats=-np.concatenate([each.candidate for each in compared]),
            kl=np.concatenate([each.kl for each in compared]),
            same_top=np.concatenate([each.same_top for each in compared]).astype(np.float64),
            num_bytes=byte_lengths(pair.reference, windows),
            windows=window_numbers(windows),
        )


def _check_same_tokens(reference: list[int], candidate: list[int]) -> None:
    if reference != candidate:
        raise InvalidRequest(
            "The two models split the text into different tokens: their distributions cannot be "
            "compared.",
            hint="Compare bits per byte instead: `hearth bench perplexity` on each.",
        )


def _quantiles(values: Array, shares: tuple[float, ...]) -> dict[float, float]:
    return dict(zip(shares, np.quantile(values, shares).tolist(), strict=True))
