"""Asking a model of the engine."""

from __future__ import annotations

from contextlib import aclosing

from hearth.core import Delta, Finished, FinishReason, GenerateRequest, SamplingParams
from hearth.engine.client import Engine
from hearth.errors import EngineError
from hearth.measure.asking.ask import Ask, Question, Reply


def asking(engine: Engine, model: str) -> Ask:
    """Return a function that puts a question to this model of the engine."""

    async def ask(question: Question) -> Reply:
        return await _ask(engine, model, question)

    return ask


async def _ask(engine: Engine, model: str, question: Question) -> Reply:
    request = GenerateRequest(
        model=model,
        messages=question.messages,
        sampling=SamplingParams(temperature=question.temperature, seed=question.seed),
        max_tokens=question.max_tokens,
    )
    texts: list[str] = []
    async with aclosing(engine.generate(request)) as events:
        async for event in events:
            if isinstance(event, Delta):
                texts.append(event.text)
            elif isinstance(event, Finished):
                return Reply(
                    text="".join(texts),
                    prompt_tokens=event.usage.prompt_tokens,
                    num_tokens=event.usage.completion_tokens,
                    is_cut=event.reason is FinishReason.LENGTH,
                )
    raise EngineError(f"The answer to {question.id!r} broke off without an end.")
