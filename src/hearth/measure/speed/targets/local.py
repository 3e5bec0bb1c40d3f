"""A model of this machine, through the engine of a running Hearth server or one of our own."""

from __future__ import annotations

import time
from contextlib import aclosing

from hearth.config import Config, ensure_home
from hearth.core import (
    Delta,
    Finished,
    GenerateRequest,
    LoadOptions,
    ModelState,
    ModelStatus,
    SamplingParams,
)
from hearth.engine.client import Engine
from hearth.engine.connect import connect
from hearth.engine.local import LocalEngine
from hearth.errors import EngineError
from hearth.machine.engine_build import engine_build
from hearth.measure.speed.target import Request, TargetFacts, TimedAnswer

_GREEDY = SamplingParams(temperature=0.0)


class LocalTarget:
    """A model of the library, or a file.

    Prompts are taken as they are, without a template, so that models have the same work whatever
    their templates add, and those without any can be measured.

    Args:
        config: Says where Hearth's home is.
        model: Its name or path.
        options: How it is loaded, by an engine of its own: a server's model is not ours to load
            anew. None: as it is, or as suits best.
    """

    def __init__(self, config: Config, model: str, options: LoadOptions | None = None) -> None:
        self._config = config
        self.model = model
        self._options = options
        self._engine: Engine | None = None
        self._name = model

    @property
    def engine(self) -> Engine:
        """What computes, once the target is ready."""
        assert self._engine is not None, "prepare comes first"
        return self._engine

    async def prepare(self) -> TargetFacts:
        """Load the model; see `Target.prepare`."""
        if self._engine is None:
            ensure_home(self._config)
            own = self._options is not None
            self._engine = LocalEngine(self._config) if own else await connect(self._config)
        status = await self._engine.load(self.model, self._options)
        self._name = status.name
        return TargetFacts(
            name=self.model,
            model=status.name,
            dialect="hearth",
            is_here=True,
            path=status.path,
            engine=engine_build() or "",
            settings=_settings(status),
        )

    async def answer(self, request: Request) -> TimedAnswer:
        """Generate, and note when each piece arrives; see `Target.answer`."""
        asked = GenerateRequest(
            model=self.model,
            prompt=request.prompt,
            sampling=_GREEDY,
            max_tokens=request.max_tokens,
            ignore_eos=True,
        )
        times_s: list[float] = []
        first_tokens = 0
        began_s = time.perf_counter()
        async with aclosing(self.engine.generate(asked)) as events:
            async for event in events:
                if isinstance(event, Delta):
                    times_s.append(time.perf_counter() - began_s)
                    first_tokens = first_tokens or event.num_tokens
                elif isinstance(event, Finished) and times_s:
                    return TimedAnswer(
                        times_s=tuple(times_s),
                        first_tokens=first_tokens,
                        prompt_tokens=event.usage.prompt_tokens,
                        cached_tokens=event.usage.cached_tokens,
                        completion_tokens=event.usage.completion_tokens,
                        is_counted=True,
                    )
        raise EngineError(f"{self.model} ended without an answer.")

    async def is_ready(self) -> bool:
        """Return whether the model is still in memory; see `Target.is_ready`."""
        return any(
            status.name == self._name and status.state is ModelState.READY
            for status in await self.engine.status()
        )

    async def close(self) -> None:
        """Close the engine; a server keeps its model."""
        if self._engine is not None:
            await self._engine.close()


def _settings(status: ModelStatus) -> dict[str, str | int | float | bool]:
    chosen = {name: choice.value for name, choice in status.choices.items()}
    return {**chosen, "context": status.context, "confined": status.confined}
