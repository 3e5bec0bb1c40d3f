"""Lets a model answer from the guide, a sentence at a time, with what each one rests on."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from hearth.core import Delta
from hearth.engine.client import Engine
from hearth.guide.asking.citing import cite
from hearth.guide.asking.prompt import NUM_NOTES, request_for
from hearth.guide.topic import Topic

_END = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One sentence of an answer.

    Args:
        source: The topic that it rests on; None where none says this.
    """

    text: str
    source: Topic | None


async def ask_guide(
    question: str, notes: Sequence[Topic], engine: Engine, model: str
) -> AsyncGenerator[Answered, None]:
    """Yield a model's answer to a question, from topics alone, sentence by sentence.

    Whoever calls this shows the topics first: a small model errs. It is stopped when it says the
    same again, which small models do without end.

    Args:
        question: As somebody asked it.
        notes: What `hearth.guide.search` found, the best first; the first `NUM_NOTES` are used.
        engine: Whom to ask.
        model: A name of the library, or a path.
    """
    used = tuple(notes[:NUM_NOTES])
    rest, said = "", set[str]()
    async with aclosing(engine.generate(request_for(question, used, model))) as events:
        async for event in events:
            rest += event.text if isinstance(event, Delta) else ""
            *whole, rest = _END.split(rest)
            for sentence in filter(None, map(str.strip, whole)):
                if sentence in said:
                    return
                said.add(sentence)
                yield Answered(text=sentence, source=cite(sentence, used))
    if (sentence := rest.strip()) and sentence not in said:
        yield Answered(text=sentence, source=cite(sentence, used))
