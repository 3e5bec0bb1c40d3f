"""The arena from a pair to the board: blind, balanced, durable, and never stuck."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

import pytest

from hearth.core import Delta, Finished, FinishReason, GenerateEvent, Timings, Usage
from hearth.errors import EngineError, HearthError, InvalidRequest, NotFound, StoreError
from hearth.measure.arena import (
    Arena,
    ArenaOptions,
    Label,
    Outcome,
    Pair,
    PairEnded,
    PairEvent,
    PromptSource,
    SideText,
)
from hearth.measure.arena.answering import answering
from hearth.measure.arena.arena import MAX_OPEN_PAIRS
from hearth.measure.arena.prompts import Prompts, built_in
from hearth.measure.arena.remote import Servers
from hearth.measure.speed.targets import ApiKeys
from hearth.store.database import Database
from hearth.store.voted import Contestant, Prompt, Side
from hearth.store.votes import Votes
from support.fake_engine import FakeEngine
from support.votes import A, B, C, prompt

FAST = ArenaOptions(chars_per_s=1e9, seed=7)


class Talkers:
    """Contestants whose answer is their own name and the prompt; `broken` ones fail."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.seeds: list[int] = []

    async def __call__(
        self, contestant: Contestant, asked: Prompt, seed: int
    ) -> AsyncGenerator[GenerateEvent, None]:
        self.seeds.append(seed)
        if contestant.name in self.broken:
            raise EngineError(f"{contestant.name} is broken.")
        yield Delta(text=f"{contestant.name} says: {asked.text}", num_tokens=3)
        yield Finished(
            reason=FinishReason.STOP,
            usage=Usage(prompt_tokens=1, completion_tokens=3),
            timings=Timings(queue_s=0, prompt_s=0, decode_s=0),
        )


@pytest.fixture
def talkers() -> Talkers:
    return Talkers()


Open = Callable[..., Arena]


@pytest.fixture
def open_(database: Database, talkers: Talkers) -> Open:
    """Return a function that opens an arena of these contestants over one database."""

    def opened(*contestants: Contestant, options: ArenaOptions = FAST) -> Arena:
        return Arena(
            contestants,
            answering=talkers,
            votes=Votes(database),
            prompts=Prompts(lambda random: iter([prompt("First?"), prompt("Second?")])),
            options=options,
        )

    return opened


async def events_of(arena: Arena, pair: Pair) -> list[PairEvent]:
    async with aclosing(arena.answers(pair.id)) as events:
        return [event async for event in events]


def texts(events: Sequence[PairEvent]) -> dict[Side, str]:
    found = dict.fromkeys(Side, "")
    for event in events:
        if isinstance(event, SideText):
            found[event.side] += event.text
    return found


async def voted(arena: Arena, choose: Callable[[dict[Side, str]], Outcome]) -> Pair:
    pair = arena.next_pair()
    shown = texts(await events_of(arena, pair))
    arena.vote(pair.id, choose(shown))
    return pair


def prefers(name: str) -> Callable[[dict[Side, str]], Outcome]:
    """Vote for one contestant wherever it stands, and for a tie where it does not."""

    def choose(shown: dict[Side, str]) -> Outcome:
        for side in Side:
            if shown[side].startswith(name):
                return Outcome(side.value)
        return Outcome.TIE

    return choose


async def test_a_pair_from_prompt_to_names(open_: Open) -> None:
    arena = open_(A, B)
    pair = arena.next_pair("What is a prime number?")
    assert pair.prompt.source is PromptSource.TYPED
    events = await events_of(arena, pair)
    assert events[-1] == PairEnded()
    shown = texts(events)
    revealed = arena.vote(pair.id, Outcome.LEFT)
    assert shown[Side.LEFT].startswith(revealed.left.name)
    assert shown[Side.RIGHT].startswith(revealed.right.name)
    assert {revealed.left.name, revealed.right.name} == {"A", "B"}
    assert revealed.vote.left_answer.text == shown[Side.LEFT]
    assert revealed.vote.prompt.text == "What is a prime number?"


async def test_a_pair_tells_nothing_of_who_answers(open_: Open) -> None:
    named = [replace(each, name=f"secret-{each.name}", model="secret-model") for each in (A, B)]
    named[1] = replace(named[1], system_prompt="secret words")
    assert "secret" not in repr(open_(*named).next_pair())


async def test_both_get_the_same_seed(open_: Open, talkers: Talkers) -> None:
    arena = open_(A, B)
    await events_of(arena, arena.next_pair())
    await events_of(arena, arena.next_pair())
    assert talkers.seeds[0] == talkers.seeds[1]
    assert talkers.seeds[2] == talkers.seeds[3] != talkers.seeds[0]


async def test_sides_are_balanced(open_: Open, database: Database) -> None:
    arena = open_(A, B)
    for _ in range(20):
        await voted(arena, prefers("A"))
    counted = [vote for vote in Votes(database).list() if vote.repeats is None]
    lefts = Counter(vote.left for vote in counted)
    assert abs(lefts[A.key] - lefts[B.key]) <= 1


async def test_a_clear_favourite_is_decided_and_rated_first(open_: Open) -> None:
    arena = open_(A, B, C)
    for _ in range(35):
        await voted(arena, prefers("B"))
    board = arena.board()
    assert board.standings[0].contestant.name == "B"
    assert board.standings[0].p_best > 0.9
    assert board.duels[0].label is Label.DECIDED
    assert board.self_agreement is None or board.self_agreement.share.value == 1


