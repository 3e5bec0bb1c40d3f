"""One model that scores text: the parent's side."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearth.core import Message
from hearth.engine.scoring import messages as wire
from hearth.engine.scoring.planning import Planned
from hearth.engine.scoring.process import ScoringProcess
from hearth.engine.scoring.stepping import Lanes
from hearth.engine.templates import TemplateRenderer
from hearth.models.gguf.info import ModelInfo
from hearth.models.library import ModelEntry
from hearth.models.library.in_use import Hold

Prompt = tuple[Sequence[int], Sequence[Sequence[int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Continued:
    """How a model takes one continuation of a prompt.

    Args:
        logprob: Natural logarithm of the probability of all its tokens, given the prompt.
        is_greedy: Whether each of its tokens was the most likely one.
    """

    logprob: float
    is_greedy: bool


class Scorer:
    """A loaded model; see `open_scorer`. Used by one thread at a time.

    Args:
        planned: What was loaded.
        ready: What the child said of it.
        process: The child.
        index: Which of the child's models this is.
    """

    def __init__(
        self, planned: Planned, ready: wire.Ready, process: ScoringProcess, index: int = 0
    ) -> None:
        self._planned = planned
        self._ready = ready
        self._model = ready.models[index]
        self._index = index
        self._process = process
        self._renderer: TemplateRenderer | None = None
        self._runner: asyncio.Runner | None = None
        self._hold = Hold(planned.info.files)  # whoever would remove the files is told

    def __enter__(self) -> Scorer:
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

    # -- what it is --

    @property
    def name(self) -> str:
        """The model's name in the library, or its path."""
        return self._planned.entry.name

    @property
    def entry(self) -> ModelEntry:
        """Where the model lies."""
        return self._planned.entry

    @property
    def info(self) -> ModelInfo:
        """What the model's header says."""
        return self._planned.info

    @property
    def settings(self) -> dict[str, Any]:
        """Every setting that can change a figure, as plain data."""
        settings = self._planned.settings
        data = asdict(settings) | {"flash_attention": self._planned.message.flash_attention}
        return data | {
            "rope": str(settings.rope) if settings.rope else None,
            "layout": self._planned.message.layout,
        }

    @property
    def engine(self) -> str:
        """The engine's version and what it was built for."""
        return self._ready.engine

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def context(self) -> int:
        """Longest sequence in tokens."""
        return self._planned.message.context

    @property
    def vocab_size(self) -> int:
        """Number of tokens in the vocabulary."""
        return self._model.vocab_size

    @property
    def bos(self) -> int | None:
        """Id of the token that begins a text, or None."""
        return _token(self._model.bos)

    @property
    def eos(self) -> int | None:
        """Id of the token that ends a text, or None."""
        return _token(self._model.eos)

    @property
    def adds_bos(self) -> bool:
        """Whether the model wants `bos` before every text."""
        return self._model.adds_bos

    @property
    def confined(self) -> bool:
        """Whether the child is shut off from files and the network."""
        return self._ready.confined

    # -- text and tokens --

    def tokenize(self, text: str, *, special: bool = False, add_special: bool = False) -> list[int]:
        """Split a text into tokens.

        Args:
            text: Any text.
            special: Let spellings of control tokens become those tokens.
            add_special: Add what the model wants before a text, such as BOS.
        """
        return self._process.tokens(wire.Tokenize(self._index, text, add_special, special))

    def pieces(self, tokens: Sequence[int]) -> list[bytes]:
        """Return the bytes that each token stands for; control tokens are written out."""
        return self._process.pieces(wire.Pieces(self._index, list(tokens)))

    def render(self, messages: Sequence[Message], continue_with: str = "") -> list[int]:
        """Return the tokens of a conversation, by the model's own chat template.

        Args:
            messages: The conversation, oldest first.
            continue_with: Beginning of the answer.

        Raises:
            TemplateError: The template cannot render it.
        """
        pieces = self._run(self._template().render(messages, continue_with=continue_with))
        parts = [(piece.text, piece.parse_special) for piece in pieces]
        return self._process.tokens(wire.TokenizeParts(self._index, parts))

    # -- scores --

    def score(self, tokens: Sequence[int], *, start: int = 1) -> NDArray[np.float64]:
        """Return log p of each token given all before it, in nats.

        Args:
            tokens: At most `context` of them.
            start: Index of the first token that is scored; the first one of all has nothing before
                it. Those before `start` cost less.

        Returns:
            Shape (len(tokens) - start,).

        Raises:
            InvalidRequest: There are too many or too few tokens, or an id is none.
        """
        (raw,) = self._process.numbers(wire.Score(self._index, list(tokens), start))
        return np.frombuffer(raw, np.float64)

    def next(self, tokens: Sequence[int], ids: Sequence[int]) -> NDArray[np.float64]:
        """Return log p of each of some tokens as the next one.

        Args:
            tokens: What stands before; at least one.
            ids: The candidates.

        Returns:
            Shape (len(ids),).
        """
        (found,) = self.continuations([(tokens, [[token] for token in ids])])
        return np.array([each.logprob for each in found])

    def continuations(self, prompts: Sequence[Prompt]) -> list[list[Continued]]:
        """Return how likely each continuation of each prompt is.

        A beginning that a prompt shares with the one before it is computed once; so are the
        prompts themselves, whatever the number of their continuations. Order prompts so that those
        with a common beginning follow each other.

        Args:
            prompts: Each the tokens of a prompt (at least one), and of its continuations (each at
                least one).

        Raises:
            InvalidRequest: A prompt with a continuation is longer than the context, one of them is
                empty, or an id is none.
        """
        raw_sums, raw_greedy = self._process.numbers(
            wire.Continue(
                self._index,
                [list(prompt) for prompt, _ in prompts],
                [[list(tokens) for tokens in each] for _, each in prompts],
            )
        )
        figures = zip(
            np.frombuffer(raw_sums, np.float64), np.frombuffer(raw_greedy, np.float64), strict=True
        )
        return [
            [
                Continued(logprob=float(total), is_greedy=bool(greedy))
                for _, (total, greedy) in zip(each, figures, strict=False)
            ]
            for _, each in prompts
        ]

    def lanes(self, count: int, length: int) -> Lanes:
        """Begin several sequences that grow side by side, token by token.

        Args:
            count: How many.
            length: Most tokens of each; together they must fit into the memory.

        Raises:
            InvalidRequest: They do not fit.
        """
        self._process.numbers(wire.OpenLanes(self._index, count, length))
        return Lanes(self._process, self.vocab_size)

    def prove(self) -> str:
        """Return what confinement is worth: what was tried, and what happened."""
        return self._process.prove().words

    def close(self) -> None:
        """End the child; a no-op when it was done before."""
        self._hold.release()
        if self._runner is not None and self._renderer is not None:
            self._runner.run(self._renderer.close())
            self._runner.close()
            self._runner = self._renderer = None
        self._process.close()

    # -- below the surface --

    def _template(self) -> TemplateRenderer:
        if self._renderer is None:
            model = self._model
            self._renderer = TemplateRenderer(
                self.info.chat_template,
                bos=model.bos_text,
                eos=model.eos_text,
                architecture=self.info.architecture,
                special_spellings=tuple(model.special_spellings),
            )
        return self._renderer

    def _run(self, work: Any) -> Any:
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(work)


def _token(token: int) -> int | None:
    return token if token >= 0 else None
