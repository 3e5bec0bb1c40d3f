"""What a model is asked while the meter runs: long prompts with one token, or short ones with many.

Each prompt begins with a number of its own, so that no prefix cache spares the work that is to be
measured; what one spares all the same is not counted.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from contextlib import aclosing

from hearth.core import Finished, GenerateRequest, SamplingParams, Usage
from hearth.engine.client import Engine
from hearth.errors import EngineError

PROMPT_TOKENS = 512
ANSWER_TOKENS = 64
_WORDS = "The lamp stood by the window, and the rain went on until the morning came. "
_GREEDY = SamplingParams(temperature=0.0)


class Workload:
    """Requests to one loaded model.

    Args:
        engine: Holds the model.
        model: Its name.
        context: Its context, in tokens.
    """

    def __init__(self, engine: Engine, model: str, context: int) -> None:
        self._engine = engine
        self._model = model
        self._answer_tokens = max(1, min(ANSWER_TOKENS, context // 2))
        self._prompt_tokens = max(1, min(PROMPT_TOKENS, context // 2))
        self._numbers: Iterator[int] = itertools.count(1)
        self._text = ""

    async def prepare(self) -> None:
        """Find a text of the right length in this model's tokens."""
        one = len(await self._engine.tokenize(self._model, _WORDS))
        self._text = _WORDS * max(1, self._prompt_tokens // one)

    async def read(self, least_s: float) -> tuple[int, int]:
        """Let the model read prompts for so long; return the tokens of prompts and of answers."""
        return await self._ask_for(least_s, self._text, 1)

    async def write(self, least_s: float) -> tuple[int, int]:
        """Let the model write answers for so long; return the tokens of prompts and of answers."""
        return await self._ask_for(least_s, "", self._answer_tokens)

    async def _ask_for(self, least_s: float, text: str, max_tokens: int) -> tuple[int, int]:
        began = time.monotonic()
        read = written = 0
        while not written or time.monotonic() - began < least_s:
            usage = await self._ask(f"{next(self._numbers)} {text}", max_tokens)
            read += usage.prompt_tokens - usage.cached_tokens
            written += usage.completion_tokens
        return read, written

    async def _ask(self, prompt: str, max_tokens: int) -> Usage:
        request = GenerateRequest(
            model=self._model,
            prompt=prompt,
            sampling=_GREEDY,
            max_tokens=max_tokens,
            ignore_eos=True,
            cache=False,
        )
        async with aclosing(self._engine.generate(request)) as events:
            async for event in events:
                if isinstance(event, Finished):
                    return event.usage
        raise EngineError("The engine ended without an answer.")
