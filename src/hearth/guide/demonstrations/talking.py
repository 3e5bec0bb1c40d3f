"""What happens in a conversation: the context fills, a prefix is reused, two answers differ."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from hearth.core import (
    ContextPolicy,
    Delta,
    Finished,
    GenerateRequest,
    Message,
    Role,
    SamplingParams,
)
from hearth.engine.context_policy import cut_messages
from hearth.errors import EngineError
from hearth.guide.demonstrations.parts import (
    Bar,
    Bars,
    Demonstration,
    Line,
    Prose,
    Series,
    Step,
    Steps,
    Table,
)
from hearth.guide.demonstrations.surroundings import Surroundings

CONTEXT = 256  # small, so that a short conversation fills it
RESERVE = 64
NAME = "My name is Ada, and I have a cat called Plato. Please remember it."
EXCHANGES = (
    (NAME, "I will remember it, Ada. Plato is a fine name for a cat."),
    ("What do cats eat?", "Mostly meat. They lack the enzymes to live on plants alone."),
    ("And how long do they sleep?", "Twelve to sixteen hours a day, in many short rests."),
    ("Why do they purr?", "Out of contentment, and sometimes to calm themselves when unwell."),
    ("Do they see colours?", "Some: blues and yellows, with reds looking rather dull."),
    ("How far can they jump?", "Up to about six times their own length, from standing."),
    ("Are they social?", "More than people say. They form groups where there is food enough."),
    ("What is my name?", "If the first message is gone, I cannot know it."),
)
PREFIX_TOKENS = 256
FILLER = "The shop opens at nine, closes at six, and sells tea, paper, lamps and small clocks. "
ASKED = "What makes a good cup of tea?"
TERSE = "Answer in one short sentence."
NUM_ANSWER = 32


async def show_context(around: Surroundings) -> Demonstration:
    """Fill a small context turn by turn, and show what is left out when it is full."""
    turns = [await _turn(around, number) for number in range(1, len(EXCHANGES) + 1)]
    xs = tuple(float(turn.number) for turn in turns)
    lines = (
        Line(name="the conversation", xs=xs, ys=tuple(float(turn.wanted) for turn in turns)),
        Line(name="what the model is given", xs=xs, ys=tuple(float(turn.sent) for turn in turns)),
        Line(name="room", xs=xs, ys=(float(CONTEXT - RESERVE),) * len(turns)),
    )
    gone = next((turn for turn in turns if 0 in turn.dropped), None)
    told = (
        f"From turn {gone.number} on, the first message is not sent any more: {NAME!r} The model "
        "cannot know it, whatever it answers."
        if gone
        else "Everything was sent at every turn."
    )
    return Demonstration(
        name="context",
        title=f"A conversation outgrows a context of {CONTEXT} tokens",
        says="Everything is sent again at every turn, so that the prompt grows. Where it no longer "
        "fits, the policy that was asked for here leaves out the oldest turns, and says so.",
        parts=(
            Series(title="Tokens", x_label="turn", y_label="tokens", lines=lines),
            Table(
                title="Receipts",
                columns=(">turn", ">tokens", ">sent", ">messages left out"),
                rows=tuple(
                    (str(turn.number), str(turn.wanted), str(turn.sent), str(len(turn.dropped)))
                    for turn in turns
                ),
            ),
            Prose(text=told),
        ),
        model=around.model,
    )


async def show_prefix_cache(around: Surroundings) -> Demonstration:
    """Ask twice behind the same long text, and show what was computed each time."""
    text = await _long_text(around)
    first = await _answer(around, prompt=f"{text} First, tea", max_tokens=1)
    again = await _answer(around, prompt=f"{text} Then, paper", max_tokens=1)
    ways = (("the first time", first), ("behind the same text", again))
    return Demonstration(
        name="prefix-cache",
        title="What was read once is not read again",
        says="The keys and values of a text are kept. A second question behind the same text "
        "starts where the two differ, so that its first token comes sooner.",
        parts=(
            Bars(
                title="Time to the first token",
                unit="ms",
                bars=tuple(
                    Bar(label=name, value=1000 * answer.finished.timings.first_token_s)
                    for name, answer in ways
                ),
            ),
            Table(
                title="Tokens of the prompt",
                columns=("", ">in all", ">from the cache", ">computed"),
                rows=tuple(_usage_row(name, answer.finished) for name, answer in ways),
            ),
        ),
        model=around.model,
    )


async def show_two_answers(around: Surroundings) -> Demonstration:
    """Let the model answer one question in two ways, without saying which is which."""
    question = Message(role=Role.USER, content=ASKED)
    plain, terse = await asyncio.gather(
        _answer(around, messages=(question,), max_tokens=NUM_ANSWER),
        _answer(
            around,
            messages=(Message(role=Role.SYSTEM, content=TERSE), question),
            max_tokens=NUM_ANSWER,
        ),
    )
    answers = [plain.text, terse.text]
    if secrets.randbelow(2):  # left or right by chance, as in the arena
        answers.reverse()
    return Demonstration(
        name="two-answers",
        title=f"Two answers to {ASKED!r}",
        says="The same model, once as it is and once told to be brief; which is which is not said. "
        "Both are cut short. Decide for one before you read on: many such votes make a ranking.",
        parts=(
            Steps(
                title="Which is better?",
                steps=tuple(
                    Step(title=f"Answer {name}", text=text.strip())
                    for name, text in zip("AB", answers, strict=True)
                ),
            ),
            Prose(
                text="`hearth arena` asks such questions, keeps the votes, and says from how many "
                "of them on a difference is more than chance."
            ),
        ),
        model=around.model,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """Tokens that a conversation has by some turn, and those that were sent."""

    number: int
    wanted: int
    sent: int
    dropped: tuple[int, ...]


async def _turn(around: Surroundings, number: int) -> _Turn:
    messages = _conversation(number)

    async def tokenize(kept: Sequence[Message]) -> list[int]:
        return [token.id for token in (await around.engine.render(around.model, kept)).tokens]

    wanted = await tokenize(messages)
    if len(wanted) <= CONTEXT - RESERVE:
        return _Turn(number=number, wanted=len(wanted), sent=len(wanted), dropped=())
    kept, receipt = await cut_messages(
        messages,
        wanted,
        policy=ContextPolicy.DROP_OLDEST,
        context=CONTEXT,
        reserve=RESERVE,
        tokenize=tokenize,
    )
    return _Turn(
        number=number, wanted=len(wanted), sent=len(kept), dropped=receipt.dropped_messages
    )


def _conversation(num_turns: int) -> list[Message]:
    """Return the conversation up to a question that has no answer yet."""
    messages = []
    for question, answer in EXCHANGES[:num_turns]:
        messages.append(Message(role=Role.USER, content=question))
        messages.append(Message(role=Role.ASSISTANT, content=answer))
    return messages[:-1]


async def _long_text(around: Surroundings) -> str:
    """Return a text of some hundred tokens that nobody asked before."""
    status = await around.engine.load(around.model)
    num_tokens = min(PREFIX_TOKENS, status.context // 2)
    text = f"{secrets.token_hex(8)}: " + FILLER * (num_tokens // 8)
    found = await around.engine.tokenize(around.model, text)
    return await around.engine.detokenize(around.model, [each.id for each in found[:num_tokens]])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    text: str
    finished: Finished


async def _answer(
    around: Surroundings,
    *,
    max_tokens: int,
    prompt: str | None = None,
    messages: tuple[Message, ...] | None = None,
) -> _Answer:
    request = GenerateRequest(
        model=around.model,
        prompt=prompt,
        messages=messages,
        sampling=SamplingParams(temperature=0.0),
        max_tokens=max_tokens,
    )
    text = ""
    async with aclosing(around.engine.generate(request)) as events:
        async for event in events:
            if isinstance(event, Delta):
                text += event.text
            elif isinstance(event, Finished):
                return _Answer(text=text, finished=event)
    raise EngineError("The answer ended without its figures.")


def _usage_row(name: str, finished: Finished) -> tuple[str, ...]:
    usage = finished.usage
    computed = usage.prompt_tokens - usage.cached_tokens
    return name, str(usage.prompt_tokens), str(usage.cached_tokens), str(computed)
