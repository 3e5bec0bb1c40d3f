"""Contestants and votes as values: who was compared, what was shown, and what a person preferred.

A vote holds the whole comparison, both answers included, so that it can be counted again by other
rules later, and learnt from. How votes are kept, `hearth.store.votes` knows.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum

from hearth.core import Message, SamplingParams

KEY_CHARS = 32


class Outcome(StrEnum):
    """What a person says of two answers."""

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"
    BOTH_BAD = "both_bad"


class Side(StrEnum):
    """Where an answer stands."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class PromptSource(StrEnum):
    """Where a prompt came from."""

    TYPED = "typed"
    CONVERSATION = "conversation"  # one of the person's own
    BUILT_IN = "built_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """Something that answers: a model with the settings that it answers with.

    Two contestants are the same exactly if all but their names are: a model whose file was
    replaced under its old name is another contestant.

    Args:
        name: What people call it; shown after the vote.
        model: A library name, a path, or the name that a server knows it by.
        url: Base address of the server that answers; None for a model of this machine.
        dialect: How that server is spoken to; empty for a model of this machine.
        identity: Digest of the model's bytes; empty where a server keeps them to itself.
        template: Digest of its chat template; empty where that is not known.
        system_prompt: Put before the first message; empty for none.
        max_tokens: Most tokens of one answer.
    """

    name: str
    model: str
    url: str | None = None
    dialect: str = ""
    identity: str = ""
    template: str = ""
    system_prompt: str = ""
    sampling: SamplingParams = field(default_factory=SamplingParams)
    max_tokens: int = 512

    @property
    def key(self) -> str:
        """Digest of everything that makes the answers; 32 hexadecimal digits."""
        what = {
            "model": self.identity or self.model,
            "url": self.url,
            "dialect": self.dialect,
            "template": self.template,
            "system_prompt": self.system_prompt,
            "sampling": asdict(self.sampling),
            "max_tokens": self.max_tokens,
        }
        data = json.dumps(what, sort_keys=True)
        return hashlib.sha256(data.encode()).hexdigest()[:KEY_CHARS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What both contestants are asked: the messages up to the one that wants an answer."""

    messages: tuple[Message, ...]
    source: PromptSource

    @property
    def text(self) -> str:
        """The last message, which wants an answer."""
        return self.messages[-1].content


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAnswer:
    """An answer as it was shown. `finish` tells how it ended: "stop" or "length"."""

    text: str
    num_tokens: int
    finish: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One comparison with what the person preferred.

    Args:
        id: Given by the database; later votes have higher ones.
        pair_id: 32 hexadecimal digits; a pair is voted on once.
        left: Key of the contestant that stood on the left; `right` likewise.
        voter: Who voted.
        seed: The random draws of both answers began with it.
        repeats: Id of the earlier vote whose pair was shown again, with the sides exchanged; such
            a vote tells how steady the person is, and is not counted for any contestant.
        chosen: Why these two were compared: "top_two" (see `hearth.measure.arena.choosing`) or
            "repeat".
        engine: What the answers were made with.
    """

    id: int = 0
    pair_id: str
    voted_at: datetime
    left: str
    right: str
    outcome: Outcome
    voter: str = "me"
    prompt: Prompt
    left_answer: ShownAnswer
    right_answer: ShownAnswer
    seed: int
    repeats: int | None = None
    chosen: str = "top_two"
    engine: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What a judge model says of a pair that a person has voted on. It counts for nothing else.

    Args:
        vote_id: The person's vote on the pair.
        judge: Key of the judging contestant.
        as_shown: The judge's verdict with the sides as the person saw them.
        exchanged: Its verdict with the sides exchanged, in terms of the sides as shown.
    """

    id: int = 0
    vote_id: int
    judge: str
    judge_name: str
    made_at: datetime
    as_shown: Outcome
    exchanged: Outcome

    @property
    def verdict(self) -> Outcome:
        """Its opinion where both orders agree, else a tie."""
        return self.as_shown if self.as_shown is self.exchanged else Outcome.TIE
