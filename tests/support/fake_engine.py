"""A small real engine without a model, for the tests of what stands above the engine.

Its answer is given in advance, its tokens are the words of a text, and it counts what it is asked:
`open_answers` is the number of answers that are running, as a real engine's sequences would be.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence

from hearth.core import (
    Delta,
    Finished,
    FinishReason,
    GenerateEvent,
    GenerateRequest,
    LoadOptions,
    Message,
    ModelState,
    ModelStatus,
    RenderedPrompt,
    Started,
    Timings,
    Token,
    TokenChoice,
    TokenTrace,
    Usage,
)
from hearth.engine.client import ProgressCallback
from hearth.errors import ContextExceeded, HearthError, InvalidRequest, ModelNotFound

PIECES = ("Hello", " there", ", äöü", " 漢字", " 👩‍👩‍👧", ".")


class FakeEngine:
    """Answer every request with the same pieces of text.

    Args:
        pieces: The deltas of every answer.
        models: Names that can be loaded.
        delay_s: Pause before each delta, in seconds.
        error: Raised in every answer after `error_after` deltas (0: before `Started`).
        context: Longest prompt, in words.
    """

    def __init__(
        self,
        pieces: Sequence[str] = PIECES,
        *,
        models: Sequence[str] = ("fake",),
        delay_s: float = 0.0,
        error: HearthError | None = None,
        error_after: int = 0,
        context: int = 4096,
    ) -> None:
        self.pieces = tuple(pieces)
        self.models = tuple(models)
        self.delay_s = delay_s
        self.error = error
        self.error_after = error_after
        self.context = context
        self.requests: list[GenerateRequest] = []
        self.open_answers = 0
        self.aborted = 0
        self.loaded: dict[str, ModelStatus] = {}
        self.closed = False

    async def load(
        self,
        model: str,
        options: LoadOptions | None = None,
        on_progress: ProgressCallback | None = None,
    ) -> ModelStatus:
        self._check_model(model)
        for progress in (0.0, 0.5, 1.0):
            if on_progress is not None:
                on_progress(progress)
            await asyncio.sleep(0)
        context = (options.context if options else None) or self.context
        status = ModelStatus(
            name=model,
            path=f"/models/{model}.gguf",
            state=ModelState.READY,
            progress=1.0,
            context=context,
        )
        self.loaded[model] = status
        return status

    async def unload(self, model: str) -> None:
        if self.loaded.pop(model, None) is None:
            raise ModelNotFound(f"The model {model!r} is not loaded.", param="model")

    async def status(self) -> list[ModelStatus]:
        return list(self.loaded.values())

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[GenerateEvent, None]:
        self.requests.append(request)
        self._check_model(request.model)
        self.open_answers += 1
        finished = False
        try:
            async for event in self._answer(request):
                yield event
            finished = True
        finally:
            self.open_answers -= 1
            self.aborted += not finished

    async def _answer(self, request: GenerateRequest) -> AsyncGenerator[GenerateEvent, None]:
        prompt_tokens = len(_words(_prompt_text(request)))
        if prompt_tokens > self.context:
            raise ContextExceeded(
                f"The prompt has {prompt_tokens} tokens; the context holds {self.context}.",
                param="messages",
            )
        self._raise_at(0)
        yield Started(prompt_tokens=prompt_tokens, context_tokens=self.context)
        pieces = self.pieces[: request.max_tokens]
        for count, piece in enumerate(pieces, start=1):
            await asyncio.sleep(self.delay_s)
            yield Delta(text=piece, num_tokens=1, traces=_traces(request, count, piece))
            self._raise_at(count)
        cut = len(pieces) < len(self.pieces)
        yield Finished(
            reason=FinishReason.LENGTH if cut else FinishReason.STOP,
            usage=Usage(prompt_tokens=prompt_tokens, completion_tokens=len(pieces)),
            timings=Timings(queue_s=0.001, prompt_s=0.002, decode_s=0.003),
        )

    async def render(
        self, model: str, messages: Sequence[Message], continue_with: str = ""
    ) -> RenderedPrompt:
        self._check_model(model)
        text = "".join(f"<{m.role}>{m.content}\n" for m in messages) + "<assistant>" + continue_with
        return RenderedPrompt(text=text, tokens=tuple(await self.tokenize(model, text)))

    async def tokenize(
        self, model: str, text: str, *, add_special: bool = False, parse_special: bool = True
    ) -> list[Token]:
        self._check_model(model)
        words = (["<s>"] if add_special else []) + _words(text)
        return [Token(id=ord(word[0]), text=word, special=word == "<s>") for word in words]

    async def detokenize(self, model: str, token_ids: Sequence[int]) -> str:
        self._check_model(model)
        if any(not 0 <= token_id < 0xD800 for token_id in token_ids):
            raise InvalidRequest("A token id is outside the vocabulary.", param="token_ids")
        return "".join(chr(token_id) for token_id in token_ids)

    async def next_tokens(self, model: str, prompt: str, top: int = 10) -> list[TokenChoice]:
        self._check_model(model)
        return [TokenChoice(id=rank, text=f" w{rank}", logprob=-1.0 - rank) for rank in range(top)]

    async def close(self) -> None:
        self.closed = True

    def _check_model(self, model: str) -> None:
        if model not in self.models:
            raise ModelNotFound(f"There is no model {model!r}.", param="model")

    def _raise_at(self, count: int) -> None:
        if self.error is not None and count == self.error_after:
            raise self.error


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+|\s+$", text)


def _prompt_text(request: GenerateRequest) -> str:
    if request.prompt is not None:
        return request.prompt
    return "\n".join(message.content for message in request.messages or ())


def _traces(request: GenerateRequest, count: int, piece: str) -> tuple[TokenTrace, ...]:
    if request.top_logprobs is None:
        return ()
    alternatives = tuple(
        TokenChoice(id=rank, text=f"alt{rank}", logprob=-0.5 - rank)
        for rank in range(request.top_logprobs)
    )
    return (
        TokenTrace(
            id=count, text=piece, raw=piece.encode(), logprob=-0.25, alternatives=alternatives
        ),
    )
