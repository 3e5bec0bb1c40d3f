"""The engine in this very program: requests go to worker processes that it starts and stops."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from hearth.config import Config, ensure_home
from hearth.core import (
    Delta,
    GenerateEvent,
    GenerateRequest,
    LoadOptions,
    Message,
    ModelStatus,
    RenderedPrompt,
    SamplingParams,
    Token,
    TokenChoice,
    check_range,
)
from hearth.engine.client import ProgressCallback
from hearth.engine.pool import ModelPool
from hearth.errors import EngineError
from hearth.models.library import Library


class LocalEngine:
    """Implements `hearth.engine.client.Engine` with worker processes of this program.

    Raises:
        SetupError: Hearth's home cannot be written.
    """

    def __init__(self, config: Config) -> None:
        ensure_home(config)
        self._pool = ModelPool(config, Library(config))

    async def load(
        self,
        model: str,
        options: LoadOptions | None = None,
        on_progress: ProgressCallback | None = None,
    ) -> ModelStatus:
        """Load a model; see `Engine.load`."""
        return (await self._pool.load(model, options, on_progress)).status()

    async def unload(self, model: str) -> None:
        """Unload a model; see `Engine.unload`."""
        await self._pool.unload(model)

    async def status(self) -> list[ModelStatus]:
        """Return the models in memory; see `Engine.status`."""
        return await self._pool.status()

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[GenerateEvent, None]:
        """Answer a request; see `Engine.generate`."""
        async with (
            self._pool.use(request.model) as model,
            aclosing(model.generate(request)) as events,
        ):
            async for event in events:
                yield event

    async def render(
        self, model: str, messages: Sequence[Message], continue_with: str = ""
    ) -> RenderedPrompt:
        """Return the exact prompt; see `Engine.render`."""
        async with self._pool.use(model) as loaded:
            return await loaded.prompts.render(messages, continue_with)

    async def tokenize(
        self, model: str, text: str, *, add_special: bool = False, parse_special: bool = True
    ) -> list[Token]:
        """Split text into tokens; see `Engine.tokenize`."""
        async with self._pool.use(model) as loaded:
            return await loaded.prompts.tokenize(
                text, add_special=add_special, parse_special=parse_special
            )

    async def detokenize(self, model: str, token_ids: Sequence[int]) -> str:
        """Join token ids; see `Engine.detokenize`."""
        async with self._pool.use(model) as loaded:
            return await loaded.detokenize(token_ids)

    async def next_tokens(self, model: str, prompt: str, top: int = 10) -> list[TokenChoice]:
        """Return the most likely next tokens; see `Engine.next_tokens`."""
        check_range("top", top, 1, 20)
        request = GenerateRequest(
            model=model,
            prompt=prompt,
            sampling=SamplingParams(temperature=0.0),
            max_tokens=1,
            top_logprobs=top,
            ignore_eos=True,
        )
        async with aclosing(self.generate(request)) as events:
            async for event in events:
                if isinstance(event, Delta) and event.traces:
                    return list(event.traces[0].alternatives)
        raise EngineError("The engine ended without a token.")

    async def close(self) -> None:
        """Stop every worker; see `Engine.close`."""
        await self._pool.close()
