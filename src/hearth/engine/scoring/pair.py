"""Two models side by side: how far the distributions of one are from those of the other."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from hearth.config import Config, load_config
from hearth.engine.scoring import messages as wire
from hearth.engine.scoring.opening import start_child
from hearth.engine.scoring.planning import plan_scoring
from hearth.engine.scoring.process import ScoringProcess
from hearth.engine.scoring.scorer import Scorer
from hearth.engine.scoring.settings import ScoringSettings
from hearth.errors import InvalidRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two models on the same tokens; every array has one entry per scored token.

    Args:
        reference: log p of the token by the reference, in nats; `candidate` by the other.
        kl: Kullback-Leibler divergence of the candidate's distribution from the reference's, over
            the whole vocabulary, in nats: sum of p_ref (log p_ref - log p_cand).
        same_top: Whether both find the same token most likely.
    """

    reference: NDArray[np.float64]
    candidate: NDArray[np.float64]
    kl: NDArray[np.float64]
    same_top: NDArray[np.bool_]


def open_pair(
    reference: str | Path,
    candidate: str | Path,
    settings: ScoringSettings | None = None,
    candidate_settings: ScoringSettings | None = None,
    *,
    config: Config | None = None,
    cancelled: threading.Event | None = None,
) -> Pair:
    """Load two models in one child; close them, or use them in a `with` block.

    Args:
        reference: The model that counts as right: a name of the library, or a path.
        candidate: The one that is compared with it; it may be the same with other settings.
        settings: How the reference is loaded, and the candidate where it has none of its own.
        candidate_settings: How the candidate is loaded; batches have the size of the reference's.
        config: Says where Hearth's home is; None: read from the environment.
        cancelled: Set to give up; the call that runs then raises RequestAborted.

    Raises:
        InvalidRequest: Their vocabularies differ.
        HearthError: As `open_scorer` does.
    """
    config = config or load_config()
    settings = settings or ScoringSettings()
    # Rows of both are compared as they are computed, so batches must have one size.
    other = replace(candidate_settings or settings, micro_batch=settings.micro_batch)
    planned = (
        plan_scoring(reference, settings, config),
        plan_scoring(candidate, other, config),
    )
    process, ready = start_child(config, cancelled, *planned)
    sizes = [model.vocab_size for model in ready.models]
    if sizes[0] != sizes[1]:
        process.close()
        raise InvalidRequest(
            f"{planned[0].entry.name} has {sizes[0]:,} tokens and {planned[1].entry.name} has "
            f"{sizes[1]:,}: their distributions cannot be compared.",
            hint="Compare bits per byte instead: `hearth bench perplexity` on each.",
        )
    first = Scorer(planned[0], ready, process)
    return Pair(first, Scorer(planned[1], ready, process, index=1), process)


class Pair:
    """Two loaded models; see `open_pair`. Used by one thread at a time.

    Args:
        reference: The first model, which can also be asked alone.
        candidate: The second, likewise.
    """

    def __init__(self, reference: Scorer, candidate: Scorer, process: ScoringProcess) -> None:
        self.reference = reference
        self.candidate = candidate
        self._process = process

    def __enter__(self) -> Pair:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """End the child."""
        self.close()

    def compare(self, tokens: Sequence[int], *, start: int = 1) -> Comparison:
        """Compare what both expect at each token.

        Args:
            tokens: At most as many as the shorter context holds.
            start: Index of the first token that is scored, at least 1.
        """
        arrays = self._process.numbers(wire.Compare(list(tokens), start))
        reference, candidate, kl, same = (np.frombuffer(raw, np.float64) for raw in arrays)
        return Comparison(reference=reference, candidate=candidate, kl=kl, same_top=same > 0)

    def close(self) -> None:
        """End the child; a no-op when it was done before."""
        self.reference.close()
        self.candidate.close()
