"""A judge model says which answer it would prefer. It suggests, and decides nothing.

Judges are asked only about pairs that the person has voted on, so that they cannot sway a vote,
and what they say is kept apart from the votes: what it is good for is the board's figure of how
well a judge agrees with the person. Each pair is shown to the judge in both orders, because judges
favour a place; a judge that changes its mind with the order has said "tie".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime

from hearth.core import Delta, Message, Role, SamplingParams
from hearth.measure.arena.answering import Answering
from hearth.measure.arena.voters import exchanged
from hearth.store.voted import Contestant, Outcome, Prompt, PromptSource, Suggestion, Vote
from hearth.store.votes import Votes

Progress = Callable[[int, int, str], None]

MAX_VERDICT_TOKENS = 16
_FIRST_LETTER = re.compile(r"\b([ABC])\b")
_OUTCOMES = {"A": Outcome.LEFT, "B": Outcome.RIGHT, "C": Outcome.TIE}
_QUESTION = """Compare two answers to the same request. Judge how well each one does what was \
asked: correct, clear, and no longer than it needs to be.

[Request]
{request}

[Answer A]
{first}

[Answer B]
{second}

Which answer is better? Reply with one letter and nothing else: A, B, or C if they are equally \
good.
Letter:"""


async def judge_votes(
    judge: Contestant,
    answering: Answering,
    votes: Votes,
    *,
    among: Sequence[str] | None = None,
    limit: int | None = None,
    progress: Progress = lambda done, total, doing: None,
) -> int:
    """Ask a judge about the voted pairs that it has not seen yet; return how many there were.

    What was judged before an interruption stays judged.

    Args:
        judge: The judging model; its sampler and length are set here.
        answering: Lets it answer.
        votes: Where the votes are, and where its verdicts go.
        among: Keys of contestants: only votes between two of them. None for all.
        limit: Most votes, the newest first; None for all.
        progress: Told how far it is.

    Raises:
        HearthError: The judge cannot answer.
    """
    judge = replace(judge, sampling=SamplingParams(temperature=0.0), max_tokens=MAX_VERDICT_TOKENS)
    seen = {each.vote_id for each in votes.suggestions() if each.judge == judge.key}
    open_ = [vote for vote in votes.list(among) if vote.repeats is None and vote.id not in seen]
    open_ = open_[::-1][:limit]
    for done, vote in enumerate(open_):
        progress(done, len(open_), f"Judging vote {vote.id}")
        votes.suggest(await _suggestion(judge, answering, vote))
    progress(len(open_), len(open_), "Done")
    return len(open_)


def verdict_of(text: str) -> Outcome:
    """Return what a judge's words say, the first answer being the left one; no letter is a tie."""
    found = _FIRST_LETTER.search(text)
    return _OUTCOMES[found[1]] if found else Outcome.TIE


async def _suggestion(judge: Contestant, answering: Answering, vote: Vote) -> Suggestion:
    left, right = vote.left_answer.text, vote.right_answer.text
    request = vote.prompt.text
    as_shown = await _ask(judge, answering, request, left, right)
    other_way = await _ask(judge, answering, request, right, left)
    return Suggestion(
        vote_id=vote.id,
        judge=judge.key,
        judge_name=judge.name,
        made_at=datetime.now(UTC),
        as_shown=verdict_of(as_shown),
        exchanged=exchanged(verdict_of(other_way)),
    )


async def _ask(
    judge: Contestant, answering: Answering, request: str, first: str, second: str
) -> str:
    question = _QUESTION.format(request=request, first=first, second=second)
    message = Message(role=Role.USER, content=question)
    prompt = Prompt(messages=(message,), source=PromptSource.BUILT_IN)
    pieces: list[str] = []
    async with aclosing(answering(judge, prompt, 0)) as events:
        async for event in events:
            if isinstance(event, Delta):
                pieces.append(event.text)
    return "".join(pieces)
