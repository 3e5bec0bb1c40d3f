"""The one door to the engine: what every face, benchmark and trainer calls.

`Engine` has two implementations with the same behaviour: `hearth.engine.local.LocalEngine` keeps
the models in worker processes of this program; `hearth.engine.remote.RemoteEngine` speaks to a
running Hearth server. Nobody above this package needs to know which one it holds.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Protocol

from hearth.core import (
    GenerateEvent,
    GenerateRequest,
    LoadOptions,
    Message,
    ModelStatus,
    RenderedPrompt,
    Token,
    TokenChoice,
)

ProgressCallback = Callable[[float], None]
"""Called with the loaded part of a model, 0 to 1."""


class Engine(Protocol):
    """Everything that can be asked of the engine. All methods raise `HearthError` subclasses."""

    async def load(
        self,
        model: str,
        options: LoadOptions | None = None,
        on_progress: ProgressCallback | None = None,
    ) -> ModelStatus:
        """Load a model, or return at once if it is loaded; options that differ reload it."""
        ...

    async def unload(self, model: str) -> None:
        """Stop a model's worker and give its memory back; running requests are aborted."""
        ...

    async def status(self) -> list[ModelStatus]:
        """Return the models in memory (also those loading), most recently used first."""
        ...

    def generate(self, request: GenerateRequest) -> AsyncGenerator[GenerateEvent, None]:
        """Answer a request: one `Started`, any number of `Delta`, one `Finished`; or an error.

        The model is loaded if it is not. Closing the generator (`aclose`, or leaving `async for`
        through `contextlib.aclosing`) aborts the request and frees its place within one step.
        """
        ...

    async def render(
        self, model: str, messages: Sequence[Message], continue_with: str = ""
    ) -> RenderedPrompt:
        """Return the exact prompt for a conversation, with its token borders."""
        ...

    async def tokenize(
        self, model: str, text: str, *, add_special: bool = False, parse_special: bool = True
    ) -> list[Token]:
        """Split text into the model's tokens."""
        ...

    async def detokenize(self, model: str, token_ids: Sequence[int]) -> str:
        """Join token ids to text; ids outside the vocabulary are an InvalidRequest."""
        ...

    async def next_tokens(self, model: str, prompt: str, top: int = 10) -> list[TokenChoice]:
        """Return the most likely next tokens of a text, most likely first (1 <= top <= 20)."""
        ...

    async def close(self) -> None:
        """Stop every worker that this engine started, or close the connection."""
        ...
