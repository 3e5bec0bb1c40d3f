"""Perplexity of one model on one text, in each variant of how it is loaded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hearth.config import Config
from hearth.engine.scoring import Scorer, open_scorer
from hearth.measure.perplexity.figures import (
    Array,
    Groups,
    bits_per_byte,
    exponential,
    mean,
    perplexity,
)
from hearth.measure.perplexity.plan import DEFAULT_CONTEXT, Variant
from hearth.measure.perplexity.windows import Window, windows_of
from hearth.measure.statistics import Interval

Report = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What one variant made of a text; every array has one entry per scored token.

    Args:
        settings: What the model was loaded with, nothing left open.
        nats: -log p, natural logarithm.
        num_bytes: Length of the token in UTF-8.
        places: Index of the token in the text's tokens.
        windows: Number of the window that it was in.
        positions: Index of the token in that window.
    """

    variant: Variant
    settings: dict[str, Any]
    nats: Array
    num_bytes: Array
    places: Groups
    windows: Groups
    positions: Groups

    @property
    def num_windows(self) -> int:
        """How many windows there were."""
        return int(self.windows.max()) + 1

    @property
    def perplexity(self) -> Interval:
        """Perplexity, with its interval over windows."""
        return perplexity(self.nats, self.windows)

    @property
    def bits_per_byte(self) -> Interval:
        """Bits that a byte of the text takes, with the interval over windows."""
        return bits_per_byte(self.nats, self.num_bytes, self.windows)

    def ratio_to(self, other: Scored) -> Interval | None:
        """Return how many times this perplexity is another's, on the tokens that both scored.

        Pairing leaves the difficulty of the text out of the interval. None where no token was
        scored by both.
        """
        _, mine, theirs = np.intersect1d(self.places, other.places, return_indices=True)
        if not len(mine):
            return None
        longer = self if self.num_windows < other.num_windows else other
        groups = longer.windows[mine if longer is self else theirs]
        return exponential(mean(self.nats[mine] - other.nats[theirs], groups))


def measure_perplexity(
    model: str | Path,
    text: str,
    variants: Sequence[Variant],
    config: Config,
    *,
    by_position: bool = False,
    max_tokens: int | None = None,
    report: Report = lambda done, total, doing: None,
    cancelled: threading.Event | None = None,
) -> tuple[Scored, ...]:
    """Score a text with a model, loaded in several ways.

    Args:
        model: A name of the library, or a path.
        text: At least some thousand tokens, for figures that tell anything.
        variants: How it is loaded.
        by_position: Score all of each window, instead of its second half alone.
        max_tokens: Most tokens of the text that are read; None: all.
        config: Says where the library looks.
        report: Told windows done, windows in all, and what goes on.
        cancelled: Set to stop; RequestAborted is raised.

    Returns:
        One for each variant, in their order.
    """
    found = []
    for number, variant in enumerate(variants, start=1):
        name = f"variant {number} of {len(variants)}: {variant.name}"
        report(0, 0, f"Loading, {name}")
        with open_scorer(model, variant.settings, config=config, cancelled=cancelled) as scorer:
            windows = windows_of(
                scorer,
                text,
                variant.settings.context or DEFAULT_CONTEXT,
                max_tokens=max_tokens,
                whole=by_position,
            )
            nats = []
            for index, window in enumerate(windows):
                report(index, len(windows), f"Scoring, {name}")
                nats.append(-scorer.score(window.tokens, start=window.start))
            found.append(_scored(variant, scorer, windows, nats))
    return tuple(found)


def _scored(
    variant: Variant, scorer: Scorer, windows: Sequence[Window], nats: Sequence[Array]
) -> Scored:
    places = np.concatenate(
        [
            np.arange(window.begin + window.start, window.begin + len(window.tokens))
            for window in windows
        ]
    )
    return Scored(
        variant=variant,
        settings=scorer.settings,
        nats=np.concatenate(nats),
        num_bytes=byte_lengths(scorer, windows),
        places=places,
        windows=window_numbers(windows),
        positions=np.concatenate(
            [np.arange(window.start, len(window.tokens)) for window in windows]
        ),
    )


def window_numbers(windows: Sequence[Window]) -> Groups:
    """Return the number of its window for every scored token."""
    return np.repeat(np.arange(len(windows)), [window.num_scored for window in windows])


def byte_lengths(scorer: Scorer, windows: Sequence[Window]) -> Array:
    """Return the length in UTF-8 of every scored token."""
    scored = [token for window in windows for token in window.tokens[window.start :]]
    distinct = sorted(set(scored))
    pieces = scorer.pieces(distinct)
    lengths = {token: len(piece) for token, piece in zip(distinct, pieces, strict=True)}
    return np.array([lengths[token] for token in scored], np.float64)
