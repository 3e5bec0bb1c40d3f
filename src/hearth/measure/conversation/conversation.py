"""Compose a conversation of a wanted length, with facts at wanted depths.

Pure: the same seed and length give the same words. How many tokens something takes is asked of the
caller, because only the model's own template and tokenizer know.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from hearth.core import Message, Role
from hearth.errors import InvalidRequest

Count = Callable[[Sequence[Message]], Awaitable[int]]
"""Returns the tokens that a conversation takes, with the model's template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that was told, and is asked for at the end.

    Args:
        question: What is asked.
        value: What holds at the end.
        former: What held before it was changed; None where it was told once.
        depth: Where it was last told: 0 at the beginning of the conversation, 1 at its end.
        told_at: Number of messages up to and with the last telling.
    """

    question: str
    value: str
    former: str | None
    depth: float
    told_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialogue:
    """A conversation up to the question.

    Args:
        family: The kind of its facts.
        messages: All turns; every second one is the model's.
        facts: What was told in it.
        example: The value of the fact that was told, asked for and answered first.
    """

    family: str
    messages: tuple[Message, ...]
    facts: tuple[Fact, ...]
    example: str

    @property
    def values(self) -> tuple[str, ...]:
        """Every value that was mentioned, former ones as well: what a guess could name."""
        of_facts = (value for fact in self.facts for value in (fact.value, fact.former))
        all_ = (self.example, *of_facts)
        return tuple(dict.fromkeys(value for value in all_ if value is not None))

    def asking(self, fact: Fact) -> tuple[Message, ...]:
        """Return the conversation with the question for one of its facts at the end."""
        return (*self.messages, _user(fact.question))

    @property
    def longest(self) -> tuple[Message, ...]:
        """The conversation with the question of most characters."""
        return self.asking(max(self.facts, key=lambda fact: len(fact.question)))


async def compose(length: int, *, facts: int, seed: int, count: Count) -> Dialogue:
    """Return a conversation that takes, with a question, at most so many tokens.

    It begins with a fact that is asked for and answered at once, so that the model sees how answers
    are wanted. Every second fact is changed once: told with another value first, right before its
    place. Which ones alternates with the seed, so that each depth has both kinds.

    Args:
        length: Tokens, with question and the model's template.
        facts: How many are told, evenly spread from beginning to end.
        seed: Of everything that is drawn.
        count: Tells how many tokens messages take.

    Raises:
        InvalidRequest: The facts alone take more.
    """
    plot = _Plot.draw(facts, seed, length)

    async def fits(num_exchanges: int) -> bool:
        return await count(plot.written(num_exchanges).longest) <= length

    if not await fits(0):
        needed = await count(plot.written(0).longest)
        raise InvalidRequest(
            f"{facts} facts take {needed:,} tokens by themselves; a conversation of {length:,} "
            "tokens was wanted.",
            hint="Choose fewer --facts, or greater --lengths.",
            param="lengths",
        )
    low, high = 0, 1
    while await fits(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if await fits(middle) else (low, middle)
    return plot.written(low)


@dataclass(frozen=True, slots=True)
class _Plot:
    """What will be told, before it is known how much lies in between."""

    family: dict[str, Any]
    example: tuple[str, str]  # thing and value
    things: tuple[str, ...]
    values: tuple[str, ...]
    formers: tuple[str | None, ...]
    acknowledged: tuple[str, ...]
    seed: float

    @classmethod
    def draw(cls, facts: int, seed: int, length: int) -> _Plot:
        rng = random.Random(f"{seed} {length}")
        family = rng.choice(_talk()["family"])
        example, *values = rng.sample(family["values"], 2 * facts + 1)
        thing, *things = rng.sample(family["things"], facts + 1)
        return cls(
            family=family,
            example=(thing, example),
            things=tuple(things),
            values=tuple(values[:facts]),
            formers=tuple(
                value if (place + seed) % 2 else None for place, value in enumerate(values[facts:])
            ),
            acknowledged=tuple(rng.sample(_talk()["acknowledge"], 2 * facts + 1)),
            seed=rng.random(),
        )

    def written(self, num_exchanges: int) -> Dialogue:
        """Write the conversation down with so many exchanges after the facts."""
        exchanges = _exchanges(random.Random(self.seed))
        acknowledged = iter(self.acknowledged)
        messages: list[Message] = self._example(next(acknowledged))
        facts: list[Fact] = []
        for place, (thing, value, former) in enumerate(
            zip(self.things, self.values, self.formers, strict=True)
        ):
            if former is not None:
                messages += self._tell("plant", thing, former, next(acknowledged))
            how = "plant" if former is None else "change"
            messages += self._tell(how, thing, value, next(acknowledged))
            facts.append(
                Fact(
                    question=self._ask(thing),
                    value=value,
                    former=former,
                    depth=place / len(self.things),
                    told_at=len(messages),
                )
            )
            for _ in range(_part(num_exchanges, place, len(self.things))):
                messages += next(exchanges)
        return Dialogue(
            family=self.family["name"],
            messages=tuple(messages),
            facts=tuple(facts),
            example=self.example[1],
        )

    def _example(self, acknowledged: str) -> list[Message]:
        thing, value = self.example
        answer = Message(role=Role.ASSISTANT, content=f"{value.capitalize()}.")
        return [
            *self._tell("plant", thing, value, acknowledged), _user(self._ask(thing)), answer
        ]  # fmt: skip

    def _ask(self, thing: str) -> str:
        question: str = self.family["ask"].format(thing=thing)
        return question

    def _tell(self, how: str, thing: str, value: str, acknowledged: str) -> tuple[Message, Message]:
        text = self.family[how].format(thing=thing, value=value)
        return _user(text), Message(role=Role.ASSISTANT, content=acknowledged)


def _part(total: int, place: int, places: int) -> int:
    """Return how many of a total belong to one place, so that all places share alike."""
    return total * (place + 1) // places - total * place // places


def _exchanges(rng: random.Random) -> Iterator[tuple[Message, Message]]:
    """Yield small talk without end; the same again only after several thousand tokens."""
    fills = {row["name"]: row["words"] for row in _talk()["fill"]}
    while True:
        for row in rng.sample(_talk()["exchange"], len(_talk()["exchange"])):
            words = {}
            for name, choices in fills.items():
                words[name], words[f"other_{name}"] = rng.sample(choices, 2)
            yield (
                _user(row["user"].format(**words)),
                Message(role=Role.ASSISTANT, content=row["assistant"].format(**words)),
            )


def _user(text: str) -> Message:
    return Message(role=Role.USER, content=text)


@cache
def _talk() -> dict[str, Any]:
    text = files("hearth.measure.conversation").joinpath("talk.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
