"""llama.cpp's sampler chain for one sequence, built from `SamplingParams`.

Order of the chain (llama.cpp's own): logit bias, penalties, top-k, typical, top-p, min-p,
temperature, draw. Top-k stands before top-p because top-p sorts what it is given: over a
vocabulary of 152,000 entries that costs milliseconds a token.
"""

from __future__ import annotations

import secrets

import numpy as np
from numpy.typing import NDArray

from hearth.core import SamplingParams, TokenChoice
from hearth.engine.llama.context import Context
from hearth.engine.llama.library import library
from hearth.engine.llama.vocab import Vocab
from hearth.errors import InvalidRequest

MIROSTAT_V1_WINDOW = 100  # `m` of the Mirostat paper, arXiv 2007.14966


class Sampler:
    """Draws the tokens of one sequence. Own state: random generator, penalties, mirostat.

    Raises:
        InvalidRequest: logit_bias names a token that the vocabulary does not have.
    """

    def __init__(self, vocab: Vocab, params: SamplingParams) -> None:
        self._lib = library()
        self._vocab = vocab
        self.seed = params.seed if params.seed is not None else secrets.randbelow(2**32 - 1)
        self._chain = self._lib.llama_sampler_chain_init(
            self._lib.llama_sampler_chain_default_params()
        )
        self._add_bias(params)
        self._penalizes = self._add_penalties(params)
        # Without bias and penalties the most likely token needs no chain, which would first copy
        # the whole vocabulary into an array of candidates: 0.2 ms a token for 49,000 entries.
        self._is_argmax = not (params.temperature or params.logit_bias or self._penalizes)
        if params.temperature == 0.0:
            self._add(self._lib.llama_sampler_init_greedy())
        elif params.mirostat:
            self._add_mirostat(params)
        else:
            self._add_filters(params)

    def see_prompt(self, tokens: list[int]) -> None:
        """Let the penalties know the end of the prompt."""
        if self._penalizes:
            for token in tokens[-self._penalizes :]:
                self._lib.llama_sampler_accept(self._chain, token)

    def sample(self, context: Context, row: int) -> int:
        """Draw the next token from the logits of a row, and remember it."""
        if self._is_argmax:
            return int(context.logits(row).argmax())
        return int(self._lib.llama_sampler_sample(self._chain, context.pointer, context.row(row)))

    def close(self) -> None:
        """Free the chain and the samplers in it."""
        if self._chain:
            self._lib.llama_sampler_free(self._chain)
            self._chain = None

    def _add(self, sampler: int) -> None:
        self._lib.llama_sampler_chain_add(self._chain, sampler)

    def _add_bias(self, params: SamplingParams) -> None:
        if not params.logit_bias:
            return
        for token in params.logit_bias:
            if not 0 <= token < self._vocab.size:
                raise InvalidRequest(
                    f"logit_bias names token {token}; ids go from 0 to {self._vocab.size - 1}.",
                    param="logit_bias",
                )
        entries = (self._lib.llama_logit_bias * len(params.logit_bias))()
        for entry, (token, bias) in zip(entries, params.logit_bias.items(), strict=True):
            entry.token, entry.bias = token, bias
        self._add(self._lib.llama_sampler_init_logit_bias(self._vocab.size, len(entries), entries))

    def _add_penalties(self, params: SamplingParams) -> int:
        """Add the penalties if any is active; return the window they look back over."""
        active = (
            params.repeat_penalty != 1.0
            or params.frequency_penalty != 0.0
            or params.presence_penalty != 0.0
        )
        if not active or params.repeat_last_n == 0:
            return 0
        self._add(
            self._lib.llama_sampler_init_penalties(
                self._vocab.size,
                params.repeat_last_n,
                params.repeat_penalty,
                params.frequency_penalty,
                params.presence_penalty,
            )
        )
        return params.repeat_last_n

    def _add_mirostat(self, params: SamplingParams) -> None:
        lib, tau, eta = self._lib, params.mirostat_tau, params.mirostat_eta
        self._add(lib.llama_sampler_init_temp(params.temperature))
        if params.mirostat == 1:
            self._add(
                lib.llama_sampler_init_mirostat(
                    self._vocab.size, self.seed, tau, eta, MIROSTAT_V1_WINDOW
                )
            )
        else:
            self._add(lib.llama_sampler_init_mirostat_v2(self.seed, tau, eta))

    def _add_filters(self, params: SamplingParams) -> None:
        lib = self._lib
        if params.top_k > 0:
            self._add(lib.llama_sampler_init_top_k(params.top_k))
        if params.typical_p < 1.0:
            self._add(lib.llama_sampler_init_typical(params.typical_p, 1))
        if params.top_p < 1.0:
            self._add(lib.llama_sampler_init_top_p(params.top_p, 1))
        if params.min_p > 0.0:
            self._add(lib.llama_sampler_init_min_p(params.min_p, 1))
        self._add(lib.llama_sampler_init_temp(params.temperature))
        self._add(lib.llama_sampler_init_dist(self.seed))


def top_choices(
    logits: NDArray[np.float32], vocab: Vocab, chosen: int, top: int
) -> tuple[float, tuple[TokenChoice, ...]]:
    """Return the chosen token's log-probability and the `top` most likely choices.

    These are the model's own probabilities, before any sampler: log-softmax of the logits.

    Args:
        logits: Shape (vocab_size,).
        vocab: For the texts.
        chosen: Token that was drawn.
        top: How many alternatives, most likely first; 0 for none.
    """
    peak = float(logits.max())
    norm = peak + float(np.log(np.exp(logits - peak, dtype=np.float32).sum(dtype=np.float64)))
    best: tuple[TokenChoice, ...] = ()
    if top:
        top = min(top, len(logits))
        ids = np.argpartition(logits, -top)[-top:]
        ids = ids[np.lexsort((ids, -logits[ids]))]
        best = tuple(
            TokenChoice(
                id=int(i),
                text=vocab.piece(int(i), special=True).decode("utf-8", "replace"),
                logprob=float(logits[i]) - norm,
            )
            for i in ids
        )
    return float(logits[chosen]) - norm, best
