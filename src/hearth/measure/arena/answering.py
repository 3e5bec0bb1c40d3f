"""Let a contestant answer: a model of this machine through the engine, or a server through HTTP."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Protocol

from hearth.core import (
    Delta,
    Finished,
    FinishReason,
    GenerateEvent,
    GenerateRequest,
    Message,
    Role,
    Timings,
    Usage,
)
from hearth.engine.client import Engine
from hearth.measure.arena.remote import Servers
from hearth.store.voted import Contestant, Prompt, ShownAnswer

OWNER = "arena"


class Answering(Protocol):
    """Anything that lets a contestant answer."""

    def __call__(
        self, contestant: Contestant, prompt: Prompt, seed: int
    ) -> AsyncGenerator[GenerateEvent, None]:
        """Answer a prompt; the random draws begin with `seed` unless the contestant has its own."""
        ...


def answering(engine: Engine, servers: Servers) -> Answering:
    """Return what lets contestants answer, here and elsewhere."""

    def answer(
        contestant: Contestant, prompt: Prompt, seed: int
    ) -> AsyncGenerator[GenerateEvent, None]:
        if contestant.url is not None:
            return servers.answer(contestant, messages_for(contestant, prompt), seed)
        return engine.generate(_request(contestant, prompt, seed))

    return answer


def messages_for(contestant: Contestant, prompt: Prompt) -> tuple[Message, ...]:
    """Return what a contestant reads: its system prompt before the messages of the prompt."""
    if not contestant.system_prompt:
        return prompt.messages
    return (Message(role=Role.SYSTEM, content=contestant.system_prompt), *prompt.messages)


def _request(contestant: Contestant, prompt: Prompt, seed: int) -> GenerateRequest:
    sampling = contestant.sampling
    return GenerateRequest(
        model=contestant.model,
        messages=messages_for(contestant, prompt),
        sampling=sampling if sampling.seed is not None else replace(sampling, seed=seed),
        max_tokens=contestant.max_tokens,
        owner=OWNER,
    )


async def again(answer: ShownAnswer) -> AsyncGenerator[GenerateEvent, None]:
    """Show an answer that was given before."""
    yield Delta(text=answer.text, num_tokens=answer.num_tokens)
    yield Finished(
        reason=FinishReason(answer.finish),
        usage=Usage(prompt_tokens=0, completion_tokens=answer.num_tokens),
        timings=Timings(queue_s=0.0, prompt_s=0.0, decode_s=0.0),
    )
