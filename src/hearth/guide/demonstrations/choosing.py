"""How the next token is chosen: the candidates, the loop, the temperature, and what is made up."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from contextlib import aclosing

from hearth.core import Delta, GenerateRequest, SamplingParams, TokenChoice
from hearth.engine.looking import Considered, greedy_steps
from hearth.guide.demonstrations.parts import Bar, Bars, Demonstration, Step, Steps, Table
from hearth.guide.demonstrations.surroundings import Surroundings

START = "The capital of France is"
MADE_UP = "The capital of Vorlandia is"  # there is no such country
STORY = "Once upon a time there was a"
TEMPERATURES = (0.3, 1.0, 1.8)
NUM_STEPS = 8
NUM_CANDIDATES = 20
NUM_BARS = 8
NUM_WORDS = 10  # tokens of each continuation
SEEDS = (1, 2)


async def show_next_tokens(around: Surroundings) -> Demonstration:
    """Show the candidates for one token, and the loop that makes a text of them."""
    steps = await greedy_steps(
        around.engine, around.model, START, top=NUM_BARS, num_steps=NUM_STEPS
    )
    return Demonstration(
        name="next-tokens",
        title="All that it does: one token, again and again",
        says="The bars are everything that a model computes: how likely each token is to come "
        "next. One is taken, put behind the text, and the whole is asked again.",
        parts=(
            _bars(f"What may follow {START!r}", steps[0].choices),
            Steps(
                title="The most likely one is taken each time",
                steps=tuple(_as_step(step) for step in steps),
            ),
        ),
        model=around.model,
    )


async def show_temperature(around: Surroundings) -> Demonstration:
    """Show one distribution at three temperatures, and what is drawn from it."""
    choices = await around.engine.next_tokens(around.model, STORY, NUM_CANDIDATES)
    drawn = await asyncio.gather(
        *(_draw(around, heat, seed) for heat in TEMPERATURES for seed in SEEDS)
    )
    return Demonstration(
        name="temperature",
        title="The same candidates at three temperatures",
        says="A low temperature sharpens the distribution until the favourite always wins; a high "
        "one flattens it until nearly anything may. The model itself is the same.",
        parts=(
            *(
                _bars(f"Temperature {heat:g}, among the first {len(choices)}", heated)
                for heat in TEMPERATURES
                for heated in (at_temperature(choices, heat),)
            ),
            Steps(title=f"Drawn from {STORY!r}", steps=tuple(drawn)),
        ),
        model=around.model,
    )


async def show_made_up_answer(around: Surroundings) -> Demonstration:
    """Show that a question without an answer is answered in the same tone."""
    prompts = (START, MADE_UP)
    loops = [
        await greedy_steps(around.engine, around.model, prompt, top=NUM_CANDIDATES, num_steps=6)
        for prompt in prompts
    ]
    return Demonstration(
        name="made-up-answer",
        title="There is no Vorlandia, and the model answers all the same",
        says="Something is always most likely. The second distribution is flatter, which is all "
        "the doubt there is, and nothing of it is left in the words.",
        parts=(
            *(
                _bars(f"What may follow {prompt!r}", loop[0].choices[:NUM_BARS])
                for prompt, loop in zip(prompts, loops, strict=True)
            ),
            Table(
                title="What it says",
                columns=("text", "goes on", ">first token"),
                rows=tuple(
                    (prompt, _taken(loop).strip(), f"{math.exp(loop[0].choices[0].logprob):.0%}")
                    for prompt, loop in zip(prompts, loops, strict=True)
                ),
            ),
        ),
        model=around.model,
    )


def at_temperature(choices: Sequence[TokenChoice], heat: float) -> tuple[TokenChoice, ...]:
    """Return candidates with the probabilities that they have among themselves at a temperature.

    Args:
        choices: Candidates with their log-probabilities at temperature 1.
        heat: Above 0; what the log-probabilities are divided by.
    """
    best = max(choice.logprob for choice in choices)
    weights = [math.exp((choice.logprob - best) / heat) for choice in choices]
    total = sum(weights)
    return tuple(
        TokenChoice(id=choice.id, text=choice.text, logprob=math.log(max(weight / total, 1e-300)))
        for choice, weight in zip(choices, weights, strict=True)
    )


def _bars(title: str, choices: Sequence[TokenChoice]) -> Bars:
    bars = tuple(
        Bar(label=choice.text, value=100 * min(1.0, math.exp(choice.logprob)))
        for choice in choices[:NUM_BARS]
    )
    return Bars(title=title, unit="%", bars=bars)


def _as_step(step: Considered) -> Step:
    first = step.choices[0]
    return Step(title=step.text, text=f"{first.text!r} with {math.exp(first.logprob):.0%}")


def _taken(loop: Sequence[Considered]) -> str:
    return "".join(step.choices[0].text for step in loop)


async def _draw(around: Surroundings, heat: float, seed: int) -> Step:
    """Draw a continuation from the whole distribution, nothing cut off but by the temperature."""
    sampling = SamplingParams(temperature=heat, top_k=0, top_p=1.0, min_p=0.0, seed=seed)
    request = GenerateRequest(
        model=around.model, prompt=STORY, sampling=sampling, max_tokens=NUM_WORDS
    )
    text = ""
    async with aclosing(around.engine.generate(request)) as events:
        async for event in events:
            text += event.text if isinstance(event, Delta) else ""
    return Step(title=f"temperature {heat:g}, draw {seed}", text=text)