async def test_votes_of_earlier_days_count(open_: Open) -> None:
    await voted(open_(A, B), prefers("A"))
    assert open_(A, B).board().num_votes == 1
    assert open_(B, A, C).board().num_votes == 1
    assert open_(B, C).board().num_votes == 0


async def test_a_pair_is_shown_again_with_the_sides_exchanged(
    open_: Open, database: Database, talkers: Talkers
) -> None:
    arena = open_(A, B)
    while not any(vote.repeats for vote in Votes(database).list()):
        await voted(arena, prefers("A"))
    votes = {vote.id: vote for vote in Votes(database).list()}
    again = next(vote for vote in votes.values() if vote.repeats)
    first = votes[again.repeats or 0]
    assert (again.left, again.right) == (first.right, first.left)
    assert (again.left_answer, again.right_answer) == (first.right_answer, first.left_answer)
    assert len(talkers.seeds) == 2 * (len(votes) - 1), "nobody answered anew"
    assert arena.board().num_repeats == 1
    assert arena.board().num_votes == len(votes) - 1


async def test_a_pair_is_voted_on_once(open_: Open) -> None:
    arena = open_(A, B)
    pair = await voted(arena, prefers("A"))
    with pytest.raises(NotFound, match="has been voted on"):
        arena.vote(pair.id, Outcome.RIGHT)
    with pytest.raises(NotFound):
        await events_of(arena, pair)


async def test_nobody_votes_before_both_answers_are_whole(open_: Open) -> None:
    arena = open_(A, B)
    pair = arena.next_pair()
    with pytest.raises(InvalidRequest, match="not whole"):
        arena.vote(pair.id, Outcome.LEFT)
    async with aclosing(arena.answers(pair.id)) as events:
        await anext(events)
    with pytest.raises(InvalidRequest, match="not whole"):
        arena.vote(pair.id, Outcome.LEFT)


async def test_a_pair_with_an_error_is_void(open_: Open, talkers: Talkers) -> None:
    talkers.broken.add("B")
    arena = open_(A, B)
    pair = arena.next_pair()
    last = (await events_of(arena, pair))[-1]
    assert isinstance(last, PairEnded)
    assert isinstance(last.error, HearthError)
    with pytest.raises(NotFound):
        arena.vote(pair.id, Outcome.LEFT)
    assert arena.board().num_votes == 0


async def test_whole_answers_are_shown_again_as_they_were(open_: Open, talkers: Talkers) -> None:
    arena = open_(A, B)
    pair = arena.next_pair()
    once, twice = [texts(await events_of(arena, pair)) for _ in range(2)]
    assert once == twice
    assert len(talkers.seeds) == 2


async def test_a_vote_that_the_disk_refuses_may_be_given_again(
    open_: Open, database: Database
) -> None:
    arena = open_(A, B)
    pair = arena.next_pair()
    await events_of(arena, pair)
    with database.write("block votes") as connection:
        connection.exec_driver_sql("ALTER TABLE votes RENAME TO elsewhere")
    with pytest.raises(StoreError):
        arena.vote(pair.id, Outcome.LEFT)
    with database.write("allow votes") as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO votes")
    assert arena.vote(pair.id, Outcome.LEFT).vote.id == 1


async def test_pairs_that_are_left_are_forgotten(open_: Open) -> None:
    arena = open_(A, B)
    first = arena.next_pair()
    for _ in range(MAX_OPEN_PAIRS):
        arena.next_pair()
    with pytest.raises(NotFound):
        await events_of(arena, first)


async def test_several_threads_ask_for_pairs(open_: Open) -> None:
    arena = open_(A, B, C)
    pairs: list[Pair] = []
    threads = [threading.Thread(target=lambda: pairs.append(arena.next_pair())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len({pair.id for pair in pairs}) == 8


async def test_prompts_are_used_up_before_they_come_again(open_: Open) -> None:
    arena = open_(A, B)
    pairs = [await voted(arena, prefers("A")) for _ in range(2)]
    assert [pair.prompt.text for pair in pairs] == ["First?", "Second?"]


@pytest.mark.parametrize(
    ("contestants", "said"),
    [([A], "two contestants or more"), ([A, replace(A, name="again")], "one and the same")],
)
def test_who_cannot_be_compared_is_refused(
    open_: Open, contestants: list[Contestant], said: str
) -> None:
    with pytest.raises(InvalidRequest, match=said):
        open_(*contestants)


def test_an_empty_prompt_is_refused(open_: Open) -> None:
    with pytest.raises(InvalidRequest, match="empty"):
        open_(A, B).next_pair("  \n")


async def test_the_engine_is_asked_with_the_contestants_settings(database: Database) -> None:
    engine = FakeEngine(models=("model-A", "model-B"))
    brief = replace(A, system_prompt="Be brief.", max_tokens=3)
    arena = Arena(
        [brief, B],
        answering=answering(engine, Servers(ApiKeys())),
        votes=Votes(database),
        prompts=Prompts(built_in),
        options=FAST,
    )
    pair = arena.next_pair("Hello?")
    await events_of(arena, pair)
    asked = {request.model: request for request in engine.requests}
    assert [m.content for m in asked["model-A"].messages or ()] == ["Be brief.", "Hello?"]
    assert [m.content for m in asked["model-B"].messages or ()] == ["Hello?"]
    assert asked["model-A"].max_tokens == 3
    assert asked["model-A"].sampling.seed == asked["model-B"].sampling.seed is not None
    revealed = arena.vote(pair.id, Outcome.TIE)
    cut = revealed.vote.left_answer if revealed.left is brief else revealed.vote.right_answer
    assert (cut.finish, cut.num_tokens) == ("length", 3)
