"""A text cut into windows as llama.cpp's perplexity tool does it.

The tokens of the text are cut into windows of the context's length that do not overlap; where the
model wants a token before every text, it takes the place of each window's first one. Of each window
the second half is scored, so that every scored token has at least half a context before it.
Source: tools/perplexity/perplexity.cpp of llama.cpp, `perplexity`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hearth.engine.scoring import Scorer
from hearth.errors import InvalidRequest
from hearth.measure.perplexity.plan import MIN_CONTEXT


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of a text.

    Args:
        tokens: As the model is given them.
        begin: Index of the first one in the text's tokens.
        start: Index, in the window, of the first token that is scored.
    """

    tokens: tuple[int, ...]
    begin: int
    start: int

    @property
    def num_scored(self) -> int:
        """How many tokens are scored."""
        return len(self.tokens) - self.start


def cut(
    tokens: Sequence[int], context: int, *, bos: int | None, whole: bool = False
) -> tuple[Window, ...]:
    """Cut a text into windows; a text shorter than the context is one window.

    Args:
        tokens: Of the whole text, with whatever the model wants before it.
        context: Length of a window.
        bos: Put in the place of each window's first token; None: left as it is.
        whole: Score all of each window but its first token.

    Raises:
        InvalidRequest: The text is too short to tell anything.
    """
    length = min(context, len(tokens))
    if length < MIN_CONTEXT:
        raise InvalidRequest(
            f"The text has {len(tokens)} tokens; at least {MIN_CONTEXT} are needed.",
            hint="Give a longer text: figures of fewer than some thousand tokens tell little.",
            param="text",
        )
    start = 1 if whole else length // 2 + 1
    windows = []
    for begin in range(0, len(tokens) - length + 1, length):
        window = tuple(tokens[begin : begin + length])
        if bos is not None:
            window = (bos, *window[1:])
        windows.append(Window(tokens=window, begin=begin, start=start))
    return tuple(windows)


def windows_of(
    scorer: Scorer, text: str, context: int, *, max_tokens: int | None, whole: bool = False
) -> tuple[Window, ...]:
    """Split a text into tokens and cut it.

    Raises:
        InvalidRequest: The text is too short to tell anything.
    """
    tokens = scorer.tokenize(text, add_special=True)[:max_tokens]
    return cut(tokens, context, bos=scorer.bos if scorer.adds_bos else None, whole=whole)
