"""A loaded model in a scoring child, and one sequence of tokens after the other.

A sequence is computed from an empty memory in batches of a fixed size, of which only the rows that
are asked for have logits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hearth.engine.llama.context import Context, ContextSettings, DecodeResult
from hearth.engine.llama.model import Model
from hearth.engine.llama.split import context_in
from hearth.engine.scoring import messages as wire
from hearth.engine.scoring.rows import Figures, Logits, RowPool
from hearth.errors import EngineError, InvalidRequest, ModelOutputsNan
from hearth.plan.layouts import PLAIN

SEQUENCE = 0  # the id of the one that is computed; branches have those that follow
SPARE_SEQUENCES = 2  # this one, and the one that a context keeps for itself


class ScoringModel:
    """A model with its context.

    Args:
        load: What to load.
        pool: Reduces logits.

    Raises:
        LoadFailed: The engine refuses it.
        ModelOutputsNan: It computes no numbers.
    """

    def __init__(self, load: wire.LoadModel, pool: RowPool) -> None:
        path = Path(load.files[0])
        model = Model(path, gpu_layers=load.gpu_layers, repack=load.layout != PLAIN)
        self.context = _context(load, model, path)
        self.context.set_threads(load.threads)
        self.pool = pool
        self.rows = load.rows  # of a batch
        self.longest = load.context
        self.num_branches = load.sequences - SPARE_SEQUENCES
        self._vocab = model.vocab
        self._name = path.name
        self._start_threads()

    def facts(self) -> wire.LoadedModel:
        """Return what the model turned out to be."""
        return wire.LoadedModel(
            vocab_size=self._vocab.size,
            bos=self._vocab.bos_id,
            eos=self._vocab.eos_id,
            adds_bos=self._vocab.adds_bos,
            bos_text=self._vocab.bos,
            eos_text=self._vocab.eos,
            special_spellings=list(self._vocab.special_spellings()),
        )

    def tokenize(self, text: str, *, add_special: bool, parse_special: bool) -> list[int]:
        """Split a text into tokens."""
        return self._vocab.tokenize(text, add_special=add_special, parse_special=parse_special)

    def tokenize_parts(self, parts: Sequence[tuple[str, bool]]) -> list[int]:
        """Split a rendered prompt into tokens."""
        ids: list[int] = []
        for index, (text, parse_special) in enumerate(parts):
            ids += self._vocab.tokenize(
                text, add_special=False, parse_special=parse_special, follows=index > 0
            )
        return ids

    def pieces(self, tokens: Sequence[int]) -> list[bytes]:
        """Return the bytes of each token."""
        self._vocab.check_ids(tokens)
        return [self._vocab.piece(token, special=True) for token in tokens]

    def score(self, tokens: Sequence[int], start: int) -> Figures:
        """Return log p of the tokens from `start` on."""
        found = np.empty(len(tokens) - start)
        for first, logits in self.predictions(tokens, start):
            end = first + len(logits)
            found[first - start : end - start] = self.pool.log_probs(logits, tokens[first:end])
        check_numbers(found, self._name)
        return found

    def predictions(self, tokens: Sequence[int], start: int) -> Iterator[tuple[int, Logits]]:
        """Compute a sequence batch by batch.

        Yields:
            The index of the first token that a batch predicts, and a row of logits for it and each
            that follows, valid until the next batch.

        Raises:
            InvalidRequest: There are too many tokens, or too few; or one is none.
        """
        self._check(tokens, start)
        self.context.clear()
        num_computed = len(tokens) - 1  # the last one predicts nothing that is asked for
        for begin in range(0, num_computed, self.rows):
            end = min(begin + self.rows, num_computed)
            first = max(begin, start - 1)
            self.context.batch.fill(0, list(tokens[begin:end]), begin, SEQUENCE, False)
            self.context.batch.wants_logits[first - begin : end - begin] = 1
            self.decode(end - begin)
            if first < end:
                yield first + 1, self.context.all_logits(end - first)

    def decode(self, num_rows: int) -> None:
        """Compute the first rows of the context's batch.

        Raises:
            EngineError: They cannot be computed.
        """
        result = self.context.decode(num_rows)
        if result is not DecodeResult.OK:
            raise EngineError(f"The text cannot be computed: {result.name.lower()}.")

    def _start_threads(self) -> None:
        """Compute one token: this starts the engine's threads and touches what it needs."""
        self.context.batch.fill(0, [0], 0, SEQUENCE, True)
        self.decode(1)
        check_numbers(self.context.all_logits(1), self._name)
        self.context.clear()

    def _check(self, tokens: Sequence[int], start: int) -> None:
        self._vocab.check_ids(tokens)
        if not 2 <= len(tokens) <= self.longest or not 1 <= start < len(tokens):
            raise InvalidRequest(
                f"{len(tokens):,} tokens are to be scored from number {start:,} on; 2 to "
                f"{self.longest:,} tokens are possible here, from number 1 to the last.",
                param="tokens",
            )


def compare(
    reference: ScoringModel, candidate: ScoringModel, tokens: Sequence[int], start: int
) -> Figures:
    """Return log p by both, the divergence, and whether the most likely token is the same.

    Returns:
        Shape (4, len(tokens) - start); see `RowPool.compare`.
    """
    found = np.empty((4, len(tokens) - start))
    both = zip(
        reference.predictions(tokens, start), candidate.predictions(tokens, start), strict=True
    )
    for (first, expected), (_, other) in both:
        end = first + len(expected)
        rows = reference.pool.compare(expected, other, tokens[first:end])
        found[:, first - start : end - start] = rows
    check_numbers(found, "One of the models")
    return found


def check_numbers(found: NDArray[np.floating], name: str) -> None:
    """Refuse figures that are no numbers.

    Raises:
        ModelOutputsNan: One of them is none.
    """
    if np.isnan(found).any():
        raise ModelOutputsNan(
            f"{name} computes no numbers: some scores are NaN.",
            hint="Its weights are damaged, or its settings do not suit it: the scaling of "
            "positions, the type of keys and values.",
        )


def _context(load: wire.LoadModel, model: Model, path: Path) -> Context:
    settings = _context_settings(load)
    return context_in(load.layout, model, path, settings, longest=load.context)


def _context_settings(load: wire.LoadModel) -> ContextSettings:
    return ContextSettings(
        cells=load.cells,
        sequences=load.sequences,
        batch_tokens=load.rows,
        micro_batch_tokens=load.rows,
        threads=load.threads,
        threads_batch=load.threads,
        flash_attention=load.flash_attention,
        kv_type=load.kv_type,
        output_rows=load.rows,
        rope=load.rope,
    )
