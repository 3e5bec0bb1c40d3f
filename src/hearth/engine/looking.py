"""What a model reads and what it considers, step by step: for people who want to look.

Used by the commands that show tokens and by the guide's demonstrations.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from hearth.core import Delta, GenerateRequest, SamplingParams, Token, TokenChoice
from hearth.engine.client import Engine

_PARTIAL = "\N{REPLACEMENT CHARACTER}"  # stands for bytes that are no whole character
_MAX_PARTS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Tokens that can be read: nearly always one, more where they share a character."""

    text: str
    ids: tuple[int, ...]
    special: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """One turn of the loop: the text so far and the candidates for what comes next."""

    text: str
    choices: Sequence[TokenChoice]


async def readable_spans(engine: Engine, model: str, found: Sequence[Token]) -> list[Span]:
    """Return tokens as they can be read, those that share a character together.

    Args:
        engine: Whom to ask.
        model: Whose tokens they are.
        found: The tokens of one text, in order.
    """
    spans, start = [], 0
    while start < len(found):
        first = found[start]
        ids, text = [first.id], first.text
        while _PARTIAL in text and len(ids) < _MAX_PARTS and start + len(ids) < len(found):
            ids.append(found[start + len(ids)].id)
            text = await engine.detokenize(model, ids)
        spans.append(Span(text=text, ids=tuple(ids), special=first.special))
        start += len(ids)
    return spans


async def greedy_steps(
    engine: Engine, model: str, start: str, *, top: int, num_steps: int
) -> list[Considered]:
    """Let a model take its most likely token again and again, and note what it considered.

    Args:
        engine: Whom to ask.
        model: The model.
        start: The text to go on from.
        top: Candidates to note at each step.
        num_steps: Most steps; a model that ends its text takes fewer.
    """
    request = GenerateRequest(
        model=model,
        prompt=start,
        sampling=SamplingParams(temperature=0.0),
        max_tokens=num_steps,
        top_logprobs=top,
    )
    steps, raw = [], b""
    async with aclosing(engine.generate(request)) as events:
        async for event in events:
            for trace in event.traces if isinstance(event, Delta) else ():
                so_far = start + raw.decode(errors="replace")
                steps.append(Considered(text=so_far, choices=trace.alternatives))
                raw += trace.raw
    return steps
